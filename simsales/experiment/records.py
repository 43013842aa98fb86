"""What an experiment stores and what is read back from it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Key(NamedTuple):
    """The key of a replication within an experiment."""

    scenario: str
    design_point: int
    replication: int


class Failure(NamedTuple):
    """A replication that failed."""

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


class MonthlyBy(NamedTuple):
    """Monthly series by tier or role, of the replications that finished in every alternative."""

    months: list[int]
    values: dict[str, dict[str, dict[str, NDArray[np.float64]]]]
    """By alternative, tier (or role), and name of the series; shape (replications, months)."""


Totals = dict[str, dict[tuple[str, ...], dict[str, NDArray[np.float64]]]]
"""By alternative, group, and column; shape (replications,), 0 where a replication has no row."""
