"""Waiting: the tasks that can wait at a desk, and the statistics of its queue."""

from __future__ import annotations

from simsales.model.people.person import Person
from simsales.model.people.tasks import Task


class Backlog:
    """Tasks waiting at a desk now, and running sums over time."""

    __slots__ = ("_area", "_changed", "begun", "wait_days", "waiting")

    def __init__(self) -> None:
        self.waiting = 0
        """Tasks waiting now."""
        self.begun = 0
        """Tasks begun so far, waiting or not; names taken from lists are not counted."""
        self.wait_days = 0.0
        """Days that these have waited."""
        self._area = 0.0
        """Tasks waiting × days, up to the last change."""
        self._changed = 0.0

    def join(self, now: float) -> None:
        """A task begins to wait."""
        self._area += self.waiting * (now - self._changed)
        self._changed = now
        self.waiting += 1

    def leave(self, now: float) -> None:
        """A task waits no longer."""
        self._area += self.waiting * (now - self._changed)
        self._changed = now
        self.waiting -= 1

    def days(self, now: float) -> float:
        """Tasks waiting × days, from the beginning until now."""
        return self._area + self.waiting * (now - self._changed)


class WaitingTask(Task):
    """A task that may have to wait at a desk: a lead's next step, or a seat in a meeting."""

    __slots__ = ("backlog", "ready_at", "waits_for")

    backlog: Backlog | None
    """The backlog that it is part of; None while it does not wait."""
    waits_for: Person | None
    """In whose own queue it waits; None if in the desk's shared one. Set while it waits."""
    ready_at: float
    """When it became ready, in days. Set from then on."""

    def withdraw(self, now: float) -> None:
        """Let it wait no longer; its place in the queue is passed over once it is `gone`."""
        assert self.backlog is not None
        self.backlog.leave(now)
        if self.waits_for is not None:
            self.waits_for.waiting -= 1
        self.backlog = None
