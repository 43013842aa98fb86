"""Identities that hold in every replication (long: one function for each identity of each table).

Nothing is lost and nothing made up. ``assert_balances`` holds for every scenario; what holds only where MRR
is the price times the customers, or where all work is in the log, has a function of its own.
"""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import log_reader
import numpy as np
import pytest
from small_scenarios import MONTH

from simsales.model import Replication, simulate
from simsales.scenario import Scenario
from simsales.scenario.schema.fields import STATES

ROUNDING = 1e-6
"""Of amounts and times that were summed up along another way; counts are held against each other exactly."""
OPENING = "opening"
SQL, WIN = STATES.index("SQL"), STATES.index("WIN")

Row = dict[str, Any]


def rows(replication: Replication, table: str) -> list[Row]:
    found = replication.tables[table]
    return [dict(zip(found.columns, values, strict=True)) for values in found.rows()]


def near(amount: float) -> Any:
    """The amount, but for rounding."""
    return pytest.approx(amount, rel=1e-9, abs=ROUNDING)


def assert_balances(scenario: Scenario, replication: Replication) -> None:
    """What holds in every scenario. The replication must have its event log."""
    numbers_are_finite_and_not_negative(replication)
    lives_are_in_order(replication)
    funnel_and_losses_are_those_of_the_log(replication)
    cohorts_are_those_of_the_log(replication)
    leads_are_lost_left_or_inside(scenario, replication)
    wins_are_live_waiting_or_gone(replication)
    months_of_the_ledger_close(scenario, replication)
    new_and_lost_customers_are_those_of_the_log(replication)
    movements_are_those_of_the_ledger_and_the_log(replication)


def assert_log_only_observes(scenario: Scenario, seed: int, logged: Replication) -> None:
    """Without a log, leads that take no time are counted in bulk: to the same effect."""
    plain = simulate(scenario, seed, logged.replication)
    assert plain.log is None
    assert plain.tables == logged.tables


def assert_pure_and_picklable(scenario: Scenario, seed: int, logged: Replication) -> None:
    """A replication is a pure function of picklable values, and picklable itself."""
    again = simulate(pickle.loads(pickle.dumps(scenario)), seed, logged.replication, log=True)
    assert again == logged
    assert pickle.loads(pickle.dumps(logged)) == logged


def numbers_are_finite_and_not_negative(replication: Replication) -> None:
    for kind, table in replication.tables.items():
        for name in table.columns:
            if name != "month" and table[name].dtype.kind in "if":
                assert np.isfinite(table[name]).all(), (kind, name)
                if name == "margin":
                    continue
                # Deferred revenue of customers who have gone may leave the crumbs of a float.
                crumbs = ROUNDING if name == "deferred_closing" else 0.0
                assert (table[name] >= -crumbs).all(), (kind, name)


def lives_are_in_order(replication: Replication) -> None:
    """A lead enters once, and ends once; only a customer who has left may return."""
    for life in log_reader.events_by_lead(replication).values():
        kinds = [e.kind for e in life]
        assert kinds[0] == "enter"
        assert kinds.count("enter") == 1
        assert kinds.count("lost") <= 1
        for event, following in pairwise(kinds):
            assert event != "lost", "something happened to a lead after its end"
            assert event != "leave" or following == "return", "something happened to a customer who had left"
            assert following != "return" or event == "leave"
        reached = [STATES.index(e.detail) for e in life if e.kind in ("enter", "state")]
        if "nurture" not in kinds:
            assert all(before < after for before, after in pairwise(reached)), "a state was entered twice"
        assert reached.count(WIN) <= 1
        customer = max(reached) >= WIN
        assert customer or "leave" not in kinds, "somebody left who was no customer"
        assert not customer or "lost" not in kinds, "a customer was lost as a lead"


