"""A going concern: the customers and the leads in mid-course that are there when the simulation begins."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np

from simsales.model.customers import Customers
from simsales.model.fit import of_those_selected
from simsales.model.flow import OPENING, Flow
from simsales.model.journey import LIVE
from simsales.model.leads import Lead
from simsales.model.luck import Luck, apart, quantity, uniform
from simsales.model.pipeline import Pipeline
from simsales.scenario.schema.opening import Opening
from simsales.streams import Streams


def open_for_business(
    opening: Opening, flows: Mapping[str, Flow], streams: Streams, customers: Customers, pipeline: Pipeline
) -> None:
    """Put the customers into care and the leads on their way, at time 0.

    Args:
        opening: what is there.
        flows: of the leads that are there, by tier.
        streams: the replication's streams; called ``opening/TIER/purpose:law`` for customers,
            ``opening/TIER/STEP/purpose:law`` for leads on the way to a step.
        customers: takes the customers.
        pipeline: takes the leads.
    """
    number = count()
    for tier, flow in sorted(flows.items()):
        base = opening.customers.get(tier)
        if base is not None:
            age = len(flow.columns)
            columns = [*flow.columns, quantity("age", base.age_months)]
            fit = of_those_selected(flow.journey.selection(None))
            luck = Luck(streams, f"{OPENING}/{tier}", {tier: 1.0}, {tier: columns}, fit)
            rows = luck.leads(base.customers)
            living = [Lead(flow, next(number), apart(row), 0.0) for _, row in rows]
            for lead in living:
                lead.state = lead.furthest = LIVE
                pipeline.take_over(lead)
            customers.take_over(
                living, np.array([int(lead.luck[age]) for lead in living], dtype=int), base.contracts
            )
        for name, there in sorted(opening.pipeline.get(tier, {}).items()):
            stage, left = flow.journey.on_the_way(name)
            way = len(flow.columns)
            columns = [*flow.columns, uniform("way")]
            fit = of_those_selected(flow.journey.selection(name))
            luck = Luck(streams, f"{OPENING}/{tier}/{name}", {tier: 1.0}, {tier: columns}, fit)
            for _, row in luck.leads(there):
                lead = Lead(flow, next(number), apart(row), 0.0)
                lead.stage = stage
                lead.state = lead.furthest = stage.on or 0
                pipeline.take_over(lead)
                pipeline.ready_after(lead, row[left[int(row[way] * len(left))]] if left else 0.0)
    customers.open_month()
