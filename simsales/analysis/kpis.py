"""What is measured on every replication: the KPIs, each with its unit, its better direction and its
definition.

All of them look at the months after the warm-up only. They are defined in `selling`, `customers` and
`money`, once: in total, by tier and by month they are the same formulas. A KPI that is undefined in a
replication (a sales cycle without a win) is None, never 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from simsales.analysis.customers import CUSTOMERS
from simsales.analysis.definition import Kpi
from simsales.analysis.measured import BY_ROLE, BY_TIER, Series, Window, scopes
from simsales.analysis.money import MONEY
from simsales.analysis.selling import PEOPLE, SELLING

if TYPE_CHECKING:
    from simsales.model.replication import Replication

_T = TypeVar("_T")

KPIS: tuple[Kpi, ...] = (*SELLING, *CUSTOMERS, *MONEY, *PEOPLE)
_BY_NAME = {kpi.name: kpi for kpi in KPIS}


class Parts(NamedTuple):
    """What a name such as ``cac@smb`` or ``utilization.AE`` is made of."""

    kpi: str
    role: str
    """Empty where the KPI is not by role."""
    tier: str
    """Empty where it is about all tiers together."""


def parts(name: str) -> Parts:
    """Take the name of a KPI apart. (Roles and tiers may be called anything; KPIs have plain names.)"""
    for mark in name:
        if mark == ".":
            kpi, _, role = name.partition(".")
            return Parts(kpi, role, "")
        if mark == "@":
            kpi, _, tier = name.partition("@")
            return Parts(kpi, "", tier)
    return Parts(name, "", "")


def describe(name: str) -> Kpi:
    """The KPI behind a name such as ``win``, ``cac@smb`` or ``utilization.AE``.

    Raises:
        KeyError: if there is no such KPI.
    """
    return _BY_NAME[parts(name).kpi]


def measure(replication: Replication) -> dict[str, float | None]:
    """All KPIs of one replication, by name; None where one is undefined.

    Those by role are called ``name.ROLE``. If there are several tiers, the others are given for each of them
    beside the total, called ``name@TIER``. Conversions that are undefined are left out.
    """
    tables, months = replication.tables, replication.horizon_months
    tiers = sorted(set(tables["ledger"].columns["tier"]))
    roles = sorted(set(tables["work"].columns["role"]))
    books = Window(Series(tables, BY_TIER, "tier", tiers, months), months, tables, tiers)
    work = Window(Series(tables, BY_ROLE, "role", roles, months), months)
    of_tiers = [f"@{tier}" if tier else "" for tier in scopes(tiers)]
    of_roles = [f".{role}" for role in roles]
    values: dict[str, float | None] = {}
    for kpi in KPIS:
        suffixes, measured = (of_roles, work) if kpi.by_role else (of_tiers, books)
        for suffix, value in zip(suffixes, kpi.measure(measured).tolist(), strict=True):
            if value == value:  # nan is unlike itself
                values[kpi.name + suffix] = value
            elif not kpi.if_any:
                values[kpi.name + suffix] = None
    return values


def apart(
    values: Mapping[str, Mapping[str, _T]], tiers: Mapping[str, Collection[str]]
) -> tuple[dict[str, dict[str, _T]], dict[str, dict[str, dict[str, _T]]]]:
    """Part what goes by the names that `measure` gives into totals and what is by tier.

    Args:
        values: by alternative and name of the KPI.
        tiers: of each alternative.

    Returns:
        The totals, and what is by role, by alternative and name; and by tier, alternative and plain name what
        is by tier. If no alternative has several tiers the latter is empty; if some have, an alternative of
        one tier is in it, too, with its total.
    """
    totals: dict[str, dict[str, _T]] = {}
    by_tier: dict[str, dict[str, dict[str, _T]]] = {}
    several = any(len(names) > 1 for names in tiers.values())
    for alternative, kpis in values.items():
        totals[alternative] = {name: value for name, value in kpis.items() if not parts(name).tier}
        for tier in sorted(tiers[alternative]) if several else ():
            mark = f"@{tier}" if len(tiers[alternative]) > 1 else ""
            by_tier.setdefault(tier, {})[alternative] = {
                kpi.name: kpis[kpi.name + mark] for kpi in KPIS if kpi.name + mark in kpis
            }
    return totals, by_tier
