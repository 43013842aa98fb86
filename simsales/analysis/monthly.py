"""The KPIs month by month, in total, by tier and by role: the same formulas as over the whole horizon."""

from __future__ import annotations

import numpy as np

from simsales.analysis.experiment_sums import ExperimentSums
from simsales.analysis.intervals import Sample
from simsales.analysis.pooling import Samples, mean_cases
from simsales.kpis import KPIS
from simsales.kpis.sums import MonthlySums


def monthly_kpis(sums: ExperimentSums) -> dict[str, Samples]:
    """Every KPI that is defined by month, by alternative, for months 1 to the horizon.

    Stocks (``mrr_end``, ``customers_end``) are those at the month's end, cash accumulates from the end of the
    warm-up, ``nrr`` and ``grr`` look back twelve months, all others concern the month alone.

    Args:
        sums: Of the experiment.
    """
    found: dict[str, Samples] = {}
    for by_role, of_all in ((False, sums.by_tier), (True, sums.by_role)):
        for alternative, of in of_all.items():
            single = MonthlySums(of.series, sums.horizon_months, of.opening)
            pooled = MonthlySums({name: mean_cases(x) for name, x in of.series.items()}, sums.horizon_months)
            kpis = found.setdefault(alternative, {})
            for kpi in KPIS:
                if not kpi.monthly or kpi.by_role is not by_role:
                    continue
                own = kpi.measure(single)
                if kpi.pooled:
                    samples = [Sample.of_cases(*pair) for pair in zip(own, kpi.measure(pooled), strict=True)]
                else:
                    samples = [Sample.averaged(x) for x in own]
                for suffix, sample in zip(of.suffixes, samples, strict=True):
                    if not (kpi.if_any and np.isnan(sample.single).all()):
                        kpis[kpi.name + suffix] = sample
    return found
