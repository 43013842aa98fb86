"""What `run` and `compare` share: an experiment with its progress; table, files and warnings afterwards."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simsales.cli.options import Given
from simsales.errors import SimsalesError

if TYPE_CHECKING:
    from simsales.api import ComparisonResult, RunResult

RESULTS = Path("results")
"""Where new results folders are made."""


def perform(experiment: Callable[..., RunResult | ComparisonResult], given: Given) -> None:
    """Do an experiment, print its answer or its table, and save charts and tables beside the results.

    Args:
        experiment: A function of `simsales.api`; what is missing of its arguments is given.
        given: The options of the command.

    Raises:
        InputError: if the scenarios cannot be compared, or ``--out`` holds something else.
        SimsalesError: if replications failed, after what there is has been shown.
    """
    found = _simulated(experiment, given)
    if given.as_json:
        found.save_tables()
        found.save_charts()
        click.echo(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        _present(found, given)
    for text in found.cautions if given.as_json else ():  # The table says them itself.
        click.echo(click.style(f"warning: {text}", fg="yellow"), err=True)
    for alternative, role, team in found.idle:
        text = f"{alternative}: the {role} of {team} never had anything to do; is that meant?"
        click.echo(click.style(f"warning: {text}", fg="yellow"), err=True)
    if found.failures:
        raise SimsalesError(found.failures)


def _simulated(
    experiment: Callable[..., RunResult | ComparisonResult], given: Given
) -> RunResult | ComparisonResult:
    from simsales.api import Interrupted

    try:
        with _progress(given.quiet) as on_progress:
            return experiment(
                replications=given.replications,
                seed=given.seed,
                workers=given.workers,
                folder=given.out,
                new_folder_in=RESULTS,
                on_progress=on_progress,
                remark=given.changes,
                command=sys.argv,
            )
    except Interrupted as stop:
        again = ["simsales", *sys.argv[1:]] + ([] if given.out is not None else ["--out", str(stop.folder)])
        click.echo(
            f"Interrupted; {stop.done:,} of {stop.asked:,} replications kept in {stop.folder}. "
            f"To go on from there: {shlex.join(again)}",
            err=True,
        )
        raise


def _present(found: RunResult | ComparisonResult, given: Given) -> None:
    from rich.console import Console

    table = found.rich_table(everything=given.everything)
    Console(width=None if sys.stdout.isatty() else 110).print(table)
    click.echo()
    tables = found.save_tables()
    for path in found.save_charts():
        click.echo(f"Chart:   {path}")
    click.echo(f"Tables:  {', '.join(map(str, tables))}")
    click.echo(f"Results: {found.results.folder}")


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
