"""The life of a customer after signing: contract, reasons for leaving, growth, and what it brings others."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from simsales.scenario.parts import MAX_MONTHS, Money, Name, Part, Probability, Quantity, Season, fault

Factor = Annotated[float, Field(ge=0, le=100)]
"""What something is multiplied by; 1 changes nothing."""


class Renewal(Part):
    """The conversation in which a term is prolonged."""

    by: Name
    """The role that leads it."""
    effort_hours: Quantity = 0.0
    """Working hours that it takes."""
    months_before: int = Field(default=2, ge=1, le=24)
    """How many months before the term ends it is put on that role's desk; at most the whole term before."""
    churn_if_missed: Probability = 0.0
    """Probability to leave at the end of the term for the lack of it alone, if it has not taken place by
    then.
    """


class Contract(Part):
    """A kind of contract that customers can sign."""

    term_months: int = Field(default=1, ge=1, le=120)
    """For how long a customer is bound. It leaves, or is renewed for as long again, at the end of a term
    only; the first term begins with the first full month."""
    paid_months_ahead: int = Field(default=1, ge=1, le=120)
    """How many months are paid in advance at a time: 1 is monthly, 12 yearly in advance."""
    share: Probability = 1.0
    """Share of the customers who would rather have this contract than another, at the reference price and
    without its discount; the shares of a tier sum to 1."""
    offered: bool = True
    """Whether it is on offer."""
    discount: Probability = 0.0
    """Discount on the price for whoever signs it."""
    from_month: float | None = Field(default=None, gt=-MAX_MONTHS, le=MAX_MONTHS + 1)
    """When ``offered: false`` and ``discount`` begin to hold, in months (1 is the beginning of the first
    after the warm-up); until then the contract is offered without discount. Left out: they have always
    held."""
    share_price_exponent: float = Field(default=0.0, ge=-20, le=20)
    """The contract's weight among the others is multiplied by (price / reference price) to this power."""
    share_discount_effect: float = Field(default=0.0, ge=0, le=100)
    """Its weight is multiplied by e to the power of this × discount."""
    churn_factor: Factor = 1.0
    """Factor on the hazard of leaving."""
    renewal: Renewal | None = None
    """The conversation before a term ends; none if left out."""

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


class PriceChange(Part):
    """A new list price from some moment on."""

    month: float = Field(gt=-MAX_MONTHS, le=MAX_MONTHS + 1)
    """When it takes effect, in months: 1 is the beginning of the first month after the warm-up, 6.5 the
    middle of the sixth."""
    price_per_month: Money
    """The new list price."""
    base: Literal["keeps", "at_renewal"] = "keeps"
    """Who is there already keeps the old price, or gets the new one when the contract is next renewed
    (monthly contracts: at the end of the month)."""


class PriceResponse(Part):
    """What buyers and customers make of the price. (Longer sales cycles: ``cycle.price_exponent``; other
    contracts: ``contracts.*.share_price_exponent``.)"""

    win_odds_elasticity: float = Field(default=0.0, ge=0, le=50)
    """The odds of the step to WIN are multiplied by (price / reference price) to the power of −this: on the
    logit scale the step loses this × ln(price / reference price)."""
    churn_exponent: float = Field(default=0.0, ge=0, le=50)
    """The hazard of leaving is multiplied by (price / reference price) to this power."""


class AgeWindow(Part):
    """A time in a customer's life."""

    until_month: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    """The last full month as a customer that belongs to it; left out, for ever."""
    factor: Factor
    """Factor on the hazard of leaving."""


class OnboardingEffect(Part):
    """What slow or poor onboarding does to the hazard of leaving."""

    per_day_late: float = Field(default=0.0, ge=0, le=10)
    """Each day between signature and LIVE beyond the days of grace adds this to the factor, from 1 on."""
    grace_days: float = Field(default=0.0, ge=0, le=1000)
    """Days that nobody minds."""
    at_most: float = Field(default=3.0, ge=1, le=100)
    """The factor for lateness is never above this."""
    quality_sd: float = Field(default=0.0, ge=0, le=10)
    """Spread of quality: each customer draws a lognormal factor of mean 1 and this standard deviation."""
    months: int = Field(default=12, ge=1, le=MAX_MONTHS)
    """For how many full months as a customer it matters."""


class CoverageEffect(Part):
    """What it does to the hazard of leaving if nobody looks after a LIVE customer."""

    needed_hours_per_month: float = Field(default=0.0, ge=0, le=744)
    """Hours of care a month with which a customer is covered; 0 if it needs none. It gets
    ``care.effort_hours_per_month``, or as much of it as its CSM finds time for."""
    factor_if_none: Annotated[float, Field(ge=1, le=100)] = 1.0
    """The factor without any care; in between, in proportion."""


