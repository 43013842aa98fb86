"""The series that KPIs are made of: which columns of which tables are summed by month."""

from __future__ import annotations

from typing import NamedTuple

OPENING = "opening"
"""The direction of leads that are there when the simulation begins."""


class SummedColumn(NamedTuple):
    """A column of a table, summed over all rows or over some."""

    column: str
    key: str = ""
    """The column that decides which rows count; empty: all rows count."""
    value: str = ""
    """The value of ``key`` in the rows that count."""


class Source(NamedTuple):
    """The origin of a series: a table of the replication, and the column of it that is summed by month."""

    table: str
    summed: SummedColumn


def _whole(table: str, *columns: str) -> dict[str, Source]:
    """Columns summed over all rows, each a series of the same name."""
    return {column: Source(table, SummedColumn(column)) for column in columns}


BY_TIER: dict[str, Source] = {
    **_whole("funnel", "suspect", "prospect", "mql", "sql", "sal", "win", "live", "lost"),
    **_whole("funnel", "won_days", "opportunities_lost", "opportunities_lost_days", "opportunities_lost_mrr"),
    **_whole("funnel", "open_opportunities", "channel_cost"),
    "sql_inbound": Source("funnel", SummedColumn("sql", "direction", "inbound")),
    "sql_outbound": Source("funnel", SummedColumn("sql", "direction", "outbound")),
    "sql_opening": Source("funnel", SummedColumn("sql", "direction", OPENING)),
    "win_opening": Source("funnel", SummedColumn("win", "direction", OPENING)),
    "won_days_opening": Source("funnel", SummedColumn("won_days", "direction", OPENING)),
    **_whole("ledger", "customers_opening", "customers_new", "customers_new_term", "customers_reactivated"),
    **_whole("ledger", "customers_churned", "customers_closing"),
    **_whole("ledger", "mrr_opening", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churned"),
    **_whole("ledger", "mrr_reactivation", "mrr_closing", "revenue", "receipts", "deferred_closing"),
    **_whole("ledger", "cohort_mrr", "cohort_mrr_kept", "cohort_mrr_now"),
    "cost": Source("costs", SummedColumn("amount")),
    "acquisition_cost": Source("costs", SummedColumn("amount", "purpose", "acquisition")),
    "retention_cost": Source("costs", SummedColumn("amount", "purpose", "retention")),
    "serving_cost": Source("costs", SummedColumn("amount", "purpose", "serving")),
    "salaries": Source("costs", SummedColumn("amount", "kind", "salaries")),
    "commissions": Source("costs", SummedColumn("amount", "kind", "commissions")),
}
"""The series of every tier, by name."""
BY_ROLE: dict[str, Source] = _whole(
    "work", "available_days", "busy_days", "begun", "wait_days", "backlog_days"
)
"""The series of every role, by name."""
