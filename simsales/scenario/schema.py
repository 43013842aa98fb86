"""What a scenario says: the typed, checked, immutable picture of one scenario file.

Units stand in the names of the fields. Wherever a field is a ``Quantity``, a plain number or a distribution
may stand: ``{lognormal: {mean: 7, sd: 4}}``, mean and sd being those of the quantity itself.

This module holds what can be checked field by field. What must agree *between* parts of a scenario (a step by
a role that nobody has, say) is in ``agreement.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

State = Literal["Suspect", "Prospect", "MQL", "SQL", "SAL", "WIN", "LIVE"]
"""How far a lead or customer has come, in the order of the customer's journey."""

STATES: tuple[State, ...] = ("Suspect", "Prospect", "MQL", "SQL", "SAL", "WIN", "LIVE")

LeadState = Literal["Suspect", "Prospect", "MQL", "SQL", "SAL"]
"""The states of a lead that has not yet become a customer."""

NOBODY = "nobody"
"""Stands in ``by`` for a step that takes nobody's time."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=60)]
"""A name that ``--set`` can address: letters, digits, ``_`` and ``-``, beginning with a letter or ``_``."""

Probability = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1e12)]

# Bounds that no sales organization reaches; they stop a slip of the keyboard from filling the memory.
MAX_MONTHS = 1200
MAX_LEADS_PER_MONTH = 1e6
MAX_PEOPLE = 100_000


class Part(BaseModel):
    """A part of a scenario: no unknown keys, no changes after reading, no nan or inf."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


# ---------------------------------------------------------------------------------------------- quantities


class Exponential(Part):
    """Memoryless: many short, a few long."""

    mean: float = Field(gt=0, le=1e6)
    """Mean of the quantity, in its own unit."""


class Lognormal(Part):
    """Positive, with a long right tail; the usual picture of working and waiting times."""

    mean: float = Field(gt=0, le=1e6)
    """Mean of the quantity itself, not of its logarithm."""
    sd: float = Field(ge=0, le=1e6)
    """Standard deviation of the quantity itself, not of its logarithm."""


class Uniform(Part):
    """Anything between two bounds, all equally likely."""

    low: float = Field(ge=0, le=1e6)
    """Smallest value."""
    high: float = Field(ge=0, le=1e6)
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise _fault(f"low {self.low:g} above high {self.high:g}", "low to be at most high")
        return self


class Triangular(Part):
    """Between two bounds with a most likely value: an expert's guess."""

    low: float = Field(ge=0, le=1e6)
    """Smallest value."""
    mode: float = Field(ge=0, le=1e6)
    """Most likely value."""
    high: float = Field(ge=0, le=1e6)
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not self.low <= self.mode <= self.high:
            raise _fault(f"low {self.low:g}, mode {self.mode:g}, high {self.high:g}", "low ≤ mode ≤ high")
        return self


class Distribution(Part):
    """A random quantity: exactly one distribution, by name."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    uniform: Uniform | None = None
    triangular: Triangular | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Distribution:
        if len(self.model_fields_set) != 1:
            known = ", ".join(type(self).model_fields)
            named = ", ".join(name for name in type(self).model_fields if name in self.model_fields_set)
            removal = "; null removes one that is inherited" if named else ""
            raise _fault(
                f"{len(self.model_fields_set)} distributions ({named or 'none'})", f"one of {known}{removal}"
            )
        return self

    @property
    def law(self) -> Exponential | Lognormal | Uniform | Triangular:
        """The one distribution that was named."""
        (name,) = self.model_fields_set
        law: Exponential | Lognormal | Uniform | Triangular = getattr(self, name)
        return law

    @property
    def mean(self) -> float:
        """Mean of the quantity, in its own unit."""
        law = self.law
        if isinstance(law, Uniform):
            return (law.low + law.high) / 2
        if isinstance(law, Triangular):
            return (law.low + law.mode + law.high) / 3
        return law.mean


def _number_or_distribution(value: Any) -> str:
    return "distribution" if isinstance(value, (dict, Distribution)) else "number"


Quantity = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=1e6)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(_number_or_distribution),
]
"""A time or an effort: a number ≥ 0, or a distribution by name."""


def mean_of(quantity: float | Distribution) -> float:
    """Mean of a ``Quantity``, in its own unit."""
    return quantity.mean if isinstance(quantity, Distribution) else quantity


# ------------------------------------------------------------------------------------- market and product


class Care(Part):
    """The work that a living customer asks for, month after month."""

    by: Name
    """The role that looks after the customer."""
    effort_hours_per_month: float = Field(ge=0, le=744)
    """Hours of that role's time per LIVE customer and month."""


