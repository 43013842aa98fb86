"""What KPIs are made of: sums by month, for all tiers and for each, and two ways of looking at them.

A KPI is defined once, as a formula over these sums. Looked at over the `Window` it gives one figure for the
whole horizon; over `EachMonth` the same formula gives a figure for every month.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simsales.analysis.cohorts import Cohorts
from simsales.analysis.life import LifeTable
from simsales.experiment.store import Column
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.replication import Table

Floats = NDArray[np.float64]

OPEN_STATES = ("Suspect", "Prospect", "MQL", "SQL", "SAL")
"""The states of leads neither won nor lost."""


class Source(NamedTuple):
    """Where a series comes from: what is summed by month, and in which table of the model."""

    table: str
    summed: Column


def _plainly(table: str, *columns: str) -> dict[str, Source]:
    return {column: Source(table, Column(column)) for column in columns}


BY_TIER: dict[str, Source] = {
    **_plainly("funnel", "suspect", "prospect", "mql", "sql", "sal", "win", "live", "lost"),
    **_plainly(
        "funnel", "won_days", "opportunities_lost", "opportunities_lost_days", "opportunities_lost_mrr"
    ),
    **_plainly("funnel", "open_opportunities", "channel_cost"),
    "sql_inbound": Source("funnel", Column("sql", "direction", "inbound")),
    "sql_outbound": Source("funnel", Column("sql", "direction", "outbound")),
    **_plainly("ledger", "customers_opening", "customers_new", "customers_new_term", "customers_reactivated"),
    **_plainly("ledger", "customers_churned", "customers_closing"),
    **_plainly("ledger", "mrr_opening", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churned"),
    **_plainly("ledger", "mrr_reactivation", "mrr_closing", "revenue", "receipts", "deferred_closing"),
    **_plainly("ledger", "cohort_mrr", "cohort_mrr_kept", "cohort_mrr_now"),
    "cost": Source("costs", Column("amount")),
    "acquisition_cost": Source("costs", Column("amount", "purpose", "acquisition")),
    "retention_cost": Source("costs", Column("amount", "purpose", "retention")),
    "serving_cost": Source("costs", Column("amount", "purpose", "serving")),
    "salaries": Source("costs", Column("amount", "kind", "salaries")),
    "commissions": Source("costs", Column("amount", "kind", "commissions")),
}
"""The series that there are for every tier, by name."""
BY_ROLE: dict[str, Source] = _plainly(
    "work", "available_days", "busy_days", "begun", "wait_days", "backlog_days"
)
"""The series that there are for every role, by name."""


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """``part / whole``, nan where the whole is not positive: there the ratio says nothing."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    undefined = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    quotient: Floats = np.divide(part, whole, out=undefined, where=whole > 0)
    return quotient


class Measured(ABC):
    """The series of some scopes: all tiers together and each of them, or each role. Months count from 1, the
    first after the warm-up; those of the warm-up are not in it.
    """

    def __init__(self, series: Mapping[str, Floats], horizon_months: int) -> None:
        """Take series of shape (scopes, months), or (scopes, replications, months)."""
        self.series = series
        self.horizon_months = horizon_months

    @property
    @abstractmethod
    def months(self) -> int:
        """How many months a total is over."""

    @property
    @abstractmethod
    def age(self) -> NDArray[np.int_]:
        """How many months have passed since the end of the warm-up when a figure is taken."""

    @property
    def days(self) -> float:
        """How many days a total is over."""
        return self.months * MONTH_DAYS

    @abstractmethod
    def total(self, name: str) -> Floats:
        """What happened."""

    @abstractmethod
    def last(self, name: str) -> Floats:
        """How things stood in the end."""

    @abstractmethod
    def to_date(self, name: str) -> Floats:
        """What has happened since the end of the warm-up."""

    @abstractmethod
    def gained(self, name: str) -> Floats:
        """By how much a month exceeded the month before, months added up."""

    @abstractmethod
    def base(self, name: str) -> Floats:
        """The months before, added up: what ``gained`` is held against."""


