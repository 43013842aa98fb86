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
    """Takes `Sums` (`HorizonSums` unless ``monthly``) and returns one figure per scope and case; nan where
    undefined."""
    undefined: str = ""
    """When it is undefined, as a sentence; empty: never."""
    source: str = "standard"
    """Where the definition comes from; docs/metrics.md explains the brackets."""
    monthly: bool = True
    """Whether it is defined month by month."""
    by_role: bool = False
    """Whether it is given by role instead of by tier."""
    averaged: bool = False
    """Whether the figure of an experiment is the mean of those replications that define it, though it may be
    undefined: see `pooled`."""
    unsettled: bool = False
    """Whether it is off as long as many leads are still open when the horizon ends."""

    @property
    def pooled(self) -> bool:
        """Whether the figure of an experiment is the formula applied to the mean sums of its replications.

        So it is for every ratio, which is what may be undefined: a ratio of expectations. The figure of all
        others is the mean of the replications' own figures. For what is linear in the sums, the two are the
        same; ``averaged`` are those that are no formula over sums.
        """
        return bool(self.undefined) and not self.averaged

    if_any: bool = False
    """Whether it is left out where it is undefined, such as a conversion between states that no lead
    takes."""


def per_month(series: str) -> Callable[[Any], Floats]:
    """A formula: the total of the series, per month of the horizon. (It is linear: see `Kpi.pooled`.)"""
    return lambda sums: sums.total(series) / sums.months
