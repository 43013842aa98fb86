"""The opening: customers and leads that are there when the simulation begins."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import Name, Part, Shares


class OpeningBase(Part):
    """The customers of one tier that are there at the beginning, all of them LIVE."""

    customers: int = Field(ge=0, le=10_000_000)
    """How many there are."""
    age_months: Quantity = 0.0
    """For how many months each has been a customer; it sets what depends on age, and how much of the term is
    over."""
    contracts: Shares | None = None
    """Share of them by contract, summing to 1; left out, as among new customers."""


class Opening(Part):
    """A going concern: what is there when the simulation begins."""

    customers: dict[Name, OpeningBase] = {}
    """Customers by tier."""
    pipeline: dict[Name, dict[Name, Annotated[int, Field(ge=0, le=10_000_000)]]] = {}
    """By tier and step, how many leads have this step next. They are on the way to it: what is left of
    the delay before it is the stationary residual life of that delay."""
