"""What became of the leads that came in after the warm-up: how far they got until the horizon's end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simsales.scenario.schema.fields import STATES

if TYPE_CHECKING:
    from simsales.model.replication import Table

Floats = NDArray[np.float64]

OPENING = "opening"
"""The direction of those who are there at the beginning: nobody knows which states they were in before."""
_WIN = STATES.index("WIN")


class Cohorts:
    """Leads by flow, which is a channel and a tier, and state; those of all months together.

    All leads of a flow come in with the same state and go the same way, so a flow tells which states lie on
    it. The figures are by tier.
    """

    def __init__(self, cohorts: Table | None, tiers: Sequence[str]) -> None:
        """Take the model's table ``cohorts``; without it, there are no leads."""
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
        # Everybody has been in the state in which the flow begins, and in no other are there more.
        return self._by_tier(self.reached.max(axis=1))

    @property
    def unfinished(self) -> Floats:
        """Those neither lost nor won at the horizon's end, shape (tiers,)."""
        return self.came_in - self._by_tier(self.lost + self.reached[:, _WIN])

    def entered(self, a: str, b: str) -> tuple[Floats, Floats]:
        """How many have entered state ``a``, and how many of them state ``b``; each has shape (tiers,).

        Of flows on which both lie: those that nobody has been in ``a`` of are left out, or whoever came in
        behind it would count in ``b``; and those that go past ``b``.
        """
        i, j = STATES.index(a), STATES.index(b)
        goes_past = (self.reached[:, j] == 0) & (self.reached[:, j:].sum(axis=1) > 0)
        both = (self.reached[:, i] > 0) & ~goes_past
        return self._by_tier(self.reached[:, i] * both), self._by_tier(self.reached[:, j] * both)

    def _by_tier(self, by_flow: Floats) -> Floats:
        sums: Floats = np.bincount(self._tier, by_flow, self._tiers).astype(np.float64)
        return sums


def _rows(columns: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Channel, tier, state, reached and lost of the leads that came in after the warm-up."""
    names = ("channel", "tier", "state", "reached", "lost")
    counted = zip(columns["month"], columns["direction"], *(columns[name] for name in names), strict=True)
    return [row for month, direction, *row in counted if month >= 1 and direction != OPENING]  # type: ignore[misc]
