"""A going concern: the customers and the leads in mid-course that are there when the simulation begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np

from simsales.model.customers.customers import Customers
from simsales.model.draws import DrawPlan, LeadDraws, copied, draw_plan, quantity, uniform
from simsales.model.leads.fit import of_those_selected
from simsales.model.leads.flow import OPENING, Flow, FlowPlan
from simsales.model.leads.lead import Lead
from simsales.model.leads.stages import LIVE
from simsales.model.work.lead_outcomes import Pipeline
from simsales.scenario.schema.opening import Opening
from simsales.streams import Streams


@dataclass(frozen=True, eq=False)
class OpeningPlan:
    """What is there of one tier when the simulation begins."""

    flow: FlowPlan
    customers: int
    contracts: Mapping[str, float] | None
    """Share of the customers by contract; None: as among new customers."""
    customer_draws: DrawPlan
    """Called ``opening/TIER/purpose:law``; the last number of a row is the age in months."""
    leads: Mapping[str, int]
    """By step, how many leads have it before them."""
    lead_draws: Mapping[str, DrawPlan]
    """By step, called ``opening/TIER/STEP/purpose:law``; the last number of a row tells which of the delays
    that lead to the step is under way.
    """


def plan_opening(opening: Opening, flows: Mapping[str, FlowPlan]) -> tuple[OpeningPlan, ...]:
    """Plan the opening; ``flows`` are those of the leads that are there, by tier."""
    plans = []
    for tier, flow in sorted(flows.items()):
        base, channel = opening.customers.get(tier), f"{OPENING}/{tier}"
        leads = dict(sorted(opening.pipeline.get(tier, {}).items()))
        age = quantity("age", base.age_months if base is not None else 0.0)
        selected = of_those_selected(flow.journey.fit_selection)
        plans.append(
            OpeningPlan(
                flow=flow,
                customers=0 if base is None else base.customers,
                contracts=None if base is None else base.contracts,
                customer_draws=draw_plan(channel, {tier: 1.0}, {tier: [*flow.draws, age]}, selected),
                leads=leads,
                lead_draws={
                    step: draw_plan(
                        f"{channel}/{step}",
                        {tier: 1.0},
                        {tier: [*flow.draws, uniform("way")]},
                        of_those_selected(flow.journey.waiting_at[step].fit_selection),
                    )
                    for step in leads
                },
            )
        )
    return tuple(plans)


def open_for_business(
    plans: tuple[OpeningPlan, ...],
    flows: Mapping[str, Flow],
    streams: Streams,
    customers: Customers,
    pipeline: Pipeline,
) -> None:
    """Put the customers into care and the leads on their way, at time 0.

    Args:
        plans: what is there, tier by tier.
        flows: of the leads that are there, by tier.
        streams: of the replication.
        customers: takes the customers.
        pipeline: takes the leads.
    """
    number = count()
    for plan in plans:
        flow = flows[plan.flow.tier]
        if plan.customers:
            rows = [row for _, row in LeadDraws(plan.customer_draws, streams).leads(plan.customers)]
            living = [Lead(flow, next(number), copied(row), 0.0) for row in rows]
            for lead in living:
                lead.state = lead.furthest = LIVE
                pipeline.take_over(lead)
            ages = np.array([int(row[-1]) for row in rows], dtype=int)
            customers.take_over(living, ages, plan.contracts)
        for step, there in plan.leads.items():
            waiting = plan.flow.journey.waiting_at[step]
            left = waiting.delays_left_at
            for _, row in LeadDraws(plan.lead_draws[step], streams).leads(there):
                lead = Lead(flow, next(number), copied(row), 0.0)
                lead.stage = waiting.stage
                lead.state = lead.furthest = waiting.stage.on or 0
                pipeline.take_over(lead)
                pipeline.ready_after(lead, row[left[int(row[-1] * len(left))]] if left else 0.0)
    customers.open_month(0)
