"""People, teams, and what is there when the simulation begins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from simsales.scenario.costs import Bonus, Commission
from simsales.scenario.parts import MAX_PEOPLE, Money, Name, Part, Probability, Quantity, fault


class People(Part):
    """What holds for everybody in one role."""

    hours_per_month: float = Field(gt=0, le=744)
    """Hours a month that one person can spend on the work modelled here."""
    salary_per_year: Money = 0.0
    """Salary of one person, in the scenario's currency."""
    on_cost_share: float = Field(default=0.0, ge=0, le=10)
    """What the employer pays on top (social security, benefits), as a share of the salary."""
    tools_per_month: Money = 0.0
    """Licences, telephone and the like for one person."""
    commission: Commission | None = None
    """Pay by what is sold; none if left out."""
    per_accepted_lead: Money = 0.0
    """Paid for every lead of the person that sales accepts (SAL)."""
    counts_as: Literal["by_time", "acquisition", "retention"] = "by_time"
    """Where salary, tools and bonus belong. ``by_time``: to winning customers (CAC) or keeping them (CRC), as
    the working time of the month went; idle time in proportion."""


class Serves(Part):
    """Whom a team is for."""

    tiers: list[Name] | None = Field(default=None, min_length=1)
    """The tiers that the team serves; left out, all."""
    regions: list[Name] | None = Field(default=None, min_length=1)
    """The regions that the team serves; left out, all."""
    industries: list[Name] | None = Field(default=None, min_length=1)
    """The industries that the team serves; left out, all."""


class Dedication(Part):
    """What a team gains with leads that it is dedicated to: those for whom ``serves`` was written."""

    effort_factor: float = Field(default=1.0, ge=0, le=10)
    """Factor on its efforts."""
    pass_factor: float = Field(default=1.0, ge=0, le=10)
    """Factor on the pass probabilities of the steps that it does."""


Aim = Literal["neutral", "mql_volume", "bookings", "retained_mrr"]
"""What a team is paid for."""


class Aims(Part):
    """How far each aim moves the threshold of a judged step, in standard deviations of what is seen of the
    lead.

    Above 0 lets more leads pass, of poorer fit; below 0 fewer, of better fit.
    """

    mql_volume: float = Field(default=0.0, ge=-5, le=5)
    """Paid by the number of leads passed on."""
    bookings: float = Field(default=0.0, ge=-5, le=5)
    """Paid by first orders."""
    retained_mrr: float = Field(default=0.0, ge=-5, le=5)
    """Paid by the MRR kept after twelve months."""


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
    """What a person takes next: what has waited longest, or what is furthest along its journey. Under
    ``latest_stage_first`` the care of customers comes before everything else."""
    owner_continuity: bool = True
    """Whether a lead comes back to the same person for all steps of that person's role."""
    dedication: Dedication = Dedication()
    """What the team gains with leads that it is dedicated to; for a team that serves everybody it does
    nothing.
    """
    aim: Aim = "neutral"
    """What the team is paid for; ``organization.aims`` says what that does."""
    bonus: Bonus | None = None
    """A prize for everybody in it; none if left out."""


class Handoff(Part):
    """What happens to a lead when its next step is another person's."""

    delay_days: Quantity = 0.0
    """Days until the lead has reached the next person's queue, on top of the buyer's delay."""
    drop_probability: Probability = 0.0
    """Probability that the lead is forgotten on the way. Signed customers are never dropped."""
    extra_effort: float = Field(default=0.0, ge=0, le=10)
    """Knowledge lost: the next step takes this share of its effort more."""
    pass_factor: float = Field(default=1.0, ge=0, le=1)
    """Knowledge lost: factor on the pass probability of the next step."""


class Handoffs(Part):
    """Hand-offs by where the next person sits."""

    within_team: Handoff = Handoff()
    across_teams: Handoff = Handoff()


class Organization(Part):
    """Who sits with whom, and how work passes between them."""

    teams: Annotated[dict[Name, Team], Field(min_length=1)]
    handoff: Handoffs = Handoffs()
    """Delay and loss when a lead changes hands."""
    aims: Aims = Aims()
    """What the aims of teams do."""
    overflow_above: float | None = Field(default=None, ge=0, le=1e6)
    """A lead goes to a team that is not for it if all that are have more leads waiting or at hand per
    person than this; left out, never."""
    routing: Literal["round_robin", "least_loaded"] = "round_robin"
    """Which team gets a lead when several can serve it: in turn, weighted by their number of people in the
    role; or the one with the least waiting per person."""


class OpeningBase(Part):
    """The customers of one tier that are there at the beginning, all of them LIVE."""

    customers: int = Field(ge=0, le=10_000_000)
    """How many there are."""
    age_months: Quantity = 0.0
    """For how many months each has been a customer: what depends on age, and how much of its term is over."""
    contracts: Annotated[dict[Name, Probability], Field(min_length=1)] | None = None
    """Share of them by contract, summing to 1; left out, as among new customers."""

    @field_validator("contracts")
    @classmethod
    def _sum_to_one(cls, shares: dict[str, float] | None) -> dict[str, float] | None:
        if shares is not None and abs(sum(shares.values()) - 1) > 1e-9:
            raise fault(f"shares that sum to {sum(shares.values()):.12g}", "shares that sum to 1")
        return shares


class Opening(Part):
    """A going concern: what is there when the simulation begins."""

    customers: dict[Name, OpeningBase] = {}
    """Customers by tier."""
    pipeline: dict[Name, dict[Name, Annotated[int, Field(ge=0, le=10_000_000)]]] = {}
    """By tier and step, how many leads have this step before them. They are on the way to it: the delay
    before it has run for a uniformly drawn share of its time."""
