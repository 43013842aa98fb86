"""People at work: each takes the next task from a queue, spends the hours it asks for, and goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

import simpy

from simsales.model.clock import END_OF_WORK, Alarm
from simsales.model.journey import LIVE, WIN
from simsales.model.leads import Lead
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.channels import OutboundList
    from simsales.model.eventlog import EventLog
    from simsales.model.teams import TeamCopy, Teams


class CareBlock:
    """A stretch of looking after the customers one has."""

    __slots__ = ("hours",)
    gone = False

    def __init__(self, hours: float) -> None:
        self.hours = hours


class Seat:
    """A place in a colleague's meeting: whoever takes it stays until the meeting is over."""

    __slots__ = ("began", "desk", "gone", "lead", "over", "ready_at", "stage", "taken", "waits_for")

    def __init__(self, lead: Lead, clock: simpy.Environment) -> None:
        self.lead = lead
        self.stage = lead.stage
        self.taken, self.began, self.over = clock.event(), clock.event(), clock.event()
        self.desk: Desk | None = None
        self.waits_for: Person | None = None
        self.ready_at = 0.0
        self.gone = False

    def give_up(self) -> None:
        """Nobody is to take it any more: the one whom the meeting was about has left."""
        if self.desk is not None:
            self.desk.withdraw(self)
            self.gone = True
            self.taken.succeed(None)


Task = Lead | Seat | CareBlock
"""What takes a person's time: a step of a lead's journey, a colleague's meeting, or a block of care."""

# (place in the discipline, ticket, task): the heap's smallest entry is taken next.
Queue = list[tuple[int, int, Task]]


class Person:
    """One person of one role in one team."""

    __slots__ = (
        "busy_days",
        "busy_since",
        "customers",
        "days_per_hour",
        "desk",
        "last_given",
        "name",
        "number",
        "own",
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
        self.wake: simpy.Event | None = None
        """What an idle person waits for; None while at work."""
        self.busy_days = 0.0
        self.busy_since: float | None = None
        self.last_given = -1
        """Ticket of the last lead given to this person by an assignment rule."""
        self.customers: dict[str, int] = {}
        """LIVE customers in this person's care, by tier."""

    def work(self) -> Generator[simpy.Event, Any, None]:
        """The process of a working life."""
        desk = self.desk
        clock = desk.clock
        rank = END_OF_WORK + self.number
        end_of_work = Alarm(clock)
        seats: Sequence[Seat] | None = ()
        while True:
            task = desk.next_task(self)
            if task is None:
                self.wake = clock.event()
                desk.idle.append(self)
                task = yield self.wake
            if isinstance(task, Lead):
                if task.stage.joined_by:
                    seats = yield from self._gather(task)
                    if seats is None:
                        continue
                hours = task.luck[task.stage.effort] * task.effort_factor
            elif isinstance(task, CareBlock):
                hours = task.hours
            else:
                yield from self._sit_in(task)
                continue
            started = self.busy_since = clock._now
            yield end_of_work.at(started + hours * self.days_per_hour, rank)
            self.busy_days += clock._now - started
            self.busy_since = None
            if seats:
                for seat in seats:
                    seat.over.succeed()
                seats = ()
            if isinstance(task, Lead):
                task.flow.pipeline.done(task, self)

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
            lead.seat = seat
            colleague = yield seat.taken
            lead.seat = None
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
        self.lists: list[OutboundList] = []
        """Lists of names that this desk works through when nothing waits."""
        self._lists_in_turn = 0
        self._tickets = tickets
        self._log = log
        self._assignment = team.rules.assignment
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
        if person is None:
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
        if (
            isinstance(task, Lead)
            and task.flow.patience is not None
            and not task.contacted
            and task.state < WIN
        ):
            task.flow.pipeline.be_patient(task)

    def look_after(self, person: Person, hours: float) -> None:
        """Give a person a block of care; under ``latest_stage_first`` it comes first, being the last
        stage.
        """
        block = CareBlock(hours)
        if person.wake is not None:
            self._wake(person, block)
        else:
            heappush(person.own, (-(1 << 30) if self._latest_stage_first else 0, next(self._tickets), block))

    def next_task(self, person: Person) -> Task | None:
        """What the person takes up now; None if there is nothing to do."""
        own, shared = person.own, self.shared
        while own or shared:
            queue = own if own and not (shared and shared[0] < own[0]) else shared
            task = heappop(queue)[2]
            if task.gone:
                continue
            if not isinstance(task, CareBlock):
                waited = self.clock._now - task.ready_at
                self.begun += 1
                self.wait_days += waited
                if task.stage.settles or self._settles:
                    self._begin(task, person, waited)
                self.withdraw(task)
            return task
        for _ in self.lists:
            names = self.lists[self._lists_in_turn]
            self._lists_in_turn = (self._lists_in_turn + 1) % len(self.lists)
            lead = names.pull(self.team, self.clock._now)
            if lead is not None:
                lead.flow.pipeline.pulled(lead, person)
                if self.team.dedicated:
                    lead.carried = lead.odds, lead.effort_factor
                    self._favour(lead)
                return lead
        return None

    def withdraw(self, task: Lead | Seat) -> None:
        """Let a task wait no longer, be it taken up or gone. (A gone one is passed over when its turn
        comes.)
        """
        now: float = self.clock._now
        self._area += self.waiting * (now - self._changed)
        self._changed = now
        self.waiting -= 1
        if task.waits_for is not None:
            task.waits_for.waiting -= 1
        task.desk = task.waits_for = None

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
        if person in task.acquainted:
            task.effort_factor *= task.stage.known_effort_factor
            task.known = task.known or task.stage.to == LIVE

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
        wake.succeed(task)

    def _assign(self, ticket: int) -> Person | None:
        """Who gets a lead without an owner; None leaves it in the shared queue."""
        if self._assignment == "first_free":
            return self.idle[0] if self.idle else None
        if self._assignment == "round_robin":
            person = min(self.people, key=lambda p: p.last_given)
        else:
            person = min(self.people, key=lambda p: (p.waiting + (p.wake is None), p.last_given))
        person.last_given = ticket
        return person
