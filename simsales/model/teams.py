"""Teams: who sits with whom, who serves whom, and which team a lead goes to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import count

import simpy

from simsales.model.eventlog import EventLog
from simsales.model.leads import Lead, OutboundList
from simsales.model.people import Desk, Person
from simsales.scenario.schema import Outbound, Scenario, Team


class TeamCopy:
    """One team of a make of which there may be several: ``pod#2`` is the second of the pods."""

    def __init__(self, name: str, rules: Team) -> None:
        self.name = name
        self.rules = rules
        self.tiers = None if rules.serves.tiers is None else frozenset(rules.serves.tiers)
        self.desks: dict[str, Desk] = {}

    def serves(self, tier: str) -> bool:
        """Whether the team is for customers of this tier."""
        return self.tiers is None or tier in self.tiers


class Teams:
    """All the teams of an organization."""

    def __init__(
        self,
        scenario: Scenario,
        clock: simpy.Environment,
        log: EventLog | None,
    ) -> None:
        organization = scenario.organization
        self._least_loaded = organization.routing == "least_loaded"
        self._tickets = count()
        self.desks: list[Desk] = []
        self.people: list[Person] = []
        for name in sorted(organization.teams):
            rules = organization.teams[name]
            for copy in range(1, rules.count + 1):
                team = TeamCopy(f"{name}#{copy}", rules)
                for role in sorted(role for role, size in rules.members.items() if size):
                    desk = Desk(team, role, clock, self._tickets, log)
                    for seat in range(1, rules.members[role] + 1):
                        hours = scenario.people[role].hours_per_month
                        person = Person(desk, f"{team.name}/{role}#{seat}", len(self.people), hours)
                        desk.people.append(person)
                        self.people.append(person)
                    team.desks[role] = desk
                    self.desks.append(desk)
        self._seats: dict[tuple[str, str], deque[Desk]] = {}

    def hand_out(self, scenario: Scenario, lists: Mapping[str, OutboundList]) -> None:
        """Give each desk the lists that its role works through, in the order of their names."""
        for name, names in sorted(lists.items()):
            source = scenario.channels[name]
            for desk in self.desks:
                if isinstance(source, Outbound) and desk.role == source.worked_by:
                    desk.lists.append(names)

    def desk_for(self, lead: Lead, role: str) -> tuple[Desk, Person | None]:
        """Where a lead's next step is done, and by whom if it has an owner for that role.

        First the owner; then the team that has the lead, if it holds the role and serves the tier; then
        routing.
        """
        if lead.person is None:
            return self.route(role, lead.flow.tier), None
        owner = self.owner(lead, role)
        if owner is not None:
            return owner.desk, owner
        desk = self.own_desk(lead, role)
        return (desk if desk is not None else self.route(role, lead.flow.tier)), None

    def owner(self, lead: Lead, role: str) -> Person | None:
        """Who has done this role's work for the lead before and keeps it; None if nobody."""
        owner = None if lead.owners is None else lead.owners.get(role)
        return owner if owner is not None and owner.desk.team.rules.owner_continuity else None

    def own_desk(self, lead: Lead, role: str) -> Desk | None:
        """The desk of this role in the team that has the lead; None if it has none, or does not serve the
        tier.
        """
        if lead.person is None:
            return None
        team = lead.person.desk.team
        return team.desks.get(role) if team.serves(lead.flow.tier) else None

    def route(self, role: str, tier: str) -> Desk:
        """The desk that takes a lead which no team has yet, by the organization's routing rule."""
        seats = self._seats.get((role, tier))
        if seats is None:
            # Each desk once per person, first seats first: taken in turn, desks get leads in proportion to
            # their people.
            able = [d for d in self.desks if d.role == role and d.team.serves(tier)]
            order = sorted((seat, i) for i, d in enumerate(able) for seat in range(len(d.people)))
            seats = self._seats[role, tier] = deque(able[i] for _, i in order)
        if self._least_loaded:
            desk = min(seats, key=lambda d: (d.load(), d.last_given))
            desk.last_given = next(self._tickets)
            return desk
        desk = seats[0]
        seats.rotate(-1)
        return desk
