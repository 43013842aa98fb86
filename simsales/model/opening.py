"""A going concern: the customers and the leads in mid-course that are there when the simulation begins."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simsales.model.customers import Customers
from simsales.model.journey import LIVE, OPENING, Flow
from simsales.model.leads import Lead
from simsales.model.luck import BLOCK, Luck, quantity, uniform
from simsales.model.pipeline import Pipeline
from simsales.scenario.organization import Opening
from simsales.streams import Streams


def open_for_business(
    opening: Opening, flows: Mapping[str, Flow], streams: Streams, customers: Customers, pipeline: Pipeline
) -> None:
    """Put the customers into care and the leads on their way, at time 0.

    Args:
        opening: what is there.
        flows: of the leads that are there, by tier.
        streams: the replication's streams; a tier's are called ``opening/TIER/purpose:law``.
        customers: takes the customers.
        pipeline: takes the leads.
    """
    for tier, flow in sorted(flows.items()):
        base = opening.customers.get(tier)
        steps = [
            flow.on_the_way(name)
            for name, number in sorted(opening.pipeline.get(tier, {}).items())
            for _ in range(number)
        ]
        age, way = len(flow.columns), len(flow.columns) + 1
        columns = [*flow.columns, quantity("age", 0.0 if base is None else base.age_months), uniform("way")]
        luck = Luck(streams, f"{OPENING}/{tier}", {tier: 1.0}, {tier: columns})
        leads = _leads(flow, luck, 0 if base is None else base.customers, len(steps))
        for lead in leads[: len(leads) - len(steps)]:
            lead.state = lead.furthest = LIVE
            pipeline.take_over(lead)
            customers.go_live(lead)
        living = leads[: len(leads) - len(steps)]
        customers.bases[tier].take_in(living, np.floor([lead.luck[age] for lead in living]))
        for lead, (stage, left) in zip(leads[len(living) :], steps, strict=True):
            lead.stage = stage
            lead.state = lead.furthest = stage.on or 0
            pipeline.take_over(lead)
            days = lead.luck[left[int(lead.luck[way] * len(left))]] if left else 0.0
            pipeline.ready_after(lead, days)


def _leads(flow: Flow, luck: Luck, customers: int, others: int) -> list[Lead]:
    """So many leads, numbered through, each with a row of luck that keeps no other in memory."""
    leads: list[Lead] = []
    while len(leads) < customers + others:
        for _, row in luck.block(min(BLOCK, customers + others - len(leads))):
            leads.append(Lead(flow, len(leads), np.array(row).data, 0.0))
    return leads
