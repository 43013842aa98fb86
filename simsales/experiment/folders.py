"""Results folders as such: their names, their manifest, whose they are and who may write them."""

from __future__ import annotations

import json
import platform
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from itertools import count, zip_longest
from pathlib import Path
from typing import Any

import simsales
from simsales.errors import InputError, ScenarioError
from simsales.scenario import Scenario, load, to_yaml
from simsales.scenario.messages import shortened

FORMAT = 1
"""Version of the folder's layout."""

DATABASE = "results.sqlite"
_MANIFEST = "manifest.json"
_DRAFT = "manifest.json.draft"
_LOCK = ".lock"

_COMPUTES = ("simsales", "numpy", "simpy")
"""Whose versions decide what comes out."""

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

_RESERVED_BY_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def new_folder(parent: Path, names: Sequence[str], now: datetime) -> Path:
    """Make a folder in ``parent`` that did not exist before, named after the scenarios and the moment.

    Raises:
        InputError: if no folder can be made there.
    """
    stem = f"{_file_name('-vs-'.join(names), 120)}-{now:%Y%m%d-%H%M%S}"
    for attempt in count(1):
        folder = parent / (stem if attempt == 1 else f"{stem}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not parent.is_dir():
                raise InputError(f"{parent} is not a folder") from None
        except OSError as error:
            raise InputError(f"cannot make the folder {folder}: {error.strerror}") from error
        else:
            return folder
    raise AssertionError("unreachable")


def _file_name(name: str, max_bytes: int) -> str:
    """Make of ``name`` what every file system accepts, no longer than ``max_bytes``."""
    safe = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name)
    if _RESERVED_BY_WINDOWS.match(safe):
        safe = f"_{safe}"
    return safe.encode(errors="replace")[:max_bytes].decode(errors="ignore").strip(". ") or "_"


# ------------------------------------------------------------------------------------------------- manifest


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
            {"name": name, "file": f"scenarios/{stem}.yaml", "sha256": _fingerprint(scenario)}
            for (name, scenario), stem in zip(scenarios.items(), _distinct(scenarios), strict=True)
        ],
        "versions": {
            "simsales": simsales.__version__,
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


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """Make file names that differ even where upper and lower case do not."""
    taken: set[str] = set()
    for name in names:
        stem = _file_name(name, 200)
        while stem.casefold() in taken:
            stem += "_"
        taken.add(stem.casefold())
        yield stem


def resumed(folder: Path, asked: dict[str, Any], scenarios: Mapping[str, Scenario]) -> dict[str, Any]:
    """Return the manifest to go on with: the folder's own if it has one, else the one asked for.

    Raises:
        InputError: if the folder holds another experiment.
    """
    if not (folder / _MANIFEST).exists():
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
        found = json.loads((folder / _MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder} is not a results folder: it has no {_MANIFEST}") from None
    except (ValueError, RecursionError):
        found = None
    layout = found.get("format") if isinstance(found, dict) else None
    if isinstance(layout, int) and layout != FORMAT:
        raise InputError(f"{folder} has format {layout}; this version of simsales reads format {FORMAT}")
    if not isinstance(found, dict) or not (_fits(found, _SHAPE) and found["alternatives"]):
        raise InputError(f"{folder / _MANIFEST} is not the manifest of a results folder")
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
    draft = folder / _DRAFT
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(folder / _MANIFEST)


# ------------------------------------------------------------------------------------------------ ownership


def claim(folder: Path) -> sqlite3.Connection:
    """Take ``folder`` for writing, until the connection is closed or the process ends, however it ends.

    Raises:
        InputError: if it holds files that are no results, or if another process writes it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        entries = {entry.name for entry in folder.iterdir()}
    except OSError as error:
        raise InputError(f"cannot keep results in {folder}: {error.strerror}") from error
    if _MANIFEST not in entries and (foreign := sorted(entries - {_LOCK, _DRAFT})):
        raise InputError(
            f"{folder} is not a results folder (it holds {foreign[0]}); choose another one, new or empty"
        )
    # The lock is that of an empty database: SQLite knows how to lock on every system, and the system releases
    # the lock of a process that was killed. (The results cannot be locked without shutting readers out.)
    lock = sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise InputError(
            f"another process is writing to {folder}; wait for it, or choose another folder"
        ) from None
    return lock
