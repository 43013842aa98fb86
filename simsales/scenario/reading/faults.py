"""Pydantic's errors as faults: where in which file, what was found, what was expected."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simsales.errors import Fault
from simsales.scenario.messages import NearMisses, Slips, listed, plain_number, shortened
from simsales.scenario.reading.expected import NAME, FieldType
from simsales.scenario.reading.merge import Idle, NewKey
from simsales.scenario.reading.nodes import Node


@dataclass(frozen=True)
class _Target:
    """What pydantic's location of an error leads to."""

    holder: Node
    """The innermost mapping or list that is there, or the value itself if the location is the root."""
    expected: FieldType | None
    """What the schema expects at the location; the whole union if the location ends on one of its tags."""
    siblings: list[str]
    """The keys that the holder may have, whichever of its types it is."""
    own: list[str]
    """The keys that it may have as the type that it was taken for."""
    node: Node | None
    """The node at the location; None if there is none."""


def _target(schema: FieldType, root: Node, location: tuple[int | str, ...]) -> _Target:
    """Follow pydantic's location through the nodes, leaving out the tags of unions that it contains."""
    expected: FieldType | None = schema
    union: FieldType | None = None
    holder, node = root, root
    siblings: list[str] = []
    own: list[str] = []
    for part in location:
        if expected is not None and expected.tagged:
            union, expected = expected, expected.below(part)
            continue
        if part == "[key]":
            break
        child = None
        if isinstance(node.value, dict):
            child = node.value.get(str(part))
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        own = expected.known_keys() if expected is not None else []
        siblings = union.known_keys() if union is not None else own
        expected = expected.below(part) if expected is not None else None
        union, holder = None, node
        if child is None:
            return _Target(holder, expected, siblings, own, None)
        node = child
    return _Target(holder, union or expected, siblings, own, node)


def faults_of(error: ValidationError, root: Node, schema: FieldType) -> list[Fault]:
    """Every error as a fault, except those that only repeat another: a key missing because it is misspelled,
    or a value that is wrong because the reader had to leave part of it out.
    """
    errors = error.errors(include_url=False)
    found = [(each, _target(schema, root, each["loc"])) for each in errors]
    # A misspelled key most likely stands for one that is required and missing.
    missing: dict[int, list[str]] = {}
    for each, target in found:
        if each["type"] == "missing":
            missing.setdefault(id(target.holder), []).append(str(each["loc"][-1]))
    near_misses = NearMisses()
    misspelled: set[tuple[int, str]] = set()
    of_another_type: set[int] = set()
    faults: list[Fault] = []
    for each, target in found:
        if each["type"] == "extra_forbidden" and target.node is not None and target.node.key is not None:
            name = str(each["loc"][-1])
            required = missing.get(id(target.holder), ())
            close = near_misses.of(name, required) or near_misses.of(name, target.siblings)
            known = target.own
            misspelled.add((id(target.holder), close or ""))
            if close is not None and close not in target.own:
                known = target.siblings
                of_another_type.add(id(target.holder))
            faults.append(
                target.node.key.fault(f"unknown key {shortened(name)}", f"one of {', '.join(known)}", close)
            )
    incomplete = _incomplete(root)
    for each, target in found:
        if each["type"] == "missing":
            key, holder = str(each["loc"][-1]), id(target.holder)
            repeats = (holder, key) in misspelled or holder in of_another_type
            if not (repeats or target.holder.broken):
                faults.append(_missing(key, target))
        elif each["type"] != "extra_forbidden" and not (incomplete and each.get("ctx", {}).get("across")):
            faults.extend(_wrong(each, target, near_misses))
    return faults


def _missing(key: str, target: _Target) -> Fault:
    expected = target.expected.description() if target.expected is not None else key
    null = target.holder.removed.get(key)
    if null is not None:
        return null.place.fault(f"null for {key}", expected)
    return target.holder.place.fault(f"no {key}", expected)


