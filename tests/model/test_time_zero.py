"""Time 0: what is there was there before; what begins then holds from then on; a moment changes little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from inference import ALARM
from money_scenarios import ANNUAL, Data, by_cause, customer_base, ledger, moved, run_without_log
from scipy import stats
from small_scenarios import small_scenario

from simsales.model.plan import plan_of
from simsales.scenario import Scenario

FIRST = (1, 1.001)
"""The first instant of a simulation without warm-up, and a moment later."""


def rise(month: float, base: str = "keeps", **product: Any) -> Scenario:
    """A base of 100 customers at 50, and a rise to 60."""
    change = {"month": month, "price_per_month": 60, "base": base}
    return customer_base({"price_per_month": 50, "price_changes": {"rise": change}} | product, customers=100)


@pytest.mark.parametrize("month", FIRST)
def test_a_rise_for_new_customers_leaves_those_alone_who_are_there(month: float) -> None:
    replication = run_without_log(rise(month))
    assert ledger(replication, "mrr_opening") == [5000.0] * 12
    assert moved(replication, "expansion") == {}


@pytest.mark.parametrize("month", FIRST)
def test_a_rise_at_renewal_is_booked_as_expansion(month: float) -> None:
    replication = run_without_log(rise(month, "at_renewal"))
    assert ledger(replication, "mrr_opening") == [5000.0] + [6000.0] * 11
    assert moved(replication, "expansion", "price rise") == {1: 1000.0}


def test_an_annual_contract_gets_the_rise_when_its_term_ends() -> None:
    """Of customers of five months, in month 7."""
    scenario = customer_base(
        {
            "price_per_month": 50,
            "contracts": ANNUAL,
            "price_changes": {"rise": {"month": 1, "price_per_month": 60, "base": "at_renewal"}},
        },
        customers=100,
        age=5,
    )
    assert moved(run_without_log(scenario), "expansion", "price rise") == {7: 1000.0}


@pytest.mark.parametrize(
    ("base", "age", "price"),
    [
        ("keeps", 2, 60),  # signed after the change of three months before
        ("keeps", 3, 50),  # signed in the last moment before it
        ("keeps", 4, 50),
        ("at_renewal", 4, 60),  # monthly: renewed since
    ],
)
def test_a_change_before_the_beginning_concerns_those_who_signed_since(
    base: str, age: int, price: float
) -> None:
    change = {"month": -2, "price_per_month": 60, "base": base}
    scenario = customer_base({"price_per_month": 50, "price_changes": {"rise": change}}, customers=1, age=age)
    assert ledger(run_without_log(scenario), "mrr_opening")[0] == price


@pytest.mark.parametrize("month", FIRST)
def test_a_discount_from_the_first_instant_is_for_those_who_sign_from_then_on(month: float) -> None:
    contracts: Data = {"monthly": {"discount": 0.2, "from_month": month}}
    assert (
        ledger(run_without_log(customer_base({"contracts": contracts}, customers=10)), "mrr_opening")[0]
        == 1000
    )


@pytest.mark.parametrize("month", FIRST)
def test_a_contract_withdrawn_at_the_first_instant_has_been_signed_before(month: float) -> None:
    contracts: Data = {
        "monthly": {"share": 0.0},
        "annual": {"term_months": 12, "share": 1.0, "offered": False, "from_month": month},
    }
    scenario = customer_base({"contracts": contracts, "churn_per_month": 0.5}, customers=200, age=0)
    churned = ledger(run_without_log(scenario), "customers_churned")
    assert churned[:11] == [0] * 11, "all are bound for a year"
    assert churned[11] > 0


@pytest.mark.parametrize("what", ["price", "contract", "community"])
def test_a_moment_earlier_or_later_changes_nothing_without_customers_in_between(what: str) -> None:
    """Of whatever begins in month 3: nobody signs within the moment, so all is the same."""

    def tables(month: float) -> object:
        products: dict[str, Data] = {
            "price": {"price_changes": {"rise": {"month": month, "price_per_month": 120}}},
            "contract": {"contracts": {"monthly": {"discount": 0.1, "from_month": month}}},
            "community": {"community": {"from_month": round(month), "win_odds_factor": 1.5}},
        }
        scenario = small_scenario(
            horizon_months=6,
            tiers={"t": {"price_per_month": 100} | products[what]},
            channels={"web": {"enters_as": "MQL", "leads_per_month": 50, "tiers": {"t": 1}}},
        )
        return {name: table.columns for name, table in run_without_log(scenario).tables.items()}

    assert tables(3.0) == tables(3.00001) == tables(2.99999)


def test_a_burst_under_way_at_time_zero_brings_what_is_left_of_it() -> None:
    """It began a month before and lasts two: half of its leads come after time 0."""
    burst = {"month": 0, "leads": 4000, "days": 2 * 30.4375}
    scenario = small_scenario(
        channels={
            "web": {"enters_as": "MQL", "leads_per_month": 0, "bursts": {"show": burst}, "tiers": {"t": 1}}
        }
    )
    arrivals = plan_of(scenario).channels[0].arrivals
    assert arrivals is not None
    assert arrivals.expected.sum() == pytest.approx(2000, rel=1e-9)
    came = int(np.sum(run_without_log(scenario).tables["funnel"]["came_in"]))
    low, high = stats.poisson.interval(1 - ALARM, 2000)
    assert low <= came <= high


def test_a_price_rise_for_new_customers_pays_alike_from_the_first_instant_or_a_moment_later() -> None:
    """On a firm that is under way: MRR, revenue and causes to the cent."""

    def books(month: float) -> object:
        scenario = customer_base(
            {
                "price_per_month": 1000,
                "churn_per_month": 0.03,
                "price_changes": {"rise": {"month": month, "price_per_month": 1200}},
            },
            customers=300,
            age={"exponential": {"mean": 20.0}},
            channels={"web": {"enters_as": "MQL", "leads_per_month": 12, "tiers": {"t": 1}}},
        )
        replication = run_without_log(scenario)
        return replication.tables["ledger"].columns, by_cause(replication, "new")

    assert books(1) == books(1.000001)
