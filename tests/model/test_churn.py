"""Why customers leave: each factor alone, their product, the reasons (long: eight factors by hand)."""

from __future__ import annotations

from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_proportion
from money_scenarios import (
    ANNUAL,
    Data,
    Numbers,
    assert_hazards,
    by_cause,
    customer_base,
    ledger,
    market,
    run_without_log,
)
from scipy import stats
from small_scenarios import HOURS, MONTH, run

from simsales.scenario import Scenario

CHURN = 0.04


def left(factor: Any) -> Any:
    """Probability to leave in a month, the factors being as stated."""
    return 1 - (1 - CHURN) ** np.asarray(factor, dtype=float)


def product(**churn_factors: Any) -> Data:
    return {"churn_per_month": CHURN, "churn_factors": churn_factors}


def mixed(sigma: float, months: int) -> Numbers:
    """What leaves in month after month of customers of whom each has a lognormal factor of mean 1.

    Of S(k) = E[(1 − m)^(k f)], the share left after k months, it is 1 − S(k) / S(k − 1): those with high
    factors go first.
    """
    z = np.linspace(-9, 9, 20_001)
    density = np.exp(-(z**2) / 2)
    factor = np.exp(sigma * z - sigma**2 / 2)
    share = np.array([(density * (1 - CHURN) ** (k * factor)).sum() for k in range(months + 1)])
    hazards: Numbers = 1 - share[1:] / share[:-1]
    return hazards


# -------------------------------------------------------------------------------------------- neutral values


def test_all_at_one_is_the_stated_churn() -> None:
    assert_hazards(run_without_log(customer_base(product())), CHURN)


# ------------------------------------------------------------------------------------------------ one by one


@pytest.mark.slow
def test_age_by_its_windows() -> None:
    # Adaptation, habit, later; the windows may be written in any order.
    windows = {
        "later": {"factor": 0.5},
        "adaptation": {"until_month": 1, "factor": 4.0},
        "habit": {"until_month": 3, "factor": 2.0},
    }
    replication = run_without_log(customer_base(product(age=windows)))
    assert_hazards(replication, left([4, 2, 2] + [0.5] * 9))
    # Beyond the last window that ends, the factor is 1.
    del windows["later"]
    assert_hazards(run_without_log(customer_base(product(age=windows))), left([4, 2, 2] + [1] * 9))
    # Who has been there for two months is in its third.
    assert_hazards(run_without_log(customer_base(product(age=windows), age=2)), left([2] + [1] * 11))


def test_age_begins_with_the_first_full_month() -> None:
    windows = {"first": {"until_month": 1, "factor": 1.0}, "later": {"factor": 0.0}}
    replication = run_without_log(
        market({"churn_per_month": 0.5, "churn_factors": {"age": windows}}, months=4)
    )
    churned = ledger(replication, "customers_churned")
    assert (churned[0], churned[2:]) == (0, [0, 0])
    assert_proportion(churned[1], 10_000, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize(("delay", "factor"), [(0.0, 1), (4.0, 1), (20.0, 2.6), (200.0, 5)])
def test_late_onboarding_by_the_day(delay: float, factor: float) -> None:
    # 1 + 0.1 a day beyond four days of grace, 5 at most; and for three full months. Month 1 is that of the
    # signature. (Who waits for 200 days is beyond 5 when month 2 ends: 1 + 0.1 × (60.875 − 4).)
    onboarding = {"per_day_late": 0.1, "grace_days": 4, "at_most": 5.0, "months": 3}
    scenario = market(product(onboarding=onboarding), months=9, sign={"buyer_delay_days": delay})
    assert_hazards(run_without_log(scenario), left([factor] * 3 + [1] * 5), months=slice(1, None))


def test_who_waits_for_onboarding_is_later_every_day() -> None:
    # Never LIVE: at the end of month m, m months after the signature.
    onboarding = {"per_day_late": 0.02, "at_most": 100.0}
    scenario = market(product(onboarding=onboarding), months=5, sign={"buyer_delay_days": 2000})
    assert_hazards(
        run_without_log(scenario), left([1 + 0.02 * m * MONTH for m in (2, 3, 4, 5)]), months=slice(1, None)
    )


def test_onboarding_by_people_is_as_late_as_their_queue() -> None:
    # 40 customers at once for one person who needs a day for each: 20 are LIVE within the days of grace, and
    # those who have to wait for 10 days more are a hundred times as likely to leave.
    scenario = market(
        {
            "churn_per_month": 0.05,
            "churn_factors": {"onboarding": {"per_day_late": 10.0, "grace_days": 20.5, "at_most": 100.0}},
        },
        leads=40,
        months=2,
        journeys={
            "t": {
                "sign": {"by": "nobody", "on": "MQL", "to": "WIN"},
                "onboard": {"by": "CSM", "effort_hours": 1.0, "to": "LIVE"},
            }
        },
        organization={"teams": {"success": {"members": {"CSM": 1}}}},
    )
    left_early = left_late = early = late = 0
    for replication in range(40):
        log = run(scenario, 1, replication)
        live = {e.number: e.time_days for e in log_reader.of_kind(log, "state") if e.detail == "LIVE"}
        gone = {e.number for e in log_reader.of_kind(log, "leave")}
        for number, day in live.items():
            if day <= 20.5:
                early, left_early = early + 1, left_early + (number in gone)
            elif day > 30.5:  # ten days late and more: all of the hundredfold
                late, left_late = late + 1, left_late + (number in gone)
    assert early == 40 * 20
    assert_proportion(left_early, early, 0.05)
    assert_proportion(left_late, late, 1 - 0.95**100)


@pytest.mark.slow
@pytest.mark.parametrize("sd", [0.5, 2.0])
def test_quality_of_onboarding_spreads_the_hazard_and_keeps_its_mean(sd: float) -> None:
    # One number per customer, lognormal with mean 1 and this standard deviation, for four months. After that
    # quality does not matter.
    onboarding = {"quality_sd": sd, "months": 4}
    replication = run_without_log(customer_base(product(onboarding=onboarding), customers=20_000, months=6))
    assert_hazards(replication, [*mixed(np.sqrt(np.log(1 + sd**2)), 4), CHURN, CHURN])


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.5, 1.5])
def test_fit_multiplies_the_hazard_and_keeps_its_mean(effect: float) -> None:
    # exp(−effect × z) over its mean, z standard normal where nobody was selected by fit.
    scenario = market({"churn_per_month": CHURN, "churn_fit_effect": effect}, leads=20_000, months=7)
    assert_hazards(run_without_log(scenario), mixed(effect, 6), months=slice(1, None))