class Tier(Part):
    """A class of customers with its own price and loyalty."""

    price_per_month: Money
    """Monthly recurring revenue (MRR) of one customer, in the scenario's currency."""
    churn_per_month: Probability = 0.0
    """Probability that a customer who is there at the start of a month leaves at its end."""
    care: Care | None = None
    """The care of LIVE customers; none if left out."""


Shares = Annotated[dict[Name, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]


class _Channel(Part):
    tiers: Shares
    """Share of the channel's leads that belongs to each tier; the shares sum to 1."""
    cost_per_lead: Money = 0.0
    """What one lead of this channel costs, in the scenario's currency."""

    @field_validator("tiers")
    @classmethod
    def _sum_to_one(cls, shares: dict[str, float]) -> dict[str, float]:
        if abs(sum(shares.values()) - 1) > 1e-9:
            raise _fault(f"shares that sum to {sum(shares.values()):.12g}", "shares that sum to 1")
        return shares


class Inbound(_Channel):
    """A channel whose leads come by themselves, whether anyone is free or not."""

    enters_as: LeadState
    """The state in which a lead comes in."""
    leads_per_month: float = Field(ge=0, le=MAX_LEADS_PER_MONTH)
    """Expected leads in the first month after the warm-up, before the season factor."""
    growth_per_month: float = Field(default=0.0, gt=-1, le=1)
    """Trend: each month brings this share more (or, below 0, less) than the month before."""
    season: list[Annotated[float, Field(ge=0, le=100)]] = [1.0] * 12
    """Twelve factors on the volume, January first."""
    arrivals: Literal["poisson", "start_of_month"] = "poisson"
    """``poisson``: at random moments; ``start_of_month``: the month's whole number of leads at its first
    instant."""

    @field_validator("season")
    @classmethod
    def _twelve(cls, season: list[float]) -> list[float]:
        if len(season) != 12:
            raise _fault(f"{len(season)} season factors", "12, one per calendar month, January first")
        return season


class Outbound(_Channel):
    """A list of names that people work through when they have time: capacity makes the volume."""

    enters_as: LeadState = "Suspect"
    """The state of a name on the list."""
    worked_by: Name
    """The role that pulls names from the list."""
    list_size: int | None = Field(default=None, ge=0, le=100_000_000)
    """Number of names on the list; left out, the list never runs dry."""


def _inbound_or_outbound(value: Any) -> str:
    if isinstance(value, (Inbound, Outbound)):
        return "outbound" if isinstance(value, Outbound) else "inbound"
    return "outbound" if isinstance(value, dict) and {"worked_by", "list_size"} & value.keys() else "inbound"


Channel = Annotated[
    Annotated[Inbound, Tag("inbound")] | Annotated[Outbound, Tag("outbound")],
    Discriminator(_inbound_or_outbound),
]


# ----------------------------------------------------------------------------------------------- journeys


class Otherwise(Part):
    """What becomes of a lead that does not pass a step."""

    lost: str = Field(default="did not pass", min_length=1, max_length=80)
    """The reason under which the lead is counted as lost."""


class Step(Part):
    """One step of a tier's journey."""

    by: Name
    """The role that does the step, or ``nobody`` for a step that takes nobody's time."""
    on: State | None = None
    """The state of the leads that take this step; left out, the state that the step before leaves them in."""
    effort_hours: Quantity = 0.0
    """Working hours of one person."""
    buyer_delay_days: Quantity = 0.0
    """Days that the buyer takes after passing this step, before the next one can begin."""
    pass_probability: Probability = 1.0
    """Probability that the lead passes; it is decided when the work is done."""
    to: State | None = None
    """The state that a lead reaches by passing; left out, it stays in the state it is in."""
    otherwise: Otherwise = Otherwise()
    """What becomes of a lead that does not pass."""
    after: Name | None = None
    """Puts the step behind the named one (for steps added by an overlay); left out, order of first
    appearance."""

    @model_validator(mode="after")
    def _nobody_works_no_hours(self) -> Step:
        if self.by == NOBODY and self.effort_hours != 0:
            raise _fault("effort_hours in a step by nobody", "no effort, or a role that spends it")
        return self


Journey = Annotated[dict[Name, Step], Field(min_length=1)]


# ------------------------------------------------------------------------------------- people, organization


class People(Part):
    """What holds for everybody in one role."""

    hours_per_month: float = Field(gt=0, le=744)
    """Hours a month that one person can spend on the work modelled here."""
    salary_per_year: Money = 0.0
    """Cost of one person, in the scenario's currency."""


class Serves(Part):
    """Whom a team is for."""

    tiers: list[Name] | None = Field(default=None, min_length=1)
    """The tiers that the team serves; left out, all."""


class Team(Part):
    """A list of people who share their queues. A silo is a team of one role; a POD holds every role of a
    path."""

    members: Annotated[dict[Name, Annotated[int, Field(ge=0, le=MAX_PEOPLE)]], Field(min_length=1)]
    """How many people of each role one such team has."""
    count: int = Field(default=1, ge=1, le=10_000)
    """How many teams of this make there are."""
    serves: Serves = Serves()
    """Whom the team is for; left out, everybody."""
    assignment: Literal["first_free", "round_robin", "least_loaded"] = "first_free"
    """Who takes a lead that has no owner yet: the first person free, from a queue they share; each in turn;
    or the person with the least waiting. The last two put the lead into that person's own queue at once."""
    discipline: Literal["fifo", "latest_stage_first"] = "fifo"
    """What a person takes next: what has waited longest, or what is furthest along its journey."""
    owner_continuity: bool = True
    """Whether a lead comes back to the same person for all steps of that person's role."""


class Handoff(Part):
    """What happens to a lead when its next step is another person's."""

    delay_days: Quantity = 0.0
    """Days until the lead has reached the next person's queue, on top of the buyer's delay."""
    drop_probability: Probability = 0.0
    """Probability that the lead is forgotten on the way. Signed customers are never dropped."""


class Handoffs(Part):
    """Hand-offs by where the next person sits."""

    within_team: Handoff = Handoff()
    across_teams: Handoff = Handoff()


class Organization(Part):
    """Who sits with whom, and how work passes between them."""

    teams: Annotated[dict[Name, Team], Field(min_length=1)]
    handoff: Handoffs = Handoffs()
    """Delay and loss when a lead changes hands."""
    routing: Literal["round_robin", "least_loaded"] = "round_robin"
    """Which team gets a lead when several can serve it: in turn, weighted by their number of people in the
    role; or the one with the least waiting per person."""


# ----------------------------------------------------------------------------------------------- scenario


class Scenario(Part):
    """One fully specified input of the simulation."""

    question: str = ""
    """The question that the scenario is there to answer, in a sentence."""
    currency: str = Field(default="USD", min_length=1, max_length=8)
    """Label of every amount of money."""
    horizon_months: int = Field(ge=1, le=MAX_MONTHS)
    """Months that are measured, after the warm-up."""
    warm_up_months: int = Field(default=0, ge=0, le=MAX_MONTHS)
    """Months simulated before the measured ones, so that these do not begin with empty desks."""
    start_month: int = Field(default=1, ge=1, le=12)
    """Calendar month of the first measured month: 1 is January."""
    tiers: Annotated[dict[Name, Tier], Field(min_length=1)]
    """The classes of customers."""
    channels: Annotated[dict[Name, Channel], Field(min_length=1)]
    """Where leads come from."""
    journeys: Annotated[dict[Name, Journey], Field(min_length=1)]
    """Per tier, the steps from lead to LIVE customer, in order."""
    people: Annotated[dict[Name, People], Field(default_factory=dict)]
    """Per role, what holds for everybody in it."""
    organization: Organization

    @model_validator(mode="wrap")
    @classmethod
    def _agree(cls, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
        """Check the parts one by one *and* against each other, and report both kinds of fault together."""
        from simsales.scenario.agreement import validated

        return validated(cls.__name__, data, handler)


def _fault(found: str, expected: str) -> PydanticCustomError:
    """A fault in our own words; the loader takes ``found`` and ``expected`` from its context."""
    return PydanticCustomError(
        "simsales", "found {found}, expected {expected}", {"found": found, "expected": expected}
    )
