"""Context lost at a hand-off, and gained when somebody knew the customer before the sale."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_proportion
from scipy import stats
from small_scenarios import one_burst, run, small_scenario

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

POD = {"pod": {"count": 2, "members": {"MDR": 30, "AE": 30, "CSM": 30}}}
SILO = {"a": {"members": {"MDR": 60}}, "b": {"members": {"AE": 60}}, "c": {"members": {"CSM": 60}}}

HOURS = {"qualify": 1.0, "demo": 2.0, "close": 4.0, "onboard": 8.0}
"""Days, by the hours of these small scenarios."""


def path(
    teams: Any, within: Any = None, across: Any = None, *, leads: int = 60, pace: float = 1.0, **passes: float
) -> Scenario:
    """A lead passes from MDR to AE (past a step by nobody), stays with the AE, and passes to the CSM."""

    def step(name: str, by: str, **more: Any) -> dict[str, Any]:
        return {
            "by": by,
            "effort_hours": HOURS[name] / pace,
            "pass_probability": passes.get(name, 1.0),
        } | more

    return small_scenario(
        horizon_months=6,
        channels={"web": one_burst(leads)},
        journeys={
            "t": {
                "qualify": step("qualify", "MDR", on="MQL", to="SQL"),
                "wait": {"by": "nobody", "buyer_delay_days": 1.0},
                "demo": step("demo", "AE"),
                "close": step("close", "AE", to="WIN"),
                "onboard": step("onboard", "CSM", to="LIVE"),
            }
        },
        organization={
            "teams": teams,
            "handoff": {"within_team": within or {}, "across_teams": across or {}},
        },
    )


def efforts(replication: Replication, scenario: Scenario) -> dict[str, set[float]]:
    """The hours spent on each step, over all leads."""
    found: dict[str, set[float]] = {}
    for outcomes in log_reader.outcomes(replication, scenario).values():
        for outcome in outcomes:
            found.setdefault(outcome.step, set()).add(round(outcome.effort_hours, 9))
    return found


# ------------------------------------------------------------------------------------- lost at a hand-off


@pytest.mark.parametrize("teams", [POD, SILO], ids=["within", "across"])
def test_extra_effort_is_spent_once_at_the_step_after_the_hand_off(teams: Any) -> None:
    here, there = {"extra_effort": 0.25}, {"extra_effort": 5.0}
    within, across = (here, there) if teams is POD else (there, here)
    scenario = path(teams, within, across)
    expected = HOURS | {"wait": 0.0, "demo": 2.0 * 1.25, "onboard": 8.0 * 1.25}
    # The first person gets a lead without a hand-off, and who closes is who gave the demo.
    assert efforts(run(scenario), scenario) == {step: {hours} for step, hours in expected.items()}


def test_some_hand_offs_are_within_a_team_and_some_across() -> None:
    teams = {
        "a": {"count": 2, "members": {"MDR": 30, "AE": 30}},
        "c": {"members": {"CSM": 60}},
    }
    scenario = path(teams, {"extra_effort": 0.5}, {"extra_effort": 1.0})
    found = efforts(run(scenario), scenario)
    assert (found["demo"], found["close"], found["onboard"]) == ({3.0}, {4.0}, {16.0})


def test_without_continuity_the_next_step_of_the_same_role_loses_knowledge_too() -> None:
    team = {"members": {"MDR": 30, "AE": 60, "CSM": 60}, "owner_continuity": False}
    scenario = path({"pod": team}, {"extra_effort": 0.5})
    assert efforts(run(scenario), scenario)["close"] == {6.0}


@pytest.mark.slow
@pytest.mark.parametrize("teams", [POD, SILO], ids=["within", "across"])
def test_a_hand_off_thins_the_next_step_by_exactly_its_factor(teams: Any) -> None:
    passes = {"qualify": 0.9, "demo": 0.8, "close": 0.7}
    here, there = {"pass_factor": 0.75}, {"pass_factor": 0.01}
    within, across = (here, there) if teams is POD else (there, here)
    replication = run(path(teams, within, across, leads=12_000, pace=100.0, **passes))
    done: dict[str, int] = {}
    lost: dict[str, int] = {}
    for e in log_reader.events(replication):
        counter = done if e.kind == "done" else lost
        if e.kind in ("done", "lost"):
            counter[e.step] = counter.get(e.step, 0) + 1
    for step, probability in (("qualify", 0.9), ("demo", 0.8 * 0.75), ("close", 0.7)):
        half = stats.norm.isf(ALARM / 2) * sqrt(probability * (1 - probability) / done[step])
        assert half < 0.06 * probability
        assert_proportion(done[step] - lost[step], done[step], probability)


@pytest.mark.parametrize("teams", [POD, SILO], ids=["within", "across"])
def test_a_hand_off_loses_no_customer(teams: Any) -> None:
    # What is lost before the sale thins; whoever has signed leaves by churn and by nothing else.
    replication = run(path(teams, {"pass_factor": 0.5}, {"pass_factor": 0.5}, leads=200))
    assert {e.step for e in log_reader.of_kind(replication, "lost")} == {"demo"}
    funnel, ledger = replication.tables["funnel"], replication.tables["ledger"]
    assert funnel["live"].sum() == funnel["win"].sum() == ledger["customers_closing"][-1]


def test_who_passes_with_less_knowledge_would_have_passed_with_more() -> None:
    def won(factor: float) -> set[int]:
        replication = run(path(SILO, across={"pass_factor": factor}, leads=600, demo=0.8, close=0.7))
        return {e.number for e in log_reader.of_kind(replication, "state") if e.detail == "WIN"}

    assert won(0.5) < won(0.9) < won(1.0)
    assert won(0.0) == set()


def test_hand_offs_leave_the_other_leads_alone() -> None:
    # The same leads in the same order, dearer by the factor and not by anything else.
    one, other = (path(POD, {"extra_effort": extra}, demo=0.6) for extra in (0.0, 0.5))
    for before, after in zip(
        log_reader.outcomes(run(one), one).values(),
        log_reader.outcomes(run(other), other).values(),
        strict=True,
    ):
        assert [o.passed for o in before] == [o.passed for o in after]


# --------------------------------------------------------------------------------- brought in before the sale


def early(
    *,
    joined: bool = True,
    known_effort_factor: float = 1.0,
    factor_if_known: float = 1.0,
    months: int = 2,
    churn: float = 0.3,
    leads: int = 40,
    horizon: int = 8,
    care: bool = False,
    **more: Any,
) -> Scenario:
    """A CSM may join the close; onboarding follows at once, so that all sign and are LIVE in month 1."""
    tier: dict[str, Any] = {
        "price_per_month": 100,
        "churn_per_month": churn,
        "early_churn": {"months": months, "factor_if_known": factor_if_known},
    }
    if care:
        tier["care"] = {"by": "CSM", "effort_hours_per_month": 1e-6}
    steps: dict[str, Any] = {
        "close": {"by": "AE", "on": "MQL", "effort_hours": 0.001, "to": "WIN"}
        | ({"joined_by": ["CSM"]} if joined else {}),
        "onboard": {
            "by": "CSM",
            "effort_hours": 0.004,
            "known_effort_factor": known_effort_factor,
            "to": "LIVE",
        },
    }
    return small_scenario(
        horizon_months=horizon,
        tiers={"t": tier},
        channels={"web": one_burst(leads)},
        journeys={"t": steps | more.pop("steps", {})},
        organization={"teams": {"pod": {"members": {"AE": 3, "CSM": 3}} | more}},
    )


def stayed(replication: Replication) -> Iterator[tuple[int, int]]:
    """Customers there at the start of the k-th full month, and how many of them left at its end."""
    ledger = replication.tables["ledger"]
    opening, churned = ledger["customers_opening"].tolist(), ledger["customers_churned"].tolist()
    assert opening[0] == churned[0] == 0
    yield from zip(opening[1:], churned[1:], strict=True)


def test_neutral_factors_change_nothing_whoever_joined() -> None:
    for joined in (False, True):
        plain = early(joined=joined).model_dump(exclude_unset=True)
        del plain["tiers"]["t"]["early_churn"], plain["journeys"]["t"]["onboard"]["known_effort_factor"]
        assert run(early(joined=joined)) == run(Scenario.model_validate(plain))


@pytest.mark.parametrize(("joined", "factor"), [(True, 0.25), (True, 2.0), (False, 1.0)])
def test_who_joined_before_the_sale_onboards_by_the_factor(joined: bool, factor: float) -> None:
    scenario = early(joined=joined, known_effort_factor=factor if joined else 0.25)
    replication = run(scenario)
    assert efforts(replication, scenario)["onboard"] == {0.004 * factor}
    for life in log_reader.events_by_lead(replication).values():
        csm = [e.detail for e in life if e.kind == "start" and "CSM" in e.detail]
        assert len(csm) == 1 + joined
        assert len(set(csm)) == 1, "who joined keeps the customer"


def test_without_continuity_only_who_happens_to_know_the_customer_is_faster() -> None:
    scenario = early(known_effort_factor=0.25, owner_continuity=False)
    replication = run(scenario)
    outcomes = log_reader.outcomes(replication, scenario)
    seen = set()
    for lead, life in log_reader.events_by_lead(replication).items():
        before, after = [e.detail for e in life if e.kind == "start" and "CSM" in e.detail]
        hours = next(o.effort_hours for o in outcomes[lead] if o.step == "onboard")
        assert hours == pytest.approx(0.001 if before == after else 0.004, abs=1e-9)
        seen.add(before == after)
    assert seen == {False, True}


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.0, 0.4, 2.0])
@pytest.mark.parametrize("months", [0, 1, 3])
def test_early_churn_holds_for_the_first_full_months_only(months: int, factor: float) -> None:
    churn = 0.2
    replication = simulate(early(factor_if_known=factor, months=months, churn=churn, leads=8000), 1, 0)
    for month, (there, left) in enumerate(stayed(replication)):
        hazard_factor = factor if month < months else 1.0
        expected = 1 - (1 - churn) ** hazard_factor
        if expected == 0:
            assert left == 0
        else:
            assert stats.norm.isf(ALARM / 2) * sqrt((1 - expected) / (expected * there)) < 0.4
            assert_proportion(left, there, expected)


def test_early_churn_of_nobody_unknown() -> None:
    factors = (early(joined=False, factor_if_known=f, leads=400) for f in (1.0, 0.0))
    one, other = (run(scenario) for scenario in factors)
    assert one.log == other.log
    assert {name for name in one.tables if one.tables[name] != other.tables[name]} <= {"hazard"}
    assert set(other.tables["hazard"]["mean"].tolist()) == {1.0}
    assert log_reader.of_kind(one, "leave")


def test_knowing_the_customer_takes_more_than_looking_after_it() -> None:
    # Care alone makes nobody known: here nobody's step activates the customer.
    steps = {"onboard": {"by": "nobody", "to": "LIVE"}}
    one, other = (run(early(factor_if_known=f, care=True, leads=200, steps=steps)) for f in (1.0, 0.0))
    assert one.log == other.log


@pytest.mark.slow
def test_only_the_customers_somebody_knew_stay_longer() -> None:
    def leaving(factor: float) -> dict[log_reader.Lead, float]:
        data = early(factor_if_known=factor, months=6, leads=1500).model_dump(exclude_unset=True)
        data["channels"]["fair"] = data["channels"]["web"]
        close = data["journeys"]["t"]["close"]
        plain = {key: value for key, value in close.items() if key != "joined_by"}
        data["journeys"]["t"] = {
            "close": close | {"channels": ["web"]},
            "sell": plain | {"channels": ["fair"]},
            "onboard": data["journeys"]["t"]["onboard"] | {"on": "WIN"},
        }
        replication = run(Scenario.model_validate(data))
        return {(e.channel, e.number): e.time_days for e in log_reader.of_kind(replication, "leave")}

    plain, better = leaving(1.0), leaving(0.3)
    for channel in ("web", "fair"):
        ours = [{lead: day for lead, day in all_.items() if lead[0] == channel} for all_ in (plain, better)]
        if channel == "fair":
            assert ours[0] == ours[1]
        else:
            # The same thresholds, reached later.
            assert ours[1].keys() < ours[0].keys()
            assert all(ours[0][lead] <= day for lead, day in ours[1].items())


def test_who_first_met_the_customer_after_the_sale_did_not_know_it_before() -> None:
    # Onboarding in two meetings: the second is no shorter for the first, and nobody was brought in early.
    welcome = {"by": "CSM", "on": "WIN", "effort_hours": 0.002}
    data = early(joined=False, known_effort_factor=0.25, factor_if_known=0.0).model_dump(exclude_unset=True)
    steps = data["journeys"]["t"]
    data["journeys"]["t"] = {"close": steps["close"], "welcome": welcome, "onboard": steps["onboard"]}
    scenario = Scenario.model_validate(data)
    replication = run(scenario)
    assert efforts(replication, scenario)["onboard"] == {0.004}
    assert log_reader.of_kind(replication, "leave"), "a factor of 0 for customers whom nobody knew"


def test_certain_churn_comes_when_the_early_months_are_over() -> None:
    # An infinite hazard, held off for two months by a factor of 0.
    with np.errstate(all="raise"):
        replication = run(early(factor_if_known=0.0, months=2, churn=1.0))
    assert replication.tables["ledger"]["customers_closing"].tolist() == [40, 40, 40, 0, 0, 0, 0, 0]
