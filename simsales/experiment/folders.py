"""Results folders: their names, and which process may write to one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

from simsales.errors import InputError
from simsales.safe_files import DRAFT, oddity

DATABASE = "results.sqlite"
MANIFEST = "manifest.json"
_LOCK = ".lock"
# What a kill leaves behind before there is a manifest: the lock, its journal, a part of the manifest.
_LEFT_BY_A_KILL = re.compile(r"\.lock(-journal|-wal|-shm)?|\.draft-\d+-\d+\.json")

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


def scenario_files(names: Iterable[str]) -> Iterator[str]:
    """The paths within a results folder of the scenarios called ``names``.

    They differ even where upper and lower case do not.
    """
    taken: set[str] = set()
    for name in names:
        stem = _file_name(name, 200)
        while stem.casefold() in taken:
            stem += "_"
        taken.add(stem.casefold())
        yield f"scenarios/{stem}.yaml"


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
    foreign = sorted(name for name in entries if not _LEFT_BY_A_KILL.fullmatch(name))
    if MANIFEST not in entries and foreign:
        raise InputError(
            f"{folder} is not a results folder (it holds {foreign[0]}); choose another one, new or empty"
        )
    for name in (_LOCK, f"{_LOCK}-journal", "scenarios"):
        odd = oddity(folder / name)
        if odd and not (name == "scenarios" and odd == "a folder"):
            raise InputError(f"{folder / name} is {odd}; remove it, or choose another folder")
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
    for leftover in (*folder.glob(f"{DRAFT}*.json"), *folder.glob(f"{DRAFT}*.sqlite*")):
        leftover.unlink(missing_ok=True)  # of a writer that was killed, since there is no other one now
    for leftover in (folder / "scenarios").glob(f"{DRAFT}*"):
        leftover.unlink(missing_ok=True)
    return lock
