"""An SQLite database whose errors a user understands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simsales.errors import SimsalesError


class Database:
    """A connection with explicit transactions."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        """Take a connection in autocommit mode; ``name`` stands in its error messages."""
        self._db = connection
        self.name = name

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with explained(self.name):
            return self._db.execute(query, values).fetchall()

    def _streamed(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows one by one, where they are many."""
        with explained(self.name):
            yield from self._db.execute(query, values)

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        with explained(self.name):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn an error of the disk or of the database into one that names the results concerned."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise SimsalesError(f"{name}: {error}") from error


def quoted(name: str) -> str:
    """The name of a table or column as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
