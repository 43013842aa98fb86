"""What makes the customers of a tier leave, sooner or later than others, and what brings them back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from simsales.scenario.schema.fields import MAX_MONTHS, Factor, Money, Name, Part, Probability, Season, fault


class EarlyChurn(Part):
    """Churn in the first months of a customer who is onboarded by somebody who worked on the deal."""

    months: int = Field(default=3, ge=0, le=1200)
    """How many full months as a customer count as early; habits form in about 90 days."""
    factor_if_known: float = Field(default=1.0, ge=0, le=100)
    """Factor on the churn hazard in these months."""


class AgeWindow(Part):
    """A window of a customer's age."""

    until_month: int | None = Field(default=None, ge=1, le=MAX_MONTHS)
    """The last full month as a customer that belongs to it; left out, it has no end."""
    factor: Factor
    """Factor on the churn hazard."""


class OnboardingEffect(Part):
    """What slow or poor onboarding does to the churn hazard."""

    per_day_late: float = Field(default=0.0, ge=0, le=10)
    """Each day between signature and LIVE beyond the days of grace adds this to the factor, from 1 on."""
    grace_days: float = Field(default=0.0, ge=0, le=1000)
    """Days between signature and LIVE that do no harm."""
    at_most: float = Field(default=3.0, ge=1, le=100)
    """The factor for lateness is never above this."""
    quality_sd: float = Field(default=0.0, ge=0, le=10)
    """Spread of quality: each customer draws a lognormal factor of mean 1 and this standard deviation."""
    months: int = Field(default=12, ge=1, le=MAX_MONTHS)
    """For how many full months as a customer onboarding matters."""


class CoverageEffect(Part):
    """What missing care does to the churn hazard of a LIVE customer."""

    needed_hours_per_month: float = Field(default=0.0, ge=0, le=744)
    """Hours of care a month with which a customer is fully covered; 0 if it needs none. It gets
    ``care.effort_hours_per_month``, or the part of it that its CSM finds time for."""
    factor_if_none: Annotated[float, Field(ge=1, le=100)] = 1.0
    """The factor without any care; in between, in proportion."""


class ChurnFactors(Part):
    """Factors on the churn hazard, multiplied with each other; each is 1 by default.

    Others stand with what they belong to: fit (``churn_fit_effect``), a CSM known before the sale
    (``early_churn``), price (``price_response.churn_exponent``), contract (``contracts.*.churn_factor``),
    community (``community.churn_factor``)."""

    age: dict[Name, AgeWindow] = {}
    """By windows of age: 30 days to adapt, 90 to form the habit, later. Ages in no window have factor 1."""
    onboarding: OnboardingEffect = OnboardingEffect()
    """Delay and quality of onboarding."""
    coverage: CoverageEffect = CoverageEffect()
    """Care received against care needed."""
    season: Season = [1.0] * 12
    """Twelve factors by the calendar month of use, January first."""

    @field_validator("age")
    @classmethod
    def _one_after_the_other(cls, windows: dict[str, AgeWindow]) -> dict[str, AgeWindow]:
        ends = [window.until_month for window in windows.values()]
        if len(set(ends)) < len(ends):
            raise fault("two age windows with the same until_month", "each with an end of its own")
        return windows


class Reactivation(Part):
    """Customers who left and come back."""

    probability_per_month: Probability
    """Probability in each month after leaving. Customers return at a month's end, with the same contract and
    at the price that they paid, as LIVE customers; their age begins at 0 again."""
    within_months: int = Field(default=12, ge=1, le=MAX_MONTHS)
    """For how many months after leaving."""


class Community(Part):
    """A community of customers: its members stay longer and refer more leads, and it helps to win others."""

    from_month: int = Field(default=-MAX_MONTHS, ge=-MAX_MONTHS, le=MAX_MONTHS)
    """The first month in which it exists."""
    share: Probability = 1.0
    """Share of the customers who are members."""
    churn_factor: Factor = 1.0
    """Factor on the churn hazard of members."""
    referral_factor: Factor = 1.0
    """Factor on the leads that members bring by referral."""
    win_odds_factor: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """Factor on the odds of the step to WIN, for all leads of the tier."""
    cost_per_month: Money = 0.0
    """What it costs; counted as retention."""
