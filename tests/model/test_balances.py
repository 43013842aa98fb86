"""Nothing is lost and nothing made up: the identities that hold in every scenario, random ones included."""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from itertools import pairwise

import log_reader
import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from random_scenarios import Data, scenarios
from small_scenarios import MONTH, small_scenario

from simsales.model import Replication, Table, simulate
from simsales.scenario import Scenario
from simsales.scenario.parts import STATES

ROUNDING = 1e-6
"""Of amounts and times that were summed up along another way; counts are held against each other exactly."""


@pytest.mark.slow
@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(scenarios(), st.integers(0, 3))
def test_the_books_of_a_random_scenario_balance(scenario: Scenario, replication: int) -> None:
    logged = simulate(scenario, 9, replication, log=True)
    event("with wins" if logged.tables["funnel"]["win"].sum() else "without wins")
    assert_books_balance(scenario, logged)
    assert_queues_balance(scenario, logged)
    # A log only looks on; without one, leads that take no time are counted in bulk, to the same effect.
    plain = simulate(scenario, 9, replication)
    assert plain.log is None
    assert plain.tables == logged.tables
    if replication == 0:
        # A replication is a pure function of picklable values, and is picklable itself.
        again = simulate(pickle.loads(pickle.dumps(scenario)), 9, replication, log=True)
        assert again == logged
        assert pickle.loads(pickle.dumps(logged)) == logged


def assert_books_balance(scenario: Scenario, replication: Replication) -> None:
    """Hold the funnel, ledger, losses and pipeline against the log and against themselves."""
    tables = replication.tables
    for table in tables.values():
        assert_no_negative_numbers(table)
    funnel_meets_the_log(replication)
    cohorts_meet_the_log(replication)
    leads_in_are_lost_won_or_inside(replication)
    wins_are_live_waiting_or_gone(replication)
    months_close(scenario, replication)


def assert_no_negative_numbers(table: Table) -> None:
    for name in table.columns:
        if name != "month" and table[name].dtype.kind in "if":
            assert np.isfinite(table[name]).all()
            assert (table[name] >= 0).all(), name


def cohorts_meet_the_log(replication: Replication) -> None:
    """By the month in which a lead came in: the states that it has been in, and the furthest of the lost."""
    reached: Counter[tuple[object, ...]] = Counter()
    lost: Counter[tuple[object, ...]] = Counter()
    for life in log_reader.events_by_lead(replication).values():
        key = (log_reader.month_of(life[0], replication), life[0].channel, life[0].tier)
        been = {e.detail for e in life if e.kind in ("enter", "state")}
        reached.update((*key, state) for state in been)
        if life[-1].kind == "lost":
            lost[(*key, max(been, key=STATES.index))] += 1
    cohorts = replication.tables["cohorts"]
    found = [(row[:3], row[4:]) for row in cohorts.rows()]
    assert {(*key, state): n for key, (state, n, _) in found} == reached
    assert {(*key, state): n for key, (state, _, n) in found if n} == lost


def funnel_meets_the_log(replication: Replication) -> None:
    funnel = replication.tables["funnel"]
    entered = log_reader.states_entered(replication)
    came_in = Counter(
        (log_reader.month_of(e, replication), e.channel, e.tier)
        for e in log_reader.of_kind(replication, "enter")
    )
    losses: Counter[tuple[object, ...]] = Counter()
    won_days: defaultdict[tuple[object, ...], float] = defaultdict(float)
    opportunities: Counter[tuple[object, ...]] = Counter()
    opportunity_days: defaultdict[tuple[object, ...], float] = defaultdict(float)
    for life in log_reader.events_by_lead(replication).values():
        state = ""
        for e in life:
            month = (log_reader.month_of(e, replication), e.channel, e.tier)
            if e.kind in ("enter", "state"):
                state = e.detail
            if e.kind == "state" and state == "WIN":
                won_days[month] += e.time_days - life[0].time_days
            if e.kind == "lost":
                losses[(*month, e.step, e.detail)] += 1
                if state in ("SQL", "SAL"):
                    opportunities[month] += 1
                    opportunity_days[month] += e.time_days - life[0].time_days
    rows = {row[:3]: dict(zip(funnel.columns, row, strict=True)) for row in funnel.rows()}
    assert len(rows) == len(funnel)
    for key, row in rows.items():
        assert row["came_in"] == came_in.pop(key, 0)
        for state in STATES:
            assert row[state.lower()] == entered.pop((*key, state), 0)
        assert row["won_days"] == pytest.approx(won_days[key], abs=ROUNDING)
        assert row["opportunities_lost"] == opportunities[key]
        assert row["opportunities_lost_days"] == pytest.approx(opportunity_days[key], abs=ROUNDING)
        assert row["lost"] == sum(number for place, number in losses.items() if place[:3] == key)
    assert not came_in
    assert not entered
    assert {row[:5]: row[5] for row in replication.tables["losses"].rows()} == losses


