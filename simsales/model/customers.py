"""Customers: from signature to the day they leave, and the work that they ask for."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from itertools import count
from math import inf
from typing import TYPE_CHECKING

import numpy as np
import simpy
from numpy.typing import NDArray

from simsales.model.base import Base
from simsales.model.clock import CARE, Alarm
from simsales.model.growth import Talk
from simsales.model.journey import LIVE
from simsales.model.leads import Customer
from simsales.model.life import LifeLuck
from simsales.model.luck import apart
from simsales.model.people import AccountWork
from simsales.model.prices import Offer, PriceList
from simsales.scenario import Scenario
from simsales.streams import Streams
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.eventlog import EventLog
    from simsales.model.leads import Lead
    from simsales.model.pay import Payroll
    from simsales.model.people import Person
    from simsales.model.teams import Teams

CARE_BLOCKS_PER_MONTH = 20
"""The care of a month is queued in this many equal blocks, about one a working day, so that it mixes with
onboarding.
"""


class Customers:
    """All customers, by tier: what a buyer is offered, who signs, who is looked after by whom, who leaves.

    A customer is one from signature (WIN) on, pays from then on, and leaves at a month's end.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: simpy.Environment,
        teams: Teams,
        payroll: Payroll,
        streams: Streams,
        log: EventLog | None,
    ) -> None:
        months = scenario.warm_up_months + scenario.horizon_months
        self._clock = clock
        self._teams = teams
        self.payroll = payroll
        self._tiers = scenario.tiers
        self._log = log
        self._month = 0
        self._months = months
        self._warm_up = scenario.warm_up_months
        self.live = 0
        """LIVE customers now."""
        life = LifeLuck(streams, months)
        self.offers: dict[str, Offer] = {}
        self.bases: dict[str, Base] = {}
        for tier, product in sorted(scenario.tiers.items()):
            prices = PriceList(product, scenario.warm_up_months)
            base = self.bases[tier] = Base(tier, scenario, prices, life, payroll, self, log)
            self.offers[tier] = Offer(product, prices, base.references, scenario.warm_up_months)
        self._by_word_of_mouth = any(
            product.community is not None and product.community.referral_factor != 1
            for product in scenario.tiers.values()
        )

    # --------------------------------------------------------------------------------------- coming in

    def sign(self, lead: Lead, closer: Person | None) -> None:
        """A lead becomes a customer: it is new this month and pays from now on."""
        base = self.bases[lead.flow.tier]
        offer = self.offers[lead.flow.tier]
        now: float = self._clock._now
        place = offer.contract(lead, now)
        assert place is not None
        customer = lead.customer = Customer(lead, now)
        lead.luck = apart(lead.luck)
        price = offer.price(lead, now) * (1 - offer.menu.discount(place, now))
        mrr = base.sign(customer, price, place, self._month)
        self.payroll.signed(customer, closer, mrr, offer.menu.contracts[place], self._month)
        if self._log is not None:
            self._log.customer("sign", lead, offer.menu.names[place], closer, mrr)

    def take_over(
        self, leads: list[Lead], ages: NDArray[np.int64], contracts: Mapping[str, float] | None
    ) -> None:
        """Leads of one tier who are customers at the beginning, all of them LIVE, and their ages in full
        months; ``contracts`` are the shares of these, if not as among new customers.
        """
        if not leads:
            return
        base, offer = self.bases[leads[0].flow.tier], self.offers[leads[0].flow.tier]
        there = []
        for lead in leads:
            customer = lead.customer = Customer(lead, 0.0)
            customer.contract = offer.contract_of_old(lead, contracts)
            customer.price = offer.price(lead, 0.0) * (1 - offer.menu.discount(customer.contract, -inf))
            customer.mrr = round(customer.price, 2)
            there.append(customer)
            self.go_live(lead)
        base.take_over(there, ages)

    def go_live(self, lead: Lead) -> None:
        """A customer is activated: from now on somebody looks after it, its owner if it has one for that
        role.
        """
        customer = lead.customer
        assert customer is not None
        self.live += 1
        customer.live_at = self._clock._now
        care = self._tiers[lead.flow.tier].care
        if care is not None:
            customer.keeper = keeper = self._person_for(lead, care.by)
            keeper.customers[lead.flow.tier] = keeper.customers.get(lead.flow.tier, 0) + 1

    def _person_for(self, lead: Lead, role: str) -> Person:
        """Who does a role's work for a customer: its owner, or who has the fewest customers at the desk it
        falls to, and has been given the fewest talks.
        """
        owner = self._teams.owner(lead, role)
        if owner is None:
            desk, _ = self._teams.desk_for(lead, role)
            owner = min(desk.people, key=lambda p: (sum(p.customers.values()), p.accounts))
            owner.accounts += 1
        return owner

    # ------------------------------------------------------------------------------------ work with them

    def care(self, round_: Alarm) -> Generator[Alarm]:
        """The process that queues the care of the base, block by block."""
        hours = {
            tier: product.care.effort_hours_per_month / CARE_BLOCKS_PER_MONTH
            for tier, product in sorted(self._tiers.items())
            if product.care is not None and product.care.effort_hours_per_month > 0
        }
        blocks = (divmod(block, CARE_BLOCKS_PER_MONTH) for block in count())
        for month, block in blocks if hours else ():
            yield round_.at((month + block / CARE_BLOCKS_PER_MONTH) * MONTH_DAYS, CARE)
            for person in self._teams.people:
                if not person.customers:
                    continue
                due = {
                    tier: person.customers[tier] * each
                    for tier, each in hours.items()
                    if person.customers.get(tier)
                }
                person.care_falls_due()
                if due:
                    work = person.care_queued = AccountWork(due)
                    person.desk.look_after(person, work)

    def talk(self, customer: Customer, talk: Talk) -> None:
        """Put a talk with a customer on the desk of whoever is to lead it."""
        lead = customer.lead
        keeper = customer.keeper
        if keeper is None or keeper.desk.role != talk.by:
            keeper = self._person_for(lead, talk.by)
            lead.owners = {**(lead.owners or {}), talk.by: keeper}
        work = AccountWork({lead.flow.tier: talk.hours}, customer, talk)
        customer.pending[talk.about] = work
        keeper.desk.look_after(keeper, work)

    def talked(self, work: AccountWork, person: Person) -> None:
        """A talk has taken place; what comes of it is settled when the month is closed."""
        if work.gone:
            return
        customer, talk = work.customer, work.talk
        assert customer is not None
        assert talk is not None
        customer.pending.pop(talk.about, None)
        self.bases[customer.lead.flow.tier].talked.append((customer, talk, person))
        if self._log is not None:
            self._log.customer("talk", customer.lead, talk.about, person, 0.0)

    def word_of_mouth(self, value_exponent: float) -> float:
        """LIVE customers now, weighted by the value that they feel."""
        if not value_exponent and not self._by_word_of_mouth:
            return self.live
        return sum(base.word_of_mouth(value_exponent, self._month_number()) for base in self.bases.values())

    # ------------------------------------------------------------------------------------------ month's end

    def open_month(self) -> None:
        """Put on the desks what the month that begins asks for."""
        for base in self.bases.values():
            base.open_month(self._month)

    def close_month(self) -> None:
        """Let those leave whose time has come, book the month, and open the next one."""
        for base in self.bases.values():
            base.close_month(self._month)
        self._month += 1
        for person in self._teams.people:
            person.care_due = person.care_done = 0.0
        if self._month < self._months:
            self.open_month()

    def _month_number(self) -> int:
        return self._month + 1 - self._warm_up

    def leave(self, customer: Customer, reason: str, mrr: float) -> None:
        """A customer leaves; work that waits for it, or is planned, falls away."""
        lead = customer.lead
        lead.gone = True
        self.live -= lead.state == LIVE
        customer.left = True
        flow = lead.flow
        flow.inside[lead.state] -= 1
        if self._log is not None:
            self._log.customer("leave", lead, reason, None, mrr)
        if customer.keeper is not None:
            customer.keeper.customers[flow.tier] -= 1
            customer.keeper = None
        for work in customer.pending.values():
            work.gone = True
        customer.pending.clear()
        if lead.desk is not None:
            lead.desk.withdraw(lead)
        if customer.seat is not None:
            customer.seat.give_up()

    def come_back(self, customer: Customer, mrr: float) -> None:
        """A customer who has left returns, as a LIVE one."""
        lead = customer.lead
        # It is LIVE at once: nobody onboards it a second time, and the lead stays gone, so that no work comes
        # back to life that fell away when it left.
        customer.signed_at, customer.known = self._clock._now, False
        lead.state = lead.furthest = LIVE
        lead.flow.inside[LIVE] += 1
        self.go_live(lead)
        if self._log is not None:
            self._log.customer("return", lead, "", None, mrr)
