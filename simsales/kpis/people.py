"""KPIs of people: how busy they are, and how long work waits for them."""

from __future__ import annotations

import numpy as np

from simsales.kpis.definition import Kpi
from simsales.kpis.sums import ratio

PEOPLE: tuple[Kpi, ...] = (
    Kpi(
        "utilization",
        "share",
        "neither",
        "working time spent / working time there is, by role",
        lambda sums: ratio(sums.total("busy_days"), sums.total("available_days")),
        "Nobody has the role.",
        by_role=True,
    ),
    Kpi(
        "wait_days",
        "days",
        "lower",
        "days from being ready for a step to its beginning, by role; mean of the steps begun (not of names "
        "on lists)",
        lambda sums: ratio(sums.total("wait_days"), sums.total("begun")),
        "The role began no step.",
        by_role=True,
    ),
    Kpi(
        "backlog",
        "leads",
        "lower",
        "leads and new customers waiting, by role, averaged over time",
        lambda sums: np.asarray(sums.total("backlog_days") / sums.days),
        by_role=True,
    ),
)
