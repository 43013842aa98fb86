"""What `run` and `compare` share: files in, progress and plain words about failures meanwhile, table and
charts out.
"""

from __future__ import annotations

import csv
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simsales.errors import Fault, InputError, ScenarioError, SimsalesError
from simsales.scenario import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from simsales.experiment.conduct import Results
    from simsales.experiment.store import Failure
    from simsales.scenario.schema import Scenario


def read(files: Sequence[str], overlays: Sequence[str], overrides: Sequence[str]) -> dict[str, Scenario]:
    """Load the scenarios, by the stem of their file, each with the overlays and overrides on top.

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
            scenarios[name] = load(file, overlays=overlays, overrides=overrides)
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return scenarios


def perform(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int,
    seed: int,
    workers: int,
    out: Path | None,
    quiet: bool,
) -> Results:
    """Conduct the experiment: with progress, and with plain words if it is interrupted or all of it fails.

    Raises:
        InputError: if the scenarios do not go together, or ``out`` holds something else.
        SimsalesError: if no replication finished in all alternatives.
    """
    # Imported here: they need numpy, which checking the files does not.
    from simsales.analysis.kpis import measure
    from simsales.experiment.conduct import Interrupted, conduct
    from simsales.experiment.executors import processes, serial

    try:
        with _progress(quiet) as report:
            results = conduct(
                scenarios,
                replications=replications,
                seed=seed,
                measure=measure,
                out=out,
                make_executor=serial if workers == 1 else processes(workers),
                window=2 * workers,
                on_progress=report,
                command=sys.argv,
            )
    except Interrupted as stop:
        again = ["simsales", *sys.argv[1:]] + ([] if out is not None else ["--out", str(stop.folder)])
        click.echo(
            f"Interrupted; {stop.done:,} of {stop.asked:,} replications kept in {stop.folder}. "
            f"To go on from there: {shlex.join(again)}",
            err=True,
        )
        raise
    if not results.kpis.replications:
        end(results)
    return results


def present(results: Results, table: RenderableType, files: Files) -> None:
    """Print the table and save charts and tables into the results folder."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(table)
    click.echo()
    for path in save(results, files):
        click.echo(f"Chart:   {path}")
    click.echo(f"Tables:  {', '.join(str(results.folder / f'{name}.csv') for name in files.tables)}")
    click.echo(f"Results: {results.folder}")


@dataclass(frozen=True)
class Files:
    """What is saved beside the results."""

    charts: Mapping[str, Figure]
    """By the stem of their file."""
    tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[object]]]]
    """Columns and rows, by the stem of their file."""


def save(results: Results, files: Files) -> list[Path]:
    """Save charts and tables into the results folder, and return the paths of the PNG files.

    Raises:
        SimsalesError: if one cannot be written.
    """
    from simsales.charts.canvas import save as save_chart

    for name, (columns, rows) in files.tables.items():
        _write_csv(results.folder / f"{name}.csv", columns, rows)
    return [save_chart(figure, results.folder / name)[0] for name, figure in files.charts.items()]


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; None is an empty cell."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
    except OSError as error:
        raise SimsalesError(f"cannot write {path}: {error.strerror or error}") from error


def answered(kpis: Mapping[str, dict[str, Any]], replications: int) -> dict[str, dict[str, Any]]:
    """KPIs as JSON tells them, in order; where one is undefined in some replications, with the ``reason``."""
    from simsales.analysis.kpis import describe
    from simsales.analysis.wording import NO_SUCH, ordered

    def told(name: str) -> dict[str, Any]:
        defined = kpis[name]["defined"]
        everywhere = defined if isinstance(defined, int) else min(defined.values())
        why = {} if everywhere == replications else {"reason": describe(name).undefined or NO_SUCH}
        return {**kpis[name], **why}

    return {name: told(name) for name in ordered(kpis)}


def end(results: Results) -> None:
    """End with exit code 1 and a plain word if replications failed.

    Raises:
        SimsalesError: if any failed.
    """
    if results.failures:
        raise SimsalesError(_told(results.folder, results.failures))


def _told(folder: Path, failures: Sequence[Failure]) -> str:
    from simsales.analysis.wording import counted

    are = "is" if len(failures) == 1 else "are"
    lines = [f"{counted(len(failures))} failed and {are} missing from the results in {folder}:"]
    shown = failures[:5]
    for f in shown:
        where = f"{f.scenario}, replication {f.replication}, seed {f.seed}, {f.stage}"
        lines.append(f"{where}: {f.error}: {f.message}")
    if len(failures) > len(shown):
        lines.append(f"and {len(failures) - len(shown):,} more; see the table failures in results.sqlite")
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
