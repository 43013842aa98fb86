"""Speed to lead: fading interest and patience (long: each against theory and by hand)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_mean, assert_proportion
from numpy.typing import NDArray
from pydantic import ValidationError
from random_scenarios import Data
from scipy import stats
from small_scenarios import MONTH, one_burst, run, small_scenario

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

EXPONENTIAL = {"exponential": {"mean": 1.0}}
REPLICATIONS = 30
COLD = "gone cold"


def desk(
    *, leads_per_day: float, months: int = 100, people: int = 1, effort: Any = EXPONENTIAL, **channel: Any
) -> Scenario:
    """One role that everybody wants to talk to first; who is asked, buys."""
    web = {"enters_as": "MQL", "leads_per_month": leads_per_day * MONTH, "tiers": {"t": 1}}
    return small_scenario(
        horizon_months=months,
        warm_up_months=6,
        channels={"web": web | channel},
        journeys={"t": {"sell": {"by": "AE", "on": "MQL", "effort_hours": effort, "to": "WIN"}}},
        organization={"teams": {"sales": {"members": {"AE": people}}}},
    )


def first_waits(replication: Replication) -> dict[log_reader.Lead, float]:
    """Days between a lead's first ``ready`` and the first ``start`` of work on it."""
    found = {}
    for lead, life in log_reader.events_by_lead(replication).items():
        starts = [e.time_days for e in life if e.kind == "start"]
        if starts:
            found[lead] = starts[0] - next(e.time_days for e in life if e.kind == "ready")
    return found


def ends(replication: Replication) -> dict[log_reader.Lead, str]:
    """What became of every lead: the state reached or the reason of the loss, as the log says it last."""
    return {lead: life[-1].detail for lead, life in log_reader.events_by_lead(replication).items()}


def count(replication: Replication, kind: str, detail: str) -> int:
    return sum(e.kind == kind and e.detail == detail for e in log_reader.events(replication))


# --------------------------------------------------------------------------------------------------- interest


def kept(days: NDArray[np.float64], half_life_days: float, floor: float) -> NDArray[np.float64]:
    """What is left of the interest."""
    left: NDArray[np.float64] = floor + (1 - floor) * 2 ** (-days / half_life_days)
    return left


@pytest.mark.slow
@pytest.mark.parametrize(("half_life_days", "floor"), [(1.0, 0.2), (0.25, 0.0)])
def test_interest_in_an_m_m_1_queue(half_life_days: float, floor: float) -> None:
    # W is 0 with probability 1 − ρ, else exponential of rate µ − λ: E 2^(−W/h) by its Laplace transform.
    load = 0.5
    decay = np.log(2) / half_life_days
    left = (1 - load) + load * (1 - load) / (1 - load + decay)
    interest = {"half_life_hours": 24 * half_life_days, "floor": floor}
    scenario = desk(leads_per_day=load, months=120, interest=interest)
    shares = []
    for k in range(REPLICATIONS):
        tables = simulate(scenario, 1, k).tables
        measured = tables["funnel"]["month"] > 0
        begun = tables["work"]["begun"][measured].sum()
        shares.append(tables["funnel"]["win"][measured].sum() / begun)
    assert_mean(shares, floor + (1 - floor) * left, sharpness=0.04)


def test_every_lead_is_held_against_its_own_wait() -> None:
    # Given the waits, outcomes are independent: Σ (passed − kept) has variance Σ kept (1 − kept).
    scenario = desk(leads_per_day=0.9, interest={"half_life_hours": 36.0, "floor": 0.1})
    replication = run(scenario)
    end = ends(replication)
    waits = {
        lead: wait for lead, wait in first_waits(replication).items() if end[lead] in ("WIN", "did not pass")
    }
    passed = np.array([end[lead] == "WIN" for lead in waits])
    days = np.array(list(waits.values()))
    likely = kept(days, 1.5, 0.1)
    assert passed[days == 0].all()
    for some in (days < 1, (days >= 1) & (days < 3), days >= 3):
        sd = np.sqrt((likely[some] * (1 - likely[some])).sum())
        bound = stats.norm.ppf(1 - ALARM / 2) * sd
        assert bound < 0.35 * likely[some].sum()
        assert abs(passed[some].sum() - likely[some].sum()) < bound


