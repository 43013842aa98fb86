"""What is measured on every replication: the KPIs, each with its unit, its better direction and its
definition.

All of them look at the months after the warm-up only. A KPI that is undefined in a replication (a sales
cycle without a win) is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simsales.analysis.comparison import Direction
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.replication import Replication


class Measured:
    """The tables of a replication, cut down to the months after the warm-up."""

    def __init__(self, replication: Replication) -> None:
        self.months = replication.horizon_months
        self._tables: dict[str, dict[str, NDArray[Any]]] = {}
        for name, table in replication.tables.items():
            columns = {column: table[column] for column in table.columns}
            if "month" in columns:
                after_warm_up = columns["month"] > 0
                columns = {column: cells[after_warm_up] for column, cells in columns.items()}
            self._tables[name] = columns
        self.days = self.months * MONTH_DAYS
        """Length of the window, in days."""

    def roles(self) -> list[str]:
        """The roles that somebody has, alphabetically."""
        return sorted(set(self._tables["work"]["role"].tolist()))

    def total(self, table: str, column: str, **where: object) -> float:
        """Sum of a column over the rows where the named columns have the given values."""
        columns = self._tables[table]
        rows = np.ones(len(columns[column]), dtype=bool)
        for name, value in where.items():
            rows &= columns[name] == value
        return float(columns[column][rows].sum())

    def per_month(self, table: str, column: str, **where: object) -> float:
        """The same per month after the warm-up."""
        return self.total(table, column, **where) / self.months

    def at_end(self, column: str) -> float:
        """Sum over the tiers of a column of the ledger in the last month."""
        return self.total("ledger", column, month=self.months)


@dataclass(frozen=True)
class Kpi:
    """One KPI; for those by role (``utilization.AE``) the name is the part before the point."""

    name: str
    unit: str
    """``currency`` stands for the scenario's; a ``share`` is between 0 and 1."""
    better: Direction
    """Which direction is better, other things equal."""
    meaning: str
    measure: Callable[..., float | None]
    """Takes `Measured` and, for a KPI by role, the role."""
    by_role: bool = False


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _flow(state: str, better: Direction, meaning: str) -> Kpi:
    return Kpi(state, "leads/month", better, meaning, lambda m: m.per_month("funnel", state))


KPIS: tuple[Kpi, ...] = (
    _flow("suspect", "neither", "leads that became Suspects: names taken from lists"),
    _flow("prospect", "neither", "leads that became Prospects: they showed interest"),
    _flow("mql", "higher", "leads that became MQLs: interested, and they meet the criteria"),
    _flow("sql", "higher", "leads that became SQLs: they mean to buy"),
    Kpi(
        "sql_inbound",
        "leads/month",
        "higher",
        "SQLs that came by themselves",
        lambda m: m.per_month("funnel", "sql", direction="inbound"),
    ),
    Kpi(
        "sql_outbound",
        "leads/month",
        "higher",
        "SQLs from lists that were worked through",
        lambda m: m.per_month("funnel", "sql", direction="outbound"),
    ),
    _flow("sal", "higher", "leads that sales accepted: only terms and payment remain"),
    _flow("win", "higher", "contracts signed"),
    _flow("live", "higher", "customers activated"),
    _flow("lost", "neither", "leads lost at any step, for any reason"),
    Kpi(
        "win_rate",
        "share",
        "higher",
        "won / (won + lost) of the leads closed as SQL or later, by count",
        lambda m: _ratio(
            m.total("funnel", "win"), m.total("funnel", "win") + m.total("funnel", "opportunities_lost")
        ),
    ),
    Kpi(
        "sales_cycle_days",
        "days",
        "lower",
        "days from coming in, or being taken from a list, to signature; mean of the won ones",
        lambda m: _ratio(m.total("funnel", "won_days"), m.total("funnel", "win")),
    ),
    Kpi(
        "open_pipeline_end",
        "leads",
        "neither",
        "leads neither won nor lost when the horizon ends, in any state",
        lambda m: sum(
            m.total("pipeline", "inside", state=s) for s in ("Suspect", "Prospect", "MQL", "SQL", "SAL")
        ),
    ),
    Kpi(
        "churned",
        "customers/month",
        "neither",
        "customers that left",
        lambda m: m.per_month("ledger", "customers_churned"),
    ),
    Kpi(
        "logo_churn_monthly",
        "share/month",
        "lower",
        "customers lost in a month / customers at its start, months weighted by customers",
        lambda m: _ratio(m.total("ledger", "customers_churned"), m.total("ledger", "customers_opening")),
    ),
    Kpi(
        "customers_end",
        "customers",
        "higher",
        "customers when the horizon ends, those in onboarding included",
        lambda m: m.at_end("customers_closing"),
    ),
    Kpi(
        "new_mrr",
        "currency/month",
        "higher",
        "MRR of new customers",
        lambda m: m.per_month("ledger", "mrr_new"),
    ),
    Kpi(
        "churned_mrr",
        "currency/month",
        "neither",
        "MRR of customers that left",
        lambda m: m.per_month("ledger", "mrr_churned"),
    ),
    Kpi("mrr_end", "currency", "higher", "MRR when the horizon ends", lambda m: m.at_end("mrr_closing")),
    Kpi(
        "arr_end",
        "currency",
        "higher",
        "12 × MRR when the horizon ends",
        lambda m: 12 * m.at_end("mrr_closing"),
    ),
    Kpi(
        "revenue",
        "currency/month",
        "higher",
        "MRR collected, new customers paying for the rest of their first month",
        lambda m: m.per_month("ledger", "revenue"),
    ),
    Kpi(
        "channel_cost",
        "currency/month",
        "lower",
        "cost per lead × leads that came in or were taken from lists",
        lambda m: m.per_month("funnel", "channel_cost"),
    ),
    Kpi(
        "salaries",
        "currency/month",
        "lower",
        "salaries of all people",
        lambda m: m.per_month("work", "salaries"),
    ),
    Kpi(
        "utilization",
        "share",
        "neither",
        "working time spent / working time there is",
        lambda m, role: _ratio(
            m.total("work", "busy_days", role=role), m.total("work", "available_days", role=role)
        ),
        by_role=True,
    ),
    Kpi(
        "wait_days",
        "days",
        "lower",
        "days from being ready for a step to its beginning, mean of the steps begun (not of names on lists)",
        lambda m, role: _ratio(m.total("work", "wait_days", role=role), m.total("work", "begun", role=role)),
        by_role=True,
    ),
    Kpi(
        "backlog",
        "leads",
        "lower",
        "leads and new customers waiting, averaged over time",
        lambda m, role: m.total("work", "backlog_days", role=role) / m.days,
        by_role=True,
    ),
)

_BY_NAME = {kpi.name: kpi for kpi in KPIS}


def describe(name: str) -> Kpi:
    """The KPI behind a name such as ``win`` or ``utilization.AE``.

    Raises:
        KeyError: if there is no such KPI.
    """
    return _BY_NAME[name.partition(".")[0]]


def measure(replication: Replication) -> dict[str, float | None]:
    """All KPIs of one replication, by name; None where one is undefined. Those by role are called
    ``name.ROLE``.
    """
    measured = Measured(replication)
    roles = measured.roles()
    values: dict[str, float | None] = {}
    for kpi in KPIS:
        if kpi.by_role:
            values |= {f"{kpi.name}.{role}": kpi.measure(measured, role) for role in roles}
        else:
            values[kpi.name] = kpi.measure(measured)
    return values
