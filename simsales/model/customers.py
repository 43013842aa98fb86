"""Customers: from signature to the day they leave, month by month, and the care they ask for."""

from __future__ import annotations

from collections.abc import Generator
from itertools import count
from math import inf, log1p
from typing import TYPE_CHECKING

import numpy as np
import simpy
from numpy.typing import NDArray

from simsales.model.clock import CARE, Alarm
from simsales.model.journey import LIVE
from simsales.scenario.schema import Scenario
from simsales.units import MONTH_DAYS

if TYPE_CHECKING:
    from simsales.model.eventlog import EventLog
    from simsales.model.leads import Lead
    from simsales.model.teams import Teams

CARE_BLOCKS_PER_MONTH = 20
"""The care of a month is queued in this many equal blocks, about one a working day, so that it mixes with
onboarding.
"""


class TierMonth:
    """One tier's movements of customers and MRR in one month: opening + new − churned = closing."""

    __slots__ = (
        "customers_churned",
        "customers_closing",
        "customers_new",
        "customers_opening",
        "mrr_churned",
        "mrr_closing",
        "mrr_new",
        "mrr_opening",
        "revenue",
    )

    def __init__(self) -> None:
        self.customers_opening = self.customers_new = self.customers_churned = self.customers_closing = 0
        self.mrr_opening = self.mrr_new = self.mrr_churned = self.mrr_closing = 0.0
        self.revenue = 0.0
        """MRR collected: a full month for those who were there at its start, the rest of the month for new
        ones.
        """


class _Base:
    """The customers of one tier: those who were there at the month's start, and those who have signed
    since.
    """

    def __init__(self, months: int, hazard_per_month: float) -> None:
        self.months = [TierMonth() for _ in range(months)]
        self.hazard_per_month = hazard_per_month
        self.leads: list[Lead] = []
        self.threshold: NDArray[np.float64] = np.empty(0)
        self.hazard: NDArray[np.float64] = np.empty(0)
        self.factor: NDArray[np.float64] = np.empty(0)
        """What each customer's fit makes of the hazard."""
        self.age: NDArray[np.float64] = np.empty(0)
        """Full months as a customer."""
        self.new: list[Lead] = []

    def take_in(self, leads: list[Lead], age: NDArray[np.float64]) -> None:
        """Customers who are there at the start of the month that begins, and for how many months they have
        been.
        """
        self.leads += leads
        thresholds = [lead.luck[lead.flow.churn] for lead in leads]
        factors = [lead.luck[lead.flow.stays] for lead in leads]
        self.threshold = np.concatenate((self.threshold, thresholds))
        self.hazard = np.concatenate((self.hazard, np.zeros(len(leads))))
        self.factor = np.concatenate((self.factor, factors))
        self.age = np.concatenate((self.age, age))


