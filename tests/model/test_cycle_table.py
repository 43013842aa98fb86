"""The table of ages at which leads are won and lost: against the event log, and in balance."""

from __future__ import annotations

from collections import Counter
from typing import Any

import log_reader
import pytest
from hypothesis import given, settings
from profiles import WITHOUT_SHRINKING, examples
from random_scenarios import scenarios_with_mechanisms
from small_scenarios import MONTH, run, small_scenario

from simsales.kpis import measure
from simsales.model import Replication
from simsales.scenario import Scenario


def totals(replication: Replication) -> dict[str, int]:
    table = replication.tables["cycle"]
    return {name: int(table[name].sum()) for name in ("entered", "won", "lost", "open")}


def ages(replication: Replication, what: str) -> Counter[int]:
    table = replication.tables["cycle"]
    found: Counter[int] = Counter()
    for day, number in zip(table["day"].tolist(), table[what].tolist(), strict=True):
        found[day] += number
    return +found


def by_the_log(replication: Replication, *, won: bool) -> Counter[int]:
    """Whole days from coming in to the end, of those that ended after the warm-up."""
    start = replication.warm_up_months * MONTH
    found: Counter[int] = Counter()
    for life in log_reader.events_by_lead(replication).values():
        if life[0].channel == "opening":
            continue
        end = next((e for e in life if e.kind == "lost" or (e.kind == "state" and e.detail == "WIN")), None)
        if end is not None and (end.kind == "state") == won and end.time_days >= start:
            found[int(end.time_days - life[0].time_days)] += 1
    return found


def slow_buyers(**months: int) -> Scenario:
    delay: Any = {"exponential": {"mean": 50.0}}
    return small_scenario(
        channels={"web": {"enters_as": "MQL", "leads_per_month": 60, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "call": {
                    "by": "AE", "on": "MQL", "effort_hours": 0.05, "pass_probability": 0.7, "to": "SQL",
                    "buyer_delay_days": delay,
                },
                "close": {"by": "AE", "effort_hours": 0.05, "pass_probability": 0.5, "to": "WIN"},
            }
        },
        **months,
    )  # fmt: skip


@pytest.mark.parametrize("warm_up", [0, 6])
def test_ages_are_those_of_the_log(warm_up: int) -> None:
    replication = run(slow_buyers(horizon_months=6, warm_up_months=warm_up))
    assert ages(replication, "won") == by_the_log(replication, won=True)
    assert ages(replication, "lost") == by_the_log(replication, won=False)
    assert len(ages(replication, "won")) > 30


def test_who_is_under_way_when_the_warm_up_ends_enters_at_its_age() -> None:
    scenario = slow_buyers(horizon_months=6, warm_up_months=6)
    entered = ages(run(scenario), "entered")
    # Of each month of the warm-up, as of its middle.
    assert set(entered) <= {0} | {int((i + 0.5) * MONTH) for i in range(6)}
    assert sum(number for day, number in entered.items() if day) > 50


def test_without_warm_up_everybody_enters_at_once() -> None:
    assert set(ages(run(slow_buyers(horizon_months=6)), "entered")) == {0}


def test_leads_of_the_opening_do_not_shift_the_cycle() -> None:
    """With everything seen to its end, the KPI is the mean of those who came in, to the rounding of sums."""
    burst = {"enters_as": "MQL", "leads_per_month": 60, "growth_per_month": -0.999999, "tiers": {"t": 1}}
    steps = {
        name: step.model_dump(exclude_unset=True)
        for name, step in slow_buyers(horizon_months=1).journeys["t"].items()
    }
    replication = run(
        small_scenario(
            horizon_months=36,
            channels={"web": burst},
            journeys={"t": steps},
            opening={"pipeline": {"t": {"close": 200}}},
        )
    )
    assert totals(replication)["open"] == 0
    cycles = [
        e.time_days - life[0].time_days
        for life in log_reader.events_by_lead(replication).values()
        if life[0].channel == "web"
        for e in life
        if (e.kind, e.detail) == ("state", "WIN")
    ]
    assert len(cycles) > 5
    assert measure(replication)["sales_cycle_days"] == pytest.approx(sum(cycles) / len(cycles), rel=1e-9)


@settings(max_examples=examples(60), phases=WITHOUT_SHRINKING)
@given(scenarios_with_mechanisms())
def test_in_a_random_scenario_who_enters_is_won_lost_or_open(scenario: Scenario) -> None:
    replication = run(scenario)
    found = totals(replication)
    assert found["entered"] == found["won"] + found["lost"] + found["open"]
    table = replication.tables["cycle"]
    assert all((table[name] >= 0).all() for name in ("entered", "won", "lost", "open"))
