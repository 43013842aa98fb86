"""Teams: who sits with whom, who serves whom, and which team a lead goes to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING

import simpy

from simsales.model.channels import OutboundList
from simsales.model.eventlog import EventLog
from simsales.model.leads import Lead
from simsales.model.people import Desk, Person
from simsales.model.segments import Segment
from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Outbound
from simsales.scenario.schema.organization import Dedication, Team

if TYPE_CHECKING:
    from simsales.model.customers import Customers
    from simsales.model.pipeline import Pipeline


class TeamCopy:
    """One team of a make of which there may be several: ``pod#2`` is the second of the pods."""

    def __init__(self, name: str, rules: Team) -> None:
        self.name = name
        self.rules = rules
        self.keeps_leads = rules.owner_continuity
        """Whether who has done a role's work for a lead keeps it."""
        serves = rules.serves
        self._serves = tuple(
            None if names is None else frozenset(names)
            for names in (serves.tiers, serves.regions, serves.industries)
        )
        self._serves_all = not any(self._serves)
        self.dedicated = any(names is not None for names in self._serves) and rules.dedication != Dedication()
        """Whether the team is for some leads only, and gains by it."""
        self.desks: dict[str, Desk] = {}

    def serves(self, segment: Segment) -> bool:
        """Whether the team is for leads of this segment."""
        return self._serves_all or all(
            names is None or name in names for names, name in zip(self._serves, segment, strict=True)
        )


class Teams:
    """All the teams of an organization."""

    def __init__(self, scenario: Scenario, clock: simpy.Environment, log: EventLog | None) -> None:
        organization = scenario.organization
        self._least_loaded = organization.routing == "least_loaded"
        self._overflow_above = organization.overflow_above
        self._tickets = count()
        self.desks: list[Desk] = []
        self.people: list[Person] = []
        for name in sorted(organization.teams):
            rules = organization.teams[name]
            for copy in range(1, rules.count + 1):
                team = TeamCopy(f"{name}#{copy}", rules)
                for role in sorted(role for role, size in rules.members.items() if size):
                    desk = Desk(team, role, clock, self, self._tickets, log)
                    for seat in range(1, rules.members[role] + 1):
                        hours = scenario.people[role].hours_per_month
                        person = Person(desk, f"{team.name}/{role}#{seat}", len(self.people), hours)
                        desk.people.append(person)
                        self.people.append(person)
                    team.desks[role] = desk
                    self.desks.append(desk)
        self._turns: dict[tuple[str, Segment, bool], deque[Desk]] = {}
        self.several_tiers = len(scenario.tiers) > 1
        """Whether it has to be noted whose leads people work for."""
        # Who is told what people have done; set by the one who makes them.
        self.customers: Customers
        self.pipeline: Pipeline

    def hand_out(self, scenario: Scenario, lists: Mapping[str, OutboundList]) -> None:
        """Give each desk the lists that its role works through, in the order of their names."""
        for name, names in sorted(lists.items()):
            source = scenario.channels[name]
            for desk in self.desks:
                if isinstance(source, Outbound) and desk.role == source.worked_by:
                    desk.lists.append(names)

    def desk_for(self, lead: Lead, role: str, beside: Person | None = None) -> tuple[Desk, Person | None]:
        """Where a lead's next step is done, and by whom if it has an owner for that role.

        First the owner; then the team that has the lead (the person ``beside``, or else who had it last), if
        it holds the role and serves the lead; then routing.
        """
        person = beside or lead.person
        if person is None:
            return self.route(role, lead.segment), None
        owner = self.owner(lead, role)
        if owner is not None:
            return owner.desk, owner
        desk = self.desk_in_team(person, lead, role)
        return (desk if desk is not None else self.route(role, lead.segment)), None

    def owner(self, lead: Lead, role: str) -> Person | None:
        """Who has done this role's work for the lead before and keeps it; None if nobody."""
        owner = None if lead.owners is None else lead.owners.get(role)
        return owner if owner is not None and owner.desk.team.keeps_leads else None

    def desk_in_team(self, person: Person, lead: Lead, role: str) -> Desk | None:
        """The desk of this role in a person's team; None if it has none, or does not serve the lead."""
        desk = person.desk.team.desks.get(role)
        return desk if desk is not None and desk.team.serves(lead.segment) else None

    def route(self, role: str, segment: Segment) -> Desk:
        """The desk that takes a lead which no team has yet, by the organization's routing rule."""
        able = self._turns.get((role, segment, False)) or self._turn(role, segment)
        above = self._overflow_above
        if above is not None and all(desk.load() > above for desk in able):
            able = self._turn(role, segment, others=True) or able
        if self._least_loaded:
            desk = min(able, key=lambda d: (d.load(), d.last_given))
            desk.last_given = next(self._tickets)
            return desk
        desk = able[0]
        able.rotate(-1)
        return desk

    def _turn(self, role: str, segment: Segment, others: bool = False) -> deque[Desk]:
        """The desks that serve (or, as ``others``, do not serve) a segment, the next in turn first.

        Each desk stands there once per person, first seats first, so that desks get leads in proportion to
        their people.
        """
        key = (role, segment, others)
        if key not in self._turns:
            desks = [d for d in self.desks if d.role == role and d.team.serves(segment) is not others]
            order = sorted((seat, i) for i, d in enumerate(desks) for seat in range(len(d.people)))
            self._turns[key] = deque(desks[i] for _, i in order)
        return self._turns[key]
