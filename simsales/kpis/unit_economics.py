"""KPIs of unit economics: what a customer pays (ARPA, ACV), costs (CAC, CRC) and is worth (LTV, payback)."""

from __future__ import annotations

from simsales.kpis.customers import logo_churn
from simsales.kpis.definition import Kpi
from simsales.kpis.life_table import LifeTable
from simsales.kpis.selling import acv
from simsales.kpis.series import Floats
from simsales.kpis.sums import HorizonSums, Sums, ratio

_NONE_THERE = "There was no customer at the start of any month."
_NONE_NEW = "No customer signed."
_NO_LIFE = "No customer signed, or none of those who had been customers longest left."
_NO_PAYBACK = "No customer signed, or serving customers left no margin."


def arpa(sums: Sums) -> Floats:
    """Average MRR of the customers at the start of a month."""
    return ratio(sums.total("mrr_opening"), sums.total("customers_opening"))


def gross_margin(sums: Sums) -> Floats:
    """Share of revenue left after the cost to serve."""
    return ratio(sums.total("revenue") - sums.total("serving_cost"), sums.total("revenue"))


def cac(sums: Sums) -> Floats:
    """All acquisition cost per new customer; a customer who came back is not new."""
    return ratio(sums.total("acquisition_cost"), sums.total("customers_new"))


def payback_months(sums: Sums) -> Floats:
    """CAC in months of a new customer's margin.

    The margin is that of new customers, not of all: CAC is spent on them, and after a change of prices the
    two differ.
    """
    return ratio(cac(sums), acv(sums) / 12 * gross_margin(sums))


def ltv(sums: HorizonSums) -> Floats:
    """Lifetime value, by the life table."""
    return sums.life_tables.figures(LifeTable.value)


def _left_before_payback(sums: HorizonSums) -> Floats:
    return sums.life_tables.figures_at(LifeTable.left_before, payback_months(sums))


UNIT_ECONOMICS: tuple[Kpi, ...] = (
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
        lambda sums: 12 * ratio(sums.total("retention_cost"), sums.total("customers_opening")),
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
        lambda sums: ratio(arpa(sums), logo_churn(sums)),
        "No customer left.",
    ),
    Kpi(
        "ltv_formula_margin",
        "currency",
        "higher",
        "ARPA × gross margin / logo_churn_monthly",
        lambda sums: ratio(arpa(sums) * gross_margin(sums), logo_churn(sums)),
        "No customer left.",
    ),
    Kpi(
        "ltv_to_cac",
        "ratio",
        "higher",
        "LTV (life table) / CAC",
        lambda sums: ratio(ltv(sums), cac(sums)),
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
