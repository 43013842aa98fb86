"""Exposure: who was there at what age, who left, and what they brought; the raw material of life tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simsales.model.customers.table import Mask, Numbers

OLDEST = 1200
"""Age in months from which on customers are no longer told apart by age."""


class Exposure:
    """Customer-months by age, collected month by month."""

    def __init__(self) -> None:
        self._months: list[tuple[NDArray[np.int64], Mask, Numbers, Numbers]] = []

    def add(self, age: NDArray[np.int64], leaving: Mask, revenue: Numbers, margin: Numbers) -> None:
        """Add the customers of a month: age, whether they leave, revenue and margin, each shape
        (customers,).
        """
        self._months.append((age, leaving, revenue, margin))

    def by_age(self) -> Numbers:
        """Customer-months, of these left, revenue and margin by age, shape (4, ages)."""
        if not self._months:
            return np.zeros((4, 0))
        age, left, revenue, margin = (np.concatenate(each) for each in zip(*self._months, strict=True))
        age = np.minimum(age, OLDEST)
        return np.array([np.bincount(age, weights=each) for each in (None, left, revenue, margin)])
