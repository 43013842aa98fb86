"""What it costs: pay, tools, overhead."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from simsales.scenario.parts import MAX_MONTHS, Money, Part, Probability, fault


class Commission(Part):
    """What a person earns on top of the salary, month by month.

    The three usual plans: *base + commission* (a salary and a ``rate``), *performance only* (no salary, and
    a ``rate`` on ``net_revenue``), *tiered* (``quota_per_month`` and ``accelerator``).
    """

    rate: Annotated[float, Field(ge=0, le=100)]
    """Share of the basis that is paid; on MRR it may well be above 1."""
    on: Literal["mrr", "acv", "net_revenue"] = "acv"
    """The basis: MRR or its twelvefold, the annual contract value (ACV), of what the person has sold; or the
    revenue less cost to serve of the customers it has won, month after month from their first full month
    on, until they leave."""
    earned_by: Literal["new", "growth"] = "new"
    """By contracts of new customers whom the person had for its role when they signed (counted as
    acquisition); or by growth: MRR that its talks with customers have added (retention)."""
    quota_per_month: Annotated[float, Field(gt=0, le=1e12)] | None = None
    """Basis up to which the plain rate is paid; left out, no quota."""
    accelerator: Annotated[float, Field(ge=1, le=100)] = 1.0
    """Factor on the rate for what is above quota."""
    after_months: int = Field(default=0, ge=0, le=MAX_MONTHS)
    """0: paid in the month of signature. Else paid so many months later, and only for customers who are
    still there."""
    revenue_months: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    """On ``net_revenue``: for how many full months of a customer; left out, as long as it stays."""
    only_term_months: int = Field(default=1, ge=1, le=120)
    """Only for contracts of at least so many months."""
    only_paid_months_ahead: int = Field(default=1, ge=1, le=120)
    """Only for contracts paid at least so many months in advance."""

    @model_validator(mode="after")
    def _agree(self) -> Commission:
        if self.accelerator != 1 and self.quota_per_month is None:
            raise fault("an accelerator without a quota", "quota_per_month beside it")
        if self.on == "net_revenue" and (self.earned_by == "growth" or self.after_months):
            raise fault("net_revenue of growth, or after months", "net_revenue of new customers, as it comes")
        if self.earned_by == "growth" and self.after_months:
            raise fault("growth that is paid after months", "after_months 0: growth is paid as it comes")
        if self.revenue_months is not None and self.on != "net_revenue":
            raise fault(f"revenue_months on {self.on}", "on: net_revenue")
        return self


class Bonus(Part):
    """A prize for everybody in a team if the team has sold enough in a month."""

    per_person: Money
    """What each gets."""
    if_new_mrr_per_month: Money
    """The MRR of new customers, signed in the month by somebody of the team, from which on it is paid."""


class Overhead(Part):
    """People who lead and support, and whatever else is paid every month."""

    people: int = Field(default=0, ge=0, le=10_000)
    """How many there are."""
    salary_per_year: Money = 0.0
    """Of each of them, on-costs included."""
    cost_per_month: Money = 0.0
    """What comes on top, or stands alone (rent, licences)."""
    acquisition_share: Probability | None = None
    """Share that belongs to winning customers, the rest to keeping them; left out, as the cost of those who
    do the work."""
