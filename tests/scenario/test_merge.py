"""JSON Merge Patch on nodes: the examples of RFC 7396, and where things stand afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from simsales.scenario.reading.merge import Idle, merge
from simsales.scenario.reading.nodes import Node, Place
from simsales.scenario.reading.yaml_nodes import read_yaml


def node(text: str, file: str = "base") -> Node:
    there = read_yaml(text, Place(file, 1, 1), [])
    assert there is not None
    return there


@pytest.mark.parametrize(
    ("base", "patch", "result"),
    [  # RFC 7396, appendix A, but for patches that are null as a whole
        ('{"a":"b"}', '{"a":"c"}', {"a": "c"}),
        ('{"a":"b"}', '{"b":"c"}', {"a": "b", "b": "c"}),
        ('{"a":"b"}', '{"a":null}', {}),
        ('{"a":"b","b":"c"}', '{"a":null}', {"b": "c"}),
        ('{"a":["b"]}', '{"a":"c"}', {"a": "c"}),
        ('{"a":"c"}', '{"a":["b"]}', {"a": ["b"]}),
        ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', {"a": {"b": "d"}}),
        ('{"a":[{"b":"c"}]}', '{"a":[1]}', {"a": [1]}),
        ('["a","b"]', '["c","d"]', ["c", "d"]),
        ('{"a":"b"}', '["c"]', ["c"]),
        ('{"a":"foo"}', '"bar"', "bar"),
        (
            '{"e":null}',
            '{"a":1}',
            {"a": 1},
        ),  # the RFC keeps the null of the first text; for us it is a patch of nothing
        ("[1,2]", '{"a":"b","c":null}', {"a": "b"}),
        ("{}", '{"a":{"bb":{"ccc":null}}}', {"a": {"bb": {}}}),
    ],
)
def test_json_merge_patch(base: str, patch: str, result: Any) -> None:
    assert merge(merge(None, node(base), [], []), node(patch), [], []).plain() == result


def test_leaves_keep_their_place_and_merged_mappings_take_the_last() -> None:
    merged = merge(node("a:\n  x: 1\n  y: 2\nb: {z: 3}"), node("\na: {y: 4}", "patch"), [], [])
    assert isinstance(merged.value, dict)
    a = merged.value["a"]
    assert isinstance(a.value, dict)
    assert merged.place == Place("patch", 2, 1)
    assert a.place == Place("patch", 2, 4)
    assert a.key == Place("patch", 2, 1)
    assert a.value["x"].place == Place("base", 2, 6)
    assert a.value["y"].place == Place("patch", 2, 8)
    assert merged.value["b"].place == Place("base", 4, 4)


def test_order_is_that_of_first_appearance() -> None:
    merged = merge(node("{a: 1, b: 2, c: 3}"), node("{d: 4, b: 5, a: null}"), [], [])
    assert list(merged.plain()) == ["b", "c", "d"]


def test_nulls_that_remove_nothing_are_told() -> None:
    idle: list[Idle] = []
    merged = merge(node("{a: {b: 1}}"), node("{a: {b: null, c: null}, d: null}", "patch"), idle, [])
    assert [each.path for each in idle] == [("a", "c"), ("d",)]
    assert merged.plain() == {"a": {}}
    assert isinstance(merged.value, dict)
    assert list(merged.value["a"].removed) == ["b", "c"]


def test_neither_side_is_changed() -> None:
    base, patch = node("{a: {b: 1}}"), node("{a: {b: null, c: 2}}")
    merge(base, patch, [], [])
    assert base.plain() == {"a": {"b": 1}}
    assert patch.plain() == {"a": {"b": None, "c": 2}}
