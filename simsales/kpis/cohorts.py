"""Cohort counts: the states that leads, who came in after the warm-up, reach by the end of the horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simsales.kpis.series import Floats
from simsales.scenario.schema.fields import STATES

if TYPE_CHECKING:
    from simsales.model.replication import Table

OPENING = "opening"
"""The direction of leads that are there at the start; the states that they were in before are unknown."""
_WIN = STATES.index("WIN")


class Cohorts:
    """Counts of leads by flow (a channel and a tier) and state, over all months; figures are by tier.

    All leads of a flow come in with the same state and follow the same journey.
    """

    def __init__(self, cohorts: Table | None, tiers: Sequence[str]) -> None:
        """Count the rows of the model's table ``cohorts``; without it, there are no leads."""
        rows = [] if cohorts is None else _rows(cohorts.columns)
        number: dict[tuple[str, str], int] = {}
        for channel, tier, *_ in rows:
            number.setdefault((channel, tier), len(number))
        self.reached: Floats = np.zeros((len(number), len(STATES)))
        """Leads that have entered each state, shape (flows, states)."""
        self.lost: Floats = np.zeros(len(number))
        """Leads lost."""
        self._tier = np.array([tiers.index(tier) for _, tier in number], dtype=np.intp)
        self._tiers = len(tiers)
        for channel, tier, state, reached, lost in rows:
            flow = number[channel, tier]
            self.reached[flow, STATES.index(state)] += reached
            self.lost[flow] += lost

    @property
    def came_in(self) -> Floats:
        """All leads, shape (tiers,)."""
        # All leads of a flow have been in the state in which it begins, so no other state has more.
        return self._by_tier(self.reached.max(axis=1))

    @property
    def unfinished(self) -> Floats:
        """Leads neither lost nor won at the horizon's end, shape (tiers,)."""
        return self.came_in - self._by_tier(self.lost + self.reached[:, _WIN])

    def entered(self, a: str, b: str) -> tuple[Floats, Floats]:
        """The numbers of leads that entered state ``a``, and of these state ``b``; each of shape (tiers,).

        Only flows that pass both states count. A flow that never enters ``a`` begins behind it, and its leads
        in ``b`` did not come from ``a``; a flow that skips ``b`` would count as lost in between.
        """
        i, j = STATES.index(a), STATES.index(b)
        skips = (self.reached[:, j] == 0) & (self.reached[:, j:].sum(axis=1) > 0)
        passes_both = (self.reached[:, i] > 0) & ~skips
        return self._by_tier(self.reached[:, i] * passes_both), self._by_tier(
            self.reached[:, j] * passes_both
        )

    def _by_tier(self, by_flow: Floats) -> Floats:
        sums: Floats = np.bincount(self._tier, by_flow, self._tiers).astype(np.float64)
        return sums


def _rows(columns: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Channel, tier, state, reached and lost of the leads that came in after the warm-up."""
    names = ("channel", "tier", "state", "reached", "lost")
    counted = zip(columns["month"], columns["direction"], *(columns[name] for name in names), strict=True)
    return [row for month, direction, *row in counted if month >= 1 and direction != OPENING]  # type: ignore[misc]
