"""The KPIs of one replication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simsales.kpis.catalogue import KPIS
from simsales.kpis.series import Series, scopes
from simsales.kpis.sources import BY_ROLE, BY_TIER
from simsales.kpis.sums import HorizonSums

if TYPE_CHECKING:
    from simsales.model.replication import Replication


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
    by_tier = HorizonSums(Series(tables, BY_TIER, "tier", tiers, months), months, tables, tiers)
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
