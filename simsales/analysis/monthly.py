"""The KPIs month by month, in total, by tier and by role: the same formulas as over the whole horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simsales.experiment.experiment import Results
from simsales.kpis import KPIS
from simsales.kpis.series import Floats, scopes, with_total
from simsales.kpis.sources import BY_ROLE, BY_TIER, Source
from simsales.kpis.sums import MonthlySums

Months = dict[str, Floats]
"""By the name that `simsales.kpis.measure` gives; shape (replications, months)."""


def monthly_kpis(results: Results, *, horizon_months: int) -> dict[str, Months]:
    """Every KPI that is defined by month, by alternative, for months 1 to the horizon; nan where undefined.

    Stocks (``mrr_end``, ``customers_end``) are those at the month's end, cash accumulates from the end of the
    warm-up, ``nrr`` and ``grr`` look back twelve months, all others concern the month alone.

    Args:
        results: Of an experiment.
        horizon_months: Of its scenarios.
    """
    found: dict[str, Months] = {}
    for by, sources in (("tier", BY_TIER), ("role", BY_ROLE)):
        for alternative, series in _series(results, sources, by, horizon_months).items():
            names = sorted(series)
            tiers = by == "tier"
            suffixes = [f"@{t}" if t else "" for t in scopes(names)] if tiers else [f".{r}" for r in names]
            joined = {name: np.stack([series[scope][name] for scope in names]) for name in sources}
            month = MonthlySums(
                {name: with_total(x) if tiers else x for name, x in joined.items()}, horizon_months
            )
            kpis = found.setdefault(alternative, {})
            for kpi in KPIS:
                if kpi.monthly and kpi.by_role is not tiers:
                    values = kpi.measure(month)
                    kpis |= {kpi.name + suffix: x for suffix, x in zip(suffixes, values, strict=True)}
    return found


def _series(
    results: Results, sources: Mapping[str, Source], by: str, horizon_months: int
) -> dict[str, dict[str, Months]]:
    """By alternative, tier (or role) and name of the series; months 1 to the horizon.

    The tiers are those of the ledger, the roles those of the table ``work``; other tables have no rows for
    zeros.
    """
    shape = len(results.kpis.replications), horizon_months
    found: dict[str, dict[str, Months]] = {}
    for table in dict.fromkeys(("ledger" if by == "tier" else "work", *(s.table for s in sources.values()))):
        columns = {name: source.summed for name, source in sources.items() if source.table == table}
        months, values = results.monthly_by(table, by, columns)
        kept, places = _placed(months, horizon_months)
        for alternative, by_scope in values.items():
            there = found.setdefault(alternative, {scope: {} for scope in by_scope})
            for scope, series in there.items():
                for name in columns:
                    series[name] = np.zeros(shape)
                    if scope in by_scope:
                        series[name][:, places] = by_scope[scope][name][:, kept]
    return found


def _placed(months: Sequence[int], horizon_months: int) -> tuple[list[int], list[int]]:
    """Indices of the months after the warm-up, and the position of each of them on the horizon."""
    kept = [i for i, month in enumerate(months) if 1 <= month <= horizon_months]
    return kept, [months[i] - 1 for i in kept]
