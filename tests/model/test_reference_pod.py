"""The reference POD (one-pod.yaml) against the figures of the book, over many replications."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from inference import ALARM, t_interval
from scipy import stats

from simsales.model import Table, simulate
from simsales.scenario import Scenario, load

pytestmark = pytest.mark.xdist_group("reference pod")  # one process for all, as they share simulations

REPLICATIONS = 50
MONTHS = 24

Tables = list[dict[str, Table]]


def tables(scenario: Scenario, replication: int) -> dict[str, Table]:
    return dict(simulate(scenario, 1, replication).tables)


@pytest.fixture(scope="module")
def runs() -> Tables:
    scenario = load(Path(__file__).parents[2] / "scenarios" / "one-pod.yaml")
    assert scenario.horizon_months == MONTHS
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return list(pool.map(tables, [scenario] * REPLICATIONS, range(REPLICATIONS), chunksize=5))


def per_month(runs: Tables, table: str, column: str, channel: str | None = None) -> list[float]:
    """Mean over the measured months, by replication."""
    found = []
    for run in runs:
        chosen = run[table]["month"] > 0
        if channel is not None:
            chosen &= run[table]["channel"] == channel
        found.append(float(run[table][column][chosen].sum()) / MONTHS)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "column", "channel", "figure"),
    [
        ("funnel", "mql", None, 360),
        ("funnel", "sql", "content", 36),
        ("funnel", "sql", "outbound", 24),
        ("funnel", "sql", None, 60),
        ("funnel", "win", None, 20),
        ("funnel", "live", None, 20),
        ("ledger", "mrr_new", None, 20_000),
    ],
    ids=["MQL", "SQL inbound", "SQL outbound", "SQL", "WIN", "LIVE", "new MRR"],
)
def test_the_books_figures(runs: Tables, table: str, column: str, channel: str | None, figure: float) -> None:
    mean, half = t_interval(per_month(runs, table, column, channel))
    assert mean == pytest.approx(figure, rel=0.03)
    # The mean itself is known well enough for the 3 % to be the model's and not chance's.
    assert half < 0.03 * figure


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "low", "high"),
    [("MDR", 0.70, 0.95), ("AE", 0.70, 0.95), ("CSM", 0.70, 0.95), ("SDR", 0.999, 1.0)],
)
def test_people_are_busy_but_not_swamped(runs: Tables, role: str, low: float, high: float) -> None:
    used = []
    for run in runs:
        work = run["work"]
        chosen = (work["month"] > 0) & (work["role"] == role)
        used.append(work["busy_days"][chosen].sum() / work["available_days"][chosen].sum())
    mean, half = t_interval(used)
    assert low <= mean - half
    assert mean + half <= high + 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("role", ["MDR", "AE", "CSM"])
def test_backlogs_do_not_grow(runs: Tables, role: str) -> None:
    # The second year against the first, by replication: both have the same season.
    growth = []
    for run in runs:
        work = run["work"]
        backlog = work["backlog_days"][(work["month"] > 0) & (work["role"] == role)]
        growth.append(backlog[12:].mean() - backlog[:12].mean())
    one_sided = stats.ttest_1samp(growth, 0, alternative="greater").pvalue
    assert one_sided > ALARM, f"{np.mean(growth):.3g} lead-days a month more in the second year"
