"""A whole experiment in one call: from scenarios to results, in a folder or in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from simsales.errors import InputError
from simsales.experiment.executors import MakeExecutor, serial
from simsales.experiment.folders import new_folder, scenario_files
from simsales.experiment.manifests import read_manifest, read_scenario
from simsales.experiment.records import Failure, Kpis, Monthly, MonthlyBy, Totals
from simsales.experiment.replications import Progress, check_replications, compute_replications
from simsales.experiment.store import Store
from simsales.kpis.sources import SummedColumn
from simsales.scenario import Scenario

_SHARED = ("horizon_months", "warm_up_months", "start_month", "currency")


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during an experiment whose results go to a folder: the same call with that folder goes on."""

    def __init__(self, folder: Path, done: int, asked: int, mended: str = "") -> None:
        super().__init__(folder, done, asked, mended)
        self.folder = folder
        """Where the finished replications are kept."""
        self.done = done
        """Replications that are kept, over all scenarios, of those asked for."""
        self.asked = asked
        """Replications asked for, over all scenarios."""
        self.mended = mended
        """As that of the results."""


@dataclass(frozen=True)
class Results:
    """The first so many replications of an experiment, whatever else its folder holds."""

    folder: Path | None
    """None if the results are kept in memory."""
    seed: int
    asked: int
    """Replications of each scenario that were looked for: those numbered from 0 to ``asked`` − 1."""
    kpis: Kpis
    """Of the replications that finished in every alternative."""
    failures: list[Failure]
    """The replications that are missing because they failed."""
    mended: str = ""
    """What was damaged in the folder, and was computed anew; empty if nothing was."""
    _memory: Store | None = field(default=None, repr=False, compare=False)

    def monthly(self, table: str, column: str) -> Monthly:
        """Sum a column of a table of the model by month, for the same replications as ``kpis``.

        Raises:
            InputError: if there is no such table or column, or the table has no months.
        """
        with self._store() as store:
            return store.monthly(table, column, first=self.asked)

    def monthly_by(self, table: str, by: str, columns: Mapping[str, SummedColumn]) -> MonthlyBy:
        """Sum columns of a table of the model by month and by tier or role, for the same replications.

        Raises:
            InputError: if there is no such table or column.
        """
        with self._store() as store:
            return store.monthly_by(table, by, columns, first=self.asked)

    def totals(self, table: str, by: Sequence[str], columns: Sequence[str]) -> Totals:
        """Sum columns of a table of the model over the months after the warm-up, for the same replications.

        Raises:
            InputError: if there is no such table or column.
        """
        with self._store() as store:
            return store.totals(table, by, columns, first=self.asked)

    @contextmanager
    def _store(self) -> Iterator[Store]:
        if self._memory is not None:
            yield self._memory
        else:
            assert self.folder is not None
            with Store.open(self.folder, check=False) as store:
                yield store


def run_experiment(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    seed: int,
    folder: Path | None = None,
    new_folder_in: Path | None = None,
    make_executor: MakeExecutor = serial,
    window: int | None = None,
    on_progress: Progress | None = None,
    command: Sequence[str] = (),
) -> Results:
    """Simulate what is not stored yet, and return the ``replications`` asked for.

    The same call with the same ``folder`` computes nothing twice: it goes on where an interrupted one
    stopped, adds what more replications need, or only reads. The results depend on scenarios, replications
    and seed alone, not on what else the folder holds.

    Args:
        scenarios: By name; the first is the baseline.
        replications: The number of each scenario; they are numbered from 0.
        seed: The experiment's seed.
        folder: Where the results are kept; by default in memory, for as long as they are in use.
        new_folder_in: Unless ``folder`` is given, keep the results in a new folder in this one, named after
            the scenarios and the moment.
        make_executor: Where to compute, as in `simsales.experiment.executors`.
        window: The number of replications under way at once; by default two per processor of this machine.
        on_progress: Called with the number of replications done and their total, at first and after each.
        command: The command line, for the record.

    Raises:
        InputError: if the scenarios cannot be compared, fewer than 1 replication is asked for, or ``folder``
            holds something else.
        SimsalesError: if results cannot be stored, or workers die before they do anything.
        Interrupted: on Ctrl-C, if there is a folder.
    """
    check_replications(replications)
    check_comparable(scenarios)
    compute = partial(
        compute_replications,
        scenarios,
        replications=replications,
        seed=seed,
        make_executor=make_executor,
        window=window,
        on_progress=on_progress,
    )
    if folder is None and new_folder_in is None:
        memory = Store.in_memory(scenarios, seed=seed)
        compute(store=memory)
        return _results(memory, replications, memory)
    with _stored(scenarios, folder, new_folder_in, seed, command) as store:
        assert store.folder is not None
        try:
            compute(store=store)
            found = read_results(store.folder, replications)
        except KeyboardInterrupt as stop:
            done = sum(key.replication < replications for key in store.finished())
            raise Interrupted(store.folder, done, replications * len(scenarios), store.mended) from stop
    return replace(found, mended=store.mended)


def _stored(
    scenarios: Mapping[str, Scenario],
    folder: Path | None,
    new_folder_in: Path | None,
    seed: int,
    command: Sequence[str],
) -> Store:
    """A store in ``folder``, or else in a new folder, which is removed again if the store is refused."""
    if folder is not None:
        return Store.create(folder, scenarios, seed=seed, command=command)
    assert new_folder_in is not None
    fresh = new_folder(new_folder_in, list(scenarios), datetime.now())
    try:
        return Store.create(fresh, scenarios, seed=seed, command=command)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def read_results(folder: Path, replications: int | None = None) -> Results:
    """Read the results in ``folder``, simulating nothing.

    Args:
        folder: A results folder, be it complete or still growing.
        replications: The number of each scenario, from number 0 on; by default as many as were ever asked
            for.

    Raises:
        InputError: if there are no results, or none that this version can read.
        SimsalesError: if they are damaged or were altered.
    """
    with Store.open(folder, first=replications) as store:
        asked = store.manifest["replications"] if replications is None else replications
        return _results(store, asked)


def read_scenarios(folder: Path) -> dict[str, Scenario]:
    """Read the scenarios in a results folder, by name, the baseline first.

    Raises:
        InputError: if it is no results folder, or none that this version can read.
        SimsalesError: if a scenario in it cannot be read, or was altered.
    """
    alternatives = read_manifest(folder)["alternatives"]
    names = [alternative["name"] for alternative in alternatives]
    # Which files to read is never taken from the folder: it may be somebody else's.
    return {
        alternative["name"]: read_scenario(folder, alternative, file)
        for alternative, file in zip(alternatives, scenario_files(names), strict=True)
    }


def _results(store: Store, asked: int, memory: Store | None = None) -> Results:
    kpis, failures = store.kpis(first=asked), store.failures(first=asked)
    return Results(store.folder, store.seed, asked, kpis, failures, _memory=memory)


def check_comparable(scenarios: Mapping[str, Scenario]) -> None:
    """Refuse scenarios whose KPIs mean different things, so that they cannot be compared.

    Raises:
        InputError: if they differ in their months or their currency.
    """
    items = list(scenarios.items())
    for name, scenario in items[1:]:
        first, baseline = items[0]
        for field_name in _SHARED:
            here, there = getattr(scenario, field_name), getattr(baseline, field_name)
            if here != there:
                raise InputError(
                    f"{field_name} is {here} in {name} but {there} in {first}; they must be the same"
                )
