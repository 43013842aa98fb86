"""The reference for speed: the model in plain SimPy (long: one whole model, and one file to be read).

A process per lead, a ``simpy.Resource`` for the people of a role, ``yield env.timeout`` for work and for
delays, and every random number drawn from one numpy generator at the moment when it is needed. It reads its
parameters from the same ``Scenario`` as ``simsales.model`` and gives the same means (tested); it keeps far
fewer books, and knows only what one team with first-free assignment needs.

What it cannot do is give the same lead the same draws in two alternatives; the model is built for that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import numpy as np
import simpy
from simpy.resources.resource import Request

from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Inbound, Outbound
from simsales.scenario.schema.distributions import Distribution, Exponential, Lognormal, Uniform
from simsales.scenario.schema.fields import NOBODY, STATES, State
from simsales.scenario.schema.journey_order import following, in_order, states_on
from simsales.scenario.schema.journeys import Step as StepRules

MONTH_DAYS = 365.25 / 12
CARE_BLOCKS_PER_MONTH = 20

Sample = Callable[[], float]
Process = Generator[simpy.Event, object, None]


@dataclass
class Step:
    """A step of the journey, with samplers for what is random in it."""

    by: str
    days_of_work: Sample
    buyer_delay_days: Sample
    pass_probability: float
    to: State | None
    next: Step | None = None


@dataclass(eq=False)
class Desk:
    """Somebody who keeps leads, or everybody of a role in which nobody does."""

    resource: simpy.Resource
    customers: int = 0
    """LIVE customers that are looked after here."""


@dataclass(eq=False)
class Lead:
    """Somebody who may become, or has become, a customer."""

    state: State
    step: Step
    owners: dict[str, Desk] = field(default_factory=dict)
    gone: bool = False
    """Whether it has left as a customer."""


def simulate_plainly(scenario: Scenario, seed: int) -> dict[str, float]:
    """Simulate once; return means over the months after the warm-up.

    Returns:
        ``reached.STATE``, ``lost`` and ``churned`` per month; ``utilization.ROLE``; ``wait_days.ROLE``, the
        mean wait of those who did not come from a list.

    Raises:
        ValueError: if the scenario asks for more than this version can do.
    """
    return _PlainModel(scenario, seed).run()


class _PlainModel:
    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._refuse_what_is_missing(scenario)
        self.scenario = scenario
        self.env = simpy.Environment()
        self.rng = np.random.default_rng(seed)
        ((self.tier_name, self.tier),) = scenario.tiers.items()
        (self.team,) = scenario.organization.teams.values()
        self.begin = scenario.warm_up_months * MONTH_DAYS
        self.end = self.begin + scenario.horizon_months * MONTH_DAYS

        within = scenario.organization.handoff.within_team
        self.handoff_days = self._sampler(within.delay_days)
        self.drop_probability = within.drop_probability
        self.steps, self.entries = self._journey(scenario)
        self.desks = {role: self._desks(role, size) for role, size in self.team.members.items() if size}
        self.new_customers: list[Lead] = []
        self.customers: list[Lead] = []

        self.counts: Counter[str] = Counter()
        self.busy_days: defaultdict[str, float] = defaultdict(float)
        self.begun: Counter[str] = Counter()
        self.wait_days: defaultdict[str, float] = defaultdict(float)

    # -------------------------------------------------------------------------------------------- building

    @staticmethod
    def _refuse_what_is_missing(scenario: Scenario) -> None:
        teams = list(scenario.organization.teams.values())
        steps = [step for journey in scenario.journeys.values() for step in journey.values()]
        beyond = {
            "more than one tier": len(scenario.tiers) > 1,
            "an opening": scenario.opening is not None,
            "more than one team": len(teams) > 1 or teams[0].count > 1,
            "assignment or discipline": (teams[0].assignment, teams[0].discipline) != ("first_free", "fifo"),
            "contracts and prices": any(
                len(tier.contracts) > 1
                or any(contract.term_months > 1 for contract in tier.contracts.values())
                or tier.price_response.win_odds_elasticity > 0
                for tier in scenario.tiers.values()
            ),
            "no owner continuity": not teams[0].owner_continuity,
            "steps by nobody": any(step.by == NOBODY for step in steps),
            "other arrivals or a finite list": any(
                channel.arrivals != "poisson"
                if isinstance(channel, Inbound)
                else not isinstance(channel, Outbound) or channel.list_size is not None
                for channel in scenario.channels.values()
            ),
        }
        for what, asked in beyond.items():
            if asked:
                raise ValueError(f"the plain version cannot do this: {what}")

    def _sampler(self, quantity: float | Distribution, factor: float = 1.0) -> Sample:
        """What draws the quantity, times a factor, when it is called."""
        rng = self.rng
        if not isinstance(quantity, Distribution):
            return lambda: quantity * factor
        law = quantity.law
        if isinstance(law, Exponential):
            return lambda: rng.exponential(law.mean) * factor
        if isinstance(law, Lognormal):
            variance = np.log1p((law.sd / law.mean) ** 2)
            mu, sigma = float(np.log(law.mean) - variance / 2), float(np.sqrt(variance))
            return lambda: rng.lognormal(mu, sigma) * factor
        if isinstance(law, Uniform):
            return lambda: rng.uniform(law.low, law.high) * factor
        return lambda: rng.triangular(law.low, law.mode, law.high) * factor

    def _journey(self, scenario: Scenario) -> tuple[list[Step], dict[str, Step]]:
        """The steps in order, and by channel the one at which its leads begin."""
        rules = scenario.journeys[self.tier_name]
        table = [rules[name] for name in in_order(rules)]
        on = states_on(table)
        steps = [self._step(each) for each in table]
        for i, step in enumerate(steps):
            left_in = step.to or on[i]
            after = None if left_in is None else following(on, left_in, i + 1)
            step.next = None if after is None else steps[after]
        entries = {}
        for name, channel in scenario.channels.items():
            first = following(on, channel.enters_as)
            assert first is not None, "the scenario's checks do not let this through"
            entries[name] = steps[first]
        return steps, entries

    def _step(self, rules: StepRules) -> Step:
        return Step(
            by=rules.by,
            days_of_work=self._sampler(rules.effort_hours, self._days_per_hour(rules.by)),
            buyer_delay_days=self._sampler(rules.buyer_delay_days),
            pass_probability=rules.pass_probability,
            to=rules.to,
        )

    def _days_per_hour(self, role: str) -> float:
        return MONTH_DAYS / self.scenario.people[role].hours_per_month

    def _desks(self, role: str, size: int) -> list[Desk]:
        """A resource per person where it matters who does the work, or else one for all of the role."""
        lists = any(isinstance(c, Outbound) and c.worked_by == role for c in self.scenario.channels.values())
        care = self.tier.care is not None and self.tier.care.by == role
        if lists or care or sum(step.by == role for step in self.steps) > 1:
            # Leads come before names from a list, so those who work one need priorities.
            kind = simpy.PriorityResource if lists else simpy.Resource
            return [Desk(kind(self.env, capacity=1)) for _ in range(size)]
        return [Desk(simpy.Resource(self.env, capacity=size))]

    # ------------------------------------------------------------------------------------------- simulating

    def run(self) -> dict[str, float]:
        """Simulate to the end of the horizon."""
        for name, channel in self.scenario.channels.items():
            if isinstance(channel, Inbound):
                self.env.process(self.arrivals(name, channel))
            elif isinstance(channel, Outbound):
                for desk in self.desks[channel.worked_by]:
                    self.env.process(self.work_through_list(name, channel, desk))
        if self.tier.care is not None:
            for desk in self.desks[self.tier.care.by]:
                self.env.process(self.care(desk, self.tier.care.by, self.tier.care.effort_hours_per_month))
        self.env.run(until=self.env.process(self.months()))
        return self.means()

    def arrivals(self, name: str, channel: Inbound) -> Process:
        """Leads that come by themselves: a Poisson process whose rate changes from month to month."""
        env = self.env
        for month in range(-self.scenario.warm_up_months, self.scenario.horizon_months):
            season = channel.season[(self.scenario.start_month - 1 + month) % 12]
            rate = channel.leads_per_month * (1 + channel.growth_per_month) ** month * season / MONTH_DAYS
            time = (month + self.scenario.warm_up_months) * MONTH_DAYS
            month_end = time + MONTH_DAYS
            # An exponential gap has no memory: it may be drawn anew where the rate changes.
            while rate > 0 and (time := time + self.rng.exponential(1 / rate)) < month_end:
                yield env.timeout(time - env.now)
                env.process(self.journey(self.new_lead(name, channel)))

    def work_through_list(self, name: str, channel: Outbound, desk: Desk) -> Process:
        """Somebody takes the next name whenever no lead waits."""
        resource = desk.resource
        assert isinstance(resource, simpy.PriorityResource)
        while True:
            turn = resource.request(priority=1)
            yield turn
            self.env.process(self.first_contact(self.new_lead(name, channel), desk, turn))

    def new_lead(self, name: str, channel: Inbound | Outbound) -> Lead:
        lead = Lead(channel.enters_as, self.entries[name])
        self.count(f"reached.{lead.state}")
        return lead

    def first_contact(self, lead: Lead, desk: Desk, turn: Request) -> Process:
        """The way of a name from a list, which somebody works on as soon as it comes in."""
        days = yield from self.work(lead, desk, turn)
        if days is not None:
            yield from self.journey(lead, days)

    def journey(self, lead: Lead, days: float | None = 0.0) -> Process:
        """The way of a lead that is ready for its next step in so many days."""
        env = self.env
        while days is not None:
            if days > 0:
                yield env.timeout(days)
            role = lead.step.by
            ready = env.now
            desk = lead.owners.get(role)
            if desk is None and len(self.desks[role]) == 1:
                desk = self.desks[role][0]
            if desk is not None:
                turn = desk.resource.request()
                yield turn
            else:
                desk, turn = yield from self.first_free(role)
            if lead.gone:
                desk.resource.release(turn)
                return
            if env.now >= self.begin:
                self.begun[role] += 1
                self.wait_days[role] += env.now - ready
            days = yield from self.work(lead, desk, turn)

    def work(self, lead: Lead, desk: Desk, turn: Request) -> Generator[simpy.Event, object, float | None]:
        """The work of a step; return the days until the next one, or None if there is none."""
        yield self.env.timeout(self.working_days(lead.step.by, lead.step.days_of_work()))
        desk.resource.release(turn)
        return None if lead.gone else self.outcome(lead, desk)

    def first_free(self, role: str) -> Generator[simpy.Event, object, tuple[Desk, Request]]:
        """Ask everybody of the role, take the first who is free, and let the others go."""
        turns = [(desk, desk.resource.request()) for desk in self.desks[role]]
        yield self.env.any_of([turn for _, turn in turns])
        found = next(each for each in turns if each[1].triggered)
        for desk, turn in turns:
            if turn is not found[1]:
                if turn.triggered:
                    desk.resource.release(turn)
                else:
                    turn.cancel()
        return found

    def working_days(self, role: str, days: float) -> float:
        """Book the days that a piece of work will take, as far as they lie in the measured months."""
        now = self.env.now
        self.busy_days[role] += max(0.0, min(now + days, self.end) - max(now, self.begin))
        return days

    def outcome(self, lead: Lead, desk: Desk) -> float | None:
        """What comes of a step: the days until the next one, or None if there is none."""
        step = lead.step
        if self.rng.random() >= step.pass_probability:
            self.count("lost")
            return None
        lead.owners[step.by] = desk
        if step.to is not None:
            self.reach(lead, step.to)
        if step.next is None:
            return None
        lead.step = step.next
        days = step.buyer_delay_days()
        if step.next.by != step.by:
            if self.rng.random() < self.drop_probability and lead not in self.new_customers:
                self.count("lost")
                return None
            days += self.handoff_days()
        return days

    def reach(self, lead: Lead, state: State) -> None:
        """A lead comes to another state."""
        lead.state = state
        self.count(f"reached.{state}")
        if state == "WIN":
            self.new_customers.append(lead)
        elif state == "LIVE" and self.tier.care is not None:
            lead.owners.setdefault(self.tier.care.by, self.desks[self.tier.care.by][0]).customers += 1

    def care(self, desk: Desk, role: str, hours_per_month: float) -> Process:
        """The care of the customers, some of it every working day."""
        days = hours_per_month * self._days_per_hour(role) / CARE_BLOCKS_PER_MONTH
        while True:
            if desk.customers:
                self.env.process(self.care_block(desk, role, desk.customers * days))
            yield self.env.timeout(MONTH_DAYS / CARE_BLOCKS_PER_MONTH)

    def care_block(self, desk: Desk, role: str, days: float) -> Process:
        """One block of care, which waits for its turn like a lead."""
        with desk.resource.request() as turn:
            yield turn
            yield self.env.timeout(self.working_days(role, days))

    def months(self) -> Process:
        """At the end of a month, each customer who was there at its start may leave."""
        for month in range(-self.scenario.warm_up_months, self.scenario.horizon_months):
            yield self.env.timeout(MONTH_DAYS)
            staying = []
            for customer in self.customers:
                if self.rng.random() >= self.tier.churn_per_month:
                    staying.append(customer)
                    continue
                customer.gone = True
                if month >= 0:  # The last end of the warm-up falls on the instant at which measuring begins.
                    self.counts["churned"] += 1
                if customer.state == "LIVE" and self.tier.care is not None:
                    customer.owners[self.tier.care.by].customers -= 1
            self.customers = staying + self.new_customers
            self.new_customers = []

    # --------------------------------------------------------------------------------------------- counting

    def count(self, what: str) -> None:
        """Count something that happens in the measured months."""
        if self.env.now >= self.begin:
            self.counts[what] += 1

    def means(self) -> dict[str, float]:
        """Means over the measured months, as ``simulate_plainly`` says."""
        months = self.scenario.horizon_months
        per_month = ["lost", "churned", *(f"reached.{state}" for state in STATES)]
        roles = sorted(self.desks)
        return (
            {what: self.counts[what] / months for what in per_month}
            | {
                f"utilization.{role}": self.busy_days[role] / (self.team.members[role] * months * MONTH_DAYS)
                for role in roles
            }
            | {
                f"wait_days.{role}": self.wait_days[role] / self.begun[role]
                if self.begun[role]
                else float("nan")
                for role in roles
            }
        )
