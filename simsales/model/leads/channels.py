"""Channels at work: inbound ones push their leads in, referrals follow customers, lists are pulled from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simsales.model.clock import ARRIVAL, Alarm, lead_rank
from simsales.model.draws import BLOCK, LeadDraws, Numbers, Row
from simsales.model.leads.flow import Flow
from simsales.model.leads.lead import Lead
from simsales.model.leads.stages import SQL, WIN
from simsales.model.people.team import Team
from simsales.scenario.segments import Segment
from simsales.units import MONTH_DAYS

Flows = Mapping[str, Flow]
"""A channel's flows, by tier."""
Enter = Callable[[Lead], None]
"""Takes a lead into the pipeline."""


@dataclass(frozen=True, eq=False)
class InboundChannel:
    """Pushes its leads into the pipeline, whether anyone is free or not."""

    index: int
    """Number of the channel."""
    times: Numbers
    """Of the arrivals in days, ascending, shape (leads,)."""
    draws: LeadDraws
    flows: Flows
    enter: Enter
    boundaries: NDArray[np.float64] | None
    """Of months, in days, for leads that are lost in bulk; None to lose none in bulk."""

    def arrive(self, arrival: Alarm) -> Generator[Alarm]:
        """The process of the arrivals."""
        enter, flows = self.enter, self.flows
        for start in range(0, len(self.times), BLOCK):
            block = self.times[start : start + BLOCK]
            leads: Iterable[tuple[int, tuple[str, Row]]] = enumerate(self.draws.block(len(block)))
            if self.boundaries is not None:
                leads = thin(block, leads, flows, self.boundaries)
            times = block.tolist()
            rank = ARRIVAL + lead_rank(self.index, start)
            for offset, (tier, row) in leads:
                time = times[offset]
                yield arrival.at(time, rank + offset)
                enter(Lead(flows[tier], start + offset, row, time))


def thin(
    times: Numbers,
    leads: Iterable[tuple[int, tuple[str, Row]]],
    flows: Flows,
    boundaries: NDArray[np.float64],
) -> Iterable[tuple[int, tuple[str, Row]]]:
    """Those of a block of inbound leads that reach a step which takes time, with their offsets in the block.

    The first steps of a journey may take nobody's time and no waiting (a visitor becomes an MQL). Leads that
    fail one of them are counted in their month and never become objects; the others pass these steps again
    when they arrive, with the same outcome.
    """
    if not any(flow.plan.entry.role is None for flow in flows.values()):
        return leads
    months = np.searchsorted(boundaries, times, side="right") - 1
    kept = []
    for offset, lead in leads:
        tier, row = lead
        flow = flows[tier]
        states, stage = [flow.plan.enters_as], flow.plan.entry
        while (
            stage.role is None
            and stage.to != WIN
            and row[stage.pass_at] < stage.pass_probability
            and stage.next is not None
            and row[stage.next.delay_at] == 0
        ):
            if stage.to is not None:
                states.append(stage.to)
            stage = stage.next.stage
        if (
            stage.role is None
            and not stage.deal
            and row[stage.pass_at] >= stage.pass_probability
            and (stage.back is None or row[stage.nurture_at] >= stage.nurture_share)
        ):
            month = flow.months[months[offset]]
            month.came_in += 1
            month.thinned += 1
            for state in states:
                month.entered[state] += 1
                month.cohort_reached[state] += 1
            month.cohort_lost[states[-1]] += 1
            month.lost[stage.lost_failed] += 1
            if states[-1] >= SQL:
                month.lose_opportunity(0.0, flow.plan.price(row, float(times[offset])))
        else:
            kept.append((offset, lead))
    return kept


@dataclass(frozen=True, eq=False)
class ReferralChannel:
    """Leads that LIVE customers bring, in proportion to their number at the start of the month, and to the
    value that they feel.
    """

    index: int
    """Number of the channel."""
    per_customer: float
    """Expected leads of one LIVE customer a month."""
    referrers: Callable[[], float]
    """LIVE customers now, weighted by the value that they feel."""
    draws: LeadDraws
    flows: Flows
    generator: np.random.Generator
    """Of the arrivals."""
    enter: Enter

    def arrive(self, months: int, arrival: Alarm) -> Generator[Alarm]:
        """The process of the referrals: a unit-rate Poisson process against the leads expected so far."""
        leads = enumerate(self.draws.leads(block=BLOCK // 8))  # Referrals are few.
        next_unit = float(self.generator.standard_exponential())
        expected = 0.0
        for month in range(months):
            start = month * MONTH_DAYS
            # A month's customers are counted at its first instant, behind the month end and before any lead.
            yield arrival.at(start, ARRIVAL - 1)
            more = self.per_customer * self.referrers()
            while next_unit < expected + more:
                time = start + (next_unit - expected) / more * MONTH_DAYS
                number, (tier, row) = next(leads)
                yield arrival.at(time, ARRIVAL + lead_rank(self.index, number))
                self.enter(Lead(self.flows[tier], number, row, time))
                next_unit += float(self.generator.standard_exponential())
            expected += more


class OutboundList:
    """A list of names; people pull the next one for their team when they have time."""

    def __init__(self, size: int | None, draws: LeadDraws, flows: Flows) -> None:
        self._flows = flows
        self._unread = enumerate(draws.leads(size))
        self._passed_over: dict[Segment, deque[tuple[int, Row, Flow]]] = {
            segment: deque() for flow in flows.values() for segment in flow.plan.segments.all()
        }
        """Names that somebody read whose team does not serve them: they wait here for other teams."""
        self._left_over = 0
        """How many these are."""
        self._wanted: dict[Team, list[deque[tuple[int, Row, Flow]]]] = {}
        """By team, the queues of the names passed over that it serves."""

    def pull(self, team: Team, now: float) -> Lead | None:
        """The next name whose segment the team serves, as a lead; None if the list holds no more."""
        wanted = self._wanted.get(team)
        if wanted is None:
            served = [names for segment, names in self._passed_over.items() if team.serves(segment)]
            wanted = self._wanted[team] = served
        if not wanted:
            return None
        if self._left_over and any(wanted):
            # Queues compare by their first names, and these by their numbers.
            number, row, flow = min(filter(None, wanted)).popleft()
            self._left_over -= 1
            return Lead(flow, number, row, now)
        for number, (tier, row) in self._unread:
            lead = Lead(self._flows[tier], number, row, now)
            if team.serves_all or team.serves(lead.segment):
                return lead
            self._passed_over[lead.segment].append((number, row, lead.flow))
            self._left_over += 1
        return None