def test_interest_never_falls_below_its_floor() -> None:
    # Half of it is gone in a blink: who waits at all is down to the floor, who does not has all of it.
    scenario = desk(leads_per_day=0.8, interest={"half_life_hours": 1e-6, "floor": 0.3})
    replication = run(scenario)
    end, waits = ends(replication), first_waits(replication)
    late = [end[lead] for lead, wait in waits.items() if wait > 0 and end[lead] in ("WIN", "did not pass")]
    assert {end[lead] for lead, wait in waits.items() if wait == 0} <= {"WIN", "sales#1/AE#1"}
    assert_proportion(late.count("WIN"), len(late), 0.3)


@pytest.mark.slow
def test_it_is_a_factor_on_what_the_step_passes() -> None:
    step = {"by": "AE", "on": "MQL", "effort_hours": 1.0, "pass_probability": 0.6, "to": "WIN"}
    scenario = small_scenario(
        horizon_months=30,
        # The second lead of each pair waits exactly a day, the half-life.
        channels={
            "web": {
                "enters_as": "MQL", "leads_per_month": 2, "arrivals": "start_of_month", "tiers": {"t": 1},
                "interest": {"half_life_hours": 24.0, "floor": 0.2},
            }
        },
        journeys={"t": {"sell": step}},
    )  # fmt: skip
    second = [
        end for k in range(60) for (_, number), end in ends(run(scenario, 1, k)).items() if number % 2 == 1
    ]
    assert_proportion(second.count("WIN"), len(second), 0.6 * (0.2 + 0.8 / 2))


@pytest.mark.slow
def test_the_sooner_the_more_pass_and_none_that_would_not_have() -> None:
    def winners(**interest: float) -> set[log_reader.Lead]:
        channel: Data = {"interest": interest} if interest else {}
        return {lead for lead, end in ends(run(desk(leads_per_day=0.8, **channel))).items() if end == "WIN"}

    everybody = winners()
    slow, fast = winners(half_life_hours=240.0), winners(half_life_hours=24.0)
    capped = winners(half_life_hours=24.0, floor=0.5)
    # Thresholds move, numbers do not: fewer pass, and they are among those that passed before.
    assert fast < slow < everybody
    assert fast < capped < everybody


