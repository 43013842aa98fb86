"""The JSON Schema that lets an editor complete and check scenario files.

It is for every file of a chain: one that ``extends`` another holds only a part of a scenario, and removes
keys by null. So nothing is required, and every key may be null; ``simsales validate`` checks that a scenario
is complete.
"""

from __future__ import annotations

from typing import Any

from simsales.scenario.scenario import Scenario

_NULL = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of scenario files, overlays included."""
    schema = _loosened(Scenario.model_json_schema())
    extends = {
        "description": "Another scenario file, relative to this one, which this one is laid over.",
        "title": "Extends",
        "type": "string",
    }
    schema["properties"] = {"extends": extends, **schema["properties"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _loosened(part: Any) -> Any:
    """A schema without the requirements that only a complete scenario can meet."""
    if isinstance(part, list):
        return [_loosened(each) for each in part]
    if not isinstance(part, dict):
        return part
    loose = {key: _loosened(value) for key, value in part.items() if key not in ("required", "maxProperties")}
    # Without its required keys a part of a file may fit more than one of the alternatives.
    if "oneOf" in loose:
        loose["anyOf"] = loose.pop("oneOf")
    for keys in ("properties", "patternProperties"):
        if keys in loose:
            loose[keys] = {name: _or_null(value) for name, value in loose[keys].items()}
    if isinstance(loose.get("description"), str):
        loose["description"] = " ".join(loose["description"].split())
    if "patternProperties" in loose:
        loose["additionalProperties"] = False
    return loose


def _or_null(part: dict[str, Any]) -> dict[str, Any]:
    """The same schema, or null; the description of the key stays outside the alternatives, where editors look
    for it."""
    if "anyOf" in part:
        return part if _NULL in part["anyOf"] else {**part, "anyOf": [*part["anyOf"], _NULL]}
    about = {key: value for key, value in part.items() if key in ("title", "description", "default")}
    value = {key: value for key, value in part.items() if key not in about}
    return {**about, "anyOf": [value, _NULL]}
