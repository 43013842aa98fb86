"""Routing: all teams and desks of an organization, and which of them a lead goes to."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from simsales.model.clock import Clock
from simsales.model.event_log import EventLog
from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person
from simsales.model.people.team import Team
from simsales.model.work.desk import Desk
from simsales.scenario.scenario import Scenario
from simsales.scenario.segments import Segment


@dataclass(frozen=True)
class DeskPlan:
    """The people of one role in one team, as the scenario has them."""

    team: Team
    role: str
    size: int
    hours_per_month: float


def plan_desks(scenario: Scenario) -> tuple[DeskPlan, ...]:
    """All desks, by the alphabetical order of teams, their copies, and roles."""
    plans = []
    for name, rules in sorted(scenario.organization.teams.items()):
        for copy in range(1, rules.count + 1):
            team = Team(f"{name}#{copy}", rules)
            plans += [
                DeskPlan(team, role, size, scenario.people[role].hours_per_month)
                for role, size in sorted(rules.members.items())
                if size
            ]
    return tuple(plans)


class Routing:
    """Knows all desks and people, and finds the desk that a lead goes to."""

    def __init__(
        self,
        plans: Sequence[DeskPlan],
        clock: Clock,
        log: EventLog | None,
        *,
        least_loaded: bool,
        overflow_above: float | None,
    ) -> None:
        self._least_loaded = least_loaded
        self._overflow_above = overflow_above
        self._tickets = count()
        self.desks: list[Desk] = []
        self.people: list[Person] = []
        self.desk_of: list[Desk] = []
        """The desk of each person, by the person's number."""
        self._in_team: dict[tuple[Team, str], Desk] = {}
        for plan in plans:
            desk = Desk(plan.team, plan.role, clock, self._tickets, log)
            for seat in range(1, plan.size + 1):
                person = Person(plan.team, plan.role, seat, len(self.people), plan.hours_per_month)
                desk.people.append(person)
                self.people.append(person)
                self.desk_of.append(desk)
            self.desks.append(desk)
            self._in_team[plan.team, plan.role] = desk
        self._turns: dict[tuple[str, Segment, bool], deque[Desk]] = {}
        """By role, segment and whether those that do *not* serve it are meant. Segments that the same desks
        serve share one deque, so that names which no team tells apart change nothing.
        """
        self._turn_of: dict[tuple[Desk, ...], deque[Desk]] = {}

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
            return self.desk_of[owner.number], owner
        desk = self.desk_in_team(person.team, lead, role)
        return (desk if desk is not None else self.route(role, lead.segment)), None

    def owner(self, lead: Lead, role: str) -> Person | None:
        """Who has done this role's work for the lead before and keeps it; None if nobody."""
        owner = None if lead.owners is None else lead.owners.get(role)
        return owner if owner is not None and owner.team.keeps_leads else None

    def desk_in_team(self, team: Team, lead: Lead, role: str) -> Desk | None:
        """The desk of this role in a team; None if it has none, or does not serve the lead."""
        desk = self._in_team.get((team, role))
        return desk if desk is not None and team.serves(lead.segment) else None

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
            turn = deque(desks[i] for _, i in order)
            self._turns[key] = self._turn_of.setdefault(tuple(desks), turn)
        return self._turns[key]
