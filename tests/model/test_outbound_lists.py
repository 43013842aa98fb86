"""Outbound lists: names are taken in order, when there is time, until the list ends."""

from __future__ import annotations

from typing import Any

import log_reader
import pytest
from small_scenarios import MONTH, one_burst, run, small_scenario

from simsales.model import Replication
from simsales.scenario import Scenario

CALL = {"call": {"by": "SDR", "on": "Suspect", "effort_hours": 0.5, "pass_probability": 0.1, "to": "WIN"}}


def calling(names: int | None, teams: dict[str, Any], **channels: Any) -> Scenario:
    shares = {"big": 0.3, "mid": 0.3, "smb": 0.4}
    return small_scenario(
        horizon_months=3,
        tiers={tier: {"price_per_month": 1} for tier in shares},
        channels={"cold": {"worked_by": "SDR", "list_size": names, "tiers": shares}} | channels,
        journeys=dict.fromkeys(shares, CALL),
        organization={"teams": teams},
    )


def called(replication: Replication) -> list[int]:
    return [event.number for event in log_reader.of_kind(replication, "enter") if event.channel == "cold"]


@pytest.mark.parametrize("people", [1, 3])
def test_names_are_taken_in_the_order_of_the_list_whatever_their_tier(people: int) -> None:
    replication = run(calling(None, {"calls": {"members": {"SDR": people}}}))
    numbers = called(replication)
    assert numbers == list(range(len(numbers)))
    # Always busy: each call takes half a day, and the one at hand at the end has begun.
    assert len(numbers) == people * (int(3 * MONTH / 0.5) + 1)


def test_a_list_ends_and_then_there_is_nothing_to_do() -> None:
    replication = run(calling(40, {"calls": {"members": {"SDR": 1}}}))
    assert called(replication) == list(range(40))
    assert replication.tables["work"]["busy_days"].tolist() == pytest.approx([20, 0, 0])


def test_dedicated_teams_share_a_list_without_sharing_a_name() -> None:
    teams = {
        "large": {"members": {"SDR": 1}, "serves": {"tiers": ["big", "mid"]}},
        "small": {"members": {"SDR": 1}, "serves": {"tiers": ["smb"]}},
    }
    replication = run(calling(60, teams))
    assert sorted(called(replication)) == list(range(60))
    started = [
        (event.detail[:5], event.tier, event.number) for event in log_reader.of_kind(replication, "start")
    ]
    for team, tiers in (("large", {"big", "mid"}), ("small", {"smb"})):
        mine = [(tier, number) for name, tier, number in started if name == team]
        assert {tier for tier, _ in mine} == tiers
        assert [number for _, number in mine] == sorted(number for _, number in mine)


def test_lists_are_taken_in_turn_and_only_when_nothing_waits() -> None:
    other = {"worked_by": "SDR", "list_size": 10, "tiers": {"smb": 1}}
    urgent = one_burst(4, enters_as="Suspect", tiers={"smb": 1})
    replication = run(calling(10, {"calls": {"members": {"SDR": 1}}}, warm=other, now=urgent))
    started = [event.channel for event in log_reader.of_kind(replication, "start")]
    # A name is in hand before the first lead comes in at the same instant; then those who wait, then turns.
    assert started == ["cold", *["now"] * 4, *["warm", "cold"] * 9, "warm"]
