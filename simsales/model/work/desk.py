"""A desk: the people of one role in one team, and the queue that they share."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count

from simsales.model.clock import Clock
from simsales.model.event_log import EventLog
from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person, Queue
from simsales.model.people.tasks import AccountWork, Task
from simsales.model.people.team import Team
from simsales.model.people.waiting import Backlog, WaitingTask
from simsales.model.work.meetings import Seat

FIRST_OF_ALL = -(1 << 30)
"""Place of work for customers under ``latest_stage_first``: it is the last stage."""


class Desk:
    """The people of one role in one team, and the queue that they share."""

    def __init__(
        self, team: Team, role: str, clock: Clock, tickets: count[int], log: EventLog | None
    ) -> None:
        self.team = team
        self.role = role
        self.people: list[Person] = []
        self.idle: deque[Person] = deque()
        """Who has nothing to do, longest idle first."""
        self.backlog = Backlog()
        """Of leads and seats in meetings, in whichever queue of the desk they wait."""
        self.last_given = -1
        """Ticket of the last lead routed to this desk."""
        self._clock = clock
        self._shared: Queue = []
        self._tickets = tickets
        self._log = log
        self._assignment = team.rules.assignment
        self._first_free = self._assignment == "first_free"
        self._latest_stage_first = team.rules.discipline == "latest_stage_first"

    def receive(self, task: Lead | Seat, owner: Person | None) -> None:
        """Take in a lead that is ready, or an empty seat in a meeting: for its owner, or by the assignment
        rule.
        """
        if self._log is not None:
            self._log.add("ready", *_lead(task).log_key, f"{self.team.name}/{self.role}")
        ticket = next(self._tickets)
        person = owner
        if person is None and (self.idle or not self._first_free):
            person = self._assign(ticket)
        task.ready_at = now = self._clock.now
        if person is not None and person.wake is not None:
            self.backlog.begun += 1
            self._wake(person, task)
            return
        self.backlog.join(now)
        task.backlog, task.waits_for = self.backlog, person
        place = -_lead(task).stage.position if self._latest_stage_first else 0
        if person is None:
            heappush(self._shared, (place, ticket, task))
        else:
            person.waiting += 1
            heappush(person.own, (place, ticket, task))

    def receive_account_work(self, person: Person, work: AccountWork) -> None:
        """Give a person work for customers; under ``latest_stage_first`` it comes before everything else."""
        if person.wake is not None:
            self._wake(person, work)
        else:
            place = FIRST_OF_ALL if self._latest_stage_first else 0
            heappush(person.own, (place, next(self._tickets), work))

    def next_task(self, person: Person) -> Task | None:
        """What the person takes up now of what waits; None if nothing does."""
        own, shared = person.own, self._shared
        while own or shared:
            queue = own if own and not (shared and shared[0] < own[0]) else shared
            task = heappop(queue)[2]
            if task.gone:
                continue
            if isinstance(task, WaitingTask):
                now: float = self._clock.now
                self.backlog.leave(now)
                self.backlog.begun += 1
                self.backlog.wait_days += now - task.ready_at
                task.backlog = None
                if queue is own:
                    person.waiting -= 1
            return task
        return None

    def load(self) -> float:
        """Leads waiting or at hand, per person."""
        at_work = len(self.people) - len(self.idle)
        return (self.backlog.waiting + at_work) / len(self.people)

    def busy_days(self, now: float) -> float:
        """Days that its people have spent at work, tasks at hand included up to now."""
        return sum(person.busy_days_by(now) for person in self.people)

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


def _lead(task: Lead | Seat) -> Lead:
    """The lead that a task is about."""
    return task if isinstance(task, Lead) else task.lead
