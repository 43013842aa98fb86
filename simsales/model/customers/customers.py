"""All customers: who signs, who is looked after by whom, who leaves, and the work that they ask for."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from itertools import count
from math import inf, nextafter

import numpy as np
from numpy.typing import NDArray

from simsales.model.calendar import Calendar
from simsales.model.clock import CARE, Alarm, Clock
from simsales.model.customers.customer import Customer, Departure, Growth, Talk, TalkWork
from simsales.model.customers.monthly_draws import MonthlyDraws
from simsales.model.customers.tier import TierCustomers
from simsales.model.customers.tier_plan import TierPlan
from simsales.model.draws import copied
from simsales.model.event_log import EventLog
from simsales.model.leads.lead import Lead
from simsales.model.leads.stages import LIVE
from simsales.model.people.person import Person
from simsales.model.people.tasks import AccountWork, CareBlock
from simsales.model.work.meetings import Meetings
from simsales.model.work.routing import Routing
from simsales.scenario.segments import Segment
from simsales.units import MONTH_DAYS

CARE_BLOCKS_PER_MONTH = 20
"""The care of a month is queued in this many equal blocks, about one a working day, so that it mixes with
onboarding.
"""


class Customers:
    """All customers, by tier.

    A customer is one from signature (WIN) on, pays from then on, and leaves at a month's end.
    """

    def __init__(
        self,
        plans: Mapping[str, TierPlan],
        calendar: Calendar,
        clock: Clock,
        routing: Routing,
        meetings: Meetings,
        draws: MonthlyDraws,
        log: EventLog | None,
    ) -> None:
        self._clock = clock
        self._calendar = calendar
        self._routing = routing
        self._meetings = meetings
        self._log = log
        self.month = 0
        """Index of the current month."""
        self.live = 0
        """LIVE customers now."""
        self.tiers = {name: TierCustomers(plan, calendar, draws) for name, plan in plans.items()}
        self._onboarding: dict[Lead, Customer] = {}
        """Customers who have signed and are not LIVE yet."""
        self._community_refers = any(
            plan.product.community is not None and plan.product.community.referral_factor != 1
            for plan in plans.values()
        )

    # --------------------------------------------------------------------------------------- coming in

    def sign(self, lead: Lead) -> Customer:
        """A lead becomes a customer: it is new this month and pays from now on."""
        plan, now = lead.flow.plan, self._clock.now
        place = plan.contract(lead.draws, now)
        assert place is not None
        customer = self._onboarding[lead] = Customer(lead, now)
        lead.draws, lead.sold_by = copied(lead.draws), dict(lead.owners or {})
        price = plan.price(lead.draws, now) * (1 - plan.offer.menu.discount(place, now))
        customer.list_place = plan.offer.prices.place(now)
        self.tiers[plan.tier].sign(customer, price, place, self.month)
        if self._log is not None:
            name = plan.offer.menu.names[place]
            self._log.add(*_logged("sign", lead, name, lead.person), customer.mrr)
        return customer

    def take_over(
        self, leads: list[Lead], ages: NDArray[np.int64], contracts: Mapping[str, float] | None
    ) -> None:
        """Leads of one tier who are customers at the beginning, all of them LIVE, and their ages in full
        months; ``contracts`` are the shares of these, if not as among new customers.

        They signed so many months before time 0, at the price and on the contracts of that moment; what
        begins at time 0 concerns those who sign from then on.
        """
        if not leads:
            return
        there = []
        for lead, age in zip(leads, ages.tolist(), strict=True):
            plan, row, lead.sold_by = lead.flow.plan, lead.draws, {}
            customer, offer = Customer(lead, 0.0), plan.offer
            signed = before_opening(age)
            customer.contract = offer.contract_of_opening(
                contracts,
                plan.price(row, signed),
                signed,
                row[plan.wants_at],
                row[plan.other_at],
                row[plan.accepts_at],
            )
            term = offer.menu.contracts[customer.contract].term_months
            customer.list_place = offer.prices.place(signed)
            if age >= term:  # It has renewed since.
                renewed = offer.prices.for_renewals(before_opening(age % term))
                customer.list_place = max(customer.list_place, int(renewed))
            list_price = offer.prices.prices[customer.list_place]
            discount = offer.menu.discount(customer.contract, signed)
            customer.price = list_price * (1 - plan.discount(row)) * (1 - discount)
            customer.mrr = round(customer.price, 2)
            there.append(customer)
            self._activate(customer)
        self.tiers[leads[0].flow.plan.tier].take_over(there, ages)

    def go_live(self, lead: Lead) -> None:
        """A customer is activated."""
        self._activate(self._onboarding.pop(lead))

    def _activate(self, customer: Customer) -> None:
        """From now on somebody looks after a customer: its owner for that role, if it has one."""
        lead = customer.lead
        tier = lead.flow.plan.tier
        self.live += 1
        customer.live_at = self._clock.now
        care = self.tiers[tier].plan.product.care
        if care is not None:
            customer.keeper = keeper = self._person_for(lead, care.by)
            keeper.customers[tier] = keeper.customers.get(tier, 0) + 1

    def _person_for(self, lead: Lead, role: str) -> Person:
        """Who does a role's work for a customer: its owner; or, at the desk that it is routed to, who has the
        fewest customers and has been chosen least often.
        """
        owner = self._routing.owner(lead, role)
        if owner is None:
            desk, _ = self._routing.desk_for(lead, role)
            owner = min(desk.people, key=lambda p: (sum(p.customers.values()), p.accounts))
            owner.accounts += 1
        return owner

    # ------------------------------------------------------------------------------------ work with them

    def care(self, round_: Alarm) -> Generator[Alarm]:
        """The process that queues the care of all customers, block by block."""
        cares = {name: tier.plan.product.care for name, tier in self.tiers.items()}
        hours = {
            name: care.effort_hours_per_month / CARE_BLOCKS_PER_MONTH
            for name, care in cares.items()
            if care is not None and care.effort_hours_per_month > 0
        }
        blocks = (divmod(block, CARE_BLOCKS_PER_MONTH) for block in count())
        for month, block in blocks if hours else ():
            yield round_.at((month + block / CARE_BLOCKS_PER_MONTH) * MONTH_DAYS, CARE)
            for person in self._routing.people:
                if not person.customers:
                    continue
                due = {
                    tier: person.customers[tier] * each
                    for tier, each in hours.items()
                    if person.customers.get(tier)
                }
                person.care_falls_due()
                if due:
                    work = person.care_queued = CareBlock(due)
                    self._routing.desk_of[person.number].receive_account_work(person, work)

    def _ask_for_talk(self, customer: Customer, talk: Talk) -> None:
        """Put a conversation with a customer on the desk of whoever is to lead it."""
        lead, keeper = customer.lead, customer.keeper
        if keeper is None or keeper.role != talk.by:
            keeper = self._person_for(lead, talk.by)
            lead.owners = {**(lead.owners or {}), talk.by: keeper}
        work = TalkWork(customer, talk)
        customer.pending[talk.about] = work
        self._routing.desk_of[keeper.number].receive_account_work(keeper, work)

    def talk_held(self, work: AccountWork, person: Person) -> None:
        """A conversation has taken place; it takes effect when the month is closed."""
        assert isinstance(work, TalkWork)
        if work.gone:
            return
        customer, talk = work.customer, work.talk
        customer.pending.pop(talk.about, None)
        self.tiers[customer.lead.flow.plan.tier].talk_held(customer, talk, person)
        if self._log is not None:
            self._log.add(*_logged("talk", customer.lead, talk.about, person), 0.0)

    def referrers(self, value_exponent: float) -> float:
        """LIVE customers now, weighted by the value that they feel."""
        if not value_exponent and not self._community_refers:
            return self.live
        month = self._calendar.number(self.month)
        return sum(tier.word_of_mouth(value_exponent, month) for tier in self.tiers.values())

    def reference_factor(self, segment: Segment) -> float:
        """Factor of reference customers on the odds of a deal with a lead of this segment."""
        return self.tiers[segment.tier].references.factor(segment)

    # ------------------------------------------------------------------------------------------ month's end

    def open_month(self, month: int) -> None:
        """Begin the month with this index, and put on the desks what it asks for."""
        self.month = month
        for person in self._routing.people:
            person.care_due = person.care_done = 0.0
        for tier in self.tiers.values():
            for customer, talk in tier.open_month(month):
                if talk.about not in customer.pending:
                    self._ask_for_talk(customer, talk)

    def note(self, growth: Iterable[Growth]) -> None:
        """Enter in the event log who has come to pay more or less."""
        if self._log is not None:
            for customer, movement, cause, person, mrr in growth:
                self._log.add(*_logged(movement, customer.lead, cause, person), mrr)

    def come_back(self, returns: Iterable[tuple[Customer, float]]) -> None:
        """Customers who had left return, as LIVE ones, and pay so much MRR.

        Nobody onboards them a second time, and their leads stay gone, so that no work comes back to life that
        fell away when they left.
        """
        for customer, mrr in returns:
            lead = customer.lead
            customer.signed_at, lead.known = self._clock.now, False
            lead.state = lead.furthest = LIVE
            lead.flow.inside[LIVE] += 1
            self._activate(customer)
            if self._log is not None:
                self._log.add(*_logged("return", lead, "", None), mrr)

    def leave(self, departures: Iterable[Departure]) -> None:
        """Customers leave; work that waits for them, or is planned, falls away."""
        for customer, reason, mrr in departures:
            lead = customer.lead
            lead.gone = True
            self.live -= lead.state == LIVE
            self._onboarding.pop(lead, None)
            flow = lead.flow
            flow.inside[lead.state] -= 1
            if self._log is not None:
                self._log.add(*_logged("leave", lead, reason, None), mrr)
            if customer.keeper is not None:
                customer.keeper.customers[flow.plan.tier] -= 1
                customer.keeper = None
            for work in customer.pending.values():
                work.gone = True
            customer.pending.clear()
            if lead.backlog is not None:
                lead.withdraw(self._clock.now)
            self._meetings.call_off(lead)


def before_opening(months: int) -> float:
    """The moment so many months before time 0, in days; 0 months stand for the last moment before it."""
    return nextafter(-months * MONTH_DAYS, -inf)


def _logged(kind: str, lead: Lead, about: str, person: Person | None) -> tuple[str, str, int, str, str, str]:
    """An event of a customer as the log takes it; contract, subject or cause stand in place of a step."""
    plan = lead.flow.plan
    return kind, plan.channel, lead.number, plan.tier, about, "" if person is None else person.name
