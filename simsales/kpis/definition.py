"""What a KPI is: its name, its formula, and what a reader must know about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from simsales.kpis.series import Floats

Direction = Literal["higher", "lower", "neither"]
"""Which values of a KPI are better, other things equal; ``neither`` where that depends on the rest."""


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
    """Takes `Sums` (`HorizonSums` unless ``monthly``) and returns one figure per scope; nan where
    undefined."""
    undefined: str = ""
    """When it is undefined, as a sentence; empty: never."""
    source: str = "standard"
    """Where the definition comes from; docs/metrics.md explains the brackets."""
    monthly: bool = True
    """Whether it is defined month by month."""
    by_role: bool = False
    """Whether it is given by role instead of by tier."""
    if_any: bool = False
    """Whether it is left out where it is undefined, such as a conversion between states that no lead
    takes."""


def per_month(series: str) -> Callable[[Any], Floats]:
    """A formula: the total of the series, per month of the horizon."""
    return lambda sums: sums.total(series) / sums.months
