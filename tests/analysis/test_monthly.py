"""KPIs by month: read back from a results folder, the same figures as of a horizon of that month alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from replication_builder import build_replication

from simsales.analysis.experiment_sums import ExperimentSums
from simsales.analysis.intervals import Sample, summary
from simsales.analysis.monthly import monthly_kpis
from simsales.analysis.pooling import Samples
from simsales.analysis.tidy import MONTHLY_COLUMNS, monthly_rows
from simsales.experiment.experiment import read_results
from simsales.experiment.records import Key
from simsales.experiment.store import Store
from simsales.kpis import KPIS, describe, measure, parts
from simsales.model.replication import Replication, Table
from simsales.scenario import Scenario

HORIZON = 14
LOOK_BACK = {"lvr", "nrr", "grr", "cash_end"}
"""KPIs that are about more than the month itself."""
SCENARIO = Scenario.model_validate(
    {
        "horizon_months": HORIZON,
        "tiers": {"a": {"price_per_month": 100.0}, "b": {"price_per_month": 100.0}},
        "channels": {"ads": {"enters_as": "SQL", "leads_per_month": 1.0, "tiers": {"a": 0.5, "b": 0.5}}},
        "journeys": {
            tier: {
                "close": {"by": "AE", "on": "SQL", "effort_hours": 1.0, "to": "SAL"},
                "sign": {"by": "AE", "to": "WIN"},
                "start": {"by": "AE", "to": "LIVE"},
            }
            for tier in "ab"
        },
        "people": {"AE": {"hours_per_month": 100.0}},
        "organization": {"teams": {"one": {"members": {"AE": 1}}}},
    }
)


def made_up(number: int) -> Replication:
    """Whatever a replication may hold, zeros among it."""
    rng = np.random.default_rng(number)
    names = (
        *("customers_opening", "customers_new", "customers_new_term", "customers_churned"),
        *("customers_closing", "mrr_opening", "mrr_new", "mrr_expansion", "mrr_contraction"),
        *("mrr_churned", "mrr_closing", "revenue", "receipts", "deferred_closing"),
        *("cohort_mrr", "cohort_mrr_kept", "cohort_mrr_now"),
    )
    leads = ("sql", "win", "won_days", "opportunities_lost", "opportunities_lost_mrr", "open_opportunities")

    def table(columns: tuple[str, ...]) -> dict[str, dict[str, list[float]]]:
        return {t: {c: rng.integers(0, 4, HORIZON).tolist() for c in columns} for t in "ab"}

    months = range(1, HORIZON + 1)
    costs = [
        (m, t, p, "salaries", float(rng.integers(0, 9)))
        for m in months
        for t in "ab"
        for p in ("acquisition", "retention", "serving")
        if rng.random() < 0.8
    ]
    work = [(m, "pod", "AE", *(rng.integers(0, 4, 5).tolist() if m else [9] * 5)) for m in (0, *months)]
    return build_replication(
        HORIZON, table(names), funnel=table(leads), costs=costs, work=work, number=number
    )


def or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def only(replication: Replication, month: int) -> Replication:
    """The same with this month as its only one."""
    tables = {}
    for name, table in replication.tables.items():
        columns = {column: list(cells) for column, cells in table.columns.items()}
        if "month" in columns:
            kept = [i for i, cell in enumerate(columns["month"]) if cell == month]
            columns = {column: [cells[i] for i in kept] for column, cells in columns.items()}
            columns["month"] = [1] * len(kept)
        tables[name] = Table(columns)
    return Replication(1, 0, 1, 1, tables)


@pytest.fixture
def replications() -> list[Replication]:
    return [made_up(number) for number in range(3)]


@pytest.fixture
def found(tmp_path: Path, replications: list[Replication]) -> dict[str, Samples]:
    with Store.create(tmp_path / "x", {"base": SCENARIO}, seed=1) as store:
        store.begin(3)
        for number, replication in enumerate(replications):
            tables = {
                name: {column: table[column].tolist() for column in table.columns}
                for name, table in replication.tables.items()
            }
            store.record(Key("base", 0, number), tables, {"win": 0.0})
        store.finish("complete")
    return monthly_kpis(ExperimentSums(read_results(tmp_path / "x"), HORIZON))


def test_a_month_is_a_horizon_of_one_month(
    found: dict[str, Samples], replications: list[Replication]
) -> None:
    for number, replication in enumerate(replications):
        for month in range(1, HORIZON + 1):
            expected = measure(only(replication, month))
            for name, values in found["base"].items():
                if parts(name).kpi not in LOOK_BACK:
                    value = or_nan(expected[name])
                    assert values.single[number, month - 1] == pytest.approx(value, nan_ok=True), (
                        name,
                        month,
                    )


def test_every_kpi_that_can_be_told_by_month_is_there(found: dict[str, Samples]) -> None:
    there = [kpi for kpi in KPIS if kpi.monthly and not kpi.if_any]
    total = {kpi.name + ".AE" * kpi.by_role for kpi in there}
    by_tier = {f"{kpi.name}@{t}" for kpi in there if not kpi.by_role for t in "ab"}
    assert set(found["base"]) == total | by_tier
    assert {values.single.shape for values in found["base"].values()} == {(3, HORIZON)}


def test_what_looks_back(found: dict[str, Samples], replications: list[Replication]) -> None:
    kpis = {name: sample.single for name, sample in found["base"].items()}
    for number, replication in enumerate(replications):
        whole = measure(replication)
        ledger = replication.tables["ledger"]
        for name in ("cash_end", "cash_end@a", "nrr", "grr@b"):  # the last month says what the horizon says
            assert kpis[name][number, -1] == pytest.approx(or_nan(whole[name]), nan_ok=True)
        assert np.isnan(kpis["nrr"][number, :11]).all()
        sql = [
            sum(replication.tables["funnel"]["sql"][replication.tables["funnel"]["month"] == month])
            for month in range(1, HORIZON + 1)
        ]
        assert np.isnan(kpis["lvr"][number, 0])
        for month in range(1, HORIZON):
            before, now = sql[month - 1], sql[month]
            expected = (now - before) / before if before else np.nan
            assert kpis["lvr"][number, month] == pytest.approx(expected, nan_ok=True)
        in_month_2 = ledger["month"] == 2
        assert kpis["receipts"][number, 1] == ledger["receipts"][in_month_2].sum()


def test_rows_for_a_spreadsheet(found: dict[str, Samples]) -> None:
    rows = list(monthly_rows(found, describe, currency="EUR"))
    assert len(rows) == len(found["base"]) * HORIZON
    by_key: dict[Any, Any] = {row[:4]: row[4:] for row in rows}
    sample = found["base"]["cac@a"]
    unit, mean, half_width, defined = by_key["base", "a", 5, "cac"]
    assert (unit, defined) == ("EUR", (~np.isnan(sample.single[:, 4])).sum())
    assert mean == sample.estimate[4]
    assert by_key["base", "", 1, "lvr"] == ("share/month", None, None, 0)
    assert ("base", "", 1, "utilization.AE") in by_key
    assert len(MONTHLY_COLUMNS) == 4 + 4
    month = Sample(sample.single[:, 4], sample.estimate[4], sample.parts[:, 4], sample.pooled)
    assert half_width == pytest.approx(summary(month).half_width)
