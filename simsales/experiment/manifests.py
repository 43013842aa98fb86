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
from simsales.errors import InputError, ScenarioError, SimsalesError
from simsales.experiment.folders import MANIFEST, scenario_files
from simsales.safe_files import oddity, replacing
from simsales.scenario import Scenario, load, to_yaml
from simsales.scenario.messages import shortened

FORMAT = 2
"""Version of the folder's layout."""

_COMPUTES = ("simsales", "numpy", "simpy")
"""The libraries whose versions decide the results; the last bits depend on Python, too (from 3.12 on, it sums
floats in another way), but not on its patches."""

_SHAPE: dict[str, Any] = {
    "format": int,
    "status": str,
    "seed": int,
    "replications": int,
    "finished": int,
    "failures": int,
    "database": str,
    "alternatives": [{"name": str, "file": str, "sha256": str, "text_sha256": str}],
    "versions": dict.fromkeys((*_COMPUTES, "python"), str),
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
        "finished": 0,
        "failures": 0,
        "database": "",
        "alternatives": [
            {
                "name": name,
                "file": file,
                "sha256": _fingerprint(scenario),
                "text_sha256": sha256(to_yaml(scenario).encode()).hexdigest(),
            }
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
        # (A file name that is no UTF-8 comes with letters that cannot be written.)
        "commands": [{"at": now, "command": [w.encode(errors="backslashreplace").decode() for w in command]}],
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
    found, altered = _read(folder)
    there, here = (
        {"seed": m["seed"], "alternatives": ", ".join(a["name"] for a in m["alternatives"])}
        | {library: m["versions"][library] for library in _COMPUTES}
        | {"python": ".".join(m["versions"]["python"].split(".")[:2])}
        for m in (found, asked)
    )
    differences = [
        f"{name} is {there[name]} there, {here[name]} here" for name in there if there[name] != here[name]
    ]
    stored = {alternative["name"]: alternative["sha256"] for alternative in found["alternatives"]}
    for alternative in asked["alternatives"]:
        name, fingerprint = alternative["name"], alternative["sha256"]
        if stored.get(name, fingerprint) != fingerprint:
            difference = _difference(folder / alternative["file"], scenarios[name])
            differences.append(f"scenario {name} {difference}")
    if differences:
        raise InputError(
            f"{folder} holds the results of another experiment ({'; '.join(differences)}); "
            "choose another folder, or repeat exactly what was asked then to go on with it"
        )
    if altered:  # what it says of the database is worth nothing, so that all of that is checked
        found |= {"status": "running", "finished": 0, "database": ""}
    # Which files to write is never taken from the folder: it may be somebody else's.
    return found | {
        "alternatives": asked["alternatives"],
        "commands": found["commands"] + asked["commands"],
    }


def _difference(file: Path, scenario: Scenario) -> str:
    """In what ``scenario`` differs from the one kept in ``file``: the first line of theirs that does."""
    try:
        kept = "" if oddity(file) else _simulated(load(file))
    except ScenarioError:
        return "is another one"
    for there, here in zip_longest(kept.splitlines(), _simulated(scenario).splitlines(), fillvalue="nothing"):
        if there != here:
            return f"has {shortened(there.strip(), 110)} there, {shortened(here.strip(), 110)} here"
    return "is another one"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a results folder.

    Raises:
        InputError: if it is no results folder, or one of another format, or its manifest is damaged or was
            altered.
    """
    found, altered = _read(folder)
    if altered:
        raise InputError(
            f"{folder / MANIFEST} was altered since simsales wrote it; the command that made the results, "
            f"with --out {folder}, mends it"
        )
    return found


def _read(folder: Path) -> tuple[dict[str, Any], bool]:
    """The manifest, and whether it was altered since it was written."""
    if odd := oddity(folder / MANIFEST):
        raise InputError(f"{folder / MANIFEST} is {odd}, not a file; remove it, or choose another folder")
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder} is not a results folder: it has no {MANIFEST}") from None
    except (ValueError, RecursionError):
        found = None
    layout = found.get("format") if isinstance(found, dict) else None
    if isinstance(layout, int) and layout != FORMAT:
        age = "an earlier" if layout < FORMAT else "a later"
        raise InputError(
            f"{folder} is of {age} version of simsales: it has format {layout}, this version reads and "
            f"extends format {FORMAT}. Use that version for it, or simulate again into another folder"
        )
    if not isinstance(found, dict) or not (_fits(found, _SHAPE) and found["alternatives"]):
        raise InputError(f"{folder / MANIFEST} is not the manifest of a results folder")
    digest = found.pop("digest", None)
    return found, digest != _digest(found)


def _digest(content: dict[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_scenario(folder: Path, alternative: dict[str, Any], file: str) -> Scenario:
    """Read a scenario of a results folder.

    Args:
        folder: The results folder.
        alternative: What its manifest says of the scenario.
        file: The path within the folder, not as the manifest has it: that may be somebody else's.

    Raises:
        SimsalesError: if it is not the one that was written there.
    """
    path = folder / file
    if odd := oddity(path):
        raise SimsalesError(f"{path} is {odd}, not a file; {_remedy(folder)}")
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SimsalesError(f"cannot read {path}: {error.strerror or error}; {_remedy(folder)}") from error
    if sha256(text).hexdigest() != alternative["text_sha256"]:
        raise SimsalesError(f"{path} was altered since simsales wrote it; {_remedy(folder)}")
    return load(path)


def _remedy(folder: Path) -> str:
    return f"the command that made the results, with --out {folder}, writes it anew"


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
    signed = content | {"digest": _digest(content)}
    with replacing(folder / MANIFEST) as draft:
        draft.write_text(json.dumps(signed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
