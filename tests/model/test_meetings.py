"""Meetings: no-shows, repeated ones, several people (long: each against theory and in combination)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_distributed, assert_mean, assert_proportion
from pydantic import ValidationError
from random_scenarios import Data
from scipy import stats
from small_scenarios import MONTH, one_burst, run, small_scenario

from simsales.model import Event, Replication, simulate
from simsales.scenario import Scenario

MANY = 3000
LAW = {"lognormal": {"mean": 1.0, "sd": 0.5}}
SIGMA = np.sqrt(np.log(1.25))
LAW_AGAIN = stats.lognorm(SIGMA, scale=1 / np.sqrt(1.25))
ABSENT = "did not turn up"


def meeting(*, passing: float = 0.5, people: int = 300, effort: Any = 1.0, **step: Any) -> Scenario:
    """Many leads in two months, time enough for all to end, and nobody ever waits."""
    first = {"by": "AE", "on": "MQL", "effort_hours": effort, "pass_probability": passing, "to": "WIN"}
    web = {"enters_as": "MQL", "leads_per_month": MANY / 2, "season": [1.0] * 2 + [0.0] * 10}
    return small_scenario(
        horizon_months=6,
        channels={"web": web | {"tiers": {"t": 1}}},
        journeys={"t": {"meet": first | step}},
        organization={"teams": {"sales": {"members": {"AE": people}}}},
    )


class Attempt(NamedTuple):
    """One time that a lead is served, from the log."""

    ready: float
    days: float
    done: float
    person: str


def attempts(life: list[Event]) -> list[Attempt]:
    ready, start, done = ([e for e in life if e.kind == kind] for kind in ("ready", "start", "done"))
    assert len(ready) == len(start) == len(done), "every lead should be through"
    return [
        Attempt(r.time_days, d.time_days - s.time_days, d.time_days, s.detail)
        for r, s, d in zip(ready, start, done, strict=True)
    ]


def assert_counts(counts: Counter[int], chances: list[float]) -> None:
    """How often each number came up, against its probability (χ² at ``ALARM``)."""
    assert set(counts) <= set(range(len(chances)))
    total = counts.total()
    assert total > 0.9 * MANY
    assert min(chances) * total > 20, "too few to tell anything"
    seen = [counts[i] for i in range(len(chances))]
    assert stats.chisquare(seen, [p * total for p in chances]).pvalue > ALARM


# --------------------------------------------------------------------------------------------------- no-shows

VAIN = 0.25


@pytest.mark.parametrize(("chance", "at_most"), [(0.3, 2), (0.5, 0), (0.6, 5)])
def test_who_never_turns_up_is_lost(chance: float, at_most: int) -> None:
    no_show = {"probability": chance, "effort_hours": VAIN, "rebook_days": 2.5, "at_most": at_most}
    replication = run(meeting(no_show=no_show))
    lives = log_reader.events_by_lead(replication)
    absences: Counter[int] = Counter()
    for life in lives.values():
        times = attempts(life)
        vain = [round(attempt.days, 9) == VAIN for attempt in times]
        absences[sum(vain)] += 1
        # Absent, absent, …, and then there, or lost.
        assert all(vain[:-1])
        assert (life[-1].detail == ABSENT) == vain[-1]
        assert len(times) <= at_most + 1
        for before, after in pairwise(times):
            assert after.ready == pytest.approx(before.done + 2.5, rel=1e-12)
    chances = [chance**k * (1 - chance) for k in range(at_most + 1)] + [chance ** (at_most + 1)]
    assert_counts(absences, chances)
    absent = sum(life[-1].detail == ABSENT for life in lives.values())
    assert_proportion(absent, len(lives), chance ** (at_most + 1))
    # Those who do turn up pass as ever.
    passed = sum(life[-1].detail == "WIN" for life in lives.values())
    assert_proportion(passed, len(lives) - absent, 0.5)
    # People's time: a whole meeting for those who come, the time in vain for every other one.
    busy = float(replication.tables["work"]["busy_days"].sum())
    in_vain = sum(number * times for number, times in absences.items())
    assert busy == pytest.approx(len(lives) - absent + VAIN * in_vain, rel=1e-9)
    losses = replication.tables["losses"]
    assert losses["lost"][losses["reason"] == ABSENT].sum() == absent
    assert set(losses["step"]) == {"meet"}


@pytest.mark.slow
def test_no_shows_make_work() -> None:
    # Utilization by formula: Σ pᵏ attempts for each lead, of which a share p is in vain.
    chance, load = 0.3, 0.4
    no_show = {"probability": chance, "effort_hours": LAW, "rebook_days": 3.0, "at_most": 2}
    step = {"by": "AE", "on": "MQL", "effort_hours": {"exponential": {"mean": 1.0}}, "to": "WIN"}
    scenario = small_scenario(
        horizon_months=60,
        warm_up_months=2,
        channels={"web": {"enters_as": "MQL", "leads_per_month": load * MONTH, "tiers": {"t": 1}}},
        journeys={"t": {"meet": step | {"no_show": no_show}}},
    )
    used = []
    for k in range(25):
        work = simulate(scenario, 1, k).tables["work"]
        kept = work["month"] > 0
        used.append(work["busy_days"][kept].sum() / work["available_days"][kept].sum())
    tries = 1 + chance + chance**2
    assert_mean(used, load * tries * ((1 - chance) * 1 + chance * 1), sharpness=0.05)


@pytest.mark.slow
def test_the_fewer_turn_up_the_more_are_lost() -> None:
    def lost(**no_show: Any) -> int:
        losses = simulate(meeting(no_show=no_show), 1, 0).tables["losses"]
        return int(losses["lost"][losses["reason"] == ABSENT].sum())

    chances = [lost(probability=p, at_most=1) for p in (0.0, 0.2, 0.5, 1.0)]
    assert chances == sorted(chances)
    assert chances[0] == 0 < chances[1]
    assert chances[-1] > 0.9 * MANY
    patience = [lost(probability=0.5, at_most=n) for n in (0, 1, 3)]
    assert patience[0] > patience[1] > patience[2]


def first_times(replication: Replication) -> dict[log_reader.Lead, tuple[float, str]]:
    """Days of the first attempt, and what became of the lead."""
    return {
        lead: (attempts(life)[0].days, life[-1].detail)
        for lead, life in log_reader.events_by_lead(replication).items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "mechanism",
    [
        {"no_show": {"probability": 0.4, "effort_hours": 9.0, "rebook_days": 1.0, "at_most": 1}},
        {"repeat": {"probability": 0.4, "after_days": 1.0, "at_most": 2}},
    ],
    ids=["no-show", "repeat"],
)
def test_the_first_attempt_draws_the_same_numbers_as_without(mechanism: Data) -> None:
    plain = first_times(run(meeting(effort=LAW, people=900)))
    wound = run(meeting(effort=LAW, people=900, **mechanism))
    lives = log_reader.events_by_lead(wound)
    assert lives.keys() == plain.keys()
    later: list[tuple[float, float]] = []
    passed: Counter[tuple[bool, bool]] = Counter()
    for lead, life in lives.items():
        first, *more = attempts(life)
        if first.days < 8.9:  # not in vain
            assert first.days == pytest.approx(plain[lead][0], abs=1e-9)
        if not more:
            assert life[-1].detail in (plain[lead][1], ABSENT)
        elif more[0].days < 8.9:
            later.append((plain[lead][0], more[0].days))
            if len(more) == 1:
                passed[plain[lead][1] == "WIN", life[-1].detail == "WIN"] += 1
    # The second attempt: the same law, and neither its effort nor its outcome has seen the first one's.
    assert len(later) > 600
    assert_distributed([days for _, days in later], LAW_AGAIN)
    assert stats.spearmanr(later).pvalue > ALARM
    table = [[passed[a, b] for b in (True, False)] for a in (True, False)]
    assert stats.chi2_contingency(table).pvalue > ALARM


# ---------------------------------------------------------------------------------------------------- repeats


@pytest.mark.slow
@pytest.mark.parametrize(("chance", "at_most"), [(0.3, 2), (0.7, 5), (0.5, 1)])
def test_so_many_meetings_are_needed(chance: float, at_most: int) -> None:
    repeat = {"probability": chance, "after_days": 2.0, "at_most": at_most}
    replication = run(meeting(repeat=repeat))
    lives = log_reader.events_by_lead(replication)
    meetings: Counter[int] = Counter()
    for life in lives.values():
        times = attempts(life)
        meetings[len(times) - 1] += 1
        for before, after in pairwise(times):
            assert after.ready == pytest.approx(before.done + 2, rel=1e-12)
        # Whoever had the first has the others.
        assert len({attempt.person for attempt in times}) == 1
    chances = [chance**k * (1 - chance) for k in range(at_most)] + [chance**at_most]
    assert_counts(meetings, chances)
    total = sum((number + 1) * leads for number, leads in meetings.items())
    assert replication.tables["work"]["busy_days"].sum() == pytest.approx(total, rel=1e-9)
    # The last meeting decides, and nobody is lost for want of one.
    assert_proportion(sum(life[-1].detail == "WIN" for life in lives.values()), len(lives), 0.5)
    assert set(replication.tables["losses"]["reason"]) == {"did not pass"}


def test_the_more_repeats_the_more_work() -> None:
    def busy(chance: float, at_most: int = 2) -> float:
        scenario = meeting(repeat={"probability": chance, "after_days": 1.0, "at_most": at_most})
        return float(simulate(scenario, 1, 0).tables["work"]["busy_days"].sum())

    assert busy(0.0) < busy(0.2) < busy(0.6) < busy(0.6, 4)


# ------------------------------------------------------------------------------------------------------- both

BOTH: Data = {
    "no_show": {"probability": 0.5, "effort_hours": VAIN, "rebook_days": 1.0, "at_most": 1},
    "repeat": {"probability": 0.5, "after_days": 1.0, "at_most": 1},
}


def both(**changes: Data) -> list[tuple[list[bool], str]]:
    """For each lead, which attempts were in vain, and what became of it."""
    lives = log_reader.events_by_lead(
        run(meeting(**{name: BOTH[name] | changes.get(name, {}) for name in BOTH}))
    )
    return [
        ([round(attempt.days, 9) == VAIN for attempt in attempts(life)], life[-1].detail)
        for life in lives.values()
    ]


def test_a_meeting_that_is_needed_again_may_be_booked_again() -> None:
    """``no_show.at_most`` is how often a meeting is booked again: nobody who has been absent
    only once, with one more booking granted, is lost for it. Repeats are no absences.
    """
    lost = [vain for vain, end in both() if end == ABSENT]
    assert len(lost) > 500
    assert not [vain for vain in lost if sum(vain) < 2]


@pytest.mark.slow
def test_absences_do_not_use_up_the_repeats() -> None:
    """``repeat.at_most`` is how many more meetings there can be. One that did not take place is none."""
    after_one_absence = [vain for vain, _ in both(no_show={"at_most": 5}) if vain[:2] == [True, False]]
    assert len(after_one_absence) > 400
    second = sum(len(vain) > 2 for vain in after_one_absence)
    assert_proportion(second, len(after_one_absence), 0.5)


def test_a_dedicated_team_is_so_much_faster_each_time() -> None:
    # Half the effort for the first meeting, and half for the second; not a quarter.
    scenario = meeting(repeat={"probability": 1.0, "after_days": 1.0, "at_most": 2}).model_dump(
        exclude_unset=True
    )
    scenario["organization"]["teams"]["sales"] |= {
        "serves": {"tiers": ["t"]}, "dedication": {"effort_factor": 0.5},
    }  # fmt: skip
    for life in log_reader.events_by_lead(run(Scenario.model_validate(scenario))).values():
        assert [attempt.days for attempt in attempts(life)] == pytest.approx([0.5] * 3)


def test_a_dedicated_team_is_so_much_better_once() -> None:
    # The meeting that decides passes with 0.8 times its probability, however many have been before it.
    scenario = meeting(repeat={"probability": 1.0, "after_days": 1.0, "at_most": 2}).model_dump(
        exclude_unset=True
    )
    scenario["organization"]["teams"]["sales"] |= {
        "serves": {"tiers": ["t"]}, "dedication": {"pass_factor": 0.8},
    }  # fmt: skip
    ends = [
        life[-1].detail for life in log_reader.events_by_lead(run(Scenario.model_validate(scenario))).values()
    ]
    assert_proportion(ends.count("WIN"), len(ends), 0.4)


# -------------------------------------------------------------------------------------------- several at once


def together(
    *, leads_per_day: float = 0.4, months: int = 100, members: Data | None = None, effort: Any = None,
    teams: Data | None = None, joined_by: list[str] | None = None, **channel: Any,
) -> Scenario:  # fmt: skip
    step = {
        "by": "FAE",
        "on": "MQL",
        "joined_by": ["SE"] if joined_by is None else joined_by,
        "effort_hours": effort or {"exponential": {"mean": 1.0}},
        "to": "WIN",
    }
    web = {"enters_as": "MQL", "leads_per_month": leads_per_day * MONTH, "tiers": {"t": 1}}
    return small_scenario(
        horizon_months=months,
        warm_up_months=3,
        channels={"web": web | channel},
        journeys={"t": {"meet": step}},
        organization={"teams": teams or {"sales": {"members": members or {"FAE": 3, "SE": 1}}}},
    )


def role(event: Event) -> str:
    return event.detail.split("/")[1].split("#")[0]


def of_role(replication: Replication, name: str, column: str) -> float:
    work = replication.tables["work"]
    return float(work[column][work["role"] == name].sum())


def test_they_are_all_busy_from_the_last_ones_coming_to_the_end() -> None:
    replication = run(together(leads_per_day=0.7, months=30, members={"FAE": 3, "SE": 2, "VP": 1},
                               joined_by=["VP", "SE"]))  # fmt: skip
    horizon = 33 * MONTH
    met, waited = 0.0, 0.0
    people: dict[str, list[tuple[float, float]]] = {}
    for life in log_reader.events_by_lead(replication).values():
        entries = [(e.kind, role(e)) for e in life if e.kind in ("ready", "start")]
        # The host first; then one after the other, in the order of the alphabet.
        order = [(kind, who) for who in ("FAE", "SE", "VP") for kind in ("ready", "start")]
        assert entries == order[: len(entries)]
        starts = {role(e): e for e in life if e.kind == "start"}
        if len(starts) < 3:
            continue
        began = max(e.time_days for e in starts.values())
        end = next((e.time_days for e in life if e.kind == "done"), horizon)
        met += end - began
        waited += began - starts["FAE"].time_days
        for event in starts.values():
            people.setdefault(event.detail, []).append((event.time_days, end))
    assert waited > 100, "hosts do wait, and SEs for the VP"
    for who in ("FAE", "SE", "VP"):
        assert of_role(replication, who, "busy_days") == pytest.approx(met, abs=1e-6)
    for times in people.values():
        times.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(times)), "nobody sits in two meetings"
    begun = Counter(role(e) for e in log_reader.of_kind(replication, "start"))
    assert {who: of_role(replication, who, "begun") for who in begun} == begun


@pytest.mark.slow
def test_with_hosts_enough_the_colleague_is_an_m_m_1_queue() -> None:
    # The meetings come to the SE as the leads do, and take as long: W = ρ/(1 − ρ).
    load = 0.4
    scenario = together(leads_per_day=load, months=250, members={"FAE": 60, "SE": 1})
    waits, used, hosts = [], [], []
    for k in range(30):
        work = simulate(scenario, 1, k).tables["work"]
        kept = (work["month"] > 0) & (work["role"] == "SE")
        waits.append(work["wait_days"][kept].sum() / work["begun"][kept].sum())
        used.append(work["busy_days"][kept].sum() / work["available_days"][kept].sum())
        fae = (work["month"] > 0) & (work["role"] == "FAE")
        assert work["wait_days"][fae].sum() == 0
        hosts.append(60 * work["busy_days"][fae].sum() / work["available_days"][fae].sum())
    assert_mean(waits, load / (1 - load), sharpness=0.09)
    assert_mean(used, load, sharpness=0.03)
    assert_mean(hosts, load, sharpness=0.03)  # hosts wait for the SE most of the time, and do not work then


def test_one_host_with_a_colleague_at_hand_is_as_if_alone() -> None:
    alone = run(together(months=24, members={"FAE": 1, "SE": 1}, joined_by=[]))
    paired = run(together(months=24, members={"FAE": 1, "SE": 1}))
    host = [[e for e in log_reader.events(r) if "/SE" not in e.detail] for r in (alone, paired)]
    assert host[0] == host[1]
    assert of_role(paired, "SE", "busy_days") == pytest.approx(of_role(paired, "FAE", "busy_days"))
    assert of_role(alone, "SE", "busy_days") == 0
    # With another host, who competes for the SE, leads wait longer than if both were free to go ahead.
    late, free = (
        run(together(leads_per_day=0.8, months=24, members={"FAE": 2, "SE": 1}, joined_by=who))
        for who in (["SE"], [])
    )
    assert of_role(late, "FAE", "wait_days") > 2 * of_role(free, "FAE", "wait_days")


def test_nothing_begins_any_more_when_the_last_month_is_closed() -> None:
    # All customers leave at the end of their first full month, one of them while the AE waits for the CSM
    # with its onboarding; the AE is free then, and would take a name from the list.
    owner = {"by": "AE", "effort_hours": 1.0}
    scenario = small_scenario(
        horizon_months=2,
        warm_up_months=0,
        tiers={"t": {"price_per_month": 100.0, "churn_per_month": 1.0}},
        channels={
            "web": {"enters_as": "SQL", "leads_per_month": 2, "season": [1] + [0] * 11,
                    "arrivals": "start_of_month", "tiers": {"t": 1}},
            "cold": {"worked_by": "AE", "tiers": {"t": 1}},
        },
        journeys={"t": {
            "call": owner | {"on": "Suspect", "to": "SQL", "pass_probability": 0.3},
            "close": owner | {"on": "SQL", "to": "WIN"},
            "onboard": owner | {"on": "WIN", "to": "LIVE", "joined_by": ["CSM"]},
            "train": {"by": "CSM", "on": "LIVE", "effort_hours": 900.0},
        }},
        people={"AE": {"hours_per_month": 140}, "CSM": {"hours_per_month": 140}},
        organization={"teams": {"pod": {"members": {"AE": 1, "CSM": 1}}}},
    )  # fmt: skip
    replication = run(scenario)
    end = 2 * MONTH
    assert "leave" in {e.kind for e in log_reader.events(replication) if e.time_days == end}
    assert not [
        e for e in log_reader.events(replication) if e.time_days == end and e.kind in ("enter", "start")
    ]
    funnel, inside = replication.tables["funnel"], replication.tables["pipeline"]
    cold = funnel["channel"] == "cold"
    there = inside["inside"][inside["channel"] == "cold"].sum()
    assert funnel["came_in"][cold].sum() == funnel["lost"][cold].sum() + there > 0


def test_the_host_has_the_leads_pace_and_the_colleague_keeps_it() -> None:
    # An hour takes the FAE two days; the SE, who would need one, sits through it all the same.
    scenario = together(effort=1.0, **one_burst(1, leads_per_month=1)).model_dump(exclude_unset=True)
    scenario["people"]["FAE"]["hours_per_month"] = MONTH / 2
    scenario |= {"horizon_months": 1, "warm_up_months": 0}
    replication = run(Scenario.model_validate(scenario))
    assert of_role(replication, "FAE", "busy_days") == of_role(replication, "SE", "busy_days") == 2


def test_whoever_joined_keeps_the_lead_for_that_role() -> None:
    step = {"effort_hours": LAW, "buyer_delay_days": 3.0}
    scenario = small_scenario(
        channels={"web": {"enters_as": "MQL", "leads_per_month": 60, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "meet": step | {"by": "FAE", "on": "MQL", "joined_by": ["SE"],
                                "repeat": {"probability": 0.5, "after_days": 1.0, "at_most": 2}},
                "prove": step | {"by": "SE"},
                "close": step | {"by": "FAE", "joined_by": ["SE"], "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"FAE": 9, "SE": 9}}}},
    )  # fmt: skip
    many = 0
    used: set[str] = set()
    for life in log_reader.events_by_lead(run(scenario)).values():
        for who in ("FAE", "SE"):
            people = {e.detail for e in life if e.kind == "start" and role(e) == who}
            assert len(people) <= 1
            used |= people
        many += any(e.step == "close" for e in life)
    assert many > 200
    assert len(used) == 18


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ["first_free", "round_robin", "least_loaded"])
@pytest.mark.parametrize("discipline", ["fifo", "latest_stage_first"])
def test_nobody_waits_for_ever(assignment: str, discipline: str) -> None:
    # Hosts of two roles ask two and three colleagues, some of whom have work of their own: all get through.
    rules = {"assignment": assignment, "discipline": discipline}
    step = {"effort_hours": LAW}
    scenario = small_scenario(
        horizon_months=24,
        channels={
            "b": one_burst(150),
            "a": {"enters_as": "SQL", "leads_per_month": 60, "season": [1.0] + [0.0] * 11, "tiers": {"t": 1}},
        },
        journeys={
            "t": {
                "meet": step | {"by": "FAE", "on": "MQL", "joined_by": ["SE", "CSM"], "to": "SQL"},
                "demo": step | {"by": "AE", "joined_by": ["VP", "SE", "CSM"]},
                "prove": step | {"by": "SE"},
                "close": step | {"by": "AE", "joined_by": ["VP"], "to": "WIN"},
                "onboard": step | {"by": "CSM", "to": "LIVE"},
            }
        },
        organization={
            "teams": {
                "pod": rules | {"count": 2, "members": {"FAE": 3, "AE": 3, "SE": 2, "CSM": 1}},
                "desk": rules | {"members": {"SE": 1, "VP": 2}},
            }
        },
    )
    scenario = Scenario.model_validate(
        scenario.model_dump(exclude_unset=True)
        | {"channels": {n: c | {"season": [1.0] + [0.0] * 11, "leads_per_month": 60.0}
                        for n, c in scenario.model_dump(exclude_unset=True)["channels"].items()}}
    )  # fmt: skip
    replication = run(scenario)
    early = {
        lead
        for lead, life in log_reader.events_by_lead(replication).items()
        if life[0].time_days < 12 * MONTH
    }
    ends = Counter(log_reader.events_by_lead(replication)[lead][-1].detail for lead in early)
    assert set(ends) == {"LIVE"}
    assert ends["LIVE"] > 100


def test_the_colleague_comes_from_the_hosts_team_if_it_has_one() -> None:
    teams: Data = {
        "pod": {"count": 3, "members": {"FAE": 2, "SE": 1}},
        "poor": {"members": {"FAE": 2}},
        "experts": {"members": {"SE": 1}},
    }
    replication = run(together(leads_per_day=2.0, months=12, teams=teams))
    came: Counter[tuple[str, str]] = Counter()
    for life in log_reader.events_by_lead(replication).values():
        starts = {role(e): e.detail.split("/")[0] for e in life if e.kind == "start"}
        if len(starts) == 2:
            came[starts["FAE"], starts["SE"]] += 1
    for host, guest in came:
        assert host == guest or host == "poor#1"
    # Who has no SE in the team asks all that there are, in turn.
    asked = [came["poor#1", team] for team in ("pod#1", "pod#2", "pod#3", "experts#1")]
    assert min(asked) > 20
    assert max(asked) - min(asked) <= 8  # meetings do not end in the order in which they were asked for


def test_it_is_the_hosts_team_not_that_of_whoever_had_the_lead_before() -> None:
    # The SDR sits with an SE, the FAE with another: the FAE's is asked.
    scenario = small_scenario(
        channels={"web": one_burst(6)},
        journeys={
            "t": {
                "call": {"by": "SDR", "on": "MQL", "effort_hours": 0.1, "to": "SQL"},
                "meet": {"by": "FAE", "effort_hours": 1.0, "joined_by": ["SE"], "to": "WIN"},
            }
        },
        organization={
            "teams": {"a": {"members": {"SDR": 1, "SE": 1}}, "b": {"members": {"FAE": 2, "SE": 1}}},
        },
    )
    guests = {e.detail for e in log_reader.of_kind(run(scenario), "start") if role(e) == "SE"}
    assert guests == {"b#1/SE#1"}


def test_a_role_that_is_asked_may_not_ask() -> None:
    step = {"effort_hours": 1.0}
    steps = {
        "one": step | {"by": "FAE", "on": "MQL", "joined_by": ["SE"]},
        "two": step | {"by": "SE", "joined_by": ["VP"], "to": "WIN"},
    }
    with pytest.raises(ValidationError, match="wait for each other"):
        small_scenario(
            journeys={"t": steps},
            organization={"teams": {"sales": {"members": {"FAE": 1, "SE": 1, "VP": 1}}}},
        )


def test_nothing_happens_to_a_customer_who_has_left_in_the_middle_of_a_meeting() -> None:
    # All four leave while three wait for the only SE: the SE has no seat to take with somebody who is gone.
    onboard = {"by": "CSM", "joined_by": ["SE"], "effort_hours": 70, "to": "LIVE"}
    replication = run(
        small_scenario(
            horizon_months=8,
            tiers={"t": {"price_per_month": 100, "churn_per_month": 1.0}},
            channels={"web": one_burst(4)},
            journeys={"t": {"sign": {"by": "nobody", "on": "MQL", "to": "WIN"}, "onboard": onboard}},
            organization={"teams": {"pod": {"members": {"CSM": 4, "SE": 1}}}},
        )
    )
    for life in log_reader.events_by_lead(replication).values():
        assert life[-1].kind == "leave"
    # The work that has begun is done to its end; what waits falls away.
    work = replication.tables["work"]
    assert work["busy_days"].sum() == pytest.approx(2 * 70)
    assert work["waiting_end"].tolist() == [0, 3, *[0] * (len(work) - 2)]
