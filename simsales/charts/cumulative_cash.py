"""The cash of every month since the end of the warm-up, mean and uncertainty, one line per alternative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from simsales.analysis.formatting import counted, money
from simsales.analysis.intervals import Summary, summary
from simsales.analysis.paired_comparison import compare
from simsales.analysis.sentences import Wording
from simsales.charts.canvas import GREY, MARGIN, broken, extent, joined, slide, style
from simsales.charts.lines import (
    AXIS_SIZE,
    LABEL_SIZE,
    MANY,
    bands,
    draw_line,
    draw_points,
    has_ranges,
    label_axes,
    label_ends,
    shortened,
)

MARK_SIZE = 11.5
Side = Literal["left", "center", "right"]


def cumulative_cash(
    series: Mapping[str, NDArray[np.float64]],
    *,
    low: Mapping[str, Summary] | None = None,
    break_even: Mapping[str, Summary] | None = None,
    currency: str = "USD",
    remark: str = "",
) -> Figure:
    """Draw cumulative cash month by month; the title says where it stands at the end.

    Bands as in `simsales.charts.monthly_mrr`. A triangle marks where the line, the mean over the
    replications, is lowest, if that is below zero, and a disc where it comes to zero or above for good. A
    single replication goes deeper than the mean of all; the note gives the mean of their lowest points.

    Args:
        series: By alternative, the baseline first: cumulative cash at each month's end, shape (replications,
            months), from month 1.
        low: By alternative, the lowest point of each replication.
        break_even: By alternative, the month of each replication from whose end on cash is not below zero.
        currency: Of the amounts.
        remark: A sentence for the foot, such as what was changed.

    Raises:
        ValueError: if there is no month or no alternative, or shapes do not agree.
    """
    shapes = {values.shape for values in series.values()}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 2 or not shape[1]:
        raise ValueError("a chart of cash needs alternatives of the same shape (replications, months)")
    x = np.arange(1, shape[1] + 1)
    stats = {name: [summary(column) for column in values.T] for name, values in series.items()}
    with style():
        note = joined(_note(low or {}, break_even or {}, currency), remark)
        return _drawn(x, stats, _finding(series, currency), note, currency)


def _finding(series: Mapping[str, NDArray[np.float64]], currency: str) -> str:
    values = {name: {"cash_end": cash[:, -1]} for name, cash in series.items()}
    months = next(iter(series.values())).shape[1]
    after = f"After {months} month{'' if months == 1 else 's'}"
    words = Wording(lambda _: _Currency, currency)
    baseline = next(iter(series))
    if len(series) == 1:
        s = summary(values[baseline]["cash_end"])
        return f"{after} the cash of {baseline} stands at {words.mean_in_text('cash_end', s)}"
    cash = compare(values, baseline=baseline, better={"cash_end": "higher"}).kpis["cash_end"]
    means = {name: -np.inf if mean is None else mean for name, mean in cash.means.items()}
    best = max(cash.differences, key=lambda name: means[name])
    who = best if len(series) == 2 else f"{best}, the highest of the {len(series) - 1} others,"
    d = cash.differences[best]
    there = f"cash of {who} stands at {money(means[best], currency)}"
    if d.verdict == "no difference shown":
        return f"{after} {there}; no difference from {baseline} is shown"
    change = words.change("cash_end", d, less="less", more="more").replace("(±", f"than {baseline} (±")
    return f"{after} {there}, {change}"


class _Currency:
    unit = "currency"
    undefined = ""


def _note(low: Mapping[str, Summary], break_even: Mapping[str, Summary], currency: str) -> str:
    """The means of the replications' own lowest points and months of break-even."""
    said = []
    for name, s in low.items():
        words = f"{name} {'never below zero' if not s.mean else money(s.mean, currency)}"
        even = break_even.get(name)
        if even is not None and even.mean is None:
            words += ", break-even in no replication"
        elif even is not None and even.mean is not None and s.mean:
            share = "" if even.n == s.n else f" in {even.n} of {s.n} replications"
            words += f", break-even after month {even.mean:.1f}{share}"
        said.append(words)
    costs = "Costs are those that the scenarios state, and no others."
    if not said:
        return costs
    return f"Lowest point of each replication, on average: {'; '.join(said)}. {costs}"


