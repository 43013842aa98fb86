"""The KPIs of people by team and role, and the teams that never had work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from simsales.experiment.experiment import Results
from simsales.kpis.people import PEOPLE
from simsales.kpis.series import Floats
from simsales.kpis.sources import BY_ROLE
from simsales.kpis.sums import HorizonSums

Teams = dict[tuple[str, str, str], Floats]
"""By team, role and name of the KPI; shape (replications,), nan where undefined."""


def team_kpis(results: Results, *, horizon_months: int) -> dict[str, Teams]:
    """The KPIs of every team, by alternative, over the whole horizon.

    Args:
        results: Of an experiment.
        horizon_months: Of its scenarios.
    """
    found: dict[str, Teams] = {}
    for alternative, totals in results.totals("work", ("team", "role"), list(BY_ROLE)).items():
        teams = found[alternative] = {}
        for (team, role), sums in sorted(totals.items()):
            work = HorizonSums({name: x[:, np.newaxis] for name, x in sums.items()}, horizon_months)
            teams |= {(team, role, kpi.name): kpi.measure(work) for kpi in PEOPLE}
    return found


class Idle(NamedTuple):
    """People who never had work, in no replication and no copy of their team."""

    alternative: str
    role: str
    team: str


def idle_people(teams: Mapping[str, Teams]) -> list[Idle]:
    """The people who never had work: their team may be there by mistake.

    Args:
        teams: As `team_kpis` gives it.
    """
    found = []
    for alternative, kpis in teams.items():
        busy: dict[tuple[str, str], bool] = {}
        for (team, role, kpi), values in kpis.items():
            if kpi == "utilization":
                people = (team.partition("#")[0], role)
                busy[people] = busy.get(people, False) or bool((values > 0).any())
        found += [
            Idle(alternative, role, team) for (team, role), worked in sorted(busy.items()) if not worked
        ]
    return found
