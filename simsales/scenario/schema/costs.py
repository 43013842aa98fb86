"""Costs of selling beside salaries and tools: commissions, bonuses, overhead."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from simsales.scenario.schema.fields import MAX_MONTHS, Money, Part, Probability, fault


class Commission(Part):
    """What a person earns on top of the salary, month by month.

    The three usual plans: *base + commission* (a salary and a ``rate``), *performance only* (no salary, and
    a ``rate`` on ``net_revenue``), *tiered* (``quota_per_month`` and ``accelerator``).
    """

    rate: Annotated[float, Field(ge=0, le=100)]
    """Share of the basis that is paid; on MRR it may well be above 1."""
    on: Literal["mrr", "acv", "net_revenue"] = "acv"
    """The basis. ``mrr``: the MRR that the person has sold; ``acv``: twelve times that, the annual contract
    value; ``net_revenue``: the revenue less cost to serve of the customers that the person has won, from
    signature until they leave."""
    earned_by: Literal["new", "growth"] = "new"
    """``new``: by contracts of new customers that the person of its role owned when they signed (counted as
    acquisition). ``growth``: by MRR that the person's talks with customers have added (retention)."""
    quota_per_month: Annotated[float, Field(gt=0, le=1e12)] | None = None
    """Basis up to which the plain rate is paid; left out, there is no quota."""
    accelerator: Annotated[float, Field(ge=1, le=100)] = 1.0
    """Factor on the rate for the part of the basis above quota."""
    after_months: int = Field(default=0, ge=0, le=MAX_MONTHS)
    """0: paid in the month of signature. Above 0: paid so many months later, and only for customers who are
    still there."""
    revenue_months: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    """On ``net_revenue``: for how many months from signature; left out, as long as the customer stays."""
    only_term_months: int = Field(default=1, ge=1, le=120)
    """Only for contracts with a term of at least so many months."""
    only_paid_months_ahead: int = Field(default=1, ge=1, le=120)
    """Only for contracts paid at least so many months in advance."""

    @model_validator(mode="after")
    def _consistent(self) -> Commission:
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
    """A bonus for everybody in a team that has sold enough in a month."""

    per_person: Money
    """What each person gets."""
    if_new_mrr_per_month: Money
    """The least MRR for which it is paid: of new customers whom the team has signed in the month."""


class Overhead(Part):
    """People who lead and support, and other costs that are paid every month."""

    people: int = Field(default=0, ge=0, le=10_000)
    """How many there are."""
    salary_per_year: Money = 0.0
    """Salary of each of them, on-costs included."""
    cost_per_month: Money = 0.0
    """Further costs, with or without people (rent, licences)."""
    acquisition_share: Probability | None = None
    """Share that counts as winning customers, the rest as keeping them; left out, it is split as the cost of
    the people under ``people`` is."""
