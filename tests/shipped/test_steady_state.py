"""The going concern (going-concern.yaml) is in steady state: its first months are like its last."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from simsales.model.simulation import simulate
from simsales.scenario import load
from simsales.scenario.schema.fields import STATES

FILE = Path(__file__).parents[2] / "scenarios" / "going-concern.yaml"
REPLICATIONS = 48
FALSE_ALARMS = 0.001
"""Probability that the test fails although all is well, all measures together (Bonferroni)."""


@pytest.mark.slow
def test_the_first_months_are_like_the_last() -> None:
    """Of months 1-3 and 22-24: customers, wins, what is in the pipeline, waits; paired by replication.

    Activations (LIVE) are left out: the opening cannot say who is in onboarding, so that the first month
    lacks some two of them.
    """
    from scipy import stats

    horizons = (1, 2, 3, 24)  # the pipeline is counted at the end of a horizon
    scenarios = {months: load(FILE, overrides=[f"horizon_months={months}"]) for months in horizons}
    early: dict[str, list[float]] = defaultdict(list)
    late: dict[str, list[float]] = defaultdict(list)
    for replication in range(REPLICATIONS):
        runs = {months: simulate(scenarios[months], 11, replication).tables for months in horizons}
        for state in STATES[:5]:
            inside = [t["pipeline"]["inside"][t["pipeline"]["state"] == state].sum() for t in runs.values()]
            early[state].append(np.mean(inside[:3]))
            late[state].append(inside[3])
        for ends, window in ((early, (1, 3)), (late, (22, 24))):
            for table, column in (("ledger", "customers_closing"), ("funnel", "win"), ("funnel", "sql")):
                months = runs[24][table]["month"]
                within = (window[0] <= months) & (months <= window[1])
                ends[column].append(runs[24][table][column][within].sum() / 3)
            work = runs[24]["work"]
            for role in ("MDR", "SDR", "AE", "CSM"):
                rows = (work["role"] == role) & (window[0] <= work["month"]) & (work["month"] <= window[1])
                ends[f"wait {role}"].append(work["wait_days"][rows].sum() / work["begun"][rows].sum())
    assert set(early) == set(late)
    for name in early:
        p = stats.ttest_rel(late[name], early[name]).pvalue
        assert p > FALSE_ALARMS / len(early), (name, np.mean(early[name]), np.mean(late[name]))
