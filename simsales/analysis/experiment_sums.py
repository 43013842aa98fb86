"""The sums that KPIs are made of, of every replication: read back from the results, each table once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simsales.errors import InputError
from simsales.experiment.experiment import Results
from simsales.experiment.records import Totals
from simsales.kpis.measurement import CYCLE, STAYS
from simsales.kpis.series import Floats, scopes, with_total
from simsales.kpis.sources import BY_ROLE, BY_TIER, OPENING, Source
from simsales.scenario.schema.fields import STATES


class SeriesOf(NamedTuple):
    """The monthly series of one alternative, by tier or by role."""

    suffixes: list[str]
    """What follows the name of a KPI for each scope: of tiers an empty one for all together, ``@smb``; of
    roles ``.AE``."""
    series: dict[str, Floats]
    """By name, shape (scopes, replications, months)."""
    opening: NDArray[np.bool_] | None = None
    """Whether a scope has leads that are there at the start."""


class AgesOf(NamedTuple):
    """What one alternative has by age and by state, over the whole horizon."""

    stays: Floats
    """Shape (scopes, replications, 3, ages)."""
    flows: list[tuple[str, str]]
    """Channel and tier of the flows of leads that came in after the warm-up."""
    reached: Floats
    """Shape (flows, replications, states)."""
    lost: Floats
    """Shape (flows, replications)."""
    cycle: Floats | None
    """Shape (scopes, replications, 4, days)."""
    tiers: list[str]


class ExperimentSums:
    """The sums of an experiment, by alternative; each is read when first asked for."""

    def __init__(self, results: Results, horizon_months: int) -> None:
        """Take the results and the horizon of their scenarios."""
        self.results = results
        self.horizon_months = horizon_months

    @cached_property
    def by_tier(self) -> dict[str, SeriesOf]:
        """The series of all tiers together, and of each if there are several."""
        there: dict[str, set[str]] = {}
        for alternative, rows in self.results.totals("funnel", ("tier", "direction"), ["sql"]).items():
            there[alternative] = {tier for tier, direction in rows if direction == OPENING}
        found = {}
        for alternative, series in self._series(BY_TIER, "tier").items():
            tiers = sorted(series)
            opening = with_total(np.array([[float(tier in there[alternative])] for tier in tiers]))
            found[alternative] = SeriesOf(
                [f"@{tier}" if tier else "" for tier in scopes(tiers)],
                {name: with_total(np.stack([series[t][name] for t in tiers])) for name in BY_TIER},
                opening[:, 0] > 0,
            )
        return found

    @cached_property
    def by_role(self) -> dict[str, SeriesOf]:
        """The series of every role."""
        return {
            alternative: SeriesOf(
                [f".{role}" for role in sorted(series)],
                {name: np.stack([series[role][name] for role in sorted(series)]) for name in BY_ROLE},
            )
            for alternative, series in self._series(BY_ROLE, "role").items()
        }

    @cached_property
    def teams(self) -> Totals:
        """The sums over the months of every team and role, by alternative."""
        return self.results.totals("work", ("team", "role"), list(BY_ROLE))

    @cached_property
    def ages(self) -> dict[str, AgesOf]:
        """What is known by age and by state."""
        stays = self.results.totals("stays", ("tier", "age"), STAYS)
        cycle = self._if_there("cycle", ("tier", "day"), CYCLE)
        flows = self._if_there("cohorts", ("channel", "tier", "direction", "state"), ("reached", "lost"))
        found = {}
        for alternative, series in self._series(BY_TIER, "tier").items():
            tiers = sorted(series)
            found[alternative] = AgesOf(
                self._by_age(stays[alternative], STAYS, tiers),
                *self._flows(flows[alternative] if flows else {}),
                self._by_age(cycle[alternative], CYCLE, tiers) if cycle else None,
                tiers,
            )
        return found

    @property
    def _replications(self) -> int:
        return len(self.results.kpis.replications)

    def _if_there(self, table: str, by: Sequence[str], columns: Sequence[str]) -> Totals | None:
        """Totals of a table that results of before may lack."""
        try:
            return self.results.totals(table, by, columns)
        except InputError:
            return None

    def _by_age(
        self,
        rows: Mapping[tuple[str, ...], Mapping[str, Floats]],
        columns: Sequence[str],
        tiers: Sequence[str],
    ) -> Floats:
        ages = 1 + max((int(age) for _, age in rows), default=0)
        sums = np.zeros((len(tiers), self._replications, len(columns), ages))
        for (tier, age), cells in rows.items():
            for i, column in enumerate(columns):
                sums[tiers.index(tier), :, i, int(age)] = cells[column]
        return with_total(sums)

    def _flows(
        self, rows: Mapping[tuple[str, ...], Mapping[str, Floats]]
    ) -> tuple[list[tuple[str, str]], Floats, Floats]:
        flows = list(dict.fromkeys((c, t) for c, t, direction, _ in rows if direction != OPENING))
        reached = np.zeros((len(flows), self._replications, len(STATES)))
        lost = np.zeros((len(flows), self._replications))
        for (channel, tier, direction, state), cells in rows.items():
            if direction != OPENING:
                flow = flows.index((channel, tier))
                reached[flow, :, STATES.index(state)] += cells["reached"]
                lost[flow] += cells["lost"]
        return flows, reached, lost

    def _series(self, sources: Mapping[str, Source], by: str) -> dict[str, dict[str, dict[str, Floats]]]:
        """By alternative, tier (or role) and name of the series; shape (replications, months), from month 1.

        The tiers are those of the ledger, the roles those of the table ``work``; other tables have no rows
        for zeros.
        """
        if by in self._read:
            return self._read[by]
        shape = self._replications, self.horizon_months
        found: dict[str, dict[str, dict[str, Floats]]] = {}
        first = "ledger" if by == "tier" else "work"
        for table in dict.fromkeys((first, *(s.table for s in sources.values()))):
            columns = {name: source.summed for name, source in sources.items() if source.table == table}
            months, values = self.results.monthly_by(table, by, columns)
            kept = [i for i, month in enumerate(months) if 1 <= month <= self.horizon_months]
            places = [months[i] - 1 for i in kept]
            for alternative, by_scope in values.items():
                there = found.setdefault(alternative, {scope: {} for scope in by_scope})
                for scope, series in there.items():
                    for name in columns:
                        series[name] = np.zeros(shape)
                        if scope in by_scope:
                            series[name][:, places] = by_scope[scope][name][:, kept]
        self._read[by] = found
        return found

    @cached_property
    def _read(self) -> dict[str, dict[str, dict[str, dict[str, Floats]]]]:
        return {}
