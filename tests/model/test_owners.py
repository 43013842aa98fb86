"""Owners: who has done a step of a role for a lead keeps it; a return to another person is a hand-off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import log_reader
import pytest
from inference import assert_proportion
from small_scenarios import small_scenario

from simsales.model import Event, simulate
from simsales.scenario import Scenario

Data = dict[str, Any]
AGAIN: dict[str, Data] = {
    "nurture": {
        "pass_probability": 0.4,
        "otherwise": {"nurture": {"to": "demo", "share": 1.0, "after_days": 30.0, "at_most": 2}},
    },
    "no show": {"no_show": {"probability": 0.5, "rebook_days": 5.0, "effort_hours": 0.1}},
    "repeat": {"repeat": {"probability": 0.5, "after_days": 5.0}},
}


def four_aes(step: Data, *, continuity: bool = True, handoff: Data | None = None) -> Scenario:
    return small_scenario(
        horizon_months=12,
        channels={"web": {"enters_as": "SQL", "leads_per_month": 60, "tiers": {"t": 1}}},
        journeys={"t": {"demo": {"by": "AE", "on": "SQL", "effort_hours": 0.5, "to": "WIN"} | step}},
        organization={
            "teams": {"sales": {"members": {"AE": 4}, "owner_continuity": continuity}},
            "handoff": {"within_team": handoff or {}},
        },
    )


def attempts(scenario: Scenario, replication: int = 0) -> Iterator[list[Event]]:
    """Of every lead that came back, the events of its attempts."""
    lives = log_reader.events_by_lead(simulate(scenario, 1, replication, log=True))
    for life in lives.values():
        if sum(event.kind == "start" for event in life) > 1:
            yield life


@pytest.mark.parametrize("why", AGAIN)
def test_the_same_person_takes_the_lead_again(why: str) -> None:
    people = [{e.detail for e in life if e.kind == "start"} for life in attempts(four_aes(AGAIN[why]))]
    assert len(people) > 100
    assert all(len(each) == 1 for each in people)


@pytest.mark.parametrize("why", AGAIN)
def test_without_continuity_anybody_takes_it(why: str) -> None:
    found = [
        {e.detail for e in life if e.kind == "start"}
        for life in attempts(four_aes(AGAIN[why], continuity=False))
    ]
    assert sum(len(each) > 1 for each in found) > len(found) / 3


@pytest.mark.parametrize(("why", "days"), [("nurture", 30.0), ("no show", 5.0), ("repeat", 5.0)])
@pytest.mark.parametrize("continuity", [True, False])
def test_a_return_to_another_person_is_a_hand_off(why: str, days: float, continuity: bool) -> None:
    """It takes three days, and a fifth are dropped; to a desk of several without an owner, it is one."""
    handoff = {"delay_days": 3.0, "drop_probability": 0.2}
    scenario = four_aes(AGAIN[why], continuity=continuity, handoff=handoff)
    gaps, returns, dropped = [], 0, 0
    for life in log_reader.events_by_lead(simulate(scenario, 1, 0, log=True)).values():
        for before, after in pairwise(life):
            comes_back = before.kind == "nurture" if why == "nurture" else before.kind == "done"
            if comes_back and after.kind == "ready":
                gaps.append(after.time_days - before.time_days)
                returns += 1
            elif comes_back and after.detail == log_reader.DROPPED:
                returns += 1
                dropped += 1
    assert returns > 100
    expected = days if continuity else days + 3.0
    assert gaps == pytest.approx([expected] * len(gaps), abs=1e-6)
    if continuity:
        assert dropped == 0
    else:
        assert_proportion(dropped, returns, 0.2)


def test_a_lead_that_comes_back_to_an_earlier_role_changes_hands() -> None:
    """From the AE, where it failed, back to its SDR: that is a hand-off, though the SDR had it before."""
    nurture = {"to": "call", "share": 1.0, "after_days": 10.0}
    scenario = small_scenario(
        horizon_months=12,
        channels={"web": {"enters_as": "MQL", "leads_per_month": 40, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "call": {"by": "SDR", "on": "MQL", "effort_hours": 0.1, "to": "SQL"},
                "sell": {
                    "by": "AE",
                    "effort_hours": 0.1,
                    "pass_probability": 0.3,
                    "to": "WIN",
                    "otherwise": {"nurture": nurture},
                },
            }
        },
        organization={
            "teams": {"pod": {"members": {"SDR": 1, "AE": 1}}},
            "handoff": {"within_team": {"delay_days": 2.0}},
        },
    )
    gaps = [
        after.time_days - before.time_days
        for life in attempts(scenario)
        for before, after in pairwise(life)
        if before.kind == "nurture" and after.kind == "ready"
    ]
    assert len(gaps) > 100
    assert gaps == pytest.approx([12.0] * len(gaps), abs=1e-6)


def test_pooling_by_forgotten_owners_would_shorten_waits() -> None:
    """With owners kept, leads that come back wait for theirs: longer than if anybody could take them."""

    def wait(continuity: bool) -> float:
        busy = AGAIN["no show"] | {"effort_hours": 1.6}
        works = [
            simulate(four_aes(busy, continuity=continuity), 1, replication).tables["work"]
            for replication in range(8)
        ]
        return float(sum(w["wait_days"].sum() for w in works) / sum(w["begun"].sum() for w in works))

    assert wait(True) > wait(False)
