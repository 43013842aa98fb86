"""A flow: the leads of one tier from one channel, what their luck holds, and their books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simsales.model.books import FlowMonth
from simsales.model.fit import stay
from simsales.model.journey import Journey
from simsales.model.luck import Columns, Row, constant, exponential, of_mean_one, quantity, uniform
from simsales.model.prices import MOST_DISCOUNT, Offer
from simsales.model.segments import Segment, Segments
from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Outbound
from simsales.scenario.schema.fields import STATES

if TYPE_CHECKING:
    from simsales.model.leads import Lead

OPENING = "opening"
"""Where leads and customers come from that are there at the beginning: a channel's name that no scenario
can use.
"""


class Flow:
    """The leads of one tier from one channel.

    (Up to thirty attributes: beyond, Python looks them up more slowly, and these are looked up all the time.)
    """

    def __init__(self, channel: str, tier: str, scenario: Scenario, offer: Offer) -> None:
        source = None if channel == OPENING else scenario.channels[channel]
        product = scenario.tiers[tier]
        self.channel = channel
        self.channel_index = (
            len(scenario.channels) if source is None else sorted(scenario.channels).index(channel)
        )
        self.direction = (
            OPENING if source is None else "outbound" if isinstance(source, Outbound) else "inbound"
        )
        self.tier = tier
        self._cost_per_lead = 0.0 if source is None else source.cost_per_lead
        self._spend = 0.0 if source is None else source.spend_per_month * source.tiers[tier]
        self.offer = offer

        self.inside = [0] * len(STATES)
        """Leads and customers now in each state (customers that left are not); right at month ends."""
        self.columns = Columns()
        """What a row of these leads' luck holds."""
        interest = getattr(source, "interest", None)
        self.interest = None if interest is None else (interest.half_life_hours / 24, interest.floor)
        """Half-life in days and floor of the interest in a first contact; None if it does not decay."""
        self.journey = Journey(
            scenario,
            tier,
            None if source is None else channel,
            self.columns,
            sways=offer.sways,
            interest_decays=self.interest is not None,
        )
        self.entry = self.journey.entry
        self.enters_as = STATES.index(source.enters_as) if source is not None else self.entry.on or 0
        months = scenario.warm_up_months + scenario.horizon_months
        self.months = [FlowMonth(len(self.journey.ways_out)) for _ in range(months)]
        self.now = self.months[0]
        """The current month's counts."""

        place = self.columns.place
        self.churn = place(exponential("churn"))
        effect = product.churn_fit_effect
        self.stays = place(stay(effect, self.journey.fit_of_winners) if effect else constant(1.0))
        """Factor on the hazard of leaving."""
        self._life = place(uniform("life")) if source is None else -1
        self._discount = place(quantity("discount", product.discount))
        self._discounts = product.discount != 0
        # Numbers that decide nothing are not drawn; the place of another one does for them.
        wants = place(uniform("contract/wants")) if offer.menu.choice else 0
        self.contract_luck = (
            wants,
            place(uniform("contract/other")) if offer.menu.withdrawn else wants,
            place(uniform("contract/accepts")) if offer.menu.withdrawn else wants,
        )
        """What decides the contract that the lead signs."""
        quality_sd = product.churn_factors.onboarding.quality_sd
        self.quality = place(of_mean_one("onboarding/quality", quality_sd)) if quality_sd else -1
        self.member = -1 if product.community is None else place(uniform("community"))
        self.reference = -1 if product.reference_customers is None else place(uniform("reference"))
        regions, industries = (None, None) if source is None else (source.regions, source.industries)
        self.region = place(uniform("region")) if regions else -1
        self.industry = place(uniform("industry")) if industries else -1
        self.segments = Segments(tier, regions, industries)
        segments = self.segments.all()
        self.only_segment = segments[0] if len(segments) == 1 else None
        """The segment of all these leads, if there is but one."""
        patience = getattr(source, "patience_days", None)
        self.patience = None if patience is None else place(quantity("patience", patience))

    def close_month(self) -> None:
        """Count those that came in this month in the state with which all of them come in: once a month, not
        lead by lead.
        """
        if self.direction != OPENING:  # Those of the opening are in other states, and came to them before.
            came = self.now.came_in - self.now.thinned
            for counts in (self.now.entered, self.now.cohort_reached, self.inside):
                counts[self.enters_as] += came

    def segment(self, luck: Row) -> Segment:
        """Tier, region and industry of the lead with this luck."""
        region = luck[self.region] if self.region >= 0 else 0.0
        return self.segments.of(region, luck[self.industry] if self.industry >= 0 else 0.0)

    def discount_of(self, luck: Row) -> float:
        """Share of the list price that a lead gets off."""
        return min(luck[self._discount], MOST_DISCOUNT) if self._discounts else 0.0

    def life_place(self, lead: Lead) -> int:
        """Where a lead finds the numbers of its life as a customer (see `simsales.model.life`).

        Those of the opening are numbered through, over tiers and steps; so that one more of them does not
        change the others' lives, their place is a number of their own luck.
        """
        return lead.number if self._life < 0 else int(lead.luck[self._life] * 2**53)

    def cost(self, leads: int) -> float:
        """What so many leads cost, with this tier's share of what the channel costs a month anyway."""
        return leads * self._cost_per_lead + self._spend

    def interest_after(self, days: float) -> float:
        """What is left of the odds of the first contact."""
        if self.interest is None:
            return 1.0
        half_life, floor = self.interest
        return float(floor + (1 - floor) * 0.5 ** (days / half_life))
