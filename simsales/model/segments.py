"""Segments: tier, region and industry, by which leads are told apart and teams can be dedicated."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

Segment = tuple[str, str | None, str | None]
"""Tier, region and industry of a lead: what teams can be dedicated to."""


class Segments:
    """Tells the segment of a lead of one tier and channel."""

    def __init__(
        self, tier: str, regions: Mapping[str, float] | None, industries: Mapping[str, float] | None
    ) -> None:
        self._tier = tier
        self._regions = _Sorter(regions)
        self._industries = _Sorter(industries)

    def of(self, region: float, industry: float) -> Segment:
        """The segment of a lead with these two uniform numbers."""
        return self._tier, self._regions.of(region), self._industries.of(industry)

    def all(self) -> list[Segment]:
        """Every segment that a lead may belong to."""
        return [(self._tier, r, i) for r in self._regions.names for i in self._industries.names]


class _Sorter:
    """Turns a uniform number into a name, by shares; None if there are no names."""

    def __init__(self, shares: Mapping[str, float] | None) -> None:
        self.names: list[str | None] = [None]
        self._edges: list[float] = []
        if shares:
            given = sorted(name for name, share in shares.items() if share > 0)
            self.names = [*given]
            self._edges = list(accumulate(shares[name] for name in given))[:-1]

    def of(self, number: float) -> str | None:
        return self.names[bisect_right(self._edges, number)]
