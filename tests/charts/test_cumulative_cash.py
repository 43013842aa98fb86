from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from simsales.analysis.intervals import summary
from simsales.charts.canvas import style
from simsales.charts.cumulative_cash import cumulative_cash


def cash(start: float, growth: float, months: int = 24, replications: int = 30) -> NDArray[np.float64]:
    noise = np.random.default_rng(5).normal(size=(replications, months))
    return np.cumsum(start + growth * np.arange(months) + 2_000 * noise, axis=1)


def title(figure: Figure) -> str:
    return figure.texts[0].get_text().replace("\n", " ")


def subtitle(figure: Figure) -> str:
    return figure.texts[1].get_text().replace("\n", " ")


def note(figure: Figure) -> str:
    return figure.texts[2].get_text().replace("\n", " ")


def marks(figure: Figure) -> dict[str, tuple[float, float]]:
    found = {}
    for line in figure.axes[0].lines:
        gid = str(line.get_gid())
        if gid.startswith("mark "):
            (x,), (y,) = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
            found[gid[5:]] = (float(x), float(y))
    return found


def test_lines_are_means() -> None:
    values = cash(-90_000, 10_000)
    figure = cumulative_cash({"base": values})
    (line,) = (line for line in figure.axes[0].lines if line.get_gid() == "mean")
    assert np.asarray(line.get_xdata()).tolist() == list(range(1, 25))
    assert line.get_ydata() == pytest.approx(values.mean(axis=0))
    low, high = figure.axes[0].get_ylim()
    p5, p95 = np.quantile(values, [0.05, 0.95], axis=0)
    assert low < min(p5.min(), 0)
    assert high > p95.max()
    assert "Light band" in subtitle(figure)
    assert "Light band" not in subtitle(cumulative_cash({"base": values[:5]}))


def test_the_deepest_point_and_break_even_are_marked() -> None:
    # −100, −150, −40, −10, +60, +80 thousand.
    means = np.array([-100, -150, -40, -10, 60, 80]) * 1000.0
    values = means + np.array([[-1000.0], [0.0], [1000.0]])
    assert marks(cumulative_cash({"base": values})) == {
        "lowest: −$150k, month 2": (2, -150_000),
        "break-even: month 5": (5, 60_000),
    }
    assert marks(cumulative_cash({"base": values[:, :4]})) == {"lowest: −$150k, month 2": (2, -150_000)}
    assert marks(cumulative_cash({"base": values + 200_000})) == {}
    assert list(marks(cumulative_cash({"base": values[:, ::-1]}))) == ["lowest: −$150k, month 5"]


@pytest.mark.slow
def test_the_title_is_the_finding() -> None:
    base = np.array([[0.0, 90], [0, 100], [0, 110]]) * 1000
    # Differences of 9, 10, 11 thousand: 10 ± 4.302653 / √3 = 2.48.
    better = base + np.array([[0.0, 9], [0, 10], [0, 11]]) * 1000
    assert title(cumulative_cash({"a": base, "b": better})) == (
        "After 2 months cash of b stands at $110k, $10.0k more than a (±2.5k)"
    )
    assert title(cumulative_cash({"a": better, "b": base})).endswith("$100k, $10.0k less than a (±2.5k)")
    assert title(cumulative_cash({"a": base, "b": base + 0})) == (
        "After 2 months cash of b stands at $100k; no difference from a is shown"
    )
    assert "c, the highest of the 2 others, stands" in title(
        cumulative_cash({"a": base, "b": base, "c": better})
    )
    # 100 ± 4.302653 × 10 / √3 = 24.8 thousand.
    assert title(cumulative_cash({"a": base})) == "After 2 months the cash of a stands at $100k (±25k)"
    first = title(cumulative_cash({"a": base[:, :1]}, currency="CHF"))
    assert first.startswith("After 1 month the cash of a stands at 0")


def test_the_note_tells_what_the_replications_say_one_by_one() -> None:
    low = {"a": summary([-10_000, -20_000, -30_000]), "b": summary([0, 0, 0]), "c": summary([-5, -5, -5.0])}
    even = {"a": summary([5, np.nan, 7]), "b": summary([1, 1, 1]), "c": summary([np.nan] * 3)}
    figure = cumulative_cash(
        {name: cash(-9e4, 1e4, replications=3) for name in "abc"}, low=low, break_even=even
    )
    assert note(figure) == (
        "Lowest point of each replication, on average: a −$20k, break-even after month 6.0 in 2 of 3 "
        "replications; b never below zero; c −$5, break-even in no replication. Costs are those that the "
        "scenarios state, and no others."
    )


@pytest.mark.slow
@pytest.mark.parametrize("months", [1, 2, 6, 24, 60])
@pytest.mark.parametrize("names", [["reference"], ["reference", "price-up"], list("abcd")])
def test_words_do_not_overlap_and_stay_on_the_slide(months: int, names: list[str]) -> None:
    series = {name: cash(-60_000 + 9_000 * i, 9_000 / (1 + i), months) for i, name in enumerate(names)}
    figure = cumulative_cash(series)
    with style():
        figure.canvas.draw()
        words = [Text.get_window_extent(text) for text in figure.axes[0].texts]
    for one, two in combinations(words, 2):
        apart = one.y1 <= two.y0 + 1 or two.y1 <= one.y0 + 1 or one.x1 <= two.x0 + 1 or two.x1 <= one.x0 + 1
        assert apart
    assert all(box.x1 <= figure.bbox.x1 and box.x0 >= 0 and box.y0 >= 0 for box in words)


@pytest.mark.parametrize("shapes", [[], [(3, 0)], [(3, 2), (3, 4)]])
def test_nothing_to_draw_is_refused(shapes: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="same shape"):
        cumulative_cash({str(i): np.zeros(shape) for i, shape in enumerate(shapes)})
