"""A tier: a class of customers with its own price, contracts, sales cycle and churn."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simsales.scenario.schema.churn import ChurnFactors, Community, EarlyChurn, Reactivation
from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.expansion import Contraction, Levers, ReferenceCustomers, Releases, Spread
from simsales.scenario.schema.fields import Money, Name, Part, Probability
from simsales.scenario.schema.pricing import Contract, Contracts, Discount, PriceChanges, PriceResponse


class Care(Part):
    """The work that a LIVE customer needs every month."""

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
    """Delays are multiplied by (list price / reference price) to this power."""
    new_market_factor: float = Field(default=1.0, gt=0, le=100)
    """Factor for a market that does not know the product yet."""


class Tier(Part):
    """A class of customers with its own price, contracts and churn."""

    price_per_month: Money
    """Monthly recurring revenue (MRR) of one customer, in the scenario's currency."""
    reference_price_per_month: Annotated[float, Field(gt=0, le=1e12)] | None = None
    """The price at which everything that depends on the price is as stated; to be said if anything does."""
    price_changes: PriceChanges = {}
    """Later list prices, by name."""
    price_response: PriceResponse = PriceResponse()
    """How buyers and customers respond to the price."""
    discount: Discount = 0.0
    """The buyer's discount as a share of the list price (0.1 is 10 %), drawn per lead and cut at 0.99. The
    buyer responds to the discounted price."""
    contracts: Contracts = {"monthly": Contract()}
    """The kinds of contract, by name."""
    accepts_other_contract: Probability = 1.0
    """Probability that a buyer whose preferred contract is not offered signs another one; else the deal is
    lost."""
    churn_per_month: Probability = 0.0
    """Probability that a customer who is there at the start of a month leaves at its end, all factors being
    1. Within a term the hazard of its months adds up, and decides at the end of the term."""
    churn_factors: ChurnFactors = ChurnFactors()
    """Factors on that churn hazard."""
    care: Care | None = None
    """The care of LIVE customers; left out, there is none."""
    cycle: Cycle = Cycle()
    """What lengthens the buyers' delays."""
    churn_fit_effect: float = Field(default=0.0, ge=0, le=5)
    """How strongly fit affects churn: the hazard is multiplied by exp(−effect × fit), fit in standard
    deviations, scaled so that its mean over the leads that are won stays that of churn_per_month. 0: not at
    all."""
    early_churn: EarlyChurn = EarlyChurn()
    """Churn in the first months if the person who onboards knew the customer before the sale."""
    community: Community | None = None
    """A community of customers; left out, there is none."""
    reference_customers: ReferenceCustomers | None = None
    """Customers who make the next sale easier; left out, there are none."""
    levers: Levers = {}
    """Ways to more revenue from existing customers, by name: up-sell, cross-sell, price increase."""
    spread: Spread | None = None
    """An application that spreads from user to user; left out, it does not."""
    releases: Releases | None = None
    """A platform that grows by releases and price tiers; left out, it does not."""
    contraction: Contraction | None = None
    """Customers who stay but buy less; left out, there are none."""
    reactivation: Reactivation | None = None
    """Customers who come back; left out, none do."""
    cost_to_serve_per_month: Money = 0.0
    """Hosting, support and the like, per customer."""
    cost_to_serve_share: Probability = 0.0
    """Cost to serve as a share of revenue, on top; revenue less both is the gross margin."""
