"""The identities of ``balances``, in random scenarios and in awkward ones.

(Random scenarios with contracts, prices and pay: ``test_cash``.)
"""

from __future__ import annotations

import log_reader
import pytest
from balances import (
    assert_balances,
    assert_log_only_observes,
    assert_mrr_is_price_times_customers,
    assert_pure_and_picklable,
    assert_queues_balance,
)
from hypothesis import event, given, settings
from hypothesis import strategies as st
from profiles import WITHOUT_SHRINKING, examples
from pydantic import ValidationError
from random_scenarios import Data, scenarios, scenarios_with_mechanisms
from small_scenarios import small_scenario

from simsales.model import simulate
from simsales.scenario import Scenario


@settings(max_examples=examples(200))
@given(scenarios(), st.integers(0, 3))
def test_a_random_scenario_balances(scenario: Scenario, replication: int) -> None:
    logged = simulate(scenario, 9, replication, log=True)
    event("with wins" if logged.tables["funnel"]["win"].sum() else "without wins")
    assert_balances(scenario, logged)
    assert_mrr_is_price_times_customers(scenario, logged)
    assert_queues_balance(scenario, logged, all_logged=True)
    assert_log_only_observes(scenario, 9, logged)
    if replication == 0:
        assert_pure_and_picklable(scenario, 9, logged)


@settings(max_examples=examples(110), phases=WITHOUT_SHRINKING)
@given(scenarios_with_mechanisms(), st.integers(0, 3))
def test_a_random_scenario_with_all_mechanisms_balances(scenario: Scenario, replication: int) -> None:
    logged = simulate(scenario, 9, replication, log=True)
    kinds = {e.kind for e in log_reader.events(logged)}
    reasons = {e.detail for e in log_reader.of_kind(logged, "lost")}
    for seen in sorted(({"leave", "nurture"} & kinds) | ({"gone cold", "did not turn up"} & reasons)):
        event(seen)
    assert_balances(scenario, logged)
    assert_mrr_is_price_times_customers(scenario, logged)
    assert_queues_balance(scenario, logged, all_logged=False)
    if replication == 0:
        assert_log_only_observes(scenario, 9, logged)
        assert_pure_and_picklable(scenario, 9, logged)


# ------------------------------------------------------------------ what random scenarios seldom contain


def balanced_or_refused(journey: Data, **parts: object) -> None:
    """The schema refuses the journey, or its replication balances, with and without a log."""
    try:
        scenario = small_scenario(
            tiers={"t": {"price_per_month": 100, "churn_per_month": 0.3}},
            channels={"web": {"enters_as": "MQL", "leads_per_month": 40, "tiers": {"t": 1}}},
            journeys={"t": journey},
            **parts,
        )
    except ValidationError:
        return
    logged = simulate(scenario, 1, 0, log=True)
    assert_log_only_observes(scenario, 1, logged)
    assert_balances(scenario, logged)
    assert_mrr_is_price_times_customers(scenario, logged)


def test_a_customer_who_fails_a_step_is_not_counted_out_twice() -> None:
    sell = {"by": "AE", "on": "MQL", "pass_probability": 0.5, "to": "WIN"}
    balanced_or_refused({"sell": sell, "onboard": {"by": "AE", "pass_probability": 0.5, "to": "LIVE"}})


def test_a_self_service_customer_who_fails_to_activate_has_still_signed() -> None:
    # Steps by nobody are counted in bulk when there is no log: a signature among them must not be forgotten.
    sign_up = {"by": "nobody", "on": "MQL", "pass_probability": 0.5, "to": "WIN"}
    balanced_or_refused(
        {"sign_up": sign_up, "activate": {"by": "nobody", "pass_probability": 0.5, "to": "LIVE"}}
    )


@pytest.mark.parametrize("again", ["MQL", "WIN", "LIVE"])
def test_a_state_is_entered_once_even_if_a_step_names_it_again(again: str) -> None:
    steps: Data = {}
    for state, to in (("MQL", "WIN"), ("WIN", "LIVE"), ("LIVE", None)):
        if state == again:
            steps[f"again_{state}"] = {"by": "AE", "on": state, "to": state}
        if to is not None:
            steps[f"to_{to}"] = {"by": "AE", "on": state, "to": to}
    care = {"by": "AE", "effort_hours_per_month": 0.1}
    try:
        scenario = small_scenario(
            tiers={"t": {"price_per_month": 100, "churn_per_month": 0.3, "care": care}},
            journeys={"t": steps},
        )
    except ValidationError:
        return
    replication = simulate(scenario, 1, 0, log=True)
    assert_balances(scenario, replication)
    assert_mrr_is_price_times_customers(scenario, replication)


@pytest.mark.slow
def test_thinning_in_bulk_changes_nothing() -> None:
    """Nobody's steps at the entry, with and without delay, up to WIN and past it; over several blocks."""
    nobody = {"by": "nobody"}
    scenario = small_scenario(
        tiers={"self": {"price_per_month": 9, "churn_per_month": 0.1}, "smb": {"price_per_month": 100}},
        channels={
            "web": {"enters_as": "Suspect", "leads_per_month": 2000, "tiers": {"self": 0.6, "smb": 0.4}},
            "fair": {
                "enters_as": "Prospect",
                "leads_per_month": 5,
                "arrivals": "start_of_month",
                "tiers": {"self": 1},
            },
        },
        journeys={
            "self": {
                "visit": nobody | {"on": "Suspect", "pass_probability": 0.3, "to": "Prospect"},
                "try": nobody
                | {"pass_probability": 0.5, "buyer_delay_days": {"uniform": {"low": 0, "high": 14}}},
                "buy": nobody | {"pass_probability": 0.5, "to": "WIN"},
                "use": nobody | {"to": "LIVE"},
            },
            "smb": {
                "visit": nobody | {"on": "Suspect", "pass_probability": 0.1, "to": "MQL"},
                "sell": {"by": "AE", "effort_hours": 0.05, "pass_probability": 0.5, "to": "WIN"},
            },
        },
    )
    logged = simulate(scenario, 1, 0, log=True)
    assert_log_only_observes(scenario, 1, logged)
    assert_balances(scenario, logged)
    assert_mrr_is_price_times_customers(scenario, logged)
    assert logged.tables["funnel"]["came_in"].sum() > 3 * 2048
