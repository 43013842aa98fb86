"""The reading side of a store: KPIs, sums by month, totals, whole tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simsales.errors import InputError
from simsales.experiment.database import Database, quoted
from simsales.experiment.records import Failure, Key, Kpis, Monthly, MonthlyBy, Totals
from simsales.kpis.sources import SummedColumn


class Reader(Database):
    """Reads the replications of an experiment, also while others are added."""

    def __init__(self, folder: Path | None, manifest: dict[str, Any], connection: sqlite3.Connection) -> None:
        super().__init__(connection, "results in memory" if folder is None else str(folder))
        self.folder = folder
        """None if the results are kept in memory."""
        self.manifest = manifest

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        return int(self.manifest["seed"])

    def alternatives(self) -> list[str]:
        """Names of the scenarios, the baseline first."""
        return [alternative["name"] for alternative in self.manifest["alternatives"]]

    def finished(self, *, first: int | None = None) -> set[Key]:
        """The replications that are stored, those below ``first`` if it is given."""
        query = (
            "SELECT scenario, design_point, replication FROM replications "
            "WHERE status = 'ok' AND replication < ?"
        )
        return {Key(*row) for row in self._streamed(query, _below(first))}

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
            first: Read replications 0 to ``first`` − 1 only; by default all.
        """
        with self._transaction("DEFERRED"):  # one state, though the experiment may be under way
            done = self.replications_done(first=first)
            index = {replication: i for i, replication in enumerate(done)}
            values: dict[str, dict[str, NDArray[np.float64]]] = {name: {} for name in self.alternatives()}
            query = (
                "SELECT scenario, kpi, replication, value FROM kpis "
                "WHERE design_point = 0 AND replication < ?"
            )
            for scenario, kpi, replication, value in self._streamed(query, _below(first)):
                if replication in index:
                    if kpi not in values[scenario]:
                        values[scenario][kpi] = np.full(len(done), np.nan)
                    values[scenario][kpi][index[replication]] = np.nan if value is None else value
        return Kpis(done, values)

    def monthly(self, table: str, column: str, *, first: int | None = None) -> Monthly:
        """Sum ``column`` of a table of the model by month, for every replication.

        A month without a row in a replication counts 0.

        Args:
            table: Its name.
            column: The column to sum.
            first: Read replications 0 to ``first`` − 1 only; by default all.

        Raises:
            InputError: if there is no such table or column, or the table has no months.
        """
        with self._transaction("DEFERRED"):
            self._check(table, column)
            self._check(table, "month")
            done = self.replications_done(first=first)
            rows = self._rows(
                f"SELECT scenario, replication, month, sum({quoted(column)}) FROM {quoted(table)} "
                "WHERE design_point = 0 AND replication < ? GROUP BY scenario, replication, month",
                _below(first),
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
        self, table: str, by: str, columns: Mapping[str, SummedColumn], *, first: int | None = None
    ) -> MonthlyBy:
        """Sum columns of a table of the model by month and by another column, for every replication.

        A month without a row in a replication counts 0.

        Args:
            table: Its name.
            by: ``tier`` or ``role``.
            columns: What to sum, by the name of the series.
            first: Read replications 0 to ``first`` − 1 only; by default all.

        Raises:
            InputError: if there is no such table or column.
        """
        sums = ", ".join(
            f"sum({quoted(c.column)})" if not c.key else
            f"sum(CASE WHEN {quoted(c.key)} = ? THEN {quoted(c.column)} ELSE 0 END)"
            for c in columns.values()
        )  # fmt: skip
        with self._transaction("DEFERRED"):
            for name in ("month", by, *(n for c in columns.values() for n in (c.column, c.key) if n)):
                self._check(table, name)
            done = self.replications_done(first=first)
            rows = self._rows(
                f"SELECT scenario, replication, month, {quoted(by)}, {sums} FROM {quoted(table)} "
                "WHERE design_point = 0 AND replication < ? "
                f"GROUP BY scenario, replication, month, {quoted(by)}",
                *(c.value for c in columns.values() if c.key),
                _below(first),
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

        A table without months, such as one by age, is summed as a whole.

        Args:
            table: Its name.
            by: The columns to group by.
            columns: The columns to sum.
            first: Read replications 0 to ``first`` − 1 only; by default all.

        Raises:
            InputError: if there is no such table or column.
        """
        kept = ", ".join(map(quoted, by))
        sums = ", ".join(f"sum({quoted(column)})" for column in columns)
        with self._transaction("DEFERRED"):
            for name in (*by, *columns):
                self._check(table, name)
            measured = "AND month >= 1 " if "month" in self._check(table) else ""
            done = self.replications_done(first=first)
            rows = self._rows(
                f"SELECT scenario, replication, {kept}, {sums} FROM {quoted(table)} "
                f"WHERE design_point = 0 {measured}AND replication < ? "
                f"GROUP BY scenario, replication, {kept}",
                _below(first),
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
            rows = self._rows(f"SELECT * FROM {quoted(name)}")
        return {column: [row[i] for row in rows] for i, column in enumerate(columns)}

    def _check(self, table: str, column: str | None = None) -> list[str]:
        """Return the table's columns. (SQLite reads the name of a missing column as a piece of text.)"""
        columns = [row[1] for row in self._rows(f"PRAGMA table_info({quoted(table)})")]
        if not columns:
            raise InputError(f"{self.name} has no table {table!r}; it has {', '.join(self.tables())}")
        if column is not None and column not in columns:
            raise InputError(f"table {table!r} has no column {column!r}; it has {', '.join(columns)}")
        return columns


def _below(first: int | None) -> int:
    return 2**63 - 1 if first is None else first
