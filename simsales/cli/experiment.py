"""What `run` and `compare` share: from files to stored results, with progress, resuming and plain words
about failures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simsales.errors import Fault, InputError, ScenarioError, SimsalesError
from simsales.scenario import load, to_yaml

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from simsales.experiment.store import Failure, Kpis, Monthly
    from simsales.scenario.schema import Scenario

RESULTS = Path("results")


@dataclass(frozen=True)
class Results:
    """What came out of an experiment, read back from its folder."""

    folder: Path
    kpis: Kpis
    mrr: Monthly
    failures: list[Failure]


def read(files: Sequence[str], overrides: Sequence[str]) -> dict[str, Scenario]:
    """Load the scenarios, by the stem of their file.

    Raises:
        ScenarioError: with the faults of all files.
        InputError: if two files have the same stem.
    """
    scenarios: dict[str, Scenario] = {}
    faults: list[Fault] = []
    for file in files:
        name = Path(file).stem
        if name in scenarios:
            raise InputError(f"two alternatives are called {name!r}; give their files different names")
        try:
            scenarios[name] = load(file, overrides=overrides)
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return scenarios


def conduct(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    seed: int,
    workers: int,
    out: Path | None,
    quiet: bool,
) -> Results:
    """Simulate what is not yet stored in ``out`` (or in a new folder under results/), and read everything
    back.

    Raises:
        InputError: if ``out`` holds something else.
        SimsalesError: if no replication finished in all alternatives.
    """
    # Imported here: they need numpy, which checking the files does not.
    from simsales.analysis.kpis import measure
    from simsales.experiment.executors import processes, serial
    from simsales.experiment.folders import new_folder
    from simsales.experiment.run import run_experiment
    from simsales.experiment.store import Store

    folder = out if out is not None else new_folder(RESULTS, list(scenarios), datetime.now())
    texts = {name: to_yaml(scenario) for name, scenario in scenarios.items()}
    with Store.create(folder, texts, seed=seed, command=sys.argv) as store:
        try:
            with _progress(quiet) as report:
                run_experiment(
                    scenarios,
                    replications=replications,
                    seed=seed,
                    store=store,
                    measure=measure,
                    make_executor=serial if workers == 1 else processes(workers),
                    window=2 * workers,
                    on_progress=report,
                )
        except KeyboardInterrupt:
            done = len(store.finished())
            asked = replications * len(scenarios)
            click.echo(
                f"Interrupted; {done} of {asked} replications are kept in {folder}. "
                f"The same command with --out {folder} goes on from there.",
                err=True,
            )
            raise
        failures, kpis = store.failures(), store.kpis()
        if not kpis.replications:
            raise SimsalesError(_told(folder, failures))
        return Results(folder, kpis, store.monthly("ledger", "mrr_closing"), failures)


def present(results: Results, table: RenderableType, charts: Mapping[str, Figure]) -> None:
    """Print the table and save the charts into the results folder."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(table)
    click.echo()
    for path in save(results, charts):
        click.echo(f"Chart:   {path}")
    click.echo(f"Results: {results.folder}")


def save(results: Results, charts: Mapping[str, Figure]) -> list[Path]:
    """Save the charts into the results folder, and return the paths of the PNG files."""
    from simsales.charts.canvas import save as save_chart

    return [save_chart(figure, results.folder / name)[0] for name, figure in charts.items()]


def end(results: Results) -> None:
    """End with exit code 1 and a plain word if replications failed.

    Raises:
        SimsalesError: if any failed.
    """
    if results.failures:
        raise SimsalesError(_told(results.folder, results.failures))


def _told(folder: Path, failures: Sequence[Failure]) -> str:
    lines = [f"{len(failures)} replications failed and are missing from the results in {folder}:"]
    shown = failures[:5]
    for f in shown:
        where = f"{f.scenario}, replication {f.replication}, seed {f.seed}, {f.stage}"
        lines.append(f"{where}: {f.error}: {f.message}")
    if len(failures) > len(shown):
        lines.append(f"and {len(failures) - len(shown)} more; see the table failures in results.sqlite")
    return "\n".join(lines)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on a terminal; nothing anywhere else."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("simulating"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("replications,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
