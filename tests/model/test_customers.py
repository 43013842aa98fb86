"""Customers: lifetimes, work for those who leave, and care."""

from __future__ import annotations

from collections import Counter
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM
from scipy import stats
from small_scenarios import HOURS, MONTH, one_burst, run, small_scenario

from simsales.model import Replication
from simsales.scenario import Scenario

SIGN = {"by": "nobody", "on": "MQL", "to": "WIN"}


def base(churn: float, months: int, leads: int = 2000, **parts: Any) -> Scenario:
    """So many customers, all signed at the first instant of the first month (and of each year after)."""
    return small_scenario(
        **{
            "horizon_months": months,
            "tiers": {"t": {"price_per_month": 100, "churn_per_month": churn}},
            "channels": {"web": one_burst(leads)},
            "journeys": {"t": {"sign": SIGN}},
        }
        | parts
    )


def lifetimes(replication: Replication) -> list[int]:
    """Full months that each customer who left was there from the start."""
    found = []
    for life in log_reader.events_by_lead(replication).values():
        if life[-1].kind == "leave":
            signed = next(e for e in life if e.detail == "WIN")
            found.append(
                log_reader.month_of(life[-1], replication) - log_reader.month_of(signed, replication)
            )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("churn", [0.05, 0.3, 0.8])
def test_lifetimes_are_geometric_under_constant_churn(churn: float) -> None:
    months, leads = 12, 5000
    replication = run(base(churn, months, leads))
    left = Counter(lifetimes(replication))
    assert left[0] == 0, "nobody leaves in the month of the signature"
    law = stats.geom(churn)
    observed = [left[k] for k in range(1, months)]
    # Rare lifetimes, and those still there, go into one cell: the chi-square needs some 5 expected in each.
    expected = [leads * float(law.pmf(k)) for k in range(1, months)]
    common = [k for k, e in enumerate(expected) if e >= 10]
    cells = [observed[k] for k in common]
    theory = [expected[k] for k in common]
    cells.append(leads - sum(cells))
    theory.append(leads - sum(theory))
    if theory[-1] < 10:
        theory[-2:] = [sum(theory[-2:])]
        cells[-2:] = [sum(cells[-2:])]
    assert stats.chisquare(cells, theory).pvalue > ALARM


def test_without_churn_nobody_leaves() -> None:
    replication = run(base(0.0, 12, 500))
    assert not log_reader.of_kind(replication, "leave")
    assert replication.tables["ledger"]["customers_closing"].tolist() == [500] * 12


