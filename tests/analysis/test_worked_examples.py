"""The awkward cases of the measures of money and customers, each worked out on paper."""

from __future__ import annotations

import pytest
from replication_builder import Cost, build_replication

from simsales.kpis import describe, measure


def acquisition(amounts: list[float]) -> list[Cost]:
    return [(month, "smb", "acquisition", "salaries", amount) for month, amount in enumerate(amounts, 1)]


def test_without_churn_a_life_has_no_end() -> None:
    found = measure(
        build_replication(
            3,
            {
                "smb": {
                    "customers_opening": [10, 11, 12],
                    "customers_new": [1, 1, 1],
                    "mrr_opening": [1000, 1100, 1200],
                    "mrr_new": [100, 100, 100],
                    "revenue": [1050, 1150, 1250],
                }
            },
            costs=acquisition([50, 50, 50]),
            stays=[("smb", 0, 3, 0, 150), ("smb", 1, 2, 0, 200), ("smb", 2, 1, 0, 100)],
        )
    )
    for name in ("ltv", "ltv_to_cac", "ltv_formula_revenue", "ltv_formula_margin", "quick_ratio"):
        assert found[name] is None, name
        assert describe(name).undefined
    assert (found["logo_churn_monthly"], found["logo_churn_annual"]) == (0, 0)
    assert found["cac_payback_months"] == pytest.approx(0.5)  # 150 / 3 = 50 against 100 a month
    assert found["left_before_payback"] == 0


def test_no_new_customer_in_the_window() -> None:
    found = measure(
        build_replication(
            2,
            {"smb": {"customers_opening": [2, 2], "mrr_opening": [200, 200], "revenue": [200, 200]}},
            costs=acquisition([50, 50]),
        )
    )
    for name in (
        "cac",
        "acv",
        "ltv",
        "ltv_to_cac",
        "cac_payback_months",
        "left_before_payback",
        "term_share",
    ):
        assert found[name] is None, name
        assert "No customer signed" in describe(name).undefined
    assert (found["profit"], found["acquisition_cost"]) == (300, 50)


def test_no_new_customer_in_one_month() -> None:
    # What was spent in the month that brought nobody is paid for by those of the other month.
    found = measure(build_replication(2, {"smb": {"customers_new": [0, 4]}}, costs=acquisition([60, 40])))
    assert found["cac"] == 25


def test_a_customer_who_leaves_and_returns() -> None:
    """Two customers for a year; one leaves at the end of month 3 and comes back in month 6, at 120."""
    months = 12
    one_lost = {
        "customers_opening": [2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2],
        "customers_churned": [0, 0, 1, *[0] * 9],
        "customers_reactivated": [0, 0, 0, 0, 0, 1, *[0] * 6],
        "customers_closing": [2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2],
        "mrr_opening": [200, 200, 200, 100, 100, 100, 220, 220, 220, 220, 220, 220],
        "mrr_churned": [0, 0, 100, *[0] * 9],
        "mrr_reactivation": [0, 0, 0, 0, 0, 120, *[0] * 6],
        "mrr_closing": [200, 200, 100, 100, 100, 220, 220, 220, 220, 220, 220, 220],
        # For the cohort it is lost: it was not there without a break.
        "cohort_mrr": [*[0] * 11, 200],
        "cohort_mrr_kept": [*[0] * 11, 100],
        "cohort_mrr_now": [*[0] * 11, 100],
    }
    found = measure(build_replication(months, {"smb": one_lost}, costs=acquisition([10])))
    assert (found["grr"], found["nrr"]) == (0.5, 0.5)
    assert found["reactivation_mrr"] == 10  # 120 in twelve months
    assert found["reactivated"] == pytest.approx(1 / 12)
    assert found["churned_mrr"] == pytest.approx(100 / 12)
    assert found["cac"] is None  # who comes back is not new
    assert found["quick_ratio"] == 0  # (new 0 + expansion 0) / 100: reactivation is not growth
    assert found["logo_churn_monthly"] == pytest.approx(1 / 21)


