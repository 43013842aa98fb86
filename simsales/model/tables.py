"""The tables of a replication, made of what was counted; docs/model.md describes their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from simsales.model.calendar import Calendar
from simsales.model.customers.churn import FACTORS
from simsales.model.customers.tier import TierCustomers
from simsales.model.customers.tier_month import TierMonth
from simsales.model.leads.cycle import CycleDay
from simsales.model.leads.flow import OPENING, Flow
from simsales.model.money.costs import Costs
from simsales.model.money.pay import salaries
from simsales.model.replication import Table
from simsales.model.work.timesheet import DeskMonth
from simsales.scenario.schema.fields import STATES
from simsales.scenario.schema.organization import People

_KEY = ("month", "channel", "tier")
_COUNTS = (
    "won_days",
    "opportunities_lost",
    "opportunities_lost_days",
    "opportunities_lost_mrr",
    "open_opportunities",
    "nurtured",
)
_LEDGER = tuple(field.name for field in fields(TierMonth))


def tables_of(
    calendar: Calendar,
    flows: Iterable[Flow],
    tiers: Mapping[str, TierCustomers],
    costs: Costs,
    desk_months: Iterable[DeskMonth],
    people: Mapping[str, People],
) -> dict[str, Table]:
    """All tables, by name; ``people`` are the terms of each role."""
    return {
        **_tables_of_leads(calendar, list(flows)),
        **_tables_of_customers(calendar, tiers),
        **_tables_of_costs(calendar, costs),
        "work": _table(
            [*DeskMonth._fields, "salaries"],
            [(*desk, salaries(desk.people, people[desk.role])) for desk in desk_months],
        ),
    }


def _tables_of_leads(calendar: Calendar, flows: Sequence[Flow]) -> dict[str, Table]:
    funnel: list[tuple[Any, ...]] = []
    losses: list[tuple[Any, ...]] = []
    cohorts: list[tuple[Any, ...]] = []
    for flow in flows:
        plan = flow.plan
        for index, month in enumerate(flow.months):
            key = (calendar.number(index), plan.channel, plan.tier)
            counts = [getattr(month, name) for name in _COUNTS]
            cost, lost = plan.cost(month.came_in), sum(month.lost)
            funnel.append((*key, plan.direction, month.came_in, *month.entered, lost, *counts, cost))
            reached = zip(STATES, month.cohort_reached, month.cohort_lost, strict=True)
            cohorts += [(*key, plan.direction, *of_state) for of_state in reached if of_state[1]]
            ways = zip(plan.journey.ways_out, month.lost, strict=True)
            losses += [(*key, *way, lost) for way, lost in ways if lost]
    inside = [
        (flow.plan.channel, flow.plan.tier, state, leads)
        for flow in flows
        for state, leads in zip(STATES, flow.inside, strict=True)
    ]
    cycle: list[tuple[Any, ...]] = []
    for flow in flows:
        # Nobody knows when those came in who are there at the beginning.
        if flow.plan.direction != OPENING:
            cycle += [(flow.plan.channel, flow.plan.tier, *day) for day in flow.cycle_days(calendar)]
    states = [state.lower() for state in STATES]
    return {
        "funnel": _table([*_KEY, "direction", "came_in", *states, "lost", *_COUNTS, "channel_cost"], funnel),
        "cohorts": _table([*_KEY, "direction", "state", "reached", "lost"], cohorts),
        "losses": _table([*_KEY, "step", "reason", "lost"], losses),
        "pipeline": _table(["channel", "tier", "state", "inside"], inside),
        "cycle": _table(["channel", "tier", *CycleDay._fields], cycle),
    }


def _tables_of_customers(calendar: Calendar, tiers: Mapping[str, TierCustomers]) -> dict[str, Table]:
    ledger = [
        (calendar.number(index), name, *(getattr(month, column) for column in _LEDGER))
        for name, tier in tiers.items()
        for index, month in enumerate(tier.months)
    ]
    movements = [
        (calendar.number(index), name, movement, cause, *amounts)
        for name, tier in tiers.items()
        for (index, movement, cause), amounts in sorted(tier.movements.items())
    ]
    hazard = [
        (calendar.number(int(index)), name, factor, mean)
        for name, tier in tiers.items()
        for index, *means in tier.factors
        for factor, mean in zip((*FACTORS, "all"), means, strict=True)
    ]
    stays = [
        (name, age, int(there), int(left), revenue, margin)
        for name, tier in tiers.items()
        for age, (there, left, revenue, margin) in enumerate(tier.exposure.by_age().T.tolist())
        if there
    ]
    return {
        "ledger": _table(["month", "tier", *_LEDGER], ledger),
        "movements": _table(["month", "tier", "movement", "cause", "customers", "mrr"], movements),
        "hazard": _table(["month", "tier", "factor", "mean"], hazard),
        "stays": _table(["tier", "age", "customers", "left", "revenue", "margin"], stays),
    }


def _tables_of_costs(calendar: Calendar, costs: Costs) -> dict[str, Table]:
    booked = [(calendar.number(index), *key, amount) for (index, *key), amount in sorted(costs.rows.items())]
    paid = [
        (calendar.number(index), *key, amount) for (index, *key), amount in sorted(costs.commissions.items())
    ]
    return {
        "costs": _table(["month", "tier", "purpose", "kind", "amount"], booked),
        "commissions": _table(["month", "person", "role", "kind", "amount"], paid),
    }


def _table(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Table:
    columns = map(list, zip(*rows, strict=True)) if rows else ([] for _ in names)
    return Table(dict(zip(names, columns, strict=True)))