CARE: Data = {"by": "CSM", "effort_hours_per_month": 0.5}
COVERAGE: Data = {"needed_hours_per_month": 0.5, "factor_if_none": 4.0}


def cared_for(
    customers: int, hours: float, *, care: float = 0.5, needed: float = 0.5, **more: Any
) -> Scenario:
    """Customers in the care of one person who has so many hours a month."""
    coverage = COVERAGE | {"needed_hours_per_month": needed}
    looked_after = {"care": {"by": "CSM", "effort_hours_per_month": care}}
    return customer_base(
        product(coverage=coverage) | looked_after,
        customers=customers,
        organization={"teams": {"success": {"members": {"CSM": 1}}}},
        people={"CSM": {"hours_per_month": hours}},
        **more,
    )


@pytest.mark.slow
def test_without_any_care_the_whole_factor() -> None:
    assert_hazards(run_without_log(customer_base(product(coverage=COVERAGE))), left(4.0))
    assert_hazards(run_without_log(cared_for(10_000, 744, care=0.0)), left(4.0))


@pytest.mark.slow
@pytest.mark.parametrize(("needed", "factor"), [(0.2, 3.25), (0.1, 2.5), (0.05, 1.0), (0.02, 1.0)])
def test_less_care_than_needed_in_proportion(needed: float, factor: float) -> None:
    # 0.05 of 0.2 hours: three quarters of what the factor adds, 1 + 3 × 0.75. More than needed is no better.
    assert_hazards(run_without_log(cared_for(10_000, 744, care=0.05, needed=needed)), left(factor))


@pytest.mark.slow
def test_an_overloaded_keeper_gives_what_he_has_time_for() -> None:
    # 100 customers ask for 50 hours of his 30.4375, in 20 blocks of 2.5 hours, each due when the next one
    # comes: of 19 that are due in the first month he gets through 12.
    scenario = cared_for(100, HOURS, months=1)
    churned = [ledger(run_without_log(scenario, r), "customers_churned")[0] for r in range(100)]
    assert_proportion(sum(churned), 100 * 100, float(left(1 + 3 * 7 / 19)))


def test_who_keeps_up_covers_everybody_in_every_month() -> None:
    # Every block is done when the next one comes, in whatever month that is: 45 of 60.875 hours.
    hazard = run(cared_for(90, 2 * HOURS, months=6)).tables["hazard"]
    assert hazard["mean"][hazard["factor"] == "coverage"].tolist() == [1.0] * 6


