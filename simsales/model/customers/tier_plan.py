"""What the scenario fixes for the customers of one tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log1p

import numpy as np
from numpy.typing import ArrayLike

from simsales.model.calendar import Calendar
from simsales.model.customers.churn import REASONS, Hazard
from simsales.model.customers.expansion import Expansion
from simsales.model.customers.table import CustomerTable, Numbers
from simsales.model.pricing.offer import Offer
from simsales.scenario.schema.tiers import Tier


@dataclass(frozen=True, eq=False)
class TierPlan:
    """What the scenario fixes for the customers of one tier."""

    name: str
    product: Tier
    offer: Offer
    hazard_per_month: float
    """Hazard of leaving while all factors are 1: −ln(1 − churn_per_month)."""
    hazard: Hazard
    hazard_if_missed: Numbers
    """By contract, the hazard that a missed renewal conversation adds, shape (contracts,)."""
    several_reasons: bool
    """Whether customers can leave for more than one reason."""
    expansion: Expansion
    table: CustomerTable

    def cost_to_serve(self, revenue: ArrayLike, months: ArrayLike = 1.0) -> Numbers:
        """Cost to serve customers with this revenue in so many months, elementwise."""
        share, fixed = self.product.cost_to_serve_share, self.product.cost_to_serve_per_month
        return np.asarray(share * np.asarray(revenue) + fixed * np.asarray(months))


def plan_tier(
    name: str, product: Tier, offer: Offer, calendar: Calendar, revenue_roles: Sequence[str]
) -> TierPlan:
    """Plan a tier; ``revenue_roles`` are those paid by the revenue of customers whom they have won."""
    contracts = offer.menu.contracts
    hazard = Hazard(product, offer.prices)
    missed = np.array([0.0 if c.renewal is None else hazard_of(c.renewal.churn_if_missed) for c in contracts])
    several_reasons = not hazard.single or bool(missed.any())
    expansion = Expansion(product, contracts, offer.prices)
    returns = [] if product.reactivation is None else [("reactivation", "uniform")]
    table = CustomerTable(
        product,
        offer,
        purposes=[*expansion.purposes, *returns],
        months=calendar.months,
        reasons=len(REASONS) if several_reasons else 1,
        revenue_roles=revenue_roles,
    )
    churn = product.churn_per_month
    return TierPlan(name, product, offer, hazard_of(churn), hazard, missed, several_reasons, expansion, table)


def hazard_of(probability: float) -> float:
    """The hazard of a month in which a customer leaves with this probability: ∞ for certainty."""
    return inf if probability == 1 else -log1p(-probability)
