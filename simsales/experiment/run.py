"""Which replications to compute, and what becomes of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from traceback import format_exc
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from simsales.errors import InputError
from simsales.experiment.executors import MakeExecutor, TaskFailure, run_tasks, serial
from simsales.experiment.store import Failure, Key, Store
from simsales.scenario import Scenario

if TYPE_CHECKING:
    from simsales.model.replication import Replication

Simulate = Callable[[Scenario, int, int], "Replication"]
"""Computes the replication of a scenario, given seed and number; pure and picklable."""

Measure = Callable[["Replication"], Mapping[str, float | None]]
"""Computes the KPIs of a replication, None where one is undefined; pure and picklable."""


class Summary(NamedTuple):
    """How an experiment went."""

    computed: int
    """Replications computed now, failed ones included."""
    found: int
    """Replications that the store had already."""
    failures: list[Failure]
    """What failed, of the replications asked for, and is missing from the results."""


class _Outcome(NamedTuple):
    tables: dict[str, dict[str, list[Any]]]
    kpis: dict[str, float | None]


class _Task(NamedTuple):
    key: Key
    seed: int
    scenario: Scenario


def _model(scenario: Scenario, seed: int, replication: int) -> Replication:
    # Imported where it is computed: a process that only shares out the work need not wait for simpy.
    from simsales.model import simulate

    return simulate(scenario, seed, replication)


def run_experiment(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    seed: int,
    store: Store,
    measure: Measure,
    make_executor: MakeExecutor = serial,
    window: int | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    simulate: Simulate = _model,
) -> Summary:
    """Compute and store ``replications`` of every scenario, but for those that the store has already.

    All scenarios share seed and replication numbers, so that they can be compared in pairs (common random
    numbers). What is stored depends neither on the executor nor on the order in which replications finish.
    A replication that fails is recorded and stops nothing; the next call on the same store tries it again.
    Ctrl-C stops at once; the next call goes on where it stopped.

    Args:
        scenarios: By name, as the store knows them; the first is the baseline.
        replications: How many of each scenario; they are numbered from 0.
        seed: The experiment's seed, as the store knows it.
        store: Opened for writing; the caller closes it.
        measure: Computes the KPIs of a replication, in the process that simulated it.
        make_executor: Where to compute.
        window: How many replications are under way at once; left out, two per processor of this machine.
        on_progress: Called with the number of replications done and their total, at first and after each.
        simulate: Computes a replication; left out, the model does.

    Raises:
        InputError: if fewer than 1 replication is asked for, or scenarios or seed are not those of the store.
        SimsalesError: if results cannot be stored, or workers die before they do anything.
    """
    check_replications(replications)
    if (list(scenarios), seed) != (store.alternatives(), store.seed):
        raise InputError(f"{store.folder} was made for other scenarios or another seed")
    # Number by number and not scenario by scenario: an interrupted experiment leaves pairs.
    keys = [Key(name, 0, number) for number in range(replications) for name in scenarios]
    finished = store.finished()
    tasks = [_Task(key, seed, scenarios[key.scenario]) for key in keys if key not in finished]
    work = partial(_replicate, simulate, measure)
    window = window or 2 * (os.cpu_count() or 1)
    report = on_progress or (lambda *_: None)
    done = len(keys) - len(tasks)
    status = "interrupted"
    store.begin(replications)
    try:
        report(done, len(keys))
        with closing(run_tasks(work, tasks, make_executor, window=window)) as outcomes:
            for task, outcome in outcomes:
                if isinstance(outcome, _Outcome):
                    store.record(task.key, outcome.tables, outcome.kpis)
                elif isinstance(outcome, TaskFailure):
                    store.record_failure(Failure(*task.key, seed, "worker", *outcome))
                else:
                    store.record_failure(outcome)
                done += 1
                report(done, len(keys))
        status = "complete"
    finally:
        store.finish(status)
    return Summary(len(tasks), len(keys) - len(tasks), store.failures(first=replications))


def check_replications(replications: int) -> None:
    """Refuse a number of replications that is none.

    Raises:
        InputError: if it is less than 1.
    """
    if replications < 1:
        raise InputError(f"{replications} replications: at least 1 is needed")


def _replicate(simulate: Simulate, measure: Measure, task: _Task) -> _Outcome | Failure:
    """Compute one replication, in whatever process this is; a failure is an outcome like any other."""
    stage = "simulate"
    try:
        replication = simulate(task.scenario, task.seed, task.key.replication)
        tables = {
            name: {column: _plain(cells) for column, cells in table.columns.items()}
            for name, table in replication.tables.items()
        }
        stage = "measure"
        kpis = {name: None if value is None else float(value) for name, value in measure(replication).items()}
    except Exception as error:  # noqa: BLE001 (whatever it is, it is recorded)
        return Failure(*task.key, task.seed, stage, type(error).__name__, str(error), format_exc())
    return _Outcome(tables, kpis)


def _plain(cells: Sequence[Any]) -> list[Any]:
    """Return a column as plain Python values, which is what a database takes."""
    if isinstance(cells, np.ndarray):
        return cells.tolist()
    return [cell.item() if isinstance(cell, np.generic) else cell for cell in cells]