@pytest.mark.slow
def test_coverage_is_that_of_ones_own_keeper() -> None:
    # One keeper has 40 customers of one tier, 20 hours in blocks of an hour, and gets through 12 of the 19
    # that are due in his 12.5 hours; the other has 20 of the other tier, and gets through all.
    tier = product(coverage=COVERAGE) | {"price_per_month": 1, "care": CARE}
    steps = {"sign": {"by": "nobody", "on": "MQL", "to": "WIN"}, "live": {"by": "nobody", "to": "LIVE"}}
    team = {"members": {"CSM": 1}}
    scenario = customer_base(
        {},
        months=1,
        tiers={"t": tier, "u": tier},
        channels={"web": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"t": 0.5, "u": 0.5}}},
        journeys={"t": steps, "u": steps},
        opening={"customers": {"t": {"customers": 40}, "u": {"customers": 20}}},
        organization={
            "teams": {"a": team | {"serves": {"tiers": ["t"]}}, "b": team | {"serves": {"tiers": ["u"]}}}
        },
        people={"CSM": {"hours_per_month": 12.5}},
    )
    churned = np.array([ledger(run_without_log(scenario, r), "customers_churned") for r in range(150)]).sum(
        axis=0
    )
    assert_proportion(churned[0], 150 * 40, float(left(1 + 3 * 7 / 19)))
    assert_proportion(churned[1], 150 * 20, CHURN)


@pytest.mark.slow
def test_coverage_matters_to_those_who_are_live() -> None:
    # Who is not LIVE yet is not looked after, and does not expect it.
    scenario = market(product(coverage=COVERAGE), months=4, sign={"buyer_delay_days": 2.5 * MONTH})
    assert_hazards(run_without_log(scenario), left([1, 4, 4]), months=slice(1, None))


def test_season_by_the_calendar() -> None:
    # From October on, with two months of warm-up before: August to January.
    season = [0.25, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 2.0, 1.0, 1.5, 4.0]
    scenario = customer_base(
        product(season=season), months=6, start_month=10, warm_up_months=2, customers=15_000
    )
    assert_hazards(run_without_log(scenario), left([0.5, 2, 1, 1.5, 4, 0.25, 3, 1]))


def test_a_season_of_zero_loses_nobody() -> None:
    replication = run_without_log(customer_base(product(season=[0.0, 1.0] * 6)))
    assert_hazards(replication, left([0, 1] * 6))


def test_the_contract_by_its_factor() -> None:
    contracts = {"monthly": {"churn_factor": 2.5}}
    assert_hazards(run_without_log(customer_base(product() | {"contracts": contracts})), left(2.5))


def test_the_price_by_its_exponent() -> None:
    priced = {"reference_price_per_month": 50, "price_response": {"churn_exponent": 0.5}}
    assert_hazards(run_without_log(customer_base(product() | priced)), left(2**0.5))


def test_the_community_from_its_month_on_for_its_members() -> None:
    # 70 % take part; for them a quarter of the hazard from month 2 on, with a month of warm-up before.
    community = {"from_month": 2, "share": 0.7, "churn_factor": 0.25}
    scenario = customer_base(
        product() | {"community": community}, months=3, warm_up_months=1, customers=30_000
    )
    # The share of members among those who are left grows from month to month.
    a, b = left(0.25), left(1.0)
    members = 0.7
    hazards = [b, b]
    for _ in range(2):
        hazards.append(members * a + (1 - members) * b)
        members = members * (1 - a) / (1 - hazards[-1])
    assert_hazards(run_without_log(scenario), hazards)


def test_a_csm_known_before_the_sale_helps_in_the_first_months() -> None:
    # Nobody knew anybody here: the factor does nothing. (That it helps those who did: test_context_loss.py.)
    assert_hazards(
        run_without_log(customer_base(product() | {"early_churn": {"factor_if_known": 0.1}})), CHURN
    )


# -------------------------------------------------------------------------------------------------- together


@pytest.mark.slow
def test_factors_multiply() -> None:
    # Windows of age × season × price × contract.
    effects = product(age={"new": {"until_month": 2, "factor": 3.0}}, season=[0.5, 1.0, 2.0] * 4) | {
        "reference_price_per_month": 200,
        "price_response": {"churn_exponent": 1.0},
        "contracts": {"monthly": {"churn_factor": 1.2}},
    }
    factors = np.array([3, 3] + [1] * 10) * np.array([0.5, 1, 2] * 4) * 0.5 * 1.2
    assert_hazards(run_without_log(customer_base(effects, customers=15_000)), left(factors))


def test_two_factors_by_hand() -> None:
    # 3 × 2 = 6 in January, 3 × 1 in February.
    effects = product(age={"always": {"factor": 3.0}}, season=[2.0] + [1.0] * 11)
    assert_hazards(run_without_log(customer_base(effects, months=2)), left([6, 3]))


