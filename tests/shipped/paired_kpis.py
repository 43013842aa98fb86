"""KPIs of many replications of an example, compared by pairs: shared by the tests of the examples.

Seeds are fixed, so a test gives the same verdict every time. Its tolerance is nevertheless computed: a claim
about a direction is held against a one-sided t interval of confidence 1 − ``FALSE_PASS``, so a mechanism that
does nothing, or chance alone, passes with that probability at most.

The other way round, a *correct* model fails such a check if the streams are changed and chance hides the
effect. Sixteen replications make all effects at least nine of their own standard errors: then that happens
with a probability below 1e-5 (noncentral t), so with fewer than a hundred checks in fewer than 1 of 1000
such changes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from simsales.kpis import measure
from simsales.model import Replication, simulate
from simsales.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FALSE_PASS = 1e-3
SEED = 1

Kpis = list[dict[str, float]]


@cache
def replications(name: str, overrides: tuple[str, ...] = (), number: int = 16) -> Kpis:
    """KPIs of each replication of an example; those that are undefined in it are left out."""
    scenario = load(SCENARIOS / f"{name}.yaml", overrides=overrides)
    return [_kpis(simulate(scenario, SEED, index)) for index in range(number)]


def _kpis(replication: Replication) -> dict[str, float]:
    kpis = {name: value for name, value in measure(replication).items() if value is not None}
    ledger, costs = replication.tables["ledger"], replication.tables["costs"]
    month = ledger["month"]
    first = (month >= 1) & (month <= 12)
    spent = (costs["month"] >= 1) & (costs["month"] <= 12)
    kpis["profit_first_year"] = float(ledger["revenue"][first].sum() - costs["amount"][spent].sum())
    # Of those who leave in the measured months, how many from May to August (month 1 is a January).
    summer = (month >= 1) & ((month - 1) % 12 >= 4) & ((month - 1) % 12 <= 7)
    churned = ledger["customers_churned"]
    kpis["churn_in_summer"] = float(churned[summer].sum() / churned[month >= 1].sum())
    return kpis


def gain(first: Kpis, second: Kpis, kpi: str) -> list[float]:
    """By how much a KPI is higher in the second, replication by replication."""
    return [b[kpi] - a[kpi] for a, b in zip(first, second, strict=True)]


def assert_positive(values: ArrayLike, what: str = "") -> None:
    """The mean is above 0, for all that chance could have done."""
    x = np.asarray(values, dtype=float)
    half = float(stats.t.ppf(1 - FALSE_PASS, len(x) - 1)) * float(x.std(ddof=1)) / np.sqrt(len(x))
    assert x.mean() - half > 0, f"{what}: {x.mean():.6g} ± {half:.3g}"


def assert_moves(first: Kpis, second: Kpis, kpi: str, direction: int) -> None:
    """From the first to the second a KPI goes up (+1), goes down (−1), or stays exactly as it is (0)."""
    differences = gain(first, second, kpi)
    if direction:
        assert_positive([direction * each for each in differences], kpi)
    else:
        assert differences == [0.0] * len(differences), kpi
