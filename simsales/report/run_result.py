"""The result of a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from simsales.analysis.cautions import cautions
from simsales.analysis.intervals import Summary, summaries
from simsales.kpis import describe
from simsales.report.answers import kpi_answers
from simsales.report.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


class RunResult(Result):
    """The result of `simsales.run`: one scenario.

    Example:
        >>> import simsales as ss
        >>> pod = ss.load("scenarios/one-pod.yaml", overrides=["horizon_months=3", "warm_up_months=0"])
        >>> found = ss.run(pod, name="pod", replications=2)
        >>> found
        <RunResult pod: 2 replications, seed 1, in memory>
        >>> wins = found.kpis["win"]
        >>> wins.n, found.values["pod"]["win"].shape, found.monthly["pod"]["win"].shape
        (2, (2,), (2, 3))
    """

    @property
    def name(self) -> str:
        """Of the scenario."""
        return next(iter(self.scenarios))

    @cached_property
    def kpis(self) -> dict[str, Summary]:
        """By KPI in total and by role: mean, half-width of its 95 % interval, percentiles over
        replications."""
        return summaries(self._split[0][self.name])

    @cached_property
    def tiers(self) -> dict[str, dict[str, Summary]]:
        """The same by tier; empty if the scenario has a single one."""
        return {tier: summaries(of[self.name]) for tier, of in self._split[1].items()}

    @property
    def cautions(self) -> list[str]:
        """What to know before trusting the figures, such as that there are too few replications."""
        unfinished = {self.name: self.kpis["unfinished"].mean if "unfinished" in self.kpis else None}
        return cautions(len(self.replications), unfinished, self.kpis)

    def rich_table(self, *, everything: bool = False) -> RenderableType:
        """The table for a console of the library rich, with colours where the console has them."""
        from simsales.report.terminal import run_table, under

        table = run_table(
            self.kpis,
            describe,
            title=self.name,
            replications=len(self.replications),
            currency=self._currency,
            tiers=self.tiers,
            everything=everything,
            cautions=self.cautions,
        )
        return under([self._first.question, self.remark], table)

    def charts(self) -> dict[str, Figure]:
        """Monthly MRR, cumulative cash, and the funnel, as matplotlib figures by the stem of their file."""
        return super().charts()

    def _drawings(self) -> dict[str, Callable[[], Figure]]:
        def flows() -> Figure:
            from simsales.charts.funnel import funnel

            count = len(self.replications)
            return funnel(self.kpis, scenario=self.name, replications=count, remark=self._short_remark)

        return {**self._line_charts(), "funnel": flows}

    def to_json(self) -> dict[str, object]:
        """The answer of ``simsales run --json``; None for what is undefined."""
        count = len(self.replications)
        kpis, *tiers = (
            kpi_answers({kpi: s.to_json() for kpi, s in of.items()}, count)
            for of in (self.kpis, *self.tiers.values())
        )
        return {
            "scenario": self.name,
            "replications": count,
            "seed": self.results.seed,
            "results": None if self.results.folder is None else str(self.results.folder),
            "kpis": kpis,
            **({"tiers": dict(zip(self.tiers, tiers, strict=True))} if tiers else {}),
        }
