"""Pay and other costs: who has earned what, and whether it was for winning customers or for keeping them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simsales.scenario import Scenario
from simsales.scenario.schema.costs import Commission
from simsales.scenario.schema.journeys import Step
from simsales.scenario.schema.pricing import Contract
from simsales.units import YEAR

if TYPE_CHECKING:
    from simsales.model.base import Base
    from simsales.model.flow import Flow
    from simsales.model.leads import Customer
    from simsales.model.people import Person
    from simsales.model.teams import Teams

ACQUISITION, RETENTION, SERVING = "acquisition", "retention", "serving"
ROUNDING_DAYS = 1e-9
"""Less time than this is what subtracting sums leaves behind, and not work."""

Share = tuple[str, str]
"""Tier and purpose."""


class Payroll:
    """Who has earned what by selling."""

    def __init__(self, scenario: Scenario, teams: Teams) -> None:
        self._teams = teams
        self._roles = scenario.people
        plans = {role: people.commission for role, people in scenario.people.items()}
        self._by_sale: dict[str, Commission] = {
            role: plan
            for role, plan in sorted(plans.items())
            if plan is not None and plan.earned_by == "new" and plan.on != "net_revenue"
        }
        self.on_revenue: dict[str, Commission] = {
            role: plan
            for role, plan in sorted(plans.items())
            if plan is not None and plan.on == "net_revenue"
        }
        """Roles that are paid by the revenue of customers they have won, and how."""
        self._by_growth: dict[str, Commission] = {
            role: plan
            for role, plan in sorted(plans.items())
            if plan is not None and plan.earned_by == "growth"
        }
        self.by_acceptance = {
            role: people.per_accepted_lead
            for role, people in sorted(scenario.people.items())
            if people.per_accepted_lead
        }
        """What people of a role are paid for a lead that sales accepts."""
        self._basis: dict[tuple[Person, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        """By person and purpose, what this month's commission is paid on, by tier."""
        self._maturing: dict[int, list[tuple[Person, Customer, str, float]]] = defaultdict(list)
        """What will be a basis at the end of a month, for customers who are still there."""
        self._accepted: dict[tuple[Person, str], int] = defaultdict(int)
        self._sold: dict[str, float] = defaultdict(float)
        """MRR of new customers this month, by team."""

    def signed(
        self, customer: Customer, closer: Person | None, mrr: float, terms: Contract, month: int
    ) -> None:
        """A customer has signed; ``closer`` did the last step."""
        lead = customer.lead
        if closer is not None:
            self._sold[closer.desk.team.name] += mrr
        for role, plan in self._by_sale.items():
            person = customer.sold_by.get(role)
            if person is not None and _counts(plan, terms):
                basis = mrr * (YEAR if plan.on == "acv" else 1)
                self._maturing[month + plan.after_months].append((person, customer, lead.flow.tier, basis))

    def sellers(self, customer: Customer, terms: Contract) -> list[int]:
        """Numbers of those who are paid by the customer's revenue, by role; −1 where nobody is."""
        owners = customer.sold_by
        return [
            owners[role].number if role in owners and _counts(plan, terms) else -1
            for role, plan in self.on_revenue.items()
        ]

    def accepted(self, owners: dict[str, Person], tier: str) -> None:
        """Sales has accepted a lead of these people."""
        for role in self.by_acceptance:
            if role in owners:
                self._accepted[owners[role], tier] += 1

    def grown(self, person: Person, tier: str, terms: Contract, mrr: float) -> None:
        """A person has brought a customer to pay more."""
        plan = self._by_growth.get(person.desk.role)
        if plan is not None and _counts(plan, terms):
            self._basis[person, RETENTION][tier] += mrr * (YEAR if plan.on == "acv" else 1)

    def revenue(
        self, tier: str, net: NDArray[np.float64], sellers: NDArray[np.int64], age: NDArray[np.int64]
    ) -> None:
        """What the customers of a tier have brought in the month, less cost to serve.

        Args:
            tier: whose customers they are.
            net: of each customer, shape (customers,).
            sellers: numbers of the people paid by it, −1 for nobody, shape (customers, roles).
            age: of the customers in full months, this one included, shape (customers,).
        """
        for place, plan in enumerate(self.on_revenue.values()):
            counts = sellers[:, place] >= 0
            if plan.revenue_months is not None:
                counts &= age <= plan.revenue_months
            sums = np.bincount(sellers[counts, place], weights=net[counts])
            for number in np.flatnonzero(sums).tolist():
                self._basis[self._teams.people[number], ACQUISITION][tier] += float(sums[number])

    def close_month(self, month: int) -> list[tuple[Person, str, str, str, float]]:
        """What everybody has earned in the month beside the salary: person, tier, purpose, kind, amount."""
        for person, customer, tier, basis in self._maturing.pop(month, ()):
            if not customer.left:
                self._basis[person, ACQUISITION][tier] += basis
        earned: list[tuple[Person, str, str, str, float]] = []
        for (person, purpose), by_tier in self._basis.items():
            plan = self._roles[person.desk.role].commission
            total = sum(by_tier.values())
            if plan is not None and total > 0:
                amount = commission(plan, total)
                # A tier that has brought less than it costs lowers the sum, but bears nothing of it.
                borne = {tier: basis for tier, basis in by_tier.items() if basis > 0}
                whole = sum(borne.values())
                earned += [
                    (person, tier, purpose, "commissions", amount * basis / whole)
                    for tier, basis in borne.items()
                ]
        for (person, tier), leads in self._accepted.items():
            amount = leads * self.by_acceptance[person.desk.role]
            earned.append((person, tier, ACQUISITION, "commissions", amount))
        self._basis.clear()
        self._accepted.clear()
        return earned

    def bonuses(self) -> dict[str, float]:
        """What the members of each role have got together because their teams sold enough this month."""
        paid: dict[str, float] = defaultdict(float)
        for desk in self._teams.desks:
            bonus = desk.team.rules.bonus
            if bonus is not None and self._sold[desk.team.name] >= bonus.if_new_mrr_per_month:
                paid[desk.role] += bonus.per_person * len(desk.people)
        self._sold.clear()
        return paid


