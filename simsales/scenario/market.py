"""The market and the product: tiers of customers, and the channels that leads come from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from simsales.scenario.customers import (
    ChurnFactors,
    Community,
    Contract,
    Contraction,
    Lever,
    PriceChange,
    PriceResponse,
    Reactivation,
    ReferenceCustomers,
    Releases,
    Spread,
)
from simsales.scenario.parts import (
    MAX_LEADS_PER_MONTH,
    MAX_MONTHS,
    Distribution,
    LeadState,
    Money,
    Name,
    Part,
    Probability,
    Quantity,
    Season,
    fault,
    mean_of,
)


class Care(Part):
    """The work that a living customer asks for, month after month."""

    by: Name
    """The role that looks after the customer."""
    effort_hours_per_month: float = Field(ge=0, le=744)
    """Hours of that role's time per LIVE customer and month."""


class Cycle(Part):
    """What lengthens the sales cycle: factors on every buyer's delay of the tier."""

    per_decision_maker: float = Field(default=0.0, ge=0, le=10)
    """Each decision maker beyond the first adds this share to the delays."""
    decision_makers: Quantity = 1.0
    """How many people decide, drawn per lead and rounded to a whole number of at least 1."""
    price_exponent: float = Field(default=0.0, ge=0, le=5)
    """Delays grow by (list price / reference price) to this power."""
    new_market_factor: float = Field(default=1.0, gt=0, le=100)
    """Factor for a market that does not know the product yet."""


class EarlyChurn(Part):
    """The first months of a customer whom the person who onboards knew before the sale."""

    months: int = Field(default=3, ge=0, le=1200)
    """How many months count as early; 90 days form the habit."""
    factor_if_known: float = Field(default=1.0, ge=0, le=100)
    """Factor on the hazard of leaving in these months."""


class Tier(Part):
    """A class of customers with its own price and loyalty."""

    price_per_month: Money
    """Monthly recurring revenue (MRR) of one customer, in the scenario's currency."""
    reference_price_per_month: Annotated[float, Field(gt=0, le=1e12)] | None = None
    """The price at which all that depends on the price is as stated; left out, ``price_per_month``."""
    price_changes: dict[Name, PriceChange] = {}
    """New list prices in the course of time, by name."""
    price_response: PriceResponse = PriceResponse()
    """What buyers and customers make of the price."""
    discount: Quantity = 0.0
    """Share of the list price that a buyer gets off (0.1 is 10 %), drawn per lead; at most 0.99 counts. What
    is left is the price that it responds to."""
    contracts: Annotated[dict[Name, Contract], Field(min_length=1)] = {"monthly": Contract()}
    """The kinds of contract, by name."""
    accepts_other_contract: Probability = 1.0
    """Probability that a buyer whose kind of contract is not offered signs another one; else it is lost."""
    churn_per_month: Probability = 0.0
    """Probability that a customer who is there at the start of a month leaves at its end, all factors being
    1. Within a term, dissatisfaction gathers likewise and decides at its end."""
    churn_factors: ChurnFactors = ChurnFactors()
    """What makes customers leave sooner or later than that."""
    care: Care | None = None
    """The care of LIVE customers; none if left out."""
    cycle: Cycle = Cycle()
    """What lengthens the buyers' delays."""
    churn_fit_effect: float = Field(default=0.0, ge=0, le=5)
    """How much fit matters for staying: the hazard of leaving is multiplied by exp(−effect × fit), fit in
    standard deviations, scaled so that its mean over those who are won stays that of churn_per_month. 0:
    not at all."""
    early_churn: EarlyChurn = EarlyChurn()
    """What it does for the first months if the person who onboards was brought in before the sale."""
    community: Community | None = None
    """A community of customers; none if left out."""
    reference_customers: ReferenceCustomers | None = None
    """Customers who make the next sale easier; none if left out."""
    levers: dict[Name, Lever] = {}
    """Ways to more revenue from customers who are there, by name: up-sell, cross-sell, price increase."""
    spread: Spread | None = None
    """An application spreads between users; left out, it does not."""
    releases: Releases | None = None
    """A platform grows by releases and price tiers; left out, it does not."""
    contraction: Contraction | None = None
    """Customers who come to buy less; left out, none do."""
    reactivation: Reactivation | None = None
    """Customers who come back; left out, none do."""
    cost_to_serve_per_month: Money = 0.0
    """Hosting, support and the like, per customer."""
    cost_to_serve_share: Probability = 0.0
    """The same as a share of revenue; what both leave is the gross margin."""

    @field_validator("contracts")
    @classmethod
    def _shares_of_contracts(cls, contracts: dict[str, Contract]) -> dict[str, Contract]:
        total = sum(contract.share for contract in contracts.values())
        if abs(total - 1) > 1e-9:
            raise fault(f"contracts with shares that sum to {total:.12g}", "shares that sum to 1")
        if not any(contract.offered for contract in contracts.values()):
            raise fault("no contract on offer", "one that is offered at least")
        return contracts

    @field_validator("price_changes")
    @classmethod
    def _one_at_a_time(cls, changes: dict[str, PriceChange]) -> dict[str, PriceChange]:
        if len({change.month for change in changes.values()}) < len(changes):
            raise fault("two price changes at the same time", "each in a month of its own")
        return changes

    @field_validator("levers")
    @classmethod
    def _no_lever_called_renewal(cls, levers: dict[str, Lever]) -> dict[str, Lever]:
        if "renewal" in levers:
            raise fault("a lever called renewal", "another name: renewal is the talk before a term ends")
        return levers

    @field_validator("discount")
    @classmethod
    def _less_than_everything(cls, discount: float | Distribution) -> float | Distribution:
        if mean_of(discount) >= 1:
            raise fault(
                f"a discount of {mean_of(discount):g}", "a share of the price below 1, as 0.1 for 10 %"
            )
        return discount


