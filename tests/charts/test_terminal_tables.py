"""The tables of the commands; they stand here beside the charts, whose wording they share."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import numpy as np
import pytest
from rich.console import Console, RenderableType

from simsales.analysis.comparison import Comparison, compare
from simsales.analysis.intervals import summaries
from simsales.analysis.wording import label
from simsales.cli.tables import comparison_table, run_table

Compared = Callable[..., Comparison]
Describe = Callable[[str], Any]


def printed(table: RenderableType, width: int, *, terminal: bool = False) -> str:
    out = StringIO()
    Console(
        file=out, width=width, force_terminal=terminal, color_system="standard" if terminal else None
    ).print(table)
    return out.getvalue()


def row(text: str, beginning: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(beginning))


def test_a_row_says_all_there_is(compared: Compared, units: Describe) -> None:
    comparison = compared(["silo", "pod"], {"pod": {"mrr_end": 0.05, "sales_cycle_days": 0.05}})
    text = printed(comparison_table(comparison, units), 100)
    d = comparison.kpis["mrr_end"].differences["pod"]
    said = row(text, "MRR at the end")
    assert f"{100 * (d.relative or 0):+.1f} %" in said
    assert f"{100 * (d.p_better or 0):.0f} %" in said
    assert "higher (better)" in said
    assert "higher (worse)" in row(text, "sales cycle")
    assert "no difference shown" in row(text, "wins")


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_it_fits_and_never_breaks_a_figure_or_verdict(
    compared: Compared, units: Describe, width: int
) -> None:
    comparison = compared(["silo", "pod"], {"pod": {"mrr_end": 0.05}})
    text = printed(comparison_table(comparison, units, currency="CHF"), width)
    assert max(map(len, text.splitlines())) <= width
    # One verdict to a KPI, whole.
    table = [line for line in text.splitlines() if line.startswith("   ")]
    whole = sum(("no difference shown" in line or "higher (" in line or "lower (" in line) for line in table)
    assert whole == len(comparison.kpis)
    assert "…" not in text


def test_at_100_columns_every_kpi_has_one_line(compared: Compared, units: Describe) -> None:
    comparison = compared(["silo", "pod"])
    lines = printed(comparison_table(comparison, units), 100).splitlines()
    for kpi in comparison.kpis:
        assert sum(line.startswith(f"   {label(kpi)}") and "shown" in line for line in lines) >= 1, kpi


def test_colour_only_repeats_words(compared: Compared, units: Describe) -> None:
    comparison = compared(["silo", "pod"], {"pod": {"mrr_end": 0.05}})
    assert "\x1b[" not in printed(comparison_table(comparison, units), 100)
    assert "\x1b[32mhigher (better)" in printed(comparison_table(comparison, units), 100, terminal=True)


def test_headlines_and_blocks_for_three(compared: Compared, units: Describe) -> None:
    text = printed(comparison_table(compared(["silo", "pod", "mix"], {"pod": {"mrr_end": 0.1}}), units), 100)
    assert text.startswith("pod against silo: MRR at the end ")
    assert "mix against silo: MRR at the end no difference shown" in text.replace("\n", " ")
    assert text.count("verdict") == 2
    assert "simultaneous over the 2 alternatives" in text.replace("\n", " ")


@pytest.mark.parametrize("name", ["KPI", "verdict", "difference", "a-name-that-is-too-long-for-its-column"])
def test_any_name_of_an_alternative(compared: Compared, units: Describe, name: str) -> None:
    text = printed(comparison_table(compared(["silo", name]), units), 100)
    first, second = (f"{float(cell):.0f}" for cell in row(text, "wins").split()[1:3])
    means = compared(["silo", name]).kpis["win"].means
    assert (first, second) == (f"{means['silo']:.0f}", f"{means[name]:.0f}")
    assert text.startswith(f"{name} against silo")


def test_missing_pairs_and_undefined_kpis_are_said(units: Describe) -> None:
    nan = np.nan
    values: dict[str, dict[str, list[float]]] = {
        "silo": {"sales_cycle_days": [30, nan, 32], "win": [nan] * 3},
        "pod": {"sales_cycle_days": [31, 30, 33], "win": [1, 2, 3]},
    }
    comparison = compare(values, baseline="silo", better={"sales_cycle_days": "lower", "win": "higher"})
    text = printed(comparison_table(comparison, units), 100)
    assert "(2 pairs)" in text
    assert row(text, "wins").split()[1:4] == ["(0", "pairs)", "–"]


def test_run_table(values: Callable[..., Any], units: Describe) -> None:
    data = values(["pod"], {})["pod"]
    data["sales_cycle_days"][:5] = np.nan
    found = summaries(data)
    table = run_table(found, units, title="pod", replications=20)
    assert max(map(len, printed(table, 80).splitlines())) <= 80
    text = printed(table, 100)
    win = found["win"]
    assert text.startswith(f"pod: wins {win.mean:.1f} a month (±")
    assert f"{win.mean:.1f} ± {win.half_width:.1f}" in row(text, "wins")
    assert "(in 15)" in row(text, "sales cycle")
    assert "20 replications" in text


def test_run_table_of_nothing(units: Describe) -> None:
    assert "1 replication." in printed(run_table({}, units, title="pod", replications=1), 80)
