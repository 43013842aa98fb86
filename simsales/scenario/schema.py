"""What a scenario says: the typed, checked, immutable picture of one scenario file.

Units stand in the names of the fields. Wherever a field is a ``Quantity``, a plain number or a
distribution may stand: ``{lognormal: {mean: 7, sd: 4}}``, mean and sd being those of the quantity itself.

Here and in the modules behind it stands what can be checked field by field. What must agree *between*
parts of a scenario (a step by a role that nobody has, say) is in ``agreement.py``.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from simsales.scenario.costs import Overhead
from simsales.scenario.market import Channel, Tier
from simsales.scenario.organization import Opening, Organization, People
from simsales.scenario.parts import MAX_MONTHS, Name, Part
from simsales.scenario.steps import Journey


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
    overhead: dict[Name, Overhead] = {}
    """Who and what is paid besides, by name."""
    organization: Organization
    opening: Opening | None = None
    """What is there when the simulation begins; left out, nothing."""

    @model_validator(mode="wrap")
    @classmethod
    def _agree(cls, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
        """Check the parts one by one *and* against each other, and report both kinds of fault together."""
        from simsales.scenario.agreement import validated

        return validated(cls.__name__, data, handler)
