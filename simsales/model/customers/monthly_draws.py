"""A customer's monthly draws: a number for each month and purpose, drawn when it signs.

A lead's own row of draws holds what happens once. What may come up every month (an up-sell, a contraction)
needs as many numbers as there are months, and few leads, the winners, need them. They come from
counter-based streams that are read at a place of the lead's own: the k-th lead of a channel finds its numbers
there whoever else has become a customer, and when.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simsales.model.draws import METHOD
from simsales.model.leads.lead import Lead
from simsales.streams import Streams


class MonthlyDraws:
    """The monthly draws of all customers, by channel and purpose."""

    def __init__(self, streams: Streams, months: int) -> None:
        self._streams = streams
        self._months = months
        self._open: dict[tuple[str, str, str], tuple[np.random.Generator, dict[str, Any]]] = {}

    def draw(self, channel: str, number: int, purpose: str, law: str) -> NDArray[np.float64]:
        """Standard draws of a law for lead ``number`` of a channel, one for each month, shape (months,).

        The streams are called ``channel/life/purpose:law``; the lead's number stands in the second word of
        Philox's counter, so each lead has 2^64 blocks of its own.
        """
        key = (channel, purpose, law)
        if key not in self._open:
            generator = self._streams.generator(f"{channel}/life/{purpose}:{law}")
            self._open[key] = generator, dict(generator.bit_generator.state)
        generator, state = self._open[key]
        state["state"]["counter"][:] = 0, number, 0, 0
        generator.bit_generator.state = state
        numbers: NDArray[np.float64] = getattr(generator, METHOD[law])(self._months)
        return numbers

    def of(self, lead: Lead, purpose: str, law: str) -> NDArray[np.float64]:
        """The draws of a lead for a purpose, one for each month, shape (months,)."""
        plan = lead.flow.plan
        return self.draw(plan.channel, plan.life_number(lead.number, lead.draws), purpose, law)