def test_only_the_first_contact_counts() -> None:
    # Nobody waits for the SDR, everybody for the AE.
    fades = {"interest": {"half_life_hours": 0.001}}
    scenario = small_scenario(
        channels={"web": {"enters_as": "MQL", "leads_per_month": 28, "tiers": {"t": 1}} | fades},
        journeys={
            "t": {
                "call": {"by": "SDR", "on": "MQL", "effort_hours": 0.1, "to": "SQL"},
                "sell": {"by": "AE", "effort_hours": 1.0, "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"SDR": 40, "AE": 1}}}},
    )
    replication = run(scenario)
    assert replication.tables["work"]["wait_days"].sum() > 10
    assert not log_reader.of_kind(replication, "lost")


def test_steps_that_nobody_does_are_no_contact() -> None:
    fades = {"interest": {"half_life_hours": 0.001}, "patience_days": 20.0}
    scenario = small_scenario(
        channels={"web": one_burst(2) | fades},
        journeys={
            "t": {
                "trial": {"by": "nobody", "on": "MQL", "buyer_delay_days": 14.0, "to": "SQL"},
                "sell": {"by": "AE", "effort_hours": 1.0, "to": "WIN"},
            }
        },
    )
    # Days on trial are no waiting: who is called at once buys, and the other has waited a day, not fifteen.
    replication = run(scenario)
    assert ends(replication) == {("web", 0): "WIN", ("web", 1): "did not pass"}
    assert sorted(first_waits(replication).values()) == [0, 1]


def test_names_on_a_list_have_no_interest_to_lose() -> None:
    name = {"enters_as": "MQL", "worked_by": "AE", "list_size": 100, "tiers": {"t": 1}}
    fades = {"interest": {"half_life_hours": 0.001}, "patience_days": 0.0}
    for field, value in fades.items():
        with pytest.raises(ValidationError, match=field):
            small_scenario(channels={"list": name | {field: value}})
    web = {"enters_as": "MQL", "leads_per_month": 20, "tiers": {"t": 1}} | fades
    end = ends(run(small_scenario(channels={"list": name, "web": web})))
    assert {value for (channel, _), value in end.items() if channel == "list"} <= {"WIN", "sales#1/AE#1"}
    assert {value for (channel, _), value in end.items() if channel == "web"} >= {"WIN", COLD}


def test_a_meeting_that_did_not_take_place_takes_no_interest_twice() -> None:
    """The floor is what is left however long the lead waits, however often its meeting is booked again."""
    scenario = desk(
        leads_per_day=0.6, effort=0.5, interest={"half_life_hours": 1e-6, "floor": 0.5}
    ).model_dump(exclude_unset=True)
    scenario["journeys"]["t"]["sell"]["no_show"] = {
        "probability": 0.4, "effort_hours": 0.5, "rebook_days": 1.0, "at_most": 5,
    }  # fmt: skip
    replication = run(Scenario.model_validate(scenario))
    end = ends(replication)
    waited: dict[bool, list[str]] = {True: [], False: []}
    for lead, life in log_reader.events_by_lead(replication).items():
        ready = [e.time_days for e in life if e.kind == "ready"]
        start = [e.time_days for e in life if e.kind == "start"]
        if end[lead] in ("WIN", "did not pass") and len(start) > 1:
            every = all(s > r for r, s in zip(ready, start, strict=True))
            waited[every].append(end[lead])
    late = waited[True]
    assert len(late) > 80
    assert_proportion(late.count("WIN"), len(late), 0.5)


# --------------------------------------------------------------------------------------------------- patience


def reneging(load: float, rate: float) -> float:
    """Share that gives up in M/M/1+M: service rate 1, patience exponential of this rate (birth and death)."""
    p = [1.0]
    for n in range(1, 400):
        p.append(p[-1] * load / (1 + (n - 1) * rate))
    weights = np.array(p) / sum(p)
    return float((weights * np.maximum(np.arange(400) - 1, 0)).sum() * rate / load)


def reneging_all_alike(load: float, patience: float) -> float:
    """The same in M/M/1+D (Barrer 1957): the offered wait has density λ p₀ e^(−(1−λ)x) up to the patience,
    and λ p₀ e^(λτ − x) beyond it, where leads give up.
    """
    within = load * (1 - np.exp(-(1 - load) * patience)) / (1 - load)
    beyond = load * np.exp(-(1 - load) * patience)
    return float(beyond / (1 + within + beyond))


def test_formulas_are_the_ones_in_the_books() -> None:
    assert reneging(0.5, 1e-9) == pytest.approx(0, abs=1e-8)
    # Patience of no time at all: M/M/1/1, where λ/(1 + λ) are turned away (Erlang B).
    assert reneging(0.8, 1e12) == pytest.approx(0.8 / 1.8)
    assert reneging_all_alike(0.8, 0.0) == pytest.approx(0.8 / 1.8)
    assert reneging_all_alike(0.8, 1e3) == pytest.approx(0)
    # Patience like service: p_n is Poisson, and 1 − (1 − p₀)/λ give up.
    assert reneging(0.8, 1.0) == pytest.approx(1 - (1 - np.exp(-0.8)) / 0.8)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("patience", "load", "theory"),
    [
        ({"exponential": {"mean": 2.0}}, 0.8, reneging(0.8, 0.5)),
        ({"exponential": {"mean": 1.0}}, 1.5, reneging(1.5, 1.0)),  # more than one can do: patience saves it
        (1.5, 0.8, reneging_all_alike(0.8, 1.5)),
    ],
    ids=["M/M/1+M", "M/M/1+M overloaded", "M/M/1+D"],
)
def test_a_queue_with_reneging(patience: Any, load: float, theory: float) -> None:
    scenario = desk(leads_per_day=load, months=100, patience_days=patience)
    shares, used = [], []
    for k in range(REPLICATIONS):
        tables = simulate(scenario, 1, k).tables
        measured = tables["funnel"]["month"] > 0
        losses = tables["losses"]
        cold = losses["lost"][losses["month"] > 0].sum()
        assert set(losses["reason"]) == {COLD}
        assert set(losses["step"]) == {"sell"}
        shares.append(cold / tables["funnel"]["came_in"][measured].sum())
        used.append(
            tables["work"]["busy_days"][measured].sum() / tables["work"]["available_days"][measured].sum()
        )
    assert_mean(shares, theory, sharpness=0.06)
    assert_mean(used, load * (1 - theory), sharpness=0.02)


def test_waiting_is_accounted_for_to_the_day() -> None:
    # Little's law as an identity: leads waiting × days = the waits of those served, gone cold, still waiting.
    scenario = desk(leads_per_day=1.2, months=40, patience_days=EXPONENTIAL)
    replication = run(scenario)
    horizon = 46 * MONTH
    waits: dict[str, float] = {"start": 0.0, "lost": 0.0, "": 0.0}
    for life in log_reader.events_by_lead(replication).values():
        ready, *after = [e for e in life if e.kind in ("ready", "start", "lost")]
        waits[after[0].kind if after else ""] += (after[0].time_days if after else horizon) - ready.time_days
        assert len(after) <= 1, "a lead that has gone cold is served later"
    work = replication.tables["work"]
    assert waits["lost"] > 100
    assert work["backlog_days"].sum() == pytest.approx(sum(waits.values()), abs=1e-6)
    assert work["wait_days"].sum() == pytest.approx(waits["start"], abs=1e-6)
    assert work["begun"].sum() == len(log_reader.of_kind(replication, "start"))
    left = (
        len(log_reader.of_kind(replication, "ready")) - work["begun"].sum() - count(replication, "lost", COLD)
    )
    assert work["waiting_end"].tolist()[-1] == left
    funnel, inside = replication.tables["funnel"], replication.tables["pipeline"]["inside"]
    assert funnel["came_in"].sum() == funnel["lost"].sum() + inside.sum()  # nobody leaves as a customer here


def test_a_lead_goes_cold_exactly_when_its_patience_ends() -> None:
    law = {"lognormal": {"mean": 2.0, "sd": 1.0}}
    replication = run(desk(leads_per_day=2.0, months=30, patience_days=law))
    cold = [
        life[-1].time_days - life[0].time_days
        for life in log_reader.events_by_lead(replication).values()
        if life[-1].detail == COLD
    ]
    assert len(cold) > 500
    # Every lead has patience of its own, whoever is served: all that start have waited less than somebody
    # else's patience, and with nobody to serve them the ends are the law itself.
    nobody = run(desk(leads_per_day=2.0, months=30, effort=1e5, patience_days=law))
    own = {
        lead: life[-1].time_days - life[0].time_days
        for lead, life in log_reader.events_by_lead(nobody).items()
        if life[-1].detail == COLD
    }
    sigma = np.sqrt(np.log(1.25))
    whole = [days for (_, number), days in own.items() if number < 1800]
    assert stats.kstest(whole, stats.lognorm(sigma, scale=2 / np.sqrt(1.25)).cdf).pvalue > ALARM
    for lead, life in log_reader.events_by_lead(replication).items():
        if lead in own:
            starts = [e.time_days for e in life if e.kind == "start"]
            if starts:
                assert starts[0] - life[0].time_days <= own[lead] + 1e-9
            elif life[-1].detail == COLD:
                assert life[-1].time_days - life[0].time_days == pytest.approx(own[lead], abs=1e-9)


def test_the_less_patient_the_more_go_cold() -> None:
    cold = [
        count(
            run(desk(leads_per_day=0.9, months=20, patience_days={"exponential": {"mean": mean}})),
            "lost",
            COLD,
        )
        for mean in (20.0, 5.0, 1.0, 0.2)
    ]
    assert cold == sorted(cold)
    assert len(set(cold)) == 4


def burst_at_one_desk(**channel: Any) -> dict[log_reader.Lead, str]:
    """Three leads at the first instant, one person, three days each."""
    scenario = small_scenario(
        horizon_months=1,
        channels={"web": one_burst(3) | channel},
        journeys={"t": {"sell": {"by": "AE", "on": "MQL", "effort_hours": 3.0, "to": "WIN"}}},
    )
    return ends(run(scenario))


def test_somebody_free_at_the_same_instant_takes_it_first() -> None:
    first, second, third = (("web", number) for number in range(3))
    assert burst_at_one_desk(patience_days=6.0) == {first: "WIN", second: "WIN", third: "WIN"}
    assert burst_at_one_desk(patience_days=3.0) == {first: "WIN", second: "WIN", third: COLD}
    just_less = float(np.nextafter(3.0, 0))
    assert burst_at_one_desk(patience_days=just_less) == {first: "WIN", second: COLD, third: COLD}
    # No patience at all: who finds somebody free is served all the same.
    assert burst_at_one_desk(patience_days=0.0) == {first: "WIN", second: COLD, third: COLD}


def test_a_lead_being_served_does_not_go_cold() -> None:
    scenario = desk(leads_per_day=0.01, effort=10.0, months=60, patience_days=1.0)
    replication = run(scenario)
    assert count(replication, "state", "WIN") > 10
    served = {
        lead
        for lead, life in log_reader.events_by_lead(replication).items()
        if any(e.kind == "start" for e in life)
    }
    assert not [lead for lead in served if ends(replication)[lead] == COLD]


def test_patience_is_for_the_first_contact_only() -> None:
    scenario = small_scenario(
        channels={"web": one_burst(4, patience_days=2.0)},
        journeys={
            "t": {
                "call": {"by": "SDR", "on": "MQL", "effort_hours": 0.5, "to": "SQL"},
                "sell": {"by": "AE", "effort_hours": 9.0, "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"SDR": 4, "AE": 1}}}},
    )
    assert set(ends(run(scenario)).values()) == {"WIN"}


def test_who_has_gone_cold_is_no_load() -> None:
    # AE#1 and AE#2 are at work, one lead waits for each; the one of AE#2 goes cold. Who comes then goes to
    # AE#2, though AE#1 was given a lead longer ago.
    def channel(state: str, **more: Any) -> Data:
        return one_burst(1, enters_as=state, **more)

    scenario = small_scenario(
        horizon_months=1,
        channels={
            "a": channel("SAL"), "b": channel("SAL"), "c": channel("SAL"),
            "d": channel("SAL", patience_days=1.0), "e": channel("MQL"),
        },
        journeys={
            "t": {
                "think": {"by": "nobody", "on": "MQL", "buyer_delay_days": 2.0, "to": "SAL"},
                "sell": {"by": "AE", "on": "SAL", "effort_hours": 5.0, "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"AE": 2}, "assignment": "least_loaded"}}},
    )  # fmt: skip
    replication = run(scenario)
    by = {e.channel: (e.detail[-1], e.time_days) for e in log_reader.of_kind(replication, "start")}
    assert by == {"a": ("1", 0), "b": ("2", 0), "c": ("1", 5), "e": ("2", 5)}
    assert ends(replication)["d", 0] == COLD
    assert replication.tables["work"]["backlog_days"].sum() == pytest.approx(5 + 1 + 3)


def test_nobody_goes_cold_where_there_are_people_enough() -> None:
    scenario = desk(leads_per_day=1.0, months=12, people=60, patience_days=0.0)
    assert not log_reader.of_kind(run(scenario), "lost")


# ----------------------------------------------------------------------------- who has been in contact before


def comes_back(**channel: Any) -> Replication:
    """Two leads who fail at their first contact and come back once."""
    scenario = small_scenario(
        horizon_months=2,
        channels={"web": one_burst(2) | channel},
        journeys={
            "t": {
                "sell": {
                    "by": "AE",
                    "on": "MQL",
                    "effort_hours": 2.0,
                    "pass_probability": 1e-12,
                    "to": "WIN",
                    "otherwise": {"nurture": {"to": "sell", "share": 1.0, "after_days": 1.0}},
                }
            }
        },
    )
    return run(scenario)


def test_who_comes_back_from_nurture_has_been_contacted_before() -> None:
    # Both were served within their five days; what they wait after coming back is no first contact.
    replication = comes_back(patience_days=5.0)
    assert set(first_waits(replication).values()) == {0.0, 2.0}
    assert COLD not in ends(replication).values()
    assert len(log_reader.of_kind(replication, "start")) == 4


def test_patience_does_not_run_on_after_a_contact() -> None:
    # The alarm that was set for the first wait must not end a later one: back on day 5, it has not waited.
    replication = comes_back(patience_days=5.0)
    life = log_reader.events_by_lead(replication)["web", 1]
    back = [e.time_days for e in life if e.kind == "ready"][1]
    assert not [e for e in life if e.kind == "lost" and e.time_days == back]


def test_interest_after_nurture_is_no_first_contact() -> None:
    # All but the first wait for their first contact, and fail; they come back, wait again, and would pass for
    # certain (0.4 × 3) if that wait were not held against them.
    fades = {"interest": {"half_life_hours": 1e-6, "floor": 0.0}}
    nurture = {"to": "call", "share": 1.0, "after_days": 0.1, "pass_factor": 3.0}
    call = {"by": "SDR", "on": "MQL", "effort_hours": 0.5, "pass_probability": 0.4, "to": "SQL"}
    scenario = small_scenario(
        channels={"web": one_burst(30) | fades},
        journeys={
            "t": {
                "call": call | {"otherwise": {"nurture": nurture}},
                "sell": {"by": "AE", "effort_hours": 0.1, "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"SDR": 1, "AE": 30}}}},
    )
    replication = run(scenario)
    assert count(replication, "nurture", "call") >= 29
    assert count(replication, "state", "WIN") == 30


def test_patience_begins_anew_with_every_wait() -> None:
    """Five days each time: a lead that was missed, and waits again for half a day, has not gone cold."""
    scenario = small_scenario(
        channels={"web": one_burst(3, patience_days=5.0)},
        journeys={
            "t": {
                "meet": {
                    "by": "AE",
                    "on": "MQL",
                    "effort_hours": 2.0,
                    "no_show": {"probability": 1.0, "effort_hours": 2.0, "rebook_days": 0.5, "at_most": 1},
                    "to": "WIN",
                }
            }
        },
    )
    for life in log_reader.events_by_lead(run(scenario)).values():
        waits = [(e.kind, e.time_days) for e in life if e.kind in ("ready", "start", "lost")]
        for (kind, ready), (end, time) in pairwise(waits):
            if kind == "ready" and end == "start":
                assert time - ready <= 5
            elif kind == "ready":
                assert time - ready == pytest.approx(5), "gone cold after five days of waiting, and no sooner"
