"""What one replication of the simulation gives: plain, picklable tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """A tidy table, column by column; all columns have the same length."""

    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The column ``name`` as an array, shape (rows,)."""
        return np.asarray(self.columns[name])

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The table row by row, cells in the order of ``columns``."""
        return zip(*self.columns.values(), strict=True)


class Event(NamedTuple):
    """One line of the event log."""

    time_days: float
    kind: str
    """``enter`` (lead comes in, or is taken from a list), ``ready`` (for somebody), ``start``, ``done`` (a
    step), ``state`` (reached), ``nurture``, ``lost``; of customers ``sign``, ``talk`` (has taken place),
    ``expansion``, ``contraction``, ``leave``, ``return``."""
    channel: str
    number: int
    """Number of the lead within its channel, from 0."""
    tier: str
    step: str
    """Name of the step at hand; of customers, contract (``sign``), what the talk was about, cause of the
    change, or reason for leaving."""
    detail: str
    """State reached, reason of a loss, or the person: ``team#copy/ROLE#number``."""
    mrr: float = 0.0
    """MRR signed, gained, given up, lost or regained."""


@dataclass(frozen=True)
class Replication:
    """The outcome of one replication.

    Months are numbered so that month 1 is the first after the warm-up; the months of the warm-up are 0,
    -1, -2, …
    """

    seed: int
    replication: int
    warm_up_months: int
    horizon_months: int
    tables: Mapping[str, Table]
    """By name: ``funnel``, ``cohorts``, ``losses``, ``ledger``, ``movements``, ``hazard``, ``stays``,
    ``costs``, ``commissions``, ``work``, ``pipeline``; their columns are described in docs/model.md.
    """
    log: tuple[Event, ...] | None = None
    """Every event in order of time, if it was asked for."""
