"""docs/metrics.md defines every measure, as the code computes it."""

from __future__ import annotations

from pathlib import Path

from simsales.kpis import KPIS, Kpi

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
BETTER = {"higher": "higher", "lower": "lower", "neither": "–"}


def row(kpi: Kpi) -> str:
    name = f"`{kpi.name}`" + (", by role" if kpi.by_role else "") + ("" if kpi.monthly else " °")
    cells = (name, kpi.meaning, kpi.unit, BETTER[kpi.better], kpi.undefined or "never", kpi.source)
    return f"| {' | '.join(cells)} |"


def test_the_page_defines_every_kpi_as_the_code_does() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows == [row(kpi) for kpi in KPIS]
