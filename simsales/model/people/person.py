"""A person: one seat of one role in one team, with its own queue and time sheet."""

from __future__ import annotations

from simsales.model.clock import Alarm
from simsales.model.people.tasks import AccountWork, CareBlock, Task
from simsales.model.people.team import Team
from simsales.units import MONTH_DAYS

Queue = list[tuple[int, int, Task]]
"""A heap of (place by the discipline, ticket, task): the smallest entry is taken next."""


class Person:
    """One person of one role in one team."""

    __slots__ = (
        "account_days",
        "accounts",
        "busy_days",
        "busy_since",
        "care_done",
        "care_due",
        "care_queued",
        "customers",
        "days_per_hour",
        "last_given",
        "lead_days",
        "name",
        "number",
        "own",
        "role",
        "settled_days",
        "team",
        "waiting",
        "wake",
    )

    def __init__(self, team: Team, role: str, seat: int, number: int, hours_per_month: float) -> None:
        self.team = team
        self.role = role
        self.name = f"{team.name}/{role}#{seat}"
        self.number = number
        """Number among all people, in the order of team, copy, role and seat: settles ties."""
        self.days_per_hour = MONTH_DAYS / hours_per_month
        """Calendar days that an hour of work takes: the month's hours are spread evenly over it."""
        self.own: Queue = []
        self.waiting = 0
        """Leads in the own queue."""
        self.wake: Alarm | None = None
        """What an idle person waits for; None while at work."""
        self.last_given = -1
        """Ticket of the last lead given to this person by an assignment rule."""
        self.busy_days = 0.0
        """Days spent at work up to the last finished task."""
        self.busy_since: float | None = None
        self.settled_days = 0.0
        """Busy days when the last month was closed."""
        self.account_days: dict[str, float] = {}
        """Days of finished work for customers this month, by tier."""
        self.lead_days: dict[str, float] = {}
        """Days of finished work on leads this month, by tier; kept only where there are several tiers."""
        self.customers: dict[str, int] = {}
        """LIVE customers in this person's care, by tier."""
        self.accounts = 0
        """Customers, or conversations with them, that this person was chosen for."""
        self.care_due = self.care_done = 0.0
        """Hours of care that became due this month, and that were given in it."""
        self.care_queued: CareBlock | None = None
        """The block of care that was queued last. It is due when the next one is queued; if it is done
        before, it counts then.
        """

    def busy_days_by(self, now: float) -> float:
        """Days spent at work since the beginning, including the task at hand up to now."""
        return self.busy_days + (0.0 if self.busy_since is None else now - self.busy_since)

    def note_lead_work(self, tier: str, days: float) -> None:
        """Enter finished work on a lead in the time sheet."""
        self.lead_days[tier] = self.lead_days.get(tier, 0.0) + days

    def note_account_work(self, work: AccountWork) -> None:
        """Enter finished work for customers in the time sheet."""
        for tier, hours in work.hours_by_tier.items():
            self.account_days[tier] = self.account_days.get(tier, 0.0) + hours * self.days_per_hour

    def care_given(self, block: CareBlock) -> None:
        """A block of care is done."""
        if block is self.care_queued:
            block.gone = True  # done before it is due: see `care_falls_due`
        else:
            self.care_done += block.hours

    def care_falls_due(self) -> None:
        """The block of care that was queued last becomes due."""
        block, self.care_queued = self.care_queued, None
        if block is not None:
            self.care_due += block.hours
            if block.gone:
                self.care_done += block.hours

    def coverage(self) -> float:
        """Share of the care due this month that has been given, from 0 to 1."""
        return min(self.care_done / self.care_due, 1.0) if self.care_due > 0 else 1.0