class Customers:
    """All customers, by tier.

    A customer is one from signature (WIN) on, pays from then on, and leaves at a month's end. Survival by
    threshold: each draws one standard exponential number at birth, gathers the hazard −ln(1 −
    churn_per_month) over every month that it was there from the start, and leaves at the end of the month
    in which the sum passes its threshold; so a customer who is there at the start of a month leaves at its
    end with probability churn_per_month.
    """

    def __init__(
        self, scenario: Scenario, clock: simpy.Environment, teams: Teams, log: EventLog | None
    ) -> None:
        months = scenario.warm_up_months + scenario.horizon_months
        self._clock = clock
        self._teams = teams
        self._tiers = scenario.tiers
        self._log = log
        self._month = 0
        self.live = 0
        """LIVE customers now."""
        self.bases = {
            tier: _Base(months, inf if product.churn_per_month == 1 else -log1p(-product.churn_per_month))
            for tier, product in sorted(scenario.tiers.items())
        }

    def sign(self, lead: Lead) -> None:
        """A lead becomes a customer: it is new this month and pays from now on."""
        base = self.bases[lead.flow.tier]
        price = lead.flow.price_per_month
        month = base.months[self._month]
        month.customers_new += 1
        month.mrr_new += price
        month.revenue += price * ((self._month + 1) - self._clock._now / MONTH_DAYS)
        base.new.append(lead)
        # A row of its own: customers stay for years, and a part of a block would keep all of it in memory.
        lead.luck = np.array(lead.luck).data

    def go_live(self, lead: Lead) -> None:
        """A customer is activated: from now on somebody looks after it, its owner if it has one for that
        role.
        """
        self.live += 1
        tier = lead.flow.tier
        care = self._tiers[tier].care
        if care is None:
            return
        keeper = self._teams.owner(lead, care.by)
        if keeper is None:
            desk, _ = self._teams.desk_for(lead, care.by)
            keeper = min(desk.people, key=lambda person: sum(person.customers.values()))
        lead.keeper = keeper
        keeper.customers[tier] = keeper.customers.get(tier, 0) + 1

    def care(self) -> Generator[Alarm]:
        """The process that queues the care of the base, block by block."""
        hours = {
            tier: product.care.effort_hours_per_month / CARE_BLOCKS_PER_MONTH
            for tier, product in self._tiers.items()
            if product.care is not None and product.care.effort_hours_per_month > 0
        }
        round_ = Alarm(self._clock)
        blocks = (divmod(block, CARE_BLOCKS_PER_MONTH) for block in count())
        for month, block in blocks if hours else ():
            yield round_.at((month + block / CARE_BLOCKS_PER_MONTH) * MONTH_DAYS, CARE)
            for person in self._teams.people:
                if not person.customers:
                    continue
                due = sum(
                    number * hours[tier] for tier, number in sorted(person.customers.items()) if tier in hours
                )
                if due > 0:
                    person.desk.look_after(person, due)

    def close_month(self) -> None:
        """Let those leave whose time has come, book the month, and open the next one."""
        for tier, base in self.bases.items():
            month = base.months[self._month]
            price = self._tiers[tier].price_per_month
            month.customers_opening = len(base.leads)
            month.mrr_opening = price * month.customers_opening
            month.revenue += month.mrr_opening
            base.hazard += self._hazard(tier, base)
            base.age += 1
            leaving = base.hazard > base.threshold
            for i in np.flatnonzero(leaving).tolist():
                self._leave(base.leads[i])
                month.customers_churned += 1
                month.mrr_churned += price
            staying = ~leaving
            base.leads = [lead for lead, stays in zip(base.leads, staying.tolist(), strict=True) if stays]
            base.hazard, base.threshold = base.hazard[staying], base.threshold[staying]
            base.factor, base.age = base.factor[staying], base.age[staying]
            base.take_in(base.new, np.zeros(len(base.new)))
            base.new = []
            month.customers_closing = len(base.leads)
            month.mrr_closing = price * month.customers_closing
        self._month += 1

    def _hazard(self, tier: str, base: _Base) -> NDArray[np.float64]:
        """What each customer gathers in the month that ends."""
        hazard: NDArray[np.float64] = base.hazard_per_month * base.factor
        early = self._tiers[tier].early_churn
        if early.factor_if_known != 1:
            known = np.array([lead.known for lead in base.leads], dtype=bool)
            spared = known & (base.age < early.months)
            # (Certain churn is an infinite hazard, which a factor of 0 would make a nan of.)
            hazard[spared] = early.factor_if_known * hazard[spared] if early.factor_if_known else 0.0
        return hazard

    def _leave(self, lead: Lead) -> None:
        """A customer leaves; work that waits for it, or is planned, falls away."""
        lead.gone = True
        self.live -= lead.state == LIVE
        flow = lead.flow
        flow.inside[lead.state] -= 1
        if self._log is not None:
            self._log.lead("leave", lead)
        if lead.keeper is not None:
            lead.keeper.customers[flow.tier] -= 1
        if lead.desk is not None:
            lead.desk.withdraw(lead)
        if lead.seat is not None:
            lead.seat.give_up()
