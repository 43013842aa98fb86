"""Made-up results of the size that a real comparison has."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simsales.analysis.paired_comparison import Comparison, compare
from simsales.kpis import Direction

Values = dict[str, dict[str, NDArray[np.float64]]]
Effects = Mapping[str, Mapping[str, float]]

LEVELS: dict[tuple[str, str], dict[str, float]] = {
    ("leads/month", "higher"): {
        "suspect": 2400,
        "mql": 1080,
        "sql": 180,
        "sql_inbound": 108,
        "sql_outbound": 72,
    },
    ("sales/month", "higher"): {"sal": 120, "win": 60, "live": 59},
    ("share", "higher"): {"win_rate": 0.33, "utilization.AE": 0.82, "utilization.CSM": 0.88},
    ("share/month", "lower"): {"logo_churn_monthly": 0.011},
    ("days", "lower"): {"sales_cycle_days": 31, "wait_days.AE": 1.2, "wait_days.SDR": 0},
    ("currency/month", "higher"): {"new_mrr": 60_000},
    ("currency", "higher"): {"mrr_end": 1_100_000, "arr_end": 13_200_000},
    ("customers", "higher"): {"customers_end": 1100},
    ("furlongs", "higher"): {"something_new": 5},
}
MEANS = {name: mean for kpis in LEVELS.values() for name, mean in kpis.items()}
BETTER: dict[str, Direction] = {
    name: "lower" if better == "lower" else "higher" for (_, better), kpis in LEVELS.items() for name in kpis
}


@dataclass(frozen=True)
class Unit:
    unit: str
    undefined: str = "It never happened."


def units(name: str) -> Unit:
    return Unit(next(unit for (unit, _), kpis in LEVELS.items() if name in kpis))


def values(alternatives: list[str], effects: Effects, replications: int = 20, seed: int = 1) -> Values:
    rng = np.random.default_rng(seed)
    common = {name: rng.normal(size=replications) for name in MEANS}
    return {
        a: {
            name: mean
            * (1 + effects.get(a, {}).get(name, 0.0))
            * (1 + 0.05 * common[name] + 0.015 * rng.normal(size=replications))
            for name, mean in MEANS.items()
        }
        for a in alternatives
    }


def compared(alternatives: list[str], effects: Effects | None = None, replications: int = 20) -> Comparison:
    """A comparison with the relative effects given, the first alternative being the baseline."""
    results = values(alternatives, effects or {}, replications)
    return compare(results, baseline=alternatives[0], better=BETTER)


def mrr(
    growth: Mapping[str, float], months: int = 24, replications: int = 30
) -> dict[str, NDArray[np.float64]]:
    """Monthly MRR, shape (replications, months), growing at a factor given by alternative."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=(replications, months))
    return {
        name: np.cumsum(20_000 * factor * (1 + 0.25 * common + 0.05 * rng.normal(size=common.shape)), axis=1)
        for name, factor in growth.items()
    }
