"""Leads, and the channels that they come from."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
import simpy
from numpy.typing import NDArray

from simsales.model.clock import ARRIVAL, MONTH_DAYS, Alarm, lead_rank
from simsales.model.luck import BLOCK, Luck, Row
from simsales.scenario.schema import Inbound, Scenario
from simsales.streams import Streams

if TYPE_CHECKING:
    from simsales.model.journey import Flow, Stage
    from simsales.model.people import Desk, Person
    from simsales.model.pipeline import Pipeline


class Lead:
    """Somebody who may become, or has become, a customer."""

    __slots__ = (
        "born",
        "desk",
        "flow",
        "gone",
        "keeper",
        "luck",
        "number",
        "owners",
        "person",
        "ready_at",
        "stage",
        "state",
        "waits_for",
    )

    def __init__(self, flow: Flow, number: int, luck: Row, born: float) -> None:
        self.flow = flow
        self.number = number
        """Number within the channel, from 0; the lead's luck hangs on it."""
        self.luck = luck
        self.born = born
        """When it came in or was pulled from its list, in days."""
        self.state: int = flow.enters_as
        self.stage: Stage = flow.entry
        """The step at hand."""
        self.person: Person | None = None
        """Who had the lead last."""
        self.owners: dict[str, Person] | None = None
        """Who has the lead, by role."""
        self.keeper: Person | None = None
        """Who looks after it as a LIVE customer."""
        self.desk: Desk | None = None
        """Where it is waiting; None while it is not."""
        self.waits_for: Person | None = None
        """In whose own queue it is waiting; None if in the queue that the desk shares."""
        self.ready_at = 0.0
        """Since when it is waiting, in days."""
        self.gone = False
        """Whether it has left as a customer: work that was planned for it falls away."""


def cumulative_leads(channel: Inbound, scenario: Scenario) -> NDArray[np.float64]:
    """Expected number of leads by the end of each month, shape (months + 1,), beginning with 0.

    Within a month the rate is constant: leads_per_month × (1 + growth)^month × season, month 0 being the
    first after the warm-up.
    """
    months = np.arange(-scenario.warm_up_months, scenario.horizon_months)
    season = np.array(channel.season)[(scenario.start_month - 1 + months) % 12]
    rates = channel.leads_per_month * (1 + channel.growth_per_month) ** months * season
    return np.concatenate(([0.0], np.cumsum(rates)))


def arrival_times(channel: Inbound, name: str, scenario: Scenario, streams: Streams) -> NDArray[np.float64]:
    """Days at which the channel's leads come in, ascending, shape (leads,).

    A Poisson process of unit rate passed through the inverse of the cumulative rate (Çinlar 1975): lead k
    stays lead k when the volume changes.
    """
    cumulative = cumulative_leads(channel, scenario)
    month_ends = np.arange(len(cumulative)) * MONTH_DAYS
    if channel.arrivals == "start_of_month":
        # The whole leads that have become due by the end of each month, all at its start; 1e-9 forgives
        # rounding in the sum.
        due = np.floor(cumulative + 1e-9).astype(int)
        return np.repeat(month_ends[:-1], np.diff(due))
    stream = streams.generator(f"{name}/arrivals")
    unit: NDArray[np.float64] = np.empty(0)
    reached = 0.0
    while reached <= cumulative[-1]:
        # Summed on from the last one, so that no rounding depends on the size of the blocks.
        more = np.cumsum(np.append(reached, stream.standard_exponential(BLOCK)))[1:]
        unit, reached = np.concatenate((unit, more)), float(more[-1])
    times: NDArray[np.float64] = np.interp(unit[unit < cumulative[-1]], cumulative, month_ends)
    return times


class InboundChannel:
    """Pushes its leads into the pipeline, whether anyone is free or not."""

    def __init__(self, index: int, times: NDArray[np.float64], luck: Luck, flows: dict[str, Flow]) -> None:
        self._index = index
        self._times = times
        self._luck = luck
        self._flows = flows

    def arrive(self, clock: simpy.Environment, pipeline: Pipeline) -> Generator[Alarm]:
        """The process of the arrivals."""
        arrival = Alarm(clock)
        for start in range(0, len(self._times), BLOCK):
            block = self._times[start : start + BLOCK]
            leads = self._luck.block(len(block))
            times = block.tolist()
            rank = ARRIVAL + lead_rank(self._index, start)
            for offset in pipeline.thin(block, leads, self._flows):
                time, (tier, luck) = times[offset], leads[offset]
                yield arrival.at(time, rank + offset)
                pipeline.enter(Lead(self._flows[tier], start + offset, luck, time))


class OutboundList:
    """A list of names; people pull the next one for their team's tiers when they have time."""

    def __init__(self, size: int | None, luck: Luck, flows: dict[str, Flow]) -> None:
        self._left = size
        self._luck = luck
        self._flows = flows
        self._read = 0
        self._names: dict[str, deque[tuple[int, str, Row]]] = {tier: deque() for tier in flows}

    def pull(self, tiers: frozenset[str] | None, now: float) -> Lead | None:
        """The next name of one of these tiers (None: any) as a lead; None if the list holds no more."""
        wanted = [names for tier, names in self._names.items() if tiers is None or tier in tiers]
        if not wanted:
            return None
        while not any(wanted):
            if not self._read_block():
                return None
        # Queues compare by their first names, and these by their numbers.
        number, tier, luck = min(filter(None, wanted)).popleft()
        return Lead(self._flows[tier], number, luck, now)

    def _read_block(self) -> bool:
        size = BLOCK if self._left is None else min(BLOCK, self._left)
        if size == 0:
            return False
        if self._left is not None:
            self._left -= size
        for number, (tier, luck) in enumerate(self._luck.block(size), start=self._read):
            self._names[tier].append((number, tier, luck))
        self._read += size
        return True
