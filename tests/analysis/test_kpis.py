"""KPIs on a replication made by hand, small enough to be worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simsales.analysis.kpis import KPIS, describe, measure
from simsales.model.replication import Replication, Table

MONTH_DAYS = 30.4375


def replication(**cells: Sequence[object]) -> Replication:
    """Two measured months after one of warm-up (full of nines, which must not count), with two channels."""
    month = [0, 1, 2, 0, 1, 2]
    nines = [99, 0, 0, 99, 0, 0]
    funnel: dict[str, Sequence[object]] = {
        "month": month,
        "channel": ["ads"] * 3 + ["list"] * 3,
        "tier": ["smb"] * 6,
        "direction": ["inbound"] * 3 + ["outbound"] * 3,
        **dict.fromkeys(("suspect", "prospect", "mql", "sal", "live"), nines),
        "sql": [99, 4, 6, 99, 1, 3],
        "win": [99, 1, 2, 99, 0, 1],
        "lost": [99, 10, 20, 99, 5, 7],
        "won_days": [999.0, 30.0, 50.0, 999.0, 0.0, 40.0],
        "opportunities_lost": [99, 2, 3, 99, 0, 1],
        "channel_cost": [999.0, 100.0, 120.0, 999.0, 10.0, 30.0],
    }
    ledger: dict[str, Sequence[object]] = {
        "month": [0, 1, 2],
        "tier": ["smb"] * 3,
        "customers_opening": [99, 10, 9],
        "customers_churned": [99, 2, 0],
        "customers_closing": [10, 9, 12],
        "mrr_new": [999.0, 100.0, 300.0],
        "mrr_churned": [999.0, 200.0, 0.0],
        "mrr_closing": [1000.0, 900.0, 1200.0],
        "revenue": [999.0, 1010.0, 1050.0],
    }
    work: dict[str, Sequence[object]] = {
        "month": [0, 0, 1, 1, 2, 2],
        "team": ["pod#1", "pod#2"] * 3,
        "role": ["AE"] * 6,
        "people": [1, 3] * 3,
        "available_days": [MONTH_DAYS, 3 * MONTH_DAYS] * 3,
        "busy_days": [99.0, 99.0, MONTH_DAYS, 2 * MONTH_DAYS, MONTH_DAYS / 2, 2 * MONTH_DAYS],
        "begun": [99, 99, 10, 30, 0, 10],
        "wait_days": [99.0, 99.0, 5.0, 15.0, 0.0, 30.0],
        "backlog_days": [99.0, 99.0, MONTH_DAYS, MONTH_DAYS, 2 * MONTH_DAYS, 0.0],
        "salaries": [99.0, 99.0, 5.0, 15.0, 5.0, 15.0],
    }
    pipeline: dict[str, Sequence[object]] = {
        "channel": ["ads"] * 4,
        "tier": ["smb"] * 4,
        "state": ["MQL", "SAL", "WIN", "LIVE"],
        "inside": [7, 2, 3, 9],
    }
    tables: dict[str, dict[str, Sequence[object]]] = {
        "funnel": funnel,
        "ledger": ledger,
        "work": work,
        "pipeline": pipeline,
    }
    for name, column in cells.items():
        table, _, key = name.partition("__")
        tables[table][key] = column
    return Replication(1, 0, 1, 2, {name: Table(columns) for name, columns in tables.items()})


def test_every_kpi_by_hand() -> None:
    assert measure(replication()) == {
        "suspect": 0,
        "prospect": 0,
        "mql": 0,
        "sql": 7,  # (4 + 6 + 1 + 3) / 2 months
        "sql_inbound": 5,
        "sql_outbound": 2,
        "sal": 0,
        "win": 2,  # (1 + 2 + 0 + 1) / 2
        "live": 0,
        "lost": 21,  # (10 + 20 + 5 + 7) / 2
        "win_rate": pytest.approx(0.4),  # 4 won, 2 + 3 + 0 + 1 = 6 lost
        "sales_cycle_days": 30,  # (30 + 50 + 40) / 4
        "open_pipeline_end": 9,  # 7 MQLs and 2 SALs; customers are no pipeline
        "churned": 1,  # (2 + 0) / 2
        "logo_churn_monthly": pytest.approx(2 / 19),
        "customers_end": 12,
        "new_mrr": 200,
        "churned_mrr": 100,
        "mrr_end": 1200,
        "arr_end": 14400,
        "revenue": 1030,
        "channel_cost": 130,  # (100 + 120 + 10 + 30) / 2
        "salaries": 20,
        "utilization.AE": pytest.approx(5.5 / 8),
        "wait_days.AE": 1,  # 50 days of 50 steps
        "backlog.AE": 2,  # (1 + 1 + 2 + 0) months of waiting over 2 months
    }


def test_what_is_undefined_is_none_and_not_zero() -> None:
    nothing = [0] * 6
    kpis = measure(
        replication(
            funnel__win=nothing,
            funnel__opportunities_lost=nothing,
            ledger__customers_opening=[0, 0, 0],
            work__begun=nothing,
        )
    )
    undefined = {name for name, value in kpis.items() if value is None}
    assert undefined == {"win_rate", "sales_cycle_days", "logo_churn_monthly", "wait_days.AE"}


def test_every_kpi_says_what_it_is() -> None:
    for kpi in KPIS:
        assert kpi.unit
        assert kpi.meaning
        assert describe(kpi.name) is kpi
    assert describe("utilization.AE").name == "utilization"
    with pytest.raises(KeyError):
        describe("utilisation.AE")
