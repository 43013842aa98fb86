"""Prices: responses, changes in time, the best price (long: five responses, each with its formula)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_mean, assert_proportion
from money_scenarios import (
    ANNUAL,
    SIGN,
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
from small_scenarios import MONTH, run, small_scenario

from simsales.model import Replication
from simsales.scenario import Scenario


def elastic(elasticity: float, price: float, **product: Any) -> Data:
    """A product whose odds respond to the price, 100 being the reference."""
    response = {"price_response": {"win_odds_elasticity": elasticity}}
    return {"price_per_month": price, "reference_price_per_month": 100} | response | product


def wins(replication: Replication) -> int:
    return int(replication.tables["funnel"]["win"].sum())


# --------------------------------------------------------------------------------------------------- the odds


@pytest.mark.slow
@pytest.mark.parametrize("elasticity", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("ratio", [0.5, 0.8, 1.0, 1.25, 2.0])
def test_the_win_probability_moves_on_the_logit_scale(elasticity: float, ratio: float) -> None:
    # logit p = logit 0.4 − elasticity × ln ratio.
    product = {
        "price_per_month": 80 * ratio,
        "reference_price_per_month": 80,
        "price_response": {"win_odds_elasticity": elasticity},
    }
    won = wins(run_without_log(market(product, sign={"pass_probability": 0.4})))
    assert_proportion(won, 10_000, by_odds(0.4, ratio**-elasticity))


def test_the_formula_holds_exactly_for_every_buyer() -> None:
    # With common random numbers, the number compared with the probability is the same at every price: who
    # buys at one price follows from who bought at another, without any sampling error. A price that moves the
    # odds by f is as good as another probability whose odds are f times as large.
    product = elastic(2.0, 150)
    dear = run(market(product, leads=3000, sign={"pass_probability": 0.4}))
    same = run(market({}, leads=3000, sign={"pass_probability": by_odds(0.4, 1.5**-2)}))
    assert won_by(dear) == won_by(same)
    assert 0 < len(won_by(dear)) < 3000


def won_by(replication: Replication) -> set[int]:
    return {e.number for e in log_reader.of_kind(replication, "sign")}


def test_a_free_product_is_bought_by_practically_everybody() -> None:
    product = elastic(2.0, 0)
    assert wins(run_without_log(market(product, leads=1000, sign={"pass_probability": 0.1}))) == 1000


def test_a_certain_sale_stays_certain() -> None:
    product = elastic(9.0, 900)
    assert wins(run_without_log(market(product, leads=1000))) == 1000


def test_only_the_step_to_win_hears_the_price() -> None:
    product = elastic(1.0, 200)
    steps = {
        "call": {"by": "nobody", "on": "MQL", "pass_probability": 0.5, "to": "SQL"},
        "sign": {"by": "nobody", "pass_probability": 0.5, "to": "WIN"},
    }
    replication = run_without_log(market(product, leads=20_000, journeys={"t": steps}))
    sqls = int(replication.tables["funnel"]["sql"].sum())
    assert_proportion(sqls, 20_000, 0.5)
    assert_proportion(wins(replication), sqls, by_odds(0.5, 0.5))


def test_a_discount_lowers_the_price_that_the_buyer_responds_to() -> None:
    # 25 % off 120 is 90: what is paid, and 0.9 of the reference.
    product = elastic(3.0, 120, discount=0.25)
    replication = run_without_log(market(product, sign={"pass_probability": 0.4}))
    assert_proportion(wins(replication), 10_000, by_odds(0.4, 0.9**-3))
    assert ledger(replication, "mrr_new") == [90 * wins(replication)]


@pytest.mark.slow
def test_each_buyer_has_a_discount_of_its_own_and_responds_to_it() -> None:
    # Off by 0 to 40 %, evenly: without elasticity the mean price is 80; with it, those with a larger discount
    # buy more often, by the integral over the discounts.
    product: Data = {"discount": {"uniform": {"low": 0.0, "high": 0.4}}}
    replication = run(market(product, sign={"pass_probability": 0.4}))
    assert_mean([e.mrr for e in log_reader.of_kind(replication, "sign")], 80.0)
    prices = 100 * (1 - np.linspace(0, 0.4, 4001))
    p = np.array([by_odds(0.4, (price / 100) ** -4) for price in prices])
    product |= {"price_response": {"win_odds_elasticity": 4.0}}
    replication = run(market(product, sign={"pass_probability": 0.4}))
    assert_proportion(wins(replication), 10_000, float(p.mean()))
    assert_mean([e.mrr for e in log_reader.of_kind(replication, "sign")], float((p * prices).sum() / p.sum()))


def test_hardly_any_discount_is_more_than_everything() -> None:
    product = {"discount": {"uniform": {"low": 0.9, "high": 1.0}}}
    paid = [e.mrr for e in log_reader.of_kind(run(market(product, leads=500)), "sign")]
    assert min(paid) == 1.0
    assert max(paid) < 10.01


def test_a_community_multiplies_the_odds_from_its_month_on() -> None:
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 5000, "tiers": {"t": 1}}}
    product = {"community": {"from_month": 2, "share": 0.0, "win_odds_factor": 2.0}}
    scenario = market(product, months=2, warm_up_months=1, sign={"pass_probability": 0.4}, channels=channels)
    funnel = run_without_log(scenario).tables["funnel"]
    for month, p in ((0, 0.4), (1, 0.4), (2, by_odds(0.4, 2.0))):
        of_month = funnel["month"] == month
        assert_proportion(funnel["win"][of_month].sum(), funnel["came_in"][of_month].sum(), p)


# -------------------------------------------------------------------------------------------------- the sweep

GRID: Numbers = 100 * 4 ** (np.arange(13) / 12 - 0.5)
"""Prices from half to twice the reference price of 100, each 12 % above the one before."""
LEADS = 8_000


@pytest.mark.slow
@pytest.mark.parametrize(("elasticity", "p0"), [(2.0, 0.4), (3.0, 0.75), (5.0, 0.85)])
def test_a_sweep_of_prices_finds_the_best_one(elasticity: float, p0: float) -> None:
    # A single step: new MRR per lead is R(P) = P p(P) with logit p = logit p0 − e ln(P / ref). Where its
    # logarithm is level, 1 = e (1 − p): the odds are e − 1, and P* = ref × (odds0 / (e − 1))^(1 / e).
    best = 100 * (p0 / (1 - p0) / (elasticity - 1)) ** (1 / elasticity)
    p = np.array([by_odds(p0, (price / 100) ** -elasticity) for price in GRID])
    theory = GRID * p
    nearest = int(np.argmin(np.abs(np.log(GRID / best))))
    assert 0 < nearest < len(GRID) - 1, "the optimum lies inside"
    assert nearest == np.argmax(theory), "R is level at the stated place"

    simulated = swept(elasticity, p0)
    # The curve, point by point: binomial, with thirteen looks.
    for won, probability in zip(simulated, p, strict=True):
        assert stats.binomtest(int(won), LEADS, probability).pvalue > ALARM / len(GRID)
    # With common random numbers, who buys at a price buys at every lower one, so the sampling error of a
    # difference is that of nested events. Only prices within it of the best one may come out ahead.
    mrr = simulated * GRID / LEADS
    found = int(mrr.argmax())
    undecided = [i for i in range(len(GRID)) if theory[nearest] - theory[i] <= tolerance(p, i, nearest)]
    assert found in undecided
    # And that is a narrow circle, as the curve is flat at its top: the sweep tells the best price from those
    # that are a third higher or lower.
    assert all(abs(i - nearest) <= 2 for i in undecided)
    assert mrr[0] < mrr[nearest] > mrr[-1]


def swept(elasticity: float, p0: float) -> Numbers:
    """How many of the same leads buy, at each price of the grid."""
    steps = {"t": {"sign": SIGN | {"pass_probability": p0}}}
    scenarios = [market(elastic(elasticity, price), leads=LEADS, journeys=steps) for price in GRID.tolist()]
    return np.array([wins(run_without_log(each)) for each in scenarios], dtype=float)


def tolerance(p: Numbers, one: int, other: int) -> float:
    """By how much the mean MRR per lead at two prices of the grid can differ from its expectation.

    A lead brings the difference of the prices if it buys at both (it does so with the lower of the two
    probabilities), the lower price if it buys at that one only.
    """
    low, high = sorted((one, other))
    both, lower = GRID[high] - GRID[low], -GRID[low]
    mean = both * p[high] + lower * (p[low] - p[high])
    variance = both**2 * p[high] + lower**2 * (p[low] - p[high]) - mean**2
    return float(stats.norm.ppf(1 - ALARM / len(p)) * np.sqrt(variance / LEADS))


def test_without_elasticity_the_highest_price_is_best() -> None:
    def mrr(price: float) -> float:
        product = {"price_per_month": price, "reference_price_per_month": 100}
        return float(
            ledger(run_without_log(market(product, leads=500, sign={"pass_probability": 0.5})), "mrr_new")[0]
        )

    prices = [50.0, 100.0, 200.0]
    assert [mrr(price) / price for price in prices] == [mrr(100.0) / 100] * 3


# --------------------------------------------------------------------------------------------- price changes


def changed(month: float, price: float, who: str = "keeps", first: float = 100.0, **product: Any) -> Data:
    change = {"month": month, "price_per_month": price, "base": who}
    return {"price_per_month": first, "price_changes": {"new": change}} | product


def sold_on(days: Sequence[float], product: Data, months: int = 3, **parts: Any) -> list[float]:
    """MRR of one customer who signs on each of these days; all of them came in at the first instant."""
    found = []
    for day in days:
        wait = {"by": "nobody", "on": "MQL", "buyer_delay_days": day, "to": "SQL"}
        steps = {"t": {"wait": wait, "sign": {"by": "nobody", "to": "WIN"}}}
        replication = run(market(product, leads=1, months=months, journeys=steps, **parts))
        sign = log_reader.of_kind(replication, "sign")[0]
        assert sign.time_days == day
        found.append(sign.mrr)
    return found


def test_a_new_price_holds_from_its_moment_on_for_deals_made_then() -> None:
    # Month 2.5 begins after a month and a half: who came in before and signs later pays the new price.
    moment = 1.5 * MONTH
    days = [0.0, moment - 0.01, moment, moment + 0.01, 80.0]
    assert sold_on(days, changed(2.5, 130)) == [100, 100, 130, 130, 130]
    # In the warm-up, months are numbered from 0 downwards.
    days = [0.5 * MONTH - 0.01, 0.5 * MONTH + 0.01]
    assert sold_on(days, changed(0.5, 130), warm_up_months=1) == [100, 130]
    # From the first instant on.
    assert sold_on([0.0], changed(1, 130)) == [130]


def test_several_changes_one_after_the_other() -> None:
    product = {
        "price_per_month": 100,
        "price_changes": {
            "z_first": {"month": 1.5, "price_per_month": 110},
            "a_second": {"month": 2.5, "price_per_month": 90},
        },
    }
    assert sold_on([0.0, MONTH, 2 * MONTH], product) == [100, 110, 90]


def test_buyers_respond_to_the_new_price_from_its_moment_on() -> None:
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 8000, "tiers": {"t": 1}}}
    product = changed(2, 150, price_response={"win_odds_elasticity": 2.0})
    funnel = run_without_log(
        market(product, months=2, sign={"pass_probability": 0.4}, channels=channels)
    ).tables["funnel"]
    for month, p in ((1, 0.4), (2, by_odds(0.4, 1.5**-2))):
        of_month = funnel["month"] == month
        assert_proportion(funnel["win"][of_month].sum(), funnel["came_in"][of_month].sum(), p)


def wait(channel: str, days: float) -> Data:
    """A step in which the leads of a channel wait."""
    return {"by": "nobody", "on": "MQL", "buyer_delay_days": days, "to": "SQL", "channels": [channel]}


def test_a_rise_in_the_middle_of_a_month_by_hand() -> None:
    # From the middle of month 2 on 150 instead of 100. Two sign in month 2, on its first day and with a
    # quarter of it left; ten are there who keep their price. Revenue of month 2: 1000 + 100 + 150 / 4; each
    # of the two pays for its month on the first day of it.
    product = changed(2.5, 150)
    channels = {"early": at_once(1), "late": at_once(1)}
    journeys = {
        "t": {
            "first": wait("early", MONTH),
            "later": wait("late", 1.75 * MONTH),
            "sign": {"by": "nobody", "on": "SQL", "to": "WIN"},
            "live": {"by": "nobody", "to": "LIVE"},
        }
    }  # fmt: skip
    replication = run_without_log(
        customer_base(product, customers=10, months=3, channels=channels, journeys=journeys)
    )
    assert ledger(replication, "mrr_new") == [0, 250, 0]
    assert ledger(replication, "revenue") == pytest.approx([1000, 1000 + 100 + 37.5, 1250])
    assert ledger(replication, "receipts") == pytest.approx([1000, 1000 + 250, 1250])
    assert ledger(replication, "mrr_expansion") == [0, 0, 0]


def test_the_base_keeps_its_price() -> None:
    replication = run_without_log(customer_base(changed(2, 150, "keeps"), customers=10, months=6))
    assert ledger(replication, "mrr_closing") == [1000] * 6
    assert by_cause(replication, "expansion") == {}


def test_the_base_on_monthly_contracts_gets_the_new_price_at_the_end_of_the_month() -> None:
    # In force from the middle of month 3, paid from month 4 on: a rise of 50 for each of ten.
    replication = run_without_log(customer_base(changed(3.5, 150, "at_renewal"), customers=10, months=5))
    assert ledger(replication, "revenue") == [1000, 1000, 1000, 1500, 1500]
    assert moved(replication, "expansion", "price rise") == {3: 500}
    assert moved(replication, "expansion", "price rise", what="customers") == {3: 10}
    # In force with the instant at which month 3 ends: the same.
    replication = run_without_log(customer_base(changed(4, 150, "at_renewal"), customers=10, months=5))
    assert moved(replication, "expansion", "price rise") == {3: 500}


def test_the_base_on_annual_contracts_gets_it_when_the_term_ends() -> None:
    # Signed for years that end with months 12 and 24; the new price comes in month 3. Paid ahead: 1200, then
    # 1500 in month 13.
    product = changed(3, 125, "at_renewal", contracts=ANNUAL)
    replication = run_without_log(customer_base(product, customers=1, months=25))
    assert moved(replication, "expansion", "price rise") == {12: 25}
    assert ledger(replication, "receipts") == [1200] + [0] * 11 + [1500] + [0] * 11 + [1500]


def test_a_cut_for_the_base_is_a_contraction() -> None:
    replication = run_without_log(customer_base(changed(3, 80, "at_renewal"), customers=10, months=4))
    assert moved(replication, "contraction", "price cut") == {2: 200}
    assert ledger(replication, "mrr_closing") == [1000, 800, 800, 800]
    assert by_cause(replication, "expansion") == {}


def test_who_has_a_discount_keeps_it_in_proportion() -> None:
    # A quarter off as a buyer, a fifth by contract: 60 of 100 becomes 90 of 150.
    product = changed(2, 150, "at_renewal", discount=0.25, contracts={"c": {"discount": 0.2}})
    replication = run_without_log(customer_base(product, customers=1, months=3))
    assert ledger(replication, "revenue") == [60, 90, 90]


def test_who_signed_at_the_new_price_is_not_charged_twice() -> None:
    # From the middle of month 1 on; one signs before, one after: only the first one's price is to rise.
    product = changed(1.5, 150, "at_renewal")
    channels = {"early": at_once(1), "late": at_once(1)}
    journeys = {
        "t": {
            "first": wait("early", 0),
            "later": wait("late", 20),
            "sign": {"by": "nobody", "on": "SQL", "to": "WIN"},
        }
    }  # fmt: skip
    replication = run_without_log(market(product, months=4, channels=channels, journeys=journeys))
    assert ledger(replication, "mrr_new") == [250, 0, 0, 0]
    assert moved(replication, "expansion", "price rise") == {2: 50}
    assert ledger(replication, "mrr_closing") == [250, 300, 300, 300]


def test_a_rise_is_charged_from_the_first_renewal_behind_it() -> None:
    """Signed with a quarter of month 1 left, monthly: renewals fall on the same day of the later months."""

    def revenue(month: float) -> list[float]:
        change = {"month": month, "price_per_month": 200, "base": "at_renewal"}
        replication = run_without_log(
            market(
                {"price_changes": {"up": change}},
                leads=1,
                months=5,
                journeys={
                    "t": {
                        "first": {
                            "by": "nobody", "on": "MQL", "buyer_delay_days": 0.75 * MONTH, "to": "SQL",
                        },
                        "sign": {"by": "nobody", "to": "WIN"},
                        "live": {"by": "nobody", "to": "LIVE"},
                    }
                },
            )
        )  # fmt: skip
        return ledger(replication, "revenue")

    assert revenue(3.5) == pytest.approx([25, 100, 75 + 50, 200, 200]), "before the renewal in month 3"
    assert revenue(3.8) == pytest.approx([25, 100, 100, 75 + 50, 200]), "behind it"
    assert revenue(4) == pytest.approx([25, 100, 100, 75 + 50, 200])


def test_the_last_of_several_changes_counts_at_renewal() -> None:
    product = {
        "contracts": ANNUAL,
        "price_changes": {
            "up": {"month": 2, "price_per_month": 200, "base": "at_renewal"},
            "down": {"month": 5, "price_per_month": 120, "base": "at_renewal"},
        },
    }
    replication = run_without_log(customer_base(product, customers=1, months=14))
    assert moved(replication, "expansion", "price rise") == {12: 20}


# ------------------------------------------------------------------------------------------------ its effects


def durations(product: Data) -> list[tuple[float, float]]:
    """Of buyers who need ten days at the reference price: when each comes in, and how many days it takes."""
    steps = {
        "think": {"by": "nobody", "on": "MQL", "buyer_delay_days": 10, "to": "SQL"},
        "sign": {"by": "nobody", "to": "WIN"},
    }
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 30, "tiers": {"t": 1}}}
    replication = run(market(product, months=4, channels=channels, journeys={"t": steps}))
    came = {e.number: e.time_days for e in log_reader.of_kind(replication, "enter")}
    return [(came[e.number], e.time_days - came[e.number]) for e in log_reader.of_kind(replication, "sign")]


@pytest.mark.parametrize("exponent", [0.0, 0.5, 2.0])
def test_a_higher_price_lengthens_the_cycle(exponent: float) -> None:
    for price in (50.0, 100.0, 160.0):
        product = {
            "price_per_month": price, "reference_price_per_month": 100, "cycle": {"price_exponent": exponent},
        }  # fmt: skip
        found = durations(product)
        assert len(found) > 50
        assert [days for _, days in found] == pytest.approx([10 * (price / 100) ** exponent] * len(found))


@pytest.mark.parametrize("month", [-3, 1, 2.5])
@pytest.mark.parametrize("reference", [100.0, 80.0])
def test_a_price_change_lengthens_the_cycle_from_its_moment_on(reference: float, month: float) -> None:
    # What counts is the list price when the delay begins. One that is in force from the first instant on, or
    # from before, is no exception.
    product = changed(month, 160, reference_price_per_month=reference, cycle={"price_exponent": 0.5})
    moment = (month - 1) * MONTH
    ratio = {True: 160 / reference, False: 100 / reference}
    found = durations(product)
    assert {came >= moment for came, _ in found} == ({True, False} if moment > 0 else {True})
    expected = [10 * ratio[came >= moment] ** 0.5 for came, _ in found]
    assert [days for _, days in found] == pytest.approx(expected)


@pytest.mark.slow
def test_a_higher_price_makes_more_sign_for_a_year() -> None:
    # Odds 0.25/0.75 × 1.5^2 after the change, by the price in force when they sign.
    contracts = {
        "monthly": {"share": 0.75},
        "annual": {"share": 0.25, "term_months": 12, "share_price_exponent": 2.0},
    }
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 8000, "tiers": {"t": 1}}}
    replication = run_without_log(market(changed(2, 150, contracts=contracts), months=2, channels=channels))
    odds = 1 / 3 * 1.5**2
    for month, share in ((0, 0.25), (1, odds / (1 + odds))):
        new = ledger(replication, "customers_new")[month]
        assert_proportion(ledger(replication, "customers_new_term")[month], new, share)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.5])
def test_a_higher_price_makes_customers_leave_sooner(ratio: float) -> None:
    # 1 − (1 − m)^(ratio^exponent).
    product = {
        "price_per_month": 60 * ratio,
        "reference_price_per_month": 60,
        "churn_per_month": 0.05,
        "price_response": {"churn_exponent": 1.5},
    }
    assert_hazards(run_without_log(customer_base(product, customers=20_000)), 1 - 0.95 ** (ratio**1.5))


@pytest.mark.slow
def test_churn_follows_the_price_that_the_customer_pays() -> None:
    # Half of the list price by discounts: 0.8 × 0.625. And the base after a rise at renewal: from the month
    # on in which it pays the new price.
    response: Data = {"price_response": {"churn_exponent": 2.0}, "churn_per_month": 0.1}
    product = response | {"discount": 0.2, "contracts": {"c": {"discount": 0.375}}}
    assert_hazards(run_without_log(customer_base(product)), 1 - 0.9**0.25)
    replication = run_without_log(customer_base(changed(4, 140, "at_renewal", **response)))
    assert_hazards(replication, [0.1] * 3 + [1 - 0.9 ** (1.4**2)] * 9)
    replication = run_without_log(customer_base(changed(4, 140, "keeps", **response)))
    assert_hazards(replication, [0.1] * 12)


def test_all_effects_stay_apart() -> None:
    # Each switch alone: the others do as at the reference price.
    dear: Data = {"price_per_month": 150, "reference_price_per_month": 100, "churn_per_month": 0.1}
    contracts = {"monthly": {"share": 0.75}, "annual": {"share": 0.25, "term_months": 12}}
    bound = deepcopy(contracts)
    bound["annual"]["share_price_exponent"] = 2.0
    plain = dear | {"contracts": contracts}

    def seen(product: Data) -> tuple[float, float, float]:
        """How many buy, after how many days, and what share of them leaves."""
        steps = {
            "think": {"by": "nobody", "on": "MQL", "buyer_delay_days": 1, "to": "SQL"},
            "sign": {"by": "nobody", "pass_probability": 0.5, "to": "WIN"},
        }
        replication = run(market(product, leads=1000, months=3, journeys={"t": steps}))
        won = wins(replication)
        days = float(replication.tables["funnel"]["won_days"].sum()) / won
        return won, days, sum(ledger(replication, "customers_churned")) / won

    as_stated = seen(plain)
    assert as_stated[1] == 1.0
    by_elasticity = seen(plain | {"price_response": {"win_odds_elasticity": 1.0}})
    assert by_elasticity[0] < as_stated[0]
    assert by_elasticity[1] == 1.0
    by_cycle = seen(plain | {"cycle": {"price_exponent": 1.0}})
    assert (by_cycle[0], by_cycle[2]) == (as_stated[0], as_stated[2])
    assert by_cycle[1] == pytest.approx(1.5)
    by_churn = seen(plain | {"price_response": {"churn_exponent": 1.0}})
    assert by_churn[:2] == as_stated[:2]
    assert by_churn[2] > as_stated[2]
    by_contract = seen(plain | {"contracts": bound})
    assert by_contract[:2] == as_stated[:2]
    assert by_contract[2] < as_stated[2], "who is bound cannot leave so soon"


def test_the_price_of_another_tier_is_another_matter() -> None:
    # Only the tier whose price changes hears of it.
    def scenario(price: float) -> Scenario:
        dear = {
            "price_per_month": price, "reference_price_per_month": 100, "churn_per_month": 0.1,
            "price_response": {"win_odds_elasticity": 2.0, "churn_exponent": 1.0},
        }  # fmt: skip
        steps = {"sign": {"by": "nobody", "on": "MQL", "pass_probability": 0.5, "to": "WIN"}}
        return small_scenario(
            horizon_months=6,
            tiers={"t": dear, "u": {"price_per_month": 10, "churn_per_month": 0.1}},
            channels={"web": {"enters_as": "MQL", "leads_per_month": 200, "tiers": {"t": 0.5, "u": 0.5}}},
            journeys={"t": steps, "u": steps},
        )

    def of(tier: str, price: float) -> list[tuple[Any, ...]]:
        return [row for row in run_without_log(scenario(price)).tables["ledger"].rows() if row[1] == tier]

    assert of("u", 100) == of("u", 180)
    assert of("t", 100) != of("t", 180)


def test_who_renews_late_gets_the_last_price_that_was_for_the_base_too() -> None:
    # 150 for the base from month 3 on, 160 for new ones only from month 6 on: who renews at the end of month
    # 12 gets 150.
    changes = {
        "first": {"month": 3, "price_per_month": 150, "base": "at_renewal"},
        "then": {"month": 6, "price_per_month": 160, "base": "keeps"},
    }
    annual = {"contracts": {"annual": {"term_months": 12}}}
    replication = run(customer_base({"price_changes": changes} | annual, customers=1, months=13))
    assert replication.tables["ledger"]["mrr_closing"].tolist() == [100.0] * 11 + [150.0] * 2


def test_a_price_of_nothing_is_no_reason_to_fail() -> None:
    free = {"price_per_month": 0, "reference_price_per_month": 100, "churn_per_month": 0.0}
    response = {"price_response": {"win_odds_elasticity": 50, "churn_exponent": 50}}
    replication = run(customer_base(free | response, customers=10, months=2))
    assert replication.tables["ledger"]["customers_churned"].tolist() == [0, 0]
