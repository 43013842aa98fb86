"""A going concern: the customers and the leads in mid-course that are there when the simulation begins."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simsales.model.customers import Customers
from simsales.model.journey import LIVE, OPENING, Flow
from simsales.model.leads import Lead
from simsales.model.luck import Column, Luck, quantity, uniform
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
        columns: list[Column] = flow.columns
        age, share = len(columns), len(columns) + 1
        columns += [quantity("age", 0.0 if base is None else base.age_months), uniform("residual")]
        luck = Luck(streams, f"{OPENING}/{tier}", {tier: 1.0}, {tier: columns})
        there = 0 if base is None else base.customers
        on_the_way = [
            name for name, number in sorted(opening.pipeline.get(tier, {}).items()) for _ in range(number)
        ]
        leads = [
            Lead(flow, number, row, 0.0)
            for number, (_, row) in enumerate(luck.block(there + len(on_the_way)))
        ]
        living, others = leads[:there], leads[there:]
        for lead in living:
            lead.state = lead.furthest = LIVE
            pipeline.take_over(lead)
            customers.go_live(lead)
        customers.bases[tier].take_in(living, np.array([np.floor(lead.luck[age]) for lead in living]))
        for lead, name in zip(others, on_the_way, strict=True):
            stage = flow.stage(name)
            lead.stage = stage
            lead.state = lead.furthest = stage.on or 0
            pipeline.take_over(lead)
            before = flow.before(stage)
            pipeline.ready_after(lead, 0.0 if before is None else lead.luck[before.delay] * lead.luck[share])
