"""How long customers stay and what they bring: against theory under constant and under falling hazard.

Under constant hazard m lifetimes in full months are geometric, and the formula LTV = ARPA × margin / churn is
right. Under a hazard that falls with age it is not, and the window decides how wrong: churn is measured on
the customers who are there, of whom in a growing firm many are young.
"""

from __future__ import annotations

import numpy as np
import pytest
from inference import ALARM, assert_mean, t_interval
from money_scenarios import ANNUAL, SIGN, Data, Numbers, customer_base, ledger, run_without_log
from scipy import stats
from small_scenarios import small_scenario

from simsales.kpis import measure
from simsales.model import Replication
from simsales.scenario import Scenario

CUSTOMERS = 6_000
PRICE, SHARE_TO_SERVE, TO_SERVE = 100.0, 0.2, 5.0
MARGIN = PRICE * (1 - SHARE_TO_SERVE) - TO_SERVE
"""What a customer leaves a month: 75."""
PRODUCT: Data = {
    "price_per_month": PRICE,
    "cost_to_serve_share": SHARE_TO_SERVE,
    "cost_to_serve_per_month": TO_SERVE,
}


def falling(low: float = 0.01) -> Data:
    """A tenth of the customers leaves in each of the first three months, fewer later: by windows of age."""
    # 1 − (1 − low)^factor = 0.1.
    factor = float(np.log(0.9) / np.log(1 - low))
    return {"churn_per_month": low, "churn_factors": {"age": {"new": {"until_month": 3, "factor": factor}}}}


def hazards(months: int, low: float = 0.01) -> Numbers:
    """The same month by month of age."""
    return np.array([0.1] * 3 + [low] * (months - 3))


def followed(product: Data, months: int) -> Replication:
    """Customers from their first full month on, until (practically) all have left."""
    return run_without_log(customer_base(PRODUCT | product, customers=CUSTOMERS, months=months))


