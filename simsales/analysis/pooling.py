"""KPIs of an experiment as a whole: ratios are those of the sums over all replications.

A KPI is a formula over sums. It is applied to the mean sums of all replications, and to those without each
replication in turn, which gives the interval (`simsales.analysis.intervals`). So a replication in which a
denominator is empty counts: a ratio is undefined only if nothing happened in any of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simsales.analysis.experiment_sums import AgesOf, ExperimentSums
from simsales.analysis.intervals import Sample
from simsales.kpis import KPIS
from simsales.kpis.cohorts import Cohorts
from simsales.kpis.series import Floats
from simsales.kpis.sums import Ages, HorizonSums

Samples = dict[str, Sample]
"""By the name that `simsales.kpis.measure` gives."""
MANY, GROUPS = 200, 100
"""Above so many replications, so many groups of consecutive ones are left out in turn, to save time and
memory. The interval then has one degree of freedom less than there are groups."""


def cases(sums: Floats) -> Floats:
    """The sums over all replications, and without each of them, or each group of them.

    Args:
        sums: Replications are axis 1. They are added up without subtracting any, so that a sum of nothing is
            0 and not rounding noise.

    Returns:
        Axis 1: all, then the others in their order. One replication alone has no others.
    """
    n = sums.shape[1]
    if n > MANY:
        sums = np.add.reduceat(sums, np.arange(GROUPS) * n // GROUPS, axis=1)
        n = GROUPS
    up_to = np.cumsum(sums, axis=1)
    if n == 1:
        return up_to
    after = np.cumsum(sums[:, ::-1], axis=1)[:, ::-1]
    zero = np.zeros_like(sums[:, :1])
    without = np.concatenate((zero, up_to[:, :-1]), axis=1) + np.concatenate((after[:, 1:], zero), axis=1)
    return np.concatenate((up_to[:, -1:], without), axis=1)


def mean_cases(sums: Floats) -> Floats:
    """The means over all replications, and without each of them or each group; shapes as of `cases`."""
    count = cases(np.ones((1, sums.shape[1])))
    return cases(sums) / count.reshape(1, -1, *[1] * (sums.ndim - 2))


def kpi_samples(sums: ExperimentSums) -> dict[str, Samples]:
    """Every KPI over the whole horizon, by alternative."""
    found: dict[str, Samples] = {}
    for alternative, single in sums.results.kpis.values.items():
        samples = found[alternative] = {name: Sample.averaged(x) for name, x in single.items()}
        for name, x in _pooled(sums, alternative).items():
            if name in samples:
                samples[name] = Sample.of_cases(single[name], x)
    return found


def _pooled(sums: ExperimentSums, alternative: str) -> Mapping[str, Floats]:
    """The ratios of all cases by name; shape (cases,)."""
    months = sums.horizon_months
    found: dict[str, Floats] = {}
    for of, ages in (
        (sums.by_tier.get(alternative), sums.ages.get(alternative)),
        (sums.by_role.get(alternative), None),
    ):
        if of is None:
            continue
        series = {name: mean_cases(x) for name, x in of.series.items()}
        pooled = HorizonSums(series, months, of.opening, _ages(ages) if ages else None)
        for kpi in KPIS:
            if kpi.pooled and kpi.by_role is (ages is None):
                figures = zip(of.suffixes, kpi.measure(pooled), strict=True)
                found |= {kpi.name + suffix: x for suffix, x in figures}
    return found


def _ages(of: AgesOf) -> Ages:
    cohorts = Cohorts(of.flows, cases(of.reached), cases(of.lost), of.tiers)
    return Ages(cases(of.stays), cohorts, None if of.cycle is None else cases(of.cycle))
