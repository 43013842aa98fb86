"""What a reader must know before trusting the figures: too few replications, a window too short."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from simsales.analysis.labels import label
from simsales.kpis import KPIS

FEW = 5
"""Below so many replications, intervals hold on paper only."""
OPEN_SHARE = 0.2
"""Above this share of leads still open when the horizon ends, it is too short for what becomes of them."""


def cautions(replications: int, unfinished: Mapping[str, float | None], shown: Collection[str]) -> list[str]:
    """Warnings, one sentence or two each.

    Args:
        replications: Their number.
        unfinished: By alternative, the KPI of that name.
        shown: Names of the KPIs that the reader sees.
    """
    said = []
    if 1 < replications < FEW:
        said.append(
            f"Only {replications} replications: intervals and verdicts are rough guesses. "
            f"Use {FEW} at least, better 50."
        )
    too_many = {name: share for name, share in unfinished.items() if share is not None and share > OPEN_SHARE}
    if too_many:
        shares = ", ".join(
            f"{100 * share:.0f} %" + (f" ({name})" if len(unfinished) > 1 else "")
            for name, share in too_many.items()
        )
        about = [kpi.name for kpi in KPIS if kpi.unsettled and kpi.name in shown]
        names = [label(name) for name in about if not name.startswith("conversion")]
        names += ["all conversions"] * (len(names) < len(about))
        rest = f" Off because of it may be: {', '.join(names)}." if names else ""
        said.append(
            f"The horizon is short: {shares} of the leads that came in are still open when it ends.{rest}"
        )
    return said
