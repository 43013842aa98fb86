from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from made_up_results import mrr
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from scipy import stats

from simsales.charts.canvas import style
from simsales.charts.monthly_mrr import monthly_mrr

Make = Callable[..., dict[str, NDArray[np.float64]]]


def title(figure: Figure) -> str:
    return figure.texts[0].get_text().replace("\n", " ")


def band(figure: Figure, name: str, which: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Lower and upper edge of the band of an alternative, the light one (0) or the dark one (1)."""
    bands = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection) and c.get_label() == name]
    vertices = np.asarray(bands[which].get_paths()[0].vertices)
    months = sorted(set(vertices[:, 0]))
    edges = [vertices[vertices[:, 0] == month, 1] for month in months]
    return np.array([e.min() for e in edges]), np.array([e.max() for e in edges])


def test_lines_are_means_and_bands_what_the_subtitle_says() -> None:
    series = mrr({"silo": 1.0, "pod": 1.3})
    figure = monthly_mrr(series, range(1, 25))
    lines = {line.get_label(): line for line in figure.axes[0].lines if line.get_gid() == "mean"}
    for name, values in series.items():
        assert np.asarray(lines[name].get_xdata()).tolist() == list(range(1, 25))
        assert lines[name].get_ydata() == pytest.approx(values.mean(axis=0))
        half = stats.t.ppf(0.975, 29) * values.std(axis=0, ddof=1) / np.sqrt(30)
        mean, (p5, p95) = values.mean(axis=0), np.quantile(values, [0.05, 0.95], axis=0)
        for which, (low, high) in enumerate([(p5, p95), (mean - half, mean + half)]):
            drawn_low, drawn_high = band(figure, name, which)
            assert drawn_low == pytest.approx(low)
            assert drawn_high == pytest.approx(high)
    subtitle = figure.texts[1].get_text()
    assert "30 replications" in subtitle
    assert "95 % interval of the mean" in subtitle
    assert "USD" in subtitle


def test_the_warm_up_is_left_out() -> None:
    series = mrr({"silo": 1.0, "pod": 1.3}, months=30)
    figure = monthly_mrr(series, range(-5, 25))
    line = next(line for line in figure.axes[0].lines if line.get_label() == "pod")
    assert line.get_ydata() == pytest.approx(series["pod"][:, 6:].mean(axis=0))
    assert figure.axes[0].get_xlim()[0] == 1


def test_the_axis_begins_at_zero_and_holds_everything() -> None:
    series = mrr({"silo": 1.0, "pod": 1.3})
    low, high = monthly_mrr(series, range(1, 25)).axes[0].get_ylim()
    assert low == 0
    assert high >= max(np.quantile(values, 0.95, axis=0).max() for values in series.values())


@pytest.mark.slow
def test_the_title_is_the_finding_of_the_paired_difference() -> None:
    clear = title(monthly_mrr(mrr({"silo": 1.0, "pod": 1.3}), range(1, 25)))
    worse = title(monthly_mrr(mrr({"silo": 1.0, "pod": 0.7}), range(1, 25)))
    same = title(monthly_mrr(mrr({"silo": 1.0, "pod": 1.0}), range(1, 25)))
    four = title(monthly_mrr(mrr({"silo": 1.0, "b": 0.9, "c": 1.5, "d": 1.1}), range(1, 25)))
    alone = title(monthly_mrr(mrr({"silo": 1.0}), range(1, 25)))
    assert clear.startswith("After 24 months pod earns $")
    assert "% more than silo (±" in clear
    assert "% less than silo (±" in worse
    assert "no difference in MRR is shown between pod" in same
    assert "c, the highest of the 3 others," in four
    assert alone.startswith("After 24 months the MRR of silo is $")


def test_the_title_has_the_figures_of_the_data() -> None:
    base = np.array([[90.0], [100.0], [110.0]]) * 1000
    # +9, +10, +11 thousand: mean 10 of 100, s = 1, half-width t(2; 0.975) / √3 = 4.302653 / 1.732051 = 2.48.
    figure = monthly_mrr({"silo": base, "pod": base + np.array([[9.0], [10.0], [11.0]]) * 1000}, [1])
    assert title(figure) == "After 1 month pod earns $110k of MRR, 10.0 % more than silo (±2.5 %)"


@pytest.mark.slow
@pytest.mark.parametrize(
    "growth",
    [
        {"silo": 1.0, "pod": 1.0},
        {
            "silo": 1.0,
            "pod": 1.001,
            "a-very-long-name-of-a-hybrid-organization-with-one-csm": 0.999,
            "d": 1.0,
        },
        {f"alternative {i}": 1.0 for i in range(7)},
        {"silo": 1.0, "pod": 0.001},
    ],
)
@pytest.mark.parametrize("months", [1, 24])
def test_labels_do_not_overlap_and_stay_on_the_slide(growth: dict[str, float], months: int) -> None:
    figure = monthly_mrr(mrr(growth, months=months), range(1, months + 1), currency="CHF")
    with style():
        figure.canvas.draw()
        # An annotation's own box includes its leader, a text's only the words, which are what must not touch.
        words = [Text.get_window_extent(text) for text in figure.axes[0].texts]
    assert len(words) == len(growth)
    for one, two in combinations(words, 2):
        assert one.y1 <= two.y0 + 1 or two.y1 <= one.y0 + 1
    assert all(box.x1 <= figure.bbox.x1 and box.y0 >= figure.axes[0].bbox.y0 - 1 for box in words)


def test_undefined_replications_are_left_out() -> None:
    series = mrr({"silo": 1.0, "pod": 1.3})
    series["pod"][3] = np.nan
    line = next(x for x in monthly_mrr(series, range(1, 25)).axes[0].lines if x.get_label() == "pod")
    assert line.get_ydata() == pytest.approx(np.delete(series["pod"], 3, axis=0).mean(axis=0))


def test_one_replication_is_drawn_without_bands() -> None:
    figure = monthly_mrr(mrr({"silo": 1.0, "pod": 1.3}, replications=1), range(1, 25))
    assert "no difference in MRR is shown" in title(figure)
    assert "band" not in figure.texts[1].get_text()


@pytest.mark.parametrize("months", [[], [0, -1]])
def test_nothing_to_draw_is_refused(months: list[int]) -> None:
    with pytest.raises(ValueError, match="one month"):
        monthly_mrr(mrr({"silo": 1.0}, months=len(months)), months)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"expected \(replications, 23\)"):
        monthly_mrr(mrr({"silo": 1.0}), range(1, 24))
