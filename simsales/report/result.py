"""What the result of a run and that of a comparison have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simsales.analysis.experiment_sums import ExperimentSums
from simsales.analysis.intervals import summary
from simsales.analysis.monthly import monthly_kpis
from simsales.analysis.paired_comparison import Comparison
from simsales.analysis.pooling import Samples, kpi_samples
from simsales.analysis.teams import Idle, Teams, idle_people, team_kpis
from simsales.analysis.tidy import tidy_tables
from simsales.errors import InputError
from simsales.experiment.experiment import Results
from simsales.kpis import describe, split_by_tier
from simsales.report.failures import failure_message
from simsales.safe_text import one_line
from simsales.scenario import Scenario

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure
    from rich.console import RenderableType

Folder = str | os.PathLike[str]
Floats = NDArray[np.float64]
_LONG_REMARK = 400
"""Letters of a remark that stand at the foot of a chart."""


@dataclass(frozen=True, repr=False, eq=False)
class Result(ABC):
    """Replications, read back, with their KPIs, tables and charts, each computed when first asked for."""

    scenarios: Mapping[str, Scenario]
    """By name; the baseline first."""
    results: Results
    """The stored replications: `Results.monthly` and `Results.totals` sum any table of the model."""
    remark: str = ""
    """Stands above the table and at the foot of each chart."""

    @property
    def replications(self) -> list[int]:
        """Numbers of the replications that finished in every alternative: those that all KPIs are over."""
        return self.results.kpis.replications

    @property
    def values(self) -> dict[str, dict[str, Floats]]:
        """By alternative and KPI (``win``, ``cac@smb``, ``utilization.AE``), each replication's own figure:
        shape (replications,), in the unit of `describe`; nan where undefined. The figure of the experiment
        is not their mean if it is a ratio: see `simsales.describe` (``pooled``)."""
        return self.results.kpis.values

    @cached_property
    def monthly(self) -> dict[str, dict[str, Floats]]:
        """By alternative and KPI, shape (replications, months), month 1 first; nan where undefined. KPIs that
        are not defined by month are left out."""
        return {a: {name: s.single for name, s in of.items()} for a, of in self._monthly.items()}

    @cached_property
    def teams(self) -> dict[str, dict[tuple[str, str, str], Floats]]:
        """By alternative and by team, role and KPI of people, shape (replications,)."""
        return {a: {key: s.single for key, s in of.items()} for a, of in self._teams.items()}

    @property
    def idle(self) -> list[Idle]:
        """The people who never had work, such as those of a team that was added by mistake."""
        return idle_people(self._teams)

    @property
    def failures(self) -> str:
        """A message about replications that failed and are missing from the results; empty if none did."""
        return failure_message(self.results.failures, self.results.folder)

    @property
    @abstractmethod
    def cautions(self) -> list[str]:
        """What to know before trusting the figures, such as that there are too few replications."""

    def table(self, *, everything: bool = False, width: int = 110) -> str:
        """The table that the command prints.

        Args:
            everything: Show all KPIs, not only the most important ones.
            width: In characters.
        """
        from simsales.report.terminal import as_text

        return as_text(self.rich_table(everything=everything), width)

    @abstractmethod
    def rich_table(self, *, everything: bool = False) -> RenderableType:
        """The table for a console of the library rich, with colours where the console has them."""

    def tables(self) -> dict[str, tuple[tuple[str, ...], list[tuple[object, ...]]]]:
        """Columns and rows of ``kpis``, ``monthly`` and ``teams``: means, half-widths, differences."""
        return {name: (columns, list(rows)) for name, (columns, rows) in self._tidy().items()}

    def charts(self) -> dict[str, Figure]:
        """The charts as matplotlib figures, by the stem of their file."""
        return {name: draw() for name, draw in self._drawings().items()}

    @abstractmethod
    def _drawings(self) -> dict[str, Callable[[], Figure]]:
        """What draws each chart."""

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """The answer of ``--json``; None for what is undefined."""

    def to_pandas(self, *, monthly: bool = False) -> pandas.DataFrame:
        """All KPI values, one row each.

        Args:
            monthly: The values of every month instead of those of the whole horizon.

        Returns:
            Columns ``alternative``, ``tier`` (empty in total), ``kpi`` (by role: ``wait_days.AE``),
            ``replication``, ``month`` (if ``monthly``), ``value`` (nan where undefined; in the unit of
            `describe`). The same ``replication`` of two alternatives is a pair.

        Raises:
            InputError: if pandas is not installed.
        """
        from simsales.report.frames import kpi_frame

        return kpi_frame(self.monthly if monthly else self.values, self.replications)

    def save_charts(
        self, folder: Folder | None = None, *, on_failure: Callable[[str], object] | None = None
    ) -> list[Path]:
        """Save the charts as PNG and SVG, and return the paths of the PNG files.

        Args:
            folder: Made if it does not exist; by default the results folder.
            on_failure: Called with a message for each chart that cannot be drawn.

        Raises:
            InputError: if there is no results folder.
            SimsalesError: after all others have been saved, if a file cannot be written, or a chart cannot be
                drawn and there is no ``on_failure``.
        """
        from simsales.report.files import save_charts

        return save_charts(self._drawings(), self._folder(folder), on_failure)

    def save_tables(self, folder: Folder | None = None) -> list[Path]:
        """Save ``kpis.csv``, ``monthly.csv`` and ``teams.csv``, and return their paths.

        Args:
            folder: Made if it does not exist; by default the results folder.

        Raises:
            InputError: if there is no results folder.
            SimsalesError: if a file cannot be written.
        """
        from simsales.report.files import save_tables

        return save_tables(self._tidy(), self._folder(folder))

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        failed = len(self.results.failures)
        return one_line(
            f"<{type(self).__name__} {', '.join(self.scenarios)}: {len(self.replications)} replications"
            f"{f' ({failed} failed)' if failed else ''}, seed {self.results.seed}, "
            f"{'in memory' if self.results.folder is None else self.results.folder}>"
        )

    @property
    def _first(self) -> Scenario:
        return next(iter(self.scenarios.values()))

    @cached_property
    def _sums(self) -> ExperimentSums:
        return ExperimentSums(self.results, self._first.horizon_months)

    @cached_property
    def _samples(self) -> dict[str, Samples]:
        """By alternative and KPI: the figure of the experiment, and what its interval is made of."""
        return kpi_samples(self._sums)

    @cached_property
    def _monthly(self) -> dict[str, Samples]:
        return monthly_kpis(self._sums)

    @cached_property
    def _teams(self) -> dict[str, Teams]:
        return team_kpis(self._sums)

    @cached_property
    def _split(self) -> tuple[dict[str, Samples], dict[str, dict[str, Samples]]]:
        """Totals, and KPIs by tier."""
        return split_by_tier(self._samples, {name: list(s.tiers) for name, s in self.scenarios.items()})

    def _tidy(self, comparisons: Mapping[str, Comparison] | None = None) -> dict[str, Any]:
        return tidy_tables(
            self._samples,
            self._monthly,
            self._teams,
            describe,
            currency=self._currency,
            comparisons=comparisons,
        )

    @property
    def _currency(self) -> str:
        return one_line(self._first.currency)

    @property
    def _short_remark(self) -> str:
        """The remark as it fits on a page."""
        if len(self.remark) <= _LONG_REMARK:
            return self.remark
        rest = "the printed table" if self.results.folder is None else "manifest.json"
        return f"{self.remark[:_LONG_REMARK].rstrip()}… (in full in {rest})"

    def _line_charts(self) -> dict[str, Callable[[], Figure]]:
        def mrr() -> Figure:
            from simsales.charts.monthly_mrr import monthly_mrr

            closing = self.results.monthly("ledger", "mrr_closing")
            return monthly_mrr(
                closing.values, closing.months, currency=self._currency, remark=self._short_remark
            )

        def cash() -> Figure:
            from simsales.charts.cumulative_cash import cumulative_cash

            totals, _ = self._split
            return cumulative_cash(
                {name: kpis["cash_end"] for name, kpis in self.monthly.items()},
                low={name: summary(kpis["cash_low"]) for name, kpis in totals.items()},
                break_even={name: summary(kpis["break_even_month"]) for name, kpis in totals.items()},
                currency=self._currency,
                remark=self._short_remark,
            )

        return {"monthly-mrr": mrr, "cumulative-cash": cash}

    def _folder(self, folder: Folder | None) -> Path:
        if folder is not None:
            return Path(folder)
        if self.results.folder is None:
            raise InputError("the results are in memory; name a folder to save to")
        return self.results.folder
