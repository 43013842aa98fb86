"""Labels change nothing: regions and industries that no team tells apart are names and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from profiles import WITHOUT_SHRINKING, examples
from random_scenarios import Data, data
from small_scenarios import small_scenario

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

SALS: Data = {"enters_as": "SAL", "leads_per_month": 150, "tiers": {"t": 1}}
PODS: Data = {"teams": {"pod": {"count": 3, "members": {"AE": 1}}}}
REGIONS = {f"r{i}": 1 / 50 for i in range(50)}
INDUSTRIES = {f"i{i}": 0.1 for i in range(10)}


def pods(labels: Data, **organization: Any) -> Replication:
    """Three one-AE pods that serve everybody, a little below capacity."""
    scenario = small_scenario(
        horizon_months=12,
        channels={"web": SALS | labels},
        journeys={"t": {"close": {"by": "AE", "on": "SAL", "effort_hours": 0.55, "to": "WIN"}}},
        organization=PODS | organization,
    )
    return simulate(scenario, 1, 0)


def tables(replication: Replication) -> object:
    return {name: table.columns for name, table in replication.tables.items()}


@pytest.mark.parametrize("routing", ["round_robin", "least_loaded"])
@pytest.mark.parametrize(
    "labels",
    [{"regions": REGIONS}, {"industries": INDUSTRIES}, {"regions": REGIONS, "industries": INDUSTRIES}],
    ids=["regions", "industries", "both"],
)
def test_labels_that_nobody_uses_change_nothing(labels: Data, routing: str) -> None:
    assert tables(pods(labels, routing=routing)) == tables(pods({}, routing=routing))


def test_three_pods_share_the_work_whatever_the_labels() -> None:
    work = pods({"regions": REGIONS, "industries": INDUSTRIES}).tables["work"]
    begun = {team: int(work["begun"][work["team"] == team].sum()) for team in set(work["team"])}
    # In turn, so that they differ by what waits at the end, and no more.
    assert max(begun.values()) - min(begun.values()) <= 1 + int(work["waiting_end"].max())


def test_teams_for_a_region_take_turns_of_their_own() -> None:
    """Two teams for the north, all three for the south: north's turn does not disturb south's."""
    teams = {
        "all": {"members": {"AE": 1}},
        "north": {"count": 2, "members": {"AE": 1}, "serves": {"regions": ["north"]}},
    }
    replication = simulate(
        small_scenario(
            horizon_months=12,
            channels={"web": SALS | {"regions": {"north": 0.9, "south": 0.1}}},
            journeys={"t": {"close": {"by": "AE", "on": "SAL", "effort_hours": 0.1, "to": "WIN"}}},
            organization={"teams": teams},
        ),
        1,
        0,
        log=True,
    )
    assert replication.log is not None
    starts = [event.detail for event in replication.log if event.kind == "start"]
    counts = {team: sum(name.startswith(team) for name in starts) for team in ("north#1", "north#2", "all#1")}
    assert abs(counts["north#1"] - counts["north#2"]) <= 1
    assert counts["all#1"] > counts["north#1"], "it has its third of the north, and the south"


def labelled(original: Data) -> Data:
    """The same scenario with names that nothing refers to."""
    channels = {
        name: channel | {"regions": {"here": 0.5, "there": 0.5}, "industries": {"a": 0.2, "b": 0.8}}
        for name, channel in original["channels"].items()
    }
    return original | {"channels": channels}


@settings(max_examples=examples(60), phases=WITHOUT_SHRINKING)
@given(data())
def test_labels_change_no_random_scenario(original: Data) -> None:
    teams = original["organization"]["teams"].values()
    if any({"regions", "industries"} & set(team.get("serves", {})) for team in teams):
        return
    if any({"regions", "industries"} & set(channel) for channel in original["channels"].values()):
        return
    plain, named = (Scenario.model_validate(each) for each in (original, labelled(original)))
    assert tables(simulate(plain, 3, 0)) == tables(simulate(named, 3, 0))
