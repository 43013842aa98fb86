"""The two ways to sum a series: over the whole horizon, and month by month.

A KPI is defined once, as a formula over `Sums`. Of `HorizonSums` it makes one figure for the whole horizon;
of `MonthlySums` the same formula makes one figure for every month.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simsales.kpis.cohorts import Cohorts
from simsales.kpis.life_table import LifeTable
from simsales.kpis.series import Floats, Grouping
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.replication import Table

OPEN_STATES = ("Suspect", "Prospect", "MQL", "SQL", "SAL")
"""The states of leads neither won nor lost."""


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """``part / whole``; nan where the whole is not positive, as the ratio means nothing there."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    undefined = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    quotient: Floats = np.divide(part, whole, out=undefined, where=whole > 0)
    return quotient


class Sums(ABC):
    """Sums of the series of some scopes: all tiers together and each of them, or each role.

    Months count from 1, the first after the warm-up; the warm-up is not included.
    """

    def __init__(self, series: Mapping[str, Floats], horizon_months: int) -> None:
        """Take series of shape (scopes, months), or (scopes, replications, months)."""
        self.series = series
        self.horizon_months = horizon_months

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


class HorizonSums(Sums):
    """Sums over the whole horizon of one replication, each of shape (scopes,)."""

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

    def growth(self, name: str) -> Floats:
        """The last month minus the first."""
        return np.asarray(self.series[name][..., -1] - self.series[name][..., 0])

    def before(self, name: str) -> Floats:
        """Sum over all months but the last."""
        return np.asarray(self.series[name][..., :-1].sum(axis=-1))

    @cached_property
    def cash(self) -> Floats:
        """Cumulative cash at each month's end, from 0 when the warm-up ends; shape (scopes, months)."""
        return np.cumsum(self.series["receipts"] - self.series["cost"], axis=-1)

    @cached_property
    def life_tables(self) -> list[LifeTable]:
        """The life table of each scope's customers."""
        columns = ("customers", "left", "margin")
        stays = self._tables["stays"]
        ages = stays["age"].astype(np.intp)
        by_age = Grouping(stays, "tier", self._tiers, ages, 1 + ages.max(initial=0))
        exposures = zip(*(by_age.sums(stays[column]) for column in columns), strict=True)
        return [LifeTable(*exposure) for exposure in exposures]

    @cached_property
    def open_pipeline(self) -> Floats:
        """Leads neither won nor lost when the horizon ends, by scope."""
        pipeline = self._tables["pipeline"]
        is_open = np.isin(pipeline["state"], OPEN_STATES)
        together = Grouping(pipeline, "tier", self._tiers, np.zeros(len(pipeline), dtype=np.intp), 1)
        return together.sums(pipeline["inside"] * is_open)[:, 0]

    @cached_property
    def cohorts(self) -> Cohorts:
        """The leads that came in after the warm-up, by tier; for the total see `with_total`."""
        return Cohorts(self._tables.get("cohorts"), self._tiers)


class MonthlySums(Sums):
    """Sums month by month, each of the shape of the series, (scopes, replications, months)."""

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
