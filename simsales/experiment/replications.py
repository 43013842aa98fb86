"""Which replications are still to be computed, and where their outcomes are stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import NamedTuple

from simsales.errors import InputError
from simsales.experiment.executors import MakeExecutor, TaskFailure, run_tasks, serial
from simsales.experiment.records import Failure, Key
from simsales.experiment.store import Store
from simsales.experiment.tasks import WORK, Outcome, Task, Work, compute, packed
from simsales.scenario import Scenario

Progress = Callable[[int, int], object]
"""Called with the number of replications done and their total, at first and after each."""


class Counts(NamedTuple):
    """How many replications an experiment computed."""

    computed: int
    """Replications computed now, failed ones included."""
    found: int
    """Replications that the store had already."""
    failures: list[Failure]
    """The replications asked for that failed and are missing from the results."""


def compute_replications(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    seed: int,
    store: Store,
    make_executor: MakeExecutor = serial,
    window: int | None = None,
    on_progress: Progress | None = None,
    work: Work = WORK,
) -> Counts:
    """Compute and store ``replications`` of every scenario, except those that the store has already.

    All scenarios share seed and replication numbers, so that they can be compared in pairs (common random
    numbers). What is stored depends neither on the executor nor on the order in which replications finish.
    A replication that fails is recorded and stops nothing; the next call on the same store tries it again.
    Ctrl-C stops at once; the next call goes on where it stopped.

    Args:
        scenarios: By name, as the store knows them; the first is the baseline.
        replications: The number of each scenario; they are numbered from 0.
        seed: The experiment's seed, as the store knows it.
        store: Opened for writing; the caller closes it.
        make_executor: Where to compute.
        window: The number of replications under way at once; by default two per processor of this machine.
        on_progress: Follows the progress.
        work: What is done for every replication; by default the model simulates it and all KPIs are measured.

    Raises:
        InputError: if fewer than 1 replication is asked for, or scenarios or seed are not those of the store.
        SimsalesError: if results cannot be stored, or workers die before they do anything.
    """
    check_replications(replications)
    if (list(scenarios), seed) != (store.alternatives(), store.seed):
        raise InputError(f"{store.name} was made for other scenarios or another seed")
    asked = replications * len(scenarios)
    finished = store.finished(first=replications)
    found = len(finished)
    # A scenario is pickled once, however many replications of it are sent to workers.
    pickled = {name: packed(scenario) for name, scenario in scenarios.items()}
    # Number by number and not scenario by scenario: an interrupted experiment leaves pairs. One at a time:
    # there may be more than memory holds.
    keys = (Key(name, 0, number) for number in range(replications) for name in scenarios)
    tasks = (Task(key, seed, pickled[key.scenario]) for key in keys if key not in finished)
    window = window or 2 * (os.cpu_count() or 1)
    report = on_progress or (lambda *_: None)
    done = found
    status = "interrupted"
    store.begin(replications)
    try:
        report(done, asked)
        with closing(run_tasks(partial(compute, work), tasks, make_executor, window=window)) as outcomes:
            for task, outcome in outcomes:
                if isinstance(outcome, Outcome):
                    store.record(task.key, outcome.tables, outcome.kpis)
                elif isinstance(outcome, TaskFailure):
                    store.record_failure(Failure(*task.key, seed, "worker", *outcome))
                else:
                    store.record_failure(outcome)
                done += 1
                report(done, asked)
        status = "complete"
    finally:
        store.finish(status)
    return Counts(asked - found, found, store.failures(first=replications))


def check_replications(replications: int) -> None:
    """Refuse what is no number of replications.

    Raises:
        InputError: if it is no whole number, or less than 1.
    """
    if not isinstance(replications, int) or isinstance(replications, bool):
        raise InputError(f"{replications!r} replications: a whole number is needed")
    if replications < 1:
        raise InputError(f"{replications} replications: at least 1 is needed")
