"""The monthly flow of one scenario through the states, Suspect to LIVE."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from simsales.analysis.formatting import counted, number, step_of
from simsales.analysis.intervals import Summary
from simsales.analysis.labels import label
from simsales.charts.canvas import GREY, MARGIN, extent, joined, slide, style
from simsales.scenario.schema.fields import STATES

FLOWS = tuple(state.lower() for state in STATES)
"""The KPI of each state: how many enter it in a month."""
PARTS = {"sql_inbound": "inbound (dark)", "sql_outbound": "outbound (light)"}
"""The parts of the SQLs, and what they are called beside the bar."""
OPENING = {"sql_opening": "from the opening (grey)"}
"""A part that is there only if the simulation begins with leads in mid-course."""
SHARES = {"sal": "sql", "win": "sal", "live": "win"}
"""Flows that only come from one other: their ratio means something. (Outbound SQLs were never MQLs.)"""
BAR, LIGHT, PALE = "#0072B2", "#8FC1DE", "#C8C8C8"
SIZE = 14.0


def funnel(summaries: Mapping[str, Summary], *, scenario: str, replications: int, remark: str = "") -> Figure:
    """Draw the number of leads per month that enter each state, as bars from zero with 95 % intervals; the
    title states the finding.

    The bars are flows per month, not a cohort: the ratio beside some of them compares the flows of the same
    months. SQLs are split into inbound (dark), outbound (light) and those from the opening (grey),
    if there is one.

    Args:
        summaries: By KPI, per month; states that are missing or undefined are left out.
        scenario: Its name.
        replications: Their number.
        remark: A sentence for the foot, such as what was changed.

    Raises:
        ValueError: if no state of the funnel is defined.
    """
    shown = [state for state in FLOWS if state in summaries and summaries[state].mean is not None]
    if not shown:
        raise ValueError("none of the funnel's states is defined")
    split = all(part in summaries and summaries[part].mean is not None for part in PARTS)
    with style():
        figure, bottom, top = slide(
            _finding(summaries, scenario),
            f"Leads that enter each state in a month: mean of {counted(replications)}; "
            "black lines and ± are 95 % intervals of the mean.",
            joined(
                "Percentages compare the flows of the same months; they are not the conversion of a cohort.",
                remark,
            ),
        )
        width, height = figure.get_size_inches()
        names = max(extent(figure, label(state), SIZE, "bold") for state in shown)
        printed = {state: _printed(summaries, state, split=split) for state in shown}
        left, foot = MARGIN * width + names + 0.2, bottom * height + 0.15
        axes = figure.add_axes(
            (left / width, foot / height, 1 - (left / width + MARGIN), top - (foot + 0.25) / height)
        )
        # Figures stand right of their bars: the longest row decides the length of the axis.
        inches = width * (1 - MARGIN) - left
        ends = {
            state: (summaries[state].mean or 0.0) + (summaries[state].half_width or 0.0) for state in shown
        }
        rooms = {state: extent(figure, printed[state], SIZE) + 0.2 for state in shown}
        reach = max([1e-9, *(ends[state] * inches / (inches - rooms[state]) for state in shown)])
        for y, state in enumerate(shown):
            s = summaries[state]
            mean, half = s.mean or 0.0, s.half_width or 0.0
            parts = [mean]
            if state == "sql" and split:
                parts = [summaries[part].mean or 0.0 for part in _parts(summaries)]
            start = 0.0
            for part, color in zip(parts, (BAR, LIGHT, PALE), strict=False):
                axes.barh(y, part, left=start, height=0.62, color=color, gid=f"bar {state}")
                start += part
            span, gap = [mean - half, mean + half], 0.12 * reach / inches
            axes.plot(span, [y, y], "-", color="black", linewidth=2, gid=f"interval {state}")
            axes.text(ends[state] + gap, y, printed[state], va="center", size=SIZE)
            axes.text(-gap, y, label(state), va="center", ha="right", size=SIZE, weight="bold")
        axes.set_xlim(0, reach)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_axis_off()
        axes.axvline(0, color=GREY, linewidth=1.2)
    return figure


def _finding(summaries: Mapping[str, Summary], scenario: str) -> str:
    sql, win = summaries.get("sql"), summaries.get("win")
    if win is None or win.mean is None:
        return f"{scenario}: the flow of leads in a month"
    wins, around = _said(win)
    around = f" (±{around})" if around else ""
    if sql is None or sql.mean is None:
        return f"{scenario} wins {wins} deals a month{around}"
    return f"{scenario} turns {_said(sql)[0]} SQLs a month into {wins} wins{around}"


def _printed(summaries: Mapping[str, Summary], state: str, *, split: bool) -> str:
    """The text beside a bar: ``60.1 ± 0.5   (36.0 inbound, 24.1 outbound)``."""
    s = summaries[state]
    value, around = _said(s)
    text = f"{value} ± {around}" if around else value
    source = summaries.get(SHARES.get(state, ""))
    # Above 100 %, some leads skip the state before, and the percentage means nothing.
    if source is not None and source.mean and s.mean is not None and s.mean <= source.mean:
        text += f"   {100 * s.mean / source.mean:.0f} % of {label(SHARES[state])}"
    if state == "sql" and split:
        text += "   " + ", ".join(
            f"{_said(summaries[part])[0]} {said}" for part, said in _parts(summaries).items()
        )
    return text


def _parts(summaries: Mapping[str, Summary]) -> dict[str, str]:
    """The parts of the SQLs; those from the opening only if there is one."""
    there = {
        part: said for part, said in OPENING.items() if part in summaries and summaries[part].mean is not None
    }
    return {**PARTS, **there}


def _said(s: Summary) -> tuple[str, str]:
    mean = s.mean or 0.0
    step = step_of(mean, s.half_width)
    return number(mean, step), "" if s.half_width is None else number(s.half_width, step)
