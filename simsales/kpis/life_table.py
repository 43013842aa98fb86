"""How long customers stay and what margin they bring: a period life table, as actuaries use.

Every customer-month of the horizon counts at the customer's age. So the table combines customers who signed
early and late, and describes a customer who meets, at each age, the churn and margin observed at that age.
"""

from __future__ import annotations

import math

import numpy as np

from simsales.kpis.series import Floats

FEW = 30
"""The fewest customers observed at an age for the age to stand alone, and the fewest leavers in a tail."""
CYCLE = 12
"""The fewest months that a tail spans, and its period: yearly contracts end at one age in twelve."""


class LifeTable:
    """Survival and margin by age in full months; age 0 is the month of signature.

    An age stands alone as long as `FEW` customers were observed at it. The tail begins at the first age with
    fewer, or earlier if needed for a tail of `CYCLE` ages that `FEW` customers left (at age 1 if these are
    too few altogether). In the tail, ages are pooled with those one, two, … years older: a customer in the
    tail repeats one and the same year. A month of that year without an observed customer takes the figures of
    the tail as a whole.

    The tail repeats a year, not a month, because customers on yearly contracts leave in one month of twelve.
    How many are observed in that month depends on when they signed; among young customers, renewals are too
    many or too few, and so would be a single hazard for all months.
    """

    def __init__(self, customers: Floats, left: Floats, margin: Floats, tail: int | None = None) -> None:
        """Build the table from what was observed at each age, from 0.

        Args:
            customers: Customers at that age at the start of a month, summed over months; at age 0 those who
                signed in it. (Customers who come back are observed from age 1 on.)
            left: Those of them who left at that month's end.
            margin: The margin of all of them in that month: revenue less cost to serve.
            tail: The age at which the tail begins; by default what was observed decides. If nobody was
                observed at a younger age, the table is undefined from there on.
        """
        self.signed = float(customers[0]) if customers.size else 0.0
        self.tail = tail = _tail(customers, left) if tail is None else tail
        stay = np.full(tail - 1, math.nan)
        seen = customers[1:tail]
        np.divide(seen - left[1:tail], seen, out=stay, where=seen > 0)
        self.survival: Floats = np.concatenate(([1.0, 1.0], np.cumprod(stay)))
        """S(a): the share still there at the start of age a, for ages 0 to ``tail``."""
        self.margin: Floats = margin[:tail] / np.maximum(customers[:tail], 1)
        """Mean margin of a customer of age a, in its month, for ages below ``tail``."""
        self.tail_hazard = _by_phase(left[tail:], customers[tail:])
        """Of the tail: share of customers that leave at the end of each month of the year, which begins with
        age ``tail``; nan if no customer was observed in the tail."""
        self.tail_margin = _by_phase(margin[tail:], customers[tail:])
        """Of the tail: a customer's margin in each month of the year."""
        self.tail_survival: Floats = np.concatenate(([1.0], np.cumprod(1 - self.tail_hazard)))
        """Of the tail: the share of those who begin a year that are still there at the start of each month of
        it, and at last of the next year."""

    def value(self) -> float:
        """LTV: the margin of a customer from signature until it leaves, not discounted.

        Σ S(a) · margin(a) below the tail, plus S(tail) · a year's margin in the tail / share that leaves in
        that year. nan if nobody signed, or nobody left in the tail.
        """
        leaving = 1 - float(self.tail_survival[-1])
        if not self.signed or not leaving > 0:
            return math.nan
        lived = float(self.survival[:-1] @ self.margin)
        year = float(self.tail_survival[:-1] @ self.tail_margin)
        return lived + float(self.survival[-1]) * year / leaving

    def left_before(self, months: float) -> float:
        """The share of customers who leave before they have stayed so many full months; nan if nobody
        signed, or no customer was observed that long.
        """
        if not self.signed or math.isnan(months):
            return math.nan
        age = max(1, math.ceil(months - 1e-9))
        if age <= self.tail:
            return 1 - float(self.survival[age])
        years, month = divmod(age - self.tail, CYCLE)
        return 1 - float(self.survival[-1] * self.tail_survival[-1] ** years * self.tail_survival[month])


def _by_phase(amounts: Floats, customers: Floats) -> Floats:
    """``amounts`` per customer by month of the year, shape (CYCLE,); of all months where none was
    observed."""
    phase = np.arange(customers.size) % CYCLE
    seen = np.bincount(phase, customers, CYCLE)
    total = float(seen.sum())
    pooled = float(amounts.sum()) / total if total else math.nan
    each = np.full(CYCLE, pooled)
    np.divide(np.bincount(phase, amounts, CYCLE), seen, out=each, where=seen > 0)
    return each


def _tail(customers: Floats, left: Floats) -> int:
    """The age at which the tail begins, at least 1."""
    ages = customers.size
    thin = np.flatnonzero(customers[1:] < FEW)
    first_thin = int(thin[0]) + 1 if thin.size else ages
    leavers_from = np.cumsum(left[::-1])[::-1]
    enough = np.flatnonzero(leavers_from[: max(0, ages - CYCLE + 1)] >= FEW)
    latest = int(enough[-1]) if enough.size else 1
    return max(1, min(first_thin, latest))
