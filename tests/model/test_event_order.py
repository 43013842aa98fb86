"""Order of simultaneous events: as stated, whatever the order of the scenario file."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import log_reader
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles import examples
from random_scenarios import Data, data
from small_scenarios import MONTH, run, small_scenario

from simsales.scenario import Scenario

DAY = {"effort_hours": 1.0, "buyer_delay_days": 1.0}
"""With an hour taking a day and everything starting at a month's first instant, all happens at whole days."""


def everything_at_once() -> Data:
    """Several teams, tiers and channels, without any randomness in time."""

    def burst(state: str, shares: Data) -> Data:
        return {"enters_as": state, "leads_per_month": 9, "arrivals": "start_of_month", "tiers": shares}

    def journey(*, passing: float) -> Data:
        return {
            "qualify": DAY | {"by": "MDR", "on": "MQL", "pass_probability": passing, "to": "SQL"},
            "talk": DAY | {"by": "AE", "pass_probability": passing},
            "close": DAY | {"by": "AE", "to": "WIN"},
            "onboard": DAY | {"by": "CSM", "to": "LIVE"},
        }

    def care(price: float) -> Data:
        care = {"by": "CSM", "effort_hours_per_month": 1.0}
        return {"price_per_month": price, "churn_per_month": 0.2, "care": care}

    members = {"MDR": 1, "AE": 2, "CSM": 1}
    return {
        "horizon_months": 8,
        "tiers": {"smb": care(10), "big": care(99), "mid": care(50)},
        "channels": {
            "web": burst("MQL", {"smb": 0.5, "big": 0.25, "mid": 0.25}),
            "fair": burst("SQL", {"mid": 0.5, "smb": 0.5}),
            "cold": {"enters_as": "MQL", "worked_by": "MDR", "list_size": 70, "tiers": {"smb": 1}},
            "chilly": {"enters_as": "MQL", "worked_by": "MDR", "list_size": 50, "tiers": {"big": 1}},
        },
        "journeys": {"smb": journey(passing=0.8), "big": journey(passing=0.5), "mid": journey(passing=0.9)},
        "people": {role: {"hours_per_month": MONTH} for role in ("MDR", "AE", "CSM")},
        "organization": {
            "teams": {
                "pod": {"count": 2, "members": members, "assignment": "least_loaded"},
                "crew": {"members": members, "discipline": "latest_stage_first"},
                "few": {
                    "members": {"CSM": 1, "AE": 1},
                    "owner_continuity": False,
                    "serves": {"tiers": ["mid", "smb"]},
                },
                "aces": {"members": {"AE": 3}, "assignment": "round_robin"},
            },
            "handoff": {"within_team": {"delay_days": 1.0}, "across_teams": {"delay_days": 2.0}},
        },
    }  # fmt: skip


def shuffled(draw: st.DrawFn, value: Any) -> Any:
    """The same data with the entries of every mapping in another order."""
    if not isinstance(value, dict):
        return value
    keys = draw(st.permutations(list(value)))
    return {key: shuffled(draw, value[key]) for key in keys}


@st.composite
def orderings(draw: st.DrawFn, original: Data) -> Data:
    other: Data = shuffled(draw, original)
    steps = {
        tier: {name: shuffled(draw, step) for name, step in original["journeys"][tier].items()}
        for tier in other["journeys"]
    }
    return other | {"journeys": steps}


@settings(max_examples=examples(25))
@given(st.data())
def test_the_order_of_the_file_plays_no_part_even_if_all_falls_together(choices: st.DataObject) -> None:
    original = everything_at_once()
    other = choices.draw(orderings(original))
    first, second = run(Scenario.model_validate(original)), run(Scenario.model_validate(other))
    assert first.log == second.log
    assert first.tables == second.tables
    crowded = [group for _, group in log_reader.by_instant(first) if len(group) > 10]
    assert len(crowded) > 50, "there must be ties to settle"


@settings(max_examples=examples(40))
@given(data(), st.data())
def test_the_order_of_a_random_file_plays_no_part(original: Data, choices: st.DataObject) -> None:
    other = choices.draw(orderings(original))
    first = run(Scenario.model_validate(deepcopy(original)))
    assert run(Scenario.model_validate(other)) == first


def test_an_instant_goes_by_its_stated_order() -> None:
    """Month end, end of work, lead ready, arrival: all at the first month's end, and each affects the next.

    Efforts and the buyer's delay take exactly a month, new leads come at each month's first instant, and
    ``old`` has brought a customer who leaves at the end of month 2.
    """
    step = {"by": "AE", "effort_hours": MONTH}
    burst = {"leads_per_month": 1, "arrivals": "start_of_month", "tiers": {"t": 1}}
    scenario = small_scenario(
        horizon_months=3,
        tiers={"t": {"price_per_month": 1, "churn_per_month": 1.0}},
        channels={
            "web": burst | {"enters_as": "SQL"},
            "fair": burst | {"enters_as": "MQL"},
            "old": burst | {"enters_as": "SAL", "season": [1.0] + [0.0] * 11},
        },
        journeys={
            "t": {
                "think": {"by": "nobody", "on": "MQL", "to": "SQL", "buyer_delay_days": MONTH},
                "sell": step | {"on": "SQL", "to": "SAL", "pass_probability": 0.5},
                "sign": {"by": "nobody", "on": "SAL", "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"AE": 2}}}},
    )
    instants = dict(log_reader.by_instant(run(scenario)))
    assert set(instants) <= {month * MONTH for month in range(4)}
    groups = {
        round(time / MONTH): [(e.kind, e.channel, e.number, e.step) for e in group if e.kind in KINDS]
        for time, group in instants.items()
    }
    assert groups[0] == [
        # Arrivals only, by the alphabetical order of the channels.
        ("enter", "fair", 0, "think"),
        ("done", "fair", 0, "think"),
        ("enter", "old", 0, "sign"),
        ("done", "old", 0, "sign"),
        ("enter", "web", 0, "sell"),
        ("ready", "web", 0, "sell"),
        ("start", "web", 0, "sell"),
    ]
    kinds = [entry[0] for entry in groups[2]]
    assert kinds[0] == "leave", "the month's end comes first"
    for events in (groups[1], groups[2]):
        worked = [i for i, entry in enumerate(events) if entry[0] == "done" and entry[3] == "sell"]
        readied = [i for i, e in enumerate(events) if e[0] == "ready" and e[1] == "fair"]
        arrived = [i for i, entry in enumerate(events) if entry[0] == "enter"]
        assert worked
        assert readied
        assert len(arrived) == 2
        assert max(worked) < min(readied)
        assert max(readied) < min(arrived)
        assert [events[i][1] for i in arrived] == ["fair", "web"]
    ended = [e.detail for e in instants[2 * MONTH] if e.kind == "done" and e.step == "sell"]
    assert ended == ["sales#1/AE#1", "sales#1/AE#2"], "people by their number"


KINDS = ("enter", "ready", "start", "done", "leave")


@pytest.mark.parametrize("assignment", ["first_free", "round_robin", "least_loaded"])
def test_equal_candidates_are_taken_in_turn(assignment: str) -> None:
    scenario = small_scenario(
        horizon_months=1,
        channels={
            "web": {"enters_as": "MQL", "leads_per_month": 6, "arrivals": "start_of_month", "tiers": {"t": 1}}
        },
        organization={"teams": {"sales": {"members": {"AE": 3}, "assignment": assignment}}},
    )
    started = [e.detail[-1] for e in log_reader.of_kind(run(scenario), "start")]
    assert started == ["1", "2", "3", "1", "2", "3"]
