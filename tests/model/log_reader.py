"""Reads the event log, independently of the model's own counters, for tests to compare with its tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from small_scenarios import MONTH

from simsales.model import Event, Replication
from simsales.scenario import Scenario

Lead = tuple[str, int]
"""Channel and number."""

DROPPED = "dropped in hand-off"
GONE_COLD = "gone cold"
OF_CUSTOMERS = ("talk", "expansion", "contraction")
"""Kinds of event that may come to a customer who waits to be onboarded."""


def events(replication: Replication) -> tuple[Event, ...]:
    assert replication.log is not None
    return replication.log


def of_kind(replication: Replication, kind: str) -> list[Event]:
    return [event for event in events(replication) if event.kind == kind]


def events_by_lead(replication: Replication) -> dict[Lead, list[Event]]:
    """Every lead's events in order."""
    found: dict[Lead, list[Event]] = defaultdict(list)
    for event in events(replication):
        found[event.channel, event.number].append(event)
    return dict(found)


NAMES_A_PERSON = ("ready", "start", "done", "sign", "talk", "expansion")
"""Kinds of event whose detail is somebody's name, or a desk's."""


def without_people(replication: Replication) -> list[Event]:
    """The log without the names of people and teams: people may change where results do not."""
    return [e._replace(detail="") if e.kind in NAMES_A_PERSON else e for e in events(replication)]


def month_of(event: Event, replication: Replication) -> int:
    """The month in which an event falls, numbered as in the tables.

    A customer leaves, returns, and comes to pay more or less at the last instant of a month; everything else
    at a boundary belongs to the month that begins.
    """
    number = int(event.time_days // MONTH)
    if event.kind in ("leave", "return", "expansion", "contraction"):
        assert event.time_days == number * MONTH
        number -= 1
    return number + 1 - replication.warm_up_months


# ----------------------------------------------------------------------------------------- results of steps


class Outcome(NamedTuple):
    """What a step came to for a lead, as far as the lead's own draws decide it."""

    step: str
    effort_hours: float
    passed: bool


def outcomes(replication: Replication, scenario: Scenario) -> dict[Lead, list[Outcome]]:
    """Every finished step of every lead. Effort is work time by the person's hours; 0 for nobody's steps."""
    found: dict[Lead, list[Outcome]] = {}
    for lead, life in events_by_lead(replication).items():
        found[lead] = []
        started = 0.0
        for event, after in zip(life, [*life[1:], None], strict=True):
            if event.kind == "start":
                started = event.time_days
            elif event.kind == "done":
                hours = 0.0
                if event.detail:
                    role = event.detail.split("/")[1].split("#")[0]
                    days = event.time_days - started
                    hours = days * scenario.people[role].hours_per_month / MONTH
                lost = after is not None and after.kind == "lost" and after.detail != DROPPED
                found[lead].append(Outcome(event.step, hours, not lost))
    return found


# ---------------------------------------------------------------------------------------------------- queues


class Stay(NamedTuple):
    """A lead's stay in the queue of a desk."""

    desk: str
    ready: float
    until: float
    ended_by: str
    """``start`` of work, ``leave`` of the customer, ``lost`` as it went cold, or the ``horizon``."""


def stays(replication: Replication) -> Iterator[Stay]:
    """Every stay in a queue: from ``ready`` to ``start``, or to the day when it leaves or goes cold."""
    horizon = (replication.warm_up_months + replication.horizon_months) * MONTH
    for life in events_by_lead(replication).values():
        waiting: Event | None = None
        for event in life:
            if event.kind == "ready":
                assert waiting is None, "a lead waits in two queues"
                waiting = event
            elif waiting is not None and event.kind in ("start", "leave", "lost"):
                assert event.kind != "start" or event.detail.rsplit("#", 1)[0] == waiting.detail
                assert event.kind != "lost" or event.detail == GONE_COLD
                yield Stay(waiting.detail, waiting.time_days, event.time_days, event.kind)
                waiting = None
            else:
                assert waiting is None or event.kind in OF_CUSTOMERS, "a lead that waits moves"
        if waiting is not None:
            yield Stay(waiting.detail, waiting.time_days, horizon, "horizon")


class Work(NamedTuple):
    """A stretch of somebody's work on a lead, within the horizon."""

    person: str
    start: float
    end: float


def work(replication: Replication) -> list[Work]:
    """All work on leads: from ``start`` to ``done``; care of the base is not in the log.

    Work on a customer who leaves in the middle of it has no ``done``: such stretches are left out.
    """
    horizon = (replication.warm_up_months + replication.horizon_months) * MONTH
    found = []
    for life in events_by_lead(replication).values():
        for i, event in enumerate(life):
            if event.kind == "start":
                end = next((later for later in life[i + 1 :] if later.kind in ("done", "leave")), None)
                if end is None or end.kind == "done":
                    end_time = horizon if end is None else end.time_days
                    found.append(Work(event.detail, event.time_days, end_time))
    return found


def overlap(start: float, end: float, month: int) -> float:
    """Days of a stretch that fall in the month-th month (from 0, warm-up first)."""
    return max(0.0, min(end, (month + 1) * MONTH) - max(start, month * MONTH))


# --------------------------------------------------------------------------------------------------- tallies


def final_states(replication: Replication, scenario: Scenario) -> Counter[tuple[str, str, str]]:
    """Leads and customers still inside at the end, by channel, tier and state."""
    inside: Counter[tuple[str, str, str]] = Counter()
    for (channel, _), life in events_by_lead(replication).items():
        ends = [event.kind for event in life if event.kind in ("lost", "leave", "return")]
        if not ends or ends[-1] == "return":
            last = [event for event in life if event.kind in ("enter", "state", "nurture")][-1]
            state: str | None = last.detail
            if last.kind == "nurture":  # back in the state of the step to which it goes
                state = scenario.journeys[last.tier][last.detail].on
            assert state is not None
            # Who comes back is LIVE, however far it had come.
            inside[channel, life[0].tier, "LIVE" if ends else state] += 1
    return inside


def by_instant(replication: Replication) -> list[tuple[float, list[Event]]]:
    """The log, instant by instant."""
    return [
        (time, list(group)) for time, group in groupby(events(replication), key=lambda event: event.time_days)
    ]
