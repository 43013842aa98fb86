"""KPIs of customers: how many stay, what they pay, what they cost, and what one is worth."""

from __future__ import annotations

import numpy as np

from simsales.analysis.definition import Kpi, per_month
from simsales.analysis.measured import Floats, Measured, Window, ratio
from simsales.analysis.selling import acv

_NONE_THERE = "There was no customer at the start of any month."
_NONE_NEW = "No customer signed."
_NO_YEAR = "The horizon is shorter than twelve months, or there was no customer twelve months before its end."
_NO_LIFE = "No customer signed, or none of those who had been customers longest left."
_NO_PAYBACK = "No customer signed, or serving customers left no margin."


def logo_churn(m: Measured) -> Floats:
    """Monthly, months weighted by customers."""
    return ratio(m.total("customers_churned"), m.total("customers_opening"))


def arpa(m: Measured) -> Floats:
    """Average MRR of those who are customers at the start of a month."""
    return ratio(m.total("mrr_opening"), m.total("customers_opening"))


def gross_margin(m: Measured) -> Floats:
    """What is left of revenue when customers are served."""
    return ratio(m.total("revenue") - m.total("serving_cost"), m.total("revenue"))


def cac(m: Measured) -> Floats:
    """All acquisition cost for each new customer; one who came back is not new."""
    return ratio(m.total("acquisition_cost"), m.total("customers_new"))


def payback_months(m: Measured) -> Floats:
    """Months of a new customer's margin that its acquisition costs.

    On what new customers pay, not all: CAC is spent on them, and after a change of prices the two differ.
    """
    return ratio(cac(m), acv(m) / 12 * gross_margin(m))


def ltv(m: Window) -> Floats:
    """Simulated, by life table."""
    return np.array([life.value() for life in m.lives])


def _of_a_year(m: Measured, what: str) -> Floats:
    """Of the cohort of twelve months before, none of which lies in the warm-up."""
    return np.where(m.age >= 12, ratio(m.last(what), m.last("cohort_mrr")), np.nan)


def _left_before_payback(m: Window) -> Floats:
    pairs = zip(m.lives, payback_months(m).tolist(), strict=True)
    return np.array([life.left_before(months) for life, months in pairs])


CUSTOMERS: tuple[Kpi, ...] = (
    Kpi(
        "customers_end",
        "customers",
        "higher",
        "customers when the horizon ends, those in onboarding included",
        lambda m: m.last("customers_closing"),
    ),
    Kpi("churned", "customers/month", "neither", "customers that left", per_month("customers_churned")),
    Kpi(
        "reactivated",
        "customers/month",
        "neither",
        "customers that had left and came back",
        per_month("customers_reactivated"),
    ),
    Kpi(
        "logo_churn_monthly",
        "share/month",
        "lower",
        "customers lost in a month / customers at its start, months weighted by customers",
        logo_churn,
        _NONE_THERE,
        "[001]",
    ),
    Kpi(
        "logo_churn_annual",
        "share",
        "lower",
        "1 − (1 − logo_churn_monthly)^12",
        lambda m: 1 - (1 - logo_churn(m)) ** 12,
        _NONE_THERE,
        "[001]",
    ),
    Kpi(
        "grr",
        "share",
        "higher",
        "gross revenue retention: of the customers of twelve months before the end, Σ min(MRR now, MRR then) "
        "of those still there without a break / Σ MRR then",
        lambda m: _of_a_year(m, "cohort_mrr_kept"),
        _NO_YEAR,
    ),
    Kpi(
        "nrr",
        "share",
        "higher",
        "net revenue retention: of the same customers, Σ MRR now of those still there without a break / "
        "Σ MRR then",
        lambda m: _of_a_year(m, "cohort_mrr_now"),
        _NO_YEAR,
    ),
    Kpi(
        "term_share",
        "share",
        "neither",
        "new customers on a contract of more than one month / new customers",
        lambda m: ratio(m.total("customers_new_term"), m.total("customers_new")),
        _NONE_NEW,
    ),
    Kpi(
        "arpa",
        "currency/month",
        "higher",
        "average revenue per account: MRR / customers at the start of a month, months weighted by customers",
        arpa,
        _NONE_THERE,
    ),
    Kpi("acv", "currency", "higher", "12 × new MRR / new customers", acv, _NONE_NEW),
    Kpi(
        "gross_margin",
        "share",
        "higher",
        "(revenue − cost of serving) / revenue",
        gross_margin,
        "There was no revenue.",
    ),
    Kpi(
        "cac",
        "currency",
        "lower",
        "all cost of acquisition / new customers; those who came back are not new",
        cac,
        _NONE_NEW,
        "[003] p. 58",
    ),
    Kpi(
        "crc",
        "currency",
        "lower",
        "12 × cost of keeping and growing customers in a month / customers at its start, months weighted by "
        "customers",
        lambda m: 12 * ratio(m.total("retention_cost"), m.total("customers_opening")),
        _NONE_THERE,
        "[000], [003] p. 54",
    ),
    Kpi(
        "ltv",
        "currency",
        "higher",
        "life table: Σ over ages of the share still there × margin (revenue − cost of serving) at that age; "
        "the oldest ages pooled into a year that repeats itself",
        ltv,
        _NO_LIFE,
        "period life table",
        monthly=False,
    ),
    Kpi(
        "ltv_formula_revenue",
        "currency",
        "higher",
        "ARPA / logo_churn_monthly",
        lambda m: ratio(arpa(m), logo_churn(m)),
        "No customer left.",
    ),
    Kpi(
        "ltv_formula_margin",
        "currency",
        "higher",
        "ARPA × gross margin / logo_churn_monthly",
        lambda m: ratio(arpa(m) * gross_margin(m), logo_churn(m)),
        "No customer left.",
    ),
    Kpi(
        "ltv_to_cac",
        "ratio",
        "higher",
        "LTV (life table) / CAC",
        lambda m: ratio(ltv(m), cac(m)),
        f"{_NO_LIFE[:-1]}, or acquisition cost nothing.",
        monthly=False,
    ),
    Kpi(
        "cac_payback_months",
        "months",
        "lower",
        "CAC / (ACV / 12 × gross margin): on what new customers pay",
        payback_months,
        _NO_PAYBACK,
    ),
    Kpi(
        "left_before_payback",
        "share",
        "lower",
        "customers who leave before they have stayed for cac_payback_months (rounded up), by the life table",
        _left_before_payback,
        f"{_NO_PAYBACK[:-1]}, or nobody stayed for a month.",
        "[002]",
        monthly=False,
    ),
)
