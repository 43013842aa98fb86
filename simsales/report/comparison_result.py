"""The result of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simsales.analysis.cautions import cautions
from simsales.analysis.labels import ordered
from simsales.analysis.paired_comparison import Comparison, compare
from simsales.kpis import describe
from simsales.report.answers import kpi_answers
from simsales.report.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class ComparisonResult(Result):
    """The result of `simsales.compare`: alternatives, in pairs with the baseline.

    Example:
        >>> import simsales as ss
        >>> short = ["horizon_months=3", "warm_up_months=0"]
        >>> pods = {n: ss.load("scenarios/one-pod.yaml", overrides=[*short, f"people.AE.hours_per_month={n}"])
        ...         for n in ("120", "140")}
        >>> found = ss.compare(pods, replications=2)
        >>> found.baseline, found.comparison.others
        ('120', ('140',))
        >>> wins = found.comparison.kpis["win"].differences["140"]
        >>> wins.n, wins.verdict in ("higher", "lower", "no difference shown")
        (2, True)
    """

    @property
    def baseline(self) -> str:
        """The alternative that the others are compared with."""
        return next(iter(self.scenarios))

    @property
    def comparison(self) -> Comparison:
        """All KPIs in total and by role: means, paired differences, verdicts."""
        return self._comparisons[""]

    @property
    def tiers(self) -> dict[str, Comparison]:
        """The same by tier; empty if every alternative has a single one."""
        return {tier: comparison for tier, comparison in self._comparisons.items() if tier}

    @cached_property
    def _comparisons(self) -> dict[str, Comparison]:
        """By tier, the total under an empty name."""
        totals, by_tier = self._split
        found = {}
        for tier, of in {"": totals, **by_tier}.items():
            names = ordered(kpi for kpis in of.values() for kpi in kpis)
            found[tier] = compare(
                {alternative: of.get(alternative, {}) for alternative in self.values},
                baseline=self.baseline,
                better={kpi: describe(kpi).better for kpi in names},
            )
        return found

    @property
    def cautions(self) -> list[str]:
        """What to know before trusting the figures, such as that there are too few replications."""
        kpis = self.comparison.kpis
        unfinished = kpis["unfinished"].means if "unfinished" in kpis else {}
        return cautions(self.comparison.replications, unfinished, kpis)

    def rich_table(self, *, everything: bool = False) -> RenderableType:
        """The table for a console of the library rich, with colours where the console has them."""
        from simsales.report.terminal import comparison_table, under

        table = comparison_table(
            self.comparison,
            describe,
            currency=self._currency,
            tiers=self.tiers,
            everything=everything,
            cautions=self.cautions,
        )
        others = {name: s.question for name, s in self.scenarios.items() if s.question}
        asked = [f"{name}: {text}" for name, text in others.items() if text != self._first.question]
        return under([*asked, self.remark], table)

    def charts(self) -> dict[str, Figure]:
        """Monthly MRR, cumulative cash, and paired differences, as matplotlib figures by the stem of their
        file."""
        return super().charts()

    def _drawings(self) -> dict[str, Callable[[], Figure]]:
        def forest() -> Figure:
            from simsales.charts.paired_differences import paired_differences

            return paired_differences(
                self.comparison, describe, currency=self._currency, remark=self._short_remark
            )

        return {**self._line_charts(), "paired-differences": forest}

    def to_json(self) -> dict[str, object]:
        """The answer of ``simsales compare --json``; None for what is undefined."""
        kpis, *tiers = (kpi_answers(c.to_json(), c.replications) for c in self._comparisons.values())
        return {
            "baseline": self.baseline,
            "alternatives": list(self.comparison.others),
            "replications": self.comparison.replications,
            "seed": self.results.seed,
            "results": None if self.results.folder is None else str(self.results.folder),
            "kpis": kpis,
            **({"tiers": dict(zip(self.tiers, tiers, strict=True))} if tiers else {}),
        }

    def _tidy(self, comparisons: Mapping[str, Comparison] | None = None) -> dict[str, Any]:
        return super()._tidy(comparisons or self._comparisons)