def _wrong(each: ErrorDetails, target: _Target, near_misses: NearMisses) -> list[Fault]:
    """The fault of a value (or of its key) that is there but wrong."""
    node = target.node or target.holder
    if node.broken:
        return []
    context: dict[str, Any] = each.get("ctx", {})
    of_key = "[key]" in each["loc"][-1:] or context.get("at_key")
    place = node.key if of_key and node.key is not None else node.place
    if each["type"] == "too_short" and node.removed:
        place = [*node.removed.values()][-1].place  # the null that removed the last entry
    if each["type"] == "simsales":
        return [place.fault(context["found"], context["expected"], context.get("near_miss"))]
    if of_key:
        return [place.fault(shortened(str(each["loc"][-2])), NAME)]
    if target.expected is None:
        return [place.fault(node.written, each["msg"])]
    close = None
    if each["type"] == "literal_error" and isinstance(node.value, str):
        close = near_misses.of(node.value, target.expected.choices())
    if close is None:
        close = _number_meant(node, target.expected)
    return [place.fault(node.written, target.expected.description(), close)]


def _number_meant(node: Node, expected: FieldType) -> str | None:
    """The number that a value in another notation seems to be, if it would be a valid one."""
    meant = None
    if isinstance(node.value, str):
        meant = plain_number(node.value)
    elif isinstance(node.value, int) and 1 < node.value <= 100:
        meant = plain_number(f"{node.value}%")  # a share in per cent
    return None if meant is None or not expected.takes(meant) else f"{meant:f}"


def _incomplete(node: Node) -> bool:
    """Whether the reader had to leave something out; what seems to be missing may stand there."""
    if node.broken:
        return True
    below: list[Node] = []
    if isinstance(node.value, dict):
        below = list(node.value.values())
    elif isinstance(node.value, list):
        below = node.value
    return any(map(_incomplete, below))


def idle_faults(nulls: list[Idle], root: Node, schema: FieldType) -> list[Fault]:
    """A fault for each null that removed nothing, unless it stands for a known key that was left out anyway;
    and for each empty mapping that changed nothing."""
    faults = []
    near_misses = NearMisses()
    for null in nulls:
        expected = schema.at(null.path[:-1])
        name = null.path[-1]
        place = null.node.key or null.node.place
        if null.node.value is not None:
            there = _keys_at(root, null.path)
            expected_entries = f"entries to lay over those that are there: {listed(there)}; null removes one"
            faults.append(null.node.place.fault("an empty mapping, which changes nothing", expected_entries))
            continue
        if expected is None:
            continue  # a key above is unknown, and reported as such
        if expected.values is not None:
            there = _keys_at(root, null.path[:-1])
            faults.append(
                place.fault(
                    f"null for {shortened(name)}",
                    f"a name to remove: {listed(there)}",
                    near_misses.of(name, there),
                )
            )
        elif expected.known_keys() and name not in expected.known_keys():
            keys = expected.known_keys()
            faults.append(
                place.fault(
                    f"unknown key {shortened(name)}", f"one of {', '.join(keys)}", near_misses.of(name, keys)
                )
            )
    return faults


def likely_slips(new: list[NewKey], schema: FieldType) -> Iterator[Fault]:
    """New names that differ from one beside them by one letter: added, left out, or swapped with the next."""
    beside: dict[int, Slips] = {}
    for each in new:
        expected, name = schema.at(each.path[:-1]), each.path[-1]
        if expected is None or expected.values is None:
            continue
        if id(each.beside) not in beside:
            beside[id(each.beside)] = Slips(each.beside)
        close = beside[id(each.beside)].of(name)
        if close is not None:
            place = each.node.key or each.node.place
            yield place.fault(
                f"{shortened(name)}, a new name", f"one that is there: {listed(each.beside)}", close
            )


def path_fault(patch: Node, root: Node, schema: FieldType) -> Fault | None:
    """A fault if a dotted path leads *through* a name that is not there: it would create a new part with only
    that field."""
    path: list[str] = []
    while patch.implied and isinstance(patch.value, dict):
        ((name, patch),) = patch.value.items()
        expected = schema.at(path)
        if expected is not None and expected.values is not None and patch.implied and patch.key is not None:
            there = _keys_at(root, path)
            if name not in there:
                return patch.key.fault(
                    shortened(name), f"one that is there: {listed(there)}", NearMisses().of(name, there)
                )
        path.append(name)
    return None


def _keys_at(root: Node, path: Sequence[str]) -> Collection[str]:
    """The keys of the mapping at a path."""
    node: Node | None = root
    for part in path:
        node = node.value.get(part) if node is not None and isinstance(node.value, dict) else None
    return node.value if node is not None and isinstance(node.value, dict) else ()