def _drawn(
    x: NDArray[np.int_], stats: Mapping[str, list[Summary]], title: str, note: str, currency: str
) -> Figure:
    count = max(s[-1].n for s in stats.values())
    ranges = has_ranges(len(stats), count)
    what = f"Receipts − all costs since the end of the warm-up, cumulative, {currency}"
    subtitle = f"{what}; mean of {counted(count)}."
    if count > 1:
        subtitle += (
            " Dark band: 95 % interval of the mean." + " Light band: nine replications in ten." * ranges
        )
    figure, bottom, top = slide(title, subtitle, note)
    width, height = figure.get_size_inches()
    labels = {
        name: broken(
            figure, f"{shortened(name)}  {money(s[-1].mean or 0.0, currency)}", LABEL_SIZE, 2.8, "bold"
        )
        for name, s in stats.items()
    }
    right = 0.55 + max(extent(figure, text, LABEL_SIZE, weight="bold") for text in labels.values())
    edges = [0.0]
    for s in stats.values():
        edges += [m.mean or 0.0 for m in s]
        edges += [e for _, *pair in bands(s, ranges=ranges) for e in np.concatenate(pair).tolist() if e == e]
    span = max(max(edges) - min(edges), 1.0)
    ymin, ymax = min(edges) - 0.09 * span, max(edges) + 0.06 * span
    tick = max(extent(figure, money(y / n, currency), AXIS_SIZE) for y in (ymin, ymax) for n in (1, 1.07, 10))
    left, foot = MARGIN * width + tick + 0.15, bottom * height + 0.7
    axes = figure.add_axes(
        (left / width, foot / height, 1 - (left + right + 0.2) / width, top - (foot + 0.25) / height)
    )
    alone = len(x) == 1
    shifts = (np.arange(len(stats)) - (len(stats) - 1) / 2) * (0.1 if alone else 0.0)
    axes.set_ylim(ymin, ymax)
    axes.set_xlim(x[0] - 0.5 * alone, x[-1] + 0.3 * alone)
    axes.axhline(0, color=GREY, linewidth=1.2, zorder=1)
    draw = draw_points if alone else draw_line
    colors = {
        name: draw(axes, x + shift, name, stats[name], ranges=ranges)
        for name, shift in zip(stats, shifts, strict=True)
    }
    if not alone:
        _mark(axes, x, stats, colors, currency)
    label_axes(axes, len(x), currency)
    xs = {name: float(x[-1] + shift) for name, shift in zip(stats, shifts, strict=True)}
    label_ends(axes, labels, xs, {name: s[-1].mean for name, s in stats.items()}, colors)
    return figure


def _mark(
    axes: Axes,
    x: NDArray[np.int_],
    stats: Mapping[str, Sequence[Summary]],
    colors: Mapping[str, str],
    currency: str,
) -> None:
    """Mark each line's lowest point, if that is below zero, and the month from which on it is not.

    The lowest point has its text below, break-even to the left above; of two lines, the text of the better
    one (the higher, the earlier) stands above it and that of the other below, clear of both. Text that would
    cover a line or other text moves, or is left out if there is no room; three lines or more have marks
    without text.
    """
    lowest: list[tuple[int, float, str, str]] = []
    even: list[tuple[int, float, str, str]] = []
    for name, months in stats.items():
        cash = np.array([np.nan if s.mean is None else s.mean for s in months])
        below = np.flatnonzero(cash < 0)
        if not below.size:
            continue
        deepest, after = int(np.nanargmin(cash)), int(below[-1]) + 1
        words = f"lowest: {money(cash[deepest], currency)}, month {x[deepest]}"
        lowest.append((deepest, float(cash[deepest]), words, colors[name]))
        if after < len(cash):
            even.append((after, float(cash[after]), f"break-even: month {x[after]}", colors[name]))
    lowest.sort(key=lambda mark: -mark[1])
    even.sort(key=lambda mark: mark[0])
    # Between its months a line is straight; fifty points of each stretch stand for it.
    fine = np.linspace(x[0], x[-1], 50 * len(x))
    lines = [
        axes.transData.transform(np.column_stack((fine, np.interp(fine, x, [s.mean or 0.0 for s in months]))))
        for months in stats.values()
    ]
    taken: list[Bbox] = []
    for marks, marker in ((lowest, "v"), (even, "o")):
        for rank, (month, y, words, color) in enumerate(marks):
            axes.plot(
                x[month],
                y,
                marker,
                color=color,
                markersize=9,
                markeredgecolor="white",
                zorder=4,
                clip_on=False,
                gid=f"mark {words}",
            )
            if len(stats) >= MANY:
                continue
            above = rank == 0 and (marker == "o" or len(marks) > 1)
            side = _side(month, len(x)) if marker == "v" else "right" if above else "left"
            other: Side = "left" if side == "right" else "right"
            for away, up, to in product((13, 30), (above, not above), dict.fromkeys((side, other))):
                said = axes.annotate(
                    words,
                    (float(x[month]), y),
                    xytext=({"left": 8, "right": -8, "center": 0}[to], away if up else -away),
                    textcoords="offset points",
                    ha=to,
                    va="bottom" if up else "top",
                    size=MARK_SIZE,
                    weight="bold",
                    color=color,
                )
                box = said.get_window_extent()
                inside = box.x0 >= axes.bbox.x0 and box.x1 <= axes.figure.bbox.x1 and box.y0 >= axes.bbox.y0
                covers = any(map(box.overlaps, taken)) or any(map(box.count_contains, lines))
                if inside and not covers:
                    taken.append(box)
                    break
                said.remove()


def _side(month: int, months: int) -> Side:
    """The alignment of text at this month that keeps it between the ends of the axis."""
    return "left" if month < 0.25 * months else "right" if month > 0.75 * months else "center"