Shares = Annotated[dict[Name, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]


class _Channel(Part):
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

    @field_validator("tiers", "regions", "industries")
    @classmethod
    def _sum_to_one(cls, shares: dict[str, float] | None) -> dict[str, float] | None:
        if shares is not None and abs(sum(shares.values()) - 1) > 1e-9:
            raise fault(f"shares that sum to {sum(shares.values()):.12g}", "shares that sum to 1")
        return shares


class Interest(Part):
    """How interest decays while a lead waits for its first contact.

    After w hours the odds of that contact are multiplied by floor + (1 − floor) × 2^(−w / half_life_hours).
    """

    half_life_hours: float = Field(gt=0, le=1e6)
    """Hours (by the calendar) in which what is above the floor halves."""
    floor: Probability = 0.0
    """What is left of the odds however long the lead waits: the cap of the decay."""


class _Pushed(_Channel):
    """Leads that come by themselves, whether anyone is free or not."""

    enters_as: LeadState
    """The state in which a lead comes in."""
    interest: Interest | None = None
    """How interest decays until the first contact; left out, it does not."""
    patience_days: Quantity | None = None
    """How long a lead waits for its first contact before it has gone cold; left out, for ever."""


class Burst(Part):
    """An event, such as a trade show, that brings leads in a burst."""

    month: int = Field(ge=-MAX_MONTHS, le=MAX_MONTHS)
    """The month at whose beginning it starts; 1 is the first after the warm-up."""
    leads: float = Field(ge=0, le=MAX_LEADS_PER_MONTH)
    """Expected leads that it brings."""
    days: float = Field(default=3.0, gt=0, le=366)
    """Over how many days they come."""
    every_months: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    """Repeats after so many months; left out, it happens once."""


class Inbound(_Pushed):
    """A channel whose volume is given."""

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
    Monday.
    """
    dispersion: float = Field(default=1.0, ge=1, le=1000)
    """Variance / mean of the number of leads a day: 1 is Poisson; above, days differ as by good and bad
    weather.
    """
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


class Referral(_Pushed):
    """Word of mouth: leads in proportion to the LIVE customers."""

    leads_per_customer_month: float = Field(ge=0, le=100)
    """Expected leads a month that one LIVE customer brings."""
    value_exponent: float = Field(default=0.0, ge=0, le=10)
    """How much that depends on the value that the customer feels: what it brings is divided by its present
    factor on the hazard of leaving to this power, and at most tenfold. 0: not at all."""


class Outbound(_Channel):
    """A list of names that people work through when they have time: capacity makes the volume."""

    enters_as: LeadState = "Suspect"
    """The state of a name on the list."""
    worked_by: Name
    """The role that pulls names from the list."""
    list_size: int | None = Field(default=None, ge=0, le=100_000_000)
    """Number of names on the list, which is worked from the beginning of the warm-up on; left out, the list
    never runs dry."""


def kind_of_channel(value: Any) -> str:
    """Which kind of channel a mapping describes: ``inbound``, ``referral`` or ``outbound``."""
    if isinstance(value, _Channel):
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
