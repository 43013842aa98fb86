"""Whether every task has somebody who does it: a role with people, in a team that serves the lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simsales.scenario.checks.raw import (
    OPENING,
    Inconsistency,
    Path,
    RawChannel,
    channel_journeys,
    entries,
    get,
    mapping,
    names,
    number,
    read_steps,
    unknown,
)
from simsales.scenario.messages import shortened
from simsales.scenario.schema.fields import MAX_PEOPLE, NOBODY
from simsales.scenario.schema.journey_order import following
from simsales.scenario.segments import Segment

_Work = tuple[Path, str, list[Segment]]
"""The path of the field that names a role, the role, and the segments of the leads that need it."""


def staffing_faults(data: Any, channels: list[RawChannel]) -> Iterator[Inconsistency]:
    """Roles that nobody has, that are not described, or that no team has for some leads."""
    teams = get(data, "organization", "teams")
    yield from _member_faults(data, entries(data, "organization", "teams"))
    yield from _meeting_faults(data)
    complete = isinstance(teams, dict) and bool(teams)
    holders: dict[str, list[Any]] = {}
    for raw in teams.values() if isinstance(teams, dict) else ():
        members = get(raw, "members")
        if not isinstance(members, dict):
            complete = False  # any role may be in it, so none can be said to be missing
            continue
        for role, size in members.items():
            if size != 0:
                holders.setdefault(role, []).append(raw)
    overflow = get(data, "organization", "overflow_above") is not None
    reported: set[tuple[str, str]] = set()
    for where, role, segments in _work(data, channels):
        on_lists = where[0] == "channels"
        if role == NOBODY:
            if where[-1] != "by" or where[0] != "journeys":
                yield Inconsistency(where, NOBODY, "the name of a role")
        elif complete and role not in holders:
            yield unknown(where, role, "a role that somebody has", sorted(holders))
        elif complete:
            for segment in segments:
                # One fault per role and tier is enough.
                if (role, segment.tier) in reported:
                    continue
                # Names of a list are pulled only by teams that serve them: there is no overflow.
                wanted = Segment(segment.tier) if overflow and not on_lists else segment
                if not any(
                    _serves(raw, wanted, data, channels, overflow and not on_lists) for raw in holders[role]
                ):
                    reported.add((role, segment.tier))
                    found = f"{shortened(role)}, whom no team that serves {wanted} has"
                    yield Inconsistency(where, found, f"{shortened(role)} among the members of such a team")


def _member_faults(data: Any, teams: dict[str, dict[str, Any]]) -> Iterator[Inconsistency]:
    people = get(data, "people") if "people" in data else {}
    total = 0
    for team, raw in teams.items():
        count = raw.get("count", 1)
        for role, size in mapping(raw, "members").items():
            path: Path = ("organization", "teams", team, "members", role)
            if all(isinstance(each, int) and 0 < each <= MAX_PEOPLE for each in (size, count)):
                total += size * count
            if role == NOBODY:
                yield Inconsistency(path, NOBODY, "the name of a role", at_key=True)
            elif isinstance(people, dict) and role not in people:
                yield unknown(path, role, "a role described under people", people, at_key=True)
    if total > MAX_PEOPLE:
        found = f"{shortened(f'{total:,}')} people"
        yield Inconsistency(("organization", "teams"), found, f"at most {MAX_PEOPLE:,} in all teams together")
    if isinstance(people, dict) and NOBODY in people:
        yield Inconsistency(("people", NOBODY), NOBODY, "the name of a role", at_key=True)


def _meeting_faults(data: Any) -> Iterator[Inconsistency]:
    """Faults in who joins whom.

    A role that others join must not join others: else two meetings could wait for each other for ever.
    """
    steps = [
        (("journeys", tier, name), raw)
        for tier, journey in entries(data, "journeys").items()
        for name, raw in entries(journey).items()
    ]
    hosts: dict[str, str] = {}
    for (_, tier, name), raw in steps:
        if isinstance(raw.get("by"), str) and names(raw, "joined_by"):
            hosts.setdefault(raw["by"], f"{shortened(name)} of {shortened(tier)}")
    for here, raw in steps:
        by, joined = raw.get("by"), names(raw, "joined_by")
        if by == NOBODY:
            for key in ("joined_by",) * bool(joined) + ("no_show", "repeat"):
                if raw.get(key) is not None:
                    yield Inconsistency(
                        (*here, key), f"{key} in a step by nobody", "a role that does the step", at_key=True
                    )
            continue
        seen: set[str] = set()
        for i, role in joined:
            path = (*here, "joined_by", i)
            if role == by:
                yield Inconsistency(path, f"{shortened(role)}, who does the step", "another role")
            elif role in seen:
                yield Inconsistency(path, f"{shortened(role)} once more", "each role once")
            elif role in hosts:
                found = f"{shortened(role)}, whom others join at {hosts[role]}"
                yield Inconsistency(
                    path, found, "a role that nobody joins: else two meetings could wait for each other"
                )
            seen.add(role)


def _work(data: Any, channels: list[RawChannel]) -> Iterator[_Work]:
    """All work of all roles."""
    for channel in channels:
        if channel.worked_by is not None:
            yield (
                (*channel.path, "worked_by"),
                channel.worked_by,
                [s for tier in channel.tiers for s in channel.segments(tier)],
            )
    for tier, journey in entries(data, "journeys").items():
        segments_of = _segments_by_step(data, tier, journey, channels)
        for name, raw in entries(journey).items():
            here = ("journeys", tier, name)
            if isinstance(raw.get("by"), str):
                yield (*here, "by"), raw["by"], segments_of.get(name, [])
            if raw.get("by") != NOBODY:
                for i, role in names(raw, "joined_by"):
                    yield (*here, "joined_by", i), role, segments_of.get(name, [])
    for tier, product in entries(data, "tiers").items():
        there = get(data, OPENING, "customers", tier) or get(data, OPENING, "pipeline", tier)
        segments = [s for channel in channels if tier in channel.tiers for s in channel.segments(tier)]
        segments += [Segment(tier)] * bool(there)
        for where, raw in _work_on_customers(product):
            if isinstance(raw.get("by"), str):
                yield ("tiers", tier, *where, "by"), raw["by"], segments


def _work_on_customers(product: Any) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The work for a tier's customers: the path of each task, and what is said of it."""
    yield ("care",), mapping(product, "care")
    for name, contract in entries(product, "contracts").items():
        yield ("contracts", name, "renewal"), mapping(contract, "renewal")
    for name, lever in entries(product, "levers").items():
        yield ("levers", name), lever


