"""Whether leads get through their journeys: each begins at a step, and every path leads on to WIN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simsales.scenario.checks.raw import (
    MOST_STEPS,
    OPENING,
    ChannelJourney,
    Inconsistency,
    Path,
    RawChannel,
    channel_journeys,
    entries,
    get,
    mapping,
    read_steps,
    unknown,
)
from simsales.scenario.messages import listed, shortened
from simsales.scenario.schema.distributions import mean_of
from simsales.scenario.schema.fields import NOBODY, STATES, State
from simsales.scenario.schema.journey_order import following
from simsales.scenario.schema.journeys import Step

LEAST_HOURS = 0.01
"""Least effort for a name of an endless list; with less, one person would work through endless names in no
time."""

SIGNED = ("WIN", "LIVE")
"""The states of a customer."""


def journey_faults(data: Any, channels: list[RawChannel]) -> Iterator[Inconsistency]:
    """Every fault of every journey, each once."""
    for tier in entries(data, "journeys"):
        reported: set[Inconsistency] = set()
        for fault in _faults_of_journey(data, tier, channels):
            if fault not in reported:
                reported.add(fault)
                yield fault


def _faults_of_journey(data: Any, tier: str, channels: list[RawChannel]) -> Iterator[Inconsistency]:
    here = ("journeys", tier)
    raw = get(data, *here)
    if len(raw) > MOST_STEPS:
        yield Inconsistency(here, f"a journey of {len(raw):,} steps", f"at most {MOST_STEPS}", at_key=True)
        return
    pipeline = mapping(data, OPENING, "pipeline", tier)
    for name in pipeline:
        if name not in raw:
            yield unknown(
                (OPENING, "pipeline", tier, name), name, f"a step of {shortened(tier)}", raw, at_key=True
            )
    after_faults = list(_after_faults(here, {name: get(each, "after") for name, each in raw.items()}))
    yield from after_faults
    steps = None if after_faults else read_steps(raw)
    if not steps:
        return
    yield from _nurture_faults(here, steps)
    for journey in channel_journeys(data, tier, steps, channels):
        if journey.on and journey.on[0] is None:
            first = journey.names[0]
            found = f"{shortened(first)}, the first step{journey.whose()}, without on"
            yield Inconsistency((*here, first), found, "on: with a state", at_key=True)
            continue
        for name, step, state in zip(journey.names, journey.steps, journey.on, strict=True):
            if state is not None:
                yield from _step_faults((*here, name), step, state)
        if journey.channel is None:
            yield from _pipeline_faults(journey, pipeline)
        elif journey.channel.enters_as in STATES:
            yield from _entry_faults(journey, journey.channel)


def _after_faults(here: Path, afters: dict[str, Any]) -> Iterator[Inconsistency]:
    """Steps after an unknown step, or after themselves by a detour."""
    reported: set[str] = set()
    for name, after in afters.items():
        if isinstance(after, str) and after not in afters:
            yield unknown((*here, name, "after"), after, "a step of this journey", afters)
        circle = [name]
        while isinstance(after, str) and after not in circle:
            circle.append(after)
            after = afters.get(after)
        if after == name and name not in reported:
            reported.update(circle)
            found = f"a circle, {shortened(' after '.join([*circle, name]))}"
            yield Inconsistency((*here, name, "after"), found, "a step that does not come later itself")


def _nurture_faults(here: Path, steps: dict[str, Step]) -> Iterator[Inconsistency]:
    """Leads that would come back from nurture to an unknown or a later step, or to one of other channels."""
    order = list(steps)
    for name, step in steps.items():
        nurture = step.otherwise.nurture
        if nurture is None:
            continue
        path = (*here, name, "otherwise", "nurture", "to")
        if nurture.to not in steps:
            yield unknown(path, nurture.to, "a step of this journey", order)
        elif order.index(nurture.to) > order.index(name):
            found = f"{nurture.to}, a later step than {name}"
            yield Inconsistency(path, found, f"{name} or a step before it")
        else:
            back = steps[nurture.to].channels
            excluded = [each for each in step.channels or () if back is not None and each not in back]
            if back is not None and (excluded or step.channels is None):
                whose = listed(excluded) if excluded else "other channels"
                found = f"{nurture.to}, which leads of {whose} do not take"
                yield Inconsistency(path, found, f"a step for all leads that take {name}")


def _step_faults(here: Path, step: Step, state: str) -> Iterator[Inconsistency]:
    """Faults in what a step does with leads in the state that they are in."""
    if step.to == state:
        found = f"{state}, in which its leads are already"
        yield Inconsistency((*here, "to"), found, "another state, or to left out")
    elif step.to is not None and STATES.index(step.to) < STATES.index(state):
        yield Inconsistency((*here, "to"), f"{step.to}, back from {state}", f"a state not before {state}")
    if step.judged and step.by == NOBODY:
        yield Inconsistency((*here, "judged"), "true in a step by nobody", "a role that judges")
    elif step.judged and step.fit_weight == 0:
        found = "true without fit_weight"
        yield Inconsistency((*here, "judged"), found, "fit_weight above 0: else there is nothing to judge by")
    if state not in SIGNED:
        return
    once = "nothing of the sort after WIN: customers leave by churn"
    if step.pass_probability < 1:
        found = f"{step.pass_probability:g} after WIN"
        yield Inconsistency((*here, "pass_probability"), found, "1: customers leave by churn")
    if step.otherwise.nurture is not None:
        yield Inconsistency((*here, "otherwise", "nurture"), "nurture", once, at_key=True)
    if step.no_show is not None:
        yield Inconsistency((*here, "no_show"), "no_show", once, at_key=True)
    if step.fit_weight > 0:
        yield Inconsistency(
            (*here, "fit_weight"), f"{step.fit_weight:g} after WIN", "0: nothing is decided here"
        )
    if step.judged:
        yield Inconsistency((*here, "judged"), "true after WIN", "false: nothing is decided here")


def _entry_faults(journey: ChannelJourney, channel: RawChannel) -> Iterator[Inconsistency]:
    """Faults in how the leads of a channel come into the journey and on to WIN."""
    tier = shortened(journey.tier)
    entry = following(journey.on, channel.enters_as)
    if entry is None:
        states = listed(dict.fromkeys(state for state in journey.on if state is not None))
        said = "enters_as" in channel.raw
        path = (*channel.path, "enters_as") if said else channel.path[:-1]
        found = f"{channel.enters_as}, on which the journey of {tier} has no step{journey.whose()}"
        yield Inconsistency(path, found, f"a state that it has a step on: {states}", at_key=not said)
        return
    first = journey.steps[entry]
    if channel.outbound and channel.worked_by is not None and channel.worked_by != first.by:
        found = (
            f"{shortened(channel.worked_by)}, though step {journey.names[entry]} of {tier} is by {first.by}"
        )
        expected = f"{first.by}, who does the first step with its names"
        yield Inconsistency((*channel.path, "worked_by"), found, expected)
    hours = mean_of(first.effort_hours)
    if channel.outbound and channel.raw.get("list_size") is None and hours < LEAST_HOURS:
        found = f"{hours:g} hours on average for a name of the endless list {shortened(channel.name)}"
        expected = f"at least {LEAST_HOURS:g}, or a list_size: time is what limits such a list"
        yield Inconsistency(("journeys", journey.tier, journey.names[entry], "effort_hours"), found, expected)
    yield from _faults_before_win(journey, entry, channel.enters_as)


def _pipeline_faults(journey: ChannelJourney, pipeline: dict[str, Any]) -> Iterator[Inconsistency]:
    """Faults in the steps of the leads that are there at the beginning."""
    for name in pipeline:
        if name not in journey.names:
            continue  # reported already
        at = journey.names.index(name)
        state = journey.on[at]
        path = (OPENING, "pipeline", journey.tier, name)
        if state in SIGNED:
            found = f"{name}, a step of customers"
            yield Inconsistency(
                path, found, "a step of leads; customers are stated apart, all LIVE", at_key=True
            )
        elif state is not None:
            yield from _faults_before_win(journey, at, state)


def _faults_before_win(journey: ChannelJourney, at: int, state: State) -> Iterator[Inconsistency]:
    """Faults that keep every lead from WIN which is before a step, in a state."""
    here = ("journeys", journey.tier)
    while state != "WIN":
        step = journey.steps[at]
        if step.pass_probability == 0:
            path = (*here, journey.names[at], "pass_probability")
            yield Inconsistency(path, "0, so that no lead reaches WIN", "a probability above 0")
            return
        state = step.to or state
        later = following(journey.on, state, at + 1)
        if state != "WIN" and later is None:
            found = f"a journey that ends in {state}"
            if state == "LIVE":
                found = "a journey that goes past WIN to LIVE"
            found += journey.whose()
            yield Inconsistency(here, found, "steps that lead on to WIN", at_key=True)
            return
        at = at if later is None else later
