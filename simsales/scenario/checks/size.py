"""How large a simulation would be, by mean values: what is known before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from simsales.scenario.schema.channels import Channel, Inbound, Outbound
from simsales.scenario.schema.distributions import mean_of
from simsales.scenario.schema.journeys import Journey, Step
from simsales.scenario.schema.organization import Organization, People

MANY_LEADS = 500_000
"""Leads of one replication of which there is a warning: a minute or so."""

MANY_DRAWS = 5_000
"""Random numbers of one lead of which there is a warning: 40 KB for each lead that is on its way."""


@dataclass(frozen=True)
class Size:
    """The size of one replication, roughly, by one of its channels."""

    channel: str
    leads: float
    """Expected leads."""
    draws: int
    """Random numbers of one of them: with every step, every repetition and every return."""


def size_of(
    channels: Mapping[str, Channel],
    journeys: Mapping[str, Journey],
    people: Mapping[str, People],
    organization: Organization,
    months: int,
) -> list[Size]:
    """The size of a replication, channel by channel. (Referrals follow from the others.)"""
    draws = {tier: _draws(journey) for tier, journey in journeys.items()}
    return [
        Size(
            name,
            _leads(channel, journeys, people, organization, months),
            max((draws[tier] for tier, share in channel.tiers.items() if share and tier in draws), default=0),
        )
        for name, channel in channels.items()
    ]


def _leads(
    channel: Channel,
    journeys: Mapping[str, Journey],
    people: Mapping[str, People],
    organization: Organization,
    months: int,
) -> float:
    """Expected leads, without growth; of a list, as many names as people have time for."""
    if isinstance(channel, Inbound):
        bursts = sum(
            burst.leads * (months // burst.every_months + 1 if burst.every_months else 1)
            for burst in channel.bursts.values()
        )
        return channel.leads_per_month * max(channel.season) * months + bursts
    if not isinstance(channel, Outbound):
        return 0.0
    heads = sum(team.count * team.members.get(channel.worked_by, 0) for team in organization.teams.values())
    hours = people[channel.worked_by].hours_per_month if channel.worked_by in people else 0.0
    efforts = [
        mean_of(step.effort_hours)
        for tier in channel.tiers
        for step in list(journeys.get(tier, {}).values())[:1]
    ]
    least = max(min(efforts, default=1.0), 0.01)
    names = heads * hours * months / least
    return names if channel.list_size is None else min(names, float(channel.list_size))


def _draws(journey: Journey) -> int:
    """Random numbers of a lead: of each step as often as it may be taken, with all that may come between."""
    returns = 1 + sum(_returns(step) for step in journey.values())
    return sum(_of_step(step) for step in journey.values()) * min(returns, 6) + 10


def _returns(step: Step) -> int:
    return 0 if step.otherwise.nurture is None else step.otherwise.nurture.at_most


def _of_step(step: Step) -> int:
    missed = 0 if step.no_show is None else step.no_show.at_most
    repeated = 0 if step.repeat is None else step.repeat.at_most
    return 4 * (1 + missed) * (1 + repeated)


def size_doubts(sizes: Iterable[Size]) -> Iterator[str]:
    """Warnings about replications that take long, or much memory; a sentence each."""
    for size in sizes:
        if size.leads > MANY_LEADS:
            yield (
                f"some {size.leads:,.0f} leads of {size.channel} in every replication: minutes and "
                "gigabytes; is that meant?"
            )
        if size.draws > MANY_DRAWS:
            yield (
                f"some {size.draws:,} random numbers for every lead of {size.channel}, as its steps can be "
                "repeated in so many ways; is that meant?"
            )
