from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from made_up_results import compared, units
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simsales.analysis.paired_comparison import Comparison, compare
from simsales.charts.canvas import style
from simsales.charts.paired_differences import MARKS, limit, paired_differences

Compared = Callable[..., Comparison]
Describe = Callable[[str], Any]
EFFECTS = {"pod": {"mrr_end": 0.05, "sales_cycle_days": 0.06, "new_mrr": -0.05, "wait_days.AE": -0.08}}


def artist(axes: Axes, gid: str) -> Line2D:
    (line,) = (line for line in axes.lines if line.get_gid() == gid)
    return line


def title(figure: Figure) -> str:
    return figure.texts[0].get_text().replace("\n", " ")


def test_points_and_bars_are_the_paired_differences_in_percent() -> None:
    comparison = compared(["silo", "pod"], EFFECTS)
    (axes,) = paired_differences(comparison, units).axes
    for name in ("win", "mrr_end", "sales_cycle_days", "utilization.AE"):
        d = comparison.kpis[name].differences["pod"]
        assert d.mean is not None
        assert d.half_width is not None
        assert d.baseline_mean is not None
        percents = 100 * np.array([d.mean, d.mean - d.half_width, d.mean + d.half_width]) / d.baseline_mean
        assert artist(axes, f"mean {name}").get_xdata() == pytest.approx(percents[:1])
        assert artist(axes, f"interval {name}").get_xdata() == pytest.approx(percents[1:])


def test_markers_tell_better_from_worse_without_colour() -> None:
    (axes,) = paired_differences(compared(["silo", "pod"], EFFECTS), units).axes
    looks = {
        name: (line.get_marker(), to_hex(line.get_markerfacecolor()).upper())
        for name in ("mrr_end", "sales_cycle_days", "new_mrr", "wait_days.AE", "win")
        for line in [artist(axes, f"mean {name}")]
    }
    assert (
        looks
        == {
            "mrr_end": MARKS["better"][:2],  # more revenue
            "sales_cycle_days": MARKS["worse"][:2],  # a longer cycle
            "new_mrr": MARKS["worse"][:2],  # less revenue
            "wait_days.AE": MARKS["better"][:2],  # a shorter wait
            "win": ("o", "#FFFFFF"),  # nothing shown: hollow
        }
    )


@pytest.mark.slow
def test_the_title_is_the_finding() -> None:
    clear = title(paired_differences(compared(["silo", "pod"], EFFECTS), units))
    same = title(paired_differences(compared(["silo", "pod"]), units))
    three = title(paired_differences(compared(["silo", "pod", "mix"], EFFECTS), units))
    alone = title(paired_differences(compared(["silo", "pod"], EFFECTS, replications=1), units))
    assert clear.startswith("pod against silo: MRR at the end ")
    assert "% higher (±" in clear
    assert "KPIs 2 better, 2 worse" in clear
    assert "no difference in MRR at the end shown" in same
    assert "MRR at the end against silo: pod " in three
    assert "mix no difference shown" in three
    assert alone == "One replication shows no difference: at least two are needed"


def test_without_percentage_a_kpi_moves_to_the_note() -> None:
    figure = paired_differences(compared(["silo", "pod"]), units)
    note = figure.texts[2].get_text().replace("\n", " ")
    assert "wait for SDR, days (silo 0, pod 0)" in note
    assert not [line for line in figure.axes[0].lines if line.get_gid() == "mean wait_days.SDR"]


def test_nothing_in_percent_is_still_a_chart() -> None:
    values = {a: {"win": np.full(3, np.nan)} for a in ("silo", "pod")}
    figure = paired_differences(compare(values, baseline="silo", better={"win": "higher"}), units)
    assert "No KPI can be compared" in title(figure)
    assert "silo undefined, pod undefined" in figure.texts[2].get_text().replace("\n", " ")


def test_an_outlier_is_cut_with_an_arrow_but_printed() -> None:
    comparison = compared(["silo", "pod"], {"pod": {"wait_days.AE": 4.0}})
    (axes,) = paired_differences(comparison, units).axes
    low, high = axes.get_xlim()
    assert -low == high < 20
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert [list(np.asarray(line.get_xdata())) for line in arrows] == [[high]]
    assert artist(axes, "mean wait_days.AE").get_marker() == "D"
    assert artist(axes, "mean wait_days.AE").get_xdata() == pytest.approx([0.95 * high])
    d = comparison.kpis["wait_days.AE"].differences["pod"]
    assert d.relative is not None
    assert any(text.get_text().startswith(f"+{100 * d.relative:.0f}") for text in axes.texts)


def test_limit_keeps_what_is_not_far_out() -> None:
    assert limit([1, 2, 3, 400]) == pytest.approx(1.08 * 5)  # never below 5 %
    assert limit([10, 20, 30, 60]) == pytest.approx(1.08 * 60)  # 60 is within three times 30
    assert limit([10, 20, 30, 91]) == pytest.approx(1.08 * 30)
    assert limit([0, 0, 0, 0, 0, 0, 20]) == pytest.approx(1.08 * 20)  # no difference takes no room
    assert limit([300, 400]) == pytest.approx(1.08 * 400)
    assert limit([]) == pytest.approx(1.08 * 5)


def test_one_panel_for_each_alternative() -> None:
    comparison = compared(["silo", "pod", "mix", "region"], EFFECTS)
    figure = paired_differences(comparison, units)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["pod", "mix", "region"]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    for axes, other in zip(figure.axes, comparison.others, strict=True):
        relative = comparison.kpis["win"].differences[other].relative
        assert relative is not None
        assert artist(axes, "mean win").get_xdata() == pytest.approx([100 * relative])


@pytest.mark.slow
@pytest.mark.parametrize(
    "alternatives", [["silo", "pod"], ["silo", "pod", "a-very-long-name-of-a-hybrid", "region", "fifth"]]
)
def test_words_do_not_overlap_and_stay_on_the_slide(alternatives: list[str]) -> None:
    figure = paired_differences(compared(alternatives, {"pod": {"wait_days.AE": 4.0}}), units, currency="CHF")
    with style():
        figure.canvas.draw()
        boxes = [t.get_window_extent() for t in figure.texts]
        boxes += [t.get_window_extent() for axes in figure.axes for t in axes.texts]
        boxes += [axes._left_title.get_window_extent() for axes in figure.axes if axes.get_title(loc="left")]  # type: ignore[attr-defined]
    for one, two in combinations(boxes, 2):
        apart = one.x1 <= two.x0 + 1 or two.x1 <= one.x0 + 1 or one.y1 <= two.y0 + 1 or two.y1 <= one.y0 + 1
        assert apart, (one, two)
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_only_the_kpis_asked_for() -> None:
    comparison = compared(["silo", "pod"])
    (axes,) = paired_differences(comparison, units, kpis=["mql", "arr_end"]).axes
    assert sorted(g for line in axes.lines if (g := line.get_gid() or "").startswith("mean")) == [
        "mean arr_end",
        "mean mql",
    ]
    with pytest.raises(ValueError, match="called typo"):
        paired_differences(comparison, units, kpis=["typo"])
