"""What a reader must know before trusting the figures."""

from __future__ import annotations

import numpy as np
import pytest

from simsales.analysis.cautions import cautions
from simsales.analysis.intervals import summaries
from simsales.analysis.paired_comparison import compare
from simsales.analysis.sentences import Wording
from simsales.charts.funnel import funnel
from simsales.kpis import describe
from simsales.report.terminal import as_text, comparison_table, run_table

KPIS = {"win", "win_rate", "conversion_sal_win", "sales_cycle_days"}


@pytest.mark.parametrize(("replications", "warned"), [(1, False), (2, True), (4, True), (5, False)])
def test_few_replications(replications: int, warned: bool) -> None:
    # (Of one alone the table says that nothing is known.)
    assert any(f"Only {replications} rep" in s for s in cautions(replications, {}, KPIS)) is warned


def test_a_window_too_short() -> None:
    assert cautions(50, {"x": 0.2}, KPIS) == []
    assert cautions(50, {"x": None}, KPIS) == []
    (said,) = cautions(50, {"x": 0.21}, KPIS)
    assert said == (
        "The horizon is short: 21 % of the leads that came in are still open when it ends. "
        "Off because of it may be: win rate, sales cycle, all conversions."
    )
    (said,) = cautions(50, {"x": 0.1, "y": 0.5}, {"win"})
    assert said == "The horizon is short: 50 % (y) of the leads that came in are still open when it ends."


def lines(values: dict[str, dict[str, list[float]]]) -> str:
    found = compare(values, baseline="x", better={k: describe(k).better for k in values["x"]})
    return as_text(comparison_table(found, describe, cautions=["Beware."]), 110)


def row(text: str, name: str) -> str:
    (line,) = (line for line in text.splitlines() if line.strip().startswith(name))
    return line


def test_what_is_undefined_has_no_verdict() -> None:
    nan = np.nan
    text = lines({"x": {"grr": [nan, nan], "win": [1.0, 3.0]}, "y": {"grr": [nan, nan], "win": [3.0, 5.0]}})
    assert row(text, "GRR (0 pairs)").split()[-1] == "–"
    # The same difference twice is no certainty: neither ± 0 nor a verdict.
    assert "no difference shown" in row(text, "wins")
    assert "±" not in row(text, "wins")
    assert text.startswith("y against x: wins no difference shown")
    assert "Beware." in text


def test_a_wide_interval_can_be_read() -> None:
    rng = np.random.default_rng(1)
    x = 9 + 0 * rng.normal(size=10)
    d = rng.normal(size=10)
    y = x + 3 + 40 * (d - d.mean()) / d.std(ddof=1)  # ± 40 · 2.262 / √10 = 28.6
    text = lines({"x": {"win": x.tolist()}, "y": {"win": y.tolist()}})
    assert row(text, "wins").split()[1:8] == ["9", "12", "+3", "±", "29", "+33", "%"]


def test_the_note_says_what_the_figures_are_of() -> None:
    found = summaries({"cac": [1.0, np.nan, 2.0], "win": [1.0, 2.0, 3.0]})
    text = as_text(run_table(found, describe, title="x", replications=3, cautions=["Beware."]), 110)
    said = " ".join(text.split())
    assert "CAC (in 2)" in text
    assert "Beware." in text
    assert "only n replications have a figure of their own; p5, median and p95 are of these" in said
    assert "A ratio is that of all replications together" in said


def test_sqls_from_the_opening_stand_where_the_parts_do() -> None:
    parts = {"sql": [60.0, 61.0], "sql_inbound": [36.0, 36.0], "sql_outbound": [24.0, 24.0]}
    with_opening = {**parts, "sql_opening": [0.0, 1.0]}
    for values, said in ((parts, False), (with_opening, True)):
        figure = funnel(summaries(values), scenario="x", replications=2)
        texts = " ".join(text.get_text() for text in figure.axes[0].texts)
        assert ("from the opening (grey)" in texts) is said
        widths = [p.get_width() for p in figure.axes[0].patches]  # type: ignore[attr-defined]
        assert sum(widths) == pytest.approx(60.5 if said else 60)
    table = as_text(run_table(summaries(with_opening), describe, title="x", replications=2), 110)
    assert "SQLs, from the opening" in table


def test_a_difference_that_is_undefined_is_said_to_be() -> None:
    nan = np.nan
    found = compare(
        {"x": {"sales_cycle_days": [nan, nan]}, "y": {"sales_cycle_days": [nan, nan]}},
        baseline="x",
        better={"sales_cycle_days": "lower"},
    )
    assert Wording(describe).headline(found, "y") == "y against x: sales cycle undefined."
