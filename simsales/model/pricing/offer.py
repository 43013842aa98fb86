"""What the buyers of a tier are asked to sign, and how they respond to it."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, inf, log

from simsales.model.calendar import Calendar
from simsales.model.pricing.contracts import Menu, drawn
from simsales.model.pricing.price_list import PriceList
from simsales.scenario.schema.tiers import Tier


class Offer:
    """Price and contracts of a tier, and what makes buyers more or less willing. Immutable; takes numbers."""

    def __init__(self, product: Tier, calendar: Calendar) -> None:
        self.prices = PriceList(product, calendar)
        self.menu = Menu(product, calendar)
        one_price = not product.price_changes and product.discount == 0
        self._only_price = product.price_per_month if one_price else 0.0
        """The price for everybody at any time, if there is but one."""
        self._elasticity = product.price_response.win_odds_elasticity
        community, references = product.community, product.reference_customers
        self._community_factor = 1.0 if community is None else community.win_odds_factor
        self._community_from = inf if community is None else calendar.day(community.from_month)
        self._cycle_exponent = product.cycle.price_exponent if product.price_changes else 0.0
        self._first_price = product.price_per_month
        self.sways = bool(
            self._elasticity
            or self._community_factor != 1
            or (references is not None and references.win_odds_factor != 1)
            or self.menu.refusals
        )
        """Whether price, contracts or other customers can change the outcome of a deal."""
        self.changes_pace = self._cycle_exponent != 0
        """Whether buyers' delays change with the list price in the course of time."""

    def pace(self, now: float) -> float:
        """Factor on buyers' delays, relative to those at the first list price."""
        if not self._first_price:
            return 1.0
        return float((self.prices.at(now) / self._first_price) ** self._cycle_exponent)

    def price(self, discount: float, now: float) -> float:
        """List price less the buyer's discount (a share), per month."""
        return self._only_price or self.prices.at(now) * (1 - discount)

    def win_probability(self, probability: float, price: float, now: float, reference_factor: float) -> float:
        """The pass probability of the step to WIN, at the price that the buyer is asked.

        Price, community and reference customers act on its odds: a shift on the logit scale.

        Args:
            probability: as the scenario states it.
            price: per month, less the buyer's discount.
            now: time in days.
            reference_factor: factor on the odds by reference customers.
        """
        factor = 1.0
        if self._elasticity:
            ratio = self.prices.ratio(price)
            # Bounded, so that a price of 0 does not overflow.
            factor *= exp(min(-self._elasticity * log(max(ratio, 1e-9)), 300.0))
        if now >= self._community_from:
            factor *= self._community_factor
        factor *= reference_factor
        return by_odds(probability, factor)

    def contract(self, price: float, now: float, wants: float, other: float, accepts: float) -> int | None:
        """Place on the menu of the contract that a buyer with these uniform numbers signs; None if none
        suits.
        """
        if not self.menu.choice:
            return 0
        return self.menu.chosen(self.prices.ratio(price), now, wants, other, accepts)

    def contract_of_opening(
        self,
        shares: Mapping[str, float] | None,
        price: float,
        signed: float,
        wants: float,
        other: float,
        accepts: float,
    ) -> int:
        """Place on the menu of the contract of a customer who is there at the beginning and signed at a time
        in days; ``shares`` are those by contract, if not as among new customers.
        """
        if shares is not None and self.menu.choice:
            return drawn([shares.get(name, 0.0) for name in self.menu.names], wants)
        place = self.contract(price, signed, wants, other, accepts)
        # A customer that would not sign any of today's contracts has signed the first of them once.
        return next(i for i, c in enumerate(self.menu.contracts) if c.offered) if place is None else place


def by_odds(probability: float, factor: float) -> float:
    """The probability with ``factor`` times the odds of ``probability``: a shift on the logit scale."""
    if factor == 1 or probability >= 1:
        return probability
    odds = probability * factor
    return odds / (1 - probability + odds)
