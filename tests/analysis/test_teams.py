"""The KPIs of teams, worked out by hand and read back from a results folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from replication_builder import MONTH_DAYS
from test_monthly import SCENARIO

from simsales.analysis.experiment_sums import ExperimentSums
from simsales.analysis.teams import team_kpis
from simsales.analysis.tidy import TEAM_COLUMNS, team_rows
from simsales.experiment.experiment import Results, read_results
from simsales.experiment.records import Key
from simsales.experiment.store import Store
from simsales.kpis import describe


@pytest.fixture
def results(tmp_path: Path) -> Results:
    with Store.create(tmp_path / "x", {"base": SCENARIO}, seed=1) as store:
        store.begin(2)
        for number in range(2):
            work: dict[str, Sequence[Any]] = {
                "month": [0, 1, 2, 0, 1, 2, 0, 1, 2],
                "team": ["pod#1"] * 3 + ["pod#2"] * 6,
                "role": ["AE"] * 6 + ["CSM"] * 3,
                "available_days": [9, 10, 10, 9, 10, 30, 9, 0, 0],
                "busy_days": [9, 4, 6 + number, 9, 10, 10, 9, 0, 0],
                "begun": [9, 3, 1, 9, 0, 10, 9, 0, 0],
                "wait_days": [9, 8, 4 + 4 * number, 9, 0, 5, 9, 0, 0],
                "backlog_days": [9, MONTH_DAYS, 3 * MONTH_DAYS, 9, 0, MONTH_DAYS, 9, 0, 0],
            }
            store.record(Key("base", 0, number), {"work": work}, {"win": 0.0})
        store.finish("complete")
    return read_results(tmp_path / "x")


def test_each_team_by_hand(results: Results) -> None:
    found = team_kpis(ExperimentSums(results, 2))["base"]
    expected = {
        ("pod#1", "AE", "utilization"): [0.5, 0.55],  # (4 + 6) / 20, with one day more in the second
        ("pod#1", "AE", "wait_days"): [3, 4],  # 12 and 16 days of 4 steps
        ("pod#1", "AE", "backlog"): [2, 2],
        ("pod#2", "AE", "utilization"): [0.5, 0.5],  # months weighted by the time there is: not (1 + 1/3) / 2
        ("pod#2", "AE", "wait_days"): [0.5, 0.5],
        ("pod#2", "AE", "backlog"): [0.5, 0.5],
        ("pod#2", "CSM", "utilization"): [np.nan, np.nan],
        ("pod#2", "CSM", "wait_days"): [np.nan, np.nan],
        ("pod#2", "CSM", "backlog"): [0, 0],
    }
    assert list(found) == list(expected)
    for key, values in expected.items():
        assert found[key].single.tolist() == pytest.approx(values, nan_ok=True), key


def test_rows_for_a_spreadsheet(results: Results) -> None:
    rows = [
        dict(zip(TEAM_COLUMNS, row, strict=True))
        for row in team_rows(team_kpis(ExperimentSums(results, 2)), describe)
    ]
    assert len(rows) == 9
    wait = rows[1]
    assert (wait["alternative"], wait["team"], wait["role"], wait["kpi"]) == (
        "base",
        "pod#1",
        "AE",
        "wait_days",
    )
    # 3 and 4: sd √0.5, and t with one degree of freedom is 12.7062 at 97.5 %.
    assert (wait["mean"], wait["half_width"]) == pytest.approx((3.5, 12.7062 * 0.5), rel=1e-5)
    assert (wait["unit"], wait["defined"]) == ("days", 2)
    assert (rows[6]["mean"], rows[6]["defined"]) == (None, 0)
