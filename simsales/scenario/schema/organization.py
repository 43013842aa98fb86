"""People, the teams that they work in, and how work passes between them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simsales.scenario.schema.costs import Bonus, Commission
from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import MAX_PEOPLE, Money, Name, Part, Probability


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
    """Pay by what is sold; left out, there is none."""
    per_accepted_lead: Money = 0.0
    """Paid for every lead of the person that sales accepts (SAL)."""
    counts_as: Literal["by_time", "acquisition", "retention"] = "by_time"
    """Which cost salary, tools and bonus count as: ``acquisition`` (CAC) or ``retention`` (CRC).
    ``by_time``: both, in the proportion of the working time of the month; idle time likewise."""


class Serves(Part):
    """Which leads and customers a team is for."""

    tiers: list[Name] | None = Field(default=None, min_length=1)
    """The tiers that the team serves; left out, all."""
    regions: list[Name] | None = Field(default=None, min_length=1)
    """The regions that the team serves; left out, all."""
    industries: list[Name] | None = Field(default=None, min_length=1)
    """The industries that the team serves; left out, all."""


class Dedication(Part):
    """What a team gains with the leads that it is dedicated to: those that its ``serves`` names."""

    effort_factor: float = Field(default=1.0, ge=0, le=10)
    """Factor on its efforts."""
    pass_factor: float = Field(default=1.0, ge=0, le=10)
    """Factor on the pass probability of the steps that it does."""


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
    """Which leads and customers the team is for; left out, all."""
    assignment: Literal["first_free", "round_robin", "least_loaded"] = "first_free"
    """Who takes a lead that has no owner yet: the first person free, from a queue they share; each in turn;
    or the person with the fewest leads waiting. The last two put the lead into that person's own queue at
    once."""
    discipline: Literal["fifo", "latest_stage_first"] = "fifo"
    """What a person takes next: what has waited longest, or what is furthest along its journey. Under
    ``latest_stage_first`` the care of customers comes before everything else."""
    owner_continuity: bool = True
    """Whether a lead comes back to the same person for all steps of that person's role."""
    dedication: Dedication = Dedication()
    """What the team gains with leads that it is dedicated to; no effect in a team that serves everybody."""
    aim: Aim = "neutral"
    """What the team is paid for; ``organization.aims`` states what that does."""
    bonus: Bonus | None = None
    """A bonus for everybody in the team; left out, there is none."""


class Handoff(Part):
    """What happens to a lead when another person does its next step."""

    delay_days: Quantity = 0.0
    """Days until the lead has reached the next person's queue, on top of the buyer's delay."""
    drop_probability: Probability = 0.0
    """Probability that the lead is forgotten on the way. Signed customers are never dropped."""
    extra_effort: float = Field(default=0.0, ge=0, le=10)
    """Knowledge lost: the next step takes more effort, by this share."""
    pass_factor: float = Field(default=1.0, ge=0, le=1)
    """Knowledge lost: factor on the pass probability of the next step."""


class Handoffs(Part):
    """Hand-offs by where the next person works."""

    within_team: Handoff = Handoff()
    """To a person in the same team."""
    across_teams: Handoff = Handoff()
    """To a person in another team."""


class Organization(Part):
    """The teams, and how work passes between them."""

    teams: Annotated[dict[Name, Team], Field(min_length=1)]
    """The teams by name."""
    handoff: Handoffs = Handoffs()
    """Delay and loss when a lead changes hands."""
    aims: Aims = Aims()
    """What the aims of teams do."""
    overflow_above: float | None = Field(default=None, ge=0, le=1e6)
    """A lead goes to a team that is not for it if every team that is for it has more leads waiting or in
    work per person than this; left out, never."""
    routing: Literal["round_robin", "least_loaded"] = "round_robin"
    """Which team gets a lead when several can serve it: in turn, weighted by their number of people in the
    role; or the team with the fewest leads waiting or in work per person."""
