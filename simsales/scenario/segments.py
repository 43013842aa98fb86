"""Segments: what leads are told apart by, and what teams can be dedicated to."""

from __future__ import annotations

from typing import NamedTuple


class Segment(NamedTuple):
    """Tier, region and industry of a lead; None where it has none."""

    tier: str
    region: str | None = None
    industry: str | None = None
