"""Hand-offs: where they occur, how long they take, and how many leads they lose."""

from __future__ import annotations

from collections import Counter
from typing import Any

import log_reader
import pytest
from inference import assert_proportion
from small_scenarios import run, small_scenario

from simsales.model import Replication
from simsales.scenario import Scenario

WITHIN, ACROSS, BUYER = 0.25, 3.0, 5.0
"""Days; sums and differences of these are told apart, and are exact in floating point."""

POD = {"pod": {"count": 2, "members": {"MDR": 2, "AE": 2, "CSM": 1}}}
SILO = {"a": {"members": {"MDR": 4}}, "b": {"members": {"AE": 4}}, "c": {"members": {"CSM": 2}}}
PAIR = {"a": {"count": 2, "members": {"MDR": 2, "AE": 2}}, "c": {"members": {"CSM": 2}}}


def path(teams: Any, *, within: Any = None, across: Any = None, leads: float = 40) -> Scenario:
    step = {"effort_hours": 0.01, "buyer_delay_days": BUYER}
    return small_scenario(
        horizon_months=12,
        channels={"web": {"enters_as": "MQL", "leads_per_month": leads, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "qualify": step | {"by": "MDR", "on": "MQL", "to": "SQL"},
                "wait": {"by": "nobody", "buyer_delay_days": BUYER},
                "demo": step | {"by": "AE"},
                "close": step | {"by": "AE", "to": "WIN"},
                "onboard": step | {"by": "CSM", "to": "LIVE"},
            }
        },
        organization={
            "teams": teams,
            "handoff": {
                "within_team": within or {"delay_days": WITHIN},
                "across_teams": across or {"delay_days": ACROSS},
            },
        },
    )


def delays(replication: Replication, before: str, after: str) -> set[float]:
    """Days between the end of one step and the readiness for another, over all leads."""
    found = set()
    for life in log_reader.events_by_lead(replication).values():
        done = {e.step: e.time_days for e in life if e.kind == "done"}
        ready = {e.step: e.time_days for e in life if e.kind == "ready"}
        if before in done and after in ready:
            found.add(round(ready[after] - done[before], 6))
    return found


@pytest.mark.parametrize(
    ("teams", "to_ae", "to_csm"),
    [(POD, WITHIN, WITHIN), (SILO, ACROSS, ACROSS), (PAIR, WITHIN, ACROSS)],
    ids=["pod", "silo", "pods that share their CSMs"],
)
def test_the_delay_comes_on_top_of_the_buyers(teams: Any, to_ae: float, to_csm: float) -> None:
    replication = run(path(teams))
    assert delays(replication, "qualify", "wait") == set()  # nobody's step is no queue
    # Across a step by nobody, there is one hand-off, from the last person to the next.
    assert delays(replication, "qualify", "demo") == {BUYER + BUYER + to_ae}
    assert delays(replication, "demo", "close") == {BUYER}, "the same person goes on: no hand-off"
    assert delays(replication, "close", "onboard") == {BUYER + to_csm}


@pytest.mark.slow
def test_the_owner_keeps_the_lead() -> None:
    for teams in (POD, SILO, PAIR):
        for life in log_reader.events_by_lead(run(path(teams))).values():
            assert len({e.detail for e in life if e.kind == "done" and e.step in ("demo", "close")}) <= 1


def test_without_continuity_the_next_step_changes_hands() -> None:
    replication = run(path({"pod": {"members": {"MDR": 1, "AE": 3, "CSM": 1}, "owner_continuity": False}}))
    assert delays(replication, "demo", "close") == {BUYER + WITHIN}
    hands = [
        {e.detail for e in life if e.kind == "start" and e.step in ("demo", "close")}
        for life in log_reader.events_by_lead(replication).values()
    ]
    assert any(len(people) == 2 for people in hands)


def test_without_continuity_the_only_person_of_the_role_still_has_nobody_to_hand_off_to() -> None:
    replication = run(path({"pod": {"members": {"MDR": 1, "AE": 1, "CSM": 1}, "owner_continuity": False}}))
    assert delays(replication, "demo", "close") == {BUYER}


@pytest.mark.slow
@pytest.mark.parametrize("teams", [POD, SILO], ids=["within", "across"])
def test_drops_thin_by_exactly_their_probability_and_never_after_the_signature(teams: Any) -> None:
    probability = 0.3
    # Every hand-off of the other kind would lose the lead; there must be none.
    here, there = {"drop_probability": probability}, {"drop_probability": 1.0}
    within, across = (here, there) if teams is POD else (there, here)
    scenario = path(teams, within=within, across=across, leads=400)
    replication = run(scenario)
    lost = Counter((e.step, e.detail) for e in log_reader.of_kind(replication, "lost"))
    assert set(lost) == {("demo", log_reader.DROPPED)}, "close is the same person's, onboard a customer's"
    offered = sum(e.step == "wait" for e in log_reader.of_kind(replication, "done"))
    assert offered > 4000
    assert_proportion(lost["demo", log_reader.DROPPED], offered, probability)
    # To onboarding come all who have signed and had the time to.
    assert len(log_reader.of_kind(replication, "leave")) == 0
    losses = replication.tables["losses"]
    assert losses["lost"].sum() == lost.total()


def test_a_dropped_lead_is_gone_at_once() -> None:
    replication = run(path(SILO, across={"drop_probability": 1.0, "delay_days": ACROSS}))
    for life in log_reader.events_by_lead(replication).values():
        if life[-1].kind == "lost":
            done = [e for e in life if e.kind == "done"]
            assert done[-1].step == "wait"
            assert life[-1].time_days == done[-1].time_days
    assert replication.tables["funnel"]["win"].sum() == 0
    work = replication.tables["work"]
    assert work["begun"][work["role"] == "AE"].sum() == 0
