"""The paired differences of many KPIs in one picture: a forest plot in per cent of the baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from simsales.analysis.formatting import counted, level, number, percent, step_of
from simsales.analysis.labels import grouped, label
from simsales.analysis.paired_comparison import Comparison, Judgement, KpiComparison
from simsales.analysis.sentences import Described, Wording
from simsales.charts.canvas import GREY, MARGIN, broken, extent, joined, slide, style

BOARD = (
    *("sql", "win", "win_rate", "sales_cycle_days", "customers_end", "logo_churn_monthly", "nrr", "arpa"),
    *("cac", "ltv_to_cac", "mrr_end", "new_mrr", "revenue", "profit", "utilization", "wait_days"),
)
"""The KPIs, or families of them, that a board is shown unless others are asked for."""
MARKS: dict[Judgement, tuple[str, str, str, float]] = {  # marker, colour, filling, size
    "better": ("o", "#0072B2", "#0072B2", 8),
    "worse": ("D", "#D55E00", "#D55E00", 7),
    "differs": ("s", GREY, GREY, 7),
    "no difference shown": ("o", GREY, "white", 8),
}
TALLY: dict[Judgement, str] = {
    "better": "better",
    "worse": "worse",
    "differs": "different",
    "no difference shown": "without a difference shown",
}
TEXT_SIZE, ROW_INCHES = 11.5, 0.232
PANEL_INCHES = 2.4


@dataclass(frozen=True)
class _Row:
    kpi: str
    y: float


def paired_differences(
    comparison: Comparison,
    describe: Callable[[str], Described],
    *,
    kpis: Sequence[str] | None = None,
    currency: str = "USD",
    remark: str = "",
) -> Figure:
    """Draw each KPI's paired difference and interval in per cent of the baseline; the title states
    the finding.

    Right of the baseline's line stands *more*, left of it *less*; the marker shows whether that is good for
    the KPI: a filled disc is better, a filled diamond worse, a hollow ring no difference shown, a filled
    square a difference of which neither direction is better. An interval so long that it would compress all
    others ends at the edge with an arrow; its figures are printed in full. There is one panel per
    alternative; from the third on, the slide grows in width.

    Args:
        comparison: As `simsales.analysis.paired_comparison.compare` gives it.
        describe: Gives a KPI's definition, of which the unit is used.
        kpis: The KPIs to show; by default those for a board. KPIs without a percentage (the baseline is zero,
            below or undefined) are named in the note at the foot instead.
        currency: Of all amounts.
        remark: A sentence for the foot, such as what was changed.

    Raises:
        ValueError: if a KPI asked for is not in the comparison.
    """
    if unknown := [kpi for kpi in kpis or () if kpi not in comparison.kpis]:
        raise ValueError(f"the comparison has no KPI called {', '.join(unknown)}")
    words = Wording(describe, currency)
    wanted = list(kpis) if kpis is not None else [k for k in comparison.kpis if k.partition(".")[0] in BOARD]
    wanted = wanted or list(comparison.kpis)
    shown = [
        kpi
        for kpi in wanted
        if any(d.relative is not None for d in comparison.kpis[kpi].differences.values())
    ]
    rows, headings, depth = _layout(shown)
    many = len(comparison.others) > 1
    with style():
        figure, bottom, top = slide(
            _finding(comparison, shown, words),
            _subtitle(comparison),
            joined(_note(comparison, words, [kpi for kpi in wanted if kpi not in shown], len(shown)), remark),
            drawing=depth * ROW_INCHES + 1.0,
            width=4.2 + len(comparison.others) * (PANEL_INCHES + 1.0) if many else 0,
        )
        _draw(figure, bottom, top, comparison, rows, headings, depth, words)
    return figure


def _layout(kpis: Iterable[str]) -> tuple[list[_Row], dict[str, float], float]:
    """Rows and headings from the top down, and the depth of all in rows."""
    rows: list[_Row] = []
    headings: dict[str, float] = {}
    y = 0.0
    for group, names in grouped(kpis).items():
        headings[group] = y
        rows += [_Row(name, y + 1 + i) for i, name in enumerate(names)]
        y += len(names) + 1.35
    return rows, headings, y


def _finding(comparison: Comparison, shown: Sequence[str], words: Wording) -> str:
    if comparison.replications < 2:
        return "One replication shows no difference: at least two are needed"
    lead = next((kpi for kpi in ("mrr_end", "win") if kpi in shown), shown[0] if shown else None)
    if lead is None:
        return f"No KPI can be compared with {comparison.baseline} in per cent"
    kpi = comparison.kpis[lead]
    changes = {other: words.change(lead, d) for other, d in kpi.differences.items()}
    if len(changes) > 1:
        said = ", ".join(f"{other} {change}" for other, change in changes.items())
        return f"{label(lead)} against {comparison.baseline}: {said}"
    ((other, change),) = changes.items()
    finding = f"{label(lead)} {change}"
    if kpi.judgement(other) == "no difference shown":
        finding = f"no difference in {label(lead)} shown"
    found = [comparison.kpis[name].judgement(other) for name in shown]
    said = ", ".join(
        f"{found.count(judgement)} {word}" for judgement, word in TALLY.items() if judgement in found
    )
    return f"{other} against {comparison.baseline}: {finding}; of {len(shown)} KPIs {said}"


def _subtitle(comparison: Comparison) -> str:
    return (
        f"Paired differences from {comparison.baseline} in % of its mean, "
        f"with {level(comparison.confidence)} intervals; {counted(comparison.replications)}. "
        "Markers: ● better, ◆ worse, ■ differs, ○ no difference shown."
    )


def _note(comparison: Comparison, words: Wording, left_out: Sequence[str], count: int) -> str:
    hold = "hold for each KPI on its own"
    if len(comparison.others) > 1:
        hold = "of a KPI hold for all alternatives at once"
    note = (
        "Replications are paired by common random numbers. "
        f"Intervals {hold}: of {count} KPIs without any true difference "
        f"about {count * (1 - comparison.confidence):.1f} would seem to show one. pp: percentage points."
    )
    if left_out:
        absolute = []
        for name in left_out:
            means = comparison.kpis[name].means.items()
            said = ", ".join(f"{a} {'undefined' if m is None else words.value(name, m)}" for a, m in means)
            absolute.append(f"{words.tag(name)} ({said})")
        note += f" Not drawn, as {comparison.baseline} is at zero, below or undefined: {'; '.join(absolute)}."
    return note


def limit(extents: Sequence[float]) -> float:
    """Half the width of the axis, in per cent, for intervals that extend so far from zero.

    All intervals fit, unless the farthest would leave the nearest three quarters less than a third of the
    axis; those that do not differ at all do not count. Never below 5 %, so that fractions of a per cent look
    small.
    """
    ordered = sorted(reach for reach in extents if reach > 0)
    typical = max(5.0, ordered[math.ceil(0.75 * len(ordered)) - 1] if ordered else 0.0)
    return 1.08 * max([5.0, *(reach for reach in ordered if reach <= 3 * typical)])


def _draw(
    figure: Figure,
    bottom: float,
    top: float,
    comparison: Comparison,
    rows: Sequence[_Row],
    headings: dict[str, float],
    depth: float,
    words: Wording,
) -> None:
    width, height = figure.get_size_inches()
    tags = {row.kpi: words.tag(row.kpi) for row in rows}
    names = max((extent(figure, tag, TEXT_SIZE) for tag in tags.values()), default=1.0) + 0.35
    printed = {
        other: {row.kpi: _figures(comparison.kpis[row.kpi], row.kpi, other, words) for row in rows}
        for other in comparison.others
    }
    one = len(comparison.others) == 1
    columns = {
        other: [
            max((extent(figure, cell, TEXT_SIZE) for cell in column), default=0.0) + 0.25
            for column in zip(
                *(cells if one else cells[1:] for cells in printed[other].values()), strict=True
            )
        ]
        for other in comparison.others
    }
    taken = 2 * MARGIN * width + names + sum(sum(c) for c in columns.values())
    panel = (width - taken) / len(comparison.others) - (0 if one else 0.15)
    reach = limit(
        [
            100 * (abs(d.relative) + (d.relative_half_width or 0.0))
            for row in rows
            for d in comparison.kpis[row.kpi].differences.values()
            if d.relative is not None
        ]
    )
    foot, head = bottom * height + 0.62, top * height - (0.3 if one else 0.5)
    x = MARGIN * width + names
    for index, other in enumerate(comparison.others):
        axes = figure.add_axes((x / width, foot / height, panel / width, (head - foot) / height))
        _panel(axes, comparison, rows, depth, reach, other)
        if not one:
            title = broken(figure, other, TEXT_SIZE + 1, panel + sum(columns[other]), "bold")
            axes.set_title(title, loc="left", size=TEXT_SIZE + 1, weight="bold")
        edge = panel
        for column, room in enumerate(columns[other]):
            edge += room
            for row in rows:
                cell = printed[other][row.kpi][column if one else column + 1]
                axes.annotate(
                    cell,
                    (edge / panel, row.y),
                    xycoords=("axes fraction", "data"),
                    ha="right",
                    va="center",
                    size=TEXT_SIZE,
                )
        if index == 0:
            left = -names / panel
            for heading, y in headings.items():
                place, across = (left, y), ("axes fraction", "data")
                axes.annotate(heading, place, xycoords=across, va="center", size=TEXT_SIZE, weight="bold")
            for row in rows:
                place = (left + 0.12 / panel, row.y)
                axes.annotate(tags[row.kpi], place, xycoords=across, va="center", size=TEXT_SIZE)
        x += panel + sum(columns[other]) + (0 if one else 0.15)


def _figures(kpi: KpiComparison, name: str, other: str, words: Wording) -> tuple[str, str]:
    """The figures beside a row: the difference in its unit, and in per cent."""
    d = kpi.differences[other]
    absolute = words.estimate(name, d.mean, d.half_width, sign=True)
    if d.relative is None:
        return absolute, "–"
    value, around = percent(d.relative, d.relative_half_width)
    return absolute, f"{value} ± {around} %" if around else f"{value} %"


def _panel(
    axes: Axes,
    comparison: Comparison,
    rows: Sequence[_Row],
    depth: float,
    reach: float,
    other: str,
) -> None:
    alone, baseline = len(comparison.others) == 1, comparison.baseline
    axes.set_xlim(-reach, reach)
    axes.set_ylim(max(depth, 1.0) - 0.6, -0.6)
    axes.axvline(0, color="black", linewidth=1.2, zorder=1)
    for row in rows:
        axes.axhline(row.y, color="#EEEEEE", linewidth=0.8, zorder=0)
        kpi = comparison.kpis[row.kpi]
        d = kpi.differences[other]
        if d.relative is None:
            continue
        mean, half = 100 * d.relative, 100 * (d.relative_half_width or 0.0)
        marker, color, filling, size = MARKS[kpi.judgement(other)]
        (line,) = axes.plot(
            [mean - half, mean + half], [row.y] * 2, "-", color=color, linewidth=2.4, zorder=2
        )
        line.set_gid(f"interval {row.kpi}")
        axes.plot(
            min(max(mean, -0.95 * reach), 0.95 * reach),  # beyond the edge: beside the arrow
            row.y,
            marker,
            color=color,
            markerfacecolor=filling,
            markeredgewidth=1.8,
            markersize=size,
            zorder=3,
            gid=f"mean {row.kpi}",
        )
        for side in (-1, 1):
            if side * mean + half > reach:  # Goes on beyond the edge.
                axes.plot(
                    side * reach, row.y, ">" if side > 0 else "<", color=color, markersize=9, clip_on=False
                )
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(6 if alone else 3, steps=[1, 2, 5, 10], symmetric=True))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{number(value, step_of(value, None), sign=True)} %")
    )
    axes.set_xlabel(
        f"← less        than {baseline}        more →" if alone else "← less     more →", color=GREY
    )
    axes.grid(visible=True, axis="x")
