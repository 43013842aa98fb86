"""Figures for a board: each module is one chart; `canvas.save` writes PNG and SVG. No pyplot."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def _import_matplotlib() -> None:
    """Import matplotlib, whatever MPLBACKEND says: no chart needs a backend, and that of Jupyter, which the
    processes it starts inherit, may not be there for them."""
    if "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib as mpl
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend is not None:
        with suppress(ValueError):
            mpl.rcParams["backend"] = backend


_import_matplotlib()
