"""How busy each team is: the KPIs of people, for each team and role instead of for each role."""

from __future__ import annotations

import numpy as np

from simsales.analysis.measured import BY_ROLE, Floats, Window
from simsales.analysis.selling import PEOPLE
from simsales.experiment.conduct import Results

Teams = dict[tuple[str, str, str], Floats]
"""By team, role and name of the KPI; shape (replications,), nan where undefined."""


def team_kpis(results: Results, *, horizon_months: int) -> dict[str, Teams]:
    """The KPIs of every team, by alternative, over the whole horizon.

    Args:
        results: of an experiment.
        horizon_months: of its scenarios.
    """
    found: dict[str, Teams] = {}
    for alternative, totals in results.totals("work", ("team", "role"), list(BY_ROLE)).items():
        teams = found[alternative] = {}
        for (team, role), sums in sorted(totals.items()):
            work = Window({name: x[:, np.newaxis] for name, x in sums.items()}, horizon_months)
            teams |= {(team, role, kpi.name): kpi.measure(work) for kpi in PEOPLE}
    return found
