"""The results of an experiment: a folder that describes itself, or a database in memory.

In a folder, ``manifest.json`` says what was asked and with which versions, ``scenarios/`` holds the resolved
scenarios, and ``results.sqlite`` the tidy tables: one per table of the model, ``kpis``, ``replications``,
``failures``, keyed by scenario, design point and replication. The content of the tables depends on the
scenarios and the seed alone, not on the order in which replications finished or on how often the experiment
was interrupted. What is stored is checked when it is read (`simsales.experiment.integrity`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from simsales.errors import InputError, SimsalesError
from simsales.experiment import folders, integrity, manifests
from simsales.experiment.database import explained, quoted
from simsales.experiment.reader import Reader
from simsales.experiment.records import Failure, Key
from simsales.safe_files import oddity, replacing
from simsales.scenario import Scenario, to_yaml

_TABLES = """
CREATE TABLE IF NOT EXISTS replications (
    scenario TEXT, design_point INTEGER, replication INTEGER, seed INTEGER, status TEXT,
    counts TEXT, digest TEXT,
    PRIMARY KEY (scenario, design_point, replication)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kpis (
    scenario TEXT, design_point INTEGER, replication INTEGER, kpi TEXT, value REAL,
    PRIMARY KEY (scenario, design_point, replication, kpi)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    scenario TEXT, design_point INTEGER, replication INTEGER,
    seed INTEGER, stage TEXT, error TEXT, message TEXT, traceback TEXT,
    PRIMARY KEY (scenario, design_point, replication)) WITHOUT ROWID;
"""
_OWN_TABLES = integrity.own_statements(_TABLES)


class Store(Reader):
    """Results of an experiment. One process at a time writes a folder; any number may read it meanwhile."""

    def __init__(
        self,
        folder: Path | None,
        manifest: dict[str, Any],
        connection: sqlite3.Connection,
        lock: sqlite3.Connection | None = None,
    ) -> None:
        """Not for use from outside: see ``create``, ``in_memory`` and ``open``."""
        super().__init__(folder, manifest, connection)
        self._lock = lock
        self.mended = ""
        """What was damaged when the store was opened for writing, and is computed anew."""

    @classmethod
    def create(
        cls, folder: Path, scenarios: Mapping[str, Scenario], *, seed: int, command: Sequence[str] = ()
    ) -> Store:
        """Open ``folder`` for writing: a new or empty one, or the same experiment's, to go on with it.

        Args:
            folder: Made if it does not exist.
            scenarios: By name; the first is the baseline.
            seed: The experiment's seed.
            command: The command line, for the record.

        Raises:
            InputError: if the folder holds something else, or another process writes to it, or there is no
                scenario, or the seed is out of range. Two experiments are the same if their scenarios are,
                except for the question, and their seed and the versions of what computes.
        """
        _check(scenarios, seed)
        asked = manifests.manifest(scenarios, seed, command)
        with explained(str(folder)):
            lock = folders.claim(folder)
            try:
                manifest = manifests.resumed(folder, asked, scenarios)
                # The manifest first: from here on, the folder is recognized, whenever a kill comes.
                manifests.write_manifest(folder, manifest)
                (folder / "scenarios").mkdir(exist_ok=True)
                for alternative in manifest["alternatives"]:
                    text = to_yaml(scenarios[alternative["name"]])
                    with replacing(folder / alternative["file"]) as draft:
                        draft.write_bytes(text.encode())
                mended = _mend(folder, manifest)
                store = cls(folder, manifest, _connect(folder), lock)
                store.mended = mended
                store._db.execute("PRAGMA synchronous=NORMAL")  # with WAL, a killed process loses nothing
                store._db.executescript(_TABLES)
            except BaseException:
                lock.close()
                raise
        return store

    @classmethod
    def in_memory(cls, scenarios: Mapping[str, Scenario], *, seed: int) -> Store:
        """Open a new store that nobody else sees and that ends with this process.

        Args:
            scenarios: By name; the first is the baseline.
            seed: The experiment's seed.

        Raises:
            InputError: if there is no scenario, or the seed is out of range.
        """
        _check(scenarios, seed)
        manifest = {
            "status": "running",
            "seed": seed,
            "replications": 0,
            "finished": 0,
            "failures": 0,
            "database": "",
            "alternatives": [{"name": name} for name in scenarios],
        }
        # A notebook may look at its results from another thread than the one that computed them.
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.executescript(_TABLES)
        return cls(None, manifest, connection)

    @classmethod
    def open(cls, folder: Path, *, first: int | None = None, check: bool = True) -> Store:
        """Open the results in ``folder`` for reading, be they complete or still growing.

        Args:
            folder: A results folder.
            first: Check replications 0 to ``first`` − 1 only, by default all, where they are checked one by
                one.
            check: False if they were checked a moment ago.

        Raises:
            InputError: if there are none, or none that this version can read.
            SimsalesError: if they are damaged or were altered.
        """
        with explained(str(folder)):
            manifest = manifests.read_manifest(folder)
            if not (folder / folders.DATABASE).exists() and not manifest["finished"]:
                raise InputError(f"{folder} holds no results yet")
            while check and (damage := _damage(folder, manifest, first)):
                before, manifest = manifest, manifests.read_manifest(folder)
                if manifest == before:  # nobody has begun to write meanwhile
                    raise SimsalesError(
                        f"{folder / folders.DATABASE} is damaged or was altered ({damage}); the command that "
                        f"made the results, with --out {folder}, computes what is damaged anew"
                    )
            store = cls(folder, manifest, _connect(folder))
            store._db.execute("PRAGMA query_only=ON")
        return store

    def close(self) -> None:
        """Release the folder. Nothing is lost without it, except what is in memory."""
        self._db.close()
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, replications: int) -> None:
        """Note that so many replications are asked for, and that work is under way."""
        with explained(self.name):
            # Noted first: from here on, the file is another one than the manifest knows.
            asked = max(replications, self.manifest["replications"])
            self._note(status="running", replications=asked, database="")
            self._db.execute("PRAGMA journal_mode=WAL")

    def finish(self, status: str) -> None:
        """Note how the experiment ended (``complete``, ``interrupted``); make the database one file."""
        with explained(self.name):
            digest = ""
            with suppress(sqlite3.OperationalError):  # somebody reads: the log then stays beside the database
                self._db.execute("PRAGMA journal_mode=DELETE")
                if self.folder is not None:
                    digest = integrity.digest_of_file(self.folder / folders.DATABASE)
            query = "SELECT count(*) FROM replications WHERE status = ?"
            (finished,), (failed,) = (*self._rows(query, "ok"), *self._rows(query, "failed"))
            self._note(status=status, finished=finished, failures=failed, database=digest)

    def record(
        self, key: Key, tables: Mapping[str, Mapping[str, Sequence[Any]]], kpis: Mapping[str, float | None]
    ) -> None:
        """Store a finished replication: all of it or, if the process is killed meanwhile, nothing.

        Args:
            key: The replication.
            tables: Of plain Python values, column by column; columns of one table have the same length.
            kpis: The measured KPIs; None is undefined.

        Raises:
            SimsalesError: if the database refuses (a full disk, a replication that is stored already).
        """
        with self._transaction():
            self._db.execute(
                "DELETE FROM failures WHERE (scenario, design_point, replication) = (?, ?, ?)", key
            )
            self._db.executemany(
                "INSERT INTO kpis VALUES (?, ?, ?, ?, ?)", ((*key, *item) for item in kpis.items())
            )
            for name, table in tables.items():
                self._insert(key, name, table)
            self._set_status(key, "ok", tables)

    def record_failure(self, failure: Failure) -> None:
        """Store that a replication failed."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?, ?)", failure)
            self._set_status(Key(*failure[:3]), "failed")

    def _set_status(self, key: Key, status: str, tables: Collection[str] = ()) -> None:
        """Note the status of a replication whose rows stand in the database, with what tells them from any
        others."""
        head = self.manifest["seed"], status
        # Read back, so that they are digested as the database keeps them.
        counts, digest = integrity.digest_of_rows(self._db, key, head, {"kpis", "failures", *tables})
        self._db.execute(
            "INSERT OR REPLACE INTO replications VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, *head, json.dumps(counts), digest),
        )

    def _insert(self, key: Key, name: str, table: Mapping[str, Sequence[Any]]) -> None:
        if name in _OWN_TABLES:
            raise SimsalesError(
                f"a table of the model cannot be named {name!r}: the store has one of that name"
            )
        names = ("scenario", "design_point", "replication", "row", *table)
        columns = ", ".join(map(quoted, names))
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = ?", name):
            self._db.execute(integrity.table_statement(name, names))
        rows = zip(*table.values(), strict=True)
        self._db.executemany(
            f"INSERT INTO {quoted(name)} ({columns}) VALUES ({', '.join('?' * len(names))})",
            ((*key, number, *row) for number, row in enumerate(rows)),
        )

    def _note(self, **changes: object) -> None:
        self.manifest.update(changes)
        if self.folder is not None:
            manifests.write_manifest(self.folder, self.manifest)