def funnel_and_losses_are_those_of_the_log(replication: Replication) -> None:
    counted: Counter[tuple[Any, ...]] = Counter()
    losses: Counter[tuple[Any, ...]] = Counter()
    days: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    for life in log_reader.events_by_lead(replication).values():
        furthest = -1
        for e in life:
            key = (log_reader.month_of(e, replication), e.channel, e.tier)
            age = e.time_days - life[0].time_days
            if e.kind == "enter":
                counted[(*key, "came_in")] += 1
            if e.kind in ("enter", "state") and STATES.index(e.detail) > furthest:
                furthest = STATES.index(e.detail)
                # What the opening's leads had reached before the simulation is nobody's work here.
                if e.kind == "state" or e.channel != OPENING:
                    counted[(*key, e.detail.lower())] += 1
            if e.kind == "state" and e.detail == "WIN":
                days[(*key, "won_days")] += age
            if e.kind == "nurture":
                counted[(*key, "nurtured")] += 1
            if e.kind == "lost":
                losses[(*key, e.step, e.detail)] += 1
                counted[(*key, "lost")] += 1
                if furthest >= SQL:
                    counted[(*key, "opportunities_lost")] += 1
                    days[(*key, "opportunities_lost_days")] += age
    table = rows(replication, "funnel")
    assert len({(row["month"], row["channel"], row["tier"]) for row in table}) == len(table)
    for row in table:
        for name, value in row.items():
            key = (row["month"], row["channel"], row["tier"])
            if name in ("came_in", "lost", "opportunities_lost", "nurtured", *map(str.lower, STATES)):
                assert value == counted.pop((*key, name), 0), (*key, name)
            elif name.endswith("_days"):
                assert value == pytest.approx(days[(*key, name)], abs=ROUNDING)
    assert not counted
    assert {row[:5]: row[5] for row in replication.tables["losses"].rows()} == losses


def cohorts_are_those_of_the_log(replication: Replication) -> None:
    """By the month in which a lead came in: the states that it came to, and the furthest of the lost.

    Who comes back from nurture to a state behind the one in which it entered has been further before: nothing
    to count.
    """
    reached: Counter[tuple[object, ...]] = Counter()
    lost: Counter[tuple[object, ...]] = Counter()
    for life in log_reader.events_by_lead(replication).values():
        key = (log_reader.month_of(life[0], replication), life[0].channel, life[0].tier)
        entered, furthest = STATES.index(life[0].detail), ""
        for state in sorted({e.detail for e in life if e.kind in ("enter", "state")}, key=STATES.index):
            if STATES.index(state) >= entered:
                reached[(*key, state)] += 1
                furthest = state
        if life[-1].kind == "lost":
            lost[(*key, furthest)] += 1
    cohorts = replication.tables["cohorts"]
    found = [(row[:3], row[4:]) for row in cohorts.rows()]
    assert {(*key, state): n for key, (state, n, _) in found} == reached
    assert {(*key, state): n for key, (state, _, n) in found if n} == lost


def leads_are_lost_left_or_inside(scenario: Scenario, replication: Replication) -> None:
    """Who came in is lost, has left, or is in the pipeline, in the state that the log says."""
    inside: Counter[tuple[str, str]] = Counter()
    for row in rows(replication, "pipeline"):
        inside[row["channel"], row["tier"]] += row["inside"]
    for row in rows(replication, "funnel"):
        inside[row["channel"], row["tier"]] -= row["came_in"] - row["lost"]
    for e in log_reader.events(replication):
        inside[e.channel, e.tier] += (e.kind == "leave") - (e.kind == "return")
    assert not any(inside.values())
    states = {row[:3]: row[3] for row in replication.tables["pipeline"].rows()}
    assert {key: number for key, number in states.items() if number} == log_reader.final_states(
        replication, scenario
    )


