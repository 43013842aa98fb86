"""Whether every task has somebody who does it: a role with people, in a team that serves the lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from simsales.scenario.checks.raw import (
    MOST_STEPS,
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

_Source = tuple[str, RawChannel | None]
"""Where leads that need a role come from: their tier and channel; None for those there at the beginning."""

_Work = tuple[Path, str, list[_Source]]
"""The path of the field that names a role, the role, and the sources of the leads that need it."""


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
    known = _known(data, channels)
    serving = {role: _Serving(raws, known) for role, raws in holders.items()}
    roles = dict.fromkeys(sorted(holders))

    @cache
    def unserved(role: str, source: int, only_tier: bool) -> Segment | None:
        """The first segment of a source that no team with the role serves."""
        tier, channel = sources[source]
        if only_tier:
            return None if serving[role].serve(tier) else Segment(tier)
        pairs = [(None, None)] if channel is None else channel.pairs
        return serving[role].lacking(tier, pairs)

    sources: list[_Source] = []
    places: dict[tuple[str, str | None], int] = {}
    reported: set[tuple[str, str]] = set()
    for where, role, needed_by in _work(data, channels):
        on_lists = where[0] == "channels"
        if role == NOBODY:
            if where[-1] != "by" or where[0] != "journeys":
                yield Inconsistency(where, NOBODY, "the name of a role")
        elif complete and role not in holders:
            yield unknown(where, role, "a role that somebody has", roles)
        elif complete:
            for tier, channel in needed_by:
                # One fault per role and tier is enough.
                if (role, tier) in reported:
                    continue
                key = (tier, None if channel is None else channel.name)
                place = places.setdefault(key, len(sources))
                if place == len(sources):
                    sources.append((tier, channel))
                # Names of a list are pulled only by teams that serve them: there is no overflow.
                segment = unserved(role, place, overflow and not on_lists)
                if segment is not None:
                    reported.add((role, tier))
                    found = f"{shortened(role)}, whom no team that serves {segment} has"
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
                [(tier, channel) for tier in channel.tiers],
            )
    for tier, journey in entries(data, "journeys").items():
        sources_of = _sources_by_step(data, tier, journey, channels)
        for name, raw in entries(journey).items():
            here = ("journeys", tier, name)
            if isinstance(raw.get("by"), str):
                yield (*here, "by"), raw["by"], sources_of.get(name, [])
            if raw.get("by") != NOBODY:
                for i, role in names(raw, "joined_by"):
                    yield (*here, "joined_by", i), role, sources_of.get(name, [])
    for tier, product in entries(data, "tiers").items():
        there = get(data, OPENING, "customers", tier) or get(data, OPENING, "pipeline", tier)
        sources: list[_Source] = [(tier, channel) for channel in channels if tier in channel.tiers]
        sources += [(tier, None)] * bool(there)
        for where, raw in _work_on_customers(product):
            if isinstance(raw.get("by"), str):
                yield ("tiers", tier, *where, "by"), raw["by"], sources


def _work_on_customers(product: Any) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The work for a tier's customers: the path of each task, and what is said of it."""
    yield ("care",), mapping(product, "care")
    for name, contract in entries(product, "contracts").items():
        yield ("contracts", name, "renewal"), mapping(contract, "renewal")
    for name, lever in entries(product, "levers").items():
        yield ("levers", name), lever


def _sources_by_step(
    data: Any, tier: str, journey: dict[str, Any], channels: list[RawChannel]
) -> dict[str, list[_Source]]:
    """By step, where the leads come from that may come to it; empty if the steps cannot be read."""
    sources_of: dict[str, list[_Source]] = {}
    if len(journey) > MOST_STEPS:
        return {}
    for taken in channel_journeys(data, tier, read_steps(journey) or {}, channels):
        if taken.channel is None:
            waiting = mapping(data, OPENING, "pipeline", tier)
            starts = [i for i, name in enumerate(taken.names) if number(waiting.get(name))]
        else:
            starts = [i for i in [following(taken.on, taken.channel.enters_as)] if i is not None]
        for name in {name for start in starts for name in taken.reached(start)}:
            sources_of.setdefault(name, []).append((tier, taken.channel))
    return sources_of


def _known(data: Any, channels: list[RawChannel]) -> dict[str, set[str]]:
    """The names that a team may be told to serve."""
    known = {"tiers": set(mapping(data, "tiers"))}
    for what in ("regions", "industries"):
        known[what] = {name for channel in channels for name in mapping(channel.raw, what)}
    return known


class _Serving:
    """Which of some teams serve a segment: a bit for each team, so that thousands are compared at once."""

    def __init__(self, teams: Iterable[Any], known: Mapping[str, set[str]]) -> None:
        self._all = dict.fromkeys(known, 0)
        """By kind of name, the teams that serve every name."""
        self._by_name: dict[str, dict[str, int]] = {what: {} for what in known}
        for place, team in enumerate(teams):
            for what, there in known.items():
                served = {name for _, name in names(team, "serves", what)}
                # (An unknown name may be the right one, misspelled.)
                if not served or not there.issuperset(served):
                    self._all[what] |= 1 << place
                for name in served:
                    self._by_name[what][name] = self._by_name[what].get(name, 0) | 1 << place

    def serve(self, tier: str) -> int:
        """Which of them serve a tier: 0 if none does."""
        return self._of("tiers", tier)

    def lacking(self, tier: str, pairs: Iterable[tuple[str | None, str | None]]) -> Segment | None:
        """The first of a tier's segments, by region and industry, that none of them serves."""
        of_tier = self.serve(tier)
        for region, industry in pairs:
            if not of_tier & self._of("regions", region) & self._of("industries", industry):
                return Segment(tier, region, industry)
        return None

    def _of(self, what: str, name: str | None) -> int:
        return self._all[what] | (0 if name is None else self._by_name[what].get(name, 0))
