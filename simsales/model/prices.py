"""Prices and contracts: what a buyer is asked to sign, and what it makes of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import exp
from typing import TYPE_CHECKING

from simsales.scenario.customers import Contract, PriceChange
from simsales.scenario.market import Tier
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.growth import ReferenceBook
    from simsales.model.journey import Flow
    from simsales.model.leads import Lead
    from simsales.model.luck import Row

MOST_DISCOUNT = 0.99


class PriceList:
    """The list price of a tier in the course of time."""

    def __init__(self, product: Tier, warm_up_months: int) -> None:
        changes = sorted(product.price_changes.items(), key=lambda item: (item[1].month, item[0]))
        self._from = [(change.month - 1 + warm_up_months) * MONTH_DAYS for _, change in changes]
        self._changes: list[PriceChange | None] = [None, *(change for _, change in changes)]
        self._prices = [product.price_per_month, *(change.price_per_month for _, change in changes)]
        self.reference = (
            product.price_per_month
            if product.reference_price_per_month is None
            else product.reference_price_per_month
        )
        """The price at which all that depends on the price is as stated."""

    def at(self, now: float) -> float:
        """The list price at a time in days."""
        return self._prices[bisect_right(self._from, now)]

    def for_the_base(self, now: float) -> float | None:
        """The list price that customers get who renew now; None if they keep theirs."""
        change = self._changes[bisect_right(self._from, now)]
        return change.price_per_month if change is not None and change.base == "at_renewal" else None

    def ratio(self, price: float) -> float:
        """A price relative to the reference price; 1 where everything is free."""
        return price / self.reference if self.reference else 1.0


class Menu:
    """The contracts of a tier, and which of them a buyer signs."""

    def __init__(self, product: Tier) -> None:
        # Short terms first: whatever makes long ones more attractive moves some buyers to the next longer.
        ordered = sorted(product.contracts.items(), key=lambda item: (item[1].term_months, item[0]))
        self.names = [name for name, _ in ordered]
        self.contracts = [contract for _, contract in ordered]
        self._accepts_other = product.accepts_other_contract
        self.first_offered = next(i for i, contract in enumerate(self.contracts) if contract.offered)
        """For those who are there already and would not sign what is offered now."""
        self.choice = len(self.contracts) > 1
        """Whether there is anything to choose."""
        self.refusals = self._accepts_other < 1 and any(
            not contract.offered and contract.share > 0 for contract in self.contracts
        )
        """Whether some buyers may not find what they want."""

    def chosen(self, price_ratio: float, wants: float, other: float, accepts: float) -> int | None:
        """Place of the contract that a buyer signs, who has these three uniform numbers; None if none suits.

        A multinomial logit: the weight of a contract is its share × (price / reference price)^exponent ×
        e^(effect × discount). Who wants one that is not offered takes, if it accepts another, one of those
        on offer by their weights.
        """
        weights = [self._weight(contract, price_ratio) for contract in self.contracts]
        wanted = _drawn(weights, wants)
        if self.contracts[wanted].offered:
            return wanted
        if accepts >= self._accepts_other:
            return None
        offered = [
            weight if contract.offered else 0.0
            for weight, contract in zip(weights, self.contracts, strict=True)
        ]
        if not sum(offered):  # All that is offered is what nobody would have chosen.
            offered = [float(contract.offered) for contract in self.contracts]
        return _drawn(offered, other)

    @staticmethod
    def _weight(contract: Contract, price_ratio: float) -> float:
        # A price of nothing would make an infinite weight of a negative exponent.
        ratio = max(price_ratio, 1e-9)
        # What is not offered is wanted at its share; a discount that nobody is offered attracts nobody.
        discount = contract.discount if contract.offered else 0.0
        return float(
            contract.share
            * ratio**contract.share_price_exponent
            * exp(contract.share_discount_effect * discount)
        )


class Offer:
    """What the buyers of a tier are asked to sign, and what makes them more or less willing."""

    def __init__(
        self, product: Tier, prices: PriceList, references: ReferenceBook, warm_up_months: int
    ) -> None:
        self.prices = prices
        self.menu = Menu(product)
        self._elasticity = product.price_response.win_odds_elasticity
        self._community = product.community
        self._references = product.reference_customers
        self._book = references
        self._warm_up = warm_up_months
        self._cycle_exponent = product.cycle.price_exponent if product.price_changes else 0.0
        self._first = prices.at(0.0)

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
        return self.price_for(lead.flow, lead.luck, now)

    def price_for(self, flow: Flow, luck: Row, now: float) -> float:
        """The same for one who is not yet, or will never be, more than a row of luck."""
        return self.prices.at(now) * (1 - flow.discount_of(luck))

    def probability(self, lead: Lead, probability: float, now: float) -> float:
        """What is left, or more, of the probability of the step to WIN."""
        factor = 1.0
        if self._elasticity:
            ratio = self.prices.ratio(self.price(lead, now))
            factor *= max(ratio, 1e-9) ** -self._elasticity
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
        return self.menu.chosen(ratio, *(lead.luck[column] for column in lead.flow.contract_luck))


def _drawn(weights: Sequence[float], luck: float) -> int:
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
