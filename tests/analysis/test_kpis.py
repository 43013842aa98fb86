"""KPIs of a replication small enough to be worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from replication_builder import MONTH_DAYS, Cost, Inside, Stay, Work, build_replication

from simsales.kpis import KPIS, describe, measure, parts, split_by_tier

COSTS = {"costs": 25, "acquisition_cost": 25, "salaries": 25, "profit": -50, "cash_end": -50, "cash_low": -50}
"""What costs of 50 in the first of two months make."""
LAST = 0.9 * 7 / 9 * (16 / 19) ** 10
"""Of those who begin a year of the tail, the share that end it. Nobody was seen in ten of its months: there 3
of 19 leave, as of all who were seen."""
LTV = 40 + (80 + 0.9 * 980 / 9 + sum(0.7 * (16 / 19) ** k * 1780 / 19 for k in range(10))) / (1 - LAST)
"""40 at age 0, and then year after year of the kind that was seen."""


Columns = dict[str, Sequence[float]]

LEDGER: Columns = {
    "customers_opening": [10, 9],
    "customers_new": [1, 3],
    "customers_new_term": [0, 1],
    "customers_reactivated": [1, 0],
    "customers_churned": [3, 0],
    "customers_closing": [9, 12],
    "mrr_opening": [1000.0, 900.0],
    "mrr_new": [100.0, 300.0],
    "mrr_expansion": [0.0, 60.0],
    "mrr_contraction": [20.0, 0.0],
    "mrr_churned": [300.0, 0.0],
    "mrr_reactivation": [120.0, 0.0],
    "mrr_closing": [900.0, 1260.0],
    "revenue": [1050.0, 1150.0],
    "receipts": [1150.0, 2250.0],
    "deferred_closing": [100.0, 1200.0],
}
ADS: Columns = {
    "sql": [4, 6],
    "win": [1, 2],
    "lost": [10, 20],
    "won_days": [30.0, 50.0],
    "opportunities_lost": [2, 3],
    "opportunities_lost_days": [20.0, 30.0],
    "opportunities_lost_mrr": [200.0, 240.0],
    "open_opportunities": [3, 5],
    "channel_cost": [100.0, 120.0],
}
LIST: Columns = {
    "sql": [1, 3],
    "win": [0, 1],
    "lost": [5, 7],
    "won_days": [0.0, 40.0],
    "opportunities_lost": [0, 1],
    "opportunities_lost_days": [0.0, 40.0],
    "opportunities_lost_mrr": [0.0, 160.0],
    "open_opportunities": [1, 1],
    "channel_cost": [10.0, 30.0],
}
COSTS_OF_TWO_MONTHS: list[Cost] = [
    (0, "smb", "serving", "serving", 999.0),
    (1, "smb", "acquisition", "channels", 110.0),
    (1, "smb", "acquisition", "salaries", 850.0),
    (1, "smb", "retention", "salaries", 280.0),
    (1, "smb", "serving", "serving", 90.0),
    (2, "smb", "acquisition", "commissions", 40.0),
    (2, "smb", "retention", "tools", 5.0),
    (2, "smb", "serving", "serving", 130.0),
]
STAYS: list[Stay] = [
    ("smb", 0, 5, 0, 200.0),
    ("smb", 1, 10, 1, 800.0),
    ("smb", 2, 9, 2, 980.0),
]
WORK: list[Work] = [
    (0, "pod#1", "AE", MONTH_DAYS, 99.0, 99, 99.0, 99.0),
    (0, "pod#2", "AE", 3 * MONTH_DAYS, 99.0, 99, 99.0, 99.0),
    (1, "pod#1", "AE", MONTH_DAYS, MONTH_DAYS, 10, 5.0, MONTH_DAYS),
    (1, "pod#2", "AE", 3 * MONTH_DAYS, 2 * MONTH_DAYS, 30, 15.0, MONTH_DAYS),
    (2, "pod#1", "AE", MONTH_DAYS, MONTH_DAYS / 2, 0, 0.0, 2 * MONTH_DAYS),
    (2, "pod#2", "AE", 3 * MONTH_DAYS, 2 * MONTH_DAYS, 10, 30.0, 0.0),
]
PIPELINE: list[Inside] = [("smb", "MQL", 7), ("smb", "SAL", 2), ("smb", "WIN", 3), ("smb", "LIVE", 9)]


def test_every_kpi_by_hand() -> None:
    replication = build_replication(
        2,
        {"smb": LEDGER},
        funnel={"smb": ADS},
        outbound={"smb": LIST},
        costs=COSTS_OF_TWO_MONTHS,
        stays=STAYS,
        work=WORK,
        pipeline=PIPELINE,
    )
    assert measure(replication) == {
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
        "unfinished": None,  # there is no table that tells cohorts split_by_tier
        "lvr": pytest.approx(0.8),  # from 4 + 1 SQLs to 6 + 3
        "win_rate": pytest.approx(0.4),  # 4 won, 2 + 3 + 0 + 1 = 6 lost
        "win_rate_value": pytest.approx(0.4),  # 400 of MRR won, 200 + 240 + 160 lost
        "sales_cycle_median_days": None,  # there is no table of leads by age
        "sales_cycle_days": 30,  # (30 + 50 + 40) / 4
        "sales_cycle_lost_days": 15,  # (20 + 30 + 40) / 6
        "sales_velocity": pytest.approx(80),  # (3 + 1 + 5 + 1) / 2 = 5 open × ACV 1200 × 0.4 / 30 days
        "open_pipeline_end": 9,  # 7 MQLs and 2 SALs; customers are no pipeline
        "customers_end": 12,
        "churned": 1.5,  # (3 + 0) / 2
        "reactivated": 0.5,
        "logo_churn_monthly": pytest.approx(3 / 19),
        "logo_churn_annual": pytest.approx(1 - (16 / 19) ** 12),
        "grr": None,  # the horizon is two months
        "nrr": None,
        "term_share": 0.25,  # 1 of 4
        "arpa": 100,  # (1000 + 900) / (10 + 9)
        "acv": 1200,  # 12 × 400 / 4
        "gross_margin": pytest.approx(0.9),  # 220 of 2200 to serve
        "cac": 250,  # (110 + 850 + 40) / 4 new ones; who came back is not new
        "crc": 180,  # 285 in two months for 9.5 customers on average: 30 in two months, 180 a year
        "ltv": pytest.approx(LTV),
        "ltv_formula_revenue": pytest.approx(1900 / 3),
        "ltv_formula_margin": pytest.approx(1710 / 3),
        "ltv_to_cac": pytest.approx(LTV / 250),
        "cac_payback_months": pytest.approx(250 / 90),
        "left_before_payback": pytest.approx(0.3),  # three months: two ends at which one may leave
        "new_mrr": 200,
        "expansion_mrr": 30,
        "contraction_mrr": 10,
        "churned_mrr": 150,
        "reactivation_mrr": 60,
        "quick_ratio": pytest.approx(460 / 320),
        "mrr_end": 1260,
        "arr_end": 15120,
        "revenue": 1100,
        "receipts": 1700,
        "deferred_end": 1200,
        "costs": 752.5,  # 1330 + 175
        "acquisition_cost": 500,
        "retention_cost": 142.5,
        "serving_cost": 110,
        "channel_cost": 130,  # (100 + 120 + 10 + 30) / 2
        "salaries": 565,  # (850 + 280) / 2
        "commissions": 20,
        "profit": 695,  # 2200 − 1505
        "cash_end": 1895,  # 1150 − 1330 = −180, then + 2250 − 175
        "cash_low": -180,
        "break_even_month": 2,
        "magic_number": None,  # less than two quarters
        "rule_of_40": None,  # less than two years
        "utilization.AE": pytest.approx(5.5 / 8),
        "wait_days.AE": 1,  # 50 days of 50 steps
        "backlog.AE": 2,  # (1 + 1 + 2 + 0) months of waiting over 2 months
    }


def test_what_is_undefined_is_none_and_not_zero() -> None:
    """A business in which nothing happens, but for its costs."""
    kpis = measure(build_replication(2, costs=[(1, "smb", "acquisition", "salaries", 50.0)]))
    undefined = {name for name, value in kpis.items() if value is None}
    assert undefined == {kpi.name + ".AE" * kpi.by_role for kpi in KPIS if kpi.undefined and not kpi.if_any}
    assert all(value == 0 for name, value in kpis.items() if value is not None and name not in COSTS)
    assert {name: kpis[name] for name in COSTS} == COSTS


def test_only_what_can_be_undefined_says_when() -> None:
    for kpi in KPIS:
        assert kpi.undefined == "" or (kpi.undefined[0].isupper() and kpi.undefined.endswith("."))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("win", ("win", "", "")),
        ("cac@smb", ("cac", "", "smb")),
        ("cac@a.b@c", ("cac", "", "a.b@c")),
        ("utilization.A@E.x", ("utilization", "A@E.x", "")),
    ],
)
def test_names_are_taken_split_by_tier(name: str, found: tuple[str, str, str]) -> None:
    assert parts(name) == found


def test_tiers_are_given_beside_the_total() -> None:
    found = measure(
        build_replication(
            2,
            {
                "smb": {"customers_new": [3, 1], "mrr_new": [300, 100]},
                "ent": {"customers_new": [1, 0], "mrr_new": [900, 0]},
            },
            costs=[
                (1, "smb", "acquisition", "channels", 40.0),
                (2, "ent", "acquisition", "salaries", 60.0),
                (2, "ent", "serving", "serving", 5.0),
            ],
        )
    )
    assert {name: value for name, value in found.items() if name.partition("@")[0] == "cac"} == {
        "cac": 20,  # 100 / 5
        "cac@ent": 60,
        "cac@smb": 10,
    }
    assert (found["acv"], found["acv@ent"], found["acv@smb"]) == (12 * 1300 / 5, 10800, 1200)
    assert (found["costs"], found["costs@ent"], found["costs@smb"]) == (52.5, 32.5, 20)
    assert "utilization.AE" in found
    assert not any(name.startswith("utilization.AE@") for name in found)
    totals, tiers = split_by_tier({"x": found}, {"x": ["smb", "ent"]})
    assert list(tiers) == ["ent", "smb"]
    assert set(totals["x"]) == {kpi.name + ".AE" * kpi.by_role for kpi in KPIS if not kpi.if_any}
    assert tiers["ent"]["x"]["cac"] == 60
    assert set(tiers["ent"]["x"]) == {kpi.name for kpi in KPIS if not kpi.by_role and not kpi.if_any}


def test_an_alternative_of_one_tier_beside_one_of_two() -> None:
    one, two = {"win": 1, "win.AE": 9}, {"win": 5, "win@a": 2, "win@b": 3}
    assert split_by_tier({"one": one, "two": two}, {"one": ["a"], "two": ["b", "a"]}) == (
        {"one": one, "two": {"win": 5}},
        {"a": {"one": {"win": 1}, "two": {"win": 2}}, "b": {"two": {"win": 3}}},
    )
    assert split_by_tier({"one": one}, {"one": ["a"]}) == ({"one": one}, {})


def test_every_kpi_says_what_it_is() -> None:
    for kpi in KPIS:
        assert kpi.unit
        assert kpi.meaning
        assert describe(kpi.name) is kpi
    assert describe("utilization.AE").name == "utilization"
    assert describe("cac@smb").name == "cac"
    with pytest.raises(KeyError):
        describe("utilisation.AE")
