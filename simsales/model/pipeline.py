"""The pipeline: how a lead moves from step to step, from hand to hand, and out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import simpy
from numpy.typing import NDArray

from simsales.model.clock import GOES_COLD, LEAD_READY, Alarm, Told, lead_rank
from simsales.model.flow import Flow
from simsales.model.journey import LIVE, SAL, SQL, WIN, Stage
from simsales.model.leads import Lead
from simsales.model.luck import Row
from simsales.scenario.schema.fields import STATES
from simsales.scenario.schema.organization import Handoff, Handoffs

if TYPE_CHECKING:
    from simsales.model.customers import Customers
    from simsales.model.eventlog import EventLog
    from simsales.model.people import Person
    from simsales.model.teams import Teams


class Pipeline:
    """Moves leads along their journeys; the only place that decides what becomes of one."""

    def __init__(
        self,
        clock: simpy.Environment,
        handoffs: Handoffs,
        teams: Teams,
        customers: Customers,
        month_ends: NDArray[np.float64],
        log: EventLog | None,
    ) -> None:
        self._clock = clock
        self._within = handoffs.within_team
        self._across = handoffs.across_teams
        self._teams = teams
        self.customers = customers
        self._log = log
        self._month_ends = month_ends
        self._pace_changes = any(offer.changes_pace for offer in customers.offers.values())
        self._pays_for_acceptance = bool(customers.payroll.by_acceptance)
        # What alarms tell, made once for all of them.
        self._of_readiness: Told = [self._alarm_of_readiness]
        self._of_impatience: Told = [self._alarm_of_impatience]

    # ---------------------------------------------------------------------------------------- coming in

    def enter(self, lead: Lead) -> None:
        """An inbound lead comes in and waits for its first step. (In its state it is counted at the month's
        end, by `Flow.close_month`.)
        """
        lead.flow.now.came_in += 1
        if self._log is not None:
            self._log.lead("enter", lead, STATES[lead.state])
        self._ready(lead)

    def pulled(self, lead: Lead, person: Person) -> None:
        """A person has taken a name from a list and begins to work on it at once."""
        lead.flow.now.came_in += 1
        if self._log is not None:
            self._log.lead("enter", lead, STATES[lead.state])
            self._log.lead("start", lead, person.name)

    def thin(
        self, times: NDArray[np.float64], leads: Iterable[tuple[str, Row]], flows: dict[str, Flow]
    ) -> Iterable[tuple[int, tuple[str, Row]]]:
        """Those of a block of inbound leads that come as far as a step which takes time, with their offsets
        in the block.

        The first steps of a journey may take nobody's time and no waiting (a visitor who becomes an MQL).
        Leads that fail one of them are counted in their month and never become objects; the others pass
        them again when they arrive. With an event log nothing is thinned, so that every lead is in the
        log; the outcome is the same.
        """
        if self._log is not None or not any(flow.entry.role is None for flow in flows.values()):
            return enumerate(leads)
        months = np.searchsorted(self._month_ends, times, side="right") - 1
        kept = []
        for offset, lead in enumerate(leads):
            tier, luck = lead
            flow = flows[tier]
            states, stage = [flow.enters_as], flow.entry
            while (
                stage.role is None
                and stage.to != WIN
                and luck[stage.passes] < stage.pass_probability
                and luck[stage.delay] == 0
            ):
                if stage.to is not None:
                    states.append(stage.to)
                if stage.next is None:
                    break
                stage = stage.next
            if (
                stage.role is None
                and not stage.deal
                and luck[stage.passes] >= stage.pass_probability
                and (stage.nurture_to is None or luck[stage.nurture] >= stage.nurture_share)
            ):
                month = flow.months[months[offset]]
                month.came_in += 1
                month.thinned += 1
                for state in states:
                    month.entered[state] += 1
                    month.cohort_reached[state] += 1
                month.cohort_lost[states[-1]] += 1
                month.lost[stage.failed] += 1
                if states[-1] >= SQL:
                    month.lose_opportunity(0.0, flow.offer.price_for(flow, luck, float(times[offset])))
            else:
                kept.append((offset, lead))
        return kept

    def take_over(self, lead: Lead) -> None:
        """A lead or customer is there at the beginning; it reached its state before."""
        lead.flow.now.came_in += 1
        lead.cohort.cohort_reached[lead.state] += 1
        lead.flow.inside[lead.state] += 1
        if self._log is not None:
            self._log.lead("enter", lead, STATES[lead.state])

    # ------------------------------------------------------------------------------------ step by step

    def _ready(self, lead: Lead) -> None:
        """The lead has come to its next step."""
        if lead.gone:
            return
        role = lead.stage.role
        if role is None:
            self.done(lead, None)
        else:
            desk, owner = self._teams.desk_for(lead, role)
            desk.receive(lead, owner)
            if lead.flow.patience is not None:
                self._be_patient(lead, lead.flow.patience)

    def done(self, lead: Lead, person: Person | None) -> None:
        """The work of a step is done: the lead passes it, or is lost."""
        if lead.gone:
            return
        stage, luck = lead.stage, lead.luck
        if self._log is not None:
            self._log.lead("done", lead, "" if person is None else person.name)
        if stage.meets_again and self._met_again(lead, person, stage):
            return
        if person is not None:
            lead.contacted = True
        needed = stage.pass_probability
        if stage.depends:
            needed = self._needed(lead, person, stage)
        if luck[stage.passes] >= needed * lead.odds and lead.state < WIN:  # customers leave by churn alone
            if stage.nurture_to is not None and luck[stage.nurture] < stage.nurture_share:
                self._nurture(lead, stage, stage.nurture_to)
            else:
                self._lose(lead, stage.failed)
            return
        if stage.deal and lead.flow.offer.refused(lead, self._clock._now):
            self._lose(lead, stage.no_contract)
            return
        lead.odds, lead.effort_factor, lead.carried = lead.standing_odds, 1.0, None
        if person is not None:
            self._keep(lead, person, stage)
        if stage.to is not None:
            self._reach(lead, stage.to)
        if stage.next is not None:
            self._go_on(lead, stage, stage.next)

    def _needed(self, lead: Lead, person: Person | None, stage: Stage) -> float:
        """What the lead's number is held against where more than its fit decides."""
        needed = stage.pass_probability
        if stage.by_aim is not None and person is not None:
            needed = stage.by_aim[person.desk.team.rules.aim]
        if stage.deal:
            needed = lead.flow.offer.probability(lead, needed, self._clock._now)
        return needed

    def _keep(self, lead: Lead, person: Person, stage: Stage) -> None:
        """The lead is this person's now."""
        lead.person = person
        if lead.owners is None:
            lead.owners = {}
        lead.owners[stage.role or ""] = person

    def _met_again(self, lead: Lead, person: Person | None, stage: Stage) -> bool:
        """Whether the meeting did not take place, or was not the last; then see to the next one."""
        luck = lead.luck
        if stage.no_show >= 0 and luck[stage.no_show] < stage.no_show_probability:
            delay, again = stage.rebook, stage.again_absent
        elif stage.repeat >= 0 and luck[stage.repeat] < stage.repeat_probability:
            delay, again = stage.repeat_delay, stage.again
            lead.contacted = True
            if person is not None:
                self._keep(lead, person, stage)
        else:
            return False
        if again is None:
            self._lose(lead, stage.not_there)
        else:
            if lead.carried is not None:
                (lead.odds, lead.effort_factor), lead.carried = lead.carried, None
            lead.stage = again
            days: float = luck[delay]
            if self._pace_changes and delay == stage.repeat_delay:
                days *= lead.flow.offer.pace(self._clock._now)
            self.ready_after(lead, days)
        return True

    def _nurture(self, lead: Lead, stage: Stage, back: Stage) -> None:
        """The lead did not pass, but is kept warm and comes back."""
        lead.flow.now.nurtured += 1
        if self._log is not None:
            self._log.lead("nurture", lead, back.name)
        lead.standing_odds *= stage.nurture_factor
        lead.odds, lead.effort_factor, lead.carried = lead.standing_odds, 1.0, None
        if back.on is not None and back.on != lead.state:
            lead.flow.inside[lead.state] -= 1
            lead.flow.inside[back.on] += 1
            lead.state = back.on
        lead.stage = back
        self.ready_after(lead, lead.luck[stage.nurture_delay])

    def ready_after(self, lead: Lead, days: float) -> None:
        """The lead comes to its next step in so many days."""
        if days > 0:
            rank = LEAD_READY + lead_rank(lead.flow.channel_index, lead.number)
            Alarm(self._clock, self._of_readiness, lead).at(self._clock._now + days, rank)
        else:
            self._ready(lead)

    def _be_patient(self, lead: Lead, patience: int) -> None:
        """If a lead waits for its first contact longer than its patience, it has gone cold."""
        if lead.desk is not None and not lead.contacted and lead.state < WIN:
            rank = GOES_COLD + lead_rank(lead.flow.channel_index, lead.number)
            Alarm(self._clock, self._of_impatience, lead).at(self._clock._now + lead.luck[patience], rank)

    def _alarm_of_impatience(self, alarm: simpy.Event) -> None:
        lead: Lead = alarm._value
        if lead.desk is not None and not lead.contacted and lead.state < WIN:
            lead.desk.withdraw(lead)
            lead.gone = True
            self._lose(lead, lead.stage.gone_cold)

    def _go_on(self, lead: Lead, stage: Stage, following: Stage) -> None:
        """On to the next step: the buyer's delay, and the hand-off if that step is another person's."""
        luck = lead.luck
        days: float = luck[stage.delay]
        if self._pace_changes:
            days *= lead.flow.offer.pace(self._clock._now)
        lead.stage = following
        if following.role is not None and lead.person is not None:
            handoff = self._handoff(lead, lead.person, following.role)
            if handoff is not None:
                if luck[stage.drop] < handoff.drop_probability and lead.state < WIN:
                    self._lose(lead, following.dropped)
                    return
                lead.odds *= handoff.pass_factor
                lead.effort_factor *= 1 + handoff.extra_effort
                days += luck[stage.within if handoff is self._within else stage.across]
        self.ready_after(lead, days)

    def _alarm_of_readiness(self, alarm: simpy.Event) -> None:
        self._ready(alarm._value)

    def _handoff(self, lead: Lead, person: Person, role: str) -> Handoff | None:
        """Whether the next step means a hand-off ``within`` or ``across`` teams; None if the lead stays in
        the same hands.
        """
        owner = self._teams.owner(lead, role)
        if owner is person:
            return None
        desk = owner.desk if owner is not None else self._teams.desk_in_team(person, lead, role)
        if desk is person.desk and len(desk.people) == 1:
            return None
        return self._within if desk is not None and desk.team is person.desk.team else self._across

    # ------------------------------------------------------------------------------------ what comes of it

    def _reach(self, lead: Lead, state: int) -> None:
        flow = lead.flow
        flow.inside[lead.state] -= 1
        flow.inside[state] += 1
        lead.state = state
        if state > lead.furthest:  # one that comes back from nurture is not counted twice
            lead.furthest = state
            flow.now.entered[state] += 1
            lead.cohort.cohort_reached[state] += 1
            if state == SAL and lead.owners is not None and self._pays_for_acceptance:
                self.customers.payroll.accepted(lead.owners, flow.tier)
        if state == WIN:
            flow.now.won_days += self._clock._now - lead.born
            self.customers.sign(lead, lead.person)
        if self._log is not None:
            self._log.lead("state", lead, STATES[state])
        if state == LIVE:
            self.customers.go_live(lead)

    def _lose(self, lead: Lead, way: int) -> None:
        flow = lead.flow
        flow.inside[lead.state] -= 1
        month = flow.now
        month.lost[way] += 1
        lead.cohort.cohort_lost[lead.furthest] += 1
        if lead.furthest >= SQL:
            now: float = self._clock._now
            month.lose_opportunity(now - lead.born, flow.offer.price(lead, now))
        if self._log is not None:
            self._log.lead("lost", lead, flow.journey.ways_out[way][1])
