"""How the revenue of existing customers grows and shrinks, and how they help to win new ones."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import MAX_MONTHS, Name, Part, Probability, fault


class Lever(Part):
    """A way to more revenue from existing customers: up-sell, cross-sell, a price increase."""

    by: Name | None = None
    """The role that talks to the customer; left out, it takes nobody's time."""
    effort_hours: Quantity = 0.0
    """Working hours of one attempt, whether it succeeds or not."""
    attempts_per_month: Probability = 0.0
    """Probability that an attempt with a customer begins in a month."""
    at_renewal: bool = False
    """Whether an attempt is also made at each renewal of a term of several months: together with the
    renewal conversation or, if it takes nobody's time, without one. It takes effect when the term ends."""
    from_month: int = Field(default=1, ge=1, le=MAX_MONTHS)
    """The first full month as a customer in which it is tried."""
    pass_probability: Probability
    """Probability that an attempt succeeds."""
    adds: float = Field(ge=0, le=100)
    """What it adds to the customer's MRR, as a share of it, from the next month on."""
    raises: Literal["volume", "price"] = "volume"
    """``volume``: the customer buys more. ``price``: it pays more for the same, and ``churn_exponent``
    acts on the higher price."""


def _none_called_renewal(levers: dict[str, Lever]) -> dict[str, Lever]:
    if "renewal" in levers:
        raise fault("a lever called renewal", "another name: renewal is the talk before a term ends")
    return levers


Levers = Annotated[dict[Name, Lever], AfterValidator(_none_called_renewal)]
"""The levers of a tier by name."""


class Spread(Part):
    """An application that spreads from user to user: seats grow without a sale."""

    per_month: float = Field(ge=0, le=10)
    """Mean growth of a customer's seats a month while they are few: each month's growth is this × (1 − seats
    / limit) × a standard exponential number."""
    limit: float = Field(default=10.0, ge=1, le=1000)
    """Largest number of seats, as a multiple of those bought first."""


class Releases(Part):
    """A platform that grows in steps: at a release some customers move up to the next price tier."""

    every_months: int = Field(ge=1, le=MAX_MONTHS)
    """Months between two releases."""
    first_month: int = Field(default=1, ge=-MAX_MONTHS, le=MAX_MONTHS)
    """Month at whose end the first release comes."""
    price_tiers: Annotated[list[Annotated[float, Field(gt=0, le=1000)]], Field(min_length=2)]
    """The price tiers, as multiples of the list price, ascending; customers sign for the first one, 1."""
    adopt_probability: Probability
    """Probability that a customer below the highest price tier moves up by one at a release."""

    @field_validator("price_tiers")
    @classmethod
    def _ascending(cls, tiers: list[float]) -> list[float]:
        if tiers != sorted(set(tiers)):
            raise fault("price tiers out of order", "each above the one before")
        if tiers[0] != 1:
            raise fault(f"a first price tier of {tiers[0]:g}", "1: customers sign at the list price")
        return tiers


class Contraction(Part):
    """Customers who stay, but buy less."""

    probability_per_month: Probability
    """Probability that a customer decides so in a month. Within a term it waits for the renewal."""
    share: Probability
    """Share of its MRR that the customer gives up."""


class ReferenceCustomers(Part):
    """LIVE customers who agree to be named as references make the next sale easier."""

    share: Probability
    """Share of the customers who agree."""
    after_months: int = Field(default=3, ge=0, le=MAX_MONTHS)
    """Full months as a customer before one can be a reference."""
    win_odds_factor: Annotated[float, Field(ge=1, le=10)] = 1.0
    """Each reference multiplies the odds of the step to WIN by this."""
    at_most: Annotated[float, Field(ge=1, le=100)] = 2.0
    """All references together multiply them by no more than this."""
    among: Literal["tier", "industry"] = "tier"
    """Which leads a reference helps with: all of the tier, or only those of the tier in its own industry."""
