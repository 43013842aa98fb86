"""KPIs of customers: how many there are, stay, and come back."""

from __future__ import annotations

import numpy as np

from simsales.kpis.definition import Kpi, per_month
from simsales.kpis.series import Floats
from simsales.kpis.sums import Sums, ratio

_NONE_THERE = "There was no customer at the start of any month."
_NONE_NEW = "No customer signed."
_NO_YEAR = "The horizon is shorter than twelve months, or there was no customer twelve months before its end."


def logo_churn(sums: Sums) -> Floats:
    """Share of customers lost per month, months weighted by customers."""
    return ratio(sums.total("customers_churned"), sums.total("customers_opening"))


def _retention(sums: Sums, series: str) -> Floats:
    """Share of the MRR of twelve months before; nan in months 1 to 11, before which lies the warm-up."""
    return np.where(sums.age >= 12, ratio(sums.last(series), sums.last("cohort_mrr")), np.nan)


CUSTOMERS: tuple[Kpi, ...] = (
    Kpi(
        "customers_end",
        "customers",
        "higher",
        "customers when the horizon ends, those in onboarding included",
        lambda sums: sums.last("customers_closing"),
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
        lambda sums: 1 - (1 - logo_churn(sums)) ** 12,
        _NONE_THERE,
        "[001]",
    ),
    Kpi(
        "grr",
        "share",
        "higher",
        "gross revenue retention: of the customers of twelve months before the end, Σ min(MRR now, MRR then) "
        "of those still there without a break / Σ MRR then",
        lambda sums: _retention(sums, "cohort_mrr_kept"),
        _NO_YEAR,
    ),
    Kpi(
        "nrr",
        "share",
        "higher",
        "net revenue retention: of the same customers, Σ MRR now of those still there without a break / "
        "Σ MRR then",
        lambda sums: _retention(sums, "cohort_mrr_now"),
        _NO_YEAR,
    ),
    Kpi(
        "term_share",
        "share",
        "neither",
        "new customers on a contract of more than one month / new customers",
        lambda sums: ratio(sums.total("customers_new_term"), sums.total("customers_new")),
        _NONE_NEW,
    ),
)
