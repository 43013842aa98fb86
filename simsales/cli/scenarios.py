"""Scenario files on the command line: read, with warnings and hints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from simsales.cli import MOST_LINES
from simsales.errors import Fault, InputError, ScenarioError
from simsales.scenario import Scenario, doubts_of_size, load


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
            hints += hints_about(file, overlays, error.faults)
    warn(sorted(set(doubts)))
    warn(f"{name}: {doubt}" for name, each in scenarios.items() for doubt in doubts_of_size(each))
    if faults:
        raise with_hints(faults, hints)
    return scenarios


def warn(doubts: Iterable[Fault | str]) -> None:
    """Print a warning for each doubt: what may be a slip, though nothing is wrong with it."""
    lines = list(dict.fromkeys(map(str, doubts)))
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES:,} more"]
    for line in lines:
        click.echo(click.style(f"warning: {line}", fg="yellow"), err=True)


def hints_about(file: str, overlays: Sequence[str], faults: Sequence[Fault]) -> Iterator[str]:
    """Hints about the faults of a scenario file: how they may have come about."""
    parts = {f"no {name}" for name, part in Scenario.model_fields.items() if part.is_required()}
    found = [fault.found for fault in faults if fault.column == 1]
    if parts.intersection(found) and not any(what.startswith("unknown key") for what in found):
        yield (
            f"if {file} is only to change other scenarios, lay it over one: "
            f"simsales validate SCENARIO --with {file}"
        )
    files = {fault.file for fault in faults}
    if files.intersection((file, *overlays)) or any(name.startswith("--set ") for name in files):
        return
    if not any(_faulty_alone(parent, faults) for parent in files):
        yield f"{file} extends {' and '.join(sorted(files))}: what it changes does not fit there any more"


def _faulty_alone(parent: str, faults: Sequence[Fault]) -> bool:
    """Whether a file that others extend has some of these faults by itself: then they are not to blame."""
    try:
        load(parent)
    except ScenarioError as error:
        return bool({_place(fault) for fault in error.faults} & {_place(fault) for fault in faults})
    return False


def _place(fault: Fault) -> tuple[str, int, int, str]:
    """Where a fault stands and what was found there; what was expected may differ from child to child."""
    return fault.file, fault.line, fault.column, fault.found


def with_hints(faults: Sequence[Fault], hints: Sequence[str]) -> ScenarioError:
    """The error with its hints as notes; a fault of a file that several extend is told once."""
    error = ScenarioError({_place(fault): fault for fault in reversed(faults)}.values())
    for hint in dict.fromkeys(hints):
        error.add_note(hint)
    return error
