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
from simsales.scenario import Scenario, load

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from simsales.analysis.teams import Teams
    from simsales.experiment.conduct import Results
    from simsales.experiment.store import Failure


def read(files: Sequence[str], overlays: Sequence[str], overrides: Sequence[str]) -> dict[str, Scenario]:
    """Load the scenarios, by the stem of their file, each with the overlays and overrides on top.

    Raises:
        ScenarioError: with the faults of all files.
        InputError: if two files have the same stem.
    """
    scenarios: dict[str, Scenario] = {}
    faults: list[Fault] = []
    doubts: list[Fault] = []
    hints: list[str] = []
    for file in files:
        name = Path(file).stem
        if name in scenarios:
            raise InputError(f"two alternatives are called {name!r}; give their files different names")
        try:
            scenarios[name] = load(file, overlays=overlays, overrides=overrides, doubts=doubts)
        except ScenarioError as error:
            faults += error.faults
            hints += about(file, overlays, error.faults)
    voice(doubts)
    if faults:
        raise hinting(faults, hints)
    return scenarios


def voice(doubts: Sequence[Fault]) -> None:
    """Tell what may be a slip, though nothing is wrong with it, on standard error."""
    for doubt in sorted(set(doubts)):
        click.echo(click.style(f"warning: {doubt}", fg="yellow"), err=True)


def about(file: str, overlays: Sequence[str], faults: Sequence[Fault]) -> Iterator[str]:
    """What else to say about the faults of a scenario file: how they may have come about."""
    parts = {f"no {name}" for name, part in Scenario.model_fields.items() if part.is_required()}
    found = [fault.found for fault in faults if fault.column == 1]
    if parts.intersection(found) and not any(what.startswith("unknown key") for what in found):
        yield (
            f"if {file} is only to change other scenarios, lay it over one: "
            f"simsales validate SCENARIO --with {file}"
        )
    files = {fault.file for fault in faults}
    if not files.intersection((file, *overlays)) and not any(name.startswith("--set ") for name in files):
        yield f"{file} extends {' and '.join(sorted(files))}: what it changes does not fit there any more"


def hinting(faults: Sequence[Fault], hints: Sequence[str]) -> ScenarioError:
    """The error with its hints as notes."""
    error = ScenarioError(faults)
    for hint in dict.fromkeys(hints):
        error.add_note(hint)
    return error


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


def changes(overlays: Sequence[str], overrides: Sequence[str]) -> str:
    """A sentence that says what was changed on the command line; nothing if nothing was that matters."""
    changed = [*(Path(overlay).name for overlay in overlays)]
    changed += [override for override in overrides if not override.startswith("question=")]
    return f"Changed for this run: {', '.join(changed)}." if changed else ""


def doubt_idle(teams: Mapping[str, Teams]) -> None:
    """Tell on standard error whose people never had anything to do: a team may be there by a slip."""
    for alternative, kpis in teams.items():
        busy: dict[tuple[str, str], bool] = {}
        for (team, role, kpi), values in kpis.items():
            if kpi == "utilization":
                one = (team.partition("#")[0], role)
                busy[one] = busy.get(one, False) or bool((values > 0).any())
        for (team, role), worked in sorted(busy.items()):
            if not worked:
                words = f"{alternative}: the {role} of {team} never had anything to do; is that meant?"
                click.echo(click.style(f"warning: {words}", fg="yellow"), err=True)


def present(results: Results, table: RenderableType, files: Files, *said: str) -> None:
    """Print what is to be ``said`` and the table, and save charts and tables into the results folder."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 110)
    for sentence in filter(None, said):
        console.print(Text(sentence))
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
