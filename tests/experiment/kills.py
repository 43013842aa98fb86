"""Kills an experiment of stubs at its n-th call of the system or the database, for every n, and goes on.

``kills.py FOLDER STEP LAST`` prints a line for each n: ``resumed``, or what was wrong; and ``end`` when there
are no more calls. A process of its own, since it forks.
"""

from __future__ import annotations

import io
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import stub_simulations

_OF_THE_SYSTEM = ("posix", "_io", "_sqlite3", "sqlite3")
_KILLED = 9


def run(folder: Path) -> None:
    stub_simulations.run(folder, replications=2)


def killed_at(number: int) -> Callable[[FrameType, str, Any], None]:
    """Ends the process, as SIGKILL would, right before its n-th call."""
    left = number

    def count(_: FrameType, event: str, function: Any) -> None:
        nonlocal left
        owner = getattr(function, "__self__", None)
        if event == "c_call" and (
            getattr(function, "__module__", None) in _OF_THE_SYSTEM
            or isinstance(owner, io.IOBase | sqlite3.Connection | sqlite3.Cursor)
        ):
            left -= 1
            if not left:
                os._exit(_KILLED)

    return count


def exit_code(function: Callable[[], object]) -> int:
    """How a process ends that does this."""
    if not (child := os.fork()):
        try:
            function()
        except BaseException as error:  # noqa: BLE001 (whatever it is, the parent tells it)
            print(f"{type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(parent: Path, step: int, last: int) -> None:
    run(parent / "whole")
    whole = stub_simulations.content(parent / "whole")
    files = stub_simulations.files(parent / "whole")
    for number in range(1, last + 1, step):
        folder = parent / str(number)

        def first(number: int = number, folder: Path = folder) -> None:
            sys.setprofile(killed_at(number))
            run(folder)

        def second(folder: Path = folder) -> None:
            run(folder)
            assert stub_simulations.content(folder) == whole, "other content"
            assert stub_simulations.files(folder) == files, "other files"

        ended = exit_code(first)
        if ended == 0:
            print("end")
            return
        if ended == _KILLED and exit_code(second) == 0:
            print("resumed", flush=True)
        else:
            print("wrong at", number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
