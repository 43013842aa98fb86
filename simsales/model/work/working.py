"""A person at work: takes the next task, spends the hours that it needs, and goes on to the next."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from simsales.model.clock import END_OF_WORK, Alarm, Clock, Event
from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person
from simsales.model.people.tasks import AccountWork, CareBlock
from simsales.model.work import meetings
from simsales.model.work.desk import Desk
from simsales.model.work.meetings import Meetings, Seat


@dataclass(frozen=True)
class Duties:
    """Whom a person tells what, as functions."""

    begin: Callable[[Lead, Person], None]
    """Somebody begins with a lead that has been waiting, or could have."""
    always_begin: bool
    """Whether that is to be told of every lead, and not only where its step depends on it."""
    done: Callable[[Lead, Person], None]
    """The work of a lead's step is done."""
    pull_for: Callable[[Person, Desk], Callable[[], Lead | None] | None]
    """Gives what takes the next name from a list, for a person with nothing else to do; None if the desk has
    no lists.
    """
    held: Callable[[AccountWork, Person], None]
    """A conversation with a customer has taken place."""
    keep_lead_days: bool
    """Whether the time sheet tells leads of several tiers apart."""


def work(
    person: Person,
    desk: Desk,
    clock: Clock,
    gatherings: Meetings,
    duties: Duties,
    alarm: Alarm,
) -> Generator[Event, Any, None]:
    """The process of a person's working life; the alarm is the process's own."""
    rank = END_OF_WORK + person.number
    seats: Sequence[Seat] | None = ()
    begin, done, pull = duties.begin, duties.done, duties.pull_for(person, desk)
    always_begin = duties.always_begin or person.team.dedicated
    keep_lead_days, days_per_hour = duties.keep_lead_days, person.days_per_hour
    while True:
        task: Any = desk.next_task(person)
        pulled = None
        if task is None:
            task = pulled = None if pull is None else pull()
            if task is None:
                person.wake = alarm
                desk.idle.append(person)
                task = yield alarm
        if isinstance(task, Lead):
            if task is not pulled and (always_begin or task.stage.settles):
                begin(task, person)
            if task.stage.joined_by:
                seats = yield from gatherings.gather(task, person)
                if seats is None:
                    continue
            hours = task.draws[task.stage.effort_at] * task.effort_factor
        elif isinstance(task, AccountWork):
            hours = task.hours
        else:
            days = yield from gatherings.sit_in(task, person)
            if keep_lead_days:
                person.note_lead_work(task.lead.segment.tier, days)
            continue
        started = person.busy_since = clock.now
        yield alarm.at(started + hours * days_per_hour, rank)
        days = clock.now - started
        person.busy_days += days
        person.busy_since = None
        if seats:
            meetings.end(seats)
            seats = ()
        if isinstance(task, Lead):
            if keep_lead_days:
                person.note_lead_work(task.segment.tier, days)
            done(task, person)
        else:
            person.note_account_work(task)
            if isinstance(task, CareBlock):
                person.care_given(task)
            else:
                duties.held(task, person)
