"""Dedicated teams: which leads they get, what dedication gains, and where overflow goes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import log_reader
import pytest
from inference import assert_mean, assert_proportion
from small_scenarios import MONTH, one_burst, run, small_scenario

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

BETTER = {"effort_factor": 0.5, "pass_factor": 1.25}
REGIONS = {"eu": 0.6, "us": 0.4}
INDUSTRIES = {"bank": 0.3, "shop": 0.7}


def market(
    teams: dict[str, Any], *, leads: int = 400, people: int = 40, effort: float = 0.01, **parts: Any
) -> Scenario:
    """Two tiers, two regions and two industries, on one step; plus a tier of one region only."""
    step = {"by": "AE", "on": "MQL", "effort_hours": effort, "pass_probability": 0.4, "to": "WIN"}
    channel = {"tiers": {"a": 0.5, "b": 0.5}, "regions": REGIONS, "industries": INDUSTRIES}
    organization = {
        "teams": {name: {"members": {"AE": people}} | team for name, team in teams.items()}
    } | parts.pop("organization", {})
    return small_scenario(
        **{
            "tiers": {"a": {"price_per_month": 10}, "b": {"price_per_month": 100}},
            "channels": {"web": one_burst(leads) | channel},
            "journeys": {"a": {"sell": step}, "b": {"sell": step}},
            "organization": organization,
        }
        | parts
    )


def teams_of(replication: Replication) -> dict[log_reader.Lead, str]:
    return {(e.channel, e.number): e.detail.split("#")[0] for e in log_reader.of_kind(replication, "start")}


def efforts_by_team(replication: Replication, scenario: Scenario) -> dict[str, set[float]]:
    found: dict[str, set[float]] = {}
    where = teams_of(replication)
    for lead, outcomes in log_reader.outcomes(replication, scenario).items():
        for outcome in outcomes:
            found.setdefault(where[lead], set()).add(round(outcome.effort_hours, 9))
    return found


def passed_by_team(replication: Replication, scenario: Scenario) -> Counter[tuple[str, bool]]:
    where = teams_of(replication)
    return Counter(
        (where[lead], outcome.passed)
        for lead, outcomes in log_reader.outcomes(replication, scenario).items()
        for outcome in outcomes
    )


# ---------------------------------------------------------------------------------------------------- neutral


def test_neutral_factors_change_nothing_at_all() -> None:
    for serves in ({"tiers": ["a"]}, {"regions": ["eu"], "industries": ["bank"]}):
        neutral = {"effort_factor": 1.0, "pass_factor": 1.0}
        teams: dict[str, Any] = {"special": {"serves": serves}, "all": {}}
        stated = {"special": {"serves": serves, "dedication": neutral}, "all": {"dedication": neutral}}
        assert run(market(teams)) == run(market(stated))


def test_a_team_that_serves_everybody_gains_nothing() -> None:
    assert run(market({"all": {}})) == run(market({"all": {"dedication": BETTER}}))


def test_regions_and_industries_that_no_team_minds_change_nothing() -> None:
    scenario = market({"all": {}})
    data = scenario.model_dump(exclude_unset=True)
    del data["channels"]["web"]["regions"], data["channels"]["web"]["industries"]
    assert run(scenario) == run(Scenario.model_validate(data))


def test_an_overflow_that_is_never_reached_is_none() -> None:
    teams = {"x": {"serves": {"regions": ["eu"]}, "dedication": BETTER}, "y": {"serves": {"regions": ["us"]}}}
    one, other = (market(teams, organization=more) for more in ({}, {"overflow_above": 1e6}))
    assert run(one) == run(other)


# -------------------------------------------------------------------------------------------- what it brings


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "theirs", "share"), [("tiers", "a", 0.5), ("regions", "eu", 0.6), ("industries", "bank", 0.3)]
)
def test_a_dedicated_team_gains_with_those_it_is_for(what: str, theirs: str, share: float) -> None:
    others = {"tiers": "b", "regions": "us", "industries": "shop"}[what]
    scenario = market(
        {
            "mine": {"serves": {what: [theirs]}, "dedication": BETTER},
            "rest": {"serves": {what: [others]}},
        },
        leads=8000,
    )
    replication = run(scenario)
    assert efforts_by_team(replication, scenario) == {"mine": {0.005}, "rest": {0.01}}
    passed = passed_by_team(replication, scenario)
    mine, rest = (passed[team, True] + passed[team, False] for team in ("mine", "rest"))
    assert_proportion(mine, mine + rest, share)
    assert_proportion(passed["mine", True], mine, 0.4 * 1.25)
    assert_proportion(passed["rest", True], rest, 0.4)


@pytest.mark.slow
def test_all_that_a_team_serves_for_must_hold() -> None:
    bankers = {"serves": {"regions": ["eu"], "industries": ["bank"]}}
    scenario = market({"bankers": bankers | {"dedication": BETTER}, "all": {}}, leads=8000)
    replication = run(scenario)
    reached = Counter(teams_of(replication).values())
    # A lead that both may take goes to each in turn.
    assert_proportion(reached["bankers"], 8000, 0.6 * 0.3 / 2)
    assert efforts_by_team(replication, scenario) == {"bankers": {0.005}, "all": {0.01}}


def test_pass_factors_may_be_below_1_and_stop_at_certainty() -> None:
    def wins(factor: float) -> set[int]:
        dedication = {"pass_factor": factor}
        replication = run(market({"all": {"serves": {"tiers": ["a", "b"]}, "dedication": dedication}}))
        return {e.number for e in log_reader.of_kind(replication, "state") if e.detail == "WIN"}

    assert wins(0.0) == set()
    assert wins(0.5) < wins(1.0) < wins(1.5) < wins(2.5) == wins(10.0) == set(range(400))


def test_dedication_loses_no_customer() -> None:
    journey = {
        "sell": {"by": "AE", "on": "MQL", "effort_hours": 0.01, "to": "WIN"},
        "onboard": {"by": "AE", "effort_hours": 0.01, "to": "LIVE"},
    }
    replication = run(
        market(
            {"all": {"serves": {"tiers": ["a", "b"]}, "dedication": {"pass_factor": 0.5}}},
            journeys={"a": journey, "b": journey},
        )
    )
    assert {e.step for e in log_reader.of_kind(replication, "lost")} == {"sell"}
    funnel = replication.tables["funnel"]
    assert funnel["win"].sum() == funnel["live"].sum() > 100


def test_dedication_counts_once_at_every_step() -> None:
    # Two steps; the second is a meeting that is held three times: the same factor each time.
    meeting = {"repeat": {"probability": 1.0, "at_most": 2, "after_days": 1.0}}
    step = {"by": "AE", "effort_hours": 1.0}
    journey = {"call": step | {"on": "MQL", "to": "SQL"}, "meet": step | meeting | {"to": "WIN"}}
    scenario = market(
        {"all": {"serves": {"tiers": ["a", "b"]}, "dedication": {"effort_factor": 0.5}}},
        leads=20,
        journeys={"a": journey, "b": journey},
    )
    for outcomes in log_reader.outcomes(run(scenario), scenario).values():
        assert [o.effort_hours for o in outcomes] == pytest.approx([0.5, 0.5, 0.5, 0.5])


def test_dedication_raises_the_odds_of_a_repeated_meeting_once() -> None:
    meeting = {"repeat": {"probability": 1.0, "at_most": 2}, "pass_probability": 0.4, "to": "WIN"}
    journey = {"meet": {"by": "AE", "on": "MQL", "effort_hours": 0.001} | meeting}
    scenario = market(
        {"all": {"serves": {"tiers": ["a", "b"]}, "dedication": {"pass_factor": 1.5}}},
        leads=3000,
        journeys={"a": journey, "b": journey},
    )
    assert_proportion(int(simulate(scenario, 1, 0).tables["funnel"]["win"].sum()), 3000, 0.6)


@pytest.mark.slow
def test_a_half_of_the_effort_is_a_half_of_the_load() -> None:
    # M/M/1 at load 0.8 for everybody; at 0.4 for a team that takes half the time: waits by ρ / (μ − λ).
    def waits(dedication: dict[str, Any]) -> list[float]:
        scenario = market(
            {"all": {"serves": {"tiers": ["a", "b"]}, "dedication": dedication}},
            people=1,
            effort=1.0,
            horizon_months=60,
            warm_up_months=3,
            channels={
                "web": {"enters_as": "MQL", "leads_per_month": 0.8 * MONTH, "tiers": {"a": 0.5, "b": 0.5}}
            },
            journeys={
                tier: {
                    "sell": {
                        "by": "AE",
                        "on": "MQL",
                        "effort_hours": {"exponential": {"mean": 1.0}},
                        "to": "WIN",
                    }
                }
                for tier in ("a", "b")
            },
        )
        found = []
        for replication in range(32):
            work = simulate(scenario, 1, replication).tables["work"]
            measured = work["month"] > 0
            found.append(float(work["wait_days"][measured].sum() / work["begun"][measured].sum()))
        return found

    assert_mean(waits({"effort_factor": 0.5}), 0.4 / (2 - 0.8), sharpness=0.12)
    assert_mean(waits({}), 0.8 / (1 - 0.8), sharpness=0.4)


# --------------------------------------------------------------------------------------------------- overflow


def segments(scenario: Scenario) -> dict[log_reader.Lead, str]:
    """Each lead's region, as its team shows when every team keeps to its own."""
    data = scenario.model_dump(exclude_unset=True)
    data["organization"] = {
        "teams": {name: {"members": {"AE": 1}, "serves": {"regions": [name]}} for name in REGIONS}
    }
    return teams_of(run(Scenario.model_validate(data)))


