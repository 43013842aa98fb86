"""Pay: commissions, pay for accepted leads, bonuses, salaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simsales.model.customers.customer import Customer
from simsales.model.customers.table import Rows
from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person
from simsales.model.work.desk import Desk
from simsales.scenario.scenario import Scenario
from simsales.scenario.schema.costs import Commission
from simsales.scenario.schema.organization import People
from simsales.scenario.schema.pricing import Contract
from simsales.units import YEAR

ACQUISITION, RETENTION, SERVING = "acquisition", "retention", "serving"


@dataclass(frozen=True)
class PayPlan:
    """Who is paid for what, by role in alphabetical order."""

    by_sale: Mapping[str, Commission]
    """Paid for signatures, on MRR or ACV."""
    by_revenue: Mapping[str, Commission]
    """Paid by the net revenue of customers whom they have won."""
    by_growth: Mapping[str, Commission]
    """Paid for expansion."""
    by_acceptance: Mapping[str, float]
    """Amount for every lead that sales accepts."""


def plan_pay(scenario: Scenario) -> PayPlan:
    """Plan the pay of all roles."""
    plans = [
        (role, people.commission)
        for role, people in sorted(scenario.people.items())
        if people.commission is not None
    ]
    return PayPlan(
        by_sale={r: plan for r, plan in plans if plan.earned_by == "new" and plan.on != "net_revenue"},
        by_revenue={r: plan for r, plan in plans if plan.on == "net_revenue"},
        by_growth={r: plan for r, plan in plans if plan.earned_by == "growth"},
        by_acceptance={
            role: people.per_accepted_lead
            for role, people in sorted(scenario.people.items())
            if people.per_accepted_lead
        },
    )


class Earned(NamedTuple):
    """What a person has earned in a month beside the salary."""

    person: Person
    tier: str
    purpose: str
    kind: str
    amount: float


class _Maturing(NamedTuple):
    """A signature for which a commission is due if the customer is still there."""

    person: Person
    lead: Lead
    tier: str
    basis: float


class Payroll:
    """Who has earned what, in one replication."""

    def __init__(self, plan: PayPlan, people: Sequence[Person], desks: Sequence[Desk]) -> None:
        self._plan = plan
        self._people = people
        self._desks = desks
        self._commissions = {**plan.by_sale, **plan.by_revenue, **plan.by_growth}
        self._basis: dict[tuple[Person, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        """By person and purpose, what this month's commission is paid on, by tier."""
        self._maturing: dict[int, list[_Maturing]] = defaultdict(list)
        """By index of the month at whose end it comes due."""
        self._accepted: dict[tuple[Person, str], int] = defaultdict(int)
        """Leads accepted this month, by person and tier."""
        self._sold: dict[str, float] = defaultdict(float)
        """MRR of new customers this month, by team."""

    def accept(self, lead: Lead) -> None:
        """Sales has accepted a lead."""
        owners = lead.owners or {}
        for role in self._plan.by_acceptance:
            if role in owners:
                self._accepted[owners[role], lead.flow.plan.tier] += 1

    def sign(self, customer: Customer, month: int) -> None:
        """A customer has signed in the month with this index."""
        lead = customer.lead
        plan, sold_by = lead.flow.plan, lead.sold_by or {}
        contract = plan.offer.menu.contracts[customer.contract]
        if lead.person is not None:
            self._sold[lead.person.team.name] += customer.mrr
        for role, commission in self._plan.by_sale.items():
            person = sold_by.get(role)
            if person is not None and _counts(commission, contract):
                basis = _basis(commission, customer.mrr)
                maturing = _Maturing(person, lead, plan.tier, basis)
                self._maturing[month + commission.after_months].append(maturing)

    def grow(self, customer: Customer, person: Person, mrr: float) -> None:
        """A person has brought a customer to pay more."""
        plan, commission = customer.lead.flow.plan, self._plan.by_growth.get(person.role)
        contract = plan.offer.menu.contracts[customer.contract]
        if commission is not None and _counts(commission, contract):
            self._basis[person, RETENTION][plan.tier] += _basis(commission, mrr)

    def revenue(
        self,
        tier: str,
        contracts: Sequence[Contract],
        rows: Rows,
        margin: NDArray[np.float64],
        earlier: NDArray[np.float64],
    ) -> None:
        """Customers have brought revenue in the month.

        Args:
            tier: whose customers they are.
            contracts: of the tier, in the order of its menu.
            rows: of the customers, the month included in their age.
            margin: revenue less cost to serve of each, shape (customers,).
            earlier: what of it falls before the day of signature, shape (customers,).
        """
        for place, commission in enumerate(self._plan.by_revenue.values()):
            counts_by_contract = np.array([_counts(commission, contract) for contract in contracts])
            sellers = rows["sellers"][:, place]
            counts = (sellers >= 0) & counts_by_contract[rows["contract"]]
            paid = margin
            if commission.revenue_months is not None:
                # The customer's own months: the last of them ends on the day of signature.
                paid = np.where(rows["age"] == commission.revenue_months, earlier, margin)
                counts &= rows["age"] <= commission.revenue_months
            sums = np.bincount(sellers[counts], weights=paid[counts])
            for number in np.flatnonzero(sums).tolist():
                self._basis[self._people[number], ACQUISITION][tier] += float(sums[number])

    def first_revenue(self, customer: Customer, margin: float) -> None:
        """A customer that has signed this month has brought revenue in it; ``margin`` is net of serving."""
        lead = customer.lead
        contract = lead.flow.plan.offer.menu.contracts[customer.contract]
        for role, commission in self._plan.by_revenue.items():
            person = (lead.sold_by or {}).get(role)
            if person is not None and _counts(commission, contract):
                self._basis[person, ACQUISITION][lead.flow.plan.tier] += margin

    def close_month(self, month: int) -> list[Earned]:
        """What everybody has earned in the month beside the salary."""
        for person, lead, tier, basis in self._maturing.pop(month, ()):
            if not lead.gone:
                self._basis[person, ACQUISITION][tier] += basis
        earned: list[Earned] = []
        for (person, purpose), by_tier in self._basis.items():
            total = sum(by_tier.values())
            if total > 0:
                amount = commission_on(self._commissions[person.role], total)
                # A tier that has brought less than it costs lowers the sum, but bears no part of it.
                borne = {tier: basis for tier, basis in by_tier.items() if basis > 0}
                whole = sum(borne.values())
                earned += [
                    Earned(person, tier, purpose, "commissions", amount * basis / whole)
                    for tier, basis in borne.items()
                ]
        for (person, tier), leads in self._accepted.items():
            amount = leads * self._plan.by_acceptance[person.role]
            earned.append(Earned(person, tier, ACQUISITION, "commissions", amount))
        self._basis.clear()
        self._accepted.clear()
        return earned

    def bonuses(self) -> dict[str, float]:
        """By role, the bonuses of teams that have sold enough this month."""
        paid: dict[str, float] = defaultdict(float)
        for desk in self._desks:
            bonus = desk.team.rules.bonus
            if bonus is not None and self._sold[desk.team.name] >= bonus.if_new_mrr_per_month:
                paid[desk.role] += bonus.per_person * len(desk.people)
        self._sold.clear()
        return paid


def commission_on(plan: Commission, basis: float) -> float:
    """Commission of one person in one month on a basis; above quota at the accelerated rate."""
    quota = basis if plan.quota_per_month is None else min(basis, plan.quota_per_month)
    return plan.rate * (quota + plan.accelerator * (basis - quota))


def salaries(people: int, terms: People) -> float:
    """Salaries of so many people of a role in a month, on-costs included."""
    return people * terms.salary_per_year / YEAR * (1 + terms.on_cost_share)


def _basis(commission: Commission, mrr: float) -> float:
    return mrr * (YEAR if commission.on == "acv" else 1)


def _counts(commission: Commission, contract: Contract) -> bool:
    """Whether the commission is paid for such a contract."""
    return (
        contract.term_months >= commission.only_term_months
        and contract.paid_months_ahead >= commission.only_paid_months_ahead
    )
