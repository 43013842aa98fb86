"""The journey of a tier: its steps by name, from lead to LIVE customer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import NOBODY, Name, Part, Probability, State, fault


class Nurture(Part):
    """A lead that did not pass is kept warm and may come back."""

    to: Name
    """The step at which it comes back."""
    share: Probability
    """Share of those who did not pass that come back; the others are lost."""
    after_days: Quantity
    """Days until it comes back."""
    pass_factor: float = Field(default=1.0, ge=0, le=10)
    """Factor on the pass probability of every step after coming back."""
    at_most: int = Field(default=1, ge=1, le=5)
    """How often a lead may come back."""


class Otherwise(Part):
    """What becomes of a lead that does not pass a step."""

    lost: str = Field(default="did not pass", min_length=1, max_length=80)
    """The reason under which the lead is counted as lost."""
    nurture: Nurture | None = None
    """The way back for some; left out, all are lost."""


class NoShow(Part):
    """Meetings at which the buyer does not turn up."""

    probability: Probability
    """Probability that the buyer does not turn up."""
    effort_hours: Quantity = 0.0
    """Working hours that such a meeting takes all the same."""
    rebook_days: Quantity = 0.0
    """Days until the next attempt."""
    at_most: int = Field(default=2, ge=0, le=5)
    """How often the meeting is booked again; after that the lead is lost."""


class Repeat(Part):
    """Meetings after which another one of the same kind is needed."""

    probability: Probability
    """Probability that another meeting is needed."""
    after_days: Quantity = 0.0
    """Days until the next meeting."""
    at_most: int = Field(default=2, ge=1, le=5)
    """How many more meetings there can be."""


class Step(Part):
    """One step of a tier's journey."""

    by: Name
    """The role that does the step, or ``nobody`` for a step that takes nobody's time."""
    on: State | None = None
    """The state of the leads that take this step; left out, the state in which the step before leaves
    them."""
    effort_hours: Quantity = 0.0
    """Working hours of one person."""
    buyer_delay_days: Quantity = 0.0
    """Days that the buyer takes after passing this step, before the next one can begin."""
    pass_probability: Probability = 1.0
    """Probability that the lead passes; it is decided when the work is done."""
    to: State | None = None
    """The state that a lead reaches by passing; left out, it stays in the state it is in."""
    joined_by: list[Name] = []
    """Roles that take part besides the one in ``by``, as an SE joins an FAE; all are needed at once."""
    channels: Annotated[list[Name], Field(min_length=1)] | None = None
    """The channels whose leads take this step; left out, those of all channels."""
    no_show: NoShow | None = None
    """Meetings at which the buyer does not turn up; left out, it always does."""
    repeat: Repeat | None = None
    """Meetings that have to be repeated; left out, one is enough."""
    fit_weight: float = Field(default=0.0, ge=0, lt=1)
    """Weight of the lead's fit in this step: the correlation of fit with what decides the step. 0: none."""
    judged: bool = False
    """Whether the team judges the lead here, so that its aim moves the threshold; else the buyer decides."""
    known_effort_factor: float = Field(default=1.0, ge=0, le=10)
    """Factor on the effort if this person worked on the deal (as a CSM who took part in a meeting)."""
    otherwise: Otherwise = Otherwise()
    """What becomes of a lead that does not pass."""
    after: Name | None = None
    """Puts the step behind the named one (for steps added by an overlay); left out, steps stand in order of
    first appearance."""

    @model_validator(mode="after")
    def _nobody_works_no_hours(self) -> Step:
        if self.by == NOBODY and self.effort_hours != 0:
            raise fault("effort_hours in a step by nobody", "no effort, or a role that spends it")
        return self


Journey = Annotated[dict[Name, Step], Field(min_length=1)]
"""The steps by name."""
