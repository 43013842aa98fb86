"""What must agree between the parts of a scenario.

The checks run on the data as it was given, before or after pydantic has found it good, so that their faults
are told together with those of single fields. Whatever has the wrong shape is skipped: pydantic reports that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simsales.scenario import market, parts
from simsales.scenario.journey import following, in_order, states_on
from simsales.scenario.steps import Step
from simsales.scenario.words import listed, near_miss, shortened

if TYPE_CHECKING:
    from simsales.scenario.parts import State
    from simsales.scenario.schema import Scenario

Path = tuple[str | int, ...]

LEAST_HOURS = 0.01
"""Effort for one name of an endless list; with less, one person would work through endless names in no
time."""


def validated(title: str, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
    """Build the scenario from ``data``; raise every fault, of single fields and between parts, at once."""
    faults = [] if isinstance(data, BaseModel) else list(_faults(_plain(data)))
    errors: list[InitErrorDetails] = []
    scenario = None
    try:
        scenario = handler(data)
    except ValidationError as error:
        errors = [_again(each) for each in error.errors(include_url=False)]
    # What is wrong twice over at one place (a list worked by a role that is unknown and so is not the right
    # one) is told once.
    first: dict[Path, _Disagreement] = {}
    for fault in faults:
        first.setdefault(fault.path, fault)
    errors += [fault.as_error() for fault in first.values()]
    if errors or scenario is None:
        raise ValidationError.from_exception_data(title, errors) from None
    return scenario


def _again(each: Any) -> InitErrorDetails:
    """A collected error in the form in which errors are raised."""
    kind: Any = each["type"]
    if kind == "simsales":
        kind = PydanticCustomError("simsales", "found {found}, expected {expected}", each["ctx"])
    return InitErrorDetails(type=kind, loc=each["loc"], input=each["input"], ctx=each.get("ctx", {}))


@dataclass(frozen=True)
class _Disagreement:
    """Something wrong between parts; ``at_key`` if it is the key that is wrong and not the value under it."""

    path: Path
    found: str
    expected: str
    near_miss: str | None = None
    at_key: bool = False

    def as_error(self) -> InitErrorDetails:
        hint = " (did you mean {near_miss}?)" if self.near_miss else ""
        context = {
            "found": self.found, "expected": self.expected, "near_miss": self.near_miss,
            "at_key": self.at_key, "across": True,
        }  # fmt: skip
        error = PydanticCustomError("simsales", f"found {{found}}, expected {{expected}}{hint}", context)
        return InitErrorDetails(type=error, loc=self.path, input=self.path[-1])


# ------------------------------------------------------------------------------------------- tolerant reading


def _plain(value: Any) -> Any:
    """Plain data, whether it was given so or as models already built."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if isinstance(key, str)}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _get(data: Any, *path: str) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _entries(data: Any, *path: str) -> dict[str, dict[str, Any]]:
    """The mappings by name at a path; none if there is no mapping."""
    there = _get(data, *path)
    return (
        {name: each for name, each in there.items() if isinstance(each, dict)}
        if isinstance(there, dict)
        else {}
    )


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class _Channel:
    path: Path
    """With the tag by which pydantic tells inbound from outbound."""
    tiers: list[str]
    """The tiers that get a share of its leads."""
    enters_as: Any
    says_enters_as: bool
    outbound: bool
    worked_by: Any
    endless: bool


def _channels(data: Any) -> Iterator[_Channel]:
    for name, raw in _entries(data, "channels").items():
        tag = market.kind_of_channel(raw)
        shares = raw.get("tiers")
        yield _Channel(
            path=("channels", name, tag),
            tiers=[t for t, x in shares.items() if (_number(x) or 0) > 0] if isinstance(shares, dict) else [],
            enters_as=raw.get("enters_as", "Suspect" if tag == "outbound" else None),
            says_enters_as="enters_as" in raw,
            outbound=tag == "outbound",
            worked_by=raw.get("worked_by"),
            endless=raw.get("list_size") is None,
        )


@dataclass(frozen=True)
class _Step:
    """As much of a step as the walk along the journey needs."""

    by: str
    on: State | None
    to: State | None
    after: str | None
    pass_probability: float
    effort_hours: float

    @classmethod
    def read(cls, raw: Any) -> _Step | None:
        """None if the step has not the right shape."""
        try:
            step = Step.model_validate(raw)
        except ValidationError:
            return None
        return cls(
            step.by, step.on, step.to, step.after, step.pass_probability, parts.mean_of(step.effort_hours)
        )


# ---------------------------------------------------------------------------------------------------- checks


def _faults(data: Any) -> Iterator[_Disagreement]:
    channels = list(_channels(data))
    yield from _tier_faults(data, channels)
    yield from _role_faults(data, channels)
    for tier in _entries(data, "journeys"):
        yield from _journey_faults(data, tier, channels)