def cells(observed: Numbers, probabilities: Numbers) -> float:
    """p-value of counts against a law on 1, 2, 3 … and a last cell for more; at least ten in each cell."""
    expected = np.append(probabilities, 1 - probabilities.sum()) * CUSTOMERS
    counted = np.append(observed, CUSTOMERS - observed.sum())
    # From the left, cells are closed as soon as ten are expected in them; the rest joins the last one.
    number = (np.cumsum(expected) // 10).astype(int)
    _, number = np.unique(number, return_inverse=True)
    if np.bincount(number, expected)[-1] < 10:
        number[number == number.max()] -= 1
    return float(stats.chisquare(np.bincount(number, counted), np.bincount(number, expected)).pvalue)


# -------------------------------------------------------------------------------------------------- lifetimes


@pytest.mark.slow
@pytest.mark.parametrize("churn", [0.03, 0.1, 0.4])
def test_lifetimes_are_geometric_under_constant_hazard(churn: float) -> None:
    months = round(12 / churn)  # after which one in 160 000 is left
    left = np.array(ledger(followed({"churn_per_month": churn}, months), "customers_churned"), dtype=float)
    lifetimes = np.arange(1, months + 1)
    assert cells(left, stats.geom(churn).pmf(lifetimes)) > ALARM
    # Their mean is 1 / m, with a standard deviation of √(1 − m) / m.
    mean = float(left @ lifetimes) / CUSTOMERS
    tolerance = stats.norm.ppf(1 - ALARM / 2) * np.sqrt(1 - churn) / churn / np.sqrt(CUSTOMERS)
    assert abs(mean - 1 / churn) <= tolerance


def test_they_are_memoryless() -> None:
    # Whoever is two years old has as long to live as who has just come: mean residual life 1 / m.
    left = np.array(ledger(followed({"churn_per_month": 0.05}, 260), "customers_churned"), dtype=float)
    lifetimes = np.arange(1, 261)
    for age in (0, 6, 24):
        later = lifetimes > age
        n = left[later].sum()
        residual = float(left[later] @ (lifetimes[later] - age)) / n
        tolerance = stats.norm.ppf(1 - ALARM / 2) * np.sqrt(0.95) / 0.05 / np.sqrt(n)
        assert abs(residual - 20) <= tolerance


@pytest.mark.slow
def test_lifetimes_under_a_falling_hazard_are_not_geometric_but_as_stated() -> None:
    months = 900
    left = np.array(ledger(followed(falling(), months), "customers_churned"), dtype=float)
    h = hazards(months)
    survive = np.concatenate(([1.0], np.cumprod(1 - h)))  # S(k): left after k months
    assert cells(left, survive[:-1] * h) > ALARM
    # The mean in closed form: Σ S(k) = 1 + 0.9 + 0.81 + 0.729 / 0.01 = 75.61 months.
    expected = 1 + 0.9 + 0.81 + 0.729 / 0.01
    lifetimes = np.arange(1, months + 1)
    assert float(survive[:-1].sum()) == pytest.approx(expected, rel=1e-3)
    second = float((survive[:-1] * h) @ lifetimes**2)
    mean = float(left @ lifetimes) / CUSTOMERS
    tolerance = stats.norm.ppf(1 - ALARM / 2) * np.sqrt((second - expected**2) / CUSTOMERS)
    assert abs(mean - expected) <= tolerance
    # A geometric law of the same mean would have it otherwise, beyond all doubt: 10 % instead of 1.3 % leave
    # in the first month.
    assert cells(left, stats.geom(1 / expected).pmf(lifetimes)) < 1e-12


def test_yearly_terms_live_in_years() -> None:
    # Lifetimes are 12 × a geometric number of probability 1 − (1 − m)^12.
    months, churn = 240, 0.05
    replication = followed({"churn_per_month": churn, "contracts": ANNUAL}, months)
    left = np.array(ledger(replication, "customers_churned"))
    p = 1 - (1 - churn) ** 12
    assert left[np.arange(1, months + 1) % 12 != 0].sum() == 0
    assert cells(left[11::12].astype(float), stats.geom(p).pmf(np.arange(1, 21))) > ALARM


# -------------------------------------------------------------------------------------------------------- LTV


def lifetime_value(replication: Replication) -> float:
    """What was left of revenue after serving, over whole lives, for each customer."""
    costs = replication.tables["costs"]
    serving = costs["amount"][costs["purpose"] == "serving"].sum()
    return float(sum(ledger(replication, "revenue")) - serving) / CUSTOMERS


@pytest.mark.slow
@pytest.mark.parametrize("churn", [0.03, 0.1])
def test_the_formula_is_right_under_constant_hazard(churn: float) -> None:
    # ARPA × margin / m = 75 / m, for those who have been followed from their first full month to the last;
    # standard error 75 × √(1 − m) / m / √n. The interval is narrow enough to mean something: ± 5 %.
    simulated = lifetime_value(followed({"churn_per_month": churn}, round(12 / churn)))
    formula = MARGIN / churn
    tolerance = stats.norm.ppf(1 - ALARM / 2) * formula * np.sqrt((1 - churn) / CUSTOMERS)
    assert tolerance < 0.05 * formula
    assert abs(simulated - formula) <= tolerance


@pytest.mark.slow
def test_the_formula_is_wrong_under_a_falling_hazard_by_what_theory_says() -> None:
    # A life is worth 75 × 75.61 = 5671. Churn of the first year, as measured then on these customers: left /
    # customer-months = (1 − S(12)) / (S(0) + … + S(11)) = 3.7 % a month, of which the formula makes 2024.
    replication = followed(falling(), 900)
    h = hazards(900)
    survive = np.concatenate(([1.0], np.cumprod(1 - h)))
    law, lifetimes = survive[:-1] * h, np.arange(1, 901)
    worth = MARGIN * (1 + 0.9 + 0.81 + 72.9)
    churn = (1 - survive[12]) / survive[:12].sum()
    formula = MARGIN / churn
    assert formula == pytest.approx(2024, abs=0.5)
    simulated = lifetime_value(replication)
    left = sum(ledger(replication, "customers_churned")[:12])
    measured = MARGIN * sum(ledger(replication, "customers_opening")[:12]) / left
    # Standard errors by the law of lifetimes T: of 75 × their mean; and of the ratio of 1[T ≤ 12] to min(T,
    # 12), by the spread of 1[T ≤ 12] − churn × min(T, 12), whose mean is 0.
    z = stats.norm.ppf(1 - ALARM / 2)
    spread = np.sqrt(law @ lifetimes**2 - float(law @ lifetimes) ** 2)
    of_life = z * MARGIN * spread / np.sqrt(CUSTOMERS)
    rest = (lifetimes <= 12) - churn * np.minimum(lifetimes, 12)
    of_formula = z * formula * np.sqrt(law @ rest**2 / CUSTOMERS) / (1 - survive[12])
    assert abs(simulated - worth) <= of_life
    assert abs(measured - formula) <= of_formula
    # The formula is 3647 too low, more than six times the sampling errors of both together.
    assert worth - formula == pytest.approx(3647, abs=1)
    assert worth - formula > 6 * (of_life + of_formula)
    assert simulated - of_life > measured + of_formula


# ------------------------------------------------------------------------------------- the KPIs of a window

HORIZON, PER_MONTH, REPLICATIONS = 24, 160, 28


def window(product: Data) -> Scenario:
    """A young firm: customers come in evenly for two years, nobody was there before."""
    return small_scenario(
        horizon_months=HORIZON,
        tiers={"t": PRODUCT | product},
        channels={"web": {"enters_as": "MQL", "leads_per_month": PER_MONTH, "tiers": {"t": 1}}},
        journeys={"t": {"sign": SIGN}},
    )


def kpis(product: Data, *names: str) -> list[Numbers]:
    """KPIs over replications."""
    measured = [measure(run_without_log(window(product), r)) for r in range(REPLICATIONS)]
    return [np.array([m[name] for m in measured], dtype=float) for name in names]


def churn_in_the_window(h: Numbers) -> float:
    """Customers lost / customers at the start of a month, of all months of the window.

    Those who sign in a month are of age 1 at the next one's end: of the customers of one month, S(a − 1) are
    exposed to hazard h(a) if the window is still open, as it is for HORIZON − a of the months.
    """
    survive = np.concatenate(([1.0], np.cumprod(1 - h)))
    exposed = np.array([(HORIZON - a) * survive[a - 1] for a in range(1, HORIZON)])
    return float(exposed @ h[: HORIZON - 1] / exposed.sum())


@pytest.mark.slow
def test_in_a_window_all_three_agree_under_constant_hazard() -> None:
    # A customer brings 1 / m months' margin, whenever in a month it signs.
    churn = 0.05
    life, formula, monthly = kpis(
        {"churn_per_month": churn}, "ltv", "ltv_formula_margin", "logo_churn_monthly"
    )
    assert_mean(monthly, churn)
    assert_mean(formula, MARGIN / churn)
    assert_mean(life, MARGIN / churn)
    # And replication by replication they move together.
    mean, half = t_interval(life - formula)
    assert abs(mean) <= half
    assert half < 0.1 * MARGIN / churn


@pytest.mark.slow
def test_in_a_window_the_formula_misleads_under_a_falling_hazard() -> None:
    # The life table sees each age by itself, and that nothing changes after the third month: 75 × 75.61 =
    # 5671. The formula sees the churn of those who happened to be there, 3.6 % a month: 2058, little
    # more than a third of it.
    life, formula, monthly = kpis(falling(), "ltv", "ltv_formula_margin", "logo_churn_monthly")
    churn = churn_in_the_window(hazards(HORIZON))
    worth = MARGIN * (1 + 0.9 + 0.81 + 72.9)
    assert_mean(monthly, churn)
    assert_mean(formula, MARGIN / churn)
    assert_mean(life, worth, sharpness=0.12)
    mean, half = t_interval(life - formula)
    assert mean - half > 0.4 * worth, "far outside of the sampling error"
    assert abs(mean - (worth - MARGIN / churn)) <= half


@pytest.mark.slow
def test_who_grows_faster_is_misled_more() -> None:
    # The same hazard by age; if each month brings a tenth more customers than the one before, most are young.
    def formula(growth: float) -> Numbers:
        scenario = window(falling())
        web = scenario.channels["web"].model_copy(update={"growth_per_month": growth, "leads_per_month": 40})
        growing = scenario.model_copy(update={"channels": {"web": web}})
        return np.array(
            [measure(run_without_log(growing, r))["ltv_formula_margin"] for r in range(8)], dtype=float
        )

    mean, half = t_interval(formula(0.1) - formula(0.0))
    assert mean + half < 0
