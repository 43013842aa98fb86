"""Conversion by cohort, on leads counted by hand and on those of the model."""

from __future__ import annotations

import pytest
from replication_builder import Cohort, build_replication

from simsales.kpis import measure
from simsales.model import simulate
from simsales.scenario import Scenario

INBOUND: list[Cohort] = [
    # 60 MQLs of two months, of whom 20 become SQLs, 10 SALs, 6 sign and 5 are live; 32 + 6 + 3 are lost.
    (1, "ads", "smb", "inbound", "MQL", 40, 25),
    (1, "ads", "smb", "inbound", "SQL", 14, 6),
    (1, "ads", "smb", "inbound", "SAL", 8, 3),
    (1, "ads", "smb", "inbound", "WIN", 5, 0),
    (1, "ads", "smb", "inbound", "LIVE", 5, 0),
    (2, "ads", "smb", "inbound", "MQL", 20, 7),
    (2, "ads", "smb", "inbound", "SQL", 6, 0),
    (2, "ads", "smb", "inbound", "SAL", 2, 0),
    (2, "ads", "smb", "inbound", "WIN", 1, 0),
]
OUTBOUND: list[Cohort] = [
    # 100 names, of whom 10 show interest and 4 mean to buy, having been no MQLs; 85 + 5 are lost.
    (2, "list", "smb", "outbound", "Suspect", 100, 85),
    (2, "list", "smb", "outbound", "Prospect", 10, 5),
    (2, "list", "smb", "outbound", "SQL", 4, 0),
]
LARGE: list[Cohort] = [
    # 8 come in as SQLs and have neither been MQLs nor become SALs: they sign at once.
    (1, "ads", "ent", "inbound", "SQL", 8, 2),
    (1, "ads", "ent", "inbound", "WIN", 4, 0),
]
NOT_COUNTED: list[Cohort] = [
    (0, "ads", "smb", "inbound", "MQL", 999, 0),  # in the warm-up
    (1, "opening", "smb", "opening", "SQL", 999, 0),
    (1, "opening", "smb", "opening", "WIN", 999, 0),
]


def found(*cohorts: list[Cohort], tiers: tuple[str, ...] = ("smb",)) -> dict[str, float | None]:
    kpis = measure(
        build_replication(2, {t: {} for t in tiers}, cohorts=[row for rows in cohorts for row in rows])
    )
    return {k: v for k, v in kpis.items() if k.startswith(("conversion", "unfinished"))}


def test_of_one_channel() -> None:
    assert found(INBOUND, NOT_COUNTED) == pytest.approx(
        {
            "conversion_mql_sql": 20 / 60,
            "conversion_sql_sal": 10 / 20,
            "conversion_sal_win": 6 / 10,
            "conversion_win_live": 5 / 6,
            "conversion_sql_win": 6 / 20,
            "unfinished": (60 - 6 - 41) / 60,
        }
    )


def test_each_pair_counts_those_who_pass_through_both_states() -> None:
    kpis = found(INBOUND, OUTBOUND, NOT_COUNTED)
    assert kpis == pytest.approx(
        {
            "conversion_suspect_prospect": 10 / 100,
            "conversion_prospect_sql": 4 / 10,
            "conversion_mql_sql": 20 / 60,  # the four SQLs from the list were no MQLs
            "conversion_sql_sal": 10 / 24,  # but they may become SALs
            "conversion_sal_win": 6 / 10,
            "conversion_win_live": 5 / 6,
            "conversion_sql_win": 6 / 24,
            "unfinished": (160 - 6 - 41 - 90) / 160,
        }
    )


def test_by_tier() -> None:
    kpis = found(INBOUND, LARGE, NOT_COUNTED, tiers=("smb", "ent"))
    assert {name: x for name, x in kpis.items() if name.endswith("@ent")} == pytest.approx(
        # Nobody is LIVE yet, of four who signed.
        {"conversion_sql_win@ent": 0.5, "conversion_win_live@ent": 0, "unfinished@ent": 2 / 8}
    )
    assert kpis["conversion_sql_sal@smb"] == pytest.approx(0.5)
    assert kpis["conversion_sql_sal"] == pytest.approx(0.5)  # the large ones go past SAL
    assert kpis["conversion_mql_sql"] == pytest.approx(20 / 60)
    assert kpis["conversion_sql_win"] == pytest.approx(10 / 28)
    assert kpis["unfinished"] == pytest.approx((68 - 10 - 43) / 68)


def test_nobody_came_in() -> None:
    assert found(NOT_COUNTED) == {"unfinished": None}
    assert found() == {"unfinished": None}


def test_results_without_the_table() -> None:
    made = build_replication(2)
    assert "cohorts" not in made.tables
    assert measure(made)["unfinished"] is None


def test_the_model_counts_every_lead_once() -> None:
    """All leads come in after the warm-up of none, so each state is entered as often as the funnel says; two
    channels of one way, so the shares are those of the funnel.
    """
    way = {
        "qualify": {"by": "AE", "on": "MQL", "pass_probability": 0.5, "to": "SQL"},
        "close": {"by": "AE", "on": "SQL", "effort_hours": 2.0, "pass_probability": 0.4, "to": "SAL"},
        "sign": {"by": "AE", "to": "WIN"},
        "start": {"by": "AE", "to": "LIVE"},
    }
    channel = {"enters_as": "MQL", "leads_per_month": 60.0, "tiers": {"a": 1.0}}
    scenario = Scenario.model_validate(
        {
            "horizon_months": 6,
            "warm_up_months": 0,
            "tiers": {"a": {"price_per_month": 100.0}},
            "channels": {"ads": channel, "web": channel},
            "journeys": {"a": way},
            "people": {"AE": {"hours_per_month": 100.0}},
            "organization": {"teams": {"one": {"members": {"AE": 1}}}},
        }
    )
    kpis = {name: value or 0.0 for name, value in measure(simulate(scenario, 1, 0)).items()}
    for a, b in (("mql", "sql"), ("sql", "sal"), ("sal", "win"), ("win", "live"), ("sql", "win")):
        assert 0 < kpis[b] == pytest.approx(kpis[f"conversion_{a}_{b}"] * kpis[a])
    # Whoever came in has signed, is lost, or is in the pipeline.
    assert kpis["unfinished"] * kpis["mql"] * 6 == pytest.approx(kpis["open_pipeline_end"])
