"""Charts and tables as files. Existing files of the same name are overwritten."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simsales.errors import SimsalesError
from simsales.safe_files import replacing
from simsales.safe_text import cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_charts(
    charts: Mapping[str, Callable[[], Figure]],
    folder: Path,
    on_failure: Callable[[str], object] | None = None,
) -> list[Path]:
    """Draw each chart, save it as PNG and SVG, named by its key, and return the paths of the PNG files.

    Args:
        charts: What draws each.
        folder: Made if it does not exist.
        on_failure: Called with a message for each chart that cannot be drawn.

    Raises:
        SimsalesError: after all others have been saved, if one cannot be written, or cannot be drawn and
            there is no ``on_failure``.
    """
    _make(folder)
    paths: list[Path] = []
    errors: list[SimsalesError] = []
    for name, draw in charts.items():
        try:
            from simsales.charts.canvas import save

            paths.append(save(draw(), folder / name)[0])
        except SimsalesError as error:
            errors.append(error)
        except Exception as error:  # noqa: BLE001 (whatever it is, the other charts are drawn)
            message = f"the chart {name} cannot be drawn ({type(error).__name__}: {error})"
            if on_failure is None:
                failure = SimsalesError(message)
                failure.__cause__ = error
                errors.append(failure)
            else:
                on_failure(message)
    if errors:
        raise errors[0]
    return paths


def save_tables(
    tables: Mapping[str, tuple[Sequence[str], Iterable[Sequence[object]]]], folder: Path
) -> list[Path]:
    """Save each table, columns and rows, as a CSV file named by its key, and return the paths.

    Raises:
        SimsalesError: if one cannot be written.
    """
    _make(folder)
    paths = []
    for name, (columns, rows) in tables.items():
        paths.append(folder / f"{name}.csv")
        _write_csv(paths[-1], columns, rows)
    return paths


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SimsalesError(f"cannot make the folder {folder}: {error.strerror or error}") from error


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; None is an empty cell."""
    try:
        with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(map(cell, row) for row in rows)
    except OSError as error:
        raise SimsalesError(f"cannot write {path}: {error.strerror or error}") from error