class ChurnFactors(Part):
    """Factors on the hazard of leaving, multiplied with each other; each is 1 unless it says otherwise.

    Others stand where they belong: fit (``churn_fit_effect``), a CSM known before the sale
    (``early_churn``), price (``price_response.churn_exponent``), contract (``contracts.*.churn_factor``),
    community (``community.churn_factor``)."""

    age: dict[Name, AgeWindow] = {}
    """By windows of age: 30 days of adaptation, 90 to form the habit, later. Ages in none of them have
    factor 1."""
    onboarding: OnboardingEffect = OnboardingEffect()
    """Delay and quality of onboarding."""
    coverage: CoverageEffect = CoverageEffect()
    """Care received against care needed."""
    season: Season = [1.0] * 12
    """Twelve factors by the season of use, January first."""

    @field_validator("age")
    @classmethod
    def _one_after_the_other(cls, windows: dict[str, AgeWindow]) -> dict[str, AgeWindow]:
        ends = [window.until_month for window in windows.values()]
        if len(set(ends)) < len(ends):
            raise fault("two age windows with the same until_month", "each with an end of its own")
        return windows


class Lever(Part):
    """A way to more revenue from customers who are there: up-sell, cross-sell, a price increase."""

    by: Name | None = None
    """The role that talks to the customer; left out, it sells itself."""
    effort_hours: Quantity = 0.0
    """Working hours of one attempt, whether it succeeds or not."""
    attempts_per_month: Probability = 0.0
    """Probability that an attempt with a customer is begun in a month."""
    at_renewal: bool = False
    """Whether an attempt is made at each renewal of a term of several months as well: together with the
    renewal conversation, or, if it sells itself, without one. It bears fruit when the term ends."""
    from_month: int = Field(default=1, ge=1, le=MAX_MONTHS)
    """The first full month as a customer in which it is tried."""
    pass_probability: Probability
    """Probability that an attempt succeeds."""
    adds: float = Field(ge=0, le=100)
    """What it adds to the customer's MRR, as a share of it, from the next month on."""
    raises: Literal["volume", "price"] = "volume"
    """Whether the customer buys more for it, or pays more for the same (then ``churn_exponent`` sees it)."""


class Spread(Part):
    """An application spreads between users: seats grow by themselves."""

    per_month: float = Field(ge=0, le=10)
    """Mean growth of a customer's seats a month while they are few: each month's growth is this × (1 − seats
    / limit) × a standard exponential number."""
    limit: float = Field(default=10.0, ge=1, le=1000)
    """As how many times the seats bought first a customer can have at most."""


class Releases(Part):
    """A platform grows in steps: at releases some customers move up to the next price tier."""

    every_months: int = Field(ge=1, le=MAX_MONTHS)
    """Months between two releases."""
    first_month: int = Field(default=1, ge=-MAX_MONTHS, le=MAX_MONTHS)
    """Month at whose end the first release comes."""
    price_tiers: Annotated[list[Annotated[float, Field(gt=0, le=1000)]], Field(min_length=2)]
    """The price tiers, as multiples of the list price, ascending; customers sign for the first one, 1."""
    adopt_probability: Probability
    """Probability that a customer below the highest one moves up by one at a release."""

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
    """Probability that it comes up in a month. Within a term it waits for the renewal."""
    share: Probability
    """Share of its MRR that the customer gives up."""


class Reactivation(Part):
    """Customers who left and come back."""

    probability_per_month: Probability
    """Probability in each month after leaving; they return at a month's end, on the same contract, at the
    price that they paid, as LIVE customers whose age counts from anew."""
    within_months: int = Field(default=12, ge=1, le=MAX_MONTHS)
    """For how many months after leaving."""


class ReferenceCustomers(Part):
    """LIVE customers who let themselves be named make the next sale easier."""

    share: Probability
    """Share of the customers who agree to it."""
    after_months: int = Field(default=3, ge=0, le=MAX_MONTHS)
    """Full months as a customer until then."""
    win_odds_factor: Annotated[float, Field(ge=1, le=10)] = 1.0
    """Each multiplies the odds of the step to WIN by this."""
    at_most: Annotated[float, Field(ge=1, le=100)] = 2.0
    """All together by no more than this."""
    among: Literal["tier", "industry"] = "tier"
    """Whom it helps with: leads of the tier, or only those of them who are in the reference's industry."""


class Community(Part):
    """A community of customers: they stay longer, bring others, and educate prospects."""

    from_month: int = Field(default=-MAX_MONTHS, ge=-MAX_MONTHS, le=MAX_MONTHS)
    """The first month in which there is one."""
    share: Probability = 1.0
    """Share of the customers who take part."""
    churn_factor: Factor = 1.0
    """Factor on the hazard of leaving of those who do."""
    referral_factor: Factor = 1.0
    """Factor on the leads that those who do bring by referral."""
    win_odds_factor: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """Factor on the odds of the step to WIN, for all leads of the tier."""
    cost_per_month: Money = 0.0
    """What it costs; counted as retention."""
