"""The plan of a scenario: everything that a replication needs and that follows from the scenario alone.

Stages of journeys, places of draws, thresholds, rates, prices, calendar, seats: immutable, made once per
scenario and process, and shared by all its replications, which own counters, queues and generators only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from simsales.model.calendar import Calendar
from simsales.model.customers.tier_plan import TierPlan, plan_tier
from simsales.model.draws import DrawPlan, draw_plan
from simsales.model.leads.arrivals import ArrivalPlan, plan_arrivals
from simsales.model.leads.flow import OPENING, FlowPlan, plan_flow
from simsales.model.money.costs import Share, idle_shares
from simsales.model.money.pay import PayPlan, plan_pay
from simsales.model.opening import OpeningPlan, plan_opening
from simsales.model.pricing.offer import Offer
from simsales.model.work.routing import DeskPlan, plan_desks
from simsales.scenario.scenario import Scenario
from simsales.scenario.schema.channels import Inbound, Outbound, Referral


@dataclass(frozen=True, eq=False)
class ChannelPlan:
    """A channel, and its leads tier by tier."""

    name: str
    index: int
    """Number in the order of names: settles ties."""
    channel: Inbound | Referral | Outbound
    flows: Mapping[str, FlowPlan]
    draws: DrawPlan
    arrivals: ArrivalPlan | None
    """Of inbound channels."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that follows from a scenario alone."""

    scenario: Scenario
    calendar: Calendar
    desks: tuple[DeskPlan, ...]
    tiers: Mapping[str, TierPlan]
    """By name, in alphabetical order."""
    channels: tuple[ChannelPlan, ...]
    """In alphabetical order."""
    opening: tuple[OpeningPlan, ...] | None
    pay: PayPlan
    idle_shares: Mapping[str, Mapping[Share, float]]
    """By role, where its cost belongs in a month in which it finishes nothing."""

    @property
    def pace_changes(self) -> bool:
        """Whether buyers' delays change with a list price in the course of time."""
        return any(tier.offer.changes_pace for tier in self.tiers.values())


def make_plan(scenario: Scenario) -> Plan:
    """Make the plan of a scenario."""
    calendar = calendar_of(scenario)
    pay = plan_pay(scenario)
    tiers = {
        name: plan_tier(name, product, Offer(product, calendar), calendar, list(pay.by_revenue))
        for name, product in sorted(scenario.tiers.items())
    }
    channels = []
    for index, (name, channel) in enumerate(sorted(scenario.channels.items())):
        shares = {tier: share for tier, share in channel.tiers.items() if share > 0}
        flows = {tier: plan_flow(name, tier, scenario, tiers[tier].offer) for tier in sorted(shares)}
        draws = draw_plan(name, shares, {tier: flow.draws for tier, flow in flows.items()})
        arrivals = plan_arrivals(channel, calendar) if isinstance(channel, Inbound) else None
        channels.append(ChannelPlan(name, index, channel, flows, draws, arrivals))
    opening = None
    if scenario.opening is not None:
        names = sorted(scenario.opening.customers.keys() | scenario.opening.pipeline.keys())
        there = {tier: plan_flow(OPENING, tier, scenario, tiers[tier].offer) for tier in names}
        opening = plan_opening(scenario.opening, there)
    return Plan(
        scenario,
        calendar,
        plan_desks(scenario),
        tiers,
        tuple(channels),
        opening,
        pay,
        idle_shares(scenario),
    )


def calendar_of(scenario: Scenario) -> Calendar:
    """The calendar of a scenario."""
    return Calendar(scenario.warm_up_months, scenario.horizon_months, scenario.start_month)


_PLANS: OrderedDict[int, Plan] = OrderedDict()
MOST_PLANS = 128
"""Plans that a process keeps: as many as scenarios, or each would be planned again and again."""


def plan_of(scenario: Scenario) -> Plan:
    """The plan of a scenario, made when this process first asks for it. (Scenarios are not
    changed in place, so a plan never grows old; it keeps its scenario, so that no other can take over its
    identity.)
    """
    plan = _PLANS.get(id(scenario))
    if plan is None:
        plan = _PLANS[id(scenario)] = make_plan(scenario)
        if len(_PLANS) > MOST_PLANS:
            _PLANS.popitem(last=False)
    return plan
