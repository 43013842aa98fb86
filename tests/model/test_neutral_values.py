"""Whatever is stated at its neutral value is as good as not stated, in any scenario."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from money_scenarios import Data, assert_nothing_changes, few
from random_scenarios import data

NEUTRAL: dict[str, Data] = {
    "contracts: the one there is": {"contracts": {"monthly": {}}},
    "contracts: nothing to choose": {
        "contracts": {"monthly": {"share_price_exponent": 5.0, "share_discount_effect": 9.0}}
    },
    "contracts: one that nobody wants": {
        "contracts": {"monthly": {"share": 1.0}, "never": {"term_months": 12, "share": 0.0}}
    },
    "contracts: not offered to nobody": {
        "contracts": {"monthly": {}, "never": {"share": 0.0, "offered": False}},
        "accepts_other_contract": 0.0,
    },
    "contracts: no other": {"accepts_other_contract": 0.0},
    "leaving: nothing said": {"churn_factors": {}},
    "leaving: ages": {
        "churn_factors": {"age": {"first": {"until_month": 2, "factor": 1.0}, "later": {"factor": 1.0}}}
    },
    "leaving: no lateness": {
        "churn_factors": {"onboarding": {"per_day_late": 0.0, "quality_sd": 0.0, "at_most": 5.0}}
    },
    "leaving: lateness capped at 1": {"churn_factors": {"onboarding": {"per_day_late": 0.5, "at_most": 1.0}}},
    "leaving: coverage": {
        "churn_factors": {"coverage": {"needed_hours_per_month": 9.0, "factor_if_none": 1.0}}
    },
    "leaving: no care needed": {
        "churn_factors": {"coverage": {"needed_hours_per_month": 0.0, "factor_if_none": 4.0}}
    },
    "leaving: season": {"churn_factors": {"season": [1.0] * 12}},
    "leaving: contract": {"contracts": {"monthly": {"churn_factor": 1.0}}},
    "leaving: community": {"community": {"share": 0.5, "churn_factor": 1.0}},
    "leaving: no members": {"community": {"share": 0.0, "churn_factor": 0.1}},
    "leaving: fit": {"churn_fit_effect": 0.0},
    "growth: never tried": {
        "levers": {"up": {"attempts_per_month": 0.0, "pass_probability": 1.0, "adds": 1.0}}
    },
    "growth: never passed": {
        "levers": {"up": {"attempts_per_month": 1.0, "pass_probability": 0.0, "adds": 1.0}}
    },
    "growth: nothing added": {
        "levers": {"up": {"attempts_per_month": 1.0, "pass_probability": 1.0, "adds": 0.0}}
    },
    "growth: nobody so old": {
        "levers": {"up": {"attempts_per_month": 1, "pass_probability": 1, "adds": 1, "from_month": 999}}
    },
    "growth: no spread": {"spread": {"per_month": 0.0}},
    "growth: no room": {"spread": {"per_month": 1.0, "limit": 1.0}},
    "growth: no adoption": {"releases": {"every_months": 1, "price_tiers": [1, 2], "adopt_probability": 0.0}},
    "growth: no contraction": {"contraction": {"probability_per_month": 0.0, "share": 1.0}},
    "growth: of nothing": {"contraction": {"probability_per_month": 1.0, "share": 0.0}},
    "growth: no return": {"reactivation": {"probability_per_month": 0.0}},
    "growth: community": {"community": {"referral_factor": 1.0}},
    "prices: nothing said": {"price_response": {}},
    "prices: does not matter": {
        "price_response": {"win_odds_elasticity": 0.0},
        "reference_price_per_month": 7.0,
    },
    "prices: at the reference price": {"price_response": {"win_odds_elasticity": 3.0, "churn_exponent": 2.0}},
    "prices: no discount": {"discount": 0.0},
    "prices: community": {"community": {"win_odds_factor": 1.0}},
    "prices: references": {"reference_customers": {"share": 1.0, "win_odds_factor": 1.0}},
    "prices: no references": {"reference_customers": {"share": 0.0, "win_odds_factor": 9.0}},
    "prices: references capped at nothing": {
        "reference_customers": {"share": 1.0, "win_odds_factor": 9.0, "at_most": 1.0}
    },
}


@pytest.mark.parametrize("neutral", NEUTRAL.values(), ids=NEUTRAL)
@few
@given(data())
def test_the_neutral_value_is_as_good_as_none(neutral: Data, plain: Data) -> None:
    stated = deepcopy(plain)
    for tier in stated["tiers"].values():
        tier |= neutral
    assert_nothing_changes(plain, stated)
