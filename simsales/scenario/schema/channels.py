"""Channels: where leads come from, and how many."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import (
    MAX_LEADS_PER_MONTH,
    MAX_MONTHS,
    LeadState,
    Money,
    Name,
    Part,
    Probability,
    Season,
    Shares,
    fault,
)


class _AnyChannel(Part):
    tiers: Shares
    """Share of the channel's leads that belongs to each tier; the shares sum to 1."""
    cost_per_lead: Money = 0.0
    """What one lead of this channel costs, in the scenario's currency."""
    spend_per_month: Money = 0.0
    """What the channel costs a month, however many leads it brings."""
    regions: Shares | None = None
    """Share of the leads by region; the shares sum to 1. Left out, leads have no region."""
    industries: Shares | None = None
    """Share of the leads by industry; the shares sum to 1. Left out, leads have no industry."""


class Interest(Part):
    """How interest decays while a lead waits for its first contact.

    After w hours the pass probability of the step in which that contact is made is multiplied by
    floor + (1 − floor) × 2^(−w / half_life_hours).
    """

    half_life_hours: float = Field(gt=0, le=1e6)
    """Hours (by the calendar) in which the part above the floor halves."""
    floor: Probability = 0.0
    """The factor never falls below this, however long the lead waits."""


class _Arriving(_AnyChannel):
    """Leads that arrive on their own, whether anyone is free or not."""

    enters_as: LeadState
    """The state in which a lead comes in."""
    interest: Interest | None = None
    """How interest decays until the first contact; left out, it does not."""
    patience_days: Quantity | None = None
    """How long a lead waits for its first contact before it goes cold; left out, for ever."""


class Burst(Part):
    """An event, such as a trade show, that brings leads in a burst."""

    month: int = Field(ge=-MAX_MONTHS, le=MAX_MONTHS)
    """The month at whose beginning it starts; 1 is the first after the warm-up."""
    leads: float = Field(ge=0, le=MAX_LEADS_PER_MONTH)
    """Expected leads that it brings."""
    days: float = Field(default=3.0, gt=0, le=366)
    """Over how many days they come."""
    every_months: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    """Months until it is repeated; left out, it happens once."""


class Inbound(_Arriving):
    """A channel with a given volume."""

    leads_per_month: float = Field(ge=0, le=MAX_LEADS_PER_MONTH)
    """Expected leads in the first month after the warm-up, before the season factor."""
    growth_per_month: float = Field(default=0.0, gt=-1, le=1)
    """Trend: each month brings this share more (or, below 0, less) than the month before."""
    season: Season = [1.0] * 12
    """Twelve factors on the volume, January first."""
    arrivals: Literal["poisson", "start_of_month"] = "poisson"
    """``poisson``: at random moments; ``start_of_month``: the month's whole number of leads at its first
    instant."""

    weekday: list[Annotated[float, Field(ge=0, le=100)]] = [1.0] * 7
    """Seven factors on the volume of a day, Monday first; only their proportions matter. Day 0 is a
    Monday."""
    dispersion: float = Field(default=1.0, ge=1, le=1000)
    """Variance / mean of the number of leads a day: 1 is Poisson; above 1, there are good and bad days."""
    bursts: dict[Name, Burst] = {}
    """Events that bring leads in bursts, by name."""

    @field_validator("weekday")
    @classmethod
    def _seven(cls, weekday: list[float]) -> list[float]:
        if len(weekday) != 7:
            raise fault(f"{len(weekday)} weekday factors", "7, Monday first")
        if not any(weekday):
            raise fault("seven weekday factors of 0", "one above 0")
        return weekday


class Referral(_Arriving):
    """Word of mouth: leads in proportion to the LIVE customers."""

    leads_per_customer_month: float = Field(ge=0, le=100)
    """Expected leads a month that one LIVE customer brings."""
    value_exponent: float = Field(default=0.0, ge=0, le=10)
    """How strongly that depends on how content a customer is: the leads that it brings are divided by its
    present factor on the churn hazard to this power, which makes them tenfold at most. 0: not at all."""


class Outbound(_AnyChannel):
    """A list of names that people work through when they have time: their capacity sets the volume."""

    enters_as: LeadState = "Suspect"
    """The state of a name on the list."""
    worked_by: Name
    """The role that pulls names from the list."""
    list_size: int | None = Field(default=None, ge=0, le=100_000_000)
    """Number of names on the list, which is worked from the beginning of the warm-up on; left out, the list
    is endless."""


def kind_of_channel(value: Any) -> str:
    """Which kind of channel a mapping describes: ``inbound``, ``referral`` or ``outbound``."""
    if isinstance(value, _AnyChannel):
        return type(value).__name__.lower()
    keys = value.keys() if isinstance(value, dict) else set()
    if {"worked_by", "list_size"} & keys:
        return "outbound"
    return "referral" if "leads_per_customer_month" in keys else "inbound"


Channel = Annotated[
    Annotated[Inbound, Tag("inbound")]
    | Annotated[Referral, Tag("referral")]
    | Annotated[Outbound, Tag("outbound")],
    Discriminator(kind_of_channel),
]
"""A channel of one of the three kinds."""
