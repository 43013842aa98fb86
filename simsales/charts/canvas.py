"""What all charts share: the style, the slide with its finding on top, text that fits, reproducible files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Literal

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from simsales.errors import SimsalesError
from simsales.safe_files import replacing
from simsales.safe_text import printable

TITLE_SIZE, SUBTITLE_SIZE, NOTE_SIZE, SPACING = 21.0, 13.0, 10.5, 1.25
GREY = "#666666"
MARGIN = 0.035
"""Of a slide's width, left and right."""
_LEAST_DRAWING = 3.5
"""Inches of height that any drawing gets."""
_LONGEST_TEXT = 4000
"""Letters of a text that are looked at: more than its lines hold."""
_ADVANCES: dict[tuple[str, float, str, float], float] = {}
_LOCK = RLock()

Weight = Literal["normal", "bold"]


@contextmanager
def style() -> Iterator[None]:
    """The style of simsales over matplotlib's defaults, whatever the user's matplotlibrc sets.

    matplotlib's settings are global to the process, and some are read only when a figure is drawn. So they
    are set for the duration of the block and then restored; the lock excludes other threads of simsales, not
    those of another library.
    """
    with _LOCK, mpl.style.context("simsales.charts.simsales", after_reset=True):
        yield


def slide(
    title: str, subtitle: str, note: str = "", *, drawing: float = 0, width: float = 0
) -> tuple[Figure, float, float]:
    """Make an empty slide with its text in place; to be called within `style`.

    Args:
        title: The finding, as a sentence; broken into lines as needed.
        subtitle: What the chart shows, of how many replications, and what bands mean.
        note: Small print at the foot.
        drawing: Inches of height that the drawing needs; the slide grows beyond 16:9 only if it must.
        width: Inches of width that the slide needs.

    Returns:
        The figure, and the bottom and top of the free area as fractions of its height.
    """
    figure = Figure()
    FigureCanvasAgg(figure)
    figure.set_figwidth(max(figure.get_figwidth(), width))
    room = figure.get_figwidth() * (1 - 2 * MARGIN)
    title = broken(figure, title, TITLE_SIZE, room, "bold", most=4)
    subtitle = broken(figure, subtitle, SUBTITLE_SIZE, room, most=4)
    note = broken(figure, note, NOTE_SIZE, room)
    below_title = 0.3 + _height(title, TITLE_SIZE) + 0.08
    top = below_title + _height(subtitle, SUBTITLE_SIZE)
    bottom = 0.15 + (_height(note, NOTE_SIZE) + 0.1 if note else 0)
    height = max(figure.get_figheight(), top + max(drawing, _LEAST_DRAWING) + bottom)
    figure.set_figheight(height)
    for words, inches, size, weight, color in (
        (title, 0.3, TITLE_SIZE, "bold", "black"),
        (subtitle, below_title, SUBTITLE_SIZE, "normal", GREY),
    ):
        y = 1 - inches / height
        figure.text(MARGIN, y, words, size=size, weight=weight, color=color, va="top", linespacing=SPACING)
    figure.text(MARGIN, 0.15 / height, note, size=NOTE_SIZE, color=GREY, va="bottom", linespacing=SPACING)
    return figure, bottom / height, 1 - top / height


def joined(*sentences: str) -> str:
    """Sentences in a row; empty ones are left out."""
    return " ".join(filter(None, sentences))


def _height(words: str, size: float) -> float:
    """The height of ``words`` in inches, at most: a line of DejaVu Sans is 1.17 times its size."""
    return (words.count("\n") + 1) * size * 1.17 * SPACING / 72


def extent(figure: Figure, words: str, size: float, weight: Weight = "normal") -> float:
    """The width of ``words`` in inches (of the widest line)."""
    text = Text(0, 0, words, size=size, weight=weight)
    text.set_figure(figure)
    # The size of a text needs a renderer; a small one is cheaper than drawing the figure.
    renderer = RendererAgg(1, 1, figure.dpi)  # type: ignore[no-untyped-call]
    return float(text.get_window_extent(renderer).width / figure.dpi)