def _check(scenarios: Mapping[str, Scenario], seed: int) -> None:
    if not scenarios:
        raise InputError("an experiment needs at least one scenario")
    if not 0 <= seed < 2**63:
        raise InputError(f"seed {seed}: expected a whole number from 0 to 2^63 - 1")


def _connect(folder: Path) -> sqlite3.Connection:
    # isolation_level=None: transactions begin and end where this package says so, and nowhere else.
    return sqlite3.connect(folder / folders.DATABASE, timeout=10, isolation_level=None)


def _damage(folder: Path, manifest: Mapping[str, Any], first: int | None = None) -> integrity.Damage:
    """What is wrong with the database of a folder; nothing if it is the file that the manifest knows."""
    path = folder / folders.DATABASE
    for name in ("", "-wal", "-shm", "-journal"):
        if odd := oddity(path.with_name(path.name + name)):
            return integrity.Damage([f"{path.name}{name} is {odd}, not a file"], {}, [])
    if not path.exists():
        return integrity.Damage(["the file is missing"], {}, [])
    if manifest["database"] == integrity.digest_of_file(path):
        return integrity.Damage([], {}, [])
    alternatives = [alternative["name"] for alternative in manifest["alternatives"]]
    with closing(_connect(folder)) as db:
        db.execute("PRAGMA query_only=ON")
        db.execute("BEGIN")  # one state, though the experiment may be under way
        found = integrity.check(
            db, _OWN_TABLES, manifest["seed"], alternatives, finished=manifest["finished"], first=first
        )
    if manifest["database"] and not found:
        found.file.append("not the file that was written, though every replication in it is sound")
    return found


def _mend(folder: Path, manifest: dict[str, Any]) -> str:
    """Put a new database with all sound replications in the place of a damaged one; return what was wrong.

    The caller has the folder to itself.
    """
    path = folder / folders.DATABASE
    if not path.exists() and not manifest["finished"]:
        return ""
    if not (damage := _damage(folder, manifest)):
        return ""
    manifest |= {"status": "running", "finished": 0, "database": ""}
    manifests.write_manifest(folder, manifest)
    with replacing(path) as draft:
        with closing(sqlite3.connect(draft, isolation_level=None)) as new:
            new.executescript(_TABLES)
            new.execute("BEGIN")
            if damage.sound:
                with closing(_connect(folder)) as old:
                    old.execute("PRAGMA query_only=ON")
                    for key in damage.sound:
                        integrity.copy(old, new, key)
            new.execute("COMMIT")
        # The new file must not be taken for the old one's, to which its logs belong.
        for log in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + log).unlink(missing_ok=True)
    return str(damage)
