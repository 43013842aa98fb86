"""Pydantic's errors, told as faults: where in which file, what was found, what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from simsales.errors import Fault
from simsales.scenario.kinds import NAME, SCENARIO, Kind, kind_at
from simsales.scenario.merge import Idle, New
from simsales.scenario.nodes import Node
from simsales.scenario.words import listed, near_miss, plain_number, shortened, slipped

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class _Spot:
    """Where an error's location leads to."""

    holder: Node
    """The innermost mapping or list that is there, or the value itself if the location is the root."""
    kind: Kind | None
    """What the schema expects at the location; of a union the whole, if the location ends on one of its
    tags."""
    siblings: list[str]
    """The keys that the holder may have, whichever of its kinds it is."""
    own: list[str]
    """The keys that it may have, being of the kind that it was taken for."""
    node: Node | None
    """What stands there; None if nothing does."""


def _spot(root: Node, location: tuple[int | str, ...]) -> _Spot:
    """Follow pydantic's location through the nodes, leaving out the tags of unions that it contains."""
    kind: Kind | None = SCENARIO
    union: Kind | None = None
    holder, node = root, root
    siblings: list[str] = []
    own: list[str] = []
    for part in location:
        if kind is not None and kind.tagged:
            union, kind = kind, kind.below(part)
            continue
        if part == "[key]":
            break
        child = None
        if isinstance(node.value, dict):
            child = node.value.get(str(part))
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        own = kind.known_keys() if kind is not None else []
        siblings = union.known_keys() if union is not None else own
        kind = kind.below(part) if kind is not None else None
        union, holder = None, node
        if child is None:
            return _Spot(holder, kind, siblings, own, None)
        node = child
    return _Spot(holder, union or kind, siblings, own, node)


def faults_of(error: ValidationError, root: Node) -> list[Fault]:
    """Every error as a fault, but for those that only repeat another: a key missing because it is misspelled,
    or a value that is wrong because the reader had to leave part of it out.
    """
    errors = error.errors(include_url=False)
    found = [(each, _spot(root, each["loc"])) for each in errors]
    # A key that has to be there and is not is the likeliest to have been meant.
    lacking: dict[int, list[str]] = {}
    for each, spot in found:
        if each["type"] == "missing":
            lacking.setdefault(id(spot.holder), []).append(str(each["loc"][-1]))
    misspelled: set[tuple[int, str]] = set()
    foreign: set[int] = set()
    faults: list[Fault] = []
    for each, spot in found:
        if each["type"] == "extra_forbidden" and spot.node is not None and spot.node.key is not None:
            name = str(each["loc"][-1])
            close = near_miss(name, lacking.get(id(spot.holder), ())) or near_miss(name, spot.siblings)
            known = spot.own
            misspelled.add((id(spot.holder), close or ""))
            if close is not None and close not in spot.own:
                known = spot.siblings
                foreign.add(id(spot.holder))
            faults.append(
                spot.node.key.fault(f"unknown key {shortened(name)}", f"one of {', '.join(known)}", close)
            )
    torn = _torn(root)
    for each, spot in found:
        if each["type"] == "missing":
            key = str(each["loc"][-1])
            repeats = (id(spot.holder), key) in misspelled or id(spot.holder) in foreign
            if not (repeats or spot.holder.broken):
                faults.append(_missing(key, spot))
        elif each["type"] != "extra_forbidden" and not (torn and each.get("ctx", {}).get("across")):
            faults.extend(_wrong(each, spot))
    return faults


def _missing(key: str, spot: _Spot) -> Fault:
    expected = spot.kind.words() if spot.kind is not None else key
    null = spot.holder.removed.get(key)
    if null is not None:
        return null.place.fault(f"null for {key}", expected)
    return spot.holder.place.fault(f"no {key}", expected)