def commission(plan: Commission, basis: float) -> float:
    """Commission of one person in one month on a basis; above quota at the accelerated rate."""
    quota = basis if plan.quota_per_month is None else min(basis, plan.quota_per_month)
    return plan.rate * (quota + plan.accelerator * (basis - quota))


def _counts(plan: Commission, terms: Contract) -> bool:
    return (
        terms.term_months >= plan.only_term_months and terms.paid_months_ahead >= plan.only_paid_months_ahead
    )


class Costs:
    """All costs, month by month, by tier, purpose and kind."""

    def __init__(self, scenario: Scenario, teams: Teams, payroll: Payroll) -> None:
        self._scenario = scenario
        self._teams = teams
        self._payroll = payroll
        self.rows: dict[tuple[int, str, str, str], float] = defaultdict(float)
        """Amount by month, tier, purpose and kind."""
        self.commissions: dict[tuple[int, str, str, str], float] = defaultdict(float)
        """Amount by month, person, role and kind."""
        self._default = {role: self._shares_without_work(role) for role in scenario.people}

    def _shares_without_work(self, role: str) -> dict[Share, float]:
        """Where a role's cost belongs in a month in which it finishes nothing: to what it is there for."""
        scenario = self._scenario
        wins = {
            tier
            for tier, steps in scenario.journeys.items()
            if any(_takes_part(role, step) for step in steps.values())
        }
        for channel in scenario.channels.values():
            if getattr(channel, "worked_by", None) == role:
                wins |= {tier for tier, share in channel.tiers.items() if share}
        tiers = sorted(wins or scenario.tiers)
        purpose = ACQUISITION if wins else RETENTION
        return {(tier, purpose): 1 / len(tiers) for tier in tiers}

    def close_month(self, month: int, flows: list[Flow], bases: dict[str, Base]) -> None:
        """Book the costs of the month that ends; the bases are closed already."""

        def book(tier: str, purpose: str, kind: str, amount: float) -> None:
            if amount:
                self.rows[month, tier, purpose, kind] += amount

        shares = self._shares()
        for person, tier, purpose, kind, amount in self._payroll.close_month(month):
            book(tier, purpose, kind, amount)
            self.commissions[month, person.name, person.desk.role, kind] += amount
        bonuses = self._payroll.bonuses()
        direct: dict[Share, float] = defaultdict(float)
        heads = Counter(person.desk.role for person in self._teams.people)
        for role, number in heads.items():
            people = self._scenario.people[role]
            paid = {
                "salaries": number * people.salary_per_year / YEAR * (1 + people.on_cost_share),
                "tools": number * people.tools_per_month,
                "bonuses": bonuses.get(role, 0.0),
            }
            for (tier, purpose), share in shares[role].items():
                direct[tier, purpose] += share * (paid["salaries"] + paid["tools"])
                for kind, amount in paid.items():
                    book(tier, purpose, kind, share * amount)
        self._book_overhead(direct, book)
        for flow in flows:
            book(flow.tier, ACQUISITION, "channels", flow.cost(flow.now.came_in))
        number_of_month = month + 1 - self._scenario.warm_up_months
        for tier, base in bases.items():
            community = self._scenario.tiers[tier].community
            if community is not None and number_of_month >= community.from_month:
                book(tier, RETENTION, "communities", community.cost_per_month)
            book(tier, SERVING, "serving", base.serving)

    def _shares(self) -> dict[str, dict[Share, float]]:
        """By role, to which tier and purpose its working time of the month went, as shares; clears the time
        sheets.
        """
        days: dict[str, dict[Share, float]] = {role: defaultdict(float) for role in self._scenario.people}
        only_tier = next(iter(self._scenario.tiers)) if len(self._scenario.tiers) == 1 else None
        for person in self._teams.people:
            sheet = days[person.desk.role]
            for tier, spent in person.account_days.items():
                sheet[tier, RETENTION] += spent
            if only_tier is not None:  # then what was not spent on customers was spent on its leads
                spent = person.busy_days - person.settled_days - sum(person.account_days.values())
                sheet[only_tier, ACQUISITION] += spent if spent > ROUNDING_DAYS else 0.0
            for tier, spent in person.lead_days.items():
                sheet[tier, ACQUISITION] += spent
            person.settled_days = person.busy_days
            person.lead_days.clear()
            person.account_days.clear()
        shares = {}
        for role, sheet in days.items():
            total = sum(sheet.values())
            share = {key: spent / total for key, spent in sheet.items()} if total > 0 else self._default[role]
            counts_as = self._scenario.people[role].counts_as
            if counts_as != "by_time":
                merged: dict[Share, float] = defaultdict(float)
                for (tier, _), part in share.items():
                    merged[tier, counts_as] += part
                share = merged
            shares[role] = share
        return shares

    def _book_overhead(
        self, direct: dict[Share, float], book: Callable[[str, str, str, float], None]
    ) -> None:
        """Overhead goes where the cost of those who do the work goes."""
        total = sum(direct.values())
        tiers = self._scenario.tiers
        weights = (
            {key: cost / total for key, cost in direct.items()}
            if total > 0
            else {(tier, ACQUISITION): 1 / len(tiers) for tier in tiers}
        )
        for each in self._scenario.overhead.values():
            amount = each.people * each.salary_per_year / YEAR + each.cost_per_month
            for (tier, purpose), weight in weights.items():
                if each.acquisition_share is None:
                    book(tier, purpose, "overhead", amount * weight)
                else:
                    book(tier, ACQUISITION, "overhead", amount * weight * each.acquisition_share)
                    book(tier, RETENTION, "overhead", amount * weight * (1 - each.acquisition_share))


def _takes_part(role: str, step: Step) -> bool:
    return step.by == role or role in step.joined_by
