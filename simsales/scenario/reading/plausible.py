"""Numbers that are valid, but implausible for what they measure: a salary of 75 may be one of 75,000."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simsales.errors import Fault
from simsales.scenario.reading.nodes import Node
from simsales.scenario.schema.distributions import Distribution, Exponential, Lognormal, Triangular, Uniform

RANGES: dict[str, tuple[float, float]] = {
    "salary_per_year": (1_000, 1e9),
    "price_per_month": (0.5, 1e8),
    "quota_per_month": (50, 1e10),
    "cost_to_serve_per_month": (0.01, 1e7),
    "cost_per_month": (1, 1e9),
    "spend_per_month": (1, 1e9),
    "tools_per_month": (1, 1e6),
    "cost_per_lead": (0.01, 1e6),
    "per_accepted_lead": (0.1, 1e6),
    "per_person": (1, 1e8),
    "on_cost_share": (0.01, 1.5),
    "needed_hours_per_month": (0.001, 160),
    "effort_hours_per_month": (0.001, 160),
    "hours_per_month": (8, 320),
    "effort_hours": (0.005, 400),
    "half_life_hours": (0.01, 10_000),
    "_days": (0.0001, 1_000),
    "leads_per_month": (0.01, 100_000),
    "growth_per_month": (-0.5, 0.5),
    "churn_per_month": (0.0001, 0.5),
    "decision_makers": (0.5, 50),
}
"""From what to what a number is plausible, by the end of its field's name (the first that fits), in any
currency. A number of 0 switches something off, and is plausible everywhere."""

_PARTS_OF_A_QUANTITY = set[str]().union(
    Distribution.model_fields,
    *(law.model_fields for law in (Exponential, Lognormal, Uniform, Triangular)),
)
_THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+", re.ASCII)


def misread(node: Node) -> Iterator[Fault]:
    """A doubt about every key ``true`` that was read as ``on``."""
    below = node.value.values() if isinstance(node.value, dict) else ()
    for each in below:
        if each.misread and each.key is not None:
            yield each.key.fault("true, read as on", "on (tools of YAML 1.1 take it for true)")
        yield from misread(each)


def implausible(node: Node, field: str = "") -> Iterator[Fault]:
    """A doubt about every number under a node that is out of the range of its field."""
    if isinstance(node.value, dict):
        for key, below in node.value.items():
            if key != "sd":
                yield from implausible(below, field if key in _PARTS_OF_A_QUANTITY else key)
        return
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)) or not node.value:
        return
    low, high = next((limits for end, limits in RANGES.items() if field.endswith(end)), (None, None))
    if low is None or high is None or low <= node.value <= high:
        return
    meant = node.written.replace(".", "") if _THOUSANDS.fullmatch(node.written) else ""
    close = meant if meant and low <= float(meant) <= high else None
    yield node.place.fault(
        f"{node.written}, an implausible {field}", f"{low:,.10g} to {high:,.10g}, as a rule", close
    )
