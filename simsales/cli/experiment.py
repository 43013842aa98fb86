"""What `run` and `compare` share: an experiment with its progress; table, files and warnings afterwards."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simsales.cli import say, warn
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
    folder = found.results.folder
    try:
        _warn_of_damage(found.results.mended)
        _show(found, given)
    except KeyboardInterrupt:
        say(
            f"Interrupted; all replications are kept in {folder}. "
            f"To show and draw them: {_again(given, folder)}",
            err=True,
        )
        raise KeyboardInterrupt("told") from None


def _show(found: RunResult | ComparisonResult, given: Given) -> None:
    """Save everything, then print: whoever reads what is printed may stop at any line."""
    saved: dict[str, list[Path]] = {"Chart": [], "Tables": []}
    errors: list[SimsalesError] = []
    for what, save in (("Tables", found.save_tables), ("Chart", partial(found.save_charts, on_failure=warn))):
        try:
            saved[what] = save()
        except SimsalesError as error:
            errors.append(error)
    if given.as_json:
        click.echo(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        _present(found, given, saved)
    for text in found.cautions if given.as_json else ():  # The table says them itself.
        warn(text)
    for alternative, role, team in found.idle:
        warn(f"{alternative}: the {role} of {team} never had anything to do; is that meant?")
    if errors:
        raise errors[0]
    if found.failures:
        raise SimsalesError(found.failures)


def _again(given: Given, folder: Path | None) -> str:
    """The command that goes on in the folder."""
    return shlex.join(["simsales", *sys.argv[1:]] + ([] if given.out is not None else ["--out", str(folder)]))


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
        _warn_of_damage(stop.mended)
        say(
            f"Interrupted; {stop.done:,} of {stop.asked:,} replications kept in {stop.folder}. "
            f"To go on from there: {_again(given, stop.folder)}",
            err=True,
        )
        raise


def _warn_of_damage(mended: str) -> None:
    if mended:
        warn(f"the results were damaged or had been altered ({mended}); what is damaged is computed anew")


def _present(found: RunResult | ComparisonResult, given: Given, saved: Mapping[str, Sequence[Path]]) -> None:
    from rich.console import Console

    table = found.rich_table(everything=given.everything)

    class Pipe(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would end with another exit code

    Pipe(width=None if sys.stdout.isatty() else 110).print(table)
    say()
    for path in saved["Chart"]:
        say(f"Chart:   {path}")
    if saved["Tables"]:
        say(f"Tables:  {', '.join(map(str, saved['Tables']))}")
    say(f"Results: {found.results.folder}")


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
