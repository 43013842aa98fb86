"""What charts of lines over months share: one line per alternative with its bands, named at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import NDArray

from simsales.analysis.formatting import money
from simsales.analysis.intervals import Summary
from simsales.charts.canvas import spread

Column = NDArray[np.float64]
LABEL_SIZE, AXIS_SIZE = 14, 13
MANY = 3
FEW = 20
"""From so many alternatives on, or with fewer replications, ranges over replications are left out."""


def has_ranges(alternatives: int, replications: int) -> bool:
    """Whether the range of nine replications in ten is drawn.

    It is left out where it clutters, and where few replications make it narrower than the interval of the
    mean.
    """
    return alternatives < MANY and replications >= FEW


def bands(stats: Sequence[Summary], *, ranges: bool) -> Iterator[tuple[float, Column, Column]]:
    """Opacity, lower and upper edge of each band, from light to dark; nan where a band is undefined."""
    if ranges:
        yield 0.13, _column(s.p5 for s in stats), _column(s.p95 for s in stats)
    mean, half = _column(s.mean for s in stats), _column(s.half_width for s in stats)
    yield 0.38, mean - half, mean + half


def draw_line(axes: Axes, x: Column, name: str, stats: Sequence[Summary], *, ranges: bool) -> str:
    """Draw one alternative over the months; return its colour."""
    (line,) = axes.plot(x, _column(s.mean for s in stats), label=name, gid="mean", zorder=3, clip_on=False)
    color = str(line.get_color())
    for opacity, low, high in bands(stats, ranges=ranges):
        axes.fill_between(x, low, high, color=color, alpha=opacity, linewidth=0, label=name)
    return color


def draw_points(axes: Axes, x: Column, name: str, stats: Sequence[Summary], *, ranges: bool) -> str:
    """Draw one alternative in its only month, with bars for bands; return its colour."""
    (line,) = axes.plot(x, _column(s.mean for s in stats), "o", label=name, gid="mean", zorder=3)
    color = str(line.get_color())
    for opacity, low, high in bands(stats, ranges=ranges):
        axes.vlines(
            x, low, high, color=color, alpha=opacity, linewidth=9 if opacity > 0.2 else 18, label=name
        )
    return color


def label_axes(axes: Axes, months: int, currency: str) -> None:
    """Label the axes: money upwards, months to the right, at most eight of them."""
    axes.grid(visible=True, axis="y")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: money(value, currency)))
    step = next((n for n in (1, 2, 3, 6, 12, 24) if months <= 8 * n), 60)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.set_xlabel("months after the warm-up")


def label_ends(
    axes: Axes,
    labels: Mapping[str, str],
    x: Mapping[str, float],
    ends: Mapping[str, float | None],
    colors: Mapping[str, str],
) -> None:
    """Write names right of the lines, spread so that they do not overlap, each tied to the end of its
    line."""
    drawn = {name: end for name, end in ends.items() if end is not None}
    low, high = axes.get_ylim()
    point = (high - low) / axes.bbox.height * axes.figure.dpi / 72
    heights = [LABEL_SIZE * (1.25 * labels[name].count("\n") + 1.45) * point for name in drawn]
    for name, place in zip(drawn, spread(list(drawn.values()), heights, low, high), strict=True):
        axes.annotate(
            labels[name],
            xy=(x[name], drawn[name]),
            xytext=(1.035, place),
            textcoords=("axes fraction", "data"),
            va="center",
            size=LABEL_SIZE,
            weight="bold",
            arrowprops={"arrowstyle": "-", "color": colors[name], "linewidth": 1.6, "relpos": (0, 0.5)},
            annotation_clip=False,
        )


def shortened(name: str) -> str:
    """A name short enough for the end of a line."""
    return name if len(name) <= 48 else f"{name[:46]}…"


def _column(values: Iterable[float | None]) -> Column:
    return np.array([np.nan if value is None else value for value in values])
