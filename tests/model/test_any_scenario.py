"""Whatever the schema allows can be simulated: every alternative of every field, alone and together."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profiles import WITHOUT_SHRINKING, examples
from random_from_schema import SCHEMA, Data, alternatives, changed, places, varied
from random_money import data_with_money
from random_scenarios import data_with_mechanisms

from simsales.model import simulate
from simsales.scenario import Scenario

LAWS: list[object] = [
    1.0,
    {"exponential": {"mean": 1.0}},
    {"lognormal": {"mean": 0.5, "sd": 0.2}},
    {"uniform": {"low": 0.0, "high": 1.0}},
    {"triangular": {"low": 0.0, "mode": 0.5, "high": 1.0}},
]


def everything() -> Data:
    """A scenario that has every part of the schema, so that every field stands beside all others."""
    step = {"effort_hours": 0.5, "buyer_delay_days": 1.0}
    renewal = {"by": "CSM", "effort_hours": 0.5, "months_before": 1, "churn_if_missed": 0.3}
    return {
        "horizon_months": 7,
        "tiers": {
            "t": {
                "price_per_month": 100.0,
                "reference_price_per_month": 100.0,
                "contracts": {
                    "quarter": {"term_months": 3, "share": 0.5, "renewal": dict(renewal)},
                    "pair": {"term_months": 2, "share": 0.5, "renewal": dict(renewal)},
                },
                "churn_per_month": 0.05,
                "care": {"by": "CSM", "effort_hours_per_month": 0.1},
                "levers": {
                    "up": {"attempts_per_month": 0.5, "pass_probability": 0.5, "adds": 0.1, "by": "CSM"},
                    "cross": {"at_renewal": True, "pass_probability": 0.5, "adds": 0.1, "effort_hours": 1.0},
                },
                "spread": {"per_month": 0.1},
                "releases": {"every_months": 2, "price_tiers": [1.0, 1.5], "adopt_probability": 0.5},
                "contraction": {"probability_per_month": 0.1, "share": 0.2},
                "reactivation": {"probability_per_month": 0.3},
                "community": {"churn_factor": 0.9},
                "reference_customers": {"share": 0.5, "after_months": 1, "win_odds_factor": 1.1},
                "price_changes": {"rise": {"month": 3.0, "price_per_month": 120.0, "base": "at_renewal"}},
            }
        },
        "channels": {
            "web": {
                "enters_as": "MQL", "leads_per_month": 12.0, "tiers": {"t": 1.0}, "patience_days": 20.0,
                "regions": {"eu": 0.5, "us": 0.5}, "industries": {"bank": 0.5, "shop": 0.5},
                "interest": {"half_life_hours": 50.0}, "bursts": {"show": {"month": 2, "leads": 5.0}},
            },
            "word": {"enters_as": "MQL", "leads_per_customer_month": 0.1, "tiers": {"t": 1.0}},
            "list": {"worked_by": "SDR", "list_size": 40, "tiers": {"t": 1.0}},
        },
        "journeys": {
            "t": {
                "call": step | {"by": "SDR", "on": "Suspect", "to": "MQL", "pass_probability": 0.5},
                "demo": step | {
                    "by": "AE", "on": "MQL", "to": "SAL", "pass_probability": 0.7, "fit_weight": 0.5,
                    "otherwise": {"nurture": {"to": "demo", "share": 0.5, "after_days": 5.0}},
                    "no_show": {"probability": 0.3, "effort_hours": 0.1, "rebook_days": 2.0},
                    "repeat": {"probability": 0.3, "after_days": 2.0},
                },
                "close": step | {"by": "AE", "to": "WIN", "pass_probability": 0.7, "joined_by": ["CSM"]},
                "onboard": {"by": "CSM", "effort_hours": 1.0, "to": "LIVE"},
            }
        },
        "people": {
            role: {
                "hours_per_month": 140.0, "salary_per_year": 6e4,
                "commission": {"rate": 0.1, "quota_per_month": 100.0, "accelerator": 2.0},
            }
            for role in ("SDR", "AE", "CSM")
        },
        "overhead": {"rent": {"cost_per_month": 100.0}},
        "organization": {
            "teams": {
                "pod": {
                    "members": {"SDR": 1, "AE": 2, "CSM": 1}, "serves": {"regions": ["eu"]},
                    "dedication": {"pass_factor": 1.1},
                    "bonus": {"per_person": 1.0, "if_new_mrr_per_month": 1.0},
                },
                "all": {"members": {"SDR": 1, "AE": 1, "CSM": 1}},
            },
            "handoff": {"within_team": {"delay_days": 1.0}, "across_teams": {"delay_days": 1.0}},
        },
        "opening": {
            "customers": {"t": {"customers": 15, "age_months": 4.0, "contracts": {"pair": 1.0}}},
            "pipeline": {"t": {"demo": 3}},
        },
    }  # fmt: skip


PLACES = list(places(everything(), SCHEMA))


def simulated(data: Data) -> None:
    simulate(Scenario.model_validate(data), 1, 0)


def test_the_scenario_with_everything_has_every_part_of_the_schema() -> None:
    assert len(PLACES) > 250
    simulated(everything())


@pytest.mark.parametrize("top", sorted({path[0] for path, _ in PLACES}))
def test_every_alternative_of_every_field_can_be_simulated(top: str) -> None:
    """Each beside all others; what is refused is refused by the checks, and most is not."""
    chance = random.Random(1)
    there = [place for place in PLACES if place[0][0] == top]
    for path, expected in chance.sample(there, k=examples(len(there))):
        for value in alternatives(expected, path, everything(), chance):
            data = changed(everything(), path, value)
            if data is not None:
                simulated(data)


def test_most_alternatives_are_valid() -> None:
    """Else the test above would try next to nothing."""
    chance = random.Random(1)
    tried = [
        changed(everything(), path, value) is not None
        for path, expected in PLACES
        for value in alternatives(expected, path, everything(), chance)
    ]
    assert sum(tried) > 0.8 * len(tried)
    assert len(tried) > 800


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("second", range(5))
def test_two_efforts_of_one_purpose_follow_any_two_laws(first: int, second: int) -> None:
    data = everything()
    contracts, levers = data["tiers"]["t"]["contracts"], data["tiers"]["t"]["levers"]
    contracts["quarter"]["renewal"]["effort_hours"] = LAWS[first]
    contracts["pair"]["renewal"]["effort_hours"] = LAWS[second]
    levers["up"]["effort_hours"], levers["cross"]["effort_hours"] = LAWS[first], LAWS[second]
    simulated(data)


def test_a_contract_keeps_its_draws_beside_another_law() -> None:
    """A second law on a contract that nobody signs changes nothing."""

    def hours(other: object) -> list[float]:
        data = everything()
        data["opening"]["customers"]["t"] = {"customers": 15, "contracts": {"quarter": 1.0}}
        contracts = data["tiers"]["t"]["contracts"]
        contracts["quarter"] |= {"share": 1.0}
        contracts["pair"] |= {"share": 0.0}
        contracts["quarter"]["renewal"]["effort_hours"] = {"lognormal": {"mean": 0.5, "sd": 0.2}}
        contracts["pair"]["renewal"]["effort_hours"] = other
        tables = simulate(Scenario.model_validate(data), 1, 0).tables
        return [each for name in tables["ledger"].columns for each in tables["ledger"][name].tolist()]

    assert hours({"exponential": {"mean": 1.0}}) == hours(1.0)
    assert hours({"uniform": {"low": 0.0, "high": 1.0}}) == hours(1.0)


@settings(max_examples=examples(100), phases=WITHOUT_SHRINKING)
@given(data=data_with_mechanisms() | data_with_money(), seed=st.integers(0, 10**6))
def test_any_mixture_of_fields_can_be_simulated(data: Data, seed: int) -> None:
    simulated(varied(data, random.Random(seed), changes=25))


@settings(max_examples=examples(100), phases=WITHOUT_SHRINKING)
@given(seed=st.integers(0, 10**6))
def test_any_mixture_beside_everything_can_be_simulated(seed: int) -> None:
    simulated(varied(everything(), random.Random(seed), changes=25))
