"""Builds replications from a few stated figures, small enough to be worked out on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simsales.model.replication import Replication, Table

MONTH_DAYS = 30.4375

Cost = tuple[int, str, str, str, float]
"""Month, tier, purpose, kind, amount."""
Stay = tuple[str, int, float, float, float]
"""Tier, age, customers, left, margin."""
Cohort = tuple[int, str, str, str, str, int, int]
"""Month, channel, tier, direction, state, reached, lost."""
Work = tuple[int, str, str, float, float, float, float, float]
"""Month, team, role, days available, days busy, steps begun, days waited, days of backlog."""
Inside = tuple[str, str, int]
"""Tier, state, leads and customers inside."""

_FUNNEL = (
    *("suspect", "prospect", "mql", "sql", "sal", "win", "live", "lost", "won_days", "opportunities_lost"),
    *("opportunities_lost_days", "opportunities_lost_mrr", "open_opportunities", "channel_cost"),
)
_LEDGER = (
    *("customers_opening", "customers_new", "customers_new_term", "customers_reactivated"),
    *("customers_churned", "customers_closing"),
    *("mrr_opening", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churned", "mrr_reactivation"),
    *("mrr_closing", "revenue", "receipts", "deferred_closing"),
    *("cohort_customers", "cohort_mrr", "cohort_customers_kept", "cohort_mrr_kept", "cohort_mrr_now"),
)

_WORK = ("month", "team", "role", "available_days", "busy_days", "begun", "wait_days", "backlog_days")


def build_replication(
    months: int,
    ledger: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    *,
    funnel: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    outbound: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    costs: Sequence[Cost] = (),
    stays: Sequence[Stay] = (),
    cohorts: Sequence[Cohort] = (),
    work: Sequence[Work] = ((0, "pod", "AE", 9, 9, 9, 9, 9),),
    pipeline: Sequence[Inside] = (),
    number: int = 0,
) -> Replication:
    """A replication of so many measured months after one of warm-up that is full of nines, which must not
    count.

    Args:
        months: the horizon.
        ledger: by tier and column, one figure for each measured month; what is left out is 0.
        funnel: the same, of the inbound channel ``ads``.
        outbound: the same, of the outbound channel ``list``; without any there is no such channel.
        costs: rows of the table of that name.
        stays: the same.
        cohorts: the same; without any there is no such table.
        work: the same.
        pipeline: the same.
        number: of the replication.
    """
    ledger, funnel = ledger or {"smb": {}}, funnel or {}
    tiers = sorted(ledger)
    month = list(range(months + 1))

    def table(
        names: Sequence[str], given: Mapping[str, Mapping[str, Sequence[float]]]
    ) -> dict[str, list[object]]:
        columns: dict[str, list[object]] = {
            "month": [m for _ in tiers for m in month],
            "tier": [t for t in tiers for _ in month],
        }
        for name in names:
            columns[name] = [x for t in tiers for x in (999, *given.get(t, {}).get(name, [0] * months))]
        return columns

    nines: list[Cost] = [(0, t, "acquisition", "salaries", 999) for t in tiers]
    channels = [("ads", "inbound", funnel)]
    if outbound is not None:
        channels.append(("list", "outbound", outbound))
    leads: dict[str, list[object]] = {}
    for channel, direction, given in channels:
        columns = table(_FUNNEL, given)
        of_all = len(columns["month"])
        for name, column in (
            columns | {"channel": [channel] * of_all, "direction": [direction] * of_all}
        ).items():
            leads.setdefault(name, []).extend(column)
    tables: dict[str, Mapping[str, Sequence[object]]] = {
        "ledger": table(_LEDGER, ledger),
        "funnel": leads,
        "costs": _by_row(("month", "tier", "purpose", "kind", "amount"), [*nines, *costs]),
        "stays": _by_row(("tier", "age", "customers", "left", "margin"), stays),
        "work": _by_row(_WORK, work),
        "pipeline": _by_row(("tier", "state", "inside"), pipeline),
    }
    if cohorts:
        names = ("month", "channel", "tier", "direction", "state", "reached", "lost")
        tables["cohorts"] = _by_row(names, cohorts)
    return Replication(1, number, 1, months, {name: Table(columns) for name, columns in tables.items()})


def _by_row(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
