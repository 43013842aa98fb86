"""KPIs of selling: leads and deals."""

from __future__ import annotations

import numpy as np

from simsales.kpis.cycle import CycleTable
from simsales.kpis.definition import Direction, Kpi, per_month
from simsales.kpis.series import Floats, with_total
from simsales.kpis.sums import HorizonSums, Sums, ratio

_NO_DEAL = "No deal was won or lost."
_NO_CYCLE = (
    "No deal was won, or the horizon is too short: more than 5 % of the leads are still open at the last age "
    "observed, or more than 5 % of the wins must be expected of them."
)


def win_rate(sums: Sums) -> Floats:
    """Share of the opportunities closed that were won, by count."""
    return ratio(sums.total("win"), sums.total("win") + sums.total("opportunities_lost"))


def sales_cycle_days(sums: HorizonSums) -> Floats:
    """Mean from coming in to signature, those who are still open when the horizon ends accounted for.

    The table has whole days; what they are short of is that of the leads that were seen to be won. (Nobody
    knows when those came in who were there at the beginning.) Results without the table give the mean of
    these leads.
    """
    seen = ratio(
        sums.total("won_days") - sums.total("won_days_opening"), sums.total("win") - sums.total("win_opening")
    )
    if sums.cycles is None:
        return seen
    return sums.cycles.figures(CycleTable.mean) + np.clip(
        seen - sums.cycles.figures(CycleTable.mean_won_day), 0, 1
    )


def _sales_cycle_median(sums: HorizonSums) -> Floats:
    if sums.cycles is None:
        return np.full_like(sums.total("win"), np.nan)
    return sums.cycles.figures(CycleTable.median)


def acv(sums: Sums) -> Floats:
    """Mean annual value of a new contract."""
    return 12 * ratio(sums.total("mrr_new"), sums.total("customers_new"))


def _sales_velocity(sums: HorizonSums) -> Floats:
    opportunities = sums.total("open_opportunities") / sums.months
    return ratio(opportunities * acv(sums) * win_rate(sums), sales_cycle_days(sums))


def _win_rate_value(sums: Sums) -> Floats:
    return ratio(sums.total("mrr_new"), sums.total("mrr_new") + sums.total("opportunities_lost_mrr"))


def _open_pipeline_end(sums: HorizonSums) -> Floats:
    assert sums.ages.open_leads is not None
    return sums.ages.open_leads


def _conversion(a: str, b: str) -> Kpi:
    def share(sums: HorizonSums) -> Floats:
        entered, of_these = sums.ages.cohorts.entered(a, b)
        return ratio(with_total(of_these), with_total(entered))

    return Kpi(
        f"conversion_{a}_{b}".lower(),
        "share",
        "higher",
        f"of the leads that came in after the warm-up and entered {a}: those that entered {b} by the end of "
        "the horizon",
        share,
        f"No such lead entered {a}.",
        "[000]",
        monthly=False,
        if_any=True,
        unsettled=True,
    )


def _unfinished(sums: HorizonSums) -> Floats:
    return ratio(with_total(sums.ages.cohorts.unfinished), with_total(sums.ages.cohorts.came_in))


def _flow(state: str, better: Direction, meaning: str, source: str = "[000]") -> Kpi:
    return Kpi(state, "leads/month", better, meaning, per_month(state), source=source)


SELLING: tuple[Kpi, ...] = (
    _flow("suspect", "neither", "leads that became Suspects: names taken from lists"),
    _flow("prospect", "neither", "leads that became Prospects: they showed interest"),
    _flow("mql", "higher", "leads that became MQLs: interested, and they meet the criteria"),
    _flow("sql", "higher", "leads that became SQLs: they mean to buy"),
    _flow("sql_inbound", "higher", "SQLs that came by themselves"),
    _flow("sql_outbound", "higher", "SQLs from lists that were worked through"),
    Kpi(
        "sql_opening",
        "leads/month",
        "neither",
        "SQLs of the leads that were there when the simulation began",
        lambda sums: sums.if_opening(sums.total("sql_opening") / sums.months),
        "Nothing was there when the simulation began.",
        if_any=True,
        averaged=True,
    ),
    _flow("sal", "higher", "leads that sales accepted: only terms and payment remain"),
    _flow("win", "higher", "contracts signed"),
    _flow("live", "higher", "customers activated"),
    _flow("lost", "neither", "leads lost at any step, for any reason", "standard"),
    _conversion("Suspect", "Prospect"),
    _conversion("Prospect", "SQL"),
    _conversion("MQL", "SQL"),
    _conversion("SQL", "SAL"),
    _conversion("SAL", "WIN"),
    _conversion("WIN", "LIVE"),
    _conversion("SQL", "WIN"),
    Kpi(
        "unfinished",
        "share",
        "neither",
        "of the leads that came in after the warm-up: those neither lost nor won when the horizon ends",
        _unfinished,
        "No lead came in.",
        monthly=False,
    ),
    Kpi(
        "lvr",
        "share/month",
        "higher",
        "lead velocity rate: Σ (SQLs of a month − SQLs of the month before) / Σ SQLs of the month before",
        lambda sums: ratio(sums.growth("sql"), sums.before("sql")),
        "The horizon has one month only, or no lead became an SQL before its last month.",
        "[001]",
    ),
    Kpi(
        "win_rate",
        "share",
        "higher",
        "won / (won + lost) of the leads closed as SQL or later, by count",
        win_rate,
        _NO_DEAL,
        "[001]",
        unsettled=True,
    ),
    Kpi(
        "win_rate_value",
        "share",
        "higher",
        "the same by value: MRR won / (MRR won + MRR lost); both less the buyer's discount, the won less "
        "their contract's, too",
        _win_rate_value,
        _NO_DEAL,
        "[001]",
        unsettled=True,
    ),
    Kpi(
        "sales_cycle_days",
        "days",
        "lower",
        "days from coming in, or being taken from a list, to signature; mean of all who are ever won, by "
        "cumulative incidence: those still open count as open",
        sales_cycle_days,
        _NO_CYCLE,
        "Aalen–Johansen",
        monthly=False,
        unsettled=True,
    ),
    Kpi(
        "sales_cycle_median_days",
        "days",
        "lower",
        "the same, median: half of those who are ever won are won by then",
        _sales_cycle_median,
        _NO_CYCLE,
        "Aalen–Johansen",
        monthly=False,
        unsettled=True,
    ),
    Kpi(
        "sales_cycle_lost_days",
        "days",
        "neither",
        "days from coming in, or being taken from a list, to the loss; mean of those lost as SQL or later",
        lambda sums: ratio(sums.total("opportunities_lost_days"), sums.total("opportunities_lost")),
        "No lead was lost as SQL or later.",
        unsettled=True,
    ),
    Kpi(
        "sales_velocity",
        "currency/day",
        "higher",
        "open opportunities (SQL or SAL, mean of the months' ends) × ACV × win rate / sales cycle",
        _sales_velocity,
        _NO_CYCLE,
        monthly=False,
        unsettled=True,
    ),
    Kpi(
        "open_pipeline_end",
        "leads",
        "neither",
        "leads neither won nor lost when the horizon ends, in any state",
        _open_pipeline_end,
        monthly=False,
    ),
)
