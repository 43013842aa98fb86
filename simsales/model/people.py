"""People at work: each takes the next task from a queue, spends the hours it asks for, and goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

import simpy

from simsales.model.clock import END_OF_WORK, Alarm
from simsales.model.journey import LIVE
from simsales.model.leads import Lead
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.channels import OutboundList
    from simsales.model.eventlog import EventLog
    from simsales.model.growth import Talk
    from simsales.model.leads import Customer
    from simsales.model.teams import TeamCopy, Teams


class AccountWork:
    """Work for those who are customers already: the care of all that one has, or a talk with one of them."""

    __slots__ = ("customer", "gone", "hours", "hours_by_tier", "talk")

    def __init__(
        self, hours_by_tier: dict[str, float], customer: Customer | None = None, talk: Talk | None = None
    ) -> None:
        self.hours_by_tier = hours_by_tier
        self.hours = sum(hours_by_tier.values())
        self.customer = customer
        self.talk = talk
        self.gone = False


class Seat:
    """A place in a colleague's meeting: whoever takes it stays until the meeting is over."""

    __slots__ = ("began", "desk", "gone", "lead", "over", "ready_at", "stage", "taken", "waits_for")
    waits_for: Person | None
    ready_at: float

    def __init__(self, lead: Lead, clock: simpy.Environment) -> None:
        self.lead = lead
        self.stage = lead.stage
        self.taken, self.began, self.over = clock.event(), clock.event(), clock.event()
        self.desk: Desk | None = None
        self.gone = False

    def give_up(self) -> None:
        """Nobody is to take it any more: the one whom the meeting was about has left."""
        if self.desk is not None:
            self.desk.withdraw(self)
            self.gone = True
            self.taken.succeed(None)


Task = Lead | Seat | AccountWork
"""What takes a person's time: a step of a lead's journey, a colleague's meeting, or work for customers."""

