"""A mechanism stated at its neutral value changes nothing, in any scenario."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import assume, given, settings
from money_scenarios import Data, assert_nothing_changes
from profiles import WITHOUT_SHRINKING, examples
from pydantic import ValidationError
from random_scenarios import data
from small_scenarios import run

from simsales.scenario import Scenario
from simsales.scenario.schema.fields import STATES

Change = Callable[[Data], None]
"""States a mechanism at its neutral value, in place."""

OF_TIERS: dict[str, Data] = {
    "contracts: the one there is": {"contracts": {"monthly": {}}},
    "contracts: nothing to choose": {
        "contracts": {"monthly": {"share_price_exponent": 5.0, "share_discount_effect": 9.0}},
        "reference_price_per_month": 7.0,
    },
    "contracts: one that nobody wants": {
        "contracts": {"monthly": {"share": 1.0}, "never": {"term_months": 12, "share": 0.0}}
    },
    "contracts: not offered to nobody": {
        "contracts": {"monthly": {}, "never": {"share": 0.0, "offered": False}},
        "accepts_other_contract": 0.0,
    },
    "contracts: no other": {"accepts_other_contract": 0.0},
    "churn: nothing said": {"churn_factors": {}},
    "churn: ages": {
        "churn_factors": {"age": {"first": {"until_month": 2, "factor": 1.0}, "later": {"factor": 1.0}}}
    },
    "churn: no lateness": {
        "churn_factors": {"onboarding": {"per_day_late": 0.0, "quality_sd": 0.0, "at_most": 5.0}}
    },
    "churn: lateness capped at 1": {"churn_factors": {"onboarding": {"per_day_late": 0.5, "at_most": 1.0}}},
    "churn: coverage": {
        "churn_factors": {"coverage": {"needed_hours_per_month": 9.0, "factor_if_none": 1.0}}
    },
    "churn: no care needed": {
        "churn_factors": {"coverage": {"needed_hours_per_month": 0.0, "factor_if_none": 4.0}}
    },
    "churn: season": {"churn_factors": {"season": [1.0] * 12}},
    "churn: contract": {"contracts": {"monthly": {"churn_factor": 1.0}}},
    "churn: community": {"community": {"share": 0.5, "churn_factor": 1.0}},
    "churn: no members": {"community": {"share": 0.0, "churn_factor": 0.1}},
    "churn: fit": {"churn_fit_effect": 0.0},
    "expansion: never tried": {
        "levers": {"up": {"attempts_per_month": 0.0, "pass_probability": 1.0, "adds": 1.0}}
    },
    "expansion: never passed": {
        "levers": {"up": {"attempts_per_month": 1.0, "pass_probability": 0.0, "adds": 1.0}}
    },
    "expansion: nothing added": {
        "levers": {"up": {"attempts_per_month": 1.0, "pass_probability": 1.0, "adds": 0.0}}
    },
    "expansion: nobody so old": {
        "levers": {"up": {"attempts_per_month": 1, "pass_probability": 1, "adds": 1, "from_month": 999}}
    },
    "expansion: no spread": {"spread": {"per_month": 0.0}},
    "expansion: no room": {"spread": {"per_month": 1.0, "limit": 1.0}},
    "expansion: no adoption": {
        "releases": {"every_months": 1, "price_tiers": [1, 2], "adopt_probability": 0.0}
    },
    "expansion: no contraction": {"contraction": {"probability_per_month": 0.0, "share": 1.0}},
    "expansion: of nothing": {"contraction": {"probability_per_month": 1.0, "share": 0.0}},
    "expansion: no return": {"reactivation": {"probability_per_month": 0.0}},
    "expansion: community": {"community": {"referral_factor": 1.0}},
    "prices: nothing said": {"price_response": {}},
    "prices: does not matter": {
        "price_response": {"win_odds_elasticity": 0.0},
        "reference_price_per_month": 7.0,
    },
    "prices: no discount": {"discount": 0.0},
    "prices: community": {"community": {"win_odds_factor": 1.0}},
    "prices: references": {"reference_customers": {"share": 1.0, "win_odds_factor": 1.0}},
    "prices: no references": {"reference_customers": {"share": 0.0, "win_odds_factor": 9.0}},
    "prices: references capped at nothing": {
        "reference_customers": {"share": 1.0, "win_odds_factor": 9.0, "at_most": 1.0}
    },
    "cycle: nothing said": {"cycle": {}, "reference_price_per_month": 7.0},
    "cycle: deciders do not matter": {
        "cycle": {"per_decision_maker": 0.0, "decision_makers": {"lognormal": {"mean": 5.0, "sd": 3.0}}},
        "reference_price_per_month": 7.0,
    },
    "cycle: one decides": {
        "cycle": {"per_decision_maker": 2.5, "decision_makers": 1.0},
        "reference_price_per_month": 7.0,
    },
    # Beside an exponent of 0 it does not matter which price is the reference.
    "cycle: price does not matter": {"cycle": {"price_exponent": 0.0}, "reference_price_per_month": 7.0},
    "cycle: known market": {"cycle": {"new_market_factor": 1.0}, "reference_price_per_month": 7.0},
    "early churn: known or not": {"early_churn": {"factor_if_known": 1.0}},
}


def at_the_reference_price(scenario: Data) -> None:
    """Whatever responds to the price, at the reference price it does nothing. (A price of 0 cannot be it.)"""
    for tier in scenario["tiers"].values():
        if tier["price_per_month"]:
            tier["reference_price_per_month"] = tier["price_per_month"]
            tier["price_response"] = {"win_odds_elasticity": 3.0, "churn_exponent": 2.0}


def price_changes(customers: str) -> Change:
    """The list price 'changes' twice to what it is already, with everything that a price can move."""

    def state(scenario: Data) -> None:
        for tier in scenario["tiers"].values():
            price = {"price_per_month": tier["price_per_month"], "base": customers}
            tier["price_changes"] = {"a": {"month": 0.5} | price, "b": {"month": 3} | price}
            if tier["price_per_month"]:
                tier["reference_price_per_month"] = tier["price_per_month"]
                tier["price_response"] = {"win_odds_elasticity": 2.0, "churn_exponent": 1.0}
                tier["cycle"] = {"price_exponent": 2.0}

    return state


def is_inbound(channel: Data) -> bool:
    return "leads_per_month" in channel


def by_somebody(step: Data) -> bool:
    return bool(step["by"] != "nobody")


def before_win(step: Data) -> bool:
    return STATES.index(step["on"]) < STATES.index("WIN")


def by_somebody_before_win(step: Data) -> bool:
    return by_somebody(step) and before_win(step)


def everything(_: Data) -> bool:
    return True


def tiers(**fields: Any) -> Change:
    def state(scenario: Data) -> None:
        for tier in scenario["tiers"].values():
            tier |= fields

    return state


def channels(where: Callable[[Data], bool] = is_inbound, **fields: Any) -> Change:
    def state(scenario: Data) -> None:
        for channel in filter(where, scenario["channels"].values()):
            channel |= fields

    return state


def steps(where: Callable[[Data], bool], **fields: Any) -> Change:
    def state(scenario: Data) -> None:
        for journey in scenario["journeys"].values():
            for step in filter(where, journey.values()):
                step |= fields

    return state


def nurture(scenario: Data) -> None:
    """None of those who fail a step comes back to it."""
    for journey in scenario["journeys"].values():
        for name, step in journey.items():
            if "pass_probability" in step:
                step.setdefault("otherwise", {})["nurture"] = {
                    "to": name, "share": 0.0, "after_days": 3.0, "pass_factor": 0.5, "at_most": 3,
                }  # fmt: skip


def handoffs(scenario: Data) -> None:
    for handoff in scenario["organization"]["handoff"].values():
        handoff |= {"extra_effort": 0.0, "pass_factor": 1.0}


def teams(scenario: Data) -> None:
    for team in scenario["organization"]["teams"].values():
        team["dedication"] = {"effort_factor": 1.0, "pass_factor": 1.0}


LAW = {"lognormal": {"mean": 1.0, "sd": 0.5}}
OF_CHANNELS: dict[str, Change] = {
    "interest": channels(interest={"half_life_hours": 1.0, "floor": 1.0}),
    "patience": channels(patience_days=1e6),
    "patience, random": channels(patience_days={"uniform": {"low": 1e5, "high": 1e6}}),
    "dispersion": channels(dispersion=1.0),
    "weekday": channels(weekday=[0.4] * 7),
    "bursts": channels(bursts={}),
    "spend": channels(everything, spend_per_month=0.0),
    "regions": channels(everything, regions={"here": 1.0}),
    "industries": channels(everything, industries={"steel": 1.0}),
}
OF_STEPS: dict[str, Change] = {
    "no-show": steps(
        by_somebody_before_win,
        no_show={"probability": 0.0, "effort_hours": 5.0, "rebook_days": LAW, "at_most": 4},
    ),
    "repeat": steps(by_somebody_before_win, repeat={"probability": 0.0, "after_days": LAW, "at_most": 3}),
    "joined by": steps(by_somebody, joined_by=[]),
    "fit": steps(before_win, fit_weight=0.0),
    "known customer": steps(by_somebody, known_effort_factor=1.0),
}
OF_ORGANIZATIONS: dict[str, Change] = {
    "hand-offs": handoffs,
    "dedication": teams,
    "overflow": lambda scenario: scenario["organization"].update(overflow_above=1e6),
    "opening: nothing said": lambda scenario: scenario.update(opening={}),
    "opening: no customers": lambda scenario: scenario.update(opening={"customers": {}}),
    "opening: no pipeline": lambda scenario: scenario.update(opening={"pipeline": {}}),
}


def assert_neutral(state: Change, plain: Data) -> None:
    """Stating it changes no event and no table."""
    stated = deepcopy(plain)
    state(stated)
    assume(stated != plain)
    assert_nothing_changes(plain, stated)


@pytest.mark.parametrize("neutral", OF_TIERS)
@settings(max_examples=examples(5), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_a_tier(neutral: str, plain: Data) -> None:
    assert_neutral(tiers(**OF_TIERS[neutral]), plain)


@settings(max_examples=examples(5), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_the_reference_price(plain: Data) -> None:
    assert_neutral(at_the_reference_price, plain)


@pytest.mark.parametrize("customers", ["keeps", "at_renewal"])
@settings(max_examples=examples(5), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_a_price_change(customers: str, plain: Data) -> None:
    assert_neutral(price_changes(customers), plain)


@pytest.mark.parametrize("neutral", OF_CHANNELS)
@settings(max_examples=examples(12), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_a_channel(neutral: str, plain: Data) -> None:
    assert_neutral(OF_CHANNELS[neutral], plain)


@pytest.mark.parametrize("neutral", OF_STEPS)
@settings(max_examples=examples(12), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_a_step(neutral: str, plain: Data) -> None:
    assert_neutral(OF_STEPS[neutral], plain)


@settings(max_examples=examples(25), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_nurture(plain: Data) -> None:
    assert_neutral(nurture, plain)


@pytest.mark.parametrize("neutral", OF_ORGANIZATIONS)
@settings(max_examples=examples(8), phases=WITHOUT_SHRINKING)
@given(data())
def test_of_an_organization_or_opening(neutral: str, plain: Data) -> None:
    assert_neutral(OF_ORGANIZATIONS[neutral], plain)


@pytest.mark.parametrize("brings", ["leads_per_month", "leads_per_customer_month"])
@settings(max_examples=examples(40), phases=WITHOUT_SHRINKING)
@given(data())
def test_a_channel_that_brings_nobody_changes_nothing(brings: str, plain: Data) -> None:
    """It has rows of its own in the tables by channel, and shows in no other."""
    stated = deepcopy(plain)
    first = next(iter(plain["channels"].values()))
    stated["channels"]["zz"] = {"enters_as": first["enters_as"], brings: 0, "tiers": first["tiers"]}
    try:
        with_it = Scenario.model_validate(stated)
    except ValidationError:
        assume(False)
    before, after = run(Scenario.model_validate(plain)), run(with_it)
    assert before.log == after.log
    assert before.tables["work"] == after.tables["work"]
    assert before.tables["ledger"] == after.tables["ledger"]
