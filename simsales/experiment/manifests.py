"""The manifest of a results folder: what was asked, of which scenarios, with which versions."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from itertools import zip_longest
from pathlib import Path
from typing import Any

import simsales.version as version
from simsales.errors import InputError, ScenarioError
from simsales.experiment.folders import MANIFEST, MANIFEST_DRAFT, scenario_files
from simsales.scenario import Scenario, load, to_yaml
from simsales.scenario.messages import shortened

FORMAT = 1
"""Version of the folder's layout."""

_COMPUTES = ("simsales", "numpy", "simpy")
"""The libraries whose versions decide the results."""

_SHAPE: dict[str, Any] = {
    "format": int,
    "status": str,
    "seed": int,
    "replications": int,
    "failures": int,
    "alternatives": [{"name": str, "file": str, "sha256": str}],
    "versions": dict.fromkeys(_COMPUTES, str),
    "commands": [{"at": str, "command": [str]}],
}


def manifest(scenarios: Mapping[str, Scenario], seed: int, command: Sequence[str]) -> dict[str, Any]:
    """Return the manifest of a new experiment on ``scenarios``."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "format": FORMAT,
        "status": "running",
        "seed": seed,
        "replications": 0,
        "failures": 0,
        "alternatives": [
            {"name": name, "file": file, "sha256": _fingerprint(scenario)}
            for (name, scenario), file in zip(scenarios.items(), scenario_files(scenarios), strict=True)
        ],
        "versions": {
            "simsales": version.__version__,
            "numpy": metadata.version("numpy"),
            "simpy": metadata.version("simpy"),
            "python": platform.python_version(),
        },
        "platform": platform.platform(),
        "created": now,
        "commands": [{"at": now, "command": list(command)}],
    }


def _simulated(scenario: Scenario) -> str:
    """The resolved scenario as text, without what no simulation reads."""
    return to_yaml(scenario.model_copy(update={"question": ""}))


def _fingerprint(scenario: Scenario) -> str:
    return sha256(_simulated(scenario).encode()).hexdigest()


def resumed(folder: Path, asked: dict[str, Any], scenarios: Mapping[str, Scenario]) -> dict[str, Any]:
    """Return the manifest to go on with: the folder's own if it has one, else the one asked for.

    Raises:
        InputError: if the folder holds another experiment.
    """
    if not (folder / MANIFEST).exists():
        return asked
    found = read_manifest(folder)
    there, here = (
        {"seed": m["seed"], "alternatives": ", ".join(a["name"] for a in m["alternatives"])}
        | {library: m["versions"][library] for library in _COMPUTES}
        for m in (found, asked)
    )
    differences = [
        f"{name} is {there[name]} there, {here[name]} here" for name in there if there[name] != here[name]
    ]
    stored = {alternative["name"]: alternative["sha256"] for alternative in found["alternatives"]}
    for name, file, fingerprint in (alternative.values() for alternative in asked["alternatives"]):
        if stored.get(name, fingerprint) != fingerprint:
            differences.append(f"scenario {name} {_difference(folder / file, scenarios[name])}")
    if differences:
        raise InputError(
            f"{folder} holds the results of another experiment ({'; '.join(differences)}); "
            "choose another folder, or repeat exactly what was asked then to go on with it"
        )
    # Which files to write is never taken from the folder: it may be somebody else's.
    return found | {
        "alternatives": asked["alternatives"],
        "commands": found["commands"] + asked["commands"],
    }


def _difference(file: Path, scenario: Scenario) -> str:
    """In what ``scenario`` differs from the one kept in ``file``: the first line of theirs that does."""
    try:
        kept = _simulated(load(file))
    except ScenarioError:
        return "is another one"
    for there, here in zip_longest(kept.splitlines(), _simulated(scenario).splitlines(), fillvalue="nothing"):
        if there != here:
            return f"has {shortened(there.strip(), 110)} there, {shortened(here.strip(), 110)} here"
    return "is another one"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a results folder.

    Raises:
        InputError: if it is no results folder, or one of another format, or its manifest is damaged.
    """
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder} is not a results folder: it has no {MANIFEST}") from None
    except (ValueError, RecursionError):
        found = None
    layout = found.get("format") if isinstance(found, dict) else None
    if isinstance(layout, int) and layout != FORMAT:
        raise InputError(f"{folder} has format {layout}; this version of simsales reads format {FORMAT}")
    if not isinstance(found, dict) or not (_fits(found, _SHAPE) and found["alternatives"]):
        raise InputError(f"{folder / MANIFEST} is not the manifest of a results folder")
    return found


def _fits(found: Any, shape: Any) -> bool:
    """Whether ``found`` has the shape: a type, a list of one shape, or a mapping with these keys."""
    if isinstance(shape, list):
        return isinstance(found, list) and all(_fits(each, shape[0]) for each in found)
    if isinstance(shape, dict):
        return isinstance(found, dict) and all(
            key in found and _fits(found[key], shape[key]) for key in shape
        )
    return type(found) is shape


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Write the manifest so that a reader sees the old one or the new one, never a part."""
    draft = folder / MANIFEST_DRAFT
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(folder / MANIFEST)
