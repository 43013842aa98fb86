"""Segments of a channel's leads: tier, region and industry, drawn by shares."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

from simsales.scenario.segments import Segment


class Segments:
    """Tells the segment of a lead of one tier and channel."""

    def __init__(
        self, tier: str, regions: Mapping[str, float] | None, industries: Mapping[str, float] | None
    ) -> None:
        self._regions = _Shares(regions)
        self._industries = _Shares(industries)
        self._table = [
            [Segment(tier, region, industry) for industry in self._industries.names]
            for region in self._regions.names
        ]

    def of(self, region: float, industry: float) -> Segment:
        """The segment of a lead with these two uniform numbers."""
        return self._table[self._regions.place(region)][self._industries.place(industry)]

    def all(self) -> list[Segment]:
        """Every segment that a lead may belong to."""
        return [segment for row in self._table for segment in row]


class _Shares:
    """Turns a uniform number into the place of a name, by shares; without names there is but one place."""

    def __init__(self, shares: Mapping[str, float] | None) -> None:
        self.names: list[str | None] = [None]
        self._edges: list[float] = []
        if shares:
            given = sorted(name for name, share in shares.items() if share > 0)
            self.names = [*given]
            self._edges = list(accumulate(shares[name] for name in given))[:-1]

    def place(self, number: float) -> int:
        return bisect_right(self._edges, number)
