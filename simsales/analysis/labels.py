"""The catalogue of labels: what KPIs are called, how they are grouped, and which a reader sees first."""

from __future__ import annotations

from collections.abc import Iterable

from simsales.kpis import KPIS, parts

LABELS = {
    "suspect": "suspects",
    "prospect": "prospects",
    "mql": "MQLs",
    "sql": "SQLs",
    "sql_inbound": "SQLs, inbound",
    "sql_outbound": "SQLs, outbound",
    "sql_opening": "SQLs, from the opening",
    "sal": "SALs",
    "win": "wins",
    "live": "activated (LIVE)",
    "lost": "leads lost",
    "conversion_suspect_prospect": "Suspect to Prospect",
    "conversion_prospect_sql": "Prospect to SQL",
    "conversion_mql_sql": "MQL to SQL",
    "conversion_sql_sal": "SQL to SAL",
    "conversion_sal_win": "SAL to WIN",
    "conversion_win_live": "WIN to LIVE",
    "conversion_sql_win": "SQL to WIN",
    "unfinished": "unfinished leads",
    "lvr": "lead velocity/month",
    "win_rate": "win rate",
    "win_rate_value": "win rate by value",
    "sales_cycle_days": "sales cycle",
    "sales_cycle_median_days": "sales cycle, median",
    "sales_cycle_lost_days": "cycle, lost deals",
    "sales_velocity": "sales velocity/day",
    "open_pipeline_end": "open pipeline",
    "acv": "ACV of new customers",
    "term_share": "on a term contract",
    "customers_end": "customers at the end",
    "churned": "customers lost/month",
    "reactivated": "came back/month",
    "logo_churn_monthly": "logo churn/month",
    "logo_churn_annual": "logo churn/year",
    "grr": "GRR",
    "nrr": "NRR",
    "arpa": "ARPA/month",
    "gross_margin": "gross margin",
    "cac": "CAC",
    "crc": "CRC/year",
    "ltv": "LTV (life table)",
    "ltv_formula_revenue": "ARPA/churn",
    "ltv_formula_margin": "ARPA × margin/churn",
    "ltv_to_cac": "LTV:CAC",
    "cac_payback_months": "payback",
    "left_before_payback": "leave before payback",
    "mrr_end": "MRR at the end",
    "arr_end": "ARR at the end",
    "new_mrr": "new MRR/month",
    "expansion_mrr": "expansion MRR/month",
    "contraction_mrr": "contraction MRR/month",
    "churned_mrr": "churned MRR/month",
    "reactivation_mrr": "reactivated MRR/month",
    "quick_ratio": "quick ratio",
    "revenue": "revenue/month",
    "receipts": "receipts/month",
    "deferred_end": "prepaid at the end",
    "costs": "costs/month",
    "acquisition_cost": "acquisition cost/month",
    "retention_cost": "retention cost/month",
    "serving_cost": "cost to serve/month",
    "channel_cost": "cost of leads/month",
    "salaries": "salaries/month",
    "commissions": "commissions/month",
    "profit": "cumulative profit",
    "cash_end": "cash at the end",
    "cash_low": "lowest cash",
    "break_even_month": "break-even month",
    "magic_number": "magic number",
    "rule_of_40": "rule of 40",
    "utilization": "utilization",
    "wait_days": "wait for",
    "backlog": "backlog",
}
"""Of every KPI, in the order in which tables show them."""


def _families(first: str, last: str) -> tuple[str, ...]:
    names = list(LABELS)
    return tuple(names[names.index(first) : names.index(last) + 1])


GROUPS = {
    "Funnel, per month": _families("suspect", "lost"),
    "Conversion of leads that came in": _families("conversion_suspect_prospect", "unfinished"),
    "Deals": _families("lvr", "term_share"),
    "Customers": _families("customers_end", "nrr"),
    "Unit economics": _families("arpa", "left_before_payback"),
    "Recurring revenue": _families("mrr_end", "quick_ratio"),
    "Money": _families("revenue", "rule_of_40"),
    "People": _families("utilization", "backlog"),
}
SHORT = (
    *("sql", "win", "win_rate", "sales_cycle_days", "customers_end", "logo_churn_monthly", "grr", "nrr"),
    *("arpa", "cac", "ltv_to_cac", "cac_payback_months", "mrr_end", "revenue", "profit", "cash_end"),
    *("cash_low", "break_even_month", "utilization", "wait_days"),
)
"""The KPIs of a table unless all are asked for."""
TIER_SHORT = ("win", "win_rate", "mrr_end", "logo_churn_monthly", "nrr", "cac", "ltv_to_cac", "profit")
"""The KPIs of a table by tier."""
HEADLINES = ("mrr_end", "profit", "win", "sales_cycle_days")
"""The KPIs of a finding in one sentence, most important first."""
PAIRED = ("win", "mrr_end", "sales_cycle_days")
"""The KPIs that show the gain by pairing: the first of them that varies on both sides."""
SIGNED = ("profit", "cash_end", "cash_low")
"""KPIs that may be negative or near zero: a sentence gives their differences in money, not in per cent."""

NO_SUCH = "There is no such role or tier."
"""Why a KPI that is always defined elsewhere is undefined in one alternative."""


def label(kpi: str) -> str:
    """The KPI in plain words: ``mrr_end`` → MRR at the end, ``wait_days.AE`` → wait for AE."""
    family, _, role = kpi.partition(".")
    text = LABELS.get(family, family.replace("_", " "))
    if not role:
        return text
    return f"{text} {role}" if family == "wait_days" else f"{role} {text}"


def grouped(kpis: Iterable[str]) -> dict[str, list[str]]:
    """The KPIs by group, in the order of `LABELS`; unknown ones last, under ``Other``."""
    names = list(kpis)
    groups: dict[str, list[str]] = {}
    for group, families in GROUPS.items():
        members = [name for family in families for name in names if name.partition(".")[0] == family]
        if members:
            groups[group] = members
    known = {name for members in groups.values() for name in members}
    if others := [name for name in names if name not in known]:
        groups["Other"] = others
    return groups


def ordered(kpis: Iterable[str]) -> list[str]:
    """The KPIs, each once, in the order of `simsales.kpis.KPIS`; unknown ones last."""
    place = {kpi.name: number for number, kpi in enumerate(KPIS)}
    return sorted(dict.fromkeys(kpis), key=lambda name: place.get(parts(name).kpi, len(place)))
