"""A scenario as far as it can be made out: what is read to check its parts against each other.

Whatever has the wrong shape is left out here; pydantic reports that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simsales.scenario import market, parts
from simsales.scenario.journey import following, in_order, states_on
from simsales.scenario.steps import Step
from simsales.scenario.words import listed, near_miss, shortened

Path = tuple[str | int, ...]

OPENING = "opening"
"""Where leads come from that are there at the beginning; no channel may be called so."""


MOST_SEGMENTS = 10_000
"""Pairs of region and industry in a channel; more are not looked at."""


# ---------------------------------------------------------------------------------------------- what is wrong


@dataclass(frozen=True)
class Disagreement:
    """Something wrong between parts; ``at_key`` if it is the key that is wrong and not the value under it."""

    path: Path
    found: str
    expected: str
    near_miss: str | None = None
    at_key: bool = False

    def as_error(self) -> InitErrorDetails:
        """The same as one of pydantic's errors."""
        hint = " (did you mean {near_miss}?)" if self.near_miss else ""
        context = {
            "found": self.found, "expected": self.expected, "near_miss": self.near_miss,
            "at_key": self.at_key, "across": True,
        }  # fmt: skip
        error = PydanticCustomError("simsales", f"found {{found}}, expected {{expected}}{hint}", context)
        return InitErrorDetails(type=error, loc=self.path, input=self.path[-1])


def unknown(
    path: Path, name: str, expected: str, known: Iterable[str], *, at_key: bool = False
) -> Disagreement:
    """A name that is not among the known ones, of which a close one is suggested."""
    known = list(known)
    return Disagreement(path, shortened(name), f"{expected}: {listed(known)}", near_miss(name, known), at_key)


# ------------------------------------------------------------------------------------------- tolerant reading


def plain(value: Any) -> Any:
    """Plain data, whether it was given so or as models already built."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if isinstance(key, str)}
    return [plain(each) for each in value] if isinstance(value, list) else value


def get(data: Any, *path: str) -> Any:
    """What stands at a path; None if nothing does."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def mapping(data: Any, *path: str) -> dict[str, Any]:
    """The mapping at a path; an empty one if there is none."""
    there = get(data, *path)
    return there if isinstance(there, dict) else {}


def entries(data: Any, *path: str) -> dict[str, dict[str, Any]]:
    """The mappings by name in the mapping at a path."""
    return {name: each for name, each in mapping(data, *path).items() if isinstance(each, dict)}


def names(data: Any, *path: str) -> list[tuple[int, str]]:
    """The texts in the list at a path, each with its place in it."""
    there = get(data, *path)
    return [
        (i, each) for i, each in enumerate(there if isinstance(there, list) else ()) if isinstance(each, str)
    ]


def number(value: Any) -> float | None:
    """The value, if it is a finite number."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if real and isfinite(value) else None


# ---------------------------------------------------------------------------------------- channels and tables


@dataclass(frozen=True)
class Segment:
    """What teams can be told to serve."""

    tier: str
    region: str | None = None
    industry: str | None = None

    def __str__(self) -> str:
        return ", ".join(
            shortened(each) for each in (self.tier, self.region, self.industry) if each is not None
        )


@dataclass(frozen=True)
class Channel:
    """As much of a channel as can be made out."""

    name: str
    path: Path
    """With the tag by which pydantic tells the kinds of channels apart."""
    raw: dict[str, Any]
    outbound: bool

    @property
    def tiers(self) -> list[str]:
        """The tiers that get a share of its leads."""
        return self.shared_by("tiers")

    @property
    def enters_as(self) -> Any:
        """The state in which its leads come in."""
        return self.raw.get("enters_as", "Suspect" if self.outbound else None)

    @property
    def worked_by(self) -> str | None:
        """The role that works through the list."""
        role = self.raw.get("worked_by")
        return role if isinstance(role, str) else None

    def shared_by(self, what: str) -> list[str]:
        """The tiers, regions or industries that get a share of its leads."""
        return [name for name, share in mapping(self.raw, what).items() if (number(share) or 0) > 0]

    def segments(self, tier: str) -> list[Segment]:
        """The segments of its leads of one tier."""
        regions: Sequence[str | None]
        industries: Sequence[str | None]
        regions, industries = self.shared_by("regions") or [None], self.shared_by("industries") or [None]
        pairs = islice(product(regions, industries), MOST_SEGMENTS)
        return [Segment(tier, region, industry) for region, industry in pairs]


def channels(data: Any) -> Iterator[Channel]:
    """All channels that are mappings."""
    for name, raw in entries(data, "channels").items():
        tag = market.kind_of_channel(raw)
        yield Channel(name, ("channels", name, tag), raw, tag == "outbound")


@dataclass(frozen=True)
class Table:
    """The journey of a tier as the leads of one channel meet it."""

    tier: str
    channel: Channel | None
    """None for the leads that are there at the beginning, which may take every step."""
    names: list[str]
    """Of the steps, in the order of the journey."""
    steps: list[Step]
    on: list[parts.State | None]
    """The state of the leads that take each step; the first must say it."""
    partial: bool
    """Whether there are steps that these leads do not take."""

    def reached(self, at: int | None) -> set[str]:
        """The steps that leads may come to who begin at a step, by nurture too."""
        found: set[str] = set()
        pending = [at]
        while pending:
            at = pending.pop()
            if at is None or self.names[at] in found:
                continue
            found.add(self.names[at])
            left_in = self.steps[at].to or self.on[at]
            pending.append(None if left_in is None else following(self.on, left_in, at + 1))
            nurture = self.steps[at].otherwise.nurture
            if nurture is not None and nurture.to in self.names:
                pending.append(self.names.index(nurture.to))
        return found

    def whose(self) -> str:
        """`` for leads of content``, if that says something."""
        return f" for leads of {shortened(self.channel.name)}" if self.channel and self.partial else ""


def read_steps(journey: Mapping[str, Any]) -> dict[str, Step] | None:
    """The steps of a journey, in its order; None if one of them has the wrong shape."""
    steps = {}
    for name, raw in journey.items():
        try:
            steps[name] = Step.model_validate(raw)
        except ValidationError:
            return None
    return {name: steps[name] for name in in_order(steps)}


def tables(data: Any, tier: str, steps: Mapping[str, Step], sources: Iterable[Channel]) -> list[Table]:
    """The tier's journey for every channel that brings such leads, and for those there at the beginning.

    If there are neither, the journey is read as a whole.
    """
    flows: list[Channel | None] = [channel for channel in sources if tier in channel.tiers]
    if not flows or mapping(data, OPENING, "pipeline", tier) or get(data, OPENING, "customers", tier):
        flows.append(None)
    found = []
    for flow in flows:
        own = {
            name: step for name, step in steps.items()
            if flow is None or step.channels is None or flow.name in step.channels
        }  # fmt: skip
        found.append(
            Table(
                tier,
                flow,
                list(own),
                list(own.values()),
                states_on(list(own.values())),
                len(own) < len(steps),
            )
        )
    return found
