"""KPIs of money: MRR and how it moves, costs, profit, cash."""

from __future__ import annotations

import numpy as np

from simsales.kpis.definition import Direction, Kpi, per_month
from simsales.kpis.series import Floats
from simsales.kpis.sums import HorizonSums, Sums, ratio


def _quick_ratio(sums: Sums) -> Floats:
    gained = sums.total("mrr_new") + sums.total("mrr_expansion")
    return ratio(gained, sums.total("mrr_contraction") + sums.total("mrr_churned"))


def _magic_number(sums: HorizonSums) -> Floats:
    """Over whole quarters; months left over at the end do not count."""
    quarters = sums.horizon_months // 3

    def by_quarter(name: str) -> Floats:
        months = sums.series[name][..., : 3 * quarters]
        return np.asarray(months.reshape(*months.shape[:-1], quarters, 3).sum(axis=-1))

    revenue, spent = by_quarter("revenue"), by_quarter("acquisition_cost")
    if quarters < 2:
        return np.full(revenue.shape[:-1], np.nan)
    return ratio(4 * (revenue[..., -1] - revenue[..., 0]), spent[..., :-1].sum(axis=-1))


def _rule_of_40(sums: HorizonSums) -> Floats:
    revenue, cost = sums.series["revenue"], sums.series["cost"]
    if sums.horizon_months < 24:
        return np.full(revenue.shape[:-1], np.nan)
    last, before = revenue[..., -12:].sum(axis=-1), revenue[..., -24:-12].sum(axis=-1)
    return ratio(last - before, before) + ratio(last - cost[..., -12:].sum(axis=-1), last)


def _break_even_month(sums: HorizonSums) -> Floats:
    """The month after the last one at whose end cash is below zero."""
    months = sums.cash.shape[1]
    below = sums.cash < 0
    since = np.where(below.any(axis=1), months - below[:, ::-1].argmax(axis=1), 0) + 1
    return np.where(since <= months, since.astype(np.float64), np.nan)


def _cash_low(sums: HorizonSums) -> Floats:
    return np.asarray(np.minimum(sums.cash.min(axis=1), 0))


def _monthly(name: str, better: Direction, meaning: str, series: str, source: str = "standard") -> Kpi:
    return Kpi(name, "currency/month", better, meaning, per_month(series), source=source)


MONEY: tuple[Kpi, ...] = (
    _monthly("new_mrr", "higher", "MRR of new customers", "mrr_new"),
    _monthly(
        "expansion_mrr", "higher", "MRR that customers added; price rises included", "mrr_expansion", "[000]"
    ),
    _monthly("contraction_mrr", "neither", "MRR that customers who stayed gave up", "mrr_contraction"),
    _monthly("churned_mrr", "neither", "MRR of customers that left", "mrr_churned"),
    _monthly("reactivation_mrr", "neither", "MRR of customers that came back", "mrr_reactivation"),
    Kpi(
        "quick_ratio",
        "ratio",
        "higher",
        "(new + expansion) / (contraction + churned) of MRR",
        _quick_ratio,
        "No MRR was lost.",
    ),
    Kpi("mrr_end", "currency", "higher", "MRR when the horizon ends", lambda sums: sums.last("mrr_closing")),
    Kpi(
        "arr_end",
        "currency",
        "higher",
        "12 × MRR when the horizon ends",
        lambda sums: 12 * sums.last("mrr_closing"),
    ),
    _monthly(
        "revenue",
        "higher",
        "MRR earned, new customers counting for the rest of their first month",
        "revenue",
    ),
    _monthly("receipts", "higher", "cash received from customers, prepayment included", "receipts"),
    Kpi(
        "deferred_end",
        "currency",
        "neither",
        "paid by customers but not yet earned when the horizon ends",
        lambda sums: sums.last("deferred_closing"),
    ),
    _monthly("costs", "lower", "all costs: acquisition, retention and serving", "cost"),
    _monthly(
        "acquisition_cost",
        "lower",
        "cost of winning customers: channels, and the part of salaries, commissions, tools and overhead",
        "acquisition_cost",
        "[003] p. 58",
    ),
    _monthly(
        "retention_cost",
        "lower",
        "cost of keeping and growing customers: communities, and the part of salaries, commissions, tools "
        "and overhead",
        "retention_cost",
        "[003] p. 54",
    ),
    _monthly(
        "serving_cost", "lower", "cost to serve customers: what lowers the gross margin", "serving_cost"
    ),
    _monthly(
        "channel_cost",
        "lower",
        "cost per lead × leads that came in or were taken from lists, and fixed spend on channels",
        "channel_cost",
    ),
    _monthly(
        "salaries", "lower", "salaries of all people who sell or look after customers, loaded", "salaries"
    ),
    _monthly("commissions", "lower", "commissions paid", "commissions", "[001]"),
    Kpi(
        "profit",
        "currency",
        "higher",
        "revenue − all costs, of all months of the horizon together",
        lambda sums: sums.total("revenue") - sums.total("cost"),
    ),
    Kpi(
        "cash_end",
        "currency",
        "higher",
        "receipts − all costs since the end of the warm-up, when the horizon ends",
        lambda sums: sums.to_date("receipts") - sums.to_date("cost"),
    ),
    Kpi(
        "cash_low",
        "currency",
        "higher",
        "the lowest that cumulative cash stands at a month's end; 0 if it is never below",
        _cash_low,
        monthly=False,
    ),
    Kpi(
        "break_even_month",
        "month",
        "lower",
        "the first month from whose end on cumulative cash is never below 0",
        _break_even_month,
        "Cumulative cash is below 0 when the horizon ends.",
        monthly=False,
        averaged=True,
    ),
    Kpi(
        "magic_number",
        "ratio",
        "higher",
        "4 × Σ (revenue of a quarter − of the quarter before) / Σ acquisition cost of the quarter before",
        _magic_number,
        "The horizon has less than two quarters, or nothing was spent on acquisition.",
        monthly=False,
    ),
    Kpi(
        "rule_of_40",
        "share",
        "higher",
        "growth of revenue, last twelve months on the twelve before, + profit / revenue of the last twelve",
        _rule_of_40,
        "The horizon is shorter than 24 months, or there was no revenue in one of its last two years.",
        monthly=False,
    ),
)
