"""The KPIs of people by team and role, and the teams that never had work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from simsales.analysis.experiment_sums import ExperimentSums
from simsales.analysis.intervals import Sample
from simsales.analysis.pooling import mean_cases
from simsales.kpis.people import PEOPLE
from simsales.kpis.sums import HorizonSums

Teams = dict[tuple[str, str, str], Sample]
"""By team, role and name of the KPI."""


def team_kpis(sums: ExperimentSums) -> dict[str, Teams]:
    """The KPIs of every team, by alternative, over the whole horizon.

    Args:
        sums: Of the experiment.
    """
    found: dict[str, Teams] = {}
    for alternative, totals in sums.teams.items():
        teams = found[alternative] = {}
        for (team, role), of in sorted(totals.items()):
            # One scope and one month; the replications, and then the cases, are in between.
            each = {name: x[np.newaxis, :, np.newaxis] for name, x in of.items()}
            single = HorizonSums(each, sums.horizon_months)
            pooled = HorizonSums({name: mean_cases(x) for name, x in each.items()}, sums.horizon_months)
            for kpi in PEOPLE:
                (own,) = kpi.measure(single)
                teams[team, role, kpi.name] = (
                    Sample.of_cases(own, kpi.measure(pooled)[0]) if kpi.pooled else Sample.averaged(own)
                )
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
        for (team, role, kpi), sample in kpis.items():
            if kpi == "utilization":
                people = (team.partition("#")[0], role)
                busy[people] = busy.get(people, False) or bool((sample.single > 0).any())
        found += [
            Idle(alternative, role, team) for (team, role), worked in sorted(busy.items()) if not worked
        ]
    return found
