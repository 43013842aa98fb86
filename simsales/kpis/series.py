"""Sums over the rows of a replication's tables: by month, for each tier or role, and for all tiers
together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simsales.kpis.sources import Source

if TYPE_CHECKING:
    from simsales.model.replication import Table

Floats = NDArray[np.float64]


def scopes(tiers: Sequence[str]) -> list[str]:
    """Names of the scopes in the order of `with_total`: the total, which has an empty name, and the tiers."""
    return ["", *tiers] if len(tiers) > 1 else [""]


def with_total(by_tier: Floats) -> Floats:
    """The sum over the tiers, followed by each tier if there are several; tiers are the first axis."""
    total = by_tier.sum(axis=0, keepdims=True)
    return np.concatenate((total, by_tier)) if len(by_tier) > 1 else total


class Grouping:
    """The rows of a table, grouped by scope (tier or role) and by position, such as a month or an age.

    Rows at positions below 0, the months of the warm-up, are left out. Grouped by tier, the total comes
    first.
    """

    def __init__(
        self, table: Table, by: str, scopes: Sequence[str], positions: NDArray[np.intp], count: int
    ) -> None:
        """Group the rows of ``table``.

        Args:
            table: Its column ``by`` holds the scope of each row.
            by: ``tier`` or ``role``.
            scopes: Names of the tiers or roles.
            positions: The position of each row, below ``count``.
            count: The number of positions.
        """
        self._kept = positions >= 0
        number = {scope: i for i, scope in enumerate(scopes)}
        scope = np.fromiter((number[name] for name in table.columns[by]), np.intp, len(table))
        self._shape = len(scopes), count
        self._index = (scope * count + positions)[self._kept]
        self._by_tier = by == "tier"

    def sums(self, cells: NDArray[Any]) -> Floats:
        """Sums of ``cells``, one for each row of the table; shape (scopes, positions)."""
        rows, count = self._shape
        weights = cells[self._kept].astype(np.float64)
        sums = np.bincount(self._index, weights, rows * count).astype(np.float64).reshape(self._shape)
        return with_total(sums) if self._by_tier else sums


class Series(Mapping[str, Floats]):
    """The monthly series of one replication, each computed when first asked for; shape (scopes, months)."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        sources: Mapping[str, Source],
        by: str,
        scopes: Sequence[str],
        months: int,
    ) -> None:
        """Sum by month and by the column ``by`` (``tier`` or ``role``), whose values are ``scopes``."""
        self._tables = tables
        self._sources = sources
        self._by = by
        self._scopes = scopes
        self._months = months
        self._computed: dict[str, Floats] = {}
        self._groupings: dict[str, Grouping] = {}
        self._keys: dict[tuple[str, str], NDArray[Any]] = {}

    def __getitem__(self, name: str) -> Floats:
        if name not in self._computed:
            table, (column, key, value) = self._sources[name]
            rows = self._tables[table]
            if table not in self._groupings:
                month = rows["month"].astype(np.intp) - 1
                self._groupings[table] = Grouping(rows, self._by, self._scopes, month, self._months)
            cells = rows[column]
            if key:
                if (table, key) not in self._keys:
                    self._keys[table, key] = rows[key]
                cells = cells * (self._keys[table, key] == value)
            self._computed[name] = self._groupings[table].sums(cells)
        return self._computed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)