@pytest.mark.slow
def test_a_year_gathers_the_factors_of_its_months() -> None:
    # Within a term nobody leaves, and at its end by the sum of the twelve factors.
    season = [2.0, 0.0, 1.0, 3.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5]
    replication = run_without_log(customer_base(product(season=season) | {"contracts": ANNUAL}, months=12))
    assert_hazards(replication, [0.0] * 11 + [float(left(sum(season)))])


def test_certain_churn_survives_a_factor_of_zero() -> None:
    # An infinite hazard times 0 is none.
    scenario = customer_base(
        {"churn_per_month": 1.0, "churn_factors": {"season": [0.0, 0.0, 1.0] + [1.0] * 9}}, customers=50
    )
    assert ledger(run_without_log(scenario), "customers_churned") == [0, 0, 50] + [0] * 9


def mean_factors(scenario: Scenario, factor: str) -> dict[int, float]:
    """What the table tells of a factor, by month."""
    rows = run_without_log(scenario).tables["hazard"].rows()
    return {month: mean for month, _, name, mean in rows if name == factor}


def test_every_factor_is_told_by_its_name_and_month() -> None:
    # Age 3, then 1; January 0.5, February 2; the contract 1.2; and their product. With a month of warm-up,
    # which is December.
    effects = product(age={"new": {"until_month": 2, "factor": 3.0}}, season=[0.5, 2.0] + [1.0] * 10)
    scenario = customer_base(
        effects | {"contracts": {"monthly": {"churn_factor": 1.2}}}, customers=50, months=2, warm_up_months=1
    )
    assert mean_factors(scenario, "age") == {0: 3, 1: 3, 2: 1}
    assert mean_factors(scenario, "season") == {0: 1, 1: 0.5, 2: 2}
    assert mean_factors(scenario, "contract") == pytest.approx({0: 1.2, 1: 1.2, 2: 1.2})
    assert mean_factors(scenario, "all") == pytest.approx({0: 3.6, 1: 1.8, 2: 2.4})
    for name in ("onboarding", "fit", "coverage", "price", "community"):
        assert mean_factors(scenario, name) == {0: 1, 1: 1, 2: 1}
    assert mean_factors(customer_base(product(), customers=50), "all") == {}


def test_what_is_told_is_a_mean_over_customers() -> None:
    # Members, 70 % of them, have a quarter: 1 − 0.75 × the share of members among 10 000.
    scenario = customer_base(product() | {"community": {"share": 0.7, "churn_factor": 0.25}}, months=1)
    members = (1 - mean_factors(scenario, "community")[1]) / 0.75 * 10_000
    assert members == pytest.approx(round(members))
    assert_proportion(round(members), 10_000, 0.7)


# --------------------------------------------------------------------------------------------------- reasons

ONE_FACTOR: dict[str, tuple[Data, float]] = {
    "age": (product(age={"always": {"factor": 3.0}}), 3.0),
    "onboarding": (product(onboarding={"per_day_late": 0.1, "at_most": 2.5, "months": 99}), 2.5),
    "coverage": (product(coverage=COVERAGE), 4.0),
    "season": (product(season=[1.5] * 12), 1.5),
    "price": (
        product() | {"reference_price_per_month": 50, "price_response": {"churn_exponent": 2.0}}, 4.0,
    ),
    "contract": (product() | {"contracts": {"monthly": {"churn_factor": 5.0}}}, 5.0),
    "community": (product() | {"community": {"churn_factor": 1.25}}, 1.25),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_FACTOR)
def test_what_a_factor_adds_is_put_down_to_it(name: str) -> None:
    # Of the hazard f × h, h would have been there without it: of those who leave (f − 1) / f left for it.
    effects, factor = ONE_FACTOR[name]
    # For onboarding: LIVE so late that the cap is reached when the first full month ends.
    sign = {"buyer_delay_days": 50.0 if name == "onboarding" else 0.0}
    replication = run_without_log(market(effects, months=10, sign=sign))
    assert_hazards(replication, left(factor), months=slice(1, None))
    reasons = by_cause(replication, "churn")
    assert set(reasons) == {"base", name}
    assert_proportion(int(reasons[name]), int(sum(reasons.values())), (factor - 1) / factor)
    # In the log by the same names.
    log = run(market(effects, leads=300, months=10, sign=sign))
    reasons_logged = {e.step for e in log_reader.of_kind(log, "leave")}
    assert reasons_logged <= {"base", name}


