"""The results of an experiment: a folder that says everything about itself.

``manifest.json`` tells what was asked and with which versions, ``scenarios/`` holds the resolved scenarios,
and ``results.sqlite`` the tidy tables: one per table of the model, ``kpis``, ``replications``, ``failures``,
keyed by scenario, design point and replication. What stands in the tables depends on the scenarios and the
seed alone, not on the order in which replications finished or on how often the experiment was interrupted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simsales.errors import InputError, SimsalesError
from simsales.experiment import folders
from simsales.scenario import Scenario, to_yaml

_TABLES = """
CREATE TABLE IF NOT EXISTS replications (
    scenario TEXT, design_point INTEGER, replication INTEGER, seed INTEGER, status TEXT,
    PRIMARY KEY (scenario, design_point, replication)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kpis (
    scenario TEXT, design_point INTEGER, replication INTEGER, kpi TEXT, value REAL,
    PRIMARY KEY (scenario, design_point, replication, kpi)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    scenario TEXT, design_point INTEGER, replication INTEGER,
    seed INTEGER, stage TEXT, error TEXT, message TEXT, traceback TEXT,
    PRIMARY KEY (scenario, design_point, replication)) WITHOUT ROWID;
"""
_OWN_TABLES = ("replications", "kpis", "failures")


class Key(NamedTuple):
    """What names a replication within an experiment."""

    scenario: str
    design_point: int
    replication: int


class Failure(NamedTuple):
    """A replication that came to nothing."""

    scenario: str
    design_point: int
    replication: int
    seed: int
    stage: str
    """Where it failed: ``simulate``, ``measure``, or ``worker`` if the process that computed it died."""
    error: str
    """Name of the exception's type."""
    message: str
    traceback: str


class Kpis(NamedTuple):
    """KPIs of the replications that finished in every alternative."""

    replications: list[int]
    values: dict[str, dict[str, NDArray[np.float64]]]
    """By alternative and KPI, shape (replications,); nan where a KPI is undefined."""


class Monthly(NamedTuple):
    """A monthly series of the replications that finished in every alternative."""

    months: list[int]
    values: dict[str, NDArray[np.float64]]
    """By alternative, shape (replications, months)."""


class Column(NamedTuple):
    """What to sum: a column of a table, over some rows or all."""

    column: str
    key: str = ""
    """The column that tells which rows count; empty: all of them."""
    value: str = ""
    """What stands there."""


Totals = dict[str, dict[tuple[str, ...], dict[str, NDArray[np.float64]]]]
"""By alternative, what is kept apart, and column; shape (replications,), 0 where a replication has no row."""


class MonthlyBy(NamedTuple):
    """Monthly series, apart by tier or role, of the replications that finished in every alternative."""

    months: list[int]
    values: dict[str, dict[str, dict[str, NDArray[np.float64]]]]
    """By alternative, tier (or role), and name of the series; shape (replications, months)."""


class Store:
    """A results folder. One process at a time writes it; any number may read it meanwhile."""

    def __init__(
        self,
        folder: Path,
        manifest: dict[str, Any],
        database: sqlite3.Connection,
        lock: sqlite3.Connection | None = None,
    ) -> None:
        """Not for use from outside: see ``create`` and ``open``."""
        self.folder = folder
        self.manifest = manifest
        self._db = database
        self._lock = lock

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
                but for the question, and their seed and the versions of what computes.
        """
        if not scenarios:
            raise InputError("an experiment needs at least one scenario")
        if not 0 <= seed < 2**63:
            raise InputError(f"seed {seed}: expected a whole number from 0 to 2^63 - 1")
        asked = folders.manifest(scenarios, seed, command)
        with _explained(folder):
            lock = folders.claim(folder)
            try:
                manifest = folders.resumed(folder, asked, scenarios)
                # The manifest first: from here on, the folder is known for what it is, whenever a kill comes.
                folders.write_manifest(folder, manifest)
                (folder / "scenarios").mkdir(exist_ok=True)
                for alternative in manifest["alternatives"]:
                    text = to_yaml(scenarios[alternative["name"]])
                    (folder / alternative["file"]).write_bytes(text.encode())
                store = cls(folder, manifest, _connect(folder), lock)
                store._db.execute("PRAGMA synchronous=NORMAL")  # with WAL, a killed process loses nothing
                store._db.executescript(_TABLES)
            except BaseException:
                lock.close()
                raise
        return store

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open the results in ``folder`` for reading, be they complete or still growing.

        Raises:
            InputError: if there are none, or none that this version can read.
        """
        with _explained(folder):
            manifest = folders.read_manifest(folder)
            if not (folder / folders.DATABASE).exists():
                raise InputError(f"{folder} holds no results yet")
            store = cls(folder, manifest, _connect(folder))
            store._db.execute("PRAGMA query_only=ON")
        return store

    def close(self) -> None:
        """Let go of the folder. Nothing is lost without it."""
        self._db.close()
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------- writing

    def begin(self, replications: int) -> None:
        """Note that so many replications are asked for, and that work is under way."""
        with _explained(self.folder):
            self._db.execute("PRAGMA journal_mode=WAL")
            self._note(status="running", replications=max(replications, self.manifest["replications"]))

    def finish(self, status: str) -> None:
        """Note how the experiment ended (``complete``, ``interrupted``); make the database one file."""
        with _explained(self.folder):
            self._note(status=status, failures=len(self.failures()))
            with suppress(sqlite3.OperationalError):  # somebody reads: the log then stays beside the database
                self._db.execute("PRAGMA journal_mode=DELETE")

    def record(
        self, key: Key, tables: Mapping[str, Mapping[str, Sequence[Any]]], kpis: Mapping[str, float | None]
    ) -> None:
        """Store a finished replication: all of it or, if a kill comes in between, nothing.

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
            self._set_status(key, "ok")
            self._db.executemany(
                "INSERT INTO kpis VALUES (?, ?, ?, ?, ?)", ((*key, *item) for item in kpis.items())
            )
            for name, table in tables.items():
                self._insert(key, name, table)

    def record_failure(self, failure: Failure) -> None:
        """Store that a replication failed."""
        with self._transaction():
            self._set_status(Key(*failure[:3]), "failed")
            self._db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?, ?, ?, ?)", failure)

    def _set_status(self, key: Key, status: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO replications VALUES (?, ?, ?, ?, ?)",
            (*key, self.manifest["seed"], status),
        )

    def _insert(self, key: Key, name: str, table: Mapping[str, Sequence[Any]]) -> None:
        if name in _OWN_TABLES:
            raise SimsalesError(
                f"a table of the model cannot be named {name!r}: the store has one of that name"
            )
        names = ("scenario", "design_point", "replication", "row", *table)
        columns = ", ".join(map(_quoted, names))
        # Columns have no type, so that a value is stored as the Python value that it is: which replication
        # comes first decides nothing.
        self._db.execute(
            f"CREATE TABLE IF NOT EXISTS {_quoted(name)} ({columns}, "
            "PRIMARY KEY (scenario, design_point, replication, row)) WITHOUT ROWID"
        )
        rows = zip(*table.values(), strict=True)
        self._db.executemany(
            f"INSERT INTO {_quoted(name)} ({columns}) VALUES ({', '.join('?' * len(names))})",
            ((*key, number, *row) for number, row in enumerate(rows)),
        )

    def _note(self, **changes: object) -> None:
        self.manifest.update(changes)
        folders.write_manifest(self.folder, self.manifest)

    # ------------------------------------------------------------------------------------------- reading

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        return int(self.manifest["seed"])

    def alternatives(self) -> list[str]:
        """Names of the scenarios, the baseline first."""
        return [alternative["name"] for alternative in self.manifest["alternatives"]]

    def finished(self) -> set[Key]:
        """The replications that are stored."""
        query = "SELECT scenario, design_point, replication FROM replications WHERE status = 'ok'"
        return {Key(*row) for row in self._rows(query)}

    def replications_done(self, *, first: int | None = None) -> list[int]:
        """Numbers of the replications that finished in every alternative, below ``first`` if it is given."""
        query = (
            "SELECT replication FROM replications "
            "WHERE status = 'ok' AND design_point = 0 AND replication < ? "
            "GROUP BY replication HAVING count(*) = ? ORDER BY replication"
        )
        return [number for (number,) in self._rows(query, _below(first), len(self.alternatives()))]

    def failures(self, *, first: int | None = None) -> list[Failure]:
        """The replications that failed and have not succeeded since, those below ``first`` if it is given."""
        query = "SELECT * FROM failures WHERE replication < ?"
        return [Failure(*row) for row in self._rows(query, _below(first))]

    def kpis(self, *, first: int | None = None) -> Kpis:
        """Return the KPIs of the replications that finished in every alternative.

        Args:
            first: Look at replications 0 to ``first`` − 1 only; left out, at all.
        """
        with self._transaction("DEFERRED"):  # one picture, though the experiment may be under way
            done = self.replications_done(first=first)
            rows = self._rows("SELECT scenario, kpi, replication, value FROM kpis WHERE design_point = 0")
        index = {replication: i for i, replication in enumerate(done)}
        values: dict[str, dict[str, NDArray[np.float64]]] = {name: {} for name in self.alternatives()}
        for scenario, kpi, replication, value in rows:
            if replication in index:
                column = values[scenario].setdefault(kpi, np.full(len(done), np.nan))
                column[index[replication]] = np.nan if value is None else value
        return Kpis(done, values)

    def monthly(self, table: str, column: str, *, first: int | None = None) -> Monthly:
        """Sum ``column`` of a table of the model over everything but months, for every replication.

        Months of which a replication has no row count 0.

        Args:
            table: Its name.
            column: What to sum.
            first: Look at replications 0 to ``first`` − 1 only; left out, at all.

        Raises:
            InputError: if there is no such table or column, or the table has no months.
        """
        with self._transaction("DEFERRED"):
            self._check(table, column)
            self._check(table, "month")
            done = self.replications_done(first=first)
            rows = self._rows(
                f"SELECT scenario, replication, month, sum({_quoted(column)}) FROM {_quoted(table)} "
                "WHERE design_point = 0 GROUP BY scenario, replication, month"
            )
        index = {replication: i for i, replication in enumerate(done)}
        months = sorted({month for _, replication, month, _ in rows if replication in index})
        position = {month: i for i, month in enumerate(months)}
        values = {name: np.zeros((len(done), len(months))) for name in self.alternatives()}
        for scenario, replication, month, total in rows:
            if replication in index:
                values[scenario][index[replication], position[month]] = np.nan if total is None else total
        return Monthly(months, values)

    def monthly_by(
        self, table: str, by: str, columns: Mapping[str, Column], *, first: int | None = None
    ) -> MonthlyBy:
        """Sum columns of a table of the model by month and by another column, for every replication.

        Months of which a replication has no row count 0.

        Args:
            table: Its name.
            by: What to keep apart: ``tier`` or ``role``.
            columns: What to sum, by the name to give it.
            first: Look at replications 0 to ``first`` − 1 only; left out, at all.

        Raises:
            InputError: if there is no such table or column.
        """
        sums = ", ".join(
            f"sum({_quoted(c.column)})" if not c.key else
            f"sum(CASE WHEN {_quoted(c.key)} = ? THEN {_quoted(c.column)} ELSE 0 END)"
            for c in columns.values()
        )  # fmt: skip
        with self._transaction("DEFERRED"):
            for name in ("month", by, *(n for c in columns.values() for n in (c.column, c.key) if n)):
                self._check(table, name)
            done = self.replications_done(first=first)
            rows = self._rows(
                f"SELECT scenario, replication, month, {_quoted(by)}, {sums} FROM {_quoted(table)} "
                f"WHERE design_point = 0 GROUP BY scenario, replication, month, {_quoted(by)}",
                *(c.value for c in columns.values() if c.key),
            )
        index = {replication: i for i, replication in enumerate(done)}
        rows = [row for row in rows if row[1] in index]
        months = sorted({row[2] for row in rows})
        position = {month: i for i, month in enumerate(months)}
        values: dict[str, dict[str, dict[str, NDArray[np.float64]]]] = {n: {} for n in self.alternatives()}
        for scenario, replication, month, scope, *totals in rows:
            series = values[scenario].get(scope)
            if series is None:
                shape = len(done), len(months)
                series = values[scenario][scope] = {name: np.zeros(shape) for name in columns}
            place = index[replication], position[month]
            for array, total in zip(series.values(), totals, strict=True):
                array[place] = np.nan if total is None else total
        return MonthlyBy(months, values)

    def totals(
        self, table: str, by: Sequence[str], columns: Sequence[str], *, first: int | None = None
    ) -> Totals:
        """Sum columns of a table of the model over the months after the warm-up, for every replication.

        Args:
            table: Its name.
            by: Columns whose values to keep apart.
            columns: What to sum.
            first: Look at replications 0 to ``first`` − 1 only; left out, at all.

        Raises:
            InputError: if there is no such table or column.
        """
        kept = ", ".join(map(_quoted, by))
        sums = ", ".join(f"sum({_quoted(column)})" for column in columns)
        with self._transaction("DEFERRED"):
            for name in ("month", *by, *columns):
                self._check(table, name)
            done = self.replications_done(first=first)
            rows = self._rows(
                f"SELECT scenario, replication, {kept}, {sums} FROM {_quoted(table)} "
                f"WHERE design_point = 0 AND month >= 1 GROUP BY scenario, replication, {kept}"
            )
        index = {replication: i for i, replication in enumerate(done)}
        found: Totals = {name: {} for name in self.alternatives()}
        for scenario, replication, *cells in rows:
            if replication in index:
                key = tuple(cells[: len(by)])
                if key not in found[scenario]:
                    found[scenario][key] = {column: np.zeros(len(done)) for column in columns}
                for column, total in zip(columns, cells[len(by) :], strict=True):
                    found[scenario][key][column][index[replication]] = np.nan if total is None else total
        return found

    def tables(self) -> list[str]:
        """Names of the tables."""
        return [
            name for (name,) in self._rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]

    def table(self, name: str) -> dict[str, list[Any]]:
        """Return a whole table column by column, its keys first, ordered by them.

        Raises:
            InputError: if there is no such table.
        """
        with self._transaction("DEFERRED"):
            columns = self._check(name)
            rows = self._rows(f"SELECT * FROM {_quoted(name)}")
        return {column: [row[i] for row in rows] for i, column in enumerate(columns)}

    def _check(self, table: str, column: str | None = None) -> list[str]:
        """Return the table's columns. (SQLite takes a column that does not exist for a piece of text.)"""
        columns = [row[1] for row in self._rows(f"PRAGMA table_info({_quoted(table)})")]
        if not columns:
            raise InputError(f"{self.folder} has no table {table!r}; it has {', '.join(self.tables())}")
        if column is not None and column not in columns:
            raise InputError(f"table {table!r} has no column {column!r}; it has {', '.join(columns)}")
        return columns

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with _explained(self.folder):
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        with _explained(self.folder):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _connect(folder: Path) -> sqlite3.Connection:
    # isolation_level=None: transactions begin and end where this module says so, and nowhere else.
    return sqlite3.connect(folder / folders.DATABASE, timeout=10, isolation_level=None)


def _below(first: int | None) -> int:
    return 2**63 - 1 if first is None else first


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn what the disk or the database may object into an error that a user understands."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise SimsalesError(f"{folder}: {error}") from error
