"""Whether a results database holds what was stored in it.

Every replication is stored with the number of its rows by table and a digest of them, and a finished database
with a digest of the whole file in the manifest. The file's is compared first, which takes some tenths of a
millisecond per replication. Only if it differs or is missing (the experiment is under way, or was killed)
are the replications checked one by one.
"""

from __future__ import annotations

import json
import marshal
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, NamedTuple

from simsales.experiment.database import quoted
from simsales.experiment.records import Key

KEY = "scenario = ? AND design_point = ? AND replication = ?"
_SHOWN = 5


class Damage(NamedTuple):
    """What is wrong with a database."""

    file: list[str]
    """With the file as a whole; the replications that are not named below are sound all the same."""
    replications: dict[Key, str]
    """With single replications."""
    sound: list[Key]
    """The replications that hold what was stored, as far as they were looked at."""

    def __bool__(self) -> bool:
        return bool(self.file or self.replications)

    def __str__(self) -> str:
        told = list(self.file)
        told += [
            f"{key.scenario}, replication {key.replication}: {what}"
            for key, what in self.replications.items()
        ]
        more = [f"and {len(told) - _SHOWN:,} more"] if len(told) > _SHOWN else []
        return "; ".join(told[:_SHOWN] + more)


def digest_of_file(path: Path) -> str:
    """Digest of a file's bytes."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def digest_of_rows(
    db: sqlite3.Connection, key: Key, head: tuple[int, str], tables: Collection[str]
) -> tuple[dict[str, int], str]:
    """The number of rows of a replication by table, and a digest of ``head`` and of them.

    The canonical form is that of marshal's version 2, which is the same in every version of Python and tells
    1, 1.0 and '1' apart; text as JSON would take five times as long.
    """
    digest = sha256(marshal.dumps((*key, *head), 2))
    counts = {}
    for table in sorted(tables):
        found = db.execute(f"SELECT * FROM {quoted(table)} WHERE {KEY}", key)
        columns = tuple(column[0] for column in found.description)
        rows = found.fetchall()
        counts[table] = len(rows)
        digest.update(marshal.dumps((table, columns, rows), 2))
    return counts, digest.hexdigest()


def check(
    db: sqlite3.Connection,
    own: Mapping[str, str],
    seed: int,
    alternatives: Collection[str],
    *,
    finished: int = 0,
    first: int | None = None,
) -> Damage:
    """Check the structure of a database and every replication in it, below ``first`` if it is given.

    Args:
        db: Opened for reading, in a transaction.
        own: By name, the statements that made the tables that every database has.
        seed: The experiment's.
        alternatives: Names of its scenarios.
        finished: The number of finished replications that it has at least.
        first: As for reading.
    """
    damage = Damage([], {}, [])
    try:
        broken = [text for (text,) in db.execute("PRAGMA quick_check(1)") if text != "ok"]
    except sqlite3.Error as error:
        broken = [str(error)]
    damage.file.extend(" ".join(str(text).split()) for text in broken)
    try:
        tables = _tables(db, own, damage)
        seen: Counter[str] = Counter()
        stored = db.execute("SELECT * FROM replications WHERE replication < ?", (_below(first),)).fetchall()
    except sqlite3.Error as error:
        damage.file.append(str(error))
        return damage
    there = sum(status == "ok" for *_, status, _, _ in stored)
    if first is None and there < finished:
        damage.file.append(f"{there:,} finished replications, {finished:,} were stored")
    for *cells, at_seed, status, counts, digest in stored:
        key = Key(*cells)
        plain = key.scenario in alternatives and key.design_point == 0 and type(key.replication) is int
        if not plain or key.replication < 0 or at_seed != seed or status not in ("ok", "failed"):
            damage.file.append(f"a replication that nobody asked for: {key.scenario}, {key.replication}")
            continue
        try:
            expected = json.loads(counts)
            if not expected.keys() <= tables:
                damage.replications[key] = f"no table {min(expected.keys() - tables)}"
                continue
            found, made = digest_of_rows(db, key, (at_seed, status), expected)
        except (sqlite3.Error, ValueError, TypeError, AttributeError, RecursionError) as error:
            damage.replications[key] = f"cannot be read ({error})"
            continue
        seen.update(found)
        if found != expected:
            name = next(name for name in sorted(expected) if expected[name] != found[name])
            damage.replications[key] = f"{found[name]:,} rows in {name}, {expected[name]} were stored"
        elif made != digest:
            damage.replications[key] = "not the values that were stored"
        else:
            damage.sound.append(key)
    _look_for_strays(db, tables - {"replications"}, seen, first, damage)
    return damage


def _tables(db: sqlite3.Connection, own: Mapping[str, str], damage: Damage) -> set[str]:
    """Names of the tables that may be read; whatever else the database has is noted."""
    known = {"replications", *own}
    if db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'replications'").fetchone():
        for (counts,) in db.execute("SELECT DISTINCT counts FROM replications"):
            try:
                known.update(map(str, json.loads(counts)))
            except (ValueError, TypeError, RecursionError):
                continue  # noted with its replication
    tables = set()
    for kind, name, statement in db.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
        if kind != "table" or name not in known:
            damage.file.append(f"a {kind} that simsales did not make: {name}")
            continue
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({quoted(name)})")]
        if statement != (own[name] if name in own else table_statement(name, columns)):
            damage.file.append(f"table {name} is not as simsales made it")
            continue
        tables.add(name)
    damage.file.extend(f"no table {name}" for name in own if name not in tables)
    return tables


def _look_for_strays(
    db: sqlite3.Connection, tables: Collection[str], seen: Counter[str], first: int | None, damage: Damage
) -> None:
    """Note tables that hold rows of no replication."""
    unread = any("cannot be read" in what or "no table" in what for what in damage.replications.values())
    if unread:
        return  # what they hold was not counted, and they are computed anew anyway
    for name in sorted(tables):
        where = "" if first is None else f" WHERE replication < {first:d}"
        try:
            ((rows,),) = db.execute(f"SELECT count(*) FROM {quoted(name)}{where}")
        except sqlite3.Error as error:
            damage.file.append(f"table {name}: {error}")
            continue
        if rows != seen[name]:
            damage.file.append(f"table {name} holds {rows:,} rows, {seen[name]:,} of them of replications")


def table_statement(name: str, columns: Collection[str]) -> str:
    """The statement that makes a table of the model with these columns, its keys first.

    Columns have no type, so that every value keeps its own: the replication that comes first, and makes the
    table, must not decide it.
    """
    return (
        f"CREATE TABLE {quoted(name)} ({', '.join(map(quoted, columns))}, "
        "PRIMARY KEY (scenario, design_point, replication, row)) WITHOUT ROWID"
    )


def own_statements(script: str) -> dict[str, str]:
    """By name, the statements of the tables that ``script`` makes, as SQLite keeps them."""
    with sqlite3.connect(":memory:") as db:
        db.executescript(script)
        return dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())


def copy(source: sqlite3.Connection, target: sqlite3.Connection, key: Key) -> None:
    """Copy a replication with all its rows; ``target`` has the tables that every database has."""
    row: tuple[Any, ...] = source.execute(f"SELECT * FROM replications WHERE {KEY}", key).fetchone()
    _insert(target, "replications", [row])
    for name in json.loads(row[-2]):
        found = source.execute(f"SELECT * FROM {quoted(name)} WHERE {KEY}", key)
        columns = [column[0] for column in found.description]
        if not target.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
            target.execute(table_statement(name, columns))
        _insert(target, name, found.fetchall())


def _insert(db: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        places = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", rows)


def _below(first: int | None) -> int:
    return 2**63 - 1 if first is None else first
