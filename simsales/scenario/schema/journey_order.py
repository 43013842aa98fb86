"""The order of a journey: which step a lead takes next.

The rule, in one sentence: a lead takes the first step, from where it stands onwards, that is *on* its state.
So a lead that comes in as an MQL begins at the first step on MQL, and one that has just become an SQL goes on
to the next step on SQL further down the journey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from simsales.scenario.schema.fields import State


class HasOrder(Protocol):
    """The fields of a step that decide its place in the journey."""

    @property
    def on(self) -> State | None: ...  # noqa: D102
    @property
    def to(self) -> State | None: ...  # noqa: D102
    @property
    def after(self) -> str | None: ...  # noqa: D102


def in_order(steps: Mapping[str, HasOrder]) -> list[str]:
    """Names of the steps in the order of the journey: first appearance, but a step ``after`` another right
    behind it.

    Several steps after the same one stand in their order of appearance. A step whose ``after`` names no step,
    or that is after itself by a detour, is left out; ``checks/journeys.py`` reports it.
    """
    followers: dict[str | None, list[str]] = {}
    for name, step in steps.items():
        followers.setdefault(step.after, []).append(name)
    order: list[str] = []
    pending = list(reversed(followers.get(None, [])))
    while pending:
        name = pending.pop()
        order.append(name)
        pending.extend(reversed(followers.get(name, [])))
    return order


def states_on(steps: Sequence[HasOrder]) -> list[State | None]:
    """For each step, in the order of the journey, the state of the leads that take it.

    A step without ``on`` takes the leads that the step before has passed; the first step must name its state
    itself (None here if it does not).
    """
    states: list[State | None] = []
    left_in: State | None = None
    for step in steps:
        on = step.on if step.on is not None else left_in
        states.append(on)
        left_in = step.to if step.to is not None else on
    return states


def following(on: Sequence[State | None], state: State, start: int = 0) -> int | None:
    """Index of the first step from ``start`` onwards that is on ``state``; None if there is none."""
    for index in range(start, len(on)):
        if on[index] == state:
            return index
    return None
