"""Prices and contracts: what a buyer is asked to sign, and what it makes of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import exp, inf, log
from typing import TYPE_CHECKING

from simsales.scenario.schema.pricing import Contract
from simsales.scenario.schema.tiers import Tier
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.flow import Flow
    from simsales.model.growth import ReferenceBook
    from simsales.model.leads import Lead
    from simsales.model.luck import Row

MOST_DISCOUNT = 0.99


class PriceList:
    """The list price of a tier in the course of time."""

    def __init__(self, product: Tier, warm_up_months: int) -> None:
        changes = sorted(product.price_changes.items(), key=lambda item: (item[1].month, item[0]))
        self._from = [(change.month - 1 + warm_up_months) * MONTH_DAYS for _, change in changes]
        self.prices = [product.price_per_month, *(change.price_per_month for _, change in changes)]
        """One after the other."""
        self._for_base = [0]
        for place, (_, change) in enumerate(changes, start=1):
            self._for_base.append(place if change.base == "at_renewal" else self._for_base[-1])
        self.reference = (
            product.price_per_month
            if product.reference_price_per_month is None
            else product.reference_price_per_month
        )
        """The price at which all that depends on the price is as stated."""

    def at(self, now: float) -> float:
        """The list price at a time in days."""
        return self.prices[self.place(now)]

    def place(self, now: float) -> int:
        """Which of the list prices holds at a time in days."""
        return bisect_right(self._from, now) if self._from else 0

    def for_the_base(self, now: float) -> int:
        """Which list price customers get who renew now, unless theirs is a later one."""
        return self._for_base[self.place(now)]

    def ratio(self, price: float) -> float:
        """A price relative to the reference price; 1 where everything is free."""
        return price / self.reference if self.reference else 1.0


def in_menu_order(product: Tier) -> list[tuple[str, Contract]]:
    """The contracts of a tier, in the order by whose places customers name theirs.

    Short terms first: whatever makes long ones more attractive moves some buyers to the next longer.
    """
    return sorted(product.contracts.items(), key=lambda item: (item[1].term_months, item[0]))


class Menu:
    """The contracts of a tier, and which of them a buyer signs."""

    def __init__(self, product: Tier, warm_up_months: int) -> None:
        ordered = in_menu_order(product)
        self.names = [name for name, _ in ordered]
        self.contracts = [contract for _, contract in ordered]
        self._from = [
            -inf if contract.from_month is None else (contract.from_month - 1 + warm_up_months) * MONTH_DAYS
            for contract in self.contracts
        ]
        self._accepts_other = product.accepts_other_contract
        self.choice = len(self.contracts) > 1
        """Whether there is anything to choose."""
        self.withdrawn = any(not contract.offered for contract in self.contracts)
        """Whether some buyers may not find what they want."""
        self.refusals = self.withdrawn and self._accepts_other < 1
        """Whether some of these are lost for it."""
        self._choices = lru_cache(maxsize=128)(self._weighed)

    def discount(self, place: int, now: float) -> float:
        """The discount that goes with a contract at a time in days; −∞ is before everything."""
        return self.contracts[place].discount if now >= self._from[place] else 0.0

    def chosen(
        self, price_ratio: float, now: float, wants: float, other: float, accepts: float
    ) -> int | None:
        """Place of the contract that a buyer signs, who has these three uniform numbers; None if none suits.

        A multinomial logit: the weight of a contract is its share × (price / reference price)^exponent ×
        e^(effect × discount). Who wants one that is not offered takes, if it accepts another, one of those
        on offer by their weights.
        """
        weights, there = self._choices(price_ratio, tuple([now >= start for start in self._from]))
        wanted = drawn(weights, wants)
        if there[wanted]:
            return wanted
        if accepts >= self._accepts_other:
            return None
        offered = [weight * on for weight, on in zip(weights, there, strict=True)]
        # If all that is offered is what nobody would have chosen, any will do.
        return drawn(offered if any(offered) else list(map(float, there)), other)

    def _weighed(
        self, price_ratio: float, in_force: tuple[bool, ...]
    ) -> tuple[tuple[float, ...], tuple[bool, ...]]:
        """The weights of the contracts, and which of them there are; ``in_force`` says whose discount and
        withdrawal hold.
        """
        # A price of nothing would make an infinite weight of a negative exponent.
        ratio = max(price_ratio, 1e-9)
        pairs = list(zip(self.contracts, in_force, strict=True))
        weights = (
            # A discount on what is not offered attracts nobody.
            c.share
            * ratio**c.share_price_exponent
            * exp(c.share_discount_effect * c.discount * (force and c.offered))
            for c, force in pairs
        )
        return tuple(weights), tuple(c.offered or not force for c, force in pairs)


class Offer:
    """What the buyers of a tier are asked to sign, and what makes them more or less willing."""

    def __init__(
        self, product: Tier, prices: PriceList, references: ReferenceBook, warm_up_months: int
    ) -> None:
        self.prices = prices
        self.menu = Menu(product, warm_up_months)
        alike = not product.price_changes and product.discount == 0
        self._only_price = product.price_per_month if alike else 0.0
        """The price for everybody at any time, if there is but one."""
        self._elasticity = product.price_response.win_odds_elasticity
        self._community = product.community
        self._references = product.reference_customers
        self._book = references
        self._warm_up = warm_up_months
        self._cycle_exponent = product.cycle.price_exponent if product.price_changes else 0.0
        self._first = product.price_per_month

    @property
    def sways(self) -> bool:
        """Whether anything here can change what becomes of a deal."""
        return bool(
            self._elasticity
            or (self._community is not None and self._community.win_odds_factor != 1)
            or (self._references is not None and self._references.win_odds_factor != 1)
            or self.menu.refusals
        )

    @property
    def changes_pace(self) -> bool:
        """Whether buyers take more or less time than at the first price, some day."""
        return self._cycle_exponent != 0

    def pace(self, now: float) -> float:
        """Factor on buyers' delays against those at the first list price."""
        return float((self.prices.at(now) / self._first) ** self._cycle_exponent) if self._first else 1.0

    def price(self, lead: Lead, now: float) -> float:
        """List price less the buyer's discount, per month."""
        return self._only_price or self.price_for(lead.flow, lead.luck, now)

    def price_for(self, flow: Flow, luck: Row, now: float) -> float:
        """The same for one who is not yet, or will never be, more than a row of luck."""
        return self.prices.at(now) * (1 - flow.discount_of(luck))

    def probability(self, lead: Lead, probability: float, now: float) -> float:
        """What is left, or more, of the probability of the step to WIN."""
        factor = 1.0
        if self._elasticity:
            ratio = self.prices.ratio(self.price(lead, now))
            # Capped, so that not even free of charge is more than a float can hold.
            factor *= exp(min(-self._elasticity * log(max(ratio, 1e-9)), 300.0))
        community = self._community
        if community is not None and now / MONTH_DAYS >= community.from_month - 1 + self._warm_up:
            factor *= community.win_odds_factor
        if self._references is not None:
            factor *= self._book.factor(lead.segment)
        return by_odds(probability, factor)

    def contract(self, lead: Lead, now: float) -> int | None:
        """Place on the menu of the contract that the buyer signs; None if it does not find one."""
        if not self.menu.choice:
            return 0
        ratio = self.prices.ratio(self.price(lead, now))
        luck, (wants, other, accepts) = lead.luck, lead.flow.contract_luck
        return self.menu.chosen(ratio, now, luck[wants], luck[other], luck[accepts])

    def refused(self, lead: Lead, now: float) -> bool:
        """Whether the buyer does not find a contract that suits it."""
        return self.menu.refusals and self.contract(lead, now) is None

    def contract_of_old(self, lead: Lead, shares: Mapping[str, float] | None) -> int:
        """Place on the menu of the contract of one who is there at the beginning."""
        if shares is not None and self.menu.choice:
            weights = [shares.get(name, 0.0) for name in self.menu.names]
            return drawn(weights, lead.luck[lead.flow.contract_luck[0]])
        place = self.contract(lead, -inf)
        # Who would not sign what is offered now has signed the first that is, once.
        return next(i for i, c in enumerate(self.menu.contracts) if c.offered) if place is None else place


def drawn(weights: Sequence[float], luck: float) -> int:
    """Place of the weight in which a uniform number falls."""
    reached, total = 0.0, sum(weights)
    for place, weight in enumerate(weights):
        reached += weight
        if luck * total < reached:
            return place
    return max(place for place, weight in enumerate(weights) if weight)


def by_odds(probability: float, factor: float) -> float:
    """The probability whose odds are so many times those of ``probability``: a shift on the logit scale."""
    if factor == 1 or probability >= 1:
        return probability
    odds = probability * factor
    return odds / (1 - probability + odds)