def _wrong(each: ErrorDetails, spot: _Spot) -> list[Fault]:
    """The fault of a value (or of its key) that is there but wrong."""
    node = spot.node or spot.holder
    if node.broken:
        return []
    context: dict[str, Any] = each.get("ctx", {})
    of_key = "[key]" in each["loc"][-1:] or context.get("at_key")
    place = node.key if of_key and node.key is not None else node.place
    if each["type"] == "too_short" and node.removed:
        place = [*node.removed.values()][-1].place  # the null that left nothing
    if each["type"] == "simsales":
        return [place.fault(context["found"], context["expected"], context.get("near_miss"))]
    if of_key:
        return [place.fault(shortened(str(each["loc"][-2])), NAME)]
    close = None
    if each["type"] == "literal_error" and isinstance(node.value, str):
        close = near_miss(node.value, spot.kind.choices() if spot.kind is not None else ())
    expected = spot.kind.words() if spot.kind is not None else each["msg"]
    if close is None and spot.kind is not None:
        meant = None
        if isinstance(node.value, str):
            meant = plain_number(node.value)
        elif isinstance(node.value, int) and 1 < node.value <= 100:
            meant = plain_number(f"{node.value}%")  # as one says a share
        close = None if meant is None or not spot.kind.takes(meant) else f"{meant:f}"
    return [place.fault(node.written, expected, close)]


def _torn(node: Node) -> bool:
    """Whether the reader had to leave something out, so that what seems to lack may only have been left
    out."""
    if node.broken:
        return True
    below = (
        node.value.values()
        if isinstance(node.value, dict)
        else node.value
        if isinstance(node.value, list)
        else ()
    )
    return any(map(_torn, below))


def idle_faults(idle: list[Idle], root: Node) -> list[Fault]:
    """A fault for each null that removed nothing, unless it stands for a known key that was left out
    anyway."""
    faults = []
    for each in idle:
        kind = kind_at(each.path[:-1])
        name = each.path[-1]
        place = each.node.key or each.node.place
        if kind is None:
            continue  # something above is unknown, and reported as such
        if kind.names is not None:
            there = _named(root, each.path[:-1])
            faults.append(
                place.fault(
                    f"null for {shortened(name)}",
                    f"a name to remove: {listed(there)}",
                    near_miss(name, there),
                )
            )
        elif kind.known_keys() and name not in kind.known_keys():
            keys = kind.known_keys()
            faults.append(
                place.fault(
                    f"unknown key {shortened(name)}", f"one of {', '.join(keys)}", near_miss(name, keys)
                )
            )
    return faults


def doubtful(new: list[New]) -> Iterator[Fault]:
    """A name that is new beside one that differs by a single letter too many, too few or out of its place."""
    for each in new:
        kind, name = kind_at(each.path[:-1]), each.path[-1]
        close = [other for other in each.beside if slipped(name, other)]
        if kind is not None and kind.names is not None and close:
            place = each.node.key or each.node.place
            yield place.fault(
                f"{shortened(name)}, a new name", f"one that is there: {listed(each.beside)}", close[0]
            )


def path_fault(patch: Node, root: Node) -> Fault | None:
    """A fault if a dotted path leads *through* a name that is not there: it would make up half of a new part
    unseen."""
    path: list[str] = []
    while patch.implied and isinstance(patch.value, dict):
        ((name, patch),) = patch.value.items()
        kind = kind_at(path)
        if kind is not None and kind.names is not None and patch.implied and patch.key is not None:
            there = _named(root, path)
            if name not in there:
                return patch.key.fault(
                    shortened(name), f"one that is there: {listed(there)}", near_miss(name, there)
                )
        path.append(name)
    return None


def _named(root: Node, path: list[str] | tuple[str, ...]) -> list[str]:
    """The keys of the mapping at a path."""
    node: Node | None = root
    for part in path:
        node = node.value.get(part) if node is not None and isinstance(node.value, dict) else None
    return list(node.value) if node is not None and isinstance(node.value, dict) else []