def _unknown(
    path: Path, name: str, expected: str, known: Iterable[str], *, at_key: bool = False
) -> _Disagreement:
    known = list(known)
    return _Disagreement(
        path, shortened(name), f"{expected}: {listed(known)}", near_miss(name, known), at_key
    )


def _tier_faults(data: Any, channels: list[_Channel]) -> Iterator[_Disagreement]:
    tiers, journeys = _get(data, "tiers"), _get(data, "journeys")
    if not isinstance(tiers, dict) or not tiers:
        return
    if isinstance(journeys, dict) and journeys:
        misspelled = set()
        for name in journeys:
            if name not in tiers:
                fault = _unknown(("journeys", name), name, "a tier", tiers, at_key=True)
                misspelled.add(fault.near_miss)
                yield fault
        for name in tiers:
            if name not in journeys and name not in misspelled:
                close = near_miss(name, set(journeys) - set(tiers))
                found = f"{shortened(name)}, a tier without a journey"
                yield _Disagreement(
                    ("tiers", name), found, f"journeys to have {shortened(name)}", close, at_key=True
                )
    for channel in channels:
        shares = _get(data, "channels", str(channel.path[1]), "tiers")
        for name in shares if isinstance(shares, dict) else ():
            if name not in tiers:
                yield _unknown((*channel.path, "tiers", name), name, "a tier", tiers, at_key=True)
    for team, raw in _entries(data, "organization", "teams").items():
        served = _get(raw, "serves", "tiers")
        for i, name in enumerate(served if isinstance(served, list) else ()):
            if isinstance(name, str) and name not in tiers:
                yield _unknown(("organization", "teams", team, "serves", "tiers", i), name, "a tier", tiers)


def _role_faults(data: Any, channels: list[_Channel]) -> Iterator[_Disagreement]:
    teams = _get(data, "organization", "teams")
    people = _get(data, "people") if "people" in data else {}
    total = 0
    roles: set[str] = set()
    whole = isinstance(teams, dict) and bool(teams)
    for team, raw in teams.items() if isinstance(teams, dict) else ():
        members = _get(raw, "members")
        if not isinstance(members, dict):
            whole = False  # somebody may be in it, so nobody can be said to be missing
            continue
        count = raw.get("count", 1)
        for role, number in members.items():
            path: Path = ("organization", "teams", team, "members", role)
            if number != 0:
                roles.add(role)
            if all(isinstance(each, int) and 0 < each <= parts.MAX_PEOPLE for each in (number, count)):
                total += number * count
            if role == parts.NOBODY:
                yield _Disagreement(path, parts.NOBODY, "the name of a role", at_key=True)
            elif isinstance(people, dict) and role not in people:
                yield _unknown(path, role, "a role described under people", people, at_key=True)
    if total > parts.MAX_PEOPLE:
        found = f"{shortened(f'{total:,}')} people"
        yield _Disagreement(
            ("organization", "teams"), found, f"at most {parts.MAX_PEOPLE:,} in all teams together"
        )
    if isinstance(people, dict) and parts.NOBODY in people:
        yield _Disagreement(("people", parts.NOBODY), parts.NOBODY, "the name of a role", at_key=True)
    for where, role, tiers in _work(data, channels):
        if role == parts.NOBODY:
            if where[0] != "journeys":
                yield _Disagreement(where, parts.NOBODY, "the name of a role")
        elif whole and role not in roles:
            yield _unknown(where, role, "a role that somebody has", sorted(roles))
        elif whole:
            for tier in tiers:
                holding = [raw for raw in teams.values() if _get(raw, "members", role) not in (None, 0)]
                if not any(_serves(raw, tier, _get(data, "tiers")) for raw in holding):
                    found = f"{shortened(role)}, whom no team that serves {shortened(tier)} has"
                    yield _Disagreement(where, found, f"{shortened(role)} among the members of such a team")


def _work(data: Any, channels: list[_Channel]) -> Iterator[tuple[Path, str, list[str]]]:
    """Everything that a role is asked to do: where it is said, the role, and the tiers that will ask for it.

    Of a role's steps in one journey only the first lists the tier: one fault says enough.
    """
    with_leads = {tier for channel in channels for tier in channel.tiers}
    for channel in channels:
        if isinstance(channel.worked_by, str):
            yield (*channel.path, "worked_by"), channel.worked_by, []
    asked: set[tuple[str, str]] = set()
    for tier in _entries(data, "journeys"):
        for name, raw in _entries(data, "journeys", tier).items():
            role = raw.get("by")
            if isinstance(role, str):
                news = tier in with_leads and (tier, role) not in asked
                asked.add((tier, role))
                yield ("journeys", tier, name, "by"), role, [tier] * news
    for tier in _entries(data, "tiers"):
        role = _get(data, "tiers", tier, "care", "by")
        if isinstance(role, str):
            news = tier in with_leads and (tier, role) not in asked
            yield ("tiers", tier, "care", "by"), role, [tier] * news


