"""The KPIs of one replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simsales.kpis.cohorts import Cohorts
from simsales.kpis.lookup import KPIS
from simsales.kpis.series import Floats, Grouping, Series, scopes, with_total
from simsales.kpis.sources import BY_ROLE, BY_TIER, OPENING
from simsales.kpis.sums import Ages, HorizonSums

if TYPE_CHECKING:
    from simsales.model.replication import Replication, Table

OPEN_STATES = ("Suspect", "Prospect", "MQL", "SQL", "SAL")
"""The states of leads neither won nor lost."""
STAYS = ("customers", "left", "margin")
"""Columns of the model's table ``stays``, by age in months."""
CYCLE = ("entered", "won", "lost", "open")
"""Columns of the model's table ``cycle``, by age in days."""


def measure(replication: Replication) -> dict[str, float | None]:
    """Compute all KPIs of one replication, over the months after the warm-up.

    Returns:
        By name, in the unit that `describe` gives; None where a KPI is undefined (a sales cycle without a
        win), never 0. KPIs by role are called ``utilization.AE``. If there are several tiers, all others are
        given in total, as ``cac``, and by tier, as ``cac@smb``. Conversions that are undefined are left out.

    Example:
        >>> import simsales as ss
        >>> pod = ss.load("scenarios/one-pod.yaml", overrides=["horizon_months=3", "warm_up_months=0"])
        >>> kpis = ss.measure(ss.simulate(pod, seed=1, replication=0))
        >>> kpis["win"] > 0, kpis["nrr"]
        (True, None)
    """
    tables, months = replication.tables, replication.horizon_months
    tiers = sorted(set(tables["ledger"].columns["tier"]))
    roles = sorted(set(tables["work"].columns["role"]))
    by_tier = HorizonSums(
        Series(tables, BY_TIER, "tier", tiers, months),
        months,
        _opening(tables["funnel"], tiers),
        _ages(tables, tiers),
    )
    by_role = HorizonSums(Series(tables, BY_ROLE, "role", roles, months), months)
    of_tiers = [f"@{tier}" if tier else "" for tier in scopes(tiers)]
    of_roles = [f".{role}" for role in roles]
    values: dict[str, float | None] = {}
    for kpi in KPIS:
        suffixes, sums = (of_roles, by_role) if kpi.by_role else (of_tiers, by_tier)
        for suffix, value in zip(suffixes, kpi.measure(sums).tolist(), strict=True):
            if value == value:  # nan is unlike itself
                values[kpi.name + suffix] = value
            elif not kpi.if_any:
                values[kpi.name + suffix] = None
    return values


def _ages(tables: Mapping[str, Table], tiers: Sequence[str]) -> Ages:
    pipeline = tables["pipeline"]
    together = Grouping(pipeline, "tier", tiers, np.zeros(len(pipeline), dtype=np.intp), 1)
    return Ages(
        _by_age(tables["stays"], "age", STAYS, tiers),
        Cohorts.of_table(tables.get("cohorts"), tiers),
        _by_age(tables["cycle"], "day", CYCLE, tiers) if "cycle" in tables else None,
        together.sums(pipeline["inside"] * np.isin(pipeline["state"], OPEN_STATES))[:, 0],
    )


def _by_age(table: Table, age: str, columns: Sequence[str], tiers: Sequence[str]) -> Floats:
    """Sums by age, shape (scopes, columns, ages)."""
    ages = table[age].astype(np.intp)
    grouping = Grouping(table, "tier", tiers, ages, 1 + ages.max(initial=0))
    return np.stack([grouping.sums(table[column]) for column in columns], axis=1)


def _opening(funnel: Table, tiers: Sequence[str]) -> NDArray[np.bool_]:
    """Whether there are leads of the opening: in all tiers together, and in each if there are several."""
    rows = zip(funnel.columns["tier"], funnel.columns["direction"], strict=True)
    there = {tier for tier, direction in rows if direction == OPENING}
    return with_total(np.array([[float(tier in there)] for tier in tiers]))[:, 0] > 0
