"""People at work: each takes the next task from a queue, spends the hours it asks for, and goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

import simpy

from simsales.model.clock import END_OF_WORK, MONTH_DAYS, Alarm
from simsales.model.leads import Lead, OutboundList

if TYPE_CHECKING:
    from simsales.model.eventlog import EventLog
    from simsales.model.teams import TeamCopy


class CareBlock:
    """A stretch of looking after the customers one has."""

    __slots__ = ("hours",)
    gone = False

    def __init__(self, hours: float) -> None:
        self.hours = hours


Task = Lead | CareBlock
"""What takes a person's time: a step of a lead's journey, or a block of care."""

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

    def work(self) -> Generator[simpy.Event, Task, None]:
        """The process of a working life."""
        desk = self.desk
        clock = desk.clock
        rank = END_OF_WORK + self.number
        end_of_work = Alarm(clock)
        while True:
            task = desk.next_task(self)
            if task is None:
                self.wake = clock.event()
                desk.idle.append(self)
                task = yield self.wake
            hours = task.hours if isinstance(task, CareBlock) else task.luck[task.stage.effort]
            started = self.busy_since = clock._now
            yield end_of_work.at(started + hours * self.days_per_hour, rank)
            self.busy_days += clock._now - started
            self.busy_since = None
            if isinstance(task, Lead):
                task.flow.pipeline.done(task, self)

    def busy_days_by(self, now: float) -> float:
        """Days spent at work since the beginning, a task at hand included up to now."""
        return self.busy_days + (0.0 if self.busy_since is None else now - self.busy_since)


class Desk:
    """The people of one role in one team, and the queue that they share."""

    def __init__(
        self,
        team: TeamCopy,
        role: str,
        clock: simpy.Environment,
        tickets: count[int],
        log: EventLog | None,
    ) -> None:
        self.team = team
        self.role = role
        self.clock = clock
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
        self.last_given = -1
        """Ticket of the last lead routed to this desk."""

        # The sums behind waits and backlog. With every lead's moment of joining and of being taken summed up,
        # the area under the queue by time T is taken_sum + waiting × T − joined_sum.
        self.waiting = 0
        self.begun = 0
        self.wait_days = 0.0
        self._joined_sum = 0.0
        self._taken_sum = 0.0

    def receive(self, lead: Lead, owner: Person | None) -> None:
        """Take in a lead that is ready: to its owner, or else by the assignment rule."""
        if self._log is not None:
            self._log.lead("ready", lead, f"{self.team.name}/{self.role}")
        ticket = next(self._tickets)
        person = owner
        if person is None:
            person = self._assign(ticket)
        if person is not None and person.wake is not None:
            self._wake(person, lead)
            self.begun += 1
            if self._log is not None:
                self._log.lead("start", lead, person.name)
            return
        now: float = self.clock._now
        lead.desk, lead.waits_for, lead.ready_at = self, person, now
        self.waiting += 1
        self._joined_sum += now
        place = -lead.stage.position if self._latest_stage_first else 0
        if person is None:
            heappush(self.shared, (place, ticket, lead))
        else:
            person.waiting += 1
            heappush(person.own, (place, ticket, lead))

    def look_after(self, person: Person, hours: float) -> None:
        """Give a person a block of care; under ``latest_stage_first`` it comes before everything, care
        being the last stage.
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
            if isinstance(task, Lead):
                self.begun += 1
                self.wait_days += self.clock._now - task.ready_at
                self.withdraw(task)
                if self._log is not None:
                    self._log.lead("start", task, person.name)
            return task
        for _ in self.lists:
            names = self.lists[self._lists_in_turn]
            self._lists_in_turn = (self._lists_in_turn + 1) % len(self.lists)
            lead = names.pull(self.team.tiers, self.clock._now)
            if lead is not None:
                lead.flow.pipeline.pulled(lead, person)
                return lead
        return None

    def withdraw(self, lead: Lead) -> None:
        """Let a lead wait no longer, be it taken up or gone. (A gone one's entry is passed over when its
        turn comes.)
        """
        now: float = self.clock._now
        self.waiting -= 1
        self._taken_sum += now
        if lead.waits_for is not None:
            lead.waits_for.waiting -= 1
        lead.desk = lead.waits_for = None

    def backlog_days(self, now: float) -> float:
        """Leads waiting × days, from the beginning until now."""
        return self._taken_sum + self.waiting * now - self._joined_sum

    def load(self) -> float:
        """Leads waiting or at hand, per person."""
        at_work = len(self.people) - len(self.idle)
        return (self.waiting + at_work) / len(self.people)

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