def leads_in_are_lost_won_or_inside(replication: Replication) -> None:
    funnel, pipeline = replication.tables["funnel"], replication.tables["pipeline"]
    left = Counter((e.channel, e.tier) for e in log_reader.of_kind(replication, "leave"))
    totals: Counter[tuple[str, str]] = Counter()
    inside: Counter[tuple[str, str]] = Counter()
    for channel, tier, came, lost in zip(
        *(funnel[c].tolist() for c in ("channel", "tier", "came_in", "lost")), strict=True
    ):
        totals[channel, tier] += came - lost
    for channel, tier, _, number in pipeline.rows():
        inside[channel, tier] += number
    for key, remaining in totals.items():
        assert remaining == inside[key] + left[key]
    states = {row[:3]: row[3] for row in pipeline.rows()}
    assert {key: number for key, number in states.items() if number} == log_reader.final_states(replication)
    for life in log_reader.events_by_lead(replication).values():
        ends = [i for i, e in enumerate(life) if e.kind in ("lost", "leave")]
        assert len(ends) <= 1
        assert not ends or ends[0] == len(life) - 1, "something happened to a lead after its end"
        assert life[0].kind == "enter"
        assert sum(e.kind == "enter" for e in life) == 1


def wins_are_live_waiting_or_gone(replication: Replication) -> None:
    wins: Counter[str] = Counter()
    lives: Counter[str] = Counter()
    for life in log_reader.events_by_lead(replication).values():
        reached = [e.detail for e in life if e.kind == "state"]
        gone = life[-1].kind == "leave"
        assert reached.count("WIN") <= 1
        assert reached.count("LIVE") <= 1
        assert not gone or "WIN" in reached, "somebody left who was no customer"
        assert "WIN" not in reached or life[-1].kind != "lost", "a customer was lost as a lead"
        wins[life[0].tier] += "WIN" in reached
        lives[life[0].tier] += "LIVE" in reached
        wins[f"{life[0].tier}, left before LIVE"] += gone and "LIVE" not in reached
    pipeline = replication.tables["pipeline"]
    for tier in set(pipeline["tier"].tolist()):
        waiting = pipeline["inside"][(pipeline["tier"] == tier) & (pipeline["state"] == "WIN")].sum()
        assert wins[tier] == lives[tier] + waiting + wins[f"{tier}, left before LIVE"]


