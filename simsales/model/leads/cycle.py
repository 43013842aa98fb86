"""How long leads are under way until they are won or lost, and how long those still open have been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from simsales.model.calendar import Calendar
from simsales.units import MONTH_DAYS


class CycleDay(NamedTuple):
    """What happened to leads after so many whole days, seen from the end of the warm-up on."""

    day: int
    """Whole days since the lead came in."""
    entered: int
    """Leads that came under observation at this age: at 0 if they came in after the warm-up."""
    won: int
    lost: int
    open: int
    """Leads that are still open at this age when the horizon ends."""


class Cohort(NamedTuple):
    """The leads of one month that are open at some moment."""

    month: int
    """Index of the month in which they came in."""
    open: int


class CycleTimes:
    """Counts by whole days, for the leads of one flow.

    Leads that close are counted one by one (but for those lost within a day, which are what is left of all).
    Of those that are open, only the month in which they came in is known; they count as of its middle.
    """

    __slots__ = ("_calendar", "_opened", "lost", "won")

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._opened: list[Cohort] = []
        self.begin([])

    def begin(self, opened: list[Cohort]) -> None:
        """Observation begins, with these leads open: at the end of the warm-up."""
        self._opened = opened
        days = int(self._calendar.end(self._calendar.months - 1)) + 2
        self.won = [0] * days
        self.lost = [0] * days
        """From the second day on."""

    def days(self, came_in: int, lost: int, left: Sequence[Cohort]) -> list[CycleDay]:
        """All days on which something happened.

        Args:
            came_in: leads that came in after the warm-up.
            lost: leads that were lost after the warm-up.
            left: leads that are open when the horizon ends.
        """
        self.lost[0] = lost - sum(self.lost[1:])
        entered = self._ages(self._opened, self._calendar.warm_up_months) + Counter({0: came_in})
        still_open = self._ages(left, self._calendar.months)
        found = [
            CycleDay(day, entered[day], won, lost, still_open[day])
            for day, (won, lost) in enumerate(zip(self.won, self.lost, strict=True))
        ]
        return [each for each in found if any(each[1:])]

    def _ages(self, cohorts: Sequence[Cohort], months: int) -> Counter[int]:
        """Leads by whole days, at the end of so many months."""
        ages: Counter[int] = Counter()
        for month, leads in cohorts:
            ages[int((months - month - 0.5) * MONTH_DAYS)] += leads
        return ages
