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
"""Months that a tail spans at least, and repeats: yearly contracts end at one age in twelve."""


class LifeTable:
    """Survival and margin by age in full months; age 0 is the month of signature.

    Ages stand for themselves as long as `FEW` customers were seen at each. From the first age at which fewer
    were, or earlier if needed to leave a tail of `CYCLE` ages that `FEW` customers left (all ages from 1 on,
    if these are too few), ages are pooled with those one, two, … years older: whoever comes so far lives
    through one and the same year over and over. A month of the year that nobody was seen in takes the figures
    of the tail as a whole.

    Why a year, and not one month: customers on yearly contracts leave in one month of twelve. How many were
    seen in that month and how many in the others depends on when they signed; in a young base, renewals are
    too many or too few, and one hazard for all months with them.
    """

    def __init__(self, customers: Floats, left: Floats, margin: Floats) -> None:
        """Take what was seen at each age, from 0.

        Args:
            customers: customers at that age at the start of a month, summed over months; at age 0 those who
                signed in it. (Who comes back is seen from age 1 on.)
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
        self.tail_hazard = _by_phase(left[tail:], customers[tail:])
        """Of the tail: share of customers that leave at the end of each month of the year, which begins with
        age ``tail``; nan if nobody was seen in the tail."""
        self.tail_margin = _by_phase(margin[tail:], customers[tail:])
        """Of the tail: a customer's margin in each month of the year."""
        self.tail_survival: Floats = np.concatenate(([1.0], np.cumprod(1 - self.tail_hazard)))
        """Of the tail: the share of those who begin a year that are still there at the start of each month of
        it, and at last of the next year."""

    def value(self) -> float:
        """LTV: the margin that a customer brings from signature until it leaves, not discounted.

        Σ S(a) · margin(a) below the tail, plus S(tail) · a year's margin in the tail / share that leaves in
        that year. nan if nobody signed, or nobody left in the tail: then no end of the life is in sight.
        """
        leaving = 1 - float(self.tail_survival[-1])
        if not self.signed or not leaving > 0:
            return math.nan
        lived = float(self.survival[:-1] @ self.margin)
        year = float(self.tail_survival[:-1] @ self.tail_margin)
        return lived + float(self.survival[-1]) * year / leaving

    def left_before(self, months: float) -> float:
        """The share of customers who leave before they have stayed so many full months; nan if nobody
        signed, or nobody was seen that long.
        """
        if not self.signed or math.isnan(months):
            return math.nan
        age = max(1, math.ceil(months - 1e-9))
        if age <= self.tail:
            return 1 - float(self.survival[age])
        years, month = divmod(age - self.tail, CYCLE)
        return 1 - float(self.survival[-1] * self.tail_survival[-1] ** years * self.tail_survival[month])


def _by_phase(what: Floats, customers: Floats) -> Floats:
    """``what`` for each customer by month of the year, shape (CYCLE,); of all months where none was seen."""
    phase = np.arange(customers.size) % CYCLE
    seen = np.bincount(phase, customers, CYCLE)
    total = float(seen.sum())
    pooled = float(what.sum()) / total if total else math.nan
    each = np.full(CYCLE, pooled)
    np.divide(np.bincount(phase, what, CYCLE), seen, out=each, where=seen > 0)
    return each


def _tail(customers: Floats, left: Floats) -> int:
    """The age from which on ages are pooled, 1 at least."""
    ages = customers.size
    thin = np.flatnonzero(customers[1:] < FEW)
    first_thin = int(thin[0]) + 1 if thin.size else ages
    leavers_from = np.cumsum(left[::-1])[::-1]
    enough = np.flatnonzero(leavers_from[: max(0, ages - CYCLE + 1)] >= FEW)
    latest = int(enough[-1]) if enough.size else 1
    return max(1, min(first_thin, latest))
