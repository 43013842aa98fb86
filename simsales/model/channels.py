"""Channels: where leads come from, and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simsales.model.clock import ARRIVAL, Alarm, lead_rank
from simsales.model.flow import Flow
from simsales.model.leads import Lead
from simsales.model.luck import BLOCK, Luck, Row
from simsales.model.segments import Segment
from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Inbound
from simsales.streams import Streams
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.customers import Customers
    from simsales.model.pipeline import Pipeline
    from simsales.model.teams import TeamCopy

Numbers = NDArray[np.float64]


# ------------------------------------------------------------------------------------------- how many, and
# when


def cumulative_leads(
    channel: Inbound, name: str, scenario: Scenario, streams: Streams
) -> tuple[Numbers, Numbers]:
    """Expected number of leads by certain moments; between two of them the rate is constant.

    In month m (0 is the first after the warm-up) the rate is leads_per_month × (1 + growth)^m × season; the
    trend begins with month 0. Weekdays, bursts and the day's weather (dispersion) come on top, if any.

    Returns:
        The moments in days and the expected numbers by then, both ascending from 0, shape (moments,).
    """
    months = np.arange(-scenario.warm_up_months, scenario.horizon_months)
    season = np.array(channel.season)[(scenario.start_month - 1 + months) % 12]
    per_month = channel.leads_per_month * (1 + channel.growth_per_month) ** np.maximum(months, 0) * season
    month_ends: Numbers = np.arange(len(months) + 1, dtype=np.float64) * MONTH_DAYS
    even_week = len(set(channel.weekday)) == 1
    if even_week and channel.dispersion == 1 and not channel.bursts:
        return month_ends, np.concatenate(([0.0], np.cumsum(per_month)))

    end = month_ends[-1]
    bursts = list(_bursts(channel, scenario))
    edges = [edge for start, stop, _ in bursts for edge in (start, stop)]
    moments = np.unique(np.concatenate((month_ends, np.arange(0.0, end), edges)))
    moments = moments[(moments >= 0) & (moments <= end)]
    middles = (moments[:-1] + moments[1:]) / 2
    days = middles.astype(int)
    rate = per_month[np.searchsorted(month_ends, middles, side="right") - 1] / MONTH_DAYS
    rate = rate * (np.array(channel.weekday) / np.mean(channel.weekday))[days % 7]
    for start, stop, leads in bursts:
        rate = rate + np.where((start < middles) & (middles < stop), leads / (stop - start), 0.0)
    expected = rate * np.diff(moments)
    if channel.dispersion > 1:
        expected = expected * _weather(channel, name, days, expected, streams)
    return moments, np.concatenate(([0.0], np.cumsum(expected)))


def _bursts(channel: Inbound, scenario: Scenario) -> Generator[tuple[float, float, float]]:
    """Start and end in days and expected leads of every burst."""
    for burst in channel.bursts.values():
        month = burst.month
        while month <= scenario.horizon_months:
            start = (month - 1 + scenario.warm_up_months) * MONTH_DAYS
            if start >= 0:
                yield start, start + burst.days, burst.leads
            if burst.every_months is None:
                break
            month += burst.every_months


def _weather(
    channel: Inbound, name: str, days: NDArray[np.int_], expected: Numbers, streams: Streams
) -> Numbers:
    """A factor of mean 1 per piece, the same within a day.

    A day's Poisson count of mean λ under a gamma factor of mean 1 and variance (D − 1) / λ is negative
    binomial with variance / mean = D. The factor comes from the day's own uniform number, so that day d
    has the same weather whatever the volume.
    """
    from scipy.special import gammaincinv

    per_day = np.bincount(days, weights=expected)
    luck = streams.generator(f"{name}/weather").random(len(per_day))
    shape = np.maximum(per_day / (channel.dispersion - 1), 1e-12)
    factor: Numbers = gammaincinv(shape, luck) / shape
    return factor[days]


def arrival_times(channel: Inbound, name: str, scenario: Scenario, streams: Streams) -> Numbers:
    """Days at which the channel's leads come in, ascending, shape (leads,).

    A Poisson process of unit rate passed through the inverse of the cumulative rate (Çinlar 1975): lead k
    stays lead k when the volume changes.
    """
    moments, cumulative = cumulative_leads(channel, name, scenario, streams)
    if channel.arrivals == "start_of_month":
        # The whole leads that have become due by the end of each month, all at its start; 1e-9 forgives
        # rounding in the sum.
        month_ends = np.arange(scenario.warm_up_months + scenario.horizon_months + 1) * MONTH_DAYS
        due = np.floor(np.interp(month_ends, moments, cumulative) + 1e-9).astype(int)
        return np.repeat(month_ends[:-1], np.diff(due))
    stream = streams.generator(f"{name}/arrivals")
    blocks: list[Numbers] = []
    reached = 0.0
    while reached <= cumulative[-1]:
        # Summed on from the last one, so that no rounding depends on the size of the blocks.
        more = np.cumsum(np.append(reached, stream.standard_exponential(BLOCK)))[1:]
        blocks.append(more)
        reached = float(more[-1])
    unit = np.concatenate(blocks)
    times: Numbers = np.interp(unit[unit < cumulative[-1]], cumulative, moments)
    return times


# ---------------------------------------------------------------------------------------------- three kinds


class InboundChannel:
    """Pushes its leads into the pipeline, whether anyone is free or not."""

    def __init__(
        self, index: int, times: Numbers, luck: Luck, flows: dict[str, Flow], pipeline: Pipeline
    ) -> None:
        self._index = index
        self._times = times
        self._luck = luck
        self._flows = flows
        self._pipeline = pipeline

    def arrive(self, arrival: Alarm) -> Generator[Alarm]:
        """The process of the arrivals."""
        pipeline = self._pipeline
        for start in range(0, len(self._times), BLOCK):
            block = self._times[start : start + BLOCK]
            leads = self._luck.block(len(block))
            times = block.tolist()
            rank = ARRIVAL + lead_rank(self._index, start)
            for offset, (tier, luck) in pipeline.thin(block, leads, self._flows):
                time = times[offset]
                yield arrival.at(time, rank + offset)
                pipeline.enter(Lead(self._flows[tier], start + offset, luck, time))


class ReferralChannel:
    """Leads that LIVE customers bring, in proportion to how many there are at the start of the month, and to
    the value that they feel.
    """

    def __init__(
        self,
        index: int,
        per_customer: float,
        value_exponent: float,
        luck: Luck,
        flows: dict[str, Flow],
        customers: Customers,
        arrivals: np.random.Generator,
        pipeline: Pipeline,
    ) -> None:
        self._index = index
        self._per_customer = per_customer
        self._value_exponent = value_exponent
        self._luck = luck
        self._flows = flows
        self._customers = customers
        self._arrivals = arrivals
        self._pipeline = pipeline

    def arrive(self, months: int, arrival: Alarm) -> Generator[Alarm]:
        """The process of the referrals: a unit-rate Poisson process against the leads expected so far."""
        leads = enumerate(self._luck.leads(block=BLOCK // 8))  # Referrals are few.
        next_unit = float(self._arrivals.standard_exponential())
        expected = 0.0
        for month in range(months):
            start = month * MONTH_DAYS
            # A month's customers are counted at its first instant, behind the month end and before any lead.
            yield arrival.at(start, ARRIVAL - 1)
            more = self._per_customer * self._customers.word_of_mouth(self._value_exponent)
            while next_unit < expected + more:
                time = start + (next_unit - expected) / more * MONTH_DAYS
                number, (tier, luck) = next(leads)
                yield arrival.at(time, ARRIVAL + lead_rank(self._index, number))
                self._pipeline.enter(Lead(self._flows[tier], number, luck, time))
                next_unit += float(self._arrivals.standard_exponential())
            expected += more


class OutboundList:
    """A list of names; people pull the next one for their team when they have time."""

    def __init__(self, size: int | None, luck: Luck, flows: dict[str, Flow]) -> None:
        self._flows = flows
        self._unread = enumerate(luck.leads(size))
        self._passed_over: dict[Segment, deque[tuple[int, Row, Flow]]] = {
            segment: deque() for flow in flows.values() for segment in flow.segments.all()
        }
        """Names that somebody read whose team does not serve them: they wait here for other teams."""
        self._wanted: dict[TeamCopy, list[deque[tuple[int, Row, Flow]]]] = {}
        """What of these each team serves."""

    def pull(self, team: TeamCopy, now: float) -> Lead | None:
        """The next name whose segment the team serves, as a lead; None if the list holds no more."""
        wanted = self._wanted.get(team)
        if wanted is None:
            served = [names for segment, names in self._passed_over.items() if team.serves(segment)]
            wanted = self._wanted[team] = served
        if not wanted:
            return None
        if any(wanted):
            # Queues compare by their first names, and these by their numbers.
            number, luck, flow = min(filter(None, wanted)).popleft()
            return Lead(flow, number, luck, now)
        for number, (tier, luck) in self._unread:
            lead = Lead(self._flows[tier], number, luck, now)
            if team.serves(lead.segment):
                return lead
            self._passed_over[lead.segment].append((number, luck, lead.flow))
        return None
