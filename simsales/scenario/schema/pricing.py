"""Prices and contracts of a tier, and how buyers and customers respond to the price."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from simsales.scenario.schema.distributions import Distribution, Quantity, mean_of
from simsales.scenario.schema.fields import MAX_MONTHS, Factor, Money, Name, Part, Probability, fault


class Renewal(Part):
    """The renewal conversation before a term ends."""

    by: Name
    """The role that leads it."""
    effort_hours: Quantity = 0.0
    """Working hours that it takes."""
    months_before: int = Field(default=2, ge=1, le=24)
    """How many months before the end of the term the role gets it as work; at most the whole term."""
    churn_if_missed: Probability = 0.0
    """Probability that the customer leaves at the end of the term because the conversation has not taken
    place by then."""


class Contract(Part):
    """A kind of contract that customers can sign."""

    term_months: int = Field(default=1, ge=1, le=120)
    """Length of a term. A customer leaves, or renews for as long again, only at the end of a term; the first
    term begins with the signature."""
    paid_months_ahead: int = Field(default=1, ge=1, le=120)
    """How many months are paid in advance at a time: 1 is monthly, 12 yearly in advance."""
    share: Probability = 1.0
    """Share of the customers who prefer this contract, at the reference price and without its discount; the
    shares of a tier sum to 1."""
    offered: bool = True
    """Whether it is on offer."""
    discount: Probability = 0.0
    """Discount on the price for customers who sign it."""
    from_month: float | None = Field(default=None, gt=-MAX_MONTHS, le=MAX_MONTHS + 1)
    """When ``offered: false`` and ``discount`` take effect, in months (1 is the beginning of the first
    after the warm-up); until then the contract is offered without discount. Left out: they have always been
    in effect."""
    share_price_exponent: float = Field(default=0.0, ge=-20, le=20)
    """The weight of the contract in the buyer's choice is multiplied by (price / reference price) to this
    power."""
    share_discount_effect: float = Field(default=0.0, ge=0, le=100)
    """Its weight is multiplied by e to the power of this × discount."""
    churn_factor: Factor = 1.0
    """Factor on the churn hazard."""
    renewal: Renewal | None = None
    """The renewal conversation before a term ends; left out, there is none."""

    @model_validator(mode="after")
    def _paid_in_whole_parts(self) -> Contract:
        if self.term_months % self.paid_months_ahead:
            raise fault(
                f"paid_months_ahead {self.paid_months_ahead} with a term of {self.term_months} months",
                "a term that is a whole number of payments",
            )
        if self.renewal is not None and self.term_months == 1:
            raise fault("renewal in a contract of one month", "a term of two months or more")
        return self


def _shares_of_contracts(contracts: dict[str, Contract]) -> dict[str, Contract]:
    total = sum(contract.share for contract in contracts.values())
    if abs(total - 1) > 1e-9:
        raise fault(f"contracts with shares that sum to {total:.12g}", "shares that sum to 1")
    if not any(contract.offered for contract in contracts.values()):
        raise fault("no contract on offer", "one that is offered at least")
    return contracts


Contracts = Annotated[dict[Name, Contract], Field(min_length=1), AfterValidator(_shares_of_contracts)]
"""The contracts of a tier by name; their shares sum to 1, and at least one is offered."""


class PriceChange(Part):
    """A new list price from some moment on."""

    month: float = Field(gt=-MAX_MONTHS, le=MAX_MONTHS + 1)
    """When it takes effect, in months: 1 is the beginning of the first month after the warm-up, 6.5 the
    middle of the sixth."""
    price_per_month: Money
    """The new list price."""
    base: Literal["keeps", "at_renewal"] = "keeps"
    """``keeps``: existing customers keep their price. ``at_renewal``: they get the new one when their
    contract is next renewed (monthly contracts: at the end of the month)."""


def _one_change_a_month(changes: dict[str, PriceChange]) -> dict[str, PriceChange]:
    if len({change.month for change in changes.values()}) < len(changes):
        raise fault("two price changes at the same time", "each in a month of its own")
    return changes


PriceChanges = Annotated[dict[Name, PriceChange], AfterValidator(_one_change_a_month)]
"""The price changes of a tier by name, no two of them at the same time."""


class PriceResponse(Part):
    """How buyers and customers respond to the price. (Longer sales cycles: ``cycle.price_exponent``; other
    contracts: ``contracts.*.share_price_exponent``.)"""

    win_odds_elasticity: float = Field(default=0.0, ge=0, le=50)
    """The odds of the step to WIN are multiplied by (price / reference price) to the power of −this: on the
    logit scale the step loses this × ln(price / reference price)."""
    churn_exponent: float = Field(default=0.0, ge=0, le=50)
    """The churn hazard is multiplied by (price / reference price) to this power."""


def _less_than_everything(discount: float | Distribution) -> float | Distribution:
    if mean_of(discount) >= 1:
        raise fault(f"a discount of {mean_of(discount):g}", "a share of the price below 1, as 0.1 for 10 %")
    return discount


Discount = Annotated[Quantity, AfterValidator(_less_than_everything)]
"""A share of the list price, below 1 on average."""
