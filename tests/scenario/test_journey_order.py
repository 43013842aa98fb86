"""Reading a journey."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simsales.scenario.schema.fields import State
from simsales.scenario.schema.journey_order import following, in_order, states_on
from simsales.scenario.schema.journeys import Step


def step(on: State | None = None, to: State | None = None, after: str | None = None) -> Step:
    return Step(by="AE", on=on, to=to, after=after)


@pytest.mark.parametrize(
    ("afters", "order"),
    [
        ({}, []),
        ({"a": None, "b": None}, ["a", "b"]),
        ({"a": None, "b": None, "c": "a"}, ["a", "c", "b"]),
        ({"c": "a", "a": None, "b": None}, ["a", "c", "b"]),
        ({"a": None, "b": None, "c": "a", "d": "a"}, ["a", "c", "d", "b"]),
        ({"a": None, "b": None, "c": "a", "d": "c"}, ["a", "c", "d", "b"]),
        ({"a": None, "b": "x"}, ["a"]),
        ({"a": "b", "b": "a", "c": None}, ["c"]),
    ],
)
def test_order(afters: dict[str, str | None], order: list[str]) -> None:
    assert in_order({name: step(after=after) for name, after in afters.items()}) == order


def test_a_step_without_on_takes_what_the_one_before_has_passed() -> None:
    steps = [step(), step(on="MQL"), step(), step(to="SQL"), step(), step(on="WIN", to="LIVE"), step()]
    assert states_on(steps) == [None, "MQL", "MQL", "MQL", "SQL", "WIN", "LIVE"]


@pytest.mark.parametrize(
    ("state", "start", "index"),
    [("Suspect", 0, 0), ("MQL", 0, 1), ("SQL", 0, 2), ("SQL", 3, 3), ("SQL", 4, None), ("Prospect", 0, None)],
)
def test_the_next_step_is_the_first_from_here_on_the_state(
    state: State, start: int, index: int | None
) -> None:
    on: Sequence[State] = ["Suspect", "MQL", "SQL", "SQL", "SAL"]
    assert following(on, state, start) == index
