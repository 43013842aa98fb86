"""The errors that simsales raises on purpose. Each knows the exit code that a command ends with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class SimsalesError(Exception):
    """Something went wrong that the user can understand and mend."""

    exit_code = 1


class InputError(SimsalesError):
    """What the user asked for cannot be done as asked (options, folders, files that do not go together)."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in a scenario file: where it stands, what was found, what was expected."""

    file: str
    """The file as the user named it, or the ``--set`` argument itself."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    found: str
    expected: str
    near_miss: str | None = None
    """A known name close to the one found."""

    def __str__(self) -> str:
        hint = f" (did you mean {self.near_miss}?)" if self.near_miss else ""
        return f"{self.file}:{self.line}:{self.column}: found {self.found}, expected {self.expected}{hint}"


class ScenarioError(InputError):
    """A scenario cannot be read; ``faults`` holds every fault found, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class ModelError(SimsalesError):
    """The simulation met a value it cannot go on with, such as a sample that is not a number."""