def wins_are_live_waiting_or_gone(replication: Replication) -> None:
    wins: Counter[str] = Counter()
    live: Counter[str] = Counter()
    left_before: Counter[str] = Counter()
    for life in log_reader.events_by_lead(replication).values():
        reached = [e.detail for e in life if e.kind == "state"]
        gone = any(e.kind == "leave" for e in life)
        wins[life[0].tier] += "WIN" in reached
        live[life[0].tier] += "LIVE" in reached
        left_before[life[0].tier] += gone and "WIN" in reached and "LIVE" not in reached
    waiting: Counter[str] = Counter()
    for row in rows(replication, "pipeline"):
        waiting[row["tier"]] += row["inside"] if row["state"] == "WIN" else 0
    for tier in wins:
        assert wins[tier] == live[tier] + waiting[tier] + left_before[tier]


def months_of_the_ledger_close(scenario: Scenario, replication: Replication) -> None:
    """What a month ends with it began with, plus what came, minus what went; and so begins the next."""
    opening = {} if scenario.opening is None else scenario.opening.customers
    before: dict[str, Row] = {}
    ledger = rows(replication, "ledger")
    assert len(ledger) == len(scenario.tiers) * (scenario.warm_up_months + scenario.horizon_months)
    for row in ledger:
        tier = row["tier"]
        last = before.get(tier)
        if last is None:
            assert row["month"] == 1 - scenario.warm_up_months
            assert row["customers_opening"] == (opening[tier].customers if tier in opening else 0)
            if not row["customers_opening"]:
                assert row["mrr_opening"] == 0
        else:
            assert row["month"] == last["month"] + 1
            assert row["customers_opening"] == last["customers_closing"]
            assert row["mrr_opening"] == near(last["mrr_closing"])
            assert row["deferred_closing"] == near(
                last["deferred_closing"] + row["receipts"] - row["revenue"]
            )
        gains = row["mrr_new"] + row["mrr_expansion"] + row["mrr_reactivation"]
        losses = row["mrr_contraction"] + row["mrr_churned"]
        assert row["mrr_closing"] == near(row["mrr_opening"] + gains - losses)
        came = row["customers_new"] + row["customers_reactivated"]
        assert row["customers_closing"] == row["customers_opening"] + came - row["customers_churned"]
        before[tier] = row
    customers: Counter[str] = Counter()
    for (_, tier, state), number in log_reader.final_states(replication, scenario).items():
        customers[tier] += number if state in ("WIN", "LIVE") else 0
    assert {tier: row["customers_closing"] for tier, row in before.items()} == {
        tier: customers[tier] for tier in before
    }


def new_and_lost_customers_are_those_of_the_log(replication: Replication) -> None:
    counted: Counter[tuple[Any, ...]] = Counter()
    for e in log_reader.events(replication):
        kind = {"leave": "churned", "return": "reactivated"}.get(e.kind)
        if e.kind == "state" and e.detail == "WIN":
            kind = "new"
        if kind is not None:
            counted[log_reader.month_of(e, replication), e.tier, kind] += 1
    for row in rows(replication, "ledger"):
        for kind in ("new", "churned", "reactivated"):
            assert row[f"customers_{kind}"] == counted.pop((row["month"], row["tier"], kind), 0)
    assert not counted


MOVEMENT = {
    "sign": "new",
    "expansion": "expansion",
    "contraction": "contraction",
    "leave": "churn",
    "return": "reactivation",
}
COLUMNS = {
    "new": ("customers_new", "mrr_new"),
    "expansion": (None, "mrr_expansion"),
    "contraction": (None, "mrr_contraction"),
    "churn": ("customers_churned", "mrr_churned"),
    "reactivation": ("customers_reactivated", "mrr_reactivation"),
}


