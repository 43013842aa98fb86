"""Cohort counts: the states that leads, who came in after the warm-up, reach by the end of the horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simsales.kpis.series import Floats
from simsales.kpis.sources import OPENING
from simsales.scenario.schema.fields import STATES

if TYPE_CHECKING:
    from simsales.model.replication import Table

_WIN = STATES.index("WIN")


class Cohorts:
    """Counts of leads by flow (a channel and a tier) and state, over all months; figures are by tier.

    All leads of a flow come in with the same state and follow the same journey.
    """

    def __init__(
        self, flows: Sequence[tuple[str, str]], reached: Floats, lost: Floats, tiers: Sequence[str]
    ) -> None:
        """Take the counts of flows that are not those of the opening.

        Args:
            flows: Channel and tier of each.
            reached: Leads that have entered each state, shape (flows, [cases,] states).
            lost: Leads lost, shape (flows, [cases]).
            tiers: Their names.
        """
        self.reached, self.lost = reached, lost
        self._of_tier: Floats = np.array([[tier == own for _, own in flows] for tier in tiers], np.float64)

    @classmethod
    def of_table(cls, cohorts: Table | None, tiers: Sequence[str]) -> Cohorts:
        """Count the rows of the model's table ``cohorts``; without it, there are no leads."""
        rows = [] if cohorts is None else _rows(cohorts.columns)
        number: dict[tuple[str, str], int] = {}
        for channel, tier, *_ in rows:
            number.setdefault((channel, tier), len(number))
        reached, lost = np.zeros((len(number), len(STATES))), np.zeros(len(number))
        for channel, tier, state, entered, ended in rows:
            flow = number[channel, tier]
            reached[flow, STATES.index(state)] += entered
            lost[flow] += ended
        return cls(list(number), reached, lost, tiers)

    @property
    def came_in(self) -> Floats:
        """All leads, shape (tiers, [cases])."""
        # All leads of a flow have been in the state in which it begins, so no other state has more.
        return self._by_tier(self.reached.max(axis=-1))

    @property
    def unfinished(self) -> Floats:
        """Leads neither lost nor won at the horizon's end, shape (tiers, [cases])."""
        return self.came_in - self._by_tier(self.lost + self.reached[..., _WIN])

    def entered(self, a: str, b: str) -> tuple[Floats, Floats]:
        """The numbers of leads that entered state ``a``, and of these state ``b``; each (tiers, [cases]).

        Only flows that pass both states count. A flow that never enters ``a`` begins behind it, and its leads
        in ``b`` did not come from ``a``; a flow that skips ``b`` would count as lost in between.
        """
        i, j = STATES.index(a), STATES.index(b)
        skips = (self.reached[..., j] == 0) & (self.reached[..., j:].sum(axis=-1) > 0)
        passes_both = (self.reached[..., i] > 0) & ~skips
        return self._by_tier(self.reached[..., i] * passes_both), self._by_tier(
            self.reached[..., j] * passes_both
        )

    def _by_tier(self, by_flow: Floats) -> Floats:
        return np.tensordot(self._of_tier.reshape(len(self._of_tier), -1), by_flow, axes=(1, 0))


def _rows(columns: Mapping[str, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Channel, tier, state, reached and lost of the leads that came in after the warm-up.

    The states that leads of the opening were in before are unknown; they do not count.
    """
    names = ("channel", "tier", "state", "reached", "lost")
    counted = zip(columns["month"], columns["direction"], *(columns[name] for name in names), strict=True)
    return [row for month, direction, *row in counted if month >= 1 and direction != OPENING]  # type: ignore[misc]
