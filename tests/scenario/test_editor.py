"""The JSON Schema for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simsales.scenario import json_schema

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_the_shipped_schema_is_the_generated_one() -> None:
    """If it is not: simsales schema > scenarios/scenario.schema.json"""
    assert json.loads((SCENARIOS / "scenario.schema.json").read_text(encoding="utf-8")) == json_schema()


def test_shipped_scenarios_name_it_in_their_first_line() -> None:
    files = sorted(SCENARIOS.glob("*.yaml"))
    first_lines = {file.name: file.read_text(encoding="utf-8").splitlines()[0] for file in files}
    assert set(first_lines.values()) <= {"# yaml-language-server: $schema=scenario.schema.json"}


def test_it_serves_files_that_hold_only_a_part() -> None:
    schema = json_schema()
    assert "extends" in schema["properties"]
    for part in parts(schema):
        assert "required" not in part
        assert "oneOf" not in part
        for value in [*part.get("properties", {}).values(), *part.get("patternProperties", {}).values()]:
            assert value == schema["properties"]["extends"] or {"type": "null"} in value["anyOf"]


def test_every_field_is_described() -> None:
    undescribed = [
        (part.get("title"), name)
        for part in parts(json_schema())
        for name, value in part.get("properties", {}).items()
        if "description" not in value and "$ref" not in json.dumps(value)
    ]
    assert not undescribed


def parts(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, dict):
        return [schema, *(part for value in schema.values() for part in parts(value))]
    return [part for value in schema for part in parts(value)] if isinstance(schema, list) else []
