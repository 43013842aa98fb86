"""When the leads of an inbound channel come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simsales.model.calendar import Calendar
from simsales.model.draws import BLOCK, Numbers
from simsales.scenario.schema.channels import Inbound
from simsales.streams import Streams
from simsales.units import MONTH_DAYS


@dataclass(frozen=True, eq=False)
class ArrivalPlan:
    """How many leads an inbound channel is expected to bring, and when."""

    moments: Numbers
    """Days between which the rate is constant, ascending from 0, shape (pieces + 1,)."""
    expected: Numbers
    """Expected leads in each piece, shape (pieces,)."""
    days: NDArray[np.int_]
    """The day that each piece lies in, shape (pieces,); used with dispersion only."""
    dispersion: float
    """Variance / mean of the number of leads a day."""
    month_starts: Numbers | None
    """Days at which months begin and end, if all leads of a month come at its start."""


def plan_arrivals(channel: Inbound, calendar: Calendar) -> ArrivalPlan:
    """Plan the arrivals of a channel.

    In month m (0 is the first after the warm-up) the rate is leads_per_month × (1 + growth)^m × season; the
    trend begins with month 0. Weekdays, bursts and the dispersion of daily counts come on top.
    """
    months = np.arange(-calendar.warm_up_months, calendar.horizon_months)
    season = np.array(channel.season)[(calendar.start_month - 1 + months) % 12]
    per_month = channel.leads_per_month * (1 + channel.growth_per_month) ** np.maximum(months, 0) * season
    boundaries = calendar.boundaries
    at_start = boundaries if channel.arrivals == "start_of_month" else None
    even_week = len(set(channel.weekday)) == 1
    if even_week and channel.dispersion == 1 and not channel.bursts:
        return ArrivalPlan(boundaries, per_month, np.zeros(len(per_month), dtype=int), 1.0, at_start)

    end = boundaries[-1]
    bursts = list(_bursts(channel, calendar))
    edges = [edge for start, stop, _ in bursts for edge in (start, stop)]
    moments = np.unique(np.concatenate((boundaries, np.arange(0.0, end), edges)))
    moments = moments[(moments >= 0) & (moments <= end)]
    middles = (moments[:-1] + moments[1:]) / 2
    days = middles.astype(int)
    rate = per_month[np.searchsorted(boundaries, middles, side="right") - 1] / MONTH_DAYS
    rate = rate * (np.array(channel.weekday) / np.mean(channel.weekday))[days % 7]
    for start, stop, leads in bursts:
        rate = rate + np.where((start < middles) & (middles < stop), leads / (stop - start), 0.0)
    return ArrivalPlan(moments, rate * np.diff(moments), days, channel.dispersion, at_start)


def _bursts(channel: Inbound, calendar: Calendar) -> Iterator[tuple[float, float, float]]:
    """Start and end in days and expected leads of every burst, one that is under way at time 0 included."""
    for burst in channel.bursts.values():
        month = burst.month
        while month <= calendar.horizon_months:
            start = calendar.day(month)
            if start + burst.days > 0:
                yield start, start + burst.days, burst.leads
            if burst.every_months is None:
                break
            month += burst.every_months


def cumulative_leads(plan: ArrivalPlan, channel: str, streams: Streams) -> Numbers:
    """Expected leads of a channel by each moment of its plan in one replication, from 0, shape (moments,).

    With dispersion D above 1, a day's expected number λ is multiplied by a gamma factor of mean 1 and
    variance (D − 1) / λ: the day's Poisson count is then negative binomial with variance / mean = D. The
    factor is made of the day's own uniform number, so day d has the same one whatever the volume.
    """
    expected = plan.expected
    if plan.dispersion > 1:
        from scipy.special import gammaincinv

        per_day = np.bincount(plan.days, weights=expected)
        number = streams.generator(f"{channel}/weather").random(len(per_day))
        shape = np.maximum(per_day / (plan.dispersion - 1), 1e-12)
        expected = expected * (gammaincinv(shape, number) / shape)[plan.days]
    return np.concatenate(([0.0], np.cumsum(expected)))


def arrival_times(plan: ArrivalPlan, channel: str, streams: Streams) -> Numbers:
    """Days at which the channel's leads come in, ascending, shape (leads,).

    A Poisson process of unit rate passed through the inverse of the cumulative rate (Çinlar, *Introduction to
    Stochastic Processes*, 1975): lead k stays lead k when the volume changes.
    """
    cumulative = cumulative_leads(plan, channel, streams)
    if plan.month_starts is not None:
        # The whole leads that have become due by the end of each month, all at its start; 1e-9 forgives the
        # rounding of the sum.
        starts = plan.month_starts
        due = np.floor(np.interp(starts, plan.moments, cumulative) + 1e-9).astype(int)
        return np.repeat(starts[:-1], np.diff(due))
    stream = streams.generator(f"{channel}/arrivals")
    blocks: list[Numbers] = []
    reached = 0.0
    while reached <= cumulative[-1]:
        # Summed on from the last one, so that no rounding depends on the size of the blocks.
        more = np.cumsum(np.append(reached, stream.standard_exponential(BLOCK)))[1:]
        blocks.append(more)
        reached = float(more[-1])
    unit = np.concatenate(blocks)
    times: Numbers = np.interp(unit[unit < cumulative[-1]], cumulative, plan.moments)
    return times