@pytest.mark.slow
def test_the_reason_fit() -> None:
    # f differs from customer to customer: those with f ≤ 1 leave for the base only. Over all who leave in
    # the first month, with f lognormal: E[P(leave) × (f − 1)+ / f] / E[P(leave)].
    replication = run_without_log(
        market({"churn_per_month": CHURN, "churn_fit_effect": 1.0}, leads=20_000, months=2)
    )
    z = np.linspace(-9, 9, 20_001)
    f, density = np.exp(-z - 0.5), np.exp(-(z**2) / 2)
    share = float((density * left(f) * np.maximum(f - 1, 0) / f).sum() / (density * left(f)).sum())
    reasons = by_cause(replication, "churn")
    assert set(reasons) == {"base", "fit"}
    assert_proportion(int(reasons["fit"]), int(sum(reasons.values())), share)


@pytest.mark.slow
def test_a_factor_below_one_is_no_reason() -> None:
    effects = product(season=[0.5] * 12) | {"community": {"churn_factor": 0.5}}
    assert set(by_cause(run_without_log(customer_base(effects)), "churn")) == {"base"}
    # Beside another it does not change the shares: 3 × 0.5, two thirds of it for age.
    effects = product(season=[0.5] * 12, age={"always": {"factor": 3.0}})
    reasons = by_cause(run_without_log(customer_base(effects)), "churn")
    assert_proportion(int(reasons["age"]), int(sum(reasons.values())), 2 / 3)


@pytest.mark.slow
def test_several_reasons_by_what_each_adds() -> None:
    # 1 : (3 − 1) : (1.5 − 1) of base, age and season.
    effects = product(season=[1.5] * 12, age={"always": {"factor": 3.0}})
    reasons = by_cause(run_without_log(customer_base(effects)), "churn")
    names = ["base", "age", "season"]
    assert set(reasons) == set(names)
    total = sum(reasons.values())
    expected = [total * part / 3.5 for part in (1.0, 2.0, 0.5)]
    assert stats.chisquare([reasons[name] for name in names], expected).pvalue > ALARM


@pytest.mark.slow
def test_the_reason_is_one_of_those_that_gathered_over_the_term() -> None:
    # A year: the season is fourfold in its first month alone. Hazard 15 h, of which the season added 3 h.
    effects = product(season=[4.0] + [1.0] * 11) | {"contracts": ANNUAL}
    replication = run_without_log(customer_base(effects, months=12, customers=20_000))
    assert_hazards(replication, [0.0] * 11 + [float(left(15))])
    reasons = by_cause(replication, "churn")
    assert_proportion(int(reasons["season"]), int(sum(reasons.values())), 3 / 15)


def test_without_any_factor_there_is_one_reason() -> None:
    assert set(by_cause(run_without_log(customer_base(product())), "churn")) == {"base"}


def test_reasons_change_nothing_about_who_leaves_and_when() -> None:
    # The same hazard by another name: the same customers in the same months.
    def who(scenario: Scenario) -> list[tuple[int, float]]:
        return [(e.number, e.time_days) for e in log_reader.of_kind(run(scenario), "leave")]

    by_age = customer_base(product(age={"always": {"factor": 2.0}}), customers=500)
    by_season = customer_base(product(season=[2.0] * 12), customers=500)
    plainly = customer_base({"churn_per_month": 1 - (1 - CHURN) ** 2}, customers=500)
    assert who(by_age) == who(by_season) == who(plainly)


# ----------------------------------------------------------------------------------- common random numbers


def test_a_factor_takes_the_same_customers_sooner() -> None:
    # Survival by threshold, whatever the hazard is made of.
    def months(factor: float) -> dict[int, float]:
        scenario = customer_base(product(season=[factor] * 12), customers=400, months=40)
        return {e.number: e.time_days for e in log_reader.of_kind(run(scenario), "leave")}

    low, high = months(0.5), months(1.5)
    assert low.keys() < high.keys()
    assert all(high[number] <= day for number, day in low.items())


@pytest.mark.slow
def test_customers_leave_independently_of_each_other() -> None:
    # The number who stay for a year is binomial: its squared standardized deviations over replications sum to
    # a chi-square, too much or too little spread would show on either side.
    n, p = 40, (1 - CHURN) ** 12
    scenario = customer_base(product(), customers=n)
    kept = np.array([ledger(run_without_log(scenario, r), "customers_closing")[-1] for r in range(150)])
    spread = float(((kept - n * p) ** 2).sum() / (n * p * (1 - p)))
    assert stats.chi2.ppf(ALARM / 2, 150) < spread < stats.chi2.ppf(1 - ALARM / 2, 150)
