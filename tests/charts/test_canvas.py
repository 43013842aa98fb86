from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_results import mrr
from matplotlib.figure import Figure

from simsales.charts.canvas import broken, extent, save, slide, spread, style
from simsales.charts.monthly_mrr import monthly_mrr
from simsales.errors import SimsalesError


@given(
    things=st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 10)), min_size=1, max_size=8),
)
def test_spread_keeps_order_and_distance_and_stays_inside(things: list[tuple[float, float]]) -> None:
    wanted, heights = map(list, zip(*things, strict=True))
    centres = spread(wanted, heights, 0, 100)
    order = np.argsort(wanted, kind="stable")
    tall = np.array(heights)[order]
    assert (np.diff(centres[order]) >= (tall[:-1] + tall[1:]) / 2 - 1e-9).all()
    assert centres[order][0] >= tall[0] / 2 - 1e-9
    assert centres[order][-1] <= 100 - tall[-1] / 2 + 1e-9


def test_spread_moves_no_more_than_needed() -> None:
    assert spread([10, 50, 90], [5, 5, 5], 0, 100) == pytest.approx([10, 50, 90])
    assert spread([50, 50], [4, 4], 0, 100) == pytest.approx([48, 52])
    assert spread([52, 50, 10], [4, 4, 4], 0, 100) == pytest.approx([53, 49, 10])


def test_long_words_are_broken_to_fit() -> None:
    with style():
        figure, _, _ = slide("title", "subtitle")
        text = broken(figure, "a-very-long-name-of-an-alternative and" + "x" * 60, 14, 2.0)
        assert extent(figure, text, 14) <= 2.0
    assert text.replace("\n", "").replace(" ", "") == "a-very-long-name-of-an-alternativeand" + "x" * 60


def test_dollar_signs_are_dollar_signs() -> None:
    figure = monthly_mrr(mrr({"$a$": 1.0, "b_{2}": 1.2}), range(1, 25))
    texts = [*figure.texts, *figure.axes[0].texts]
    assert any("$a$" in text.get_text() for text in texts)
    assert not any(text.get_parse_math() for text in texts)


@pytest.mark.slow
def test_files_repeat_byte_for_byte_whatever_the_users_settings(tmp_path: Path) -> None:
    first = save(monthly_mrr(mrr({"silo": 1.0, "pod": 1.2}), range(1, 25)), tmp_path / "a.b")
    with mpl.rc_context({"font.size": 40, "axes.grid": True, "savefig.dpi": 30, "svg.hashsalt": "other"}):
        before = dict(mpl.rcParams)
        second = save(monthly_mrr(mrr({"silo": 1.0, "pod": 1.2}), range(1, 25)), tmp_path / "second")
        assert dict(mpl.rcParams) == before
    assert [path.name for path in first] == ["a.b.png", "a.b.svg"]
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
    assert b"dc:date" not in first[1].read_bytes()


@pytest.mark.slow
def test_a_slide_is_16_to_9_and_sharp(tmp_path: Path) -> None:
    from PIL import Image

    png, _ = save(monthly_mrr(mrr({"silo": 1.0}), range(1, 25)), tmp_path / "chart")
    with Image.open(png) as image:
        width, height = image.size
    assert width / height == pytest.approx(16 / 9, abs=0.002)
    assert width == pytest.approx(13.333 * 200, abs=1)


@pytest.mark.slow
def test_charts_do_not_load_pyplot() -> None:
    import subprocess
    import sys

    code = (
        "import sys, simsales.charts.monthly_mrr, simsales.charts.paired_differences, simsales.charts.funnel;"
        "sys.exit('matplotlib.pyplot' in sys.modules or 'scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_wording_loads_no_matplotlib() -> None:
    import subprocess
    import sys

    code = "import sys, simsales.analysis.sentences; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_chart_that_cannot_be_written_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "x.svg").mkdir()
    with pytest.raises(SimsalesError, match=r"cannot write .*x\.svg: Is a directory"):
        save(Figure(), tmp_path / "x")
