"""How long customers stay and what they bring meanwhile: a period life table, as actuaries make one.

Every customer-month of the window counts at its age. So the table mixes those who came early and those who
came late, and says what a customer would live through who met at each age what was met there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEW = 30
"""An age at which fewer customers were seen says little by itself, and so does a tail that fewer left."""
CYCLE = 12
"""Months that a tail spans at least, so that yearly renewals fall into it as often as they should."""


class LifeTable:
    """Survival and margin by age in full months; age 0 is the month of signature.

    Ages stand for themselves as long as `FEW` customers were seen at each. From the first age at which fewer
    were, or earlier if needed to leave a tail of `CYCLE` ages that `FEW` customers left (all ages from 1 on,
    if these are too few), ages are pooled: whoever comes so far leaves at one hazard and brings one margin
    from then on, those of the pool.
    """

    def __init__(self, customers: Floats, left: Floats, margin: Floats) -> None:
        """Take what was seen at each age, from 0.

        Args:
            customers: customers at that age at the start of a month, summed over months; at age 0 those who
                signed, or came back.
            left: those of them who left at that month's end.
            margin: what all of them brought in that month: revenue less cost to serve.
        """
        self.signed = float(customers[0]) if customers.size else 0.0
        self.tail = tail = _tail(customers, left)
        seen = customers[1:tail]
        self.survival: Floats = np.concatenate(([1.0, 1.0], np.cumprod(1 - left[1:tail] / seen)))
        """S(a): the share still there at the start of age a, for ages 0 to ``tail``."""
        self.margin: Floats = margin[:tail] / np.maximum(customers[:tail], 1)
        """Mean margin of a customer of age a, in its month, for ages below ``tail``."""
        exposure = float(customers[tail:].sum())
        self.hazard = float(left[tail:].sum()) / exposure if exposure else math.nan
        """Of the tail: share of customers that leave at a month's end."""
        self.tail_margin = float(margin[tail:].sum()) / exposure if exposure else math.nan
        """Of the tail: a customer's margin in a month."""

    def value(self) -> float:
        """LTV: the margin that a customer brings from signature until it leaves, not discounted.

        Σ S(a) · margin(a) below the tail, plus S(tail) · tail margin / tail hazard. nan if nobody signed, or
        nobody left in the tail: then no end of the life is in sight.
        """
        if not self.signed or not self.hazard > 0:
            return math.nan
        lived = float(self.survival[:-1] @ self.margin)
        return lived + float(self.survival[-1]) * self.tail_margin / self.hazard

    def left_before(self, months: float) -> float:
        """The share of customers who leave before they have stayed so many full months; nan if nobody
        signed, or nobody was seen that long.
        """
        if not self.signed or math.isnan(months):
            return math.nan
        age = max(1, math.ceil(months - 1e-9))
        if age <= self.tail:
            return 1 - float(self.survival[age])
        return 1 - float(self.survival[-1] * (1 - self.hazard) ** (age - self.tail))


def _tail(customers: Floats, left: Floats) -> int:
    """The age from which on ages are pooled, 1 at least."""
    ages = customers.size
    thin = np.flatnonzero(customers[1:] < FEW)
    first_thin = int(thin[0]) + 1 if thin.size else ages
    leavers_from = np.cumsum(left[::-1])[::-1]
    enough = np.flatnonzero(leavers_from[: max(0, ages - CYCLE + 1)] >= FEW)
    latest = int(enough[-1]) if enough.size else 1
    return max(1, min(first_thin, latest))
