"""Whole experiments in one call: run a scenario, compare alternatives, read results again.

The command line is a thin layer over these functions, so Python gets exactly what the commands write. The
tables and charts of a result are methods of `RunResult` and `ComparisonResult`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from simsales.errors import InputError, SimsalesError
from simsales.experiment import experiment
from simsales.experiment.executors import MakeExecutor, processes, serial
from simsales.experiment.experiment import Interrupted, Results
from simsales.experiment.replications import Progress
from simsales.report.comparison_result import ComparisonResult
from simsales.report.failures import failure_message
from simsales.report.run_result import RunResult
from simsales.scenario import Scenario

__all__ = ["ComparisonResult", "Interrupted", "RunResult", "compare", "read_results", "run"]

Folder = str | os.PathLike[str]


def run(
    scenario: Scenario,
    *,
    name: str = "scenario",
    replications: int = 50,
    seed: int = 1,
    workers: int = 1,
    executor: MakeExecutor | None = None,
    window: int | None = None,
    folder: Folder | None = None,
    new_folder_in: Folder | None = None,
    on_progress: Progress | None = None,
    remark: str = "",
    command: Sequence[str] = (),
) -> RunResult:
    """Simulate a scenario many times.

    Args:
        scenario: As `simsales.load` returns it.
        name: Of the scenario, in tables, charts and files.
        replications: Their number; they are numbered from 0.
        seed: The number that all random numbers come from: the same seed, the same results.
        workers: Processes that simulate side by side; 1 simulates in this process. The results do not depend
            on it. (A script with more than 1 must call this under ``if __name__ == "__main__":``.)
        executor: Makes the executor to simulate on instead, such as that of a cluster. It is a function, as
            an executor may be of no use once a worker of it has died.
        window: The number of replications under way at once; by default two per worker, and with an executor
            two per processor of this machine.
        folder: Where to keep the results; by default in memory. The same call with the same folder goes on
            where it was interrupted; with more replications it adds to what is there.
        new_folder_in: Unless ``folder`` is given, keep the results in a new folder in this one, named after
            scenario and moment.
        on_progress: Called with the number of replications done and their total, at first and after each.
        remark: A sentence for readers of the table and of the charts, such as what was changed.
        command: The command line, for the record in the folder.

    Returns:
        The KPIs of all replications that finished, with their tables and charts. `RunResult.failures` tells
        which did not.

    Raises:
        InputError: if fewer than 1 replication or worker is asked for, or ``folder`` holds something else.
        SimsalesError: if no replication finished, or results cannot be stored.
        Interrupted: on Ctrl-C, if the results are kept in a folder; without one, KeyboardInterrupt.

    Example:
        >>> import simsales as ss
        >>> pod = ss.load("scenarios/one-pod.yaml", overrides=["horizon_months=3", "warm_up_months=0"])
        >>> ss.run(pod, name="pod", replications=2)
        <RunResult pod: 2 replications, seed 1, in memory>
    """
    scenarios = {name: scenario}
    results = _finished(
        experiment.run_experiment(
            scenarios,
            replications=replications,
            seed=seed,
            folder=_path(folder),
            new_folder_in=_path(new_folder_in),
            make_executor=_maker(workers, executor),
            window=_window(workers, executor, window),
            on_progress=on_progress,
            command=command,
        )
    )
    return RunResult(scenarios, results, remark)


def compare(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int = 50,
    seed: int = 1,
    workers: int = 1,
    executor: MakeExecutor | None = None,
    window: int | None = None,
    folder: Folder | None = None,
    new_folder_in: Folder | None = None,
    on_progress: Progress | None = None,
    remark: str = "",
    command: Sequence[str] = (),
) -> ComparisonResult:
    """Simulate alternatives with common random numbers, and compare them with the first.

    Replication r of every alternative has the same leads with the same random numbers, so that most of the
    variation cancels in a difference within a replication.

    Args:
        scenarios: Alternatives by name; the first is the baseline. They have the same months and currency.
        replications: The number of each; they are numbered from 0.
        seed: As in `run`, and so are all other arguments.
        workers: Processes that simulate side by side.
        executor: Makes the executor to simulate on instead.
        window: The number of replications under way at once.
        folder: Where to keep the results.
        new_folder_in: Unless ``folder`` is given, keep the results in a new folder in this one.
        on_progress: Called with the number of replications done and their total.
        remark: A sentence for readers.
        command: The command line, for the record.

    Returns:
        The KPIs of all replications that finished in every alternative, with their tables and charts.
        `ComparisonResult.failures` tells which did not.

    Raises:
        InputError: if there are fewer than 2 scenarios or they cannot be compared, fewer than 1 replication
            or worker is asked for, or ``folder`` holds something else.
        SimsalesError: if no replication finished in every alternative, or results cannot be stored.
        Interrupted: on Ctrl-C, if the results are kept in a folder; without one, KeyboardInterrupt.

    Example:
        >>> import simsales as ss
        >>> short = ["horizon_months=3", "warm_up_months=0"]
        >>> silo, pod = (ss.load(f"scenarios/{name}.yaml", overrides=short) for name in ("silo", "pod"))
        >>> ss.compare({"silo": silo, "pod": pod}, replications=2)
        <ComparisonResult silo, pod: 2 replications, seed 1, in memory>
    """
    if len(scenarios) < 2:
        raise InputError("a comparison needs two scenarios at least: the others are compared with the first")
    results = _finished(
        experiment.run_experiment(
            scenarios,
            replications=replications,
            seed=seed,
            folder=_path(folder),
            new_folder_in=_path(new_folder_in),
            make_executor=_maker(workers, executor),
            window=_window(workers, executor, window),
            on_progress=on_progress,
            command=command,
        )
    )
    return ComparisonResult(dict(scenarios), results, remark)


def read_results(folder: Folder, *, replications: int | None = None) -> RunResult | ComparisonResult:
    """Read the results in a folder again, simulating nothing.

    Args:
        folder: A results folder, of the command line or of Python, be it complete or still growing.
        replications: The number of each scenario, from number 0 on; by default as many as were asked for.

    Returns:
        A `RunResult` of one scenario, a `ComparisonResult` of several.

    Raises:
        InputError: if there are no results, or none that this version can read.
        ScenarioError: if a scenario in the folder cannot be read.
        SimsalesError: if no replication finished in every scenario.

    Example:
        >>> import simsales as ss, tempfile
        >>> pod = ss.load("scenarios/one-pod.yaml", overrides=["horizon_months=3", "warm_up_months=0"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found = ss.run(pod, name="pod", replications=2, folder=folder)
        ...     again = ss.read_results(folder)
        ...     found.to_json() == again.to_json()
        True
    """
    results = _finished(experiment.read_results(Path(folder), replications))
    scenarios = experiment.read_scenarios(Path(folder))
    return RunResult(scenarios, results) if len(scenarios) == 1 else ComparisonResult(scenarios, results)


def _finished(results: Results) -> Results:
    """Refuse results without a replication that finished in every scenario."""
    if not results.kpis.replications:
        message = failure_message(results.failures, results.folder)
        raise SimsalesError(message or f"no replication has finished yet in {results.folder}")
    return results


def _maker(workers: int, executor: MakeExecutor | None) -> MakeExecutor:
    return executor or (serial if workers == 1 else processes(workers))


def _window(workers: int, executor: MakeExecutor | None, window: int | None) -> int | None:
    if window is not None and window < 1:
        raise InputError(f"{window} replications under way at once: at least 1 is needed")
    return 2 * workers if window is None and executor is None else window


def _path(folder: Folder | None) -> Path | None:
    return None if folder is None else Path(folder)
