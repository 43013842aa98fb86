"""The contracts of a tier, and which of them a buyer signs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import exp, inf

from simsales.model.calendar import Calendar
from simsales.scenario.schema.pricing import Contract
from simsales.scenario.schema.tiers import Tier


class Menu:
    """The contracts that buyers choose from.

    They stand in the order of their terms, short ones first: whatever makes long terms more attractive moves
    some buyers to the next longer one. A contract's *place* is its number in this order.
    """

    def __init__(self, product: Tier, calendar: Calendar) -> None:
        ordered = sorted(product.contracts.items(), key=lambda item: (item[1].term_months, item[0]))
        self.names: list[str] = [name for name, _ in ordered]
        self.contracts: list[Contract] = [contract for _, contract in ordered]
        self._from = [
            -inf if contract.from_month is None else calendar.day(contract.from_month)
            for contract in self.contracts
        ]
        self._accepts_other = product.accepts_other_contract
        self.choice = len(self.contracts) > 1
        """Whether there is more than one contract."""
        self.withdrawn = any(not contract.offered for contract in self.contracts)
        """Whether some buyers do not find the contract that they want."""
        self.refusals = self.withdrawn and self._accepts_other < 1
        """Whether some of these buyers are lost for it."""
        self._choices = lru_cache(maxsize=128)(self._weighed)

    def discount(self, place: int, now: float) -> float:
        """The discount of a contract at a time in days; −∞ stands for before everything."""
        return self.contracts[place].discount if now >= self._from[place] else 0.0

    def chosen(
        self, price_ratio: float, now: float, wants: float, other: float, accepts: float
    ) -> int | None:
        """Place of the contract that a buyer with these three uniform numbers signs; None if none suits.

        A multinomial logit: the weight of a contract is its share × (price / reference price)^exponent ×
        e^(effect × discount). A buyer that wants a contract which is not offered, and accepts another, takes
        one of those on offer by their weights.
        """
        weights, offered = self._choices(price_ratio, tuple([now >= start for start in self._from]))
        wanted = drawn(weights, wants)
        if offered[wanted]:
            return wanted
        if accepts >= self._accepts_other:
            return None
        left = [weight * there for weight, there in zip(weights, offered, strict=True)]
        # If only contracts of weight 0 are on offer, each of them is as likely.
        return drawn(left if any(left) else list(map(float, offered)), other)

    def _weighed(
        self, price_ratio: float, in_force: tuple[bool, ...]
    ) -> tuple[tuple[float, ...], tuple[bool, ...]]:
        """The weight of each contract, and whether it is on offer; ``in_force`` says whose discount and
        withdrawal hold.
        """
        # A price of 0 would give a negative exponent an infinite weight.
        ratio = max(price_ratio, 1e-9)
        pairs = list(zip(self.contracts, in_force, strict=True))
        weights = (
            # The discount of a contract that is not offered attracts nobody.
            c.share
            * ratio**c.share_price_exponent
            * exp(c.share_discount_effect * c.discount * (force and c.offered))
            for c, force in pairs
        )
        return tuple(weights), tuple(c.offered or not force for c, force in pairs)


def drawn(weights: Sequence[float], number: float) -> int:
    """Place of the weight on which a uniform number falls."""
    reached, total = 0.0, sum(weights)
    for place, weight in enumerate(weights):
        reached += weight
        if number * total < reached:
            return place
    return max(place for place, weight in enumerate(weights) if weight)