SPLIT = {
    "x": {"serves": {"regions": ["eu"]}, "dedication": BETTER},
    "y": {"serves": {"regions": ["us"]}, "dedication": BETTER},
}
OWN = {"eu": "x", "us": "y"}


def test_without_overflow_everybody_keeps_to_his_own_however_long_the_queue() -> None:
    scenario = market(SPLIT, leads=300, people=1, effort=0.1)
    region, team = segments(scenario), teams_of(run(scenario))
    assert len(team) == 300
    assert all(OWN[region[lead]] == team[lead] for lead in team)


@pytest.mark.parametrize("above", [0.0, 2.0, 5.0])
def test_overflow_goes_to_others_once_every_team_for_the_lead_has_more_than_the_limit(above: float) -> None:
    scenario = market(SPLIT, leads=300, people=3, effort=0.1, organization={"overflow_above": above})
    region = segments(scenario)
    # All come at once: each team's load is what it has been given so far, per person.
    load = {"x": 0, "y": 0}
    expected = {}
    for lead in sorted(region):
        own = OWN[region[lead]]
        other = "y" if own == "x" else "x"
        expected[lead] = other if load[own] / 3 > above else own
        load[expected[lead]] += 1
    replication = run(scenario)
    assert teams_of(replication) == expected
    strangers = {lead for lead, team in expected.items() if team != OWN[region[lead]]}
    assert 100 < len(strangers) < 300 - 2 * above
    # A team does for strangers what anybody would.
    for lead, (outcome,) in log_reader.outcomes(replication, scenario).items():
        assert outcome.effort_hours == pytest.approx(0.1 if lead in strangers else 0.05)


