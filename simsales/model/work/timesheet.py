"""What each desk's people and queue did, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simsales.model.calendar import Calendar
from simsales.model.work.desk import Desk
from simsales.units import MONTH_DAYS


class DeskMonth(NamedTuple):
    """One desk in one month."""

    month: int
    """Number of the month; 1 is the first after the warm-up."""
    team: str
    role: str
    people: int
    available_days: float
    busy_days: float
    begun: int
    """Steps begun, names taken from lists left out."""
    wait_days: float
    """Days that these have waited."""
    backlog_days: float
    """Leads waiting × days."""
    waiting_end: int
    """Leads waiting at the month's end."""


class Timesheet:
    """The months of all desks."""

    def __init__(self, desks: Sequence[Desk], calendar: Calendar) -> None:
        self._desks = desks
        self._calendar = calendar
        self._before = [_sums(desk, 0.0) for desk in desks]
        self.months: list[DeskMonth] = []

    def close_month(self, month: int) -> None:
        """Enter the month with this index, which ends now."""
        now = self._calendar.end(month)
        for place, desk in enumerate(self._desks):
            before, after = self._before[place], _sums(desk, now)
            self._before[place] = after
            busy, begun, wait, backlog = (b - a for a, b in zip(before, after, strict=True))
            people = len(desk.people)
            self.months.append(
                DeskMonth(
                    self._calendar.number(month),
                    desk.team.name,
                    desk.role,
                    people,
                    people * MONTH_DAYS,
                    busy,
                    int(begun),
                    wait,
                    backlog,
                    desk.backlog.waiting,
                )
            )


def _sums(desk: Desk, now: float) -> tuple[float, int, float, float]:
    """A desk's running sums at ``now``: busy days, steps begun, days waited, backlog days."""
    backlog = desk.backlog
    return desk.busy_days(now), backlog.begun, backlog.wait_days, backlog.days(now)
