"""Waits and utilization of one role against the formulas of queueing theory.

Efforts are in days, 1 on average, and ``leads_per_day`` is then the load offered. Intervals are over
independent replications (``inference.py``); each is also required to be sharp.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import factorial
from typing import Any

import numpy as np
import pytest
from inference import assert_mean, t_interval
from numpy.typing import NDArray
from scipy.optimize import brentq
from small_scenarios import ALMOST_NEVER, MONTH, one_burst, queue, run, small_scenario

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

EXPONENTIAL = {"exponential": {"mean": 1.0}}
REPLICATIONS = 30


# ------------------------------------------------------------------------------------------------- formulas


def pollaczek_khinchine(load: float, variance: float) -> float:
    """Mean wait in M/G/1, mean service 1."""
    return load * (1 + variance) / (2 * (1 - load))


def erlang_c(servers: int, load: float) -> float:
    """Mean wait in M/M/c, mean service 1 and ``load`` in all."""
    rest = load**servers / factorial(servers) * servers / (servers - load)
    p_wait = rest / (sum(load**k / factorial(k) for k in range(servers)) + rest)
    return p_wait / (servers - load)


def erlang_arrivals(servers: int, load: float) -> float:
    """Mean wait in E_c/M/1: M/M/c when the servers take the arrivals in turn; ``load`` in all."""

    def root(sigma: float) -> float:
        return (load / (load + 1 - sigma)) ** servers - sigma

    sigma = float(brentq(root, 0, 1 - 1e-9))
    return sigma / (1 - sigma)


# ------------------------------------------------------------------------------------------------- measuring


def wait(replication: Replication) -> float:
    work = replication.tables["work"]
    measured = work["month"] > 0
    return float(work["wait_days"][measured].sum() / work["begun"][measured].sum())


def utilization(replication: Replication) -> float:
    work = replication.tables["work"]
    measured = work["month"] > 0
    return float(work["busy_days"][measured].sum() / work["available_days"][measured].sum())


def backlog(replication: Replication) -> float:
    work = replication.tables["work"]
    measured = work["month"] > 0
    return float(work["backlog_days"][measured].sum() / (len(set(work["month"][measured])) * MONTH))


def measured(
    scenario: Scenario, *measures: Callable[[Replication], float], replications: int = REPLICATIONS
) -> NDArray[np.float64]:
    """Each measure over the replications, shape (measures, replications)."""
    runs = (simulate(scenario, 1, k) for k in range(replications))
    return np.array([[measure(each) for measure in measures] for each in runs]).T


def meets(scenario: Scenario, *, wait_days: float, load: float, people: int = 1) -> None:
    waits, used, waiting = measured(scenario, wait, utilization, backlog)
    assert_mean(waits, wait_days)
    assert_mean(used, load / people, sharpness=0.02)
    assert_mean(waiting, load * wait_days, sharpness=0.06)  # Little's law: the number waiting is λW


# ------------------------------------------------------------------------------------------------- one server


@pytest.mark.slow
@pytest.mark.parametrize(
    ("effort", "variance"),
    [
        (EXPONENTIAL, 1.0),
        (1.0, 0.0),
        ({"lognormal": {"mean": 1.0, "sd": 0.5}}, 0.25),
    ],
    ids=["M/M/1", "M/D/1", "M/G/1 lognormal"],
)
def test_one_person_is_an_m_g_1_queue(effort: Any, variance: float) -> None:
    scenario = queue(leads_per_day=0.5, effort=effort, months=500)
    meets(scenario, wait_days=pollaczek_khinchine(0.5, variance), load=0.5)


@pytest.mark.slow
def test_hours_a_month_set_the_pace() -> None:
    # 140 selling hours a month, 3 hours a lead: 0.652 days each.
    service = 3 * MONTH / 140
    load = 0.5
    scenario = small_scenario(
        horizon_months=300,
        warm_up_months=12,
        channels={"web": {"enters_as": "MQL", "leads_per_month": load * 140 / 3, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "serve": {
                    "by": "AE",
                    "on": "MQL",
                    "effort_hours": {"exponential": {"mean": 3.0}},
                    "pass_probability": ALMOST_NEVER,
                    "to": "WIN",
                }
            }
        },
        people={"AE": {"hours_per_month": 140}},
    )
    waits, used = measured(scenario, wait, utilization)
    assert_mean(waits, service * pollaczek_khinchine(load, 1))
    assert_mean(used, load, sharpness=0.02)


# -------------------------------------------------------------------------------------------- several servers


def team(people: int, assignment: str) -> dict[str, Any]:
    return {"members": {"AE": people}, "assignment": assignment}


@pytest.mark.slow
@pytest.mark.parametrize(("people", "load"), [(2, 1.1), (3, 1.8)])
def test_first_free_is_an_m_m_c_queue(people: int, load: float) -> None:
    scenario = queue(
        leads_per_day=load, effort=EXPONENTIAL, months=1400 // people, team=team(people, "first_free")
    )
    meets(scenario, wait_days=erlang_c(people, load), load=load, people=people)


@pytest.mark.slow
@pytest.mark.parametrize(("people", "load"), [(2, 1.1)])
def test_round_robin_splits_the_queue_into_e_c_m_1_queues(people: int, load: float) -> None:
    scenario = queue(leads_per_day=load, effort=EXPONENTIAL, months=500, team=team(people, "round_robin"))
    meets(scenario, wait_days=erlang_arrivals(people, load), load=load, people=people)


def test_routing_in_turn_splits_the_queue_in_the_same_way() -> None:
    # Two teams of one person each are, for round-robin routing, one team of two with round-robin assignment.
    split = queue(leads_per_day=1.2, effort=EXPONENTIAL, months=200, team={"members": {"AE": 1}, "count": 2})
    assigned = queue(leads_per_day=1.2, effort=EXPONENTIAL, months=200, team=team(2, "round_robin"))
    assert wait(simulate(split, 1, 0)) == pytest.approx(wait(simulate(assigned, 1, 0)), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["assignment", "routing"])
def test_least_loaded_is_between_pooled_and_split(level: str) -> None:
    # Joining the shorter of two queues beats taking turns and is beaten by one queue; paired, as the same
    # leads ask for the same efforts.
    def pooled(rule: str) -> Scenario:
        return queue(leads_per_day=1.4, effort=EXPONENTIAL, months=100, team=team(2, rule))

    def apart(rule: str) -> Scenario:
        make = {"members": {"AE": 1}, "count": 2}
        return queue(leads_per_day=1.4, effort=EXPONENTIAL, months=100, team=make, routing=rule)

    shorter = pooled("least_loaded") if level == "assignment" else apart("least_loaded")
    (one,) = measured(pooled("first_free"), wait, replications=12)
    (short,) = measured(shorter, wait, replications=12)
    (turns,) = measured(pooled("round_robin"), wait, replications=12)
    for better, worse in ((one, short), (short, turns)):
        gain, half = t_interval(worse - better)
        assert gain - half > 0


def test_teams_of_unlike_size_get_leads_in_proportion() -> None:
    scenario = small_scenario(
        channels={"web": {"enters_as": "MQL", "leads_per_month": 100, "tiers": {"t": 1}}},
        organization={"teams": {"big": {"members": {"AE": 3}}, "small": {"members": {"AE": 1}}}},
    )
    log = run(scenario).log
    assert log is not None
    ready = [event.detail for event in log if event.kind == "ready"]
    whole = len(ready) // 4 * 4
    assert ready[:whole].count("big#1/AE") == 3 * ready[:whole].count("small#1/AE")


# ------------------------------------------------------------------------------------------------- discipline

HIGH, LOW = 0.25, 0.25


@cache
def two_classes(discipline: str) -> Scenario:
    """Leads that enter at an early and at a late step of the same person."""
    step = {"by": "AE", "effort_hours": EXPONENTIAL, "pass_probability": ALMOST_NEVER, "to": "WIN"}
    return small_scenario(
        horizon_months=450,
        warm_up_months=12,
        channels={
            "early": {"enters_as": "MQL", "leads_per_month": LOW * MONTH, "tiers": {"t": 1}},
            "late": {"enters_as": "SQL", "leads_per_month": HIGH * MONTH, "tiers": {"t": 1}},
        },
        journeys={"t": {"first": {"on": "MQL"} | step, "second": {"on": "SQL"} | step}},
        organization={"teams": {"sales": {"members": {"AE": 1}, "discipline": discipline}}},
    )


def waits_by_step(replication: Replication) -> tuple[float, float]:
    """Mean wait at ``first`` and ``second``, of the leads begun after the warm-up, from the event log."""
    ready: dict[tuple[str, int], float] = {}
    waits: dict[str, list[float]] = {"first": [], "second": []}
    for event in replication.log or ():
        lead = (event.channel, event.number)
        if event.kind == "ready":
            ready[lead] = event.time_days
        elif event.kind == "start" and event.time_days >= 12 * MONTH:
            waits[event.step].append(event.time_days - ready[lead])
    return float(np.mean(waits["first"])), float(np.mean(waits["second"]))


@pytest.mark.slow
def test_latest_stage_first_is_a_priority_queue() -> None:
    """Cobham (1954): non-preemptive priorities wait W0/(1 − ρ₁) and W0/((1 − ρ₁)(1 − ρ)), W0 = ρ here."""
    load = HIGH + LOW
    waits = [waits_by_step(run(two_classes("latest_stage_first"), 1, k)) for k in range(REPLICATIONS)]
    early, late = np.array(waits).T
    assert_mean(late, load / (1 - HIGH))
    assert_mean(early, load / ((1 - HIGH) * (1 - load)))


@pytest.mark.slow
def test_the_discipline_moves_waits_about_but_makes_no_work() -> None:
    fifo, latest = (run(two_classes(name)) for name in ("fifo", "latest_stage_first"))
    # Work conserving: the same person is busy at the same times, whoever is served.
    assert latest.tables["work"]["busy_days"] == pytest.approx(fifo.tables["work"]["busy_days"], abs=1e-6)
    early, late = waits_by_step(fifo)
    sooner, later = waits_by_step(latest)[::-1]
    assert sooner < late
    assert later > early


def test_no_wait_where_there_are_people_enough() -> None:
    scenario = queue(leads_per_day=0.5, effort=EXPONENTIAL, months=24, team={"members": {"AE": 40}})
    work = simulate(scenario, 1, 0).tables["work"]
    assert work["wait_days"].sum() == 0
    assert work["backlog_days"].sum() == 0


def test_formulas_are_the_ones_in_the_books() -> None:
    # M/M/1 three ways; M/M/2 at load 1 waits 1/3 (Gross & Harris).
    assert erlang_c(1, 0.6) == pytest.approx(pollaczek_khinchine(0.6, 1)) == pytest.approx(0.6 / 0.4)
    assert erlang_arrivals(1, 0.6) == pytest.approx(1.5)
    assert erlang_c(2, 1) == pytest.approx(1 / 3)


def test_least_loaded_counts_the_work_at_hand() -> None:
    # The first lead keeps AE#1 for ten days, the second AE#2 for one. On day five AE#2 is the one to go to,
    # though nothing waits for either and AE#2 was given a lead last.
    def channel(state: str) -> dict[str, Any]:
        return one_burst(1, enters_as=state)

    scenario = small_scenario(
        horizon_months=1,
        channels={"a_long": channel("SAL"), "b_short": channel("SQL"), "c_later": channel("MQL")},
        journeys={
            "t": {
                "think": {"by": "nobody", "on": "MQL", "to": "SQL", "buyer_delay_days": 5.0},
                "short": {"by": "AE", "on": "SQL", "effort_hours": 1.0, "to": "WIN"},
                "long": {"by": "AE", "on": "SAL", "effort_hours": 10.0, "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"AE": 2}, "assignment": "least_loaded"}}},
    )
    started = [(e.channel, e.detail[-1]) for e in run(scenario).log or () if e.kind == "start"]
    assert started == [("a_long", "1"), ("b_short", "2"), ("c_later", "2")]
