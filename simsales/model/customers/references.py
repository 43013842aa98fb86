"""Reference customers: how many there are, and what they do for the next sale."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, log

import numpy as np

from simsales.model.customers.customer import Customer
from simsales.model.customers.table import Rows
from simsales.scenario.schema.expansion import ReferenceCustomers
from simsales.scenario.segments import Segment


class References:
    """The reference customers of a tier, counted at each month's start."""

    def __init__(self, rule: ReferenceCustomers | None) -> None:
        self._rule = rule
        self._by_industry = rule is not None and rule.among == "industry"
        self._count: dict[str | None, int] = {}

    def count(self, rows: Rows, customers: Sequence[Customer]) -> None:
        """Count them anew."""
        if self._rule is None:
            return
        self._count = {}
        willing = rows["reference"] & (rows["age"] >= self._rule.after_months)
        for place in np.flatnonzero(willing).tolist():
            customer = customers[place]
            if customer.live_at < inf:
                key = customer.lead.segment.industry if self._by_industry else None
                self._count[key] = self._count.get(key, 0) + 1

    def factor(self, segment: Segment) -> float:
        """Factor on the odds of the step to WIN of a lead."""
        if self._rule is None:
            return 1.0
        number = self._count.get(segment.industry if self._by_industry else None, 0)
        # By logarithms: the power of a large number would overflow.
        lift = number * log(self._rule.win_odds_factor)
        return exp(min(lift, log(self._rule.at_most)))
