"""Charts and tables as files. Existing files of the same name are overwritten."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simsales.errors import SimsalesError
from simsales.safe_files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_charts(charts: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Save each chart as PNG and SVG, named by its key, and return the paths of the PNG files.

    Raises:
        SimsalesError: if one cannot be written.
    """
    from simsales.charts.canvas import save

    _make(folder)
    return [save(figure, folder / name)[0] for name, figure in charts.items()]


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
            writer.writerows(rows)
    except OSError as error:
        raise SimsalesError(f"cannot write {path}: {error.strerror or error}") from error
