"""The two ways to sum a series: over the whole horizon, and month by month.

A KPI is defined once, as a formula over `Sums`. Of `HorizonSums` it makes one figure for the whole horizon;
of `MonthlySums` the same formula makes one figure for every month.

The sums may be those of one replication, or of several *cases* at once: all replications of an experiment
together, and the same with one of them left out (`simsales.analysis.pooling`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simsales.kpis.cohorts import Cohorts
from simsales.kpis.cycle import CycleTable
from simsales.kpis.life_table import LifeTable
from simsales.kpis.series import Floats
from simsales.units import MONTH_DAYS

_T = TypeVar("_T")


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """``part / whole``; nan where the whole is not positive, as the ratio means nothing there."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    undefined = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    quotient: Floats = np.divide(part, whole, out=undefined, where=whole > 0)
    return quotient


class Tables(Generic[_T]):
    """A table by age for every scope and case.

    The first case is the whole, and the others are what is left without a part of it. So the first decides
    how the ages are pooled: a figure must not jump because one replication is left out.
    """

    def __init__(self, sums: Floats, make: Callable[[Floats, _T | None], _T]) -> None:
        """Make the tables of sums of shape (scopes, [cases,] columns, ages).

        Args:
            sums: Of all scopes and cases.
            make: Takes the sums of one case, and the table of the whole unless the case is the whole itself.
        """
        self._shape = sums.shape[:-2]
        self._tables: list[_T] = []
        for cases in sums.reshape(len(sums), -1, *sums.shape[-2:]):
            whole = make(cases[0], None)
            self._tables += [whole, *(make(case, whole) for case in cases[1:])]

    def figures(self, of: Callable[[_T], float]) -> Floats:
        """A figure of each table; shape (scopes,) or (scopes, cases)."""
        return np.array([of(table) for table in self._tables]).reshape(self._shape)

    def figures_at(self, of: Callable[[_T, float], float], at: Floats) -> Floats:
        """A figure of each table that depends on a number of its own."""
        pairs = zip(self._tables, at.ravel().tolist(), strict=True)
        return np.array([of(table, x) for table, x in pairs]).reshape(self._shape)


class Sums(ABC):
    """Sums of the series of some scopes: all tiers together and each of them, or each role; if there are
    several cases, of each of them.

    Months count from 1, the first after the warm-up; the warm-up is not included.
    """

    def __init__(
        self, series: Mapping[str, Floats], horizon_months: int, opening: NDArray[np.bool_] | None = None
    ) -> None:
        """Take the series, and whether a scope has leads that are there at the start.

        Args:
            series: Of shape (scopes, months), or (scopes, cases, months).
            horizon_months: The number of months.
            opening: Shape (scopes,); by default there are none.
        """
        self.series = series
        self.horizon_months = horizon_months
        self.opening = opening

    def if_opening(self, figures: Floats) -> Floats:
        """The figures, by scope, of those with leads that are there at the start; nan for the others."""
        there = np.zeros(len(figures), bool) if self.opening is None else self.opening
        return np.where(there.reshape(-1, *[1] * (figures.ndim - 1)), figures, np.nan)

    @property
    @abstractmethod
    def months(self) -> int:
        """The number of months that a total covers."""

    @property
    @abstractmethod
    def age(self) -> NDArray[np.int_]:
        """The number of months between the end of the warm-up and the moment of the figure."""

    @property
    def days(self) -> float:
        """The number of days that a total covers."""
        return self.months * MONTH_DAYS

    @abstractmethod
    def total(self, name: str) -> Floats:
        """Sum of the series over the months."""

    @abstractmethod
    def last(self, name: str) -> Floats:
        """The last month's figure."""

    @abstractmethod
    def to_date(self, name: str) -> Floats:
        """Sum of the series since the end of the warm-up."""

    @abstractmethod
    def growth(self, name: str) -> Floats:
        """Each month minus the month before, summed."""

    @abstractmethod
    def before(self, name: str) -> Floats:
        """The month before each month, summed: what ``growth`` is divided by."""


@dataclass(frozen=True)
class Ages:
    """What is summed by age and by state over the whole horizon, as far as it is known."""

    stays: Floats
    """Customers, leavers and margin by age in months; shape (scopes, 3, ages) or (scopes, cases, 3, ages)."""
    cohorts: Cohorts
    """The leads that came in after the warm-up, by tier; for the total see `with_total`."""
    cycle: Floats | None = None
    """Leads entered, won, lost and open by age in days, shape (scopes, 4, days) or (scopes, cases, 4, days);
    None in results of before there was such a table."""
    open_leads: Floats | None = None
    """Leads neither won nor lost when the horizon ends, by scope."""


class HorizonSums(Sums):
    """Sums over the whole horizon, each of shape (scopes,) or (scopes, cases)."""

    def __init__(
        self,
        series: Mapping[str, Floats],
        horizon_months: int,
        opening: NDArray[np.bool_] | None = None,
        ages: Ages | None = None,
    ) -> None:
        super().__init__(series, horizon_months, opening)
        self._ages = ages

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

    def growth(self, name: str) -> Floats:
        """The last month minus the first."""
        return np.asarray(self.series[name][..., -1] - self.series[name][..., 0])

    def before(self, name: str) -> Floats:
        """Sum over all months but the last."""
        return np.asarray(self.series[name][..., :-1].sum(axis=-1))

    @cached_property
    def cash(self) -> Floats:
        """Cumulative cash at each month's end, from 0 when the warm-up ends, by month."""
        return np.cumsum(self.series["receipts"] - self.series["cost"], axis=-1)

    @property
    def ages(self) -> Ages:
        """What is summed by age and by state."""
        assert self._ages is not None
        return self._ages

    @cached_property
    def life_tables(self) -> Tables[LifeTable]:
        """The life tables of the customers."""
        return Tables(self.ages.stays, _life_table)

    @cached_property
    def cycles(self) -> Tables[CycleTable] | None:
        """How the leads come to their ends; None where that is not known by age."""
        if self.ages.cycle is None:
            return None
        return Tables(self.ages.cycle, _cycle_table)


def _life_table(sums: Floats, whole: LifeTable | None) -> LifeTable:
    customers, left, margin = sums
    return LifeTable(customers, left, margin, whole.tail if whole else None)


def _cycle_table(sums: Floats, whole: CycleTable | None) -> CycleTable:
    entered, won, lost, still_open = sums
    return CycleTable(entered, won, lost, still_open, whole.window if whole else None)


class MonthlySums(Sums):
    """Sums month by month, each of the shape of the series, (scopes, cases, months)."""

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

    def growth(self, name: str) -> Floats:
        """The month minus the month before; nan in the first."""
        return np.diff(self.series[name], axis=-1, prepend=np.nan)

    def before(self, name: str) -> Floats:
        """The month before; nan in the first."""
        return self.series[name] - self.growth(name)
