"""The list price of a tier in the course of time."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simsales.model.calendar import Calendar
from simsales.scenario.schema.tiers import Tier


class PriceList:
    """The list prices of a tier, each with the moment from which it holds."""

    def __init__(self, product: Tier, calendar: Calendar) -> None:
        changes = sorted(product.price_changes.items(), key=lambda item: (item[1].month, item[0]))
        self._from = [calendar.day(change.month) for _, change in changes]
        self.prices = [product.price_per_month, *(change.price_per_month for _, change in changes)]
        """One after the other."""
        self._for_renewals = [0]
        for place, (_, change) in enumerate(changes, start=1):
            self._for_renewals.append(place if change.base == "at_renewal" else self._for_renewals[-1])
        self.reference = (
            product.price_per_month
            if product.reference_price_per_month is None
            else product.reference_price_per_month
        )
        """The price at which everything that depends on the price is as stated."""

    def at(self, now: float) -> float:
        """The list price at a time in days."""
        return self.prices[self.place(now)]

    def place(self, now: float) -> int:
        """Which of the list prices holds at a time in days."""
        return bisect_right(self._from, now) if self._from else 0

    def for_renewals(self, moments: ArrayLike) -> NDArray[np.int64]:
        """Which list price customers get who renew at these moments in days, unless they have a later one."""
        places = np.searchsorted(self._from, moments, side="right")
        return np.asarray(self._for_renewals)[places]

    def ratio(self, price: float) -> float:
        """A price relative to the reference price; 1 where the reference is free of charge."""
        return price / self.reference if self.reference else 1.0