def months_close(scenario: Scenario, replication: Replication) -> None:
    ledger = replication.tables["ledger"]
    new = Counter(
        (log_reader.month_of(e, replication), e.tier)
        for e in log_reader.of_kind(replication, "state")
        if e.detail == "WIN"
    )
    left = Counter(
        (log_reader.month_of(e, replication), e.tier) for e in log_reader.of_kind(replication, "leave")
    )
    revenue: defaultdict[tuple[int, str], float] = defaultdict(float)
    for e in log_reader.of_kind(replication, "state"):
        if e.detail == "WIN":
            month = log_reader.month_of(e, replication)
            end = (month - 1 + replication.warm_up_months + 1) * MONTH
            revenue[month, e.tier] += (end - e.time_days) / MONTH
    closing: dict[str, tuple[int, float]] = dict.fromkeys(scenario.tiers, (0, 0.0))
    assert len(ledger) == len(scenario.tiers) * (scenario.warm_up_months + scenario.horizon_months)
    for values in ledger.rows():
        row = dict(zip(ledger.columns, values, strict=True))
        tier, month = row["tier"], row["month"]
        price = scenario.tiers[tier].price_per_month
        money = pytest.approx(closing[tier][1], rel=1e-9)
        assert row["customers_opening"] == closing[tier][0]
        assert row["mrr_opening"] == money
        assert row["customers_new"] == new[month, tier]
        assert row["customers_churned"] == left[month, tier]
        movement = row["customers_new"] - row["customers_churned"]
        assert row["customers_closing"] == row["customers_opening"] + movement
        assert row["mrr_closing"] == pytest.approx(
            row["mrr_opening"] + row["mrr_new"] - row["mrr_churned"], rel=1e-9, abs=ROUNDING
        )
        assert row["mrr_new"] == pytest.approx(price * row["customers_new"], rel=1e-9)
        assert row["mrr_closing"] == pytest.approx(price * row["customers_closing"], rel=1e-9)
        assert row["revenue"] == pytest.approx(
            price * (row["customers_opening"] + revenue[month, tier]), rel=1e-9, abs=ROUNDING
        )
        closing[tier] = (row["customers_closing"], row["mrr_closing"])
    for (channel, tier, _), number in log_reader.final_states(replication).items():
        assert channel in scenario.channels
        assert number >= 0
        assert tier in closing
    customers: Counter[str] = Counter()
    for (_, tier, state), number in log_reader.final_states(replication).items():
        customers[tier] += number if state in ("WIN", "LIVE") else 0
    assert {tier: number for tier, (number, _) in closing.items()} == {t: customers[t] for t in closing}


