"""The clock: time in days, exact month ends, and a stated order for things that fall on the same instant.

**Ties.** Within one instant, things happen in this order: month end, end of work, lead ready, lead goes
cold, arrival, care of the base (the constants below); within one of these by the number of the person, or
of the channel and the lead. People, channels and teams are numbered by the alphabetical order of their
names, so the order in which objects were made, or written in the scenario file, plays no part. What a
happening decides (a lead given to an idle person) takes place before the next happening.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappush
from math import inf
from typing import Any

import simpy

from simsales.errors import ModelError

# SimPy orders its queue by (time, priority, order of creation). Its own events have priority 0 or 1 and
# carry out what has been decided; ours follow, told apart by kind in the high bits and by number in the
# low ones. Creation order is asked only where it makes no difference: two alarms of one lead, or channels
# of referrals that count the same customers.
MONTH_END = 2
END_OF_WORK = 1 << 56
LEAD_READY = 2 << 56
GOES_COLD = 3 << 56
ARRIVAL = 4 << 56
CARE = 5 << 56


def lead_rank(channel: int, number: int) -> int:
    """Place of a lead among the leads of the same instant: by channel, then by its number in the channel."""
    return (channel << 40) + number


Told = list[Callable[[Any], None]]
"""What is called when something happens, with the happening."""


class Alarm(simpy.Event):
    """An event at a stated time (days), with a stated rank among what happens at the same instant.

    It may be set anew each time it has gone off, which is cheaper than a new one; the same are told each
    time.
    """

    def __init__(self, clock: simpy.Environment, told: Told, value: Any = None) -> None:
        # As simpy.Timeout does: it is as good as triggered, only the time is to come.
        self.env = clock
        self._number = next(clock._eid)
        self._told = told
        self._value = value
        self._ok = True

    def at(self, time: float, rank: int) -> Alarm:
        """Set it.

        Raises:
            ModelError: if the time is in the past, infinite, or not a number (which SimPy would take, and
                lose its order).
        """
        clock = self.env
        if time >= clock._now and time < inf:  # (chained, this would cost twice as much)
            self.callbacks = self._told
            # Not by a delay from now, as SimPy's own schedule takes it: that would round the exact time away.
            queue: list[Any] = clock._queue
            heappush(queue, (time, rank, self._number, self))
            return self
        raise ModelError(f"a time must be finite and not before now ({clock._now:g}), but is {time}")

    def go_off(self, value: Any) -> None:
        """Go off at once, without having been set, and bring a value. Whoever waits goes on before the caller
        does: nothing else can come between, so there is no need to put it on the clock.
        """
        self._value = value
        for told in self._told:
            told(self)


Process = Callable[[Alarm], Generator[simpy.Event, Any, None]]
"""What becomes a process when it is started: it is given an alarm of its own, and yields what it waits for,
this alarm or an event of SimPy's (not an alarm of others, who tell the same every time); it is sent the value
of that.
"""


def start(clock: simpy.Environment, process: Process) -> None:
    """Start a process, at once.

    What simpy.Process does beyond this (interrupts, events that fail, an end that others wait for) this model
    has no use for, and each step of a process would pay for it.
    """
    told: Told = []
    alarm = Alarm(clock, told)
    running = process(alarm)
    send = running.send

    def go_on(event: simpy.Event) -> None:
        try:
            awaited = send(event._value)
        except StopIteration:
            return
        if awaited is not alarm:
            awaited.callbacks.append(go_on)

    told.append(go_on)
    first = next(running, alarm)  # (one that ends at once waits for nothing)
    if first is not alarm:
        first.callbacks.append(go_on)