# (place in the discipline, ticket, task): the heap's smallest entry is taken next.
Queue = list[tuple[int, int, Task]]


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
        "desk",
        "last_given",
        "lead_days",
        "name",
        "number",
        "own",
        "settled_days",
        "waiting",
        "wake",
    )

    def __init__(self, desk: Desk, name: str, number: int, hours_per_month: float) -> None:
        self.desk = desk
        self.name = name
        self.number = number
        """Place among all people, by team, copy, role and seat: settles ties."""
        self.days_per_hour = MONTH_DAYS / hours_per_month
        """Calendar days that an hour of work takes, the month's selling hours being spread evenly over it."""
        self.own: Queue = []
        self.waiting = 0
        """Leads in the own queue."""
        self.wake: Alarm | None = None
        """What an idle person waits for; None while at work."""
        self.busy_days = 0.0
        self.busy_since: float | None = None
        self.last_given = -1
        """Ticket of the last lead given to this person by an assignment rule."""
        self.customers: dict[str, int] = {}
        """LIVE customers in this person's care, by tier."""
        self.care_due = self.care_done = 0.0
        """Hours of care that became due this month, and that were given in it."""
        self.care_queued: AccountWork | None = None
        """The block of care that was queued last: it is due when the next one comes, and if it is done
        before, it counts then.
        """
        self.accounts = 0
        """Customers, or talks with them, that this person was chosen for."""
        self.account_days: dict[str, float] = {}
        """Days of finished work for customers this month, by tier."""
        self.lead_days: dict[str, float] = {}
        """The same for leads, where there are several tiers."""
        self.settled_days = 0.0
        """Busy days when the last month was closed."""

    def work(self, alarm: Alarm) -> Generator[simpy.Event, Any, None]:
        """The process of a working life."""
        desk = self.desk
        clock = desk.clock
        rank = END_OF_WORK + self.number
        seats: Sequence[Seat] | None = ()
        several_tiers = desk.teams.several_tiers
        pipeline = desk.teams.pipeline
        while True:
            task = desk.next_task(self)
            if task is None:
                self.wake = alarm
                desk.idle.append(self)
                task = yield alarm
            if isinstance(task, Lead):
                if task.stage.joined_by:
                    seats = yield from self._gather(task)
                    if seats is None:
                        continue
                hours = task.luck[task.stage.effort] * task.effort_factor
            elif isinstance(task, AccountWork):
                hours = task.hours
            else:
                yield from self._sit_in(task)
                continue
            started = self.busy_since = clock._now
            yield alarm.at(started + hours * self.days_per_hour, rank)
            self.busy_days += clock._now - started
            self.busy_since = None
            if seats:
                for seat in seats:
                    seat.over.succeed()
                seats = ()
            if isinstance(task, Lead):
                if several_tiers:
                    self._note_lead_days(task, clock._now - started)
                pipeline.done(task, self)
            else:
                self._worked_for_customers(task)

    def _gather(self, lead: Lead) -> Generator[simpy.Event, Any, Sequence[Seat] | None]:
        """Wait for all colleagues whom a step needs; None if the customer leaves meanwhile. Waiting is not
        work.

        Roles are asked for one after the other, in alphabetical order, and nobody who invites is ever invited
        (the scenario's checks see to that), so no two meetings can wait for each other.
        """
        clock = self.desk.clock
        seats: list[Seat] = []
        for role in lead.stage.joined_by:
            seat = Seat(lead, clock)
            desk, owner = self.desk.teams.desk_for(lead, role, beside=self)
            desk.receive(seat, owner)
            if lead.customer is not None:
                lead.customer.seat = seat
            colleague = yield seat.taken
            if lead.customer is not None:
                lead.customer.seat = None
            if colleague is None:
                for taken in seats:
                    taken.began.succeed()
                    taken.over.succeed()
                return None
            lead.owners = {**(lead.owners or {}), role: colleague}
            seats.append(seat)
        for seat in seats:
            seat.began.succeed()
        return seats

    def _sit_in(self, seat: Seat) -> Generator[simpy.Event, Any, None]:
        clock = self.desk.clock
        seat.taken.succeed(self)
        yield seat.began
        started = self.busy_since = clock._now
        yield seat.over
        self.busy_days += clock._now - started
        self.busy_since = None
        if self.desk.teams.several_tiers:
            self._note_lead_days(seat.lead, clock._now - started)

    def _note_lead_days(self, lead: Lead, days: float) -> None:
        tier = lead.flow.tier
        self.lead_days[tier] = self.lead_days.get(tier, 0.0) + days

    def _worked_for_customers(self, work: AccountWork) -> None:
        for tier, hours in work.hours_by_tier.items():
            self.account_days[tier] = self.account_days.get(tier, 0.0) + hours * self.days_per_hour
        if work.talk is None:
            if work is self.care_queued:
                work.gone = True  # done in time; see `care_falls_due`
            else:
                self.care_done += work.hours
        else:
            self.desk.teams.customers.talked(work, self)

    def care_falls_due(self) -> None:
        """The block of care that was queued last is due."""
        block, self.care_queued = self.care_queued, None
        if block is not None:
            self.care_due += block.hours
            if block.gone:
                self.care_done += block.hours

    def coverage(self) -> float:
        """How much of the care that became due this month has been given, from 0 to 1."""
        return min(self.care_done / self.care_due, 1.0) if self.care_due > 0 else 1.0

    def busy_days_by(self, now: float) -> float:
        """Days spent at work since the beginning, a task at hand included up to now."""
        return self.busy_days + (0.0 if self.busy_since is None else now - self.busy_since)


def _lead(task: Lead | Seat) -> Lead:
    """The lead that a task is about."""
    return task if isinstance(task, Lead) else task.lead


