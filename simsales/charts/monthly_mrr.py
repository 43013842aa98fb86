"""The MRR of every month, mean and uncertainty, one line per alternative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simsales.analysis.formatting import counted, money, percent
from simsales.analysis.intervals import Summary, summary
from simsales.analysis.paired_comparison import compare
from simsales.analysis.sentences import Wording
from simsales.charts.canvas import MARGIN, broken, extent, joined, slide, style
from simsales.charts.lines import (
    AXIS_SIZE,
    LABEL_SIZE,
    draw_line,
    draw_points,
    has_ranges,
    label_axes,
    label_ends,
    shortened,
)


def monthly_mrr(
    series: Mapping[str, NDArray[np.float64]],
    months: Sequence[int],
    *,
    currency: str = "USD",
    remark: str = "",
) -> Figure:
    """Draw MRR month by month; the title says how the last month compares with the first alternative.

    The dark band is the 95 % interval of the mean: how well it is known. The light band holds nine
    replications in ten: how much one replication differs from another, which more replications do not narrow.
    Bands may overlap where the paired difference is beyond doubt, as alternatives share their random numbers;
    so the finding comes from the paired difference, never from the bands. The warm-up is left out. The axis
    begins at zero.

    Args:
        series: By alternative, the baseline first: MRR at each month's end, shape (replications, months).
        months: The number of each month, 1 being the first after the warm-up; months below 1 are not drawn.
        currency: Of the amounts.
        remark: A sentence for the foot, such as what was changed.

    Raises:
        ValueError: if there is no month after the warm-up, no alternative, or shapes do not agree.
    """
    kept = np.asarray(months) >= 1
    if not series or not kept.any():
        raise ValueError("a chart of MRR needs one alternative and one month after the warm-up at least")
    for name, values in series.items():
        if values.ndim != 2 or values.shape[1] != len(months):
            raise ValueError(f"{name!r} has shape {values.shape}, expected (replications, {len(months)})")
    x = np.asarray(months)[kept]
    stats = {name: [summary(column) for column in values[:, kept].T] for name, values in series.items()}
    ends = {name: values[:, kept][:, -1] for name, values in series.items()}
    with style():
        return _drawn(
            x,
            stats,
            _finding(ends, int(x[-1]), currency),
            _subtitle(series, currency),
            joined(_note(series), remark),
            currency,
        )


def _finding(ends: Mapping[str, NDArray[np.float64]], month: int, currency: str) -> str:
    """The finding of the last month; ``ends`` holds its MRR, shape (replications,), by alternative."""
    after = f"After {month} month{'' if month == 1 else 's'}"
    baseline = next(iter(ends))
    if len(ends) == 1:
        words, s = Wording(lambda _: _Currency, currency), summary(ends[baseline])
        return f"{after} the MRR of {baseline} is {words.mean_in_text('mrr', s)}"
    values = {name: {"mrr": end} for name, end in ends.items()}
    mrr = compare(values, baseline=baseline, better={"mrr": "higher"}).kpis["mrr"]
    said = {name: _amount(mean, currency) for name, mean in mrr.means.items()}
    means = {name: -np.inf if mean is None else mean for name, mean in mrr.means.items()}
    best = max(mrr.differences, key=lambda name: means[name])
    d = mrr.differences[best]
    who = best if len(ends) == 2 else f"{best}, the highest of the {len(ends) - 1} others,"
    if d.verdict == "no difference shown":
        both = f"{who} at {said[best]} and {baseline} at {said[baseline]}"
        return f"{after} no difference in MRR is shown between {both}"
    if d.relative is None:
        return f"{after} {who} earns {said[best]} of MRR, {baseline} {said[baseline]}"
    share, around = percent(abs(d.relative), d.relative_half_width)
    more = f"{share.lstrip('+')} % {'more' if d.verdict == 'higher' else 'less'} than {baseline}"
    return f"{after} {who} earns {said[best]} of MRR, {more} (±{around} %)"


class _Currency:
    unit = "currency"
    undefined = ""


def _amount(value: float | None, currency: str) -> str:
    return "an undefined amount" if value is None else money(value, currency)


def _subtitle(series: Mapping[str, NDArray[np.float64]], currency: str) -> str:
    replications = len(next(iter(series.values())))
    amount = f"Monthly recurring revenue (MRR) at each month's end, {currency}"
    what = f"{amount}; mean of {counted(replications)}."
    if replications < 2:
        return what
    bands = " Dark band: 95 % interval of the mean."
    return what + (
        bands + " Light band: nine replications in ten." if has_ranges(len(series), replications) else bands
    )


def _note(series: Mapping[str, NDArray[np.float64]]) -> str:
    if len(series) < 2:
        return ""
    several = " and holds for all alternatives at once" if len(series) > 2 else ""
    return (
        "± is the half-width of the 95 % interval of the paired difference, replication by replication on "
        f"the same market{several}; it can exclude zero although bands overlap."
    )


def _drawn(
    x: NDArray[np.int_],
    stats: Mapping[str, list[Summary]],
    title: str,
    subtitle: str,
    note: str,
    currency: str,
) -> Figure:
    ranges = has_ranges(len(stats), max(s[-1].n for s in stats.values()))
    figure, bottom, top = slide(title, subtitle, note)
    width, height = figure.get_size_inches()
    labels = {name: f"{shortened(name)}  {_amount(s[-1].mean, currency)}" for name, s in stats.items()}
    labels = {name: broken(figure, text, LABEL_SIZE, 2.8, weight="bold") for name, text in labels.items()}
    right = 0.55 + max(extent(figure, text, LABEL_SIZE, weight="bold") for text in labels.values())
    ymax = 1.06 * max([1.0, *(y for s in stats.values() for m in s for y in _tops(m, ranges=ranges))])
    tick = max(extent(figure, money(ymax / n, currency), AXIS_SIZE) for n in (1, 1.07, 10))
    left, foot = MARGIN * width + tick + 0.15, bottom * height + 0.7
    axes = figure.add_axes(
        (left / width, foot / height, 1 - (left + right + 0.2) / width, top - (foot + 0.25) / height)
    )
    alone = len(x) == 1
    shifts = (np.arange(len(stats)) - (len(stats) - 1) / 2) * (0.1 if alone else 0.0)
    colors = {
        name: (draw_points if alone else draw_line)(axes, x + shift, name, stats[name], ranges=ranges)
        for name, shift in zip(stats, shifts, strict=True)
    }
    axes.set_ylim(0, ymax)
    axes.set_xlim(x[0] - 0.5 * alone, x[-1] + 0.3 * alone)
    label_axes(axes, len(x), currency)
    xs = {name: float(x[-1] + shift) for name, shift in zip(stats, shifts, strict=True)}
    label_ends(axes, labels, xs, {name: s[-1].mean for name, s in stats.items()}, colors)
    return figure


def _tops(s: Summary, *, ranges: bool) -> tuple[float, ...]:
    """The values that must fit below the upper end of the axis."""
    return (s.mean or 0.0) + (s.half_width or 0.0), (s.p95 or 0.0) if ranges else 0.0