def movements_are_those_of_the_ledger_and_the_log(replication: Replication) -> None:
    customers: Counter[tuple[Any, ...]] = Counter()
    mrr: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    contracts = {(e.channel, e.number): e.step for e in log_reader.of_kind(replication, "sign")}
    for e in log_reader.events(replication):
        if e.kind in MOVEMENT:
            cause = e.step
            if e.kind == "return":  # under the contract that it had; that of the opening's is not in the log
                cause = contracts.get((e.channel, e.number), "?")
            key = (log_reader.month_of(e, replication), e.tier, MOVEMENT[e.kind], cause)
            customers[key] += 1
            mrr[key] += e.mrr
    unknown = {key[:3] for key in customers if key[3] == "?"}
    table = rows(replication, "movements")
    assert len({(r["month"], r["tier"], r["movement"], r["cause"]) for r in table}) == len(table)
    sums: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    for row in table:
        what = (row["month"], row["tier"], row["movement"])
        sums[(*what, "mrr")] += row["mrr"]
        sums[(*what, "customers")] += row["customers"]
        if what not in unknown:
            assert row["customers"] == customers.pop((*what, row["cause"]))
            assert row["mrr"] == near(mrr[(*what, row["cause"])])
    assert {key[:3] for key in customers} == unknown
    for row in rows(replication, "ledger"):
        for movement, (count, amount) in COLUMNS.items():
            what = (row["month"], row["tier"], movement)
            assert row[amount] == near(sums[(*what, "mrr")])
            if count is not None:
                assert row[count] == sums[(*what, "customers")]


def assert_mrr_is_price_times_customers(scenario: Scenario, replication: Replication) -> None:
    """Where nothing moves a price, from its list price to what a customer pays."""
    signed: dict[tuple[str, int], float] = {}
    parts: defaultdict[tuple[int, str], float] = defaultdict(float)
    for e in log_reader.of_kind(replication, "state"):
        if e.detail == "WIN":
            month = log_reader.month_of(e, replication)
            part = month + replication.warm_up_months - e.time_days / MONTH
            signed[e.channel, e.number] = part
            parts[month, e.tier] += part
    # Who leaves has its last month up to the day of signature.
    for e in log_reader.of_kind(replication, "leave"):
        parts[log_reader.month_of(e, replication), e.tier] -= signed.get((e.channel, e.number), 0.0)
    for row in rows(replication, "ledger"):
        price = scenario.tiers[row["tier"]].price_per_month
        for what in ("opening", "new", "churned", "closing"):
            assert row[f"mrr_{what}"] == pytest.approx(price * row[f"customers_{what}"], rel=1e-9)
        assert row["revenue"] == near(price * (row["customers_opening"] + parts[row["month"], row["tier"]]))


def assert_queues_balance(scenario: Scenario, replication: Replication, *, all_logged: bool) -> None:
    """Waits, backlogs and work of every desk and month, recomputed from the log by integration.

    Who waits at a desk (a lead, or a colleague's seat) begins, leaves or goes cold there. Care of customers,
    and work on one who leaves meanwhile, is work that the log does not tell; so are, unless ``all_logged``,
    meetings in vain and those who sit in.
    """
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
        for month in range(first, min(last, months)):
            # At a month's end, who leaves is gone; who is taken up at that very instant was still waiting.
            left_over[month, stay.desk] += stay.until > (month + 1) * MONTH or stay.ended_by != "leave"
        if stay.ended_by == "start":
            waited[last, stay.desk] += stay.until - stay.ready
            begun[last, stay.desk] += 1
    if all_logged:
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
    work = rows(replication, "work")
    assert len(work) == months * len({(row["team"], row["role"]) for row in work})
    for row in work:
        key = (row["month"] - 1 + scenario.warm_up_months, f"{row['team']}/{row['role']}")
        assert row["begun"] == begun.pop(key, 0)
        assert row["wait_days"] == pytest.approx(waited[key], abs=ROUNDING)
        assert row["backlog_days"] == pytest.approx(area[key], abs=ROUNDING)
        assert row["waiting_end"] == left_over[key]
        assert row["available_days"] == row["people"] * MONTH
        assert row["busy_days"] <= row["available_days"] + ROUNDING
        assert row["busy_days"] >= busy[key] - ROUNDING
        if all_logged and row["role"] not in caring and not onboarding_can_break_off:
            assert row["busy_days"] == pytest.approx(busy[key], abs=ROUNDING)
    assert not begun
