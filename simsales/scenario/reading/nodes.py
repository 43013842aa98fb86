"""Nodes: values that know where they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simsales.errors import Fault
from simsales.scenario.messages import shortened


@dataclass(frozen=True)
class Place:
    """Where something was written; line and column are counted from 1."""

    file: str
    line: int
    column: int

    def fault(self, found: str, expected: str, near_miss: str | None = None) -> Fault:
        """A fault at this place."""
        return Fault(self.file, self.line, self.column, found, expected, near_miss)


@dataclass
class Node:
    """A value, and where it was written."""

    place: Place
    value: bool | int | float | str | list[Node] | dict[str, Node] | None
    written: str
    """The value as its author wrote it, shortened; for messages."""
    key: Place | None = None
    """The place of the key under which a mapping holds this node."""
    removed: dict[str, Node] = field(default_factory=dict)
    """Keys that a ``null`` has removed from this mapping, with that null."""
    broken: bool = False
    """A fault of this node is reported already; other faults of its value follow from it and are not
    reported."""
    misread: bool = False
    """Its key was written ``true``, as tools of YAML 1.1 write ``on``."""
    implied: bool = False
    """A mapping that nobody wrote out: part of a dotted path."""

    def plain(self) -> Any:
        """The value as plain Python data."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def node_of(data: Any, path: tuple[str, ...] = ()) -> Node:
    """Plain data as a node. It was written in no file; its dotted path stands in for the file's name."""
    place = Place(shortened(".".join(path)) or "scenario", 1, 1)
    if isinstance(data, dict):
        entries = {key: node_of(value, (*path, key)) for key, value in data.items()}
        for entry in entries.values():
            entry.key = entry.place
        return Node(place, entries, "a mapping" if entries else "an empty mapping")
    if isinstance(data, list):
        items = [node_of(value, (*path, str(i))) for i, value in enumerate(data)]
        return Node(place, items, f"a list of {len(items)}" if items else "an empty list")
    if isinstance(data, bool):
        return Node(place, data, str(data).lower())
    return Node(place, data, f"{data:.15g}" if isinstance(data, float) else shortened(str(data)))
