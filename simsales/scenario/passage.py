"""Whether leads get through their journeys: in at a step, on to WIN, and never astray."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simsales.scenario.journey import following
from simsales.scenario.parts import NOBODY, STATES, State, mean_of
from simsales.scenario.sketch import (
    OPENING,
    Channel,
    Disagreement,
    Path,
    Table,
    entries,
    get,
    mapping,
    read_steps,
    tables,
    unknown,
)
from simsales.scenario.steps import Step
from simsales.scenario.words import listed, shortened

LEAST_HOURS = 0.01
"""Effort for one name of an endless list; with less, one person would work through endless names in no
time."""

MOST_STEPS = 50
"""Steps of one journey."""

SIGNED = ("WIN", "LIVE")


def passage_faults(data: Any, channels: list[Channel]) -> Iterator[Disagreement]:
    """Every fault of every journey, each once."""
    for tier in entries(data, "journeys"):
        told: set[Disagreement] = set()
        for fault in _journey_faults(data, tier, channels):
            if fault not in told:
                told.add(fault)
                yield fault


def _journey_faults(data: Any, tier: str, channels: list[Channel]) -> Iterator[Disagreement]:
    here = ("journeys", tier)
    raw = get(data, *here)
    if len(raw) > MOST_STEPS:
        yield Disagreement(here, f"a journey of {len(raw):,} steps", f"at most {MOST_STEPS}", at_key=True)
        return
    pipeline = mapping(data, OPENING, "pipeline", tier)
    for name in pipeline:
        if name not in raw:
            yield unknown(
                (OPENING, "pipeline", tier, name), name, f"a step of {shortened(tier)}", raw, at_key=True
            )
    tangled = list(_after_faults(here, {name: get(each, "after") for name, each in raw.items()}))
    yield from tangled
    steps = None if tangled else read_steps(raw)
    if not steps:
        return
    yield from _comeback_faults(here, steps)
    for table in tables(data, tier, steps, channels):
        if table.on and table.on[0] is None:
            first = table.names[0]
            found = f"{shortened(first)}, the first step{table.whose()}, without on"
            yield Disagreement((*here, first), found, "on: with a state", at_key=True)
            continue
        for name, step, state in zip(table.names, table.steps, table.on, strict=True):
            if state is not None:
                yield from _step_faults((*here, name), step, state)
        if table.channel is None:
            yield from _pipeline_faults(table, pipeline)
        elif table.channel.enters_as in STATES:
            yield from _entry_faults(table, table.channel)


def _after_faults(here: Path, afters: dict[str, Any]) -> Iterator[Disagreement]:
    told: set[str] = set()
    for name, after in afters.items():
        if isinstance(after, str) and after not in afters:
            yield unknown((*here, name, "after"), after, "a step of this journey", afters)
        circle = [name]
        while isinstance(after, str) and after not in circle:
            circle.append(after)
            after = afters.get(after)
        if after == name and name not in told:
            told.update(circle)
            found = f"a circle, {shortened(' after '.join([*circle, name]))}"
            yield Disagreement((*here, name, "after"), found, "a step that does not come later itself")


def _comeback_faults(here: Path, steps: dict[str, Step]) -> Iterator[Disagreement]:
    """Leads that come back from nurture to a step that is not there, or not yet behind them."""
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
            yield Disagreement(path, found, f"{name} or a step before it")
        else:
            back = steps[nurture.to].channels
            astray = [each for each in step.channels or () if back is not None and each not in back]
            if back is not None and (astray or step.channels is None):
                whose = listed(astray) if astray else "other channels"
                found = f"{nurture.to}, which leads of {whose} do not take"
                yield Disagreement(path, found, f"a step for all leads that take {name}")


def _step_faults(here: Path, step: Step, state: str) -> Iterator[Disagreement]:
    """Faults in what a step does with leads in the state that they are in."""
    if step.to == state:
        found = f"{state}, in which its leads are already"
        yield Disagreement((*here, "to"), found, "another state, or to left out")
    elif step.to is not None and STATES.index(step.to) < STATES.index(state):
        yield Disagreement((*here, "to"), f"{step.to}, back from {state}", f"a state not before {state}")
    if step.judged and step.by == NOBODY:
        yield Disagreement((*here, "judged"), "true in a step by nobody", "a role that judges")
    elif step.judged and step.fit_weight == 0:
        found = "true without fit_weight"
        yield Disagreement((*here, "judged"), found, "fit_weight above 0: else there is nothing to judge by")
    if state not in SIGNED:
        return
    once = "nothing of the sort after WIN: customers leave by churn"
    if step.pass_probability < 1:
        found = f"{step.pass_probability:g} after WIN"
        yield Disagreement((*here, "pass_probability"), found, "1: customers leave by churn")
    if step.otherwise.nurture is not None:
        yield Disagreement((*here, "otherwise", "nurture"), "nurture", once, at_key=True)
    if step.no_show is not None:
        yield Disagreement((*here, "no_show"), "no_show", once, at_key=True)
    if step.fit_weight > 0:
        yield Disagreement(
            (*here, "fit_weight"), f"{step.fit_weight:g} after WIN", "0: nothing is decided here"
        )
    if step.judged:
        yield Disagreement((*here, "judged"), "true after WIN", "false: nothing is decided here")


def _entry_faults(table: Table, channel: Channel) -> Iterator[Disagreement]:
    """Faults in how the leads of a channel come into the journey and on to WIN."""
    tier = shortened(table.tier)
    entry = following(table.on, channel.enters_as)
    if entry is None:
        states = listed(dict.fromkeys(state for state in table.on if state is not None))
        said = "enters_as" in channel.raw
        path = (*channel.path, "enters_as") if said else channel.path[:-1]
        found = f"{channel.enters_as}, on which the journey of {tier} has no step{table.whose()}"
        yield Disagreement(path, found, f"a state that it has a step on: {states}", at_key=not said)
        return
    first = table.steps[entry]
    if channel.outbound and channel.worked_by is not None and channel.worked_by != first.by:
        found = f"{shortened(channel.worked_by)}, though step {table.names[entry]} of {tier} is by {first.by}"
        expected = f"{first.by}, who does the first step with its names"
        yield Disagreement((*channel.path, "worked_by"), found, expected)
    hours = mean_of(first.effort_hours)
    if channel.outbound and channel.raw.get("list_size") is None and hours < LEAST_HOURS:
        found = f"{hours:g} hours on average for a name of the endless list {shortened(channel.name)}"
        expected = f"at least {LEAST_HOURS:g}, or a list_size: time is what limits such a list"
        yield Disagreement(("journeys", table.tier, table.names[entry], "effort_hours"), found, expected)
    yield from _way_to_win(table, entry, channel.enters_as)


def _pipeline_faults(table: Table, pipeline: dict[str, Any]) -> Iterator[Disagreement]:
    """Faults in where the leads stand that are there at the beginning."""
    for name in pipeline:
        if name not in table.names:
            continue  # told already
        at = table.names.index(name)
        state = table.on[at]
        path = (OPENING, "pipeline", table.tier, name)
        if state in SIGNED:
            found = f"{name}, a step of customers"
            yield Disagreement(
                path, found, "a step of leads; customers are stated apart, all LIVE", at_key=True
            )
        elif state is not None:
            yield from _way_to_win(table, at, state)


def _way_to_win(table: Table, at: int, state: State) -> Iterator[Disagreement]:
    here = ("journeys", table.tier)
    while state != "WIN":
        step = table.steps[at]
        if step.pass_probability == 0:
            path = (*here, table.names[at], "pass_probability")
            yield Disagreement(path, "0, so that no lead reaches WIN", "a probability above 0")
            return
        state = step.to or state
        later = following(table.on, state, at + 1)
        if state != "WIN" and later is None:
            found = f"a journey that ends in {state}"
            if state == "LIVE":
                found = "a journey that goes past WIN to LIVE"
            found += table.whose()
            yield Disagreement(here, found, "steps that lead on to WIN", at_key=True)
            return
        at = at if later is None else later