def test_overflow_pools_what_dedication_has_split() -> None:
    def waited(**organization: Any) -> float:
        teams = {name: {"serves": team["serves"]} for name, team in SPLIT.items()}
        scenario = market(
            teams,
            people=1,
            effort=0.9,
            horizon_months=24,
            organization=organization,
            channels={
                "web": {
                    "enters_as": "MQL",
                    "leads_per_month": 1.7 * MONTH,
                    "tiers": {"a": 0.5, "b": 0.5},
                    "regions": {"eu": 0.5, "us": 0.5},
                }
            },
        )
        return float(simulate(scenario, 1, 0).tables["work"]["wait_days"].sum())

    assert waited() > waited(overflow_above=3.0) > waited(overflow_above=0.0)


def test_a_lead_that_no_team_is_for_goes_to_any_if_overflow_is_allowed() -> None:
    scenario = market({"x": SPLIT["x"]}, organization={"overflow_above": 100.0})
    replication = run(scenario)
    hours = Counter(
        round(o.effort_hours, 9) for each in log_reader.outcomes(replication, scenario).values() for o in each
    )
    assert hours.total() == 400
    assert_proportion(hours[0.005], 400, 0.6)
    assert hours[0.01] == 400 - hours[0.005]


# --------------------------------------------------------------------------------------------------- journeys


