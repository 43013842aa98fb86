"""Former customers: those who have left and may come back."""

from __future__ import annotations

import numpy as np

from simsales.model.customers.customer import Customer
from simsales.model.customers.monthly_draws import MonthlyDraws
from simsales.model.customers.table import Rows, joined, kept, number_of_month
from simsales.scenario.schema.churn import Reactivation


class FormerCustomers:
    """The former customers of a tier, in the order in which they left."""

    def __init__(self, rule: Reactivation | None, none: Rows) -> None:
        """Begin with nobody; ``none`` are no rows, with all columns."""
        self._rule = rule
        self._customers: list[Customer] = []
        self._rows = none

    def add(self, customers: list[Customer], rows: Rows) -> None:
        """Customers have left."""
        if self._rule is not None:
            self._customers += customers
            self._rows = joined(self._rows, rows)

    def come_back(self, draws: MonthlyDraws) -> tuple[list[Customer], Rows]:
        """Those who return at a month's end, and their rows as of customers who begin anew."""
        rule, rows, customers = self._rule, self._rows, self._customers
        if rule is None or not customers:
            return [], rows[:0]
        rows["months_away"] += 1
        rows["months_known"] += 1
        number = number_of_month(rows, "reactivation", rows["months_known"] - 1)
        returning = number < rule.probability_per_month
        waiting = ~returning & (rows["months_away"] < rule.within_months)
        back, returned = kept(rows, returning), [customers[i] for i in np.flatnonzero(returning).tolist()]
        self._rows = kept(rows, waiting)
        self._customers = [customers[i] for i in np.flatnonzero(waiting).tolist()]
        for name in ("hazard", "reasons", "age", "months_away", "paid_left", "part"):
            back[name] = 0
        back["term_left"], back["hazard_factor"], back["mrr_history"] = back["term"], 1.0, np.nan
        back["sellers"] = -1  # Whoever won it once has not won it back.
        for place, customer in enumerate(returned):
            row = back[place : place + 1]
            row["threshold"] = draws.of(customer.lead, "churn", "exponential")[row["months_known"][0] - 1]
        return returned, back