class Window(Measured):
    """The whole horizon of one replication: each sum has shape (scopes,)."""

    def __init__(
        self,
        series: Mapping[str, Floats],
        horizon_months: int,
        tables: Mapping[str, Table] | None = None,
        tiers: Sequence[str] = (),
    ) -> None:
        super().__init__(series, horizon_months)
        self._tables = tables or {}
        self._tiers = tiers

    @property
    def months(self) -> int:
        """The horizon."""
        return self.horizon_months

    @property
    def age(self) -> NDArray[np.int_]:
        """The horizon."""
        return np.array(self.horizon_months)

    def total(self, name: str) -> Floats:
        """Sum over the horizon."""
        return np.asarray(self.series[name].sum(axis=-1))

    def last(self, name: str) -> Floats:
        """The last month's figure."""
        return np.asarray(self.series[name][..., -1])

    def to_date(self, name: str) -> Floats:
        """Sum over the horizon."""
        return self.total(name)

    def gained(self, name: str) -> Floats:
        """Sum of the steps from month to month."""
        return np.asarray(self.series[name][..., -1] - self.series[name][..., 0])

    def base(self, name: str) -> Floats:
        """Sum of all months but the last."""
        return np.asarray(self.series[name][..., :-1].sum(axis=-1))

    @cached_property
    def cash(self) -> Floats:
        """Cumulative cash at each month's end, from 0 when the warm-up ends; shape (scopes, months)."""
        return np.cumsum(self.series["receipts"] - self.series["cost"], axis=-1)

    @cached_property
    def lives(self) -> list[LifeTable]:
        """The life table of each scope's customers."""
        columns = ("customers", "left", "margin")
        stays = self._tables["stays"]
        ages = stays["age"].astype(np.intp)
        cells = _Cells(stays, "tier", self._tiers, ages, 1 + ages.max(initial=0))
        return [LifeTable(*exposure) for exposure in zip(*(cells(stays[c]) for c in columns), strict=True)]

    @cached_property
    def open_pipeline(self) -> Floats:
        """Leads neither won nor lost when the horizon ends, by scope."""
        pipeline = self._tables["pipeline"]
        is_open = np.isin(pipeline["state"], OPEN_STATES)
        cells = _Cells(pipeline, "tier", self._tiers, np.zeros(len(pipeline), dtype=np.intp), 1)
        return cells(pipeline["inside"] * is_open)[:, 0]

    @cached_property
    def cohorts(self) -> Cohorts:
        """What became of the leads that came in; by tier, see `with_total`."""
        return Cohorts(self._tables.get("cohorts"), self._tiers)


class EachMonth(Measured):
    """Month by month: each sum has the shape of the series, (scopes, replications, months)."""

    @property
    def months(self) -> int:
        """One: the month itself."""
        return 1

    @property
    def age(self) -> NDArray[np.int_]:
        """The month's number."""
        return np.arange(1, self.horizon_months + 1)

    def total(self, name: str) -> Floats:
        """The month's sum."""
        return self.series[name]

    def last(self, name: str) -> Floats:
        """The figure at the month's end."""
        return self.series[name]

    def to_date(self, name: str) -> Floats:
        """Sum up to the month's end."""
        return np.cumsum(self.series[name], axis=-1)

    def gained(self, name: str) -> Floats:
        """The step from the month before; nan in the first."""
        return np.diff(self.series[name], axis=-1, prepend=np.nan)

    def base(self, name: str) -> Floats:
        """The month before; nan in the first."""
        return self.series[name] - self.gained(name)


class Series(Mapping[str, Floats]):
    """The series of one replication, each made when it is first asked for; shape (scopes, months)."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        sources: Mapping[str, Source],
        by: str,
        scopes: Sequence[str],
        months: int,
    ) -> None:
        """Sum by month and by the column called ``by``; where that is the tier, all of them come first."""
        self._tables = tables
        self._sources = sources
        self._by = by
        self._scopes = scopes
        self._months = months
        self._made: dict[str, Floats] = {}
        self._rows: dict[str, _Cells] = {}
        self._marks: dict[tuple[str, str], NDArray[Any]] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._made:
            table, (column, key, value) = self._sources[name]
            rows = self._tables[table]
            if table not in self._rows:
                month = rows["month"].astype(np.intp) - 1
                self._rows[table] = _Cells(rows, self._by, self._scopes, month, self._months)
            cells = rows[column]
            if key:
                if (table, key) not in self._marks:
                    self._marks[table, key] = rows[key]
                cells = cells * (self._marks[table, key] == value)
            self._made[name] = self._rows[table](cells)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


class _Cells:
    """Sums cells of a table by scope and place; places below 0, the months of the warm-up, are left out."""

    def __init__(
        self, table: Table, by: str, scopes: Sequence[str], places: NDArray[np.intp], count: int
    ) -> None:
        self._kept = places >= 0
        number = {scope: i for i, scope in enumerate(scopes)}
        scope = np.fromiter((number[name] for name in table.columns[by]), np.intp, len(table))
        self._shape = len(scopes), count
        self._index = (scope * count + places)[self._kept]
        self._with_total = by == "tier"

    def __call__(self, cells: NDArray[Any]) -> Floats:
        """The sums, shape (scopes, places)."""
        rows, count = self._shape
        weights = cells[self._kept].astype(np.float64)
        sums = np.bincount(self._index, weights, rows * count).astype(np.float64).reshape(self._shape)
        return with_total(sums) if self._with_total else sums


def with_total(by_tier: Floats) -> Floats:
    """The sum over the tiers, followed by each of them if there are several; tiers are the first axis."""
    total = by_tier.sum(axis=0, keepdims=True)
    return np.concatenate((total, by_tier)) if len(by_tier) > 1 else total


def scopes(tiers: Sequence[str]) -> list[str]:
    """Names of the scopes in the order of `with_total`: the total has none."""
    return ["", *tiers] if len(tiers) > 1 else [""]
