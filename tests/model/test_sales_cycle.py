"""Length of the sales cycle: deciders, price, a new market, a free trial."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import assert_mean
from random_scenarios import Data
from small_scenarios import MONTH, one_burst, run, small_scenario

from simsales.model import simulate
from simsales.scenario import Scenario

DELAYS = (3.0, 5.0)
EFFORTS = (1.0, 2.0)
FIRST = ("web", 0)


def sale(
    *, price: float = 100.0, delays: tuple[Any, Any] = DELAYS, leads: int = 1, trial: Data | None = None,
    people: int = 1, reference: float | None = None, **cycle: Any,
) -> Scenario:  # fmt: skip
    """Two steps and two delays to a sale, a third one afterwards; an hour is a day."""
    steps: Data = {
        "call": {
            "by": "AE", "on": "MQL", "effort_hours": EFFORTS[0], "buyer_delay_days": delays[0], "to": "SQL",
        },
        "demo": {"by": "AE", "effort_hours": EFFORTS[1], "buyer_delay_days": delays[1], "to": "SAL"},
    }  # fmt: skip
    if trial is not None:
        steps["trial"] = trial
    steps["sign"] = {"by": "nobody", "buyer_delay_days": 4.0, "to": "WIN"}
    steps["onboard"] = {"by": "AE", "effort_hours": 1.0, "to": "LIVE"}
    return small_scenario(
        horizon_months=12,
        tiers={"t": {"price_per_month": price, "reference_price_per_month": reference} | {"cycle": cycle}},
        channels={"web": one_burst(leads)},
        journeys={"t": steps},
        organization={"teams": {"sales": {"members": {"AE": people}}}},
    )


def dates(scenario: Scenario, lead: log_reader.Lead = FIRST) -> tuple[float, float]:
    """Day of the signature, and day of being LIVE."""
    reached = {
        e.detail: e.time_days for e in log_reader.events_by_lead(run(scenario))[lead] if e.kind == "state"
    }
    return reached["WIN"], reached["LIVE"]


def assert_lasts(scenario: Scenario, factor: float) -> None:
    """The sale takes its efforts, and its delays times the factor."""
    won = sum(EFFORTS) + sum(DELAYS) * factor
    assert dates(scenario) == pytest.approx((won, won + 4 * factor + 1), rel=1e-12)
    funnel = simulate(scenario, 1, 0).tables["funnel"]
    assert funnel["won_days"].sum() == pytest.approx(won, rel=1e-12)


# --------------------------------------------------------------------------------------------- neutral values


@pytest.mark.parametrize("price", [0.01, 100.0, 1e9])
@pytest.mark.parametrize("exponent", [0.5, 1.0, 5.0])
def test_a_tier_at_its_own_price_is_as_stated(price: float, exponent: float) -> None:
    # Whatever the exponent.
    assert_lasts(sale(price=price, reference=price, price_exponent=exponent), 1)


# --------------------------------------------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("deciders", "counted"), [(1.0, 1), (4.0, 4), (2.4, 2), (2.6, 3), (0.2, 1), (0.0, 1)]
)
def test_each_decider_beyond_the_first_adds_a_share(deciders: float, counted: int) -> None:
    assert_lasts(sale(per_decision_maker=0.25, decision_makers=deciders), 1 + 0.25 * (counted - 1))


@pytest.mark.parametrize("exponent", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("reference", [50.0, 100.0, 400.0])
def test_the_price_lengthens_the_sale(exponent: float, reference: float) -> None:
    scenario = sale(price_exponent=exponent, reference=reference)
    assert_lasts(scenario, (100 / reference) ** exponent)


@pytest.mark.parametrize("factor", [0.5, 1.7])
def test_a_new_market_takes_longer(factor: float) -> None:
    assert_lasts(sale(new_market_factor=factor), factor)


def test_all_of_them_multiply() -> None:
    scenario = sale(
        per_decision_maker=0.2, decision_makers=3.0, price_exponent=0.5, reference=25.0,
        new_market_factor=1.5,
    )  # fmt: skip
    assert_lasts(scenario, 1.4 * 2 * 1.5)


@pytest.mark.slow
def test_random_delays_are_stretched_as_they_fall() -> None:
    # The same lead with the same draws: every delay of whatever law is the same number times the factor.
    laws: tuple[Any, ...] = (
        {"exponential": {"mean": 5.0}},
        {"lognormal": {"mean": 5.0, "sd": 4.0}},
        {"uniform": {"low": 1.0, "high": 9.0}},
        {"triangular": {"low": 1.0, "mode": 2.0, "high": 9.0}},
    )
    for one, other in pairwise(laws):
        plain = sale(delays=(one, other), leads=20, people=40)
        longer = sale(delays=(one, other), leads=20, people=40, new_market_factor=2.5)
        for number in range(20):
            work = sum(EFFORTS)
            before, after = (dates(s, ("web", number))[0] - work for s in (plain, longer))
            assert after == pytest.approx(2.5 * before, rel=1e-9)


def test_a_lead_has_its_deciders_for_the_whole_journey() -> None:
    deciders = {"uniform": {"low": 0.5, "high": 6.5}}
    scenario = sale(per_decision_maker=0.5, decision_makers=deciders, leads=300, people=600)
    numbers = []
    for life in log_reader.events_by_lead(run(scenario)).values():
        done = {e.step: e.time_days for e in life if e.kind == "done"}
        ready = {e.step: e.time_days for e in life if e.kind == "ready"}
        first, second = (ready["demo"] - done["call"]) / 3.0, (done["sign"] - done["demo"]) / 5.0
        third = (ready["onboard"] - done["sign"]) / 4.0
        assert first == pytest.approx(second)
        assert first == pytest.approx(third)
        number = (first - 1) / 0.5 + 1
        assert number == pytest.approx(round(number))
        numbers.append(round(number))
    assert set(numbers) == {1, 2, 3, 4, 5, 6}
    # One to six, all as likely: 3.5 on average.
    assert_mean(numbers, 3.5, sharpness=0.12)


def test_the_sale_is_longer_by_each_of_them_alone() -> None:
    base = dates(sale(decision_makers=2.0, reference=50.0))[0]
    alone: list[tuple[Data, Data]] = [
        ({"per_decision_maker": 0.1}, {"per_decision_maker": 0.4}),
        ({"price_exponent": 0.2}, {"price_exponent": 0.9}),
        ({"new_market_factor": 1.2}, {"new_market_factor": 3.0}),
    ]
    for one, two in alone:
        first, second = (dates(sale(decision_makers=2.0, reference=50.0, **more))[0] for more in (one, two))
        assert base < first < second


def test_only_this_tiers_delays_and_nobodys_work() -> None:
    # Efforts and hand-offs are as long as ever, and so is the journey of the other tier.
    def scenario(**cycle: float) -> Scenario:
        step = {"effort_hours": 1.0, "buyer_delay_days": 2.0}
        steps = {
            "call": step | {"by": "SDR", "on": "MQL", "to": "SQL"},
            "sell": step | {"by": "AE", "to": "WIN"},
        }
        return small_scenario(
            tiers={"t": {"price_per_month": 1, "cycle": cycle}, "u": {"price_per_month": 1}},
            channels={
                "one": one_burst(1),
                "two": one_burst(1, tiers={"u": 1}),
            },
            journeys={"t": steps, "u": steps},
            organization={
                "teams": {"sales": {"members": {"SDR": 2, "AE": 2}}},
                "handoff": {"within_team": {"delay_days": 0.5}},
            },
        )

    plain, slow = run(scenario()), run(scenario(new_market_factor=3.0))
    won = [
        {e.channel: e.time_days for e in log_reader.of_kind(r, "state") if e.detail == "WIN"}
        for r in (plain, slow)
    ]
    assert won == [{"one": 4.5, "two": 4.5}, {"one": 1 + 2 * 3 + 0.5 + 1, "two": 4.5}]
    busy = [r.tables["work"]["busy_days"].sum() for r in (plain, slow)]
    assert busy == [4.0, 4.0]


# ------------------------------------------------------------------------------------------------- free trial

TRIAL = {"by": "nobody", "buyer_delay_days": 14.0}


def test_a_free_trial_adds_its_days_and_takes_nobodys_time() -> None:
    plain, tried = sale(leads=5, people=2), sale(leads=5, people=2, trial=TRIAL)
    for number in range(5):
        before, after = dates(plain, ("web", number)), dates(tried, ("web", number))
        assert after[0] == before[0] + 14
    one, other = simulate(plain, 1, 0).tables["work"], simulate(tried, 1, 0).tables["work"]
    for column in ("busy_days", "begun"):
        assert one[column].sum() == other[column].sum()
    assert sorted(set(run(tried).tables["funnel"]["won_days"])) == [
        0,
        5 * 14 + run(plain).tables["funnel"]["won_days"].max(),
    ]
    steps = [e.kind for e in log_reader.events(run(tried)) if e.step == "trial"]
    assert steps == ["done"] * 5


def test_during_a_trial_people_do_other_things() -> None:
    # One person, two leads, a day of work before and after a trial of 14 days: sold on days 16 and 17.
    step = {"by": "AE", "effort_hours": 1.0}
    scenario = small_scenario(
        horizon_months=2,
        channels={"web": one_burst(2)},
        journeys={
            "t": {
                "call": step | {"on": "MQL", "to": "SQL"},
                "trial": TRIAL,
                "sell": step | {"to": "WIN"},
            }
        },
    )
    assert [e.time_days for e in log_reader.of_kind(run(scenario), "state") if e.detail == "WIN"] == [16, 17]


def test_a_trial_may_lose_leads_at_its_beginning() -> None:
    # What it passes is decided at once, its days are those of the ones who go on.
    trial = TRIAL | {"pass_probability": 0.5, "otherwise": {"lost": "did not try"}}
    replication = run(sale(leads=40, people=40, trial=trial))
    lost = [e.time_days for e in log_reader.of_kind(replication, "lost")]
    assert set(lost) == {sum(EFFORTS) + sum(DELAYS)}
    won = [e.time_days for e in log_reader.of_kind(replication, "state") if e.detail == "WIN"]
    assert set(won) == {sum(EFFORTS) + sum(DELAYS) + 14}
    assert len(lost) + len(won) == 40
    assert np.isclose(replication.tables["funnel"]["won_days"].sum(), 25 * len(won))
    assert max(won) < MONTH
