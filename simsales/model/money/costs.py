"""All costs, month by month, by tier, purpose (acquisition, retention, serving) and kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from simsales.model.calendar import Calendar
from simsales.model.leads.flow import Flow
from simsales.model.money.pay import ACQUISITION, RETENTION, SERVING, Earned, salaries
from simsales.model.people.person import Person
from simsales.scenario.scenario import Scenario
from simsales.scenario.schema.journeys import Step
from simsales.units import YEAR

ROUNDING_DAYS = 1e-9
"""Less time than this is left behind by subtracting sums, and is no work."""

Share = tuple[str, str]
"""Tier and purpose."""


def idle_shares(scenario: Scenario) -> dict[str, dict[Share, float]]:
    """By role, where its cost belongs in a month in which it finishes nothing: to what it is there for."""
    return {role: _idle_shares(scenario, role) for role in scenario.people}


def _idle_shares(scenario: Scenario, role: str) -> dict[Share, float]:
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


def _takes_part(role: str, step: Step) -> bool:
    return step.by == role or role in step.joined_by


class Costs:
    """All costs of one replication."""

    def __init__(
        self,
        scenario: Scenario,
        calendar: Calendar,
        idle: Mapping[str, Mapping[Share, float]],
        people: Sequence[Person],
    ) -> None:
        """Begin to book; ``idle`` is what `idle_shares` gives."""
        self._scenario = scenario
        self._calendar = calendar
        self._idle = idle
        self._people = people
        self.rows: dict[tuple[int, str, str, str], float] = defaultdict(float)
        """Amount by index of the month, tier, purpose and kind."""
        self.commissions: dict[tuple[int, str, str, str], float] = defaultdict(float)
        """Amount by index of the month, person, role and kind."""

    def close_month(
        self,
        month: int,
        earned: Iterable[Earned],
        bonuses: Mapping[str, float],
        flows: Iterable[Flow],
        serving: Mapping[str, float],
    ) -> None:
        """Book the costs of the month with this index.

        Args:
            month: its index.
            earned: commissions.
            bonuses: by role.
            flows: whose leads have come in.
            serving: cost to serve by tier.
        """
        shares = self._shares()
        for person, tier, purpose, kind, amount in earned:
            self._book(month, tier, purpose, kind, amount)
            self.commissions[month, person.name, person.role, kind] += amount
        direct: dict[Share, float] = defaultdict(float)
        for role, number in Counter(person.role for person in self._people).items():
            terms = self._scenario.people[role]
            paid = {
                "salaries": salaries(number, terms),
                "tools": number * terms.tools_per_month,
                "bonuses": bonuses.get(role, 0.0),
            }
            for (tier, purpose), share in shares[role].items():
                direct[tier, purpose] += share * (paid["salaries"] + paid["tools"])
                for kind, amount in paid.items():
                    self._book(month, tier, purpose, kind, share * amount)
        self._book_overhead(month, direct)
        for flow in flows:
            self._book(month, flow.plan.tier, ACQUISITION, "channels", flow.plan.cost(flow.now.came_in))
        for tier, cost in serving.items():
            community = self._scenario.tiers[tier].community
            if community is not None and self._calendar.number(month) >= community.from_month:
                self._book(month, tier, RETENTION, "communities", community.cost_per_month)
            self._book(month, tier, SERVING, "serving", cost)

    def _book(self, month: int, tier: str, purpose: str, kind: str, amount: float) -> None:
        if amount:
            self.rows[month, tier, purpose, kind] += amount

    def _shares(self) -> dict[str, dict[Share, float]]:
        """By role, the share of each tier and purpose in its working time of the month; clears the time
        sheets.
        """
        days: dict[str, dict[Share, float]] = {role: defaultdict(float) for role in self._scenario.people}
        only_tier = next(iter(self._scenario.tiers)) if len(self._scenario.tiers) == 1 else None
        for person in self._people:
            sheet = days[person.role]
            for tier, spent in person.account_days.items():
                sheet[tier, RETENTION] += spent
            if only_tier is not None:  # Time that was not spent on customers was spent on its leads.
                spent = person.busy_days - person.settled_days - sum(person.account_days.values())
                sheet[only_tier, ACQUISITION] += spent if spent > ROUNDING_DAYS else 0.0
            for tier, spent in person.lead_days.items():
                sheet[tier, ACQUISITION] += spent
            person.settled_days = person.busy_days
            person.lead_days.clear()
            person.account_days.clear()
        shares: dict[str, dict[Share, float]] = {}
        for role, sheet in days.items():
            total = sum(sheet.values())
            share = {key: spent / total for key, spent in sheet.items()} if total > 0 else self._idle[role]
            counts_as = self._scenario.people[role].counts_as
            if counts_as != "by_time":
                merged: dict[Share, float] = defaultdict(float)
                for (tier, _), part in share.items():
                    merged[tier, counts_as] += part
                share = merged
            shares[role] = dict(share)
        return shares

    def _book_overhead(self, month: int, direct: Mapping[Share, float]) -> None:
        """Overhead follows the cost of those who do the work."""
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
                    self._book(month, tier, purpose, "overhead", amount * weight)
                else:
                    won = each.acquisition_share
                    self._book(month, tier, ACQUISITION, "overhead", amount * weight * won)
                    self._book(month, tier, RETENTION, "overhead", amount * weight * (1 - won))
