"""All KPIs, and how they are named in total, by tier and by role.

They are defined in `selling`, `customers`, `unit_economics`, `money` and `people`, once: in total, by tier
and by month they are the same formulas.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeVar

from simsales.kpis.customers import CUSTOMERS
from simsales.kpis.definition import Kpi
from simsales.kpis.money import MONEY
from simsales.kpis.people import PEOPLE
from simsales.kpis.selling import SELLING
from simsales.kpis.unit_economics import UNIT_ECONOMICS

_T = TypeVar("_T")

KPIS: tuple[Kpi, ...] = (*SELLING, *CUSTOMERS, *UNIT_ECONOMICS, *MONEY, *PEOPLE)
_BY_NAME = {kpi.name: kpi for kpi in KPIS}


class Parts(NamedTuple):
    """The parts of a name such as ``cac@smb`` or ``utilization.AE``."""

    kpi: str
    role: str
    """Empty where the KPI is not by role."""
    tier: str
    """Empty where the KPI is about all tiers together."""

    @property
    def plain(self) -> str:
        """The name without its tier."""
        return f"{self.kpi}.{self.role}" if self.role else self.kpi


def parts(name: str) -> Parts:
    """Split the name of a KPI. (Roles and tiers may be called anything; KPIs have plain names.)"""
    for mark in name:
        if mark == ".":
            kpi, _, role = name.partition(".")
            return Parts(kpi, role, "")
        if mark == "@":
            kpi, _, tier = name.partition("@")
            return Parts(kpi, "", tier)
    return Parts(name, "", "")


def describe(name: str) -> Kpi:
    """Return the definition of a KPI: its unit, its better direction, its formula in words.

    Args:
        name: Such as ``win``, ``cac@smb`` or ``utilization.AE``.

    Raises:
        KeyError: if there is no such KPI.

    Example:
        >>> import simsales as ss
        >>> ss.describe("cac@smb").unit, ss.describe("cac@smb").better
        ('currency', 'lower')
    """
    return _BY_NAME[parts(name).kpi]


def split_by_tier(
    values: Mapping[str, Mapping[str, _T]], tiers: Mapping[str, Collection[str]]
) -> tuple[dict[str, dict[str, _T]], dict[str, dict[str, dict[str, _T]]]]:
    """Split what goes by the names that `measure` gives into totals and what is by tier.

    Args:
        values: By alternative and name of the KPI.
        tiers: The tiers of each alternative.

    Returns:
        By alternative and name, the totals and the KPIs by role; and by tier, alternative and plain name, the
        KPIs by tier. The latter is empty if no alternative has several tiers; if one has, an alternative with
        a single tier is included with its total.
    """
    totals: dict[str, dict[str, _T]] = {}
    by_tier: dict[str, dict[str, dict[str, _T]]] = {}
    several = any(len(names) > 1 for names in tiers.values())
    for alternative, kpis in values.items():
        totals[alternative] = {name: value for name, value in kpis.items() if not parts(name).tier}
        for tier in sorted(tiers[alternative]) if several else ():
            suffix = f"@{tier}" if len(tiers[alternative]) > 1 else ""
            by_tier.setdefault(tier, {})[alternative] = {
                kpi.name: kpis[kpi.name + suffix] for kpi in KPIS if kpi.name + suffix in kpis
            }
    return totals, by_tier
