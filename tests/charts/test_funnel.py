import numpy as np
import pytest
from made_up_results import values
from matplotlib.patches import Rectangle

from simsales.analysis.intervals import summaries
from simsales.charts.canvas import style
from simsales.charts.funnel import funnel


def test_bars_are_means_and_lines_intervals() -> None:
    found = summaries(values(["pod"], {})["pod"])
    (axes,) = funnel(found, scenario="pod", replications=20).axes
    bars: dict[str, float] = {}
    for patch in axes.patches:
        assert isinstance(patch, Rectangle)
        bars[str(patch.get_gid())] = bars.get(str(patch.get_gid()), 0.0) + patch.get_width()
    means = {name: s.mean or 0.0 for name, s in found.items()}
    parts = means["sql_inbound"] + means["sql_outbound"]
    expected = {f"bar {name}": means[name] for name in ("suspect", "mql", "sal", "win", "live")} | {
        "bar sql": parts
    }
    assert bars == pytest.approx(expected)
    line = next(line for line in axes.lines if line.get_gid() == "interval win")
    half = found["win"].half_width or 0.0
    assert line.get_xdata() == pytest.approx([means["win"] - half, means["win"] + half])


def test_title_and_figures() -> None:
    found = summaries(values(["pod"], {})["pod"])
    figure = funnel(found, scenario="pod", replications=20)
    other = funnel(summaries(values(["pod"], {"pod": {"win": 0.5}})["pod"]), scenario="pod", replications=20)
    assert figure.texts[0].get_text().startswith("pod turns ")
    assert "SQLs a month into" in figure.texts[0].get_text()
    assert figure.texts[0].get_text() != other.texts[0].get_text()
    said = [text.get_text() for text in figure.axes[0].texts]
    assert any("inbound (dark)" in text for text in said)
    assert any(
        f"{100 * (found['live'].mean or 0) / (found['win'].mean or 1):.0f} % of wins" in text for text in said
    )


def test_words_stay_on_the_slide() -> None:
    found = summaries({name: x * 1e4 for name, x in values(["pod"], {})["pod"].items()})
    figure = funnel(found, scenario="a-very-long-name " * 8, replications=20)
    with style():
        figure.canvas.draw()
        boxes = [t.get_window_extent() for t in [*figure.texts, *figure.axes[0].texts]]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_undefined_states_are_left_out_and_none_refused() -> None:
    nan = np.full(3, np.nan)
    figure = funnel(summaries({"sql": nan, "win": np.array([1.0, 2, 3])}), scenario="x", replications=3)
    assert figure.texts[0].get_text() == "x wins 2.0 deals a month (±2.5)"
    with pytest.raises(ValueError, match="none of the funnel"):
        funnel(summaries({"sql": nan}), scenario="x", replications=3)
