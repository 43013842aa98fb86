"""The event log: what happened to whom and when, for those who ask for it."""

from __future__ import annotations

from simsales.model.clock import Clock
from simsales.model.replication import Event


class EventLog:
    """Collects the events of one replication in the order in which they happen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.events: list[Event] = []

    def add(
        self, kind: str, channel: str, number: int, tier: str, step: str, detail: str = "", mrr: float = 0.0
    ) -> None:
        """Add an event that happens now; the arguments are the fields of `Event`."""
        self.events.append(Event(self._clock.now, kind, channel, number, tier, step, detail, mrr))
