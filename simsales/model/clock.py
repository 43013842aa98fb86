"""The clock: time in days, exact month ends, and a stated order for things that fall on the same instant.

**Ties.** Within one instant, things happen in this order: month end, end of work, lead ready, lead goes
cold, arrival, care of customers (the constants below); within one of these by the number of the person, or
of the channel and the lead. People, channels and teams are numbered by the alphabetical order of their
names, so the order in which objects were made, or written in the scenario file, plays no part. What an
event decides (a lead is given to an idle person) takes place before the next event.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from math import inf
from typing import Any

import simpy

from simsales.errors import ModelError

# SimPy orders its queue by (time, priority, order of creation). Its own events have priority 0 or 1 and
# carry out what has been decided; ours follow, ranked by kind in the high bits and by number in the low
# ones. The order of creation decides only where it makes no difference: between two alarms of one lead, or
# between referral channels, which count the same customers.
MONTH_END = 2
END_OF_WORK = 1 << 56
LEAD_READY = 2 << 56
GOES_COLD = 3 << 56
ARRIVAL = 4 << 56
CARE = 5 << 56


def lead_rank(channel: int, number: int) -> int:
    """Rank of a lead among the leads of the same instant: by channel, then by its number in the channel."""
    return (channel << 40) + number


Event = simpy.Event
"""A plain SimPy event: something that processes wait for."""


class Clock(simpy.Environment):
    """SimPy's environment. Its time, ``now``, is in days from the beginning of the warm-up."""

    __slots__ = ("_now", "_stopped")
    now: float

    def run_until_stopped(self) -> None:
        """Let everything happen in its order, until `stop` is called.

        SimPy's own loop, written out: without a call for each event it is 3 % faster. (No event of this model
        fails, so none is looked at for that.)
        """
        queue: list[Any] = self._queue
        self._stopped = False
        while not self._stopped:
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None
            for callback in callbacks:
                callback(event)

    def stop(self) -> None:
        """End the simulation with the present event: nothing else takes place any more."""
        self._stopped = True


# SimPy's ``now`` is a property, which calls a function each time; the slot is read without a call (1 % of a
# replication).
Clock.now = Clock.__dict__["_now"]

Callbacks = list[Callable[[Any], None]]
"""Functions that an event calls, with itself."""


class Alarm(Event):
    """An event at a stated time (days), with a stated rank among the events of the same instant.

    It can be set again each time it has gone off, which is cheaper than a new event; it calls the same
    callbacks each time.
    """

    def __init__(self, clock: Clock, callbacks: Callbacks, value: Any = None) -> None:
        # As simpy.Timeout does: it counts as triggered, only its time is still to come.
        self.env = clock
        self._number = next(clock._eid)
        self._callbacks = callbacks
        self._value = value
        self._ok = True

    def at(self, time: float, rank: int) -> Alarm:
        """Set it to a time in days.

        Raises:
            ModelError: if the time is in the past, infinite, or not a number (SimPy accepts nan and then
                loses the order of its queue).
        """
        clock = self.env
        if time >= clock.now and time < inf:
            self.callbacks = self._callbacks
            # SimPy's own schedule takes a delay from now, which would round the exact time away.
            queue: list[Any] = clock._queue
            heappush(queue, (time, rank, self._number, self))
            return self
        raise ModelError(f"a time must be finite and not before now ({clock.now:g}), but is {time}")

    def go_off(self, value: Any) -> None:
        """Go off at once, without having been set, with a value. The waiting process runs before the caller
        goes on; nothing can come between, so the event need not pass through SimPy's queue.
        """
        self._value = value
        for callback in self._callbacks:
            callback(self)


Process = Callable[[Alarm], Generator[Event, Any, None]]
"""A function that becomes a process when it is started. It is given an alarm of its own and yields the event
that it waits for: this alarm or a plain SimPy event (never another process's alarm, whose callbacks are
fixed). It is sent the event's value.
"""


def start(clock: Clock, process: Process) -> None:
    """Start a process at once.

    simpy.Process does more (interrupts, failing events, an end that others can wait for); this model needs
    none of it, and every step of a process would pay for it.
    """
    callbacks: Callbacks = []
    alarm = Alarm(clock, callbacks)
    running = process(alarm)
    send = running.send

    def go_on(event: Event) -> None:
        try:
            awaited = send(event._value)
        except StopIteration:
            return
        if awaited is not alarm:
            awaited.callbacks.append(go_on)

    callbacks.append(go_on)
    first = next(running, alarm)  # (a process that ends at once waits for nothing)
    if first is not alarm:
        first.callbacks.append(go_on)