def test_with_certain_churn_everybody_leaves_at_the_end_of_the_first_full_month() -> None:
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 100, "tiers": {"t": 1}}}
    replication = run(base(1.0, 6, channels=channels))
    for life in log_reader.events_by_lead(replication).values():
        signed_in = int(life[0].time_days // MONTH)
        if signed_in < 5:
            assert life[-1].kind == "leave"
            assert life[-1].time_days == (signed_in + 2) * MONTH
    ledger = replication.tables["ledger"]
    assert ledger["customers_churned"].tolist() == ledger["customers_opening"].tolist()


def test_a_higher_churn_takes_the_same_customers_sooner() -> None:
    # Survival by threshold: common random numbers for lifetimes.
    def last_month(churn: float) -> dict[log_reader.Lead, int]:
        replication = run(base(churn, 24, 300))
        return {
            lead: log_reader.month_of(life[-1], replication) if life[-1].kind == "leave" else 99
            for lead, life in log_reader.events_by_lead(replication).items()
        }

    low, high = last_month(0.05), last_month(0.1)
    assert all(high[lead] <= low[lead] for lead in low)
    assert any(high[lead] < low[lead] for lead in low)


def test_who_leaves_while_waiting_for_onboarding_is_withdrawn_and_never_goes_live() -> None:
    # 60 customers for somebody who onboards 10 a month; half of the rest leave at each month's end.
    onboard = {"by": "CSM", "effort_hours": MONTH / 10, "to": "LIVE"}
    scenario = base(
        0.5,
        4,
        60,
        journeys={"t": {"sign": SIGN, "onboard": onboard, "train": {"by": "CSM", "effort_hours": 0}}},
        organization={"teams": {"success": {"members": {"CSM": 1}}}},
    )
    replication = run(scenario)
    before_live = 0
    for life in log_reader.events_by_lead(replication).values():
        kinds = [e.kind for e in life]
        if "leave" in kinds:
            assert kinds[-1] == "leave"
            before_live += "LIVE" not in [e.detail for e in life]
    assert before_live > 10
    funnel, pipeline = replication.tables["funnel"], replication.tables["pipeline"]
    waiting = pipeline["inside"][pipeline["state"] == "WIN"].sum()
    assert funnel["win"].sum() == funnel["live"].sum() + waiting + before_live
    # The desk's queue holds only those who are still customers, but for the one at hand.
    work = replication.tables["work"]
    assert waiting - 1 <= work["waiting_end"][-1] <= waiting
    # The month's work is not spent on people who are gone.
    assert funnel["live"][0] in (9, 10)


@pytest.mark.parametrize("state", ["at work", "under way"])
def test_work_on_somebody_who_has_left_comes_to_nothing(state: str) -> None:
    delay = 2.5 * MONTH if state == "under way" else 0.0
    effort = 2.5 * MONTH if state == "at work" else 1.0
    scenario = base(
        1.0,
        6,
        1,
        journeys={
            "t": {
                "sign": SIGN | {"buyer_delay_days": delay},
                "onboard": {"by": "CSM", "effort_hours": effort, "to": "LIVE"},
            }
        },
        organization={"teams": {"success": {"members": {"CSM": 1}}}},
    )
    replication = run(scenario)
    (life,) = log_reader.events_by_lead(replication).values()
    begun = ["ready", "start"] if state == "at work" else []
    assert [e.kind for e in life] == ["enter", "done", "sign", "state", *begun, "leave"]
    busy = 2.5 * MONTH if state == "at work" else 0.0
    assert replication.tables["work"]["busy_days"].sum() == pytest.approx(busy)


# ------------------------------------------------------------------------------------------------------- care


def caring(customers: int, hours: float, people: int, **organization: Any) -> Scenario:
    team = {"members": {"CSM": people}} | organization
    return base(
        0.0,
        6,
        customers,
        tiers={"t": {"price_per_month": 100, "care": {"by": "CSM", "effort_hours_per_month": hours}}},
        journeys={"t": {"sign": SIGN, "onboard": {"by": "CSM", "effort_hours": 0.0, "to": "LIVE"}}},
        organization={"teams": {"success": team}},
    )


def monthly_utilization(replication: Replication) -> list[float]:
    work = replication.tables["work"]
    return [float(x) for x in work["busy_days"] / work["available_days"]]


@pytest.mark.parametrize("discipline", ["fifo", "latest_stage_first"])
@pytest.mark.parametrize(("customers", "people"), [(40, 1), (60, 3), (1, 1)])
def test_care_takes_customers_times_hours_of_the_month(customers: int, people: int, discipline: str) -> None:
    hours = 0.5
    replication = run(caring(customers, hours, people, discipline=discipline, assignment="round_robin"))
    load = customers * hours / (people * HOURS)
    assert monthly_utilization(replication) == pytest.approx([load] * 6)


def test_care_beyond_capacity_fills_every_hour() -> None:
    assert monthly_utilization(run(caring(400, 0.5, 1))) == pytest.approx([1.0] * 6)


def test_care_falls_on_whoever_onboarded_and_is_spread_evenly_by_turns() -> None:
    replication = run(caring(60, 0.5, 3, assignment="round_robin"))
    onboarded = Counter(e.detail for e in log_reader.of_kind(replication, "done") if e.step == "onboard")
    assert sorted(onboarded.values()) == [20, 20, 20]


def test_care_ends_with_the_customer() -> None:
    scenario = base(
        1.0,
        6,
        40,
        tiers={
            "t": {
                "price_per_month": 100,
                "churn_per_month": 1.0,
                "care": {"by": "CSM", "effort_hours_per_month": 0.5},
            }
        },
        journeys={"t": {"sign": SIGN, "onboard": {"by": "CSM", "effort_hours": 0.0, "to": "LIVE"}}},
        organization={"teams": {"success": {"members": {"CSM": 1}}}},
    )
    load = 40 * 0.5 / HOURS
    # Signed at the first instant of month 1, gone at the end of month 2, the first full one.
    assert monthly_utilization(run(scenario)) == pytest.approx([load, load, 0, 0, 0, 0], abs=1e-9)


def test_care_competes_with_onboarding() -> None:
    def waits(hours: float) -> float:
        scenario = base(
            0.0,
            24,
            tiers={"t": {"price_per_month": 100, "care": {"by": "CSM", "effort_hours_per_month": hours}}},
            channels={"web": {"enters_as": "MQL", "leads_per_month": 6, "tiers": {"t": 1}}},
            journeys={"t": {"sign": SIGN, "onboard": {"by": "CSM", "effort_hours": 1.0, "to": "LIVE"}}},
            organization={"teams": {"success": {"members": {"CSM": 1}}}},
        )
        return float(np.sum(run(scenario).tables["work"]["wait_days"]))

    assert waits(0.0) < waits(0.05) < waits(0.1)


def test_care_comes_first_if_the_latest_stage_does() -> None:
    # Onboarding alone would fill two months. Care is the stage after it and takes its hours off the first
    # month; first come, first served, it waits behind the sixty.
    def live(discipline: str) -> int:
        scenario = base(
            0.0,
            1,
            60,
            tiers={"t": {"price_per_month": 100, "care": {"by": "CSM", "effort_hours_per_month": 0.5}}},
            journeys={"t": {"sign": SIGN, "onboard": {"by": "CSM", "effort_hours": 1.0, "to": "LIVE"}}},
            organization={"teams": {"success": {"members": {"CSM": 1}, "discipline": discipline}}},
        )
        return int(run(scenario).tables["funnel"]["live"].sum())

    assert live("fifo") == int(MONTH)
    assert live("latest_stage_first") < int(MONTH)


def test_care_goes_to_the_least_burdened_if_nobody_knows_the_customer() -> None:
    # Nobody's hands went through the sale: the care is still somebody's, and even.
    scenario = base(
        0.0,
        3,
        30,
        tiers={"t": {"price_per_month": 100, "care": {"by": "CSM", "effort_hours_per_month": 2.5}}},
        journeys={"t": {"sign": SIGN, "activate": {"by": "nobody", "to": "LIVE"}}},
        organization={"teams": {"success": {"members": {"CSM": 3}}}},
    )
    assert monthly_utilization(run(scenario)) == pytest.approx(
        [10 * 2.5 / HOURS] * 3
    )  # one alone could not do it


# ------------------------------------------------------------------------------------------------------ money


def test_rule_of_78() -> None:
    """Twenty wins of 1,000 at the start of every month, none lost: 20 × (1 + … + 12) = 1,560 thousands."""
    scenario = small_scenario(
        horizon_months=12,
        tiers={"t": {"price_per_month": 1000}},
        channels={
            "web": {
                "enters_as": "SAL",
                "leads_per_month": 20,
                "arrivals": "start_of_month",
                "tiers": {"t": 1},
            }
        },
        journeys={"t": {"sign": {"by": "nobody", "on": "SAL", "to": "WIN"}}},
    )
    ledger = run(scenario).tables["ledger"]
    assert ledger["customers_new"].tolist() == [20] * 12
    assert ledger["revenue"].tolist() == [20_000.0 * month for month in range(1, 13)]
    assert ledger["revenue"].sum() == 1_560_000


def test_a_customer_pays_for_the_rest_of_the_month_of_its_signature() -> None:
    sign = {"by": "AE", "on": "MQL", "effort_hours": MONTH / 4, "to": "WIN"}
    ledger = run(base(0.0, 3, 1, journeys={"t": {"sell": sign}})).tables["ledger"]
    assert ledger["revenue"].tolist() == pytest.approx([75, 100, 100])
