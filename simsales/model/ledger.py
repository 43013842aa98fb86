"""The books: what each month brought, as tables. Every count stands where it happens; here they are only
gathered.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from simsales.model.books import TierMonth
from simsales.model.customers import Customers
from simsales.model.flow import Flow
from simsales.model.journey import SAL, SQL
from simsales.model.leaving import FACTORS
from simsales.model.pay import Costs
from simsales.model.people import Desk
from simsales.model.replication import Table
from simsales.model.teams import Teams
from simsales.scenario import Scenario
from simsales.scenario.schema.fields import STATES
from simsales.units import MONTH_DAYS

_KEY = ("month", "channel", "tier")
_COUNTS = (
    "won_days",
    "opportunities_lost",
    "opportunities_lost_days",
    "opportunities_lost_mrr",
    "open_opportunities",
    "nurtured",
)
_DESK = ("month", "team", "role", "people", "available_days")
_WORK = ("busy_days", "begun", "wait_days", "backlog_days")
_LEDGER = tuple(field.name for field in fields(TierMonth))


class Ledger:
    """Closes the months, and makes the tables when all are closed."""

    def __init__(
        self, scenario: Scenario, flows: list[Flow], customers: Customers, teams: Teams, costs: Costs
    ) -> None:
        self._scenario = scenario
        self._flows = flows
        self._customers = customers
        self._teams = teams
        self._costs = costs
        self._first_month = 1 - scenario.warm_up_months
        self._closed = 0
        self._running = {desk: _sums(desk, 0.0) for desk in teams.desks}
        self._work: list[tuple[Any, ...]] = []

    def close_month(self) -> None:
        """Close the month that ends now."""
        self._customers.close_month()
        self._costs.close_month(self._closed, self._flows, self._customers.bases)
        self._closed += 1
        now = self._closed * MONTH_DAYS
        for desk in self._teams.desks:
            before, after = self._running[desk], _sums(desk, now)
            self._running[desk] = after
            people = len(desk.people)
            terms = self._scenario.people[desk.role]
            self._work.append(
                (
                    self._closed - 1 + self._first_month,
                    desk.team.name,
                    desk.role,
                    people,
                    people * MONTH_DAYS,
                    *(b - a for a, b in zip(before, after, strict=True)),
                    desk.waiting,
                    people * terms.salary_per_year / 12 * (1 + terms.on_cost_share),
                )
            )
        for flow in self._flows:
            flow.close_month()
            flow.now.open_opportunities = flow.inside[SQL] + flow.inside[SAL]
            if self._closed < len(flow.months):
                flow.now = flow.months[self._closed]

    def tables(self) -> dict[str, Table]:
        """The books of the whole replication; the columns are described in docs/model.md."""
        months = range(self._first_month, self._first_month + self._closed)
        funnel: list[tuple[Any, ...]] = []
        losses: list[tuple[Any, ...]] = []
        cohorts: list[tuple[Any, ...]] = []
        for flow in self._flows:
            for month, counts in zip(months, flow.months, strict=True):
                key = (month, flow.channel, flow.tier)
                funnel.append(
                    (
                        *key,
                        flow.direction,
                        counts.came_in,
                        *counts.entered,
                        sum(counts.lost),
                        *(getattr(counts, name) for name in _COUNTS),
                        flow.cost(counts.came_in),
                    )
                )
                cohorts += [
                    (*key, flow.direction, state, reached, lost)
                    for state, reached, lost in zip(
                        STATES, counts.cohort_reached, counts.cohort_lost, strict=True
                    )
                    if reached
                ]
                ways = zip(flow.journey.ways_out, counts.lost, strict=True)
                losses += [(*key, *way, lost) for way, lost in ways if lost]
        ledger = [
            (month, tier, *(getattr(movements, name) for name in _LEDGER))
            for tier, base in self._customers.bases.items()
            for month, movements in zip(months, base.months, strict=True)
        ]
        pipeline = [
            (flow.channel, flow.tier, state, inside)
            for flow in self._flows
            for state, inside in zip(STATES, flow.inside, strict=True)
        ]
        moved = [
            (month + self._first_month, tier, movement, cause, *amounts)
            for tier, base in self._customers.bases.items()
            for (month, movement, cause), amounts in sorted(base.movements.items())
        ]
        stays = [
            (tier, age, int(there), int(left), revenue, margin)
            for tier, base in self._customers.bases.items()
            for age, (there, left, revenue, margin) in enumerate(base.stays().T.tolist())
            if there
        ]
        first = self._first_month
        hazard = [
            (int(month) + first, tier, name, mean)
            for tier, base in self._customers.bases.items()
            for month, *means in base.factors
            for name, mean in zip((*FACTORS, "all"), means, strict=True)
        ]
        costs = [(month + first, *key, cost) for (month, *key), cost in sorted(self._costs.rows.items())]
        paid = [
            (month + first, *key, cost) for (month, *key), cost in sorted(self._costs.commissions.items())
        ]
        states = [state.lower() for state in STATES]
        return {
            "funnel": _table(
                [*_KEY, "direction", "came_in", *states, "lost", *_COUNTS, "channel_cost"], funnel
            ),
            "cohorts": _table([*_KEY, "direction", "state", "reached", "lost"], cohorts),
            "losses": _table([*_KEY, "step", "reason", "lost"], losses),
            "ledger": _table(["month", "tier", *_LEDGER], ledger),
            "movements": _table(["month", "tier", "movement", "cause", "customers", "mrr"], moved),
            "hazard": _table(["month", "tier", "factor", "mean"], hazard),
            "stays": _table(["tier", "age", "customers", "left", "revenue", "margin"], stays),
            "costs": _table(["month", "tier", "purpose", "kind", "amount"], costs),
            "commissions": _table(["month", "person", "role", "kind", "amount"], paid),
            "work": _table([*_DESK, *_WORK, "waiting_end", "salaries"], self._work),
            "pipeline": _table(["channel", "tier", "state", "inside"], pipeline),
        }


def _sums(desk: Desk, now: float) -> tuple[float, int, float, float]:
    """A desk's running sums at ``now``, in the order of ``_WORK``."""
    busy = sum(person.busy_days_by(now) for person in desk.people)
    return busy, desk.begun, desk.wait_days, desk.backlog_days(now)


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    return Table(
        dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {n: [] for n in names}
    )
