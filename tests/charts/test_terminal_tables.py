"""The tables of the commands; they stand here beside the charts, whose wording they share."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import numpy as np
import pytest
from made_up_results import compared, units, values
from rich.console import Console, RenderableType

from simsales import kpis
from simsales.analysis.intervals import summaries, summary
from simsales.analysis.labels import SHORT, label
from simsales.analysis.paired_comparison import Comparison, compare
from simsales.report.terminal import as_text, comparison_table, run_table

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


def test_a_row_says_all_there_is() -> None:
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
def test_it_fits_and_never_breaks_a_figure_or_verdict(width: int) -> None:
    comparison = compared(["silo", "pod"], {"pod": {"mrr_end": 0.05}})
    text = printed(comparison_table(comparison, units, currency="CHF"), width)
    assert max(map(len, text.splitlines())) <= width
    # One verdict to a KPI, whole.
    table = [line for line in text.splitlines() if line.startswith("   ")]
    whole = sum(("no difference shown" in line or "higher (" in line or "lower (" in line) for line in table)
    assert whole == len(comparison.kpis)
    assert "…" not in text


def test_at_100_columns_every_kpi_has_one_line() -> None:
    comparison = compared(["silo", "pod"])
    lines = printed(comparison_table(comparison, units), 100).splitlines()
    for kpi in comparison.kpis:
        assert sum(line.startswith(f"   {label(kpi)}") and "shown" in line for line in lines) >= 1, kpi


def test_colour_only_repeats_words() -> None:
    comparison = compared(["silo", "pod"], {"pod": {"mrr_end": 0.05}})
    assert "\x1b[" not in printed(comparison_table(comparison, units), 100)
    assert "\x1b[32mhigher (better)" in printed(comparison_table(comparison, units), 100, terminal=True)


def test_headlines_and_blocks_for_three() -> None:
    text = printed(comparison_table(compared(["silo", "pod", "mix"], {"pod": {"mrr_end": 0.1}}), units), 100)
    assert text.startswith("pod against silo: MRR at the end ")
    assert "mix against silo: MRR at the end no difference shown" in text.replace("\n", " ")
    assert text.count("verdict") == 2
    assert "simultaneous over the 2 alternatives" in text.replace("\n", " ")


@pytest.mark.parametrize("name", ["KPI", "verdict", "difference", "a-name-that-is-too-long-for-its-column"])
def test_any_name_of_an_alternative(name: str) -> None:
    text = printed(comparison_table(compared(["silo", name]), units), 100)
    first, second = (f"{float(cell):.0f}" for cell in row(text, "wins").split()[1:3])
    means = compared(["silo", name]).kpis["win"].means
    assert (first, second) == (f"{means['silo']:.0f}", f"{means[name]:.0f}")
    assert text.startswith(f"{name} against silo")


def test_missing_pairs_and_undefined_kpis_are_said() -> None:
    nan = np.nan
    values: dict[str, dict[str, list[float]]] = {
        "silo": {"sales_cycle_days": [30, nan, 32], "win": [nan] * 3},
        "pod": {"sales_cycle_days": [31, 30, 33], "win": [1, 2, 3]},
    }
    comparison = compare(values, baseline="silo", better={"sales_cycle_days": "lower", "win": "higher"})
    text = printed(comparison_table(comparison, units), 100)
    assert "(2 pairs)" in text
    assert row(text, "wins").split()[1:4] == ["(0", "pairs)", "–"]


def test_one_pair_is_said_in_the_singular() -> None:
    values = {"silo": {"win": [1, np.nan]}, "pod": {"win": [1.0, 2.0]}}
    comparison = compare(values, baseline="silo", better={"win": "higher"})
    assert "wins (1 pair)" in printed(comparison_table(comparison, units), 100)


def test_where_neither_direction_is_better_nothing_has_a_chance_to_be() -> None:
    values = {
        "silo": {"mql": [1.0, 2, 3], "win": [1.0, 2, 3]},
        "pod": {"mql": [2.0, 3, 5], "win": [2.0, 3, 5]},
    }
    comparison = compare(values, baseline="silo", better={"mql": "neither", "win": "higher"})
    text = printed(comparison_table(comparison, units), 100)
    assert "%   100 %" in " ".join(row(text, "wins").split(" "))
    assert "100 %" not in row(text, "MQLs")
    assert "%       – " in row(text, "MQLs")
    assert comparison.kpis["mql"].differences["pod"].p_better == 1


def test_what_pairing_gained_stands_under_every_table() -> None:
    comparison = compared(["silo", "pod", "mix"])
    lines = printed(comparison_table(comparison, units), 100).splitlines()
    gains = [line.strip() for line in lines if line.startswith("Pairing")]
    for line, d in zip(gains, comparison.kpis["win"].differences.values(), strict=True):
        assert d.correlation is not None
        assert d.gain is not None
        times = f"{d.gain:.0f}" if d.gain >= 9.95 else f"{d.gain:.1f}"
        assert line == (
            f"Pairing: correlation of wins {d.correlation:.3f}; "
            f"without it the same interval would take {times}× the replications."
        )
    alone = printed(comparison_table(compared(["silo", "pod"], replications=2), units), 100)
    assert "Pairing" not in alone


def test_money_of_a_row_is_said_in_one_way() -> None:
    rng = np.random.default_rng(1)
    table = run_table(
        summaries({"new_mrr": rng.normal(16_400, 260, 50), "mrr_end": rng.normal(16_400, 5000, 50)}),
        units,
        title="pod",
        replications=50,
    )
    text = printed(table, 100)
    assert "k" not in row(text, "new MRR/month").split("month", 2)[2]
    assert row(text, "MRR at the end").split("USD")[1].count("k") == 5


def test_the_headline_names_customers_once() -> None:
    table = run_table(
        summaries({"customers_end": [330.0, 338.0, 346.0]}), kpis.describe, title="x", replications=3
    )
    assert printed(table, 100).startswith("x: customers at the end 338 (±20).")


def test_user_text_is_no_markup() -> None:
    found = summaries({"mrr_end": [1.0, 2.0]})
    for text in ("[/b]", "[red]", ":heart:"):
        assert f" {text} " in printed(run_table(found, units, title="x", replications=2, currency=text), 100)
        table = comparison_table(compared(["silo", text]), units, currency=text)
        assert f"MRR at the end, {text} " in printed(table, 140)
        assert any(line.split()[:3] == ["KPI", "silo", text] for line in printed(table, 140).splitlines())


def test_run_table() -> None:
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


def test_in_short_and_in_full() -> None:
    found = summaries(values(["pod"], {})["pod"])
    short = printed(run_table(found, units, title="pod", replications=20, everything=False), 100)
    full = printed(run_table(found, units, title="pod", replications=20), 100)
    assert "SQLs, inbound" in full
    assert "SQLs, inbound" not in short
    hidden = sum(name.partition(".")[0] not in SHORT for name in found)
    assert f"{hidden} more KPIs: --all shows them" in short
    assert "--all" not in full
    for kpi in ("SQLs", "wins", "win rate", "MRR at the end", "AE utilization", "wait for AE"):
        assert row(short, kpi)
    comparison = compared(["silo", "pod"])
    short = printed(comparison_table(comparison, units, everything=False), 100)
    assert "SQLs, inbound" not in short
    assert f"{hidden} more KPIs: --all shows them" in short


def test_why_a_kpi_is_undefined_stands_below_the_table() -> None:
    nan = np.nan
    found = summaries({"cac": [nan, 2.0, 3.0], "acv": [nan] * 3, "win": [1.0, 2, 3]})
    text = printed(run_table(found, kpis.describe, title="x", replications=3), 100)
    assert "CAC (in 2)" in text
    assert "ACV of new customers (in 0)" in text
    assert "Undefined: ACV of new customers, CAC: no customer signed." in text


def test_means_say_in_how_many_replications_they_are_defined() -> None:
    nan = np.nan
    values = {"silo": {"cac": [1.0, 2, 3, nan]}, "pod": {"cac": [nan, nan, 3, 4.0]}}
    comparison = compare(values, baseline="silo", better={"cac": "lower"})
    said = row(printed(comparison_table(comparison, kpis.describe), 100), "CAC (1 pair)")
    assert "$2 (in 3)" in said
    assert "(in 2)" in said


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_tiers_stand_side_by_side_as_far_as_there_is_room(width: int) -> None:
    rng = np.random.default_rng(4)

    def tier(level: float) -> dict[str, list[float]]:
        return {
            "cac": (level * (1 + 0.01 * rng.normal(size=9))).tolist(),
            "profit": (-level * (100 + rng.normal(size=9))).tolist(),
            "arpa": [level] * 9,
        }

    tiers = {name: tier(level) for name, level in (("smb", 3e3), ("mid-market", 3e4), ("enterprise", 3e5))}
    table = run_table(
        summaries(tier(3.0)),
        kpis.describe,
        title="x",
        replications=9,
        tiers={name: summaries(of) for name, of in tiers.items()},
    )
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    block = text[text.index("By tier") :]
    tables = block.count("KPI ")
    assert tables == {60: 2, 80: 1, 100: 1, 140: 1}[width]
    assert block.count("CAC") == block.count("cumulative profit") == tables
    assert "ARPA" not in block
    changed = {name: tier(1.1 * level) for name, level in (("smb", 3e3), ("mid-market", 3e4))}
    comparisons = {
        name: compare(
            {"old": of, "new": changed.get(name, {})},
            baseline="old",
            better={"cac": "lower", "profit": "higher", "arpa": "higher"},
        )
        for name, of in tiers.items()
    }
    text = printed(comparison_table(comparisons["smb"], kpis.describe, tiers=comparisons), width)
    assert max(map(len, text.splitlines())) <= width
    assert "By tier, new − old ± 95 %" in text
    assert row(text[text.index("By tier") :], "CAC").count("worse") == (1 if width < 80 else 2)
    assert "… " not in text


def test_run_table_of_nothing() -> None:
    assert "1 replication." in printed(run_table({}, units, title="pod", replications=1), 80)


@pytest.mark.parametrize("width", [32, 40, 50, 60])
def test_no_figure_stands_without_the_name_of_its_kpi(width: int) -> None:
    found = {"win": summary(np.array([1.0, 2.0, 3.0])), "mrr_end": summary(np.array([4e5, 5e5, 6e5]))}
    printed = as_text(run_table(found, kpis.describe, title="pod", replications=3), width)
    assert max(map(len, printed.splitlines())) <= width
    assert "  wins " in printed
    assert "MRR at the end" in " ".join(printed.split())
    assert "2.0 ± " in printed
