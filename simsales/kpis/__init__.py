"""What is measured on a replication: the KPIs, their definitions, and their computation from its tables."""

from simsales.kpis.definition import Direction, Kpi
from simsales.kpis.lookup import KPIS, describe, parts, split_by_tier
from simsales.kpis.measurement import measure

__all__ = ["KPIS", "Direction", "Kpi", "describe", "measure", "parts", "split_by_tier"]