def test_contraction_to_zero() -> None:
    """A customer who gives up every seat but does not leave: MRR is lost, the logo is not."""
    found = measure(
        build_replication(
            12,
            {
                "smb": {
                    "customers_opening": [1] * 12,
                    "mrr_opening": [100, 100, *[0] * 10],
                    "mrr_contraction": [0, 100, *[0] * 10],
                    "revenue": [100, 100, *[0] * 10],
                    "cohort_mrr": [*[0] * 11, 100],
                }
            },
        )
    )
    assert (found["grr"], found["nrr"], found["logo_churn_monthly"]) == (0, 0, 0)
    assert found["contraction_mrr"] == pytest.approx(100 / 12)
    assert found["quick_ratio"] == 0
    assert found["arpa"] == pytest.approx(200 / 12)


def test_an_annual_customer_in_the_middle_of_the_term() -> None:
    """It has paid 1,200 at the start of month 1 and the horizon is five months: 700 are not earned yet."""
    found = measure(
        build_replication(
            5,
            {
                "smb": {
                    "customers_new": [1, 0, 0, 0, 0],
                    "customers_new_term": [1, 0, 0, 0, 0],
                    "mrr_new": [100, 0, 0, 0, 0],
                    "revenue": [100] * 5,
                    "receipts": [1200, 0, 0, 0, 0],
                    "deferred_closing": [1100, 1000, 900, 800, 700],
                }
            },
            costs=acquisition([900, 60, 60, 60, 60]),
        )
    )
    assert (found["revenue"], found["receipts"], found["deferred_end"]) == (100, 240, 700)
    assert found["profit"] == 500 - 1140
    assert found["cash_end"] == 1200 - 1140  # profit and what is paid in advance
    assert (found["cash_low"], found["break_even_month"]) == (0, 1)
    assert found["term_share"] == 1


def test_a_price_rise_in_the_middle_of_a_month() -> None:
    """Ten customers at 100; from the middle of month 2 on they pay 110.

    The rise is MRR of month 2, of which half a month is earned: 1,000 + 50.
    """
    found = measure(
        build_replication(
            3,
            {
                "smb": {
                    "customers_opening": [10] * 3,
                    "mrr_opening": [1000, 1000, 1100],
                    "mrr_expansion": [0, 100, 0],
                    "mrr_closing": [1000, 1100, 1100],
                    "revenue": [1000, 1050, 1100],
                }
            },
        )
    )
    assert found["expansion_mrr"] == pytest.approx(100 / 3)
    assert (found["mrr_end"], found["revenue"]) == (1100, 1050)
    assert found["arpa"] == pytest.approx(3100 / 30)  # at the months' starts: 100, 100, 110
    assert found["quick_ratio"] is None  # nothing was lost


@pytest.mark.parametrize(("months", "defined"), [(11, False), (12, True), (13, True)])
def test_the_cohort_of_twelve_months_before(months: int, defined: bool) -> None:
    """Of three customers at 100, 200 and 300 the first has left, the second pays 150, the third 400.

    Kept: min(150, 200) + min(400, 300) = 450 of 600; now: 550 of 600. A cohort from the warm-up does not
    count.
    """
    last = [0] * (months - 1)
    found = measure(
        build_replication(
            months,
            {
                "smb": {
                    "cohort_mrr": [*last, 600],
                    "cohort_mrr_kept": [*last, 450],
                    "cohort_mrr_now": [*last, 550],
                }
            },
        )
    )
    assert found["grr"] == (0.75 if defined else None)
    assert found["nrr"] == (pytest.approx(550 / 600) if defined else None)


@pytest.mark.parametrize(
    ("receipts", "costs", "low", "end", "month"),
    [
        ([0, 0, 90, 90], [50, 20, 20, 20], -70, 70, 3),  # −50, −70, 0, 70
        ([100, 0, 0, 100], [50, 80, 0, 0], -30, 70, 4),  # 50, −30, −30, 70: the first month did not last
        ([50, 50], [50, 50], 0, 0, 1),  # never below zero
        ([10, 0], [0, 20], -10, -10, None),  # 10, −10
        ([0, 20], [20, 0], -20, 0, 2),  # −20, 0: even again
    ],
)
def test_break_even(
    receipts: list[float], costs: list[float], low: float, end: float, month: int | None
) -> None:
    found = measure(
        build_replication(len(receipts), {"smb": {"receipts": receipts}}, costs=acquisition(costs))
    )
    assert (found["cash_low"], found["cash_end"], found["break_even_month"]) == (low, end, month)


