"""What a scenario says before it is checked: as much as can be read from data of any shape.

Data of the wrong shape is skipped here; pydantic reports it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simsales.scenario.messages import NearMisses, listed, shortened
from simsales.scenario.schema.channels import kind_of_channel
from simsales.scenario.schema.fields import State
from simsales.scenario.schema.journey_order import following, in_order, states_on
from simsales.scenario.schema.journeys import Step

Path = tuple[str | int, ...]

OPENING = "opening"
"""Key of the leads and customers that are there at the beginning; no channel may have this name."""

MOST_STEPS = 50
"""Most steps of one journey; longer ones are not looked at."""

MOST_SEGMENTS = 10_000
"""Pairs of region and industry in a channel; more are not looked at."""


# ------------------------------------------------------------------------------------------- inconsistencies


@dataclass(frozen=True)
class Inconsistency:
    """A fault between parts; ``at_key`` if the key is wrong and not the value under it."""

    path: Path
    found: str
    expected: str
    at_key: bool = False
    name: str = ""
    """The name that is not known."""
    known: Collection[str] = field(default=(), compare=False, repr=False)
    """Names of which it may be a near miss."""

    def as_error(self, near_misses: NearMisses) -> InitErrorDetails:
        """The same fault as a pydantic error."""
        close = near_misses.of(self.name, self.known)
        hint = " (did you mean {near_miss}?)" if close else ""
        context = {
            "found": self.found, "expected": self.expected, "near_miss": close,
            "at_key": self.at_key, "across": True,
        }  # fmt: skip
        error = PydanticCustomError("simsales", f"found {{found}}, expected {{expected}}{hint}", context)
        return InitErrorDetails(type=error, loc=self.path, input=self.path[-1])


def unknown(
    path: Path, name: str, expected: str, known: Collection[str], *, at_key: bool = False
) -> Inconsistency:
    """A name that is not among the known ones; a close one is suggested."""
    return Inconsistency(path, shortened(name), f"{expected}: {listed(known)}", at_key, name, known)


# ------------------------------------------------------------------------------------------- tolerant reading


def plain(value: Any) -> Any:
    """Plain data, whether it was given so or as models already built."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if isinstance(key, str)}
    return [plain(each) for each in value] if isinstance(value, list) else value


def get(data: Any, *path: str) -> Any:
    """The value at a path; None if there is none."""
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
    """The texts in the list at a path, each with its index."""
    there = get(data, *path)
    return [
        (i, each) for i, each in enumerate(there if isinstance(there, list) else ()) if isinstance(each, str)
    ]


def number(value: Any) -> float | None:
    """The value, if it is a finite number."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if real and isfinite(value) else None


# ------------------------------------------------------------------------------------- channels and journeys


@dataclass(frozen=True)
class RawChannel:
    """A channel before it is checked."""

    name: str
    path: Path
    """Its path, including the tag by which pydantic tells the kinds of channels apart."""
    raw: dict[str, Any]
    outbound: bool

    @cached_property
    def tiers(self) -> dict[str, None]:
        """The tiers that get a share of its leads, in their order."""
        return dict.fromkeys(self.shared_by("tiers"))

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

    @cached_property
    def pairs(self) -> list[tuple[str | None, str | None]]:
        """The regions and industries of its leads."""
        regions: Sequence[str | None]
        industries: Sequence[str | None]
        regions, industries = self.shared_by("regions") or [None], self.shared_by("industries") or [None]
        return list(islice(product(regions, industries), MOST_SEGMENTS))


def raw_channels(data: Any) -> Iterator[RawChannel]:
    """All channels that are mappings."""
    for name, raw in entries(data, "channels").items():
        tag = kind_of_channel(raw)
        yield RawChannel(name, ("channels", name, tag), raw, tag == "outbound")


@dataclass(frozen=True)
class ChannelJourney:
    """The steps of a tier's journey that the leads of one channel take."""

    tier: str
    channel: RawChannel | None
    """None for the leads that are there at the beginning, which may take every step."""
    names: list[str]
    """Names of the steps, in the order of the journey."""
    steps: list[Step]
    on: list[State | None]
    """The state of the leads that take each step; the first step must name it."""
    partial: bool
    """Whether the journey has steps that these leads do not take."""

    def reached(self, at: int | None) -> set[str]:
        """The steps that leads may come to which begin at a step, also by nurture."""
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
        """`` for leads of content``, if these leads do not take all steps; for messages."""
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


def channel_journeys(
    data: Any, tier: str, steps: Mapping[str, Step], channels: Iterable[RawChannel]
) -> list[ChannelJourney]:
    """The tier's journey for every channel that brings such leads, and for those there at the beginning.

    If there are neither, the journey is read as a whole.
    """
    sources: list[RawChannel | None] = [channel for channel in channels if tier in channel.tiers]
    if not sources or mapping(data, OPENING, "pipeline", tier) or get(data, OPENING, "customers", tier):
        sources.append(None)
    found = []
    for source in sources:
        own = {
            name: step for name, step in steps.items()
            if source is None or step.channels is None or source.name in step.channels
        }  # fmt: skip
        taken = list(own.values())
        found.append(ChannelJourney(tier, source, list(own), taken, states_on(taken), len(own) < len(steps)))
    return found
