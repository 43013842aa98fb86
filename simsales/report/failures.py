"""The message about replications that failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simsales.analysis.formatting import counted
from simsales.experiment.records import Failure

_SHOWN = 5


def failure_message(failures: Sequence[Failure], folder: Path | None) -> str:
    """The failed replications, the first of them one per line; empty if there are none.

    Args:
        failures: Of an experiment.
        folder: Of its results; None if they are in memory.
    """
    if not failures:
        return ""
    are = "is" if len(failures) == 1 else "are"
    where = "" if folder is None else f" in {folder}"
    lines = [f"{counted(len(failures))} failed and {are} missing from the results{where}:"]
    for f in failures[:_SHOWN]:
        which = f"{f.scenario}, replication {f.replication}, seed {f.seed}, {f.stage}"
        lines.append(f"{which}: {f.error}: {f.message}")
    if len(failures) > _SHOWN:
        more = f"and {len(failures) - _SHOWN:,} more"
        lines.append(more if folder is None else f"{more}; see the table failures in results.sqlite")
    return "\n".join(lines)
