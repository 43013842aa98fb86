"""A flow: the leads of one tier from one channel. What the scenario fixes for them, and what is counted."""

from __future__ import annotations

from dataclasses import dataclass

from simsales.model.calendar import Calendar
from simsales.model.draws import Draw, Row, RowLayout, constant, exponential, of_mean_one, quantity, uniform
from simsales.model.leads.cycle import Cohort, CycleDay, CycleTimes
from simsales.model.leads.fit import stay
from simsales.model.leads.journey_layout import JourneyBuilder
from simsales.model.leads.segments import Segments
from simsales.model.leads.stages import WIN, Journey, Stage
from simsales.model.pricing.offer import Offer
from simsales.scenario.scenario import Scenario
from simsales.scenario.schema.channels import Outbound
from simsales.scenario.schema.fields import STATES
from simsales.scenario.segments import Segment

OPENING = "opening"
"""Channel and direction of the leads and customers that are there at the beginning: no channel of a scenario
can have this name.
"""
MOST_DISCOUNT = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class FlowPlan:
    """What the scenario fixes for the leads of one tier from one channel.

    Fields that end in ``_at`` are places in a row of draws; −1 where there is nothing to draw.
    """

    channel: str
    channel_index: int
    """Number of the channel in the order of names; the opening comes last."""
    direction: str
    """``inbound``, ``outbound`` or ``opening``."""
    tier: str
    cost_per_lead: float
    spend_per_month: float
    """The tier's share of what the channel costs a month anyway."""
    offer: Offer
    journey: Journey
    entry: Stage
    """Where the journey begins."""
    draws: tuple[Draw, ...]
    """What a row of these leads' draws holds."""
    enters_as: int
    """Index of the state in which they come in."""
    segments: Segments
    only_segment: Segment | None
    """The segment of all these leads, if there is but one."""
    interest: tuple[float, float] | None
    """Half-life in days and floor of the interest in a first contact; None if it does not decay."""
    patience_at: int
    churn_at: int
    """The customer's churn threshold."""
    fit_factor_at: int
    """Factor of fit on the hazard of leaving."""
    life_at: int
    discount_at: int
    has_discount: bool
    wants_at: int
    """The contract that the buyer wants; ``other_at``: instead of one not offered, if ``accepts_at``."""
    other_at: int
    accepts_at: int
    quality_at: int
    """Quality of onboarding."""
    community_at: int
    reference_at: int
    region_at: int
    industry_at: int

    def segment(self, row: Row) -> Segment:
        """Tier, region and industry of the lead with these draws."""
        region = row[self.region_at] if self.region_at >= 0 else 0.0
        return self.segments.of(region, row[self.industry_at] if self.industry_at >= 0 else 0.0)

    def discount(self, row: Row) -> float:
        """Share of the list price that this buyer gets off."""
        return min(row[self.discount_at], MOST_DISCOUNT) if self.has_discount else 0.0

    def price(self, row: Row, now: float) -> float:
        """List price at a time in days, less this buyer's discount, per month."""
        return self.offer.price(self.discount(row), now)

    def contract(self, row: Row, now: float) -> int | None:
        """Place on the menu of the contract that this buyer signs; None if none suits."""
        wants, other, accepts = row[self.wants_at], row[self.other_at], row[self.accepts_at]
        return self.offer.contract(self.price(row, now), now, wants, other, accepts)

    def life_number(self, number: int, row: Row) -> int:
        """Number under which a lead's draws as a customer are found (`MonthlyDraws`).

        Leads of the opening are numbered through, over tiers and steps. So that one more of them does not
        change the others' draws, their number is taken from their own row.
        """
        return number if self.life_at < 0 else int(row[self.life_at] * 2**53)

    def cost(self, leads: int) -> float:
        """What so many leads cost, including this tier's share of the channel's fixed spend."""
        return leads * self.cost_per_lead + self.spend_per_month

    def interest_after(self, days: float) -> float:
        """Factor on the pass probability of a first contact after so many days."""
        if self.interest is None:
            return 1.0
        half_life, floor = self.interest
        return float(floor + (1 - floor) * 0.5 ** (days / half_life))


