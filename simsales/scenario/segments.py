"""Segments: the groups of leads and customers that a team can be told to serve."""

from __future__ import annotations

from typing import NamedTuple

from simsales.scenario.messages import shortened


class Segment(NamedTuple):
    """Tier, region and industry of a lead; region and industry are None if leads have none."""

    tier: str
    region: str | None = None
    industry: str | None = None

    def __str__(self) -> str:
        return ", ".join(shortened(each) for each in self if each is not None)
