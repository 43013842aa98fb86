"""Meetings of several people: the host waits until everybody whom the step needs is there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from simsales.model.clock import Clock, Event
from simsales.model.event_log import EventLog
from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person
from simsales.model.people.waiting import Backlog, WaitingTask


class Seat(WaitingTask):
    """A seat in a colleague's meeting: whoever takes it stays until the meeting is over."""

    __slots__ = ("began", "lead", "over", "taken")

    def __init__(self, lead: Lead, clock: Clock) -> None:
        self.lead = lead
        self.taken, self.began, self.over = clock.event(), clock.event(), clock.event()
        self.backlog: Backlog | None = None
        self.gone = False


class Meetings:
    """All meetings that are being prepared or held."""

    def __init__(
        self,
        clock: Clock,
        invite: Callable[[Seat, str, Person], None],
        log: EventLog | None,
    ) -> None:
        """Prepare for meetings; ``invite`` puts a seat on the desk of a role, for a host."""
        self._clock = clock
        self._invite = invite
        self._log = log
        self._awaited: dict[Lead, Seat] = {}
        """By lead, the seat that its host waits to be taken."""

    def gather(self, lead: Lead, host: Person) -> Generator[Event, Any, Sequence[Seat] | None]:
        """Wait for all colleagues whom the step of a lead needs; None if the customer leaves meanwhile.

        Waiting is not work. Roles are asked one after the other, in alphabetical order, and nobody who hosts
        is ever invited (the scenario's checks see to that), so no two meetings can wait for each other.
        """
        seats: list[Seat] = []
        for role in lead.stage.joined_by:
            seat = Seat(lead, self._clock)
            self._invite(seat, role, host)
            self._awaited[lead] = seat
            colleague = yield seat.taken
            del self._awaited[lead]
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

    def sit_in(self, seat: Seat, person: Person) -> Generator[Event, Any, float]:
        """Take a seat and stay until the meeting is over; returns the days that the meeting took."""
        if self._log is not None:
            self._log.add("start", *seat.lead.log_key, person.name)
        seat.taken.succeed(person)
        yield seat.began
        started = person.busy_since = self._clock.now
        yield seat.over
        days: float = self._clock.now - started
        person.busy_days += days
        person.busy_since = None
        return days

    def call_off(self, lead: Lead) -> None:
        """The customer of a meeting has left: its host waits no longer for a seat to be taken."""
        seat = self._awaited.get(lead)
        if seat is not None and seat.backlog is not None:
            seat.withdraw(self._clock.now)
            seat.gone = True
            seat.taken.succeed(None)


def end(seats: Sequence[Seat]) -> None:
    """End a meeting: everybody goes back to work."""
    for seat in seats:
        seat.over.succeed()