def broken(
    figure: Figure, words: str, size: float, width: float, weight: Weight = "normal", *, most: int = 8
) -> str:
    """``words`` in lines of at most ``width`` inches, broken at blanks, but none before a per cent sign; a
    longer word is broken too. After ``most`` lines the text is cut, with an ellipsis.
    """
    lines: list[str] = []
    room = 0.0
    blank = _advance(figure, " ", size, weight)
    for word in re.split(r"\s+(?![\s%])", printable(words[:_LONGEST_TEXT]).strip()):
        widths = [_advance(figure, letter, size, weight) for letter in word]
        if lines and blank + sum(widths) <= room:
            lines[-1] += f" {word}"
            room -= blank + sum(widths)
            continue
        while len(word) > 1 and sum(widths) > width:
            fits = max(1, int(np.searchsorted(np.cumsum(widths), width, side="right")))
            cut = max(word.rfind(mark, 0, fits) + 1 for mark in "-_.") or fits
            lines.append(word[:cut])
            word, widths = word[cut:], widths[cut:]
        lines.append(word)
        room = width - sum(widths)
        if len(lines) > most:
            break
    if len(lines) > most or len(words) > _LONGEST_TEXT:
        lines[most - 1 :] = [f"{lines[min(len(lines), most) - 1].rstrip()[:-1]}…"]
    return "\n".join(lines)


def _advance(figure: Figure, letter: str, size: float, weight: Weight) -> float:
    """The width that a letter takes in a line, in inches; each is measured once.

    The sum over a text is its width, or a little more, since some pairs of letters stand closer together. To
    measure the text itself for every place where it may be broken would take seconds for a long one.
    """
    key = letter, size, weight, figure.dpi
    if key not in _ADVANCES:
        _ADVANCES[key] = extent(figure, f"n{letter}n", size, weight) - extent(figure, "nn", size, weight)
    return _ADVANCES[key]


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> NDArray[np.float64]:
    """Centres near ``wanted`` for boxes of these ``heights``, in the same order and without overlap.

    Least squares by pooling neighbours: the isotonic regression, in sorted order, of the lower edges that
    boxes would have without those below them. Within ``low`` to ``high`` if they fit, else from ``low`` up.
    """
    x, tall = np.asarray(wanted, dtype=np.float64), np.asarray(heights, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    below = np.cumsum(tall[order]) - tall[order]
    pools: list[tuple[float, int]] = []
    for edge in x[order] - tall[order] / 2 - below:
        mean, size = float(edge), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    edges = np.array([mean for mean, size in pools for _ in range(size)])
    # Clipping keeps the edges in order, and with it the distances.
    edges = np.clip(edges, low, max(low, high - float(tall.sum())))
    centres = np.empty_like(x)
    centres[order] = edges + below + tall[order] / 2
    return centres


def save(figure: Figure, path: Path) -> tuple[Path, Path]:
    """Write ``path.png`` (200 dpi) and ``path.svg``; the same figure gives the same bytes. Overwrites.

    Args:
        figure: As the functions of this package make it.
        path: Without a suffix; its folder exists.

    Returns:
        The paths of the two files.

    Raises:
        SimsalesError: if one cannot be written.
    """
    png, svg = path.with_name(f"{path.name}.png"), path.with_name(f"{path.name}.svg")
    with style():
        for text in figure.findobj(Text):
            shown = text.get_text()
            if printable(shown) != shown:
                text.set_text(printable(shown))
        for artist in figure.findobj():
            if name := artist.get_gid():  # goes into the SVG, too
                artist.set_gid(printable(name))
        for file, metadata in ((png, None), (svg, {"Date": None})):
            try:
                with replacing(file) as draft:
                    figure.savefig(draft, metadata=metadata)
            except OSError as error:
                raise SimsalesError(f"cannot write {file}: {error.strerror or error}") from error
    return png, svg
