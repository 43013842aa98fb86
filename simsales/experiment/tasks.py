"""One replication as a task: simulated and measured in whatever process it is sent to."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from traceback import format_exc
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import simsales.kpis as kpis
from simsales.experiment.records import Failure, Key
from simsales.scenario import Scenario

if TYPE_CHECKING:
    from simsales.model import Replication

_SCENARIOS_KEPT = 128
"""The scenarios that a process keeps unpickled. An experiment on more alternatives unpickles them again."""


def _simulate(scenario: Scenario, seed: int, replication: int) -> Replication:
    # Imported where it is used: a process that only shares out tasks need not load simpy.
    from simsales.model import simulate

    return simulate(scenario, seed, replication)


def _measure(replication: Replication) -> Mapping[str, float | None]:
    return kpis.measure(replication)


class Work(NamedTuple):
    """What is done for every replication; both functions are pure and picklable."""

    simulate: Callable[[Scenario, int, int], Replication] = _simulate
    """Takes scenario, seed and number of the replication."""
    measure: Callable[[Replication], Mapping[str, float | None]] = _measure
    """Computes the KPIs; None where one is undefined."""


WORK = Work()
"""Simulate by the model, measure all KPIs."""


class Task(NamedTuple):
    """A replication to compute."""

    key: Key
    seed: int
    scenario: bytes
    """The scenario as `packed` makes it, the same bytes for all its replications."""


class Outcome(NamedTuple):
    """A replication that was computed, as plain Python values."""

    tables: dict[str, dict[str, list[Any]]]
    kpis: dict[str, float | None]


def packed(scenario: Scenario) -> bytes:
    """The scenario as it is sent to the processes that simulate it."""
    return pickle.dumps(scenario)


@lru_cache(_SCENARIOS_KEPT)
def _unpacked(scenario: bytes) -> Scenario:
    """The scenario: one object per process, so that whatever is kept for it serves all its replications."""
    unpacked: Scenario = pickle.loads(scenario)
    return unpacked


def compute(work: Work, task: Task) -> Outcome | Failure:
    """Compute one replication. A failure is an outcome like any other."""
    stage = "simulate"
    try:
        replication = work.simulate(_unpacked(task.scenario), task.seed, task.key.replication)
        tables = {
            name: {column: _plain(cells) for column, cells in table.columns.items()}
            for name, table in replication.tables.items()
        }
        stage = "measure"
        measured = work.measure(replication)
        values = {name: None if value is None else float(value) for name, value in measured.items()}
    except Exception as error:  # noqa: BLE001 (whatever it is, it is recorded)
        return Failure(*task.key, task.seed, stage, type(error).__name__, str(error), format_exc())
    return Outcome(tables, values)


def _plain(cells: Sequence[Any]) -> list[Any]:
    """A column as plain Python values, the only ones that a database takes."""
    if isinstance(cells, np.ndarray):
        return cells.tolist()
    return [cell.item() if isinstance(cell, np.generic) else cell for cell in cells]