def _segments_by_step(
    data: Any, tier: str, journey: dict[str, Any], channels: list[RawChannel]
) -> dict[str, list[Segment]]:
    """By step, the segments of the leads that may come to it; empty if the steps cannot be read."""
    segments_of: dict[str, list[Segment]] = {}
    for taken in channel_journeys(data, tier, read_steps(journey) or {}, channels):
        if taken.channel is None:
            waiting = mapping(data, OPENING, "pipeline", tier)
            starts = [i for i, name in enumerate(taken.names) if number(waiting.get(name))]
            segments = [Segment(tier)]
        else:
            state = taken.channel.enters_as
            starts = [i for i in [following(taken.on, state)] if i is not None]
            segments = taken.channel.segments(tier)
        for name in {name for start in starts for name in taken.reached(start)}:
            segments_of.setdefault(name, []).extend(segments)
    return segments_of


def _serves(team: Any, segment: Segment, data: Any, channels: list[RawChannel], only_tier: bool) -> bool:
    """Whether the team serves the segment; an unknown name counts, as it may be the right one, misspelled."""
    checks: list[tuple[str, str | None, set[str]]] = [("tiers", segment.tier, set(mapping(data, "tiers")))]
    if not only_tier:
        for what, name in (("regions", segment.region), ("industries", segment.industry)):
            checks.append((what, name, {each for c in channels for each in mapping(c.raw, what)}))
    for what, name, known in checks:
        served = [each for _, each in names(team, "serves", what)]
        if served and name not in served and known.issuperset(served):
            return False
    return True