@pytest.mark.parametrize("by", ["regions", "industries", "tiers"])
def test_every_step_of_a_lead_stays_with_teams_that_are_for_it(by: str) -> None:
    names = {"regions": ["eu", "us"], "industries": ["bank", "shop"], "tiers": ["a", "b"]}[by]
    journey = {
        "qualify": {"by": "MDR", "on": "MQL", "effort_hours": 0.01, "to": "SQL"},
        "sell": {"by": "AE", "effort_hours": 0.01, "to": "WIN"},
    }
    pods = {name: {"members": {"MDR": 2, "AE": 2}, "serves": {by: [name]}} for name in names}
    replication = run(market(pods, journeys={"a": journey, "b": journey}))
    for life in log_reader.events_by_lead(replication).values():
        assert len({e.detail.split("#")[0] for e in life if e.kind == "start"}) == 1
    silos = {f"{name}_{role}": {"members": {role: 2}, "serves": {by: [name]}}
             for name in names for role in ("MDR", "AE")}  # fmt: skip
    siloed = run(market(silos, journeys={"a": journey, "b": journey}))
    assert log_reader.without_people(siloed) == log_reader.without_people(replication)


@pytest.mark.parametrize("what", ["regions", "industries", "tiers"])
def test_a_team_takes_only_its_own_names_from_a_list(what: str) -> None:
    names = {"regions": ["eu", "us"], "industries": ["bank", "shop"], "tiers": ["a", "b"]}[what]
    cold = {
        "worked_by": "AE",
        "list_size": 3000,
        "enters_as": "MQL",
        "tiers": {"a": 0.5, "b": 0.5},
        "regions": REGIONS,
        "industries": INDUSTRIES,
    }
    teams = {
        names[0]: {"serves": {what: [names[0]]}, "dedication": BETTER},
        names[1]: {"serves": {what: [names[1]]}},
    }
    scenario = market(teams, people=2, effort=0.02, channels={"cold": cold})
    replication = run(scenario)
    taken = Counter(teams_of(replication).values())
    assert taken.total() == 3000, "the list runs dry in both teams"
    share = {"regions": 0.6, "industries": 0.3, "tiers": 0.5}[what]
    assert_proportion(taken[names[0]], 3000, share)
    assert efforts_by_team(replication, scenario) == {names[0]: {0.01}, names[1]: {0.02}}
    passed = passed_by_team(replication, scenario)
    assert_proportion(passed[names[0], True], taken[names[0]], 0.5)
    assert_proportion(passed[names[1], True], taken[names[1]], 0.4)
    where = teams_of(replication)
    for name in names:
        numbers = [
            e.number for e in log_reader.of_kind(replication, "enter") if where[e.channel, e.number] == name
        ]
        assert numbers == sorted(numbers), "in the order of the list"
