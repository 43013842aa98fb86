"""What a KPI is: a name, a formula, and all that has to be said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simsales.analysis.comparison import Direction
from simsales.analysis.measured import Floats


@dataclass(frozen=True)
class Kpi:
    """One KPI. In total it goes by its name; by tier as ``cac@smb``, by role as ``utilization.AE``."""

    name: str
    unit: str
    """``currency`` stands for the scenario's; a ``share`` is shown in per cent."""
    better: Direction
    """Which direction is better, other things equal."""
    meaning: str
    """What it is, as a formula if it has one."""
    measure: Callable[[Any], Floats]
    """Takes `Measured` (`Window` if not ``monthly``) and gives a figure for each of its scopes; nan where
    undefined."""
    undefined: str = ""
    """When there is no such figure, as a sentence; empty: there always is one."""
    source: str = "standard"
    """Where the definition comes from; the brackets are explained in docs/metrics.md."""
    monthly: bool = True
    """Whether it can be told month by month."""
    by_role: bool = False
    """Whether it is about roles, and not about tiers."""
    if_any: bool = False
    """Whether it is left out where it is undefined in every replication, as that of a way nobody goes."""


def per_month(series: str) -> Callable[[Any], Floats]:
    """A measure: what happened, per month of the horizon."""
    return lambda m: m.total(series) / m.months
