"""Channels at work: inbound ones push their leads in, referrals follow customers, lists are pulled from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from simsales.model.clock import ARRIVAL, Alarm, lead_rank
from simsales.model.draws import BLOCK, LeadDraws, Numbers, Row
from simsales.model.leads.flow import Flow
from simsales.model.leads.journey import SQL, WIN
from simsales.model.leads.lead import Lead
from simsales.model.people.team import Team
from simsales.scenario.segments import Segment
from simsales.units import MONTH_DAYS

Flows = Mapping[str, Flow]
"""A channel's flows, by tier."""
Enter = Callable[[Lead], None]
"""Takes a lead into the pipeline."""


class InboundChannel:
    """Pushes its leads into the pipeline, whether anyone is free or not."""

    def __init__(
        self,
        index: int,
        times: Numbers,
        draws: LeadDraws,
        flows: Flows,
        enter: Enter,
        boundaries: NDArray[np.float64] | None,
    ) -> None:
        """Prepare the arrivals.

        Args:
            index: number of the channel.
            times: of the arrivals in days, ascending, shape (leads,).
            draws: of its leads.
            flows: of its leads.
            enter: takes them in.
            boundaries: of months, in days, for leads that are lost in bulk; None to lose none in bulk.
        """
        self._index = index
        self._times = times
        self._draws = draws
        self._flows = flows
        self._enter = enter
        self._boundaries = boundaries

    def arrive(self, arrival: Alarm) -> Generator[Alarm]:
        """The process of the arrivals."""
        enter, flows = self._enter, self._flows
        for start in range(0, len(self._times), BLOCK):
            block = self._times[start : start + BLOCK]
            leads: Iterable[tuple[int, tuple[str, Row]]] = enumerate(self._draws.block(len(block)))
            if self._boundaries is not None:
                leads = thin(block, leads, flows, self._boundaries)
            times = block.tolist()
            rank = ARRIVAL + lead_rank(self._index, start)
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
            and row[stage.delay_at] == 0
        ):
            if stage.to is not None:
                states.append(stage.to)
            if stage.next is None:
                break
            stage = stage.next
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


class ReferralChannel:
    """Leads that LIVE customers bring, in proportion to their number at the start of the month, and to the
    value that they feel.
    """

    def __init__(
        self,
        index: int,
        per_customer: float,
        referrers: Callable[[], float],
        draws: LeadDraws,
        flows: Flows,
        arrivals: np.random.Generator,
        enter: Enter,
    ) -> None:
        """Prepare the referrals.

        Args:
            index: number of the channel.
            per_customer: expected leads of one LIVE customer a month.
            referrers: LIVE customers now, weighted by the value that they feel.
            draws: of its leads.
            flows: of its leads.
            arrivals: generator of the arrivals.
            enter: takes the leads in.
        """
        self._index = index
        self._per_customer = per_customer
        self._referrers = referrers
        self._draws = draws
        self._flows = flows
        self._arrivals = arrivals
        self._enter = enter

    def arrive(self, months: int, arrival: Alarm) -> Generator[Alarm]:
        """The process of the referrals: a unit-rate Poisson process against the leads expected so far."""
        leads = enumerate(self._draws.leads(block=BLOCK // 8))  # Referrals are few.
        next_unit = float(self._arrivals.standard_exponential())
        expected = 0.0
        for month in range(months):
            start = month * MONTH_DAYS
            # A month's customers are counted at its first instant, behind the month end and before any lead.
            yield arrival.at(start, ARRIVAL - 1)
            more = self._per_customer * self._referrers()
            while next_unit < expected + more:
                time = start + (next_unit - expected) / more * MONTH_DAYS
                number, (tier, row) = next(leads)
                yield arrival.at(time, ARRIVAL + lead_rank(self._index, number))
                self._enter(Lead(self._flows[tier], number, row, time))
                next_unit += float(self._arrivals.standard_exponential())
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
        self._wanted: dict[Team, list[deque[tuple[int, Row, Flow]]]] = {}
        """The names passed over that each team serves."""

    def pull(self, team: Team, now: float) -> Lead | None:
        """The next name whose segment the team serves, as a lead; None if the list holds no more."""
        wanted = self._wanted.get(team)
        if wanted is None:
            served = [names for segment, names in self._passed_over.items() if team.serves(segment)]
            wanted = self._wanted[team] = served
        if not wanted:
            return None
        if any(wanted):
            # Queues compare by their first names, and these by their numbers.
            number, row, flow = min(filter(None, wanted)).popleft()
            return Lead(flow, number, row, now)
        for number, (tier, row) in self._unread:
            lead = Lead(self._flows[tier], number, row, now)
            if team.serves(lead.segment):
                return lead
            self._passed_over[lead.segment].append((number, row, lead.flow))
        return None