def test_lead_velocity() -> None:
    # 10, 20, 15: (+10 − 5) / (10 + 20).
    assert measure(build_replication(3, funnel={"smb": {"sql": [10, 20, 15]}}))["lvr"] == pytest.approx(1 / 6)
    assert measure(build_replication(1, funnel={"smb": {"sql": [10]}}))["lvr"] is None
    assert measure(build_replication(3, funnel={"smb": {"sql": [0, 0, 5]}}))["lvr"] is None


def test_magic_number() -> None:
    # Quarters of 300, 420 and 600; beside two whole quarters a seventh and an eighth month do not count.
    revenue = [100, 100, 100, 140, 140, 140, 200, 200, 200]
    spent = acquisition([200, 200, 200, 100, 100, 100, 999, 999, 999])
    # 4 × (120 + 180) / (600 + 300).
    nine = measure(build_replication(9, {"smb": {"revenue": revenue}}, costs=spent))
    assert nine["magic_number"] == pytest.approx(4 * 300 / 900)
    eight = measure(build_replication(8, {"smb": {"revenue": revenue[:8]}}, costs=spent[:8]))
    assert eight["magic_number"] == pytest.approx(4 * 120 / 600)
    assert (
        measure(build_replication(5, {"smb": {"revenue": revenue[:5]}}, costs=spent[:5]))["magic_number"]
        is None
    )
    assert measure(build_replication(9, {"smb": {"revenue": revenue}}))["magic_number"] is None


def test_rule_of_40() -> None:
    # 100 a month for a year, then 130, at costs of 117: growth 30 %, margin 10 %. The month before these two
    # years does not count.
    revenue = [999, *[100] * 12, *[130] * 12]
    found = measure(
        build_replication(25, {"smb": {"revenue": revenue}}, costs=acquisition([9, *[90] * 12, *[117] * 12]))
    )
    assert found["rule_of_40"] == pytest.approx(0.4)
    short = measure(build_replication(23, {"smb": {"revenue": revenue[:23]}}))
    assert short["rule_of_40"] is None


def test_churn_over_a_year() -> None:
    # One in ten a month: 1 − 0.9^12.
    found = measure(
        build_replication(2, {"smb": {"customers_opening": [10, 10], "customers_churned": [2, 0]}})
    )
    assert found["logo_churn_annual"] == pytest.approx(0.7175704635)


def test_serving_at_a_loss_never_pays_back() -> None:
    found = measure(
        build_replication(
            1,
            {
                "smb": {
                    "customers_opening": [1],
                    "customers_new": [1],
                    "mrr_opening": [100],
                    "mrr_new": [100],
                    "revenue": [150],
                }
            },
            costs=[(1, "smb", "acquisition", "channels", 10), (1, "smb", "serving", "serving", 160)],
        )
    )
    assert found["gross_margin"] == pytest.approx(-1 / 15)
    assert found["cac_payback_months"] is None
    assert "no margin" in describe("cac_payback_months").undefined


def test_a_higher_price_for_new_customers_is_paid_back_sooner() -> None:
    """A hundred customers pay 100 a month. Of four new ones at 100, each costs 300: three months. At 200 two
    fewer buy for the same money, 600 each: three months again, and if three buy, 400 each, two.

    With ARPA, which the hundred make, the price would seem to do harm: 6 months and 4.
    """

    def payback(buyers: int, price: float) -> float | None:
        ledger: dict[str, list[float]] = {
            "customers_opening": [100],
            "mrr_opening": [10_000],
            "customers_new": [buyers],
            "mrr_new": [buyers * price],
            "revenue": [10_000],
        }
        return measure(build_replication(1, {"smb": ledger}, costs=acquisition([1200])))["cac_payback_months"]

    assert payback(4, 100) == pytest.approx(3)
    assert payback(2, 200) == pytest.approx(3)
    assert payback(3, 200) == pytest.approx(2)
