"""Laying one scenario over another: JSON Merge Patch (RFC 7396) on nodes, and ``a.b.c=value``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from simsales.errors import Fault, ScenarioError
from simsales.scenario.messages import shortened
from simsales.scenario.reading.nodes import Node, Place
from simsales.scenario.reading.yaml_nodes import DEEPEST, read_yaml


@dataclass(frozen=True)
class Idle:
    """A null that removed nothing, or an empty mapping laid over one that has entries."""

    path: tuple[str, ...]
    node: Node


@dataclass(frozen=True)
class NewKey:
    """A key that was added to a mapping, with the keys that were there before."""

    path: tuple[str, ...]
    node: Node
    beside: tuple[str, ...]


def merge(
    base: Node | None, patch: Node, idle: list[Idle], new: list[NewKey], path: tuple[str, ...] = ()
) -> Node:
    """``base`` with ``patch`` laid over it: mappings merge, null removes, anything else replaces.

    Every leaf keeps the place it was written at; a merged mapping has the place of the patch. Nulls
    and empty mappings that changed nothing go into ``idle``, and keys that were added to a mapping into
    ``new``: the schema decides whether they were meant. Neither argument is changed.
    """
    if not isinstance(patch.value, dict):
        return patch
    if path and not (patch.value or patch.broken) and base is not None and isinstance(base.value, dict):
        idle.extend([Idle(path, patch)] if base.value else [])
    known: dict[str, Node] = {}
    removed: dict[str, Node] = {}
    added: list[tuple[tuple[str, ...], Node]] = []
    if base is not None and isinstance(base.value, dict):
        known, removed = dict(base.value), dict(base.removed)
    for key, value in patch.value.items():
        below = (*path, key)
        if value.value is None and not value.broken:
            if known.pop(key, None) is None and key not in removed:
                idle.append(Idle(below, value))
            removed[key] = value
        else:
            if key not in known:
                added.append((below, value))
            known[key] = merge(known.get(key), value, idle, new, below)
            removed.pop(key, None)
    place, broken = patch.place, patch.broken
    if base is not None and isinstance(base.value, dict):
        beside = tuple(key for key in base.value if key in known)  # (without those that the patch removes)
        new.extend(NewKey(below, value, beside) for below, value in added)
        place = base.place if patch.implied else place
        broken = broken or base.broken
    return replace(
        patch, value=known, removed=removed, place=place, broken=broken,
        written="a mapping" if known or broken else "an empty mapping",
    )  # fmt: skip


def read_assignments(arguments: Iterable[str], faults: list[Fault]) -> list[Node]:
    """The patches that texts such as ``a.b.c=value`` stand for; malformed ones go into ``faults`` instead."""
    patches = []
    for argument in arguments:
        try:
            patch = _read_assignment(argument, faults)
        except ScenarioError as error:
            faults.extend(error.faults)
        else:
            patches.extend([patch] if patch is not None else [])
    return patches


def _read_assignment(argument: str, faults: list[Fault]) -> Node | None:
    """The patch that one text stands for; None, with a fault in ``faults``, if it is malformed.

    Raises:
        ScenarioError: the value is no YAML.
    """
    file = f"--set {shortened(argument)}"
    dotted, equals, text = argument.partition("=")
    parts = dotted.split(".")
    ends = accumulate((len(part) + 1 for part in parts), initial=1)
    places = [Place(file, 1, column) for column in ends]
    if len(parts) > DEEPEST:
        faults.append(places[0].fault(f"{len(parts):,} names joined by dots", "a scenario's ten at most"))
        return None
    if not equals:
        faults.append(places[0].fault("no =", "KEY=VALUE, such as horizon_months=36"))
        return None
    for part, place in zip(parts, places, strict=False):
        if not part.strip():
            faults.append(
                place.fault("an empty name", "names joined by dots, such as people.AE.salary_per_year")
            )
            return None
    node = read_yaml(text, places[-1], faults)
    if node is None or node.written == "nothing":
        faults.append(places[-1].fault("no value", "a value; null removes the key"))
        return None
    for part, place in zip(reversed(parts), reversed(places[:-1]), strict=True):
        node.key = place
        node = Node(place, {part: node}, "a mapping", implied=True)
    return node
