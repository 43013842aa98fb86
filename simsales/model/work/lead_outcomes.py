"""The pipeline: how a lead moves from step to step, from hand to hand, and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simsales.model.clock import GOES_COLD, LEAD_READY, Alarm, Callbacks, Clock, lead_rank
from simsales.model.event_log import EventLog
from simsales.model.leads.lead import Lead
from simsales.model.leads.stages import LIVE, SAL, SQL, WIN, Stage, Way
from simsales.model.people.person import Person
from simsales.model.work.routing import Routing
from simsales.scenario.schema.fields import STATES
from simsales.scenario.schema.organization import Handoff, Handoffs
from simsales.scenario.segments import Segment


@dataclass(frozen=True)
class Outcomes:
    """Whom the pipeline tells what becomes of leads, as functions."""

    accept: Callable[[Lead], None] | None
    """Sales has accepted a lead; None if nobody wants to know."""
    sign: Callable[[Lead], None]
    """A lead has signed."""
    go_live: Callable[[Lead], None]
    """A customer is activated."""
    reference_factor: Callable[[Segment], float]
    """Factor of reference customers on the odds of a deal."""


class Pipeline:
    """Moves leads along their journeys; the only place that decides what becomes of one."""

    def __init__(
        self,
        clock: Clock,
        handoffs: Handoffs,
        routing: Routing,
        outcomes: Outcomes,
        log: EventLog | None,
        *,
        pace_changes: bool,
    ) -> None:
        """Prepare the pipeline; ``pace_changes``: buyers' delays change with the price in time."""
        self._clock = clock
        self._within = handoffs.within_team
        self._across = handoffs.across_teams
        self._routing = routing
        self._outcomes = outcomes
        self._log = log
        self._pace_changes = pace_changes
        # The callbacks of alarms, made once for all of them.
        self._when_ready: Callbacks = [lambda alarm: self._ready(alarm.value)]
        self._when_impatient: Callbacks = [
            lambda alarm: self._lose_patience(alarm.value, alarm.value.flow.plan.patience_at)
        ]

    # ---------------------------------------------------------------------------------------- coming in

    def enter(self, lead: Lead) -> None:
        """An inbound lead comes in and waits for its first step. (`Flow.close_month` counts it in its
        state.)
        """
        lead.flow.now.came_in += 1
        if self._log is not None:
            self._log.add("enter", *lead.log_key, STATES[lead.state])
        self._ready(lead)

    def take_over(self, lead: Lead) -> None:
        """A lead or customer is there at the beginning; it reached its state before."""
        lead.flow.now.came_in += 1
        lead.cohort.cohort_reached[lead.state] += 1
        lead.flow.inside[lead.state] += 1
        if self._log is not None:
            self._log.add("enter", *lead.log_key, STATES[lead.state])

    def pulled(self, lead: Lead, person: Person) -> None:
        """A person has taken a name from a list and begins to work on it at once."""
        lead.flow.now.came_in += 1
        if self._log is not None:
            self._log.add("enter", *lead.log_key, STATES[lead.state])
            self._log.add("start", *lead.log_key, person.name)
        if person.team.dedicated:
            lead.before_attempt = lead.pass_factor, lead.effort_factor
            _favour(lead, person)

    # ------------------------------------------------------------------------------------ step by step

    def ready_after(self, lead: Lead, days: float) -> None:
        """The lead is ready for its next step in so many days."""
        if days > 0:
            rank = LEAD_READY + lead_rank(lead.flow.plan.channel_index, lead.number)
            Alarm(self._clock, self._when_ready, lead).at(self._clock.now + days, rank)
        else:
            self._ready(lead)

    def _ready(self, lead: Lead) -> None:
        """The lead is ready for its next step."""
        if lead.gone:
            return
        role = lead.stage.role
        if role is None:
            self.done(lead, None)
        else:
            desk, owner = self._routing.desk_for(lead, role)
            desk.receive(lead, owner)
            if lead.flow.plan.patience_at >= 0:
                self._be_patient(lead, lead.flow.plan.patience_at)

    def _be_patient(self, lead: Lead, patience_at: int) -> None:
        """If a lead waits for its first contact longer than its patience, it has gone cold."""
        if lead.backlog is not None and not lead.contacted and lead.state < WIN:
            rank = GOES_COLD + lead_rank(lead.flow.plan.channel_index, lead.number)
            Alarm(self._clock, self._when_impatient, lead).at(self._clock.now + lead.draws[patience_at], rank)

    def _lose_patience(self, lead: Lead, patience_at: int) -> None:
        """Unless it waits anew meanwhile, or waits no more."""
        waits = lead.backlog is not None and not lead.contacted and lead.state < WIN
        if waits and lead.ready_at + lead.draws[patience_at] <= self._clock.now:
            lead.withdraw(self._clock.now)
            lead.gone = True
            self._lose(lead, lead.stage.lost_cold)

    def begin(self, lead: Lead, person: Person) -> None:
        """A person begins with a lead that was ready for it; what depends on who and when is settled here."""
        if self._log is not None:
            self._log.add("start", *lead.log_key, person.name)
        lead.before_attempt = lead.pass_factor, lead.effort_factor
        plan = lead.flow.plan
        if plan.interest is not None and not lead.contacted:
            lead.pass_factor *= plan.interest_after(self._clock.now - lead.ready_at)
        if person.team.dedicated:
            _favour(lead, person)
        if lead.sold_by is not None and person in lead.sold_by.values():
            lead.effort_factor *= lead.stage.known_effort_factor

    def done(self, lead: Lead, person: Person | None) -> None:
        """The work of a step is done: the lead passes it, or is lost."""
        if lead.gone:
            return
        stage, draws = lead.stage, lead.draws
        if self._log is not None:
            self._log.add("done", *lead.log_key, "" if person is None else person.name)
        if stage.meets_again and self._met_again(lead, person, stage):
            return
        if person is not None:
            lead.contacted = True
        needed = stage.pass_probability
        if stage.depends:
            needed = self._threshold(lead, person, stage)
        # Customers leave by churn alone.
        if draws[stage.pass_at] >= needed * lead.pass_factor and lead.state < WIN:
            if stage.back is not None and draws[stage.nurture_at] < stage.nurture_share:
                self._nurture(lead, person, stage, stage.back)
            else:
                self._lose(lead, stage.lost_failed)
            return
        if stage.deal:
            plan = lead.flow.plan
            if plan.offer.menu.refusals and plan.contract(draws, self._clock.now) is None:
                self._lose(lead, stage.lost_no_contract)
                return
        lead.pass_factor, lead.effort_factor, lead.before_attempt = lead.lasting_pass_factor, 1.0, None
        if person is not None:
            if stage.to == LIVE and lead.sold_by is not None:
                lead.known = person in lead.sold_by.values()
            self._keep(lead, person, stage)
        if stage.to is not None:
            self._reach(lead, stage.to)
        if stage.next is not None:
            self._go(lead, stage.next)

    def _threshold(self, lead: Lead, person: Person | None, stage: Stage) -> float:
        """What the lead's number is compared with where an aim or the offer moves it."""
        threshold = stage.pass_probability
        if stage.by_aim is not None and person is not None:
            threshold = stage.by_aim[person.team.rules.aim]
        if stage.deal:
            plan, now = lead.flow.plan, self._clock.now
            price = plan.price(lead.draws, now)
            factor = self._outcomes.reference_factor(lead.segment)
            threshold = plan.offer.win_probability(threshold, price, now, factor)
        return threshold

    def _keep(self, lead: Lead, person: Person, stage: Stage) -> None:
        """Who has done a step of a role for the lead owns it for that role, however the step ended."""
        lead.person = person
        if lead.owners is None:
            lead.owners = {}
        lead.owners[stage.role or ""] = person

    def _met_again(self, lead: Lead, person: Person | None, stage: Stage) -> bool:
        """Whether the meeting did not take place, or needs another one; then that one is arranged."""
        draws = lead.draws
        if stage.no_show_at >= 0 and draws[stage.no_show_at] < stage.no_show_probability:
            way = stage.after_no_show
        elif stage.repeat_at >= 0 and draws[stage.repeat_at] < stage.repeat_probability:
            way = stage.after_repeat
            lead.contacted = True
        else:
            return False
        if way is None:
            self._lose(lead, stage.lost_no_show)
            return True
        if person is not None:
            self._keep(lead, person, stage)
        if lead.before_attempt is not None:
            (lead.pass_factor, lead.effort_factor), lead.before_attempt = lead.before_attempt, None
        self._go(lead, way)
        return True

    def _nurture(self, lead: Lead, person: Person | None, stage: Stage, back: Way) -> None:
        """The lead did not pass, but is kept warm and comes back."""
        following = back.stage
        lead.flow.now.nurtured += 1
        if self._log is not None:
            self._log.add("nurture", *lead.log_key, following.name)
        if person is not None:
            self._keep(lead, person, stage)
        lead.lasting_pass_factor *= stage.nurture_factor
        lead.pass_factor, lead.effort_factor, lead.before_attempt = lead.lasting_pass_factor, 1.0, None
        if following.on is not None and following.on != lead.state:
            lead.flow.inside[lead.state] -= 1
            lead.flow.inside[following.on] += 1
            lead.state = following.on
        self._go(lead, back)

    def _go(self, lead: Lead, way: Way) -> None:
        """On to another step: its delay, and the hand-off if that step is another person's."""
        draws, following = lead.draws, way.stage
        days: float = draws[way.delay_at]
        if self._pace_changes and way.paced:
            days *= lead.flow.plan.offer.pace(self._clock.now)
        lead.stage = following
        if following.role is not None and lead.person is not None:
            handoff = self._handoff(lead, lead.person, following.role)
            if handoff is not None:
                if draws[way.drop_at] < handoff.drop_probability and lead.state < WIN:
                    self._lose(lead, following.lost_dropped)
                    return
                lead.pass_factor *= handoff.pass_factor
                lead.effort_factor *= 1 + handoff.extra_effort
                days += draws[way.within_at if handoff is self._within else way.across_at]
        self.ready_after(lead, days)

    def _handoff(self, lead: Lead, person: Person, role: str) -> Handoff | None:
        """Whether the next step means a hand-off ``within`` or ``across`` teams; None if the lead stays in
        the same hands.
        """
        routing = self._routing
        owner = routing.owner(lead, role)
        if owner is person:
            return None
        desk = (
            routing.desk_of[owner.number]
            if owner is not None
            else routing.desk_in_team(person.team, lead, role)
        )
        if desk is None:
            return self._across
        if desk is routing.desk_of[person.number] and len(desk.people) == 1:
            return None
        return self._within if desk.team is person.team else self._across

    # ------------------------------------------------------------------------------------ what comes of it

    def _reach(self, lead: Lead, state: int) -> None:
        """The lead has come to a state."""
        flow, outcomes = lead.flow, self._outcomes
        flow.inside[lead.state] -= 1
        flow.inside[state] += 1
        lead.state = state
        if state > lead.furthest:  # A lead that comes back from nurture is not counted twice.
            lead.furthest = state
            flow.now.entered[state] += 1
            lead.cohort.cohort_reached[state] += 1
            if state == SAL and outcomes.accept is not None:
                outcomes.accept(lead)
        if state == WIN:
            now: float = self._clock.now
            flow.now.won_days += now - lead.born
            flow.cycle.won[int(now - lead.born)] += 1
            outcomes.sign(lead)
        if self._log is not None:
            self._log.add("state", *lead.log_key, STATES[state])
        if state == LIVE:
            outcomes.go_live(lead)

    def _lose(self, lead: Lead, way: int) -> None:
        """The lead is lost, in one of its journey's ways out."""
        flow = lead.flow
        flow.inside[lead.state] -= 1
        month = flow.now
        month.lost[way] += 1
        lead.cohort.cohort_lost[lead.furthest] += 1
        now: float = self._clock.now
        days = now - lead.born
        if days >= 1:  # Those who are lost sooner are what is left of all (`CycleTimes`).
            flow.cycle.lost[int(days)] += 1
        if lead.furthest >= SQL:
            month.lose_opportunity(days, flow.plan.price(lead.draws, now))
        if self._log is not None:
            self._log.add("lost", *lead.log_key, flow.plan.journey.ways_out[way][1])


def _favour(lead: Lead, person: Person) -> None:
    """A dedicated team works better with the leads that it is for."""
    if person.team.serves(lead.segment):
        dedication = person.team.rules.dedication
        lead.effort_factor *= dedication.effort_factor
        lead.pass_factor *= dedication.pass_factor
