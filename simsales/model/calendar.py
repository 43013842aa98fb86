"""The calendar of a replication: its months, from the first of the warm-up to the last of the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simsales.units import MONTH_DAYS, YEAR


@dataclass(frozen=True)
class Calendar:
    """The months of a replication, by *index* (0 is the first one simulated) and by *number*.

    Month number 1 is the first after the warm-up; the months of the warm-up are 0, −1, −2, … All months have
    30.4375 days, so month ends are exact.
    """

    warm_up_months: int
    horizon_months: int
    start_month: int
    """Calendar month of month number 1: 1 is January."""

    @property
    def months(self) -> int:
        """All months, the warm-up included."""
        return self.warm_up_months + self.horizon_months

    @cached_property
    def boundaries(self) -> NDArray[np.float64]:
        """Days at which months begin and end, shape (months + 1,)."""
        return np.arange(self.months + 1, dtype=np.float64) * MONTH_DAYS

    def number(self, index: int) -> int:
        """Number of the month with this index."""
        return index + 1 - self.warm_up_months

    def month_of_year(self, number: int) -> int:
        """Calendar month, 1 to 12, of the month with this number."""
        return (self.start_month - 1 + number - 1) % YEAR + 1

    def day(self, number: float) -> float:
        """The day on which the month with this number begins; 6.5 is the middle of month 6."""
        return (number - 1 + self.warm_up_months) * MONTH_DAYS

    def end(self, index: int) -> float:
        """The day on which the month with this index ends."""
        return (index + 1) * MONTH_DAYS
