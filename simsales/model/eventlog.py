"""The event log: what happened to whom and when, for those who ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from simsales.model.replication import Event

if TYPE_CHECKING:
    from simsales.model.leads import Lead
    from simsales.model.people import Person


class EventLog:
    """Collects the events of one replication in the order in which they happen."""

    def __init__(self, clock: simpy.Environment) -> None:
        self._clock = clock
        self.events: list[Event] = []

    def lead(self, kind: str, lead: Lead, detail: str = "") -> None:
        """Note what happened to a lead."""
        flow = lead.flow
        self.events.append(
            Event(self._clock.now, kind, flow.channel, lead.number, flow.tier, lead.stage.name, detail)
        )

    def customer(self, kind: str, lead: Lead, step: str, person: Person | None, mrr: float) -> None:
        """Note what happened to a customer: the contract or cause goes under ``step``."""
        flow = lead.flow
        who = "" if person is None else person.name
        self.events.append(Event(self._clock.now, kind, flow.channel, lead.number, flow.tier, step, who, mrr))