def _serves(team: Any, tier: str, tiers: Any) -> bool:
    """Whether the team serves the tier; a tier that nobody knows may be this one, misspelled."""
    served = _get(team, "serves", "tiers")
    return (
        not isinstance(served, list)
        or tier in served
        or any(_get(tiers, str(each)) is None for each in served)
    )


def _journey_faults(data: Any, tier: str, channels: list[_Channel]) -> Iterator[_Disagreement]:
    here = ("journeys", tier)
    raw = _get(data, *here)
    afters = {name: _get(each, "after") for name, each in raw.items()}
    tangled = list(_after_faults(here, afters))
    yield from tangled
    read = {name: _Step.read(each) for name, each in raw.items()}
    steps = {name: step for name, step in read.items() if step is not None}
    if tangled or not steps or len(steps) < len(raw):
        return
    order = in_order(steps)
    table = [steps[name] for name in order]
    on = states_on(table)
    if on[0] is None:
        yield _Disagreement(
            (*here, order[0]),
            f"{shortened(order[0])}, the first step, without on",
            "on: with a state",
            at_key=True,
        )
        return
    for name, step, state in zip(order, table, on, strict=True):
        if (
            step.to is not None
            and state is not None
            and parts.STATES.index(step.to) < parts.STATES.index(state)
        ):
            yield _Disagreement(
                (*here, name, "to"), f"{step.to}, back from {state}", f"a state not before {state}"
            )
    told: set[_Disagreement] = set()
    for channel in channels:
        if tier in channel.tiers and channel.enters_as in parts.STATES:
            for fault in _entry_faults(here, order, table, on, channel):
                if fault not in told:
                    told.add(fault)
                    yield fault


def _after_faults(here: Path, afters: dict[str, Any]) -> Iterator[_Disagreement]:
    told: set[str] = set()
    for name, after in afters.items():
        if isinstance(after, str) and after not in afters:
            yield _unknown((*here, name, "after"), after, "a step of this journey", afters)
        circle = [name]
        while isinstance(after, str) and after not in circle:
            circle.append(after)
            after = afters.get(after)
        if after == name and name not in told:
            told.update(circle)
            found = f"a circle, {shortened(' after '.join([*circle, name]))}"
            yield _Disagreement((*here, name, "after"), found, "a step that does not come later itself")


def _entry_faults(
    here: Path, order: list[str], table: list[_Step], on: list[State | None], channel: _Channel
) -> Iterator[_Disagreement]:
    """Faults in how the leads of one channel come into the journey and on to WIN."""
    tier = shortened(str(here[-1]))
    entry = following(on, channel.enters_as)
    if entry is None:
        states = listed(dict.fromkeys(state for state in on if state is not None))
        path = (*channel.path, "enters_as") if channel.says_enters_as else channel.path[:-1]
        found = f"{channel.enters_as}, on which the journey of {tier} has no step"
        yield _Disagreement(
            path, found, f"a state that it has a step on: {states}", at_key=not channel.says_enters_as
        )
        return
    first = table[entry]
    if channel.outbound and isinstance(channel.worked_by, str) and channel.worked_by != first.by:
        found = f"{shortened(channel.worked_by)}, though step {order[entry]} of {tier} is by {first.by}"
        yield _Disagreement(
            (*channel.path, "worked_by"), found, f"{first.by}, who does the first step with its names"
        )
    if channel.outbound and channel.endless and first.effort_hours < LEAST_HOURS:
        endless = shortened(str(channel.path[1]))
        found = f"{first.effort_hours:g} hours on average for a name of the endless list {endless}"
        expected = f"at least {LEAST_HOURS:g}, or a list_size: time is what limits such a list"
        yield _Disagreement((*here, order[entry], "effort_hours"), found, expected)
    state, at = channel.enters_as, entry
    while state != "WIN":
        if table[at].pass_probability == 0:
            path = (*here, order[at], "pass_probability")
            yield _Disagreement(path, "0, so that no lead reaches WIN", "a probability above 0")
            return
        state = table[at].to or state
        later = following(on, state, at + 1)
        if state != "WIN" and later is None:
            found = f"a journey that ends in {state}"
            if state == "LIVE":
                found = "a journey that goes past WIN to LIVE"
            yield _Disagreement(here, found, "steps that lead on to WIN", at_key=True)
            return
        at = at if later is None else later
