"""Nurture: some of the leads that fail a step come back later."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import log_reader
import pytest
from balances import assert_balances, assert_log_only_observes
from inference import ALARM, assert_distributed, assert_proportion
from random_scenarios import Data
from scipy import stats
from small_scenarios import ALMOST_NEVER, one_burst, run, small_scenario

from simsales.model import Event, Replication, simulate
from simsales.scenario import Scenario

MANY = 3000
LAW = {"lognormal": {"mean": 1.0, "sd": 0.5}}


def journey(nurture: Data | None, *, call: float = 0.6, sell: float = 0.3, people: int = 400) -> Scenario:
    """Two steps that may fail; ``nurture`` is for those who fail the second."""
    close: Data = {"by": "AE", "effort_hours": LAW, "pass_probability": sell, "to": "WIN"}
    if nurture is not None:
        close["otherwise"] = {"nurture": nurture}
    return small_scenario(
        horizon_months=12,
        channels={"web": {"enters_as": "MQL", "leads_per_month": MANY / 12, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "call": {
                    "by": "SDR",
                    "on": "MQL",
                    "effort_hours": LAW,
                    "pass_probability": call,
                    "to": "SQL",
                },
                "sell": close,
            }
        },
        organization={"teams": {"sales": {"members": {"SDR": people, "AE": people}}}},
    )


def finished(replication: Replication) -> dict[log_reader.Lead, list[Event]]:
    """Events of the leads that are won or lost."""
    return {
        lead: life
        for lead, life in log_reader.events_by_lead(replication).items()
        if life[-1].kind == "lost" or life[-1].detail == "WIN"
    }


def tally(replication: Replication) -> tuple[int, int]:
    """Leads won, and leads, of those who came before the first whose outcome is not known yet."""
    over = finished(replication)
    # The last of them may be undecided; leads count up to the first that is.
    undecided = log_reader.events_by_lead(replication).keys() - over.keys()
    first = min((number for _, number in undecided), default=len(over))
    known = {lead: life for lead, life in over.items() if lead[1] < first}
    assert len(known) > 0.7 * MANY
    return sum(life[-1].detail == "WIN" for life in known.values()), len(known)


# --------------------------------------------------------------------------------------------------- how many


def won(call: float, sell: float, share: float, factor: float, at_most: int) -> float:
    """Share won if those who fail ``sell`` come back to ``call``: both pass × factor each time."""
    total, there, standing = 0.0, 1.0, 1.0
    for _ in range(at_most + 1):
        passed = there * min(call * standing, 1)
        total += passed * min(sell * standing, 1)
        there = passed * (1 - min(sell * standing, 1)) * share
        standing *= factor
    return total


@pytest.mark.slow
@pytest.mark.parametrize(
    ("share", "factor", "at_most"),
    [(1.0, 1.0, 1), (0.5, 0.7, 1), (0.7, 0.7, 3), (1.0, 0.0, 2), (0.8, 1.5, 2), (1.0, 10.0, 1)],
)
def test_so_many_are_won_in_the_end(share: float, factor: float, at_most: int) -> None:
    nurture = {"to": "call", "share": share, "after_days": 4.0, "pass_factor": factor, "at_most": at_most}
    replication = run(journey(nurture))
    assert_proportion(*tally(replication), won(0.6, 0.3, share, factor, at_most))
    # Those who come back are a share of those who fail, each time but the last.
    fails: Counter[tuple[int, bool]] = Counter()
    for life in finished(replication).values():
        failed = [e for e in life if e.kind in ("nurture", "lost") and e.step in ("sell", "call")]
        for time, event in enumerate(failed):
            if event.kind == "nurture" or life[-2].step == "sell":
                fails[time, event.kind == "nurture"] += 1
    assert fails[at_most, True] == 0
    for time in range(at_most):
        back, lost = fails[time, True], fails[time, False]
        if back + lost > 50:
            assert_proportion(back, back + lost, share)


def test_a_step_that_comes_back_to_itself() -> None:
    nurture = {"to": "sell", "share": 0.6, "after_days": 4.0, "pass_factor": 0.5, "at_most": 2}
    chance = 0.3 + 0.7 * 0.6 * (0.15 + 0.85 * 0.6 * 0.075)
    assert_proportion(*tally(run(journey(nurture))), 0.6 * chance)


@pytest.mark.slow
def test_the_more_come_back_the_more_are_won_and_none_is_lost_by_it() -> None:
    def winners(share: float, factor: float = 0.8, at_most: int = 1) -> set[log_reader.Lead]:
        nurture = {
            "to": "call", "share": share, "after_days": 1.0, "pass_factor": factor, "at_most": at_most,
        }  # fmt: skip
        lives = log_reader.events_by_lead(run(journey(nurture)))
        return {lead for lead, life in lives.items() if life[-1].detail == "WIN"}

    assert winners(0.0) < winners(0.4) < winners(0.9) < winners(0.9, at_most=3)
    assert winners(0.9, 0.5) < winners(0.9) < winners(0.9, 1.2)


# ------------------------------------------------------------------------------------------------- the draws


@pytest.mark.slow
def test_the_first_time_is_as_if_there_were_no_second() -> None:
    nurture = {"to": "call", "share": 0.8, "after_days": LAW, "at_most": 2}
    before, after = (
        log_reader.events_by_lead(run(journey(None))),
        log_reader.events_by_lead(run(journey(nurture))),
    )
    assert before.keys() == after.keys()
    back = 0
    for lead, life in after.items():
        kinds = [e.kind for e in life]
        upto = kinds.index("nurture") if "nurture" in kinds else len(life)
        back += upto < len(life)

        # Who serves may be another one where so many more are at work; when, and to what end, is not.
        def alike(events: list[Event]) -> list[Event]:
            return [e._replace(detail=e.detail.split("#")[0]) for e in events]

        assert alike(life[:upto]) == alike(before[lead][:upto])
        if upto < len(life):
            assert [e.kind for e in before[lead][upto:]] == ["lost"]
    assert back > 500


def test_the_second_time_has_draws_of_its_own() -> None:
    # All come back, with pass probabilities as before: the second time depends on nothing but chance.
    nurture = {"to": "sell", "share": 1.0, "after_days": 1.0}
    efforts: list[tuple[float, float]] = []
    second = Counter[bool]()
    for life in finished(run(journey(nurture))).values():
        times = [e.time_days for e in life if e.step == "sell" and e.kind in ("start", "done")]
        if len(times) == 4:
            efforts.append((times[1] - times[0], times[3] - times[2]))
            second[life[-1].detail == "WIN"] += 1
    assert len(efforts) > 800
    assert_proportion(second[True], second.total(), 0.3)
    assert stats.spearmanr(efforts).pvalue > ALARM
    for column in zip(*efforts, strict=True):
        sigma = 0.4723807270  # √log(1 + 0.5²)
        assert_distributed(column, stats.lognorm(sigma, scale=1 / 1.25**0.5))


# ------------------------------------------------------------------------------------------ when, and to whom


@pytest.mark.slow
def test_they_come_back_after_so_many_days_exactly() -> None:
    lives = log_reader.events_by_lead(
        run(journey({"to": "call", "share": 1.0, "after_days": 17.25, "at_most": 2}))
    )
    gaps = set()
    for life in lives.values():
        for event, after in pairwise(life):
            if event.kind == "nurture":
                assert (after.kind, after.step, event.detail) == ("ready", "call", "call")
                assert after.time_days == event.time_days + 17.25
                gaps.add(after.time_days)
    assert len(gaps) > 500


def test_the_way_back_takes_its_time_from_its_own_law() -> None:
    after = {"exponential": {"mean": 9.0}}
    lives = log_reader.events_by_lead(run(journey({"to": "call", "share": 1.0, "after_days": after})))
    gaps = [
        back.time_days - event.time_days
        for (_, number), life in lives.items()
        for event, back in pairwise(life)
        if event.kind == "nurture" and event.time_days < 200
    ]
    assert len(gaps) > 300
    assert_distributed(gaps, stats.expon(scale=9.0))


def test_the_way_back_leads_to_whom_the_lead_knows() -> None:
    # Five SDRs in turn: each keeps those who have passed it.
    lives = log_reader.events_by_lead(
        run(journey({"to": "call", "share": 1.0, "after_days": 5.0, "at_most": 3}, people=60))
    )
    again = 0
    for life in lives.values():
        callers = [e.detail for e in life if e.kind == "start" and e.step == "call"]
        assert len(set(callers)) == 1
        again += len(callers) > 1
    assert again > 500


# -------------------------------------------------------------------------------------------------- balances


def nurtured_scenario(*, months: int = 6) -> Scenario:
    """Everything that can happen on the way back: by nobody, to an earlier state, with people too few."""
    nurture = {"to": "visit", "share": 0.7, "after_days": LAW, "pass_factor": 0.9, "at_most": 3}
    itself = {"to": "visit", "share": 0.5, "after_days": 30.0}
    return small_scenario(
        warm_up_months=2,
        horizon_months=months,
        tiers={"t": {"price_per_month": 10, "churn_per_month": 0.1}},
        channels={
            "late": {"enters_as": "SAL", "leads_per_month": 30, "tiers": {"t": 1}},
            "web": {"enters_as": "Prospect", "leads_per_month": 300, "tiers": {"t": 1}},
        },
        journeys={
            "t": {
                "visit": {
                    "by": "nobody", "on": "Prospect", "pass_probability": 0.4, "to": "MQL",
                    "otherwise": {"nurture": itself},
                },
                "call": {"by": "SDR", "effort_hours": 0.2, "pass_probability": 0.7, "to": "SQL"},
                "fit": {"by": "SDR", "effort_hours": 0.1, "pass_probability": 0.8, "to": "SAL"},
                "sell": {
                    "by": "AE", "effort_hours": LAW, "pass_probability": 0.3, "to": "WIN",
                    "otherwise": {"nurture": nurture, "lost": "no budget"},
                },
                "onboard": {"by": "AE", "effort_hours": 0.1, "to": "LIVE"},
            }
        },
        organization={"teams": {"sales": {"members": {"SDR": 2, "AE": 2}}}},
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("replication", [0, 1])
def test_a_scenario_with_nurture_balances(replication: int) -> None:
    # With a log every lead is followed, without one those who fail at once are counted in bulk.
    scenario = nurtured_scenario()
    result = run(scenario, 1, replication)
    assert_balances(scenario, result)
    assert_log_only_observes(scenario, 1, result)
    nurtured = Counter(e.channel for e in log_reader.of_kind(result, "nurture"))
    assert min(nurtured["late"], nurtured["web"]) > 20


def test_a_lead_lost_for_good_is_lost_where_it_failed_last() -> None:
    step = {"by": "nobody", "on": "MQL", "pass_probability": ALMOST_NEVER, "to": "WIN"}
    nurture = {"to": "buy", "share": 1.0, "after_days": 40.0, "at_most": 2}
    scenario = small_scenario(
        horizon_months=4,
        channels={"web": one_burst(5, arrivals="start_of_month")},
        journeys={"t": {"buy": step | {"otherwise": {"lost": "no budget", "nurture": nurture}}}},
    )
    tables = simulate(scenario, 1, 0).tables
    assert tables["losses"].columns == {
        "month": [3], "channel": ["web"], "tier": ["t"], "step": ["buy"], "reason": ["no budget"],
        "lost": [5],
    }  # fmt: skip
    assert tables["funnel"]["nurtured"].tolist() == [5, 5, 0, 0]
    assert tables["funnel"]["came_in"].tolist() == [5, 0, 0, 0]


def test_the_time_on_the_way_back_counts_to_the_cycle() -> None:
    # A win after a comeback has been under way since the lead first came in.
    nurture = {"to": "buy", "share": 1.0, "after_days": 50.0, "pass_factor": 10.0}
    step = {"by": "nobody", "on": "MQL", "pass_probability": 0.2, "to": "WIN"}
    scenario = small_scenario(
        channels={"web": one_burst(200)},
        journeys={"t": {"buy": step | {"otherwise": {"nurture": nurture}}}},
    )
    funnel = run(scenario).tables["funnel"]
    late = int(funnel["nurtured"].sum())
    assert funnel["win"].sum() == 200
    assert_proportion(late, 200, 0.8)
    assert funnel["won_days"].sum() == late * 50.0
