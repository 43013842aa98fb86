"""YAML, read into nodes that know where they were written.

A scenario needs little of YAML: mappings, lists, texts, numbers, true, false and null. The rest (aliases,
tags, merge keys, several documents) can do harm or surprise, and is refused. Plain scalars are read by the
core schema of YAML 1.2: ``NO`` is a text, ``1e5`` a number, and a date a text. Tools of YAML 1.1 take the key
``on`` for true, and write it so: ``true: MQL`` is read as ``on: MQL``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from simsales.errors import Fault, ScenarioError
from simsales.scenario.messages import plain_number, shortened
from simsales.scenario.reading.nodes import Node, Place
from simsales.scenario.schema.fields import STATES

DEEPEST = 40
"""Most levels of nesting; a scenario needs ten."""

MOST_VALUES = 50_000
"""Most keys and values of a text; a scenario needs a hundredth of it."""

MOST_FAULTS = 1_000
"""A text with more faults is not read to its end."""

LONGEST_NUMBER = 300
"""Most digits of an integer; a longer one is read as infinite (and would be slow to convert)."""


def read_yaml(text: str, start: Place, faults: list[Fault]) -> Node | None:
    """Read one YAML document, whose text begins at ``start``; faults that leave the rest readable go into
    ``faults``.

    Returns None if there is no document at all.

    Raises:
        ScenarioError: the text is no YAML, or the rest of it cannot be read.
    """
    return _Reader(text.replace("\r\n", "\n").replace("\r", "\n"), start, faults).document()


# ------------------------------------------------------------------------------------------------ scalars

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = {".nan", ".NaN", ".NAN"}


def scalar(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar by the core schema of YAML 1.2."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text in _NAN:
        return math.nan
    if _INFINITE.fullmatch(text):
        return -math.inf if text[0] == "-" else math.inf
    if _INTEGER.fullmatch(text):
        if len(text) > LONGEST_NUMBER:
            return -math.inf if text[0] == "-" else math.inf
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


# ------------------------------------------------------------------------------------------------- reader

_PART = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
"""What may stand behind a comma within a number."""
_PARTS = re.compile(r"-?[0-9]+(,[0-9]+)*", re.ASCII)
"""A number as far as that comma."""

# Part of ruamel's message; what was found; what was expected; whether the fault is where the context began.
_SYNTAX = (
    ("mapping values are not allowed", "a `:` that does not belong here",
     "one `key: value` a line, and quotes around a text that contains `: `", False),
    (r"found character '\t'", "a tab", "spaces for indentation", False),
    ("could not find expected ':'", "a line that is no `key: value`", "a key, a colon and a value", True),
    ("expected <block end>, but found", "a line indented unlike its neighbours, or text left over",
     "the same indentation for all entries of a block", False),
    ("expected <block end>", "a line indented unlike its neighbours, or text left over",
     "the same indentation for all entries of a block", False),
    ("expected ',' or ']'", "a list without its end", "`,` or `]`", True),
    ("expected ',' or '}'", "a mapping without its end", "`,` or `}`", True),
    ("expected the node content, but found '<stream end>'", "the end of the text", "a value", False),
    ("expected '<document start>'", "text left over", "the end of the file", False),
    ("unexpected end of stream", "a quoted text without its end", "a closing quote", True),
    ("found unexpected document separator", "a quoted text without its end", "a closing quote", True),
)  # fmt: skip


class _Reader:
    def __init__(self, text: str, start: Place, faults: list[Fault]) -> None:
        self.text = text
        self.start = start
        self.faults = faults
        self.values = 0
        self.events = self._events()
        self.now: Any = None

    def _place(self, line: int, column: int) -> Place:
        """The place of a mark; both numbers are counted from 0, and from where the text starts."""
        if line == 0:
            column += self.start.column - 1
        return Place(self.start.file, self.start.line + line, column + 1)

    def _at(self, event: Any) -> Place:
        mark = event.start_mark
        return self._place(mark.line, mark.column)

    def _fatal(self, place: Place, found: str, expected: str) -> NoReturn:
        raise ScenarioError([*self.faults, place.fault(found, expected)])

    def _events(self) -> Iterator[Any]:
        try:
            yield from YAML(typ="safe", pure=True).parse(self.text)
        except ReaderError as error:
            before = self.text[: error.position]
            place = self._place(before.count("\n"), len(before) - before.rfind("\n") - 1)
            self._fatal(place, "a control character", "text")
        except MarkedYAMLError as error:
            self._syntax(error)
        except (YAMLError, ValueError, OverflowError, TypeError, AttributeError, LookupError):
            # For some faults of the text (an impossible escape or directive) ruamel raises errors of Python.
            place = self._at(self.now) if self.now else self.start
            self._fatal(place, "an impossible escape or directive hereabouts", "valid YAML")

    def _syntax(self, error: MarkedYAMLError) -> NoReturn:
        problem = str(error.problem or error.context or "unreadable text")
        mark = error.problem_mark or error.context_mark
        expected, _, found = problem.rpartition(" but found ")
        found = shortened(found.removeprefix("found "))
        expected = shortened(expected.removeprefix("expected ").strip(",")) or "valid YAML"
        for part, described, wanted, at_context in _SYNTAX:
            if part in problem:
                found, expected = described, wanted
                mark = (error.context_mark if at_context else None) or mark
                break
        place = self._place(mark.line, mark.column) if mark is not None else self.start
        self._fatal(place, found, expected)

    def _next(self) -> Any:
        self.now = next(self.events)
        return self.now

    def document(self) -> Node | None:
        """The one document of the stream."""
        self._next()  # the start of the stream
        if isinstance(self._next(), StreamEndEvent):
            return None
        assert isinstance(self.now, DocumentStartEvent)
        self._next()
        node = self._node(0)
        self._next()  # the end of the document
        if not isinstance(self._next(), StreamEndEvent):
            self._fatal(self._at(self.now), "a second document", "one document a file")
        return node

    def _node(self, depth: int) -> Node:
        """The node that begins with the current event; ends on the last event of the node."""
        event: NodeEvent = self.now
        place = self._at(event)
        self.values += 1
        if self.values > MOST_VALUES:
            self._fatal(
                place, f"more than {MOST_VALUES:,} keys and values", "a scenario, which needs some hundred"
            )
        if isinstance(event, AliasEvent):
            self._report(
                place, f"an alias, *{shortened(str(event.anchor))}", "the value itself; to share, use extends"
            )
            return Node(place, None, "an alias", broken=True)
        if depth > DEEPEST:
            self._fatal(place, f"more than {DEEPEST} levels of nesting", "a scenario, which needs ten")
        if event.anchor is not None:
            self._report(
                place, f"an anchor, &{shortened(str(event.anchor))}", "none; to share values, use extends"
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._report(place, f"a tag, {shortened(str(tag))}", "plain values without tags")
        if isinstance(event, ScalarEvent):
            node = self._scalar(event, place)
        elif isinstance(event, MappingStartEvent):
            node = self._mapping(place, depth)
        else:
            node = self._list(place, depth)
        node.broken = node.broken or tag is not None
        return node

    def _scalar(self, event: ScalarEvent, place: Place) -> Node:
        text = event.value
        if event.style in (None, ""):
            return Node(place, scalar(text), shortened(text) or "nothing")
        quote = "'" if event.style == "'" else '"'
        return Node(place, text, f"{quote}{shortened(text)}{quote}")

    def _list(self, place: Place, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(self._next(), SequenceEndEvent):
            items.append(self._node(depth + 1))
        return Node(place, items, f"a list of {len(items)}" if items else "an empty list")

    def _mapping(self, place: Place, depth: int) -> Node:
        entries: dict[str, Node] = {}
        broken = False
        number, begun, told = "", place, 0
        while not isinstance(self._next(), MappingEndEvent):
            key = self._node(depth + 1)
            self._next()
            value = self._node(depth + 1)
            value.key = key.place
            if key.value is True and value.value in STATES and "on" not in entries:
                entries["on"], value.misread = value, True
                continue
            if key.broken:
                broken = True
            elif not isinstance(key.value, str):
                broken = True
                expected = "a name, beginning with a letter or _"
                # To YAML, {days: 0,5} is {days: 0, 5: null}, and {pay: 1,250,000} has two such keys.
                if value.value is None and _PART.fullmatch(key.written) and _PARTS.fullmatch(number):
                    if "," in number:
                        del self.faults[told]
                    else:
                        begun = key.place
                    number += f",{key.written}"
                    meant = plain_number(number)
                    close = None if meant is None else f"{meant:f}"
                    told = len(self.faults)
                    self._report(begun, f"{number.partition(',')[2]} as a key", expected, close)
                    continue
                self._report(key.place, f"{key.written} as a key", expected)
            elif key.value == "<<":
                broken = True
                self._report(key.place, "a merge key, <<", "none; to share values, use extends")
            elif (first := entries.get(key.value)) is not None:
                assert first.key is not None
                where = f"{first.key.line}:{first.key.column}"
                self._report(key.place, f"a second {key.written}", f"it once; the first stands at {where}")
            else:
                entries[key.value] = value
            number = value.written
        return Node(place, entries, "a mapping" if entries or broken else "an empty mapping", broken=broken)

    def _report(self, place: Place, found: str, expected: str, near_miss: str | None = None) -> None:
        self.faults.append(place.fault(found, expected, near_miss))
        if len(self.faults) >= MOST_FAULTS:
            raise ScenarioError(self.faults)