def plan_flow(channel: str, tier: str, scenario: Scenario, offer: Offer) -> FlowPlan:
    """Plan the flow of a tier's leads from a channel of the scenario, or from its opening."""
    source = None if channel == OPENING else scenario.channels[channel]
    product = scenario.tiers[tier]
    layout = RowLayout()
    place = layout.place
    interest, patience = getattr(source, "interest", None), getattr(source, "patience_days", None)
    journey = JourneyBuilder(
        scenario,
        tier,
        None if source is None else channel,
        layout,
        sways=offer.sways,
        interest_decays=interest is not None,
    ).journey()
    effect = product.churn_fit_effect
    quality_sd = product.churn_factors.onboarding.quality_sd
    regions, industries = (None, None) if source is None else (source.regions, source.industries)
    segments = Segments(tier, regions, industries)
    # Numbers that decide nothing are not drawn: the place of another number serves.
    wants = place(uniform("contract/wants")) if offer.menu.choice else 0
    withdrawn = offer.menu.withdrawn
    return FlowPlan(
        channel=channel,
        channel_index=(
            len(scenario.channels) if source is None else sorted(scenario.channels).index(channel)
        ),
        direction=OPENING if source is None else "outbound" if isinstance(source, Outbound) else "inbound",
        tier=tier,
        cost_per_lead=0.0 if source is None else source.cost_per_lead,
        spend_per_month=0.0 if source is None else source.spend_per_month * source.tiers[tier],
        offer=offer,
        journey=journey,
        entry=journey.entry,
        enters_as=STATES.index(source.enters_as) if source is not None else journey.entry.on or 0,
        segments=segments,
        only_segment=segments.all()[0] if len(segments.all()) == 1 else None,
        interest=None if interest is None else (interest.half_life_hours / 24, interest.floor),
        churn_at=place(exponential("churn")),
        fit_factor_at=place(stay(effect, journey.fit_of_winners) if effect else constant(1.0)),
        life_at=place(uniform("life")) if source is None else -1,
        discount_at=place(quantity("discount", product.discount)),
        has_discount=product.discount != 0,
        wants_at=wants,
        other_at=place(uniform("contract/other")) if withdrawn else wants,
        accepts_at=place(uniform("contract/accepts")) if withdrawn else wants,
        quality_at=place(of_mean_one("onboarding/quality", quality_sd)) if quality_sd else -1,
        community_at=-1 if product.community is None else place(uniform("community")),
        reference_at=-1 if product.reference_customers is None else place(uniform("reference")),
        region_at=place(uniform("region")) if regions else -1,
        industry_at=place(uniform("industry")) if industries else -1,
        patience_at=-1 if patience is None else place(quantity("patience", patience)),
        draws=tuple(layout.draws),
    )


class FlowMonth:
    """What happened in one month to the leads of one flow."""

    __slots__ = (
        "came_in",
        "cohort_lost",
        "cohort_reached",
        "entered",
        "lost",
        "nurtured",
        "open_opportunities",
        "opportunities_lost",
        "opportunities_lost_days",
        "opportunities_lost_mrr",
        "thinned",
        "won_days",
    )

    def __init__(self, ways_out: int) -> None:
        """Begin to count the month, for leads that can be lost in so many ways."""
        self.came_in = 0
        self.thinned = 0
        """Of these, those that were lost in bulk and never became objects (`channels.thin`)."""
        self.entered = [0] * len(STATES)
        """Leads that reached each state for the first time, those that came in with it included."""
        self.lost = [0] * ways_out
        """Leads lost, by place among the journey's ways out."""
        self.nurtured = 0
        """Leads that did not pass a step and are to come back."""
        self.won_days = 0.0
        """Sum over the wins of the days from coming in to signing."""
        self.opportunities_lost = 0
        """Leads lost as SQL or later."""
        self.opportunities_lost_days = 0.0
        """Sum over these of the days from coming in to the loss."""
        self.opportunities_lost_mrr = 0.0
        """What they would have paid a month, list price less discount."""
        self.open_opportunities = 0
        """Leads that are SQL or SAL at the month's end."""
        self.cohort_reached = [0] * len(STATES)
        """Of the leads that came in this month, those that have ever been in each state."""
        self.cohort_lost = [0] * len(STATES)
        """Of the same leads, those that are lost, by the furthest state that they had reached."""

    def lose_opportunity(self, days: float, mrr: float) -> None:
        """Count a lead that was lost as SQL or later, so many days after it came in."""
        self.opportunities_lost += 1
        self.opportunities_lost_days += days
        self.opportunities_lost_mrr += mrr


class Flow:
    """What is counted of the leads of one tier from one channel."""

    __slots__ = ("cycle", "inside", "months", "now", "plan")

    def __init__(self, plan: FlowPlan, calendar: Calendar) -> None:
        self.plan = plan
        self.inside = [0] * len(STATES)
        """Leads and customers now in each state (customers that left are not); right at month ends."""
        self.months = [FlowMonth(len(plan.journey.ways_out)) for _ in range(calendar.months)]
        self.now = self.months[0]
        """The current month's counts."""
        self.cycle = CycleTimes(calendar)

    def close_month(self, index: int) -> None:
        """Complete the counts of the month with this index, and begin those of the next."""
        month, plan = self.now, self.plan
        if plan.direction != OPENING:  # Leads of the opening came in before, in states of their own.
            # All others come in with the same state, so they are counted once a month and not one by one.
            came = month.came_in - month.thinned
            for counts in (month.entered, month.cohort_reached, self.inside):
                counts[plan.enters_as] += came
        month.open_opportunities = sum(self.inside[state] for state in OPPORTUNITIES)
        if index + 1 < len(self.months):
            self.now = self.months[index + 1]

    def open_cohorts(self) -> list[Cohort]:
        """The leads of each month that are neither won nor lost now."""
        found = [
            Cohort(index, month.came_in - month.cohort_reached[WIN] - sum(month.cohort_lost))
            for index, month in enumerate(self.months)
        ]
        return [cohort for cohort in found if cohort.open]

    def cycle_days(self, calendar: Calendar) -> list[CycleDay]:
        """How long leads were under way, when the horizon ends."""
        measured = self.months[calendar.warm_up_months :]
        came_in, lost = sum(month.came_in for month in measured), sum(sum(month.lost) for month in measured)
        return self.cycle.days(came_in, lost, self.open_cohorts())


OPPORTUNITIES = (STATES.index("SQL"), STATES.index("SAL"))
"""States of the leads that are opportunities."""
