"""How often a 95 % interval holds the truth: of ratios, their paired differences, LTV and the sales cycle.

Each model has a known truth. An experiment draws so many replications of it and makes the interval exactly as
`simsales run` and `simsales compare` do; 1,000 experiments show how often the truth lies in it. Coverage that
is truly 95 % is measured within 1.4 points of it in 19 cases of 20.

Run ``python benchmarks/coverage.py``; with ``--check`` it fails if a row is outside 93 to 97 %. Rows of small
samples are shown, not checked: the jackknife promises its level for many events, not for three.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simsales.analysis.intervals import Sample, summary
from simsales.analysis.paired_comparison import compare
from simsales.analysis.pooling import cases, mean_cases
from simsales.kpis import describe
from simsales.kpis.cohorts import Cohorts
from simsales.kpis.sums import Ages, HorizonSums
from simsales.model import simulate
from simsales.scenario import Scenario

Floats = NDArray[np.float64]
EXPERIMENTS = 1000
BOUNDS = 0.93, 0.97
POOL = 5000
"""Replications of the simulation."""


class Interval(NamedTuple):
    """What one experiment says."""

    mean: float | None
    half_width: float | None


class Model(NamedTuple):
    """A model of which the truth is known."""

    name: str
    truth: float
    experiment: Callable[[Generator, int], Interval]
    """Draws so many replications."""
    replications: tuple[int, ...] = (10, 50)
    small: tuple[int, ...] = ()
    """Numbers of replications that are too few for the level."""


# ------------------------------------------------------------------------------------ samples, made of sums


def sample(
    kpi: str, series: dict[str, Floats], stays: Floats | None = None, cycle: Floats | None = None
) -> Sample:
    """A KPI of replications of one scope: series of shape (replications, months), tables of shape
    (replications, columns, ages)."""

    def sums(of: Callable[[Floats], Floats], by_age: Callable[[Floats], Floats]) -> HorizonSums:
        ages = Ages(
            by_age(np.zeros((1, 1, 3, 1)) if stays is None else stays[np.newaxis]),
            Cohorts([], np.zeros((0, 1, 1)), np.zeros((0, 1)), ["a"]),
            None if cycle is None else by_age(cycle[np.newaxis]),
        )
        there = {name: of(x[np.newaxis]) for name, x in series.items()}
        return HorizonSums(there, next(iter(series.values())).shape[1], None, ages)

    measure = describe(kpi).measure
    of_cases = measure(sums(mean_cases, cases))[0]
    # Percentiles of single replications are not asked for here, so the figures of the parts stand for them.
    return Sample.of_cases(np.full(len(next(iter(series.values()))), of_cases[0]), of_cases)


def alone(found: Sample) -> Interval:
    s = summary(found)
    return Interval(s.mean, s.half_width)


def difference(x: Sample, y: Sample) -> Interval:
    d = (
        compare({"x": {"k": x}, "y": {"k": y}}, baseline="x", better={"k": "higher"})
        .kpis["k"]
        .differences["y"]
    )
    return Interval(d.mean, d.half_width)


# -------------------------------------------------------------------------------------------------- ratios


def cac(customers: Floats, cost: Floats) -> Sample:
    return sample("cac", {"customers_new": customers, "acquisition_cost": cost})


def rare_customers(mean: float) -> Model:
    """60,000 and 500 a lead are spent; a lead in twenty becomes a customer."""

    def experiment(rng: Generator, n: int) -> Interval:
        leads = rng.poisson(20 * mean, (n, 1)).astype(float)
        return alone(cac(rng.binomial(leads.astype(int), 0.05).astype(float), 60_000 + 500 * leads))

    few = (10,) if mean < 3 else ()
    return Model(f"CAC, {mean:g} customers a replication", 60_000 / mean + 10_000, experiment, small=few)


def paired_customers(mean: float, more: float) -> Model:
    """The same leads in both; in the second some more of them sign."""

    def experiment(rng: Generator, n: int) -> Interval:
        leads = rng.poisson(20 * mean, n)
        luck = [rng.random(k) for k in leads.tolist()]
        cost = 60_000 + 500 * leads[:, np.newaxis].astype(float)
        found = [cac(np.array([[(u < p).sum()] for u in luck], float), cost) for p in (0.05, 0.05 * more)]
        return difference(*found)

    true = (60_000 / mean + 10_000) * (1 / more - 1)
    few = (10,) if mean < 3 else ()
    return Model(f"CAC, difference in pairs, {mean:g} customers", true, experiment, small=few)


def waits(spread: int, name: str, replications: tuple[int, ...], small: tuple[int, ...]) -> Model:
    """Replications that begin more steps have longer waits: the mean of the ratios is not the ratio."""

    def experiment(rng: Generator, n: int) -> Interval:
        busy = rng.gamma(spread, 1 / spread, (n, 1))
        begun = rng.poisson(40 * busy).astype(float)
        waited = rng.gamma(np.maximum(begun, 1e-9), busy)
        return alone(sample("wait_days", {"begun": begun, "wait_days": waited}))

    return Model(name, 1 + 1 / spread, experiment, replications, small)


# ----------------------------------------------------------------------------------------------------- LTV


def stays(rng: Generator, n: int, signed: float, months: int, hazards: Floats, margin: float) -> Floats:
    """Customers, leavers and margin by age; customers sign in every month. Shape (n, 3, ages)."""
    table = np.zeros((n, 3, months))
    there = rng.poisson(signed, (n, months))  # by month of signature
    for age in range(months):
        there = there[:, : months - age]  # those who signed later do not get so old
        leave = rng.binomial(there, hazards[min(age, hazards.size - 1)])
        counts = there.sum(axis=1)
        table[:, :, age] = np.stack((counts, leave.sum(axis=1), counts * margin * (1.0 if age else 0.5)), 1)
        there = there - leave
    return table


def ltv(name: str, kpi: str, signed: float, hazards: Floats, small: tuple[int, ...] = ()) -> Model:
    """Half a month, a whole one at each further age; after the hazards given the last of them for ever."""
    margin, months, cost = 80.0, 24, 900.0
    stay = np.concatenate(([1.0], np.cumprod(1 - hazards[1:])))
    true = margin * (0.5 + stay[:-1].sum() + stay[-2] * (1 - hazards[-1]) / hazards[-1])
    if kpi == "ltv_to_cac":
        true /= cost

    def experiment(rng: Generator, n: int) -> Interval:
        tables = stays(rng, n, signed, months, hazards, margin)
        new = tables[:, :1, 0]
        # Half of what is spent does not depend on who signs.
        spent = cost / 2 * (new + signed * months) * rng.uniform(0.8, 1.2, new.shape)
        return alone(sample(kpi, {"customers_new": new, "acquisition_cost": spent}, tables))

    return Model(name, true, experiment, small=small)


# ------------------------------------------------------------------------------------------------- the cycle


def cycle_table(
    rng: Generator, warm_up: int, horizon: int, a_day: float, mean: float
) -> tuple[Floats, Floats]:
    """Leads by age in days, with exponential delays to a win (two in five) or a loss; days to the wins, and
    wins."""
    n = rng.poisson(a_day * (warm_up + horizon))
    came, won = rng.uniform(-warm_up, horizon, n), rng.random(n) < 0.4
    ended = came + rng.exponential(mean, n)
    kept = ended > 0
    came, ended, won = came[kept], ended[kept], won[kept]
    age_in, age_out = np.maximum(-came, 0), np.minimum(ended, horizon) - came
    done = ended <= horizon
    size = warm_up + horizon + 1
    counts = [np.bincount(age_in.astype(int), minlength=size)]
    for which in (done & won, done & ~won, ~done):
        counts.append(np.bincount(age_out[which].astype(int), minlength=size))
    return np.stack(counts).astype(float), np.array([age_out[done & won].sum(), (done & won).sum()])


def cycle(name: str, kpi: str, warm_up: int, horizon: int, true: float) -> Model:
    def experiment(rng: Generator, n: int) -> Interval:
        drawn = [cycle_table(rng, warm_up, horizon, 0.5, 100) for _ in range(n)]
        won = np.stack([days for _, days in drawn])
        series = {"won_days": won[:, :1], "win": won[:, 1:]}
        return alone(sample(kpi, series, cycle=np.stack([table for table, _ in drawn])))

    return Model(name, true, experiment)


# -------------------------------------------------------------------------------------------- whole scenarios


def selling(probability: float) -> Scenario:
    """One person at 120,000 a year, ten SALs a month, of whom some sign at once."""
    return Scenario.model_validate(
        {
            "horizon_months": 6,
            "warm_up_months": 0,
            "tiers": {"smb": {"price_per_month": 100.0}},
            "channels": {"ads": {"enters_as": "SAL", "leads_per_month": 10.0, "tiers": {"smb": 1.0}}},
            "journeys": {
                "smb": {
                    "sign": {"by": "AE", "on": "SAL", "pass_probability": probability, "to": "WIN"},
                    "start": {"by": "AE", "to": "LIVE"},
                }
            },
            "people": {"AE": {"hours_per_month": 140.0, "salary_per_year": 120_000.0}},
            "organization": {"teams": {"one": {"members": {"AE": 1}}}},
        }
    )


@cache
def customers(probability: float) -> Floats:
    """New customers of each of `POOL` replications."""
    tables = [simulate(selling(probability), 1, number).tables["ledger"] for number in range(POOL)]
    return np.array([[float(sum(table.columns["customers_new"]))] for table in tables])


def simulated(*probabilities: float) -> Callable[[Generator, int], Interval]:
    """60,000 are spent for 60 p customers. Each experiment takes its replications from one pool, in pairs by
    number; the pool is so large that its own mean hardly differs from the truth."""

    def experiment(rng: Generator, n: int) -> Interval:
        which = rng.choice(POOL, n, replace=False)
        found = [cac(customers(p)[which], np.full((n, 1), 60_000.0)) for p in probabilities]
        return alone(found[0]) if len(found) == 1 else difference(*found)

    return experiment


def models() -> list[Model]:
    falling = np.concatenate(([0.0, 0.2], np.full(10, 0.04)))
    return [
        rare_customers(0.3),
        rare_customers(3),
        paired_customers(0.3, 2),
        paired_customers(3, 1.3),
        waits(25, "waits, replications differ by 20 %", (10, 50), ()),
        waits(4, "waits, replications differ by 50 %", (10, 50, 200), (10, 50)),
        ltv("LTV, half a customer a month, constant churn", "ltv", 0.5, np.array([0.0, 0.05]), (10,)),
        ltv("LTV, 2 customers a month, constant churn", "ltv", 2, np.array([0.0, 0.05])),
        ltv("LTV, 10 customers a month, constant churn", "ltv", 10, np.array([0.0, 0.05])),
        ltv("LTV, 10 customers a month, falling churn", "ltv", 10, falling),
        ltv("LTV:CAC, 10 customers a month", "ltv_to_cac", 10, np.array([0.0, 0.05])),
        cycle("cycle, mean, one year and none before", "sales_cycle_days", 0, 365, 100),
        cycle("cycle, mean, half a year after two", "sales_cycle_days", 730, 183, 100),
        cycle("cycle, median, half a year after two", "sales_cycle_median_days", 730, 183, 100 * np.log(2)),
        Model("simulated: CAC, 3 customers", 20_000, simulated(0.05)),
        Model("simulated: CAC, difference in pairs, 3 and 6", -10_000, simulated(0.05, 0.1)),
    ]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    options.add_argument("--check", action="store_true", help="fail if coverage is outside 93 to 97 %%")
    options.add_argument("--experiments", type=int, default=EXPERIMENTS)
    options.add_argument("--only", default="", help="models whose names contain this")
    given = options.parse_args()
    print("| model | truth | replications | coverage | bias | no interval |")
    print("|---|---|---|---|---|---|")
    outside = 0
    for number, model in enumerate(models()):
        if given.only not in model.name:
            continue
        for n in model.replications:
            rng = np.random.default_rng([number, n])
            found = [model.experiment(rng, n) for _ in range(given.experiments)]
            known = [i for i in found if i.mean is not None and i.half_width is not None]
            means = np.array([i.mean for i in known], float)
            halves = np.array([i.half_width for i in known], float)
            covered = float((np.abs(means - model.truth) <= halves).mean()) if known else 0.0
            bias, error = (means.mean() / model.truth - 1, means.std() / abs(model.truth) / len(known) ** 0.5)
            small = n in model.small
            outside += not small and not BOUNDS[0] <= covered <= BOUNDS[1]
            print(
                f"| {model.name} | {model.truth:,.6g} | {n} | {100 * covered:.1f} %"
                f"{' (small sample)' if small else ''} | {100 * bias:+.1f} ± {196 * error:.1f} % "
                f"| {len(found) - len(known)} |",
                flush=True,
            )
    return 1 if given.check and outside else 0


if __name__ == "__main__":
    sys.exit(main())