class Desk:
    """The people of one role in one team, and the queue that they share."""

    def __init__(
        self,
        team: TeamCopy,
        role: str,
        clock: simpy.Environment,
        teams: Teams,
        tickets: count[int],
        log: EventLog | None,
    ) -> None:
        self.team = team
        self.role = role
        self.clock = clock
        self.teams = teams
        self.people: list[Person] = []
        self.idle: deque[Person] = deque()
        """Who has nothing to do, longest idle first."""
        self.shared: Queue = []
        self.lists: deque[OutboundList] = deque()
        """Lists of names that this desk works through in turn when nothing waits."""
        self._tickets = tickets
        self._log = log
        self._assignment = team.rules.assignment
        self._first_free = self._assignment == "first_free"
        self._latest_stage_first = team.rules.discipline == "latest_stage_first"
        self._settles = team.dedicated or log is not None
        """Whether something is to be settled, or noted, whenever somebody here begins with a lead."""
        self.last_given = -1
        """Ticket of the last lead routed to this desk."""

        self.waiting = 0
        """Leads waiting now."""
        self.begun = 0
        """Steps begun so far, names from lists left out."""
        self.wait_days = 0.0
        """Days that these have waited."""
        self._area = 0.0
        """Leads waiting × days, up to the last change."""
        self._changed = 0.0

    def receive(self, task: Lead | Seat, owner: Person | None) -> None:
        """Take in a lead that is ready, or a meeting's empty seat: to its owner, or by the assignment
        rule.
        """
        if self._log is not None:
            self._log.lead("ready", _lead(task), f"{self.team.name}/{self.role}")
        ticket = next(self._tickets)
        person = owner
        if person is None and (self.idle or not self._first_free):
            person = self._assign(ticket)
        if person is not None and person.wake is not None:
            self.begun += 1
            if task.stage.settles or self._settles:
                self._begin(task, person, 0.0)
            self._wake(person, task)
            return
        now: float = self.clock._now
        task.desk, task.waits_for, task.ready_at = self, person, now
        self._area += self.waiting * (now - self._changed)
        self._changed = now
        self.waiting += 1
        place = -_lead(task).stage.position if self._latest_stage_first else 0
        if person is None:
            heappush(self.shared, (place, ticket, task))
        else:
            person.waiting += 1
            heappush(person.own, (place, ticket, task))

    def look_after(self, person: Person, work: AccountWork) -> None:
        """Give a person work for customers; under ``latest_stage_first`` it comes first, being the last
        stage.
        """
        if person.wake is not None:
            self._wake(person, work)
        else:
            heappush(person.own, (-(1 << 30) if self._latest_stage_first else 0, next(self._tickets), work))

    def next_task(self, person: Person) -> Task | None:
        """What the person takes up now; None if there is nothing to do."""
        own, shared = person.own, self.shared
        while own or shared:
            queue = own if own and not (shared and shared[0] < own[0]) else shared
            task = heappop(queue)[2]
            if task.gone:
                continue
            if not isinstance(task, AccountWork):
                now: float = self.clock._now
                waited = now - task.ready_at
                self.begun += 1
                self.wait_days += waited
                if task.stage.settles or self._settles:
                    self._begin(task, person, waited)
                # As in `withdraw`, which would be called too often from here.
                self._area += self.waiting * (now - self._changed)
                self._changed = now
                self.waiting -= 1
                if queue is own:
                    person.waiting -= 1
                task.desk = None
            return task
        for _ in range(len(self.lists)):
            names = self.lists[0]
            self.lists.rotate(-1)
            lead = names.pull(self.team, self.clock._now)
            if lead is not None:
                self.teams.pipeline.pulled(lead, person)
                if self.team.dedicated:
                    lead.carried = lead.odds, lead.effort_factor
                    self._favour(lead)
                return lead
        return None

    def withdraw(self, task: Lead | Seat) -> None:
        """Let a task wait no longer that is gone. (It is passed over when its turn comes.)"""
        now: float = self.clock._now
        self._area += self.waiting * (now - self._changed)
        self._changed = now
        self.waiting -= 1
        if task.waits_for is not None:
            task.waits_for.waiting -= 1
        task.desk = None

    def backlog_days(self, now: float) -> float:
        """Leads waiting × days, from the beginning until now."""
        return self._area + self.waiting * (now - self._changed)

    def load(self) -> float:
        """Leads waiting or at hand, per person."""
        at_work = len(self.people) - len(self.idle)
        return (self.waiting + at_work) / len(self.people)

    def _begin(self, task: Lead | Seat, person: Person, waited: float) -> None:
        """Somebody begins with what has waited so many days; what depends on who and when is settled here."""
        if self._log is not None:
            self._log.lead("start", _lead(task), person.name)
        if isinstance(task, Seat):
            return
        task.carried = task.odds, task.effort_factor
        if task.flow.interest is not None and not task.contacted:
            task.odds *= task.flow.interest_after(waited)
        if self.team.dedicated:
            self._favour(task)
        customer = task.customer
        if customer is not None and person in customer.sold_by.values():
            task.effort_factor *= task.stage.known_effort_factor
            customer.known = customer.known or task.stage.to == LIVE

    def _favour(self, lead: Lead) -> None:
        """A dedicated team is better with the leads that it is for."""
        if self.team.serves(lead.segment):
            dedication = self.team.rules.dedication
            lead.effort_factor *= dedication.effort_factor
            lead.odds *= dedication.pass_factor

    def _wake(self, person: Person, task: Task) -> None:
        self.idle.remove(person)
        wake, person.wake = person.wake, None
        assert wake is not None
        wake.go_off(task)

    def _assign(self, ticket: int) -> Person | None:
        """Who gets a lead without an owner; None leaves it in the shared queue."""
        if self._first_free:
            return self.idle[0] if self.idle else None
        if self._assignment == "round_robin":
            person = min(self.people, key=lambda p: p.last_given)
        else:
            person = min(self.people, key=lambda p: (p.waiting + (p.wake is None), p.last_given))
        person.last_given = ticket
        return person
