"""A whole experiment in one call: from scenarios to results in a folder, read back for analysis."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simsales.errors import InputError
from simsales.experiment.executors import MakeExecutor, serial
from simsales.experiment.folders import new_folder
from simsales.experiment.run import Measure, check_replications, run_experiment
from simsales.experiment.store import Column, Failure, Kpis, Monthly, MonthlyBy, Store, Totals
from simsales.scenario import Scenario

RESULTS = Path("results")

_SHARED = ("horizon_months", "warm_up_months", "start_month", "currency")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, once there is a results folder: what is in it, and where to go on from."""

    def __init__(self, folder: Path, done: int, asked: int) -> None:
        super().__init__(folder, done, asked)
        self.folder = folder
        self.done = done
        """Replications that are kept, over all scenarios, of those asked for."""
        self.asked = asked
        """Replications asked for, over all scenarios."""


@dataclass(frozen=True)
class Results:
    """What the first so many replications in a results folder say, whatever else the folder holds."""

    folder: Path
    seed: int
    asked: int
    """Replications of each scenario that were looked for: those numbered from 0 to ``asked`` − 1."""
    kpis: Kpis
    """Of those that finished in every alternative."""
    failures: list[Failure]
    """Those that are missing because they failed."""

    def monthly(self, table: str, column: str) -> Monthly:
        """Sum a column of a table of the model by month, for the same replications as ``kpis``.

        Raises:
            InputError: if there is no such table or column, or the table has no months.
        """
        with Store.open(self.folder) as store:
            return store.monthly(table, column, first=self.asked)

    def monthly_by(self, table: str, by: str, columns: Mapping[str, Column]) -> MonthlyBy:
        """Sum columns of a table of the model by month and by tier or role, for the same replications.

        Raises:
            InputError: if there is no such table or column.
        """
        with Store.open(self.folder) as store:
            return store.monthly_by(table, by, columns, first=self.asked)

    def totals(self, table: str, by: Sequence[str], columns: Sequence[str]) -> Totals:
        """Sum columns of a table of the model over the months after the warm-up, for the same replications.

        Raises:
            InputError: if there is no such table or column.
        """
        with Store.open(self.folder) as store:
            return store.totals(table, by, columns, first=self.asked)


def conduct(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    seed: int,
    measure: Measure,
    out: Path | None = None,
    make_executor: MakeExecutor = serial,
    window: int | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    command: Sequence[str] = (),
) -> Results:
    """Simulate what is not stored yet, and read back the ``replications`` asked for.

    The same call with the same ``out`` computes nothing twice: it goes on where an interrupted one stopped,
    adds what more replications need, or only reads. What it returns depends on scenarios, replications and
    seed alone, not on what else the folder holds.

    Args:
        scenarios: By name; the first is the baseline.
        replications: How many of each scenario; they are numbered from 0.
        seed: The experiment's seed.
        measure: Computes the KPIs of a replication, in the process that simulated it; as a rule,
            `simsales.analysis.kpis.measure`.
        out: Where the results go; left out, into a new folder under ``results/``.
        make_executor: Where to compute, as in `simsales.experiment.executors`.
        window: How many replications are under way at once; left out, two per processor of this machine.
        on_progress: Called with the number of replications done and their total, at first and after each.
        command: The command line, for the record.

    Raises:
        InputError: if the scenarios cannot be held against each other, fewer than 1 replication is asked
            for, or ``out`` holds something else.
        SimsalesError: if results cannot be stored, or workers die before they do anything.
        Interrupted: on Ctrl-C.
    """
    check_replications(replications)
    check_comparable(scenarios)
    folder = out if out is not None else new_folder(RESULTS, list(scenarios), datetime.now())
    try:
        store = Store.create(folder, scenarios, seed=seed, command=command)
    except BaseException:
        if out is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    with store:
        try:
            run_experiment(
                scenarios,
                replications=replications,
                seed=seed,
                store=store,
                measure=measure,
                make_executor=make_executor,
                window=window,
                on_progress=on_progress,
            )
        except KeyboardInterrupt as stop:
            done = sum(key.replication < replications for key in store.finished())
            raise Interrupted(folder, done, replications * len(scenarios)) from stop
    return read_results(folder, replications)


def read_results(folder: Path, replications: int | None = None) -> Results:
    """Read the results in ``folder``, simulating nothing.

    Args:
        folder: A results folder, be it complete or still growing.
        replications: How many of each scenario, from number 0 on; left out, as many as were ever asked for.

    Raises:
        InputError: if there are no results, or none that this version can read.
    """
    with Store.open(folder) as store:
        asked = store.manifest["replications"] if replications is None else replications
        return Results(folder, store.seed, asked, store.kpis(first=asked), store.failures(first=asked))


def check_comparable(scenarios: Mapping[str, Scenario]) -> None:
    """Refuse scenarios whose KPIs mean different things, so that none can be held against another.

    Raises:
        InputError: if they differ in their months or their currency.
    """
    items = list(scenarios.items())
    for name, scenario in items[1:]:
        first, baseline = items[0]
        for field in _SHARED:
            here, there = getattr(scenario, field), getattr(baseline, field)
            if here != there:
                raise InputError(f"{field} is {here} in {name} but {there} in {first}; they must be the same")
