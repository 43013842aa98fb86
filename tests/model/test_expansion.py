"""Expansion, contraction, reactivation, references, communities (long: one mechanism after the other)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_mean, assert_proportion
from money_scenarios import (
    ANNUAL,
    LIVE,
    SIGN,
    SILENT,
    Data,
    Numbers,
    assert_hazards,
    at_once,
    by_cause,
    by_odds,
    customer_base,
    ledger,
    market,
    moved,
    run_without_log,
)
from scipy import stats
from small_scenarios import HOURS, MONTH, run

from simsales.model import Replication
from simsales.scenario import Scenario

DEAR = 1e6
"""A price at which rounding to cents does not show."""


def mrr_closing(scenario: Scenario, replication: int = 0) -> list[float]:
    return [float(mrr) for mrr in ledger(run_without_log(scenario, replication), "mrr_closing")]


# ---------------------------------------------------------------------------------------------------- spread


def seats(growth: float, limit: float, months: int, *, customers: int = 1000) -> Scenario:
    spread = {"per_month": growth, "limit": limit}
    return customer_base({"price_per_month": DEAR, "spread": spread}, customers=customers, months=months)


@pytest.mark.parametrize(("growth", "limit"), [(0.05, 10.0), (0.2, 3.0)])
def test_the_first_months_growth_is_exact(growth: float, limit: float) -> None:
    # 1 + g (1 − 1 / L) E with E standard exponential: its mean is 1 and its standard deviation too. (Beyond
    # the limit would be an E of 200, or 15.)
    customers = 10_000
    mean = mrr_closing(seats(growth, limit, 1, customers=customers))[0] / customers / DEAR
    expected = growth * (1 - 1 / limit)
    tolerance = stats.norm.ppf(1 - ALARM / 2) * expected / np.sqrt(customers)
    assert abs(mean - 1 - expected) <= tolerance < 0.05 * expected


def test_each_customers_growth_of_a_month_is_exponential() -> None:
    # Seat by seat in the log: what one gains in month 1, over g (1 − 1 / L).
    replication = run(seats(0.1, 5.0, 1))
    gains = np.array([e.mrr for e in log_reader.of_kind(replication, "expansion")]) / DEAR / (0.1 * 0.8)
    assert len(gains) == 1000
    assert stats.kstest(gains, stats.expon.cdf).pvalue > ALARM


def spread_path(growth: float, limit: float, months: int) -> Numbers:
    """Mean seats after 0, 1, … months, by backward recursion over the law of a month's growth.

    V(0, s) = s; V(n, s) = E[V(n − 1, min(s + g s (1 − s / L) E, L))], the integral by Gauss and Laguerre, V
    between the points of a grid by its neighbours.
    """
    e, weights = np.polynomial.laguerre.laggauss(40)
    grid = np.linspace(1.0, limit, 2001)
    value, path = grid.copy(), [1.0]
    after = np.minimum(grid[:, np.newaxis] * (1 + growth * (1 - grid[:, np.newaxis] / limit) * e), limit)
    for _ in range(months):
        value = np.interp(after, grid, value) @ weights
        path.append(float(value[0]))
    return np.array(path)


@pytest.mark.slow
def test_seats_spread_along_their_mean_path_to_the_limit() -> None:
    growth, limit, months, customers = 0.15, 8.0, 48, 1000
    replications = [mrr_closing(seats(growth, limit, months, customers=customers), r) for r in range(12)]
    means = np.array(replications) / customers / DEAR
    theory = spread_path(growth, limit, months)
    for month in (1, 6, 12, 24, 36, 48):
        assert_mean(means[:, month - 1], theory[month], sharpness=0.02)
    # That is about the logistic path s + g s (1 − s / L), and never above it: growth being concave in seats,
    # what chance spreads takes a little off the mean.
    logistic = [1.0]
    for _ in range(months):
        logistic.append(logistic[-1] * (1 + growth * (1 - logistic[-1] / limit)))
    assert (theory <= np.array(logistic) + 1e-9).all()
    assert (theory > 0.95 * np.array(logistic)).all()


def test_nobody_passes_the_limit_nor_shrinks() -> None:
    # Half as much again a month on average: everyone is at the limit soon.
    replication = run(seats(0.5, 4.0, 60, customers=50))
    mrr = dict.fromkeys(range(50), DEAR)
    for event in log_reader.of_kind(replication, "expansion"):
        assert event.mrr > 0
        mrr[event.number] += event.mrr
        assert mrr[event.number] <= 4 * DEAR * (1 + 1e-6)  # rounded to cents month after month
    assert min(mrr.values()) > 3.5 * DEAR


def test_seats_spread_once_the_customer_is_live() -> None:
    # Onboarding takes two and a half months: the first growth is that of the month in which it ends.
    spread = {"per_month": 0.2, "limit": 10.0}
    scenario = market({"spread": spread}, leads=20, months=5, sign={"buyer_delay_days": 2.5 * MONTH})
    assert set(moved(run_without_log(scenario), "expansion", "spread")) == {3, 4, 5}


# -------------------------------------------------------------------------------------------------- releases


def test_releases_come_at_their_months_and_the_right_share_moves_up() -> None:
    # At the ends of months 3, 8 and 13; price tiers of 1, 1.5 and 4 times the price. 40 % of those below the
    # highest move up by one.
    releases = {"every_months": 5, "first_month": 3, "price_tiers": [1, 1.5, 4], "adopt_probability": 0.4}
    replication = run_without_log(customer_base({"releases": releases}, months=14))
    customers = moved(replication, "expansion", "release", what="customers")
    assert set(customers) == {3, 8, 13}
    # After one release 0.6 are on the first tier and 0.4 on the second; after two 0.36, 0.48 and 0.16.
    assert_proportion(int(customers[3]), 10_000, 0.4)
    assert_proportion(int(customers[8]), 10_000, 0.4)
    assert_proportion(int(customers[13]), 10_000, 0.4 * (0.36 + 0.48))
    # The first step is worth 50, the second 250.
    gained = moved(replication, "expansion", "release")
    assert gained[3] == 50 * customers[3]
    upper = (gained[8] - 50 * customers[8]) / 200
    assert upper == int(upper)
    assert_proportion(int(upper), int(customers[3]), 0.4)


def test_everybody_adopts_by_hand() -> None:
    # 100, 150, 400 and no further; the warm-up's months count, with numbers below 1.
    releases = {"every_months": 2, "first_month": -1, "price_tiers": [1, 1.5, 4], "adopt_probability": 1.0}
    replication = run_without_log(
        customer_base({"releases": releases}, customers=1, months=3, warm_up_months=2)
    )
    assert ledger(replication, "mrr_closing") == [150, 150, 400, 400, 400]
    releases["first_month"] = -2  # before the simulation begins: the first that it sees is at the end of 0
    replication = run_without_log(
        customer_base({"releases": releases}, customers=1, months=3, warm_up_months=2)
    )
    assert ledger(replication, "mrr_closing") == [100, 150, 150, 400, 400]


# ---------------------------------------------------------------------------------------------------- levers


def lever(attempts: float = 1.0, passes: float = 1.0, adds: float = 0.1, **more: Any) -> Data:
    return {"attempts_per_month": attempts, "pass_probability": passes, "adds": adds} | more


def sold_by(
    role_hours: float, levers: Data, *, customers: int = 10, months: int = 6, ams: int = 1, **product: Any
) -> Scenario:
    """Customers whose levers are worked by AMs, one as a rule; an hour is a day at HOURS a month."""
    return customer_base(
        {"levers": levers} | product,
        customers=customers,
        months=months,
        organization={"teams": {"success": {"members": {"AM": ams}}}},
        people={"AM": {"hours_per_month": role_hours}},
    )


@pytest.mark.parametrize(("attempts", "passes"), [(0.3, 0.5), (1.0, 0.2), (0.1, 1.0)])
def test_a_lever_is_tried_and_succeeds_as_often_as_stated(attempts: float, passes: float) -> None:
    # Nobody's effort: each customer, each month, with probability attempts × passes; 10 % of its MRR then.
    months = 5
    replication = run_without_log(
        customer_base({"levers": {"up": lever(attempts, passes)}}, months=months, customers=4000)
    )
    customers = moved(replication, "expansion", "up", what="customers")
    assert set(customers) == set(range(1, months + 1))
    assert_proportion(int(sum(customers.values())), 4000 * months, attempts * passes)
    # What it adds is a share of what the customer pays by then: (1 + 0.1)^successes, cents aside.
    expected = 100 * (1 + 0.1 * attempts * passes) ** months
    one = np.sqrt((1 + attempts * passes * (1.1**2 - 1)) ** months - (expected / 100) ** 2)
    tolerance = stats.norm.ppf(1 - ALARM / 2) * 100 * one / np.sqrt(4000)
    assert abs(ledger(replication, "mrr_closing")[-1] / 4000 - expected) <= tolerance + 0.01


def test_up_sell_cross_sell_and_price_increase_by_hand() -> None:
    # Certain successes at the end of each month, in the order of their names, each on what is there then:
    # 100 × 1.2 × 1.5 × 1.1 = 198; told apart by cause.
    levers = {
        "cross": lever(adds=0.2),
        "price": lever(adds=0.5, raises="price"),
        "up": lever(adds=0.1),
    }
    replication = run_without_log(customer_base({"levers": levers}, customers=1, months=1))
    assert by_cause(replication, "expansion", what="mrr") == {"cross": 20, "price": 60, "up": 18}
    assert ledger(replication, "mrr_closing") == [198]


def test_from_a_certain_age_on() -> None:
    # Month 3 is the third full month of those who were new; of those of age 2, month 1 is.
    levers = {"up": lever(adds=1.0, from_month=3)}
    assert mrr_closing(customer_base({"levers": levers}, customers=1, months=4)) == [100, 100, 200, 400]
    assert mrr_closing(customer_base({"levers": levers}, customers=1, months=2, age=2)) == [200, 400]
    # By somebody: the same, as the talk of the month takes place in it.
    talks = {"up": lever(adds=1.0, from_month=3, by="AM")}
    assert mrr_closing(sold_by(HOURS, talks, customers=1, months=4)) == [100, 100, 200, 400]


@pytest.mark.slow
def test_only_a_price_increase_is_felt_as_a_price() -> None:
    # MRR is doubled at the end of month 1: hazard × 2^2 in month 2 if it is the price that has doubled.
    response = {"churn_per_month": 0.05, "price_response": {"churn_exponent": 2.0}}
    once = lever(adds=1.0)
    for raises, later in (("volume", 0.05), ("price", 1 - 0.95**4)):
        product = response | {"levers": {"l": once | {"raises": raises}}}
        replication = run_without_log(customer_base(product, customers=20_000, months=2))
        assert_hazards(replication, [0.05, later])


def test_an_attempt_takes_hours_whether_it_succeeds_or_not() -> None:
    # Ten customers, a day and a half each, every month, and nobody buys; salaries and all.
    for passes in (0.0, 1.0):
        replication = run(sold_by(HOURS, {"up": lever(passes=passes, by="AM", effort_hours=1.5)}))
        busy = [float(days) for days in replication.tables["work"]["busy_days"]]
        assert busy == pytest.approx([15.0] * 6)
        assert len(log_reader.of_kind(replication, "talk")) == 60
        assert len(log_reader.of_kind(replication, "expansion")) == 60 * passes


def test_as_many_attempts_as_there_is_time_for() -> None:
    # 40 customers at two days each ask for 80 days a month of 30.4375: 15 talks in the first month, 30 by the
    # end of the second, 45 … and with one who waits for his talk no other is begun.
    replication = run(sold_by(HOURS, {"up": lever(by="AM", effort_hours=2.0)}, customers=40))
    months = [int(e.time_days // MONTH) for e in log_reader.of_kind(replication, "talk")]
    assert np.cumsum(np.bincount(months)).tolist() == [int(MONTH * m // 2) for m in range(1, 7)]
    # In turn: nobody has two talks more than another.
    talks = np.bincount([e.number for e in log_reader.of_kind(replication, "talk")], minlength=40)
    assert talks.max() - talks.min() <= 1
    assert ledger(replication, "mrr_expansion")[0] == 10 * 15


def test_a_talk_counts_in_the_month_in_which_it_takes_place() -> None:
    # 40 days for one attempt: begun with month 1, done in month 2; the next with month 3.
    replication = run_without_log(
        sold_by(HOURS, {"up": lever(adds=1.0, by="AM", effort_hours=40.0)}, customers=1)
    )
    assert ledger(replication, "mrr_closing") == [100, 200, 200, 400, 400, 800]


@pytest.mark.slow
def test_random_effort_has_the_stated_mean() -> None:
    effort = {"lognormal": {"mean": 0.05, "sd": 0.05}}
    levers = {"up": lever(0.5, by="AM", effort_hours=effort)}
    replications = [run_without_log(sold_by(744, levers, customers=200), r) for r in range(30)]
    # Half of 200 customers in each of six months, 0.05 hours each, 744 / 30.4375 of which make a day.
    theory = 0.5 * 200 * 6 * 0.05 * MONTH / 744
    assert_mean([r.tables["work"]["busy_days"].sum() for r in replications], theory)


def test_the_talks_of_one_who_leaves_fall_away() -> None:
    # Everyone leaves at the end of month 2, with 60.875 days for talks of a day with 100 customers: 60 are
    # held, one is at hand, and the rest of the time is his own.
    product: Data = {"churn_per_month": 1.0, "churn_factors": {"season": [0.0] + [1.0] * 11}}
    replication = run(sold_by(HOURS, {"up": lever(by="AM", effort_hours=1.0)}, customers=100, **product))
    busy = [float(days) for days in replication.tables["work"]["busy_days"]]
    assert busy == pytest.approx([MONTH, MONTH, 61 - 2 * MONTH, 0, 0, 0])
    talks = log_reader.of_kind(replication, "talk")
    assert len(talks) == 60
    assert max(e.time_days for e in talks) < 2 * MONTH


def test_a_lever_works_with_live_customers() -> None:
    levers = {"up": lever(adds=1.0)}
    scenario = market({"levers": levers}, leads=1, months=4, sign={"buyer_delay_days": 1.5 * MONTH})
    # Signed in month 1, LIVE in the middle of month 2.
    assert ledger(run_without_log(scenario), "mrr_closing") == [100, 200, 400, 800]


def test_at_renewal_once_a_term() -> None:
    # By itself or by somebody: it bears fruit when the term ends. Somebody talks about it beside the renewal
    # conversation, two months before.
    once = lever(0.0, adds=1.0, at_renewal=True)
    terms = {"contracts": {"half": {"term_months": 6}}}
    replication = run_without_log(customer_base({"levers": {"up": once}} | terms, customers=1, months=13))
    assert moved(replication, "expansion", "up") == {6: 100, 12: 200}
    renewal = {"by": "AM", "effort_hours": 1.0, "months_before": 2}
    talked: Data = {"contracts": {"half": {"term_months": 6, "renewal": renewal}}}
    scenario = sold_by(
        HOURS, {"up": once | {"by": "AM", "effort_hours": 2.0}}, customers=1, months=13, **talked
    )
    replication = run(scenario)
    assert moved(replication, "expansion", "up") == {6: 100, 12: 200}
    busy = [float(days) for days in replication.tables["work"]["busy_days"]]
    assert busy == pytest.approx([3.0 if month in (5, 11) else 0.0 for month in range(1, 14)])
    # Who pays by the month has no term to renew.
    assert by_cause(run_without_log(customer_base({"levers": {"up": once}}, customers=1)), "expansion") == {}


def test_levers_draw_independently() -> None:
    # Two of even chance: both with a quarter of the customers.
    levers = {"a": lever(0.5, 1.0), "b": lever(0.5, 1.0)}
    replication = run(customer_base({"levers": levers}, customers=4000, months=1))
    who = {
        cause: {e.number for e in log_reader.of_kind(replication, "expansion") if e.step == cause}
        for cause in "ab"
    }
    assert_proportion(len(who["a"]), 4000, 0.5)
    assert_proportion(len(who["a"] & who["b"]), 4000, 0.25)


# ----------------------------------------------------------------------------------------------- contraction


def test_contraction_takes_its_share_from_as_many_as_stated() -> None:
    replication = run_without_log(
        customer_base({"contraction": {"probability_per_month": 0.1, "share": 0.25}}, months=4)
    )
    customers = moved(replication, "contraction", "fewer seats", what="customers")
    assert set(customers) == {1, 2, 3, 4}
    assert_proportion(int(sum(customers.values())), 40_000, 0.1)
    # The first time 25 of 100.
    assert moved(replication, "contraction", "fewer seats")[1] == 25 * customers[1]


def test_contraction_to_nothing_leaves_a_customer_who_pays_nothing() -> None:
    product: Data = {"contraction": {"probability_per_month": 1.0, "share": 1.0}}
    replication = run_without_log(customer_base(product, customers=7, months=4))
    assert ledger(replication, "mrr_contraction") == [700, 0, 0, 0]
    assert ledger(replication, "mrr_closing") == [0] * 4
    assert ledger(replication, "customers_closing") == [7] * 4
    assert ledger(replication, "customers_churned") == [0] * 4
    # Nothing can grow out of nothing, and when it leaves there is nothing to lose.
    product |= {"spread": {"per_month": 0.5}, "levers": {"up": lever()}, "churn_per_month": 0.5}
    replication = run_without_log(customer_base(product, customers=7, months=10))
    assert ledger(replication, "mrr_closing") == [0] * 10
    assert sum(ledger(replication, "mrr_churned")[1:]) == 0
    assert sum(ledger(replication, "customers_churned")[1:]) > 0


def test_seats_that_were_given_up_can_spread_again() -> None:
    # A term of ten years ends with month 1, and nine tenths are given up. From the same month on the rest
    # grows, by 0.5 × (1 − 0.1) × E, up to the one that the limit is.
    product: Data = {
        "price_per_month": DEAR,
        "contracts": {"c": {"term_months": 120}},
        "contraction": {"probability_per_month": 1.0, "share": 0.9},
        "spread": {"per_month": 0.5, "limit": 1.0},
    }
    closing = np.array(mrr_closing(customer_base(product, customers=500, months=40, age=119))) / 500 / DEAR
    tolerance = stats.norm.ppf(1 - ALARM / 2) * 0.45 / np.sqrt(500)
    assert abs(closing[0] / 0.1 - 1 - 0.45) <= tolerance
    assert closing[0] < closing[1] < closing[2]
    assert 0.95 < closing[-1] <= 1


# ---------------------------------------------------------------------------------------------- reactivation


def returning(probability: float, within: int = 12, **product: Any) -> Data:
    """Customers who all leave at the end of month 1, and never again."""
    once = {"churn_per_month": 1.0, "churn_factors": {"season": [1.0] + [0.0] * 11}}
    return once | {"reactivation": {"probability_per_month": probability, "within_months": within}} | product


def test_customers_return_with_the_same_probability_month_after_month() -> None:
    # Left at the end of month 1; the first chance is at the end of month 2, the fifth and last in month 6.
    replication = run_without_log(customer_base(returning(0.2, within=5), months=9))
    back = ledger(replication, "customers_reactivated")
    away = 10_000
    for month in range(2, 7):
        assert_proportion(back[month - 1], away, 0.2)
        away -= back[month - 1]
    assert back[0] == 0
    assert back[6:] == [0, 0, 0]
    assert ledger(replication, "mrr_reactivation") == [100 * number for number in back]
    assert by_cause(replication, "reactivation") == {"monthly": sum(back)}


def test_who_returns_pays_what_it_paid_on_the_contract_that_it_had() -> None:
    # A year that ends with month 12; January's hazard is certain death, that of other months none. It had
    # grown to 200; the list price rises for those who renew, which it does not. Back at the end of month 13.
    product: Data = {
        "contracts": ANNUAL,
        "churn_per_month": 1.0,
        "churn_factors": {"season": [1.0] + [0.0] * 11},
        "reactivation": {"probability_per_month": 1.0},
        "releases": {"every_months": 99, "first_month": 2, "price_tiers": [1, 2], "adopt_probability": 1.0},
        "price_changes": {"up": {"month": 5, "price_per_month": 300, "base": "at_renewal"}},
    }
    replication = run_without_log(customer_base(product, customers=1, months=26))
    assert moved(replication, "reactivation", "annual") == {13: 200, 26: 200}
    # Its new term begins with month 14, paid for a year ahead, and ends with month 25.
    assert moved(replication, "churn", what="customers") == {12: 1, 25: 1}
    receipts = ledger(replication, "receipts")
    assert {month: cash for month, cash in enumerate(receipts, 1) if cash} == {1: 1200, 2: 1000, 14: 2400}


def test_who_returns_is_new_by_age_and_can_leave_again() -> None:
    # Everyone leaves after a first full month (there is no hazard later), and comes back: away in month 2,
    # there again from month 3 on, gone at its end, and so on.
    product = {
        "churn_per_month": 1.0,
        "churn_factors": {"age": {"first": {"until_month": 1, "factor": 1.0}, "later": {"factor": 0.0}}},
        "reactivation": {"probability_per_month": 1.0},
    }
    replication = run_without_log(customer_base(product, customers=5, months=8))
    assert ledger(replication, "customers_opening") == [5, 0] * 4
    assert ledger(replication, "customers_churned") == [5, 0] * 4
    assert ledger(replication, "customers_reactivated") == [0, 5] * 4


def test_who_returns_leaves_by_new_draws() -> None:
    # Half leave a month, all come back: of those who are back again half, whatever had become of them.
    product = {"churn_per_month": 0.5, "reactivation": {"probability_per_month": 1.0}}
    assert_hazards(run_without_log(customer_base(product, customers=3000)), 0.5)


def test_who_returns_is_live_at_once_and_was_not_onboarded_late() -> None:
    # An onboarding that took no time is not late, nor is a return after months.
    product = {
        "churn_per_month": 0.1,
        "churn_factors": {"onboarding": {"per_day_late": 1.0, "at_most": 100.0, "months": 99}},
        "reactivation": {"probability_per_month": 0.5},
    }
    assert_hazards(run_without_log(customer_base(product)), 0.1)


def test_who_returns_is_looked_after_again() -> None:
    # Ten hours a month in months 1 and 3 to 5, an hour being a day.
    product = returning(1.0, care={"by": "CSM", "effort_hours_per_month": 1.0})
    team = {"teams": {"success": {"members": {"CSM": 1}}}}
    replication = run_without_log(customer_base(product, customers=10, months=5, organization=team))
    busy = [float(days) for days in replication.tables["work"]["busy_days"]]
    assert busy == pytest.approx([10, 0, 10, 10, 10], abs=1e-9)


# --------------------------------------------------------------------------------------------- the next sale


def naming(reference: Data, *, customers: int, leads: int, months: int = 1, **parts: Any) -> Scenario:
    """Customers who are there from the beginning and may be named to the leads of the months that follow."""
    return customer_base(
        {"reference_customers": reference},
        customers=customers,
        months=months,
        channels={"web": {"enters_as": "MQL", "leads_per_month": leads, "tiers": {"t": 1}}},
        journeys={"t": {"sign": SIGN | {"pass_probability": 0.2}, "live": LIVE}},
        **parts,
    )


def assert_wins(replication: Replication, probabilities: list[float], channel: str = "web") -> None:
    """As many leads of each month win as stated."""
    funnel = replication.tables["funnel"]
    for month, p in enumerate(probabilities, 1):
        rows = (funnel["month"] == month) & (funnel["channel"] == channel)
        assert_proportion(int(funnel["win"][rows].sum()), int(funnel["came_in"][rows].sum()), p)


@pytest.mark.slow
@pytest.mark.parametrize(("customers", "factor"), [(0, 1.0), (1, 1.1), (5, 1.1**5), (8, 2.0), (500, 2.0)])
def test_each_reference_multiplies_the_odds_up_to_the_cap(customers: int, factor: float) -> None:
    # 1.1 to the power of their number; 1.1^8 = 2.14 is above the cap of 2.
    reference = {"share": 1.0, "after_months": 0, "win_odds_factor": 1.1, "at_most": 2.0}
    scenario = naming(reference, customers=customers, leads=8000)
    assert_wins(run_without_log(scenario), [by_odds(0.2, factor)])


def test_references_are_of_a_certain_age_and_counted_at_the_months_start() -> None:
    # Of age 0 at the beginning: three full months are over when month 4 begins.
    reference = {"share": 1.0, "after_months": 3, "win_odds_factor": 1.5, "at_most": 100.0}
    scenario = naming(reference, customers=2, leads=6000, months=4)
    # (New customers of month 1 are references from month 5 on at the earliest.)
    assert_wins(run_without_log(scenario), [0.2, 0.2, 0.2, by_odds(0.2, 1.5**2)])


@pytest.mark.slow
def test_only_those_who_agree_are_named() -> None:
    # Of 4 customers, each with even chance: a mixture over 0 to 4 references. Replications differ in their
    # number, so wins are averaged over them.
    reference = {"share": 0.5, "after_months": 0, "win_odds_factor": 3.0, "at_most": 100.0}
    scenario = naming(reference, customers=4, leads=200)
    shares = []
    for replication in range(150):
        funnel = run_without_log(scenario, replication).tables["funnel"]
        web = funnel["channel"] == "web"
        shares.append(funnel["win"][web].sum() / funnel["came_in"][web].sum())
    weights = stats.binom(4, 0.5).pmf(np.arange(5))
    assert_mean(shares, sum(w * by_odds(0.2, 3.0**k) for k, w in enumerate(weights)), sharpness=0.12)


def test_who_leaves_is_no_reference_any_more() -> None:
    reference = {"share": 1.0, "after_months": 0, "win_odds_factor": 3.0, "at_most": 3.0}
    leaving = {"churn_per_month": 1.0, "churn_factors": {"season": [0.0, 1.0] + [0.0] * 10}}
    scenario = customer_base(
        {"reference_customers": reference} | leaving,
        customers=1,
        months=3,
        # New customers are not LIVE for a year, and so are not references.
        channels={"web": {"enters_as": "MQL", "leads_per_month": 4000, "tiers": {"t": 1}}},
        journeys={"t": {"sign": SIGN | {"pass_probability": 0.2, "buyer_delay_days": 365}, "live": LIVE}},
    )
    high = by_odds(0.2, 3.0)
    assert_wins(run_without_log(scenario), [high, high, 0.2])


def test_references_help_in_their_industry_only() -> None:
    # 30 leads of one industry in month 1 become customers and references; from month 2 on they help with
    # leads of that industry, and with no others.
    reference = {
        "share": 1.0, "after_months": 0, "win_odds_factor": 2.0, "at_most": 4.0, "among": "industry",
    }  # fmt: skip
    first = {
        "enters_as": "SQL", "leads_per_month": 30, "season": [1.0] + [0.0] * 11, "tiers": {"t": 1},
        "industries": {"bank": 1.0},
    }  # fmt: skip
    later = {
        "enters_as": "MQL",
        "leads_per_month": 4000,
        "season": [0.0, 1.0] + [0.0] * 10,
        "tiers": {"t": 1},
    }
    steps = {
        "first": {"by": "nobody", "on": "SQL", "channels": ["first"], "to": "WIN"},
        "sign": SIGN | {"pass_probability": 0.2, "channels": ["bank", "shop"]},
        "live": {"by": "nobody", "on": "WIN", "to": "LIVE"},
    }
    scenario = market(
        {"reference_customers": reference},
        months=2,
        channels={
            "first": first,
            "bank": later | {"industries": {"bank": 1.0}},
            "shop": later | {"industries": {"shop": 1.0}},
        },
        journeys={"t": steps},
    )
    funnel = run_without_log(scenario).tables["funnel"]
    for channel, p in (("bank", by_odds(0.2, 4.0)), ("shop", 0.2)):
        rows = (funnel["month"] == 2) & (funnel["channel"] == channel)
        assert_proportion(int(funnel["win"][rows].sum()), int(funnel["came_in"][rows].sum()), p)


# ------------------------------------------------------------------------------------------------- referrals


def telling(
    product: Data, *, months: int, exponent: float = 0.0, each: float = 2.0, **parts: Any
) -> Scenario:
    """A thousand customers, who bring leads that never buy."""
    word = {
        "enters_as": "MQL", "leads_per_customer_month": each, "value_exponent": exponent, "tiers": {"t": 1},
    }  # fmt: skip
    return customer_base(
        product,
        customers=1000,
        months=months,
        channels={"web": SILENT, "word": word},
        journeys={"t": {"sign": SIGN | {"pass_probability": 1e-12}, "live": LIVE}},
        **parts,
    )


def assert_brought(replication: Replication, weights: list[float], each: float = 2.0) -> None:
    """Referrals month by month are Poisson, with ``each`` × the weight of the thousand as their mean."""
    funnel = replication.tables["funnel"]
    came = funnel["came_in"][funnel["channel"] == "word"]
    for brought, weight in zip(came.tolist(), weights, strict=True):
        if not weight:
            assert brought == 0
            continue
        law = stats.poisson(1000 * each * weight)
        assert min(law.cdf(brought), law.sf(brought - 1)) > ALARM / 2 / len(weights)


def test_customers_bring_leads_by_their_number() -> None:
    assert_brought(run_without_log(telling({}, months=4)), [1.0] * 4)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_customers_bring_leads_by_the_value_that_they_feel(exponent: float) -> None:
    # Their factor on the hazard of leaving in the month before, to the power of −exponent; nobody leaves, as
    # the churn that it multiplies is 0. Before the first month ends nothing has been felt.
    season = [2.0, 0.5, 1.0] + [1.0] * 9
    product = {"churn_factors": {"season": season}}
    weights = [1.0, 2.0**-exponent, 2.0**exponent, 1.0]
    assert_brought(run_without_log(telling(product, months=4, exponent=exponent)), weights)


def test_at_most_tenfold() -> None:
    product = {"churn_factors": {"season": [0.01, 0.0] + [1.0] * 10}}
    scenario = telling(product, months=3, exponent=2.0, each=0.5)
    assert_brought(run_without_log(scenario), [1.0, 10.0, 10.0], each=0.5)


def test_members_of_a_community_bring_more() -> None:
    # A share of 30 %, three times as many from month 3 on: 0.7 + 0.3 × 3. (The number of members is binomial:
    # here everybody is one.)
    product = {"community": {"from_month": 3, "share": 1.0, "referral_factor": 3.0}}
    assert_brought(run_without_log(telling(product, months=4)), [1, 1, 3, 3])


@pytest.mark.slow
def test_of_whom_only_a_share_are_members() -> None:
    product = {"community": {"share": 0.3, "referral_factor": 3.0}}
    scenario = telling(product, months=1)
    brought = []
    for replication in range(40):
        funnel = run_without_log(scenario, replication).tables["funnel"]
        brought.append(funnel["came_in"][funnel["channel"] == "word"].sum())
    assert_mean(brought, 2000 * (0.7 + 0.3 * 3))


def test_only_live_customers_bring_leads() -> None:
    # 500 sign at once and are LIVE in the middle of month 2.
    word = {"enters_as": "SQL", "leads_per_customer_month": 4.0, "value_exponent": 1.0, "tiers": {"t": 1}}
    never = {"by": "nobody", "on": "SQL", "channels": ["word"], "pass_probability": 1e-12, "to": "WIN"}
    steps = {
        "sign": SIGN | {"buyer_delay_days": 1.5 * MONTH},
        "never": never,
        "live": {"by": "nobody", "on": "WIN", "to": "LIVE"},
    }
    scenario = market({}, months=4, channels={"web": at_once(500), "word": word}, journeys={"t": steps})
    assert_brought(run_without_log(scenario), [0, 0, 1, 1])


# -------------------------------------------------------------------------------------------- who talks, when


def test_talks_are_shared_out_among_those_who_can_lead_them() -> None:
    # Nobody's care is an AM's, so that nobody has customers to be told apart by: each gets half of the talks.
    levers = {"up": lever(1.0, 0.0, by="AM")}
    replication = run(sold_by(HOURS, levers, customers=100, months=2, ams=2))
    who = Counter(event.detail for event in log_reader.of_kind(replication, "talk"))
    assert sorted(who.values()) == [100, 100]


def test_a_price_agreed_upon_before_a_renewal_holds_from_the_renewal_on() -> None:
    # Agreed upon six months before the term ends, paid from month 13 on.
    renewal = {"by": "AM", "months_before": 6}
    increase = lever(0.0, adds=0.1, at_renewal=True, by="AM", raises="price")
    annual = {"term_months": 12, "paid_months_ahead": 12, "renewal": renewal}
    scenario = sold_by(HOURS, {"rise": increase}, customers=10, months=14, contracts={"annual": annual})
    ledger = run(scenario).tables["ledger"]
    assert ledger["mrr_closing"].tolist() == [1000.0] * 11 + [1100.0] * 3
    assert ledger["receipts"].tolist() == [12_000.0] + [0.0] * 11 + [13_200.0, 0.0]