def assert_queues_balance(scenario: Scenario, replication: Replication) -> None:
    """Waits, backlogs and work of every desk and month, recomputed from the log by integration."""
    work = replication.tables["work"]
    months = scenario.warm_up_months + scenario.horizon_months
    area: defaultdict[tuple[int, str], float] = defaultdict(float)
    waited: defaultdict[tuple[int, str], float] = defaultdict(float)
    begun: Counter[tuple[int, str]] = Counter()
    left_over: Counter[tuple[int, str]] = Counter()
    busy: defaultdict[tuple[int, str], float] = defaultdict(float)
    for stay in log_reader.stays(replication):
        first, last = int(stay.ready // MONTH), int(stay.until // MONTH)
        for month in range(first, min(last + 1, months)):
            area[month, stay.desk] += log_reader.overlap(stay.ready, stay.until, month)
        for month in range(first, last):
            # At a month's end, who leaves is gone; who is taken up at that very instant was still waiting.
            left_over[month, stay.desk] += stay.until > (month + 1) * MONTH or stay.ended_by != "leave"
        if stay.ended_by == "start":
            waited[last, stay.desk] += stay.until - stay.ready
            begun[last, stay.desk] += 1
    by_person: defaultdict[str, list[log_reader.Work]] = defaultdict(list)
    for stretch in log_reader.work(replication):
        by_person[stretch.person].append(stretch)
        for month in range(int(stretch.start // MONTH), min(int(stretch.end // MONTH) + 1, months)):
            desk = stretch.person.rsplit("#", 1)[0]
            busy[month, desk] += log_reader.overlap(stretch.start, stretch.end, month)
    for person, stretches in by_person.items():
        stretches.sort(key=lambda each: (each.start, each.end))
        for one, following in pairwise(stretches):
            assert one.end <= following.start, f"{person} does two things at once"

    caring = {tier.care.by for tier in scenario.tiers.values() if tier.care is not None}
    onboarding_can_break_off = any(tier.churn_per_month > 0 for tier in scenario.tiers.values())
    assert len(work) == months * len({(t, r) for t, r in zip(work["team"], work["role"], strict=True)})
    for values in work.rows():
        row = dict(zip(work.columns, values, strict=True))
        key = (row["month"] - 1 + scenario.warm_up_months, f"{row['team']}/{row['role']}")
        assert row["begun"] == begun[key]
        assert row["wait_days"] == pytest.approx(waited[key], abs=ROUNDING)
        assert row["backlog_days"] == pytest.approx(area[key], abs=ROUNDING)
        assert row["waiting_end"] == left_over[key]
        assert row["available_days"] == row["people"] * MONTH
        assert row["busy_days"] <= row["available_days"] + ROUNDING
        # Care of the base, and work on a customer who leaves meanwhile, is work that the log does not tell.
        assert row["busy_days"] >= busy[key] - ROUNDING
        if row["role"] not in caring and not onboarding_can_break_off:
            assert row["busy_days"] == pytest.approx(busy[key], abs=ROUNDING)


# ----------------------------------------------------------------------------------- what chance seldom meets


def balanced_or_refused(journey: Data, **parts: object) -> None:
    """The journey is either refused by the schema, or its books balance, with and without a log."""
    try:
        scenario = small_scenario(
            tiers={"t": {"price_per_month": 100, "churn_per_month": 0.3}},
            channels={"web": {"enters_as": "MQL", "leads_per_month": 40, "tiers": {"t": 1}}},
            journeys={"t": journey},
            **parts,
        )
    except ValidationError:
        return
    logged = simulate(scenario, 1, 0, log=True)
    assert simulate(scenario, 1, 0).tables == logged.tables
    assert_books_balance(scenario, logged)


def test_a_customer_who_fails_a_step_is_not_counted_out_twice() -> None:
    sell = {"by": "AE", "on": "MQL", "pass_probability": 0.5, "to": "WIN"}
    balanced_or_refused({"sell": sell, "onboard": {"by": "AE", "pass_probability": 0.5, "to": "LIVE"}})


def test_a_self_service_customer_who_fails_to_activate_has_still_signed() -> None:
    # Steps by nobody are counted in bulk when there is no log: a signature among them must not be forgotten.
    sign_up = {"by": "nobody", "on": "MQL", "pass_probability": 0.5, "to": "WIN"}
    balanced_or_refused(
        {"sign_up": sign_up, "activate": {"by": "nobody", "pass_probability": 0.5, "to": "LIVE"}}
    )


@pytest.mark.parametrize("again", ["MQL", "WIN", "LIVE"])
def test_a_state_is_entered_once_even_if_a_step_names_it_again(again: str) -> None:
    steps: Data = {}
    for state, to in (("MQL", "WIN"), ("WIN", "LIVE"), ("LIVE", None)):
        if state == again:
            steps[f"again_{state}"] = {"by": "AE", "on": state, "to": state}
        if to is not None:
            steps[f"to_{to}"] = {"by": "AE", "on": state, "to": to}
    care = {"by": "AE", "effort_hours_per_month": 0.1}
    try:
        scenario = small_scenario(
            tiers={"t": {"price_per_month": 100, "churn_per_month": 0.3, "care": care}},
            journeys={"t": steps},
        )
    except ValidationError:
        return
    replication = simulate(scenario, 1, 0, log=True)
    for life in log_reader.events_by_lead(replication).values():
        reached = [e.detail for e in life if e.kind in ("enter", "state")]
        assert len(reached) == len(set(reached)), reached
    assert_books_balance(scenario, replication)


def test_thinning_in_bulk_changes_nothing() -> None:
    """Nobody's steps at the entry, with and without delay, up to WIN and past it; over several blocks."""
    nobody = {"by": "nobody"}
    scenario = small_scenario(
        tiers={"self": {"price_per_month": 9, "churn_per_month": 0.1}, "smb": {"price_per_month": 100}},
        channels={
            "web": {"enters_as": "Suspect", "leads_per_month": 2000, "tiers": {"self": 0.6, "smb": 0.4}},
            "fair": {
                "enters_as": "Prospect",
                "leads_per_month": 5,
                "arrivals": "start_of_month",
                "tiers": {"self": 1},
            },
        },
        journeys={
            "self": {
                "visit": nobody | {"on": "Suspect", "pass_probability": 0.3, "to": "Prospect"},
                "try": nobody
                | {"pass_probability": 0.5, "buyer_delay_days": {"uniform": {"low": 0, "high": 14}}},
                "buy": nobody | {"pass_probability": 0.5, "to": "WIN"},
                "use": nobody | {"to": "LIVE"},
            },
            "smb": {
                "visit": nobody | {"on": "Suspect", "pass_probability": 0.1, "to": "MQL"},
                "sell": {"by": "AE", "effort_hours": 0.05, "pass_probability": 0.5, "to": "WIN"},
            },
        },
    )
    logged = simulate(scenario, 1, 0, log=True)
    assert simulate(scenario, 1, 0).tables == logged.tables
    assert_books_balance(scenario, logged)
    assert logged.tables["funnel"]["came_in"].sum() > 3 * 2048
