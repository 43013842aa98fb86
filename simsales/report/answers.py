"""KPIs as JSON objects, with the reason where one is undefined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simsales.analysis.labels import NO_SUCH, ordered
from simsales.kpis import describe


def kpi_answers(kpis: Mapping[str, dict[str, Any]], replications: int) -> dict[str, dict[str, Any]]:
    """KPIs for JSON, in order; one that some replications do not define has a ``reason``.

    Args:
        kpis: By name, as ``to_json`` of a summary or of a comparison gives each.
        replications: The number that would define each KPI.
    """

    def answer(name: str) -> dict[str, Any]:
        defined = kpis[name]["defined"]
        everywhere = defined if isinstance(defined, int) else min(defined.values())
        reason = {} if everywhere == replications else {"reason": describe(name).undefined or NO_SUCH}
        return {**kpis[name], **reason}

    return {name: answer(name) for name in ordered(kpis)}
