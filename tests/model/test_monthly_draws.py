"""Monthly draws of a customer: independent of who else there is, of the horizon, and of what else may happen
to it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM
from money_scenarios import ANNUAL, LIVE, SIGN, Data, Numbers, at_once, customer_base, market, run_without_log
from scipy import stats
from small_scenarios import run

from simsales.model import Replication
from simsales.model.customers.monthly_draws import MonthlyDraws
from simsales.scenario import Scenario
from simsales.streams import Streams

MONTHS = 36


def monthly_draws(months: int = MONTHS, seed: int = 1, replication: int = 0) -> MonthlyDraws:
    return MonthlyDraws(Streams(seed, replication), months)


# ------------------------------------------------------------------------------------------------ the numbers


@pytest.mark.parametrize(
    ("law", "theory"), [("uniform", stats.uniform), ("exponential", stats.expon), ("normal", stats.norm)]
)
def test_the_numbers_follow_their_law(law: str, theory: Any) -> None:
    mine = monthly_draws()
    numbers = np.concatenate([mine.draw("web", k, "x", law) for k in range(500)])
    assert numbers.shape == (500 * MONTHS,)
    assert stats.kstest(numbers, theory.cdf).pvalue > ALARM


@pytest.mark.parametrize("law", ["uniform", "exponential", "normal"])
def test_they_do_not_depend_on_what_was_asked_before(law: str) -> None:
    first, second = monthly_draws(), monthly_draws()
    there = {k: first.draw("web", k, "x", law) for k in range(50)}
    for k in reversed(range(0, 50, 7)):
        second.draw("web", k + 1, "y", "uniform")
        second.draw("fair", k, "x", law)
        assert (second.draw("web", k, "x", law) == there[k]).all()
        assert (second.draw("web", k, "x", law) == there[k]).all(), "nor on having been asked twice"


@pytest.mark.parametrize("law", ["uniform", "exponential", "normal"])
def test_more_months_begin_with_the_same_numbers(law: str) -> None:
    shorter, longer = monthly_draws(months=7), monthly_draws(months=200)
    for k in (0, 3, 2**53 - 1):
        assert (longer.draw("web", k, "x", law)[:7] == shorter.draw("web", k, "x", law)).all()


def test_every_lead_channel_purpose_law_seed_and_replication_has_its_own() -> None:
    mine = monthly_draws()
    sequences = [
        mine.draw("web", 0, "x", "uniform"),
        mine.draw("web", 1, "x", "uniform"),
        mine.draw("web", 2**52, "x", "uniform"),
        mine.draw("web", 2**53 - 1, "x", "uniform"),
        mine.draw("fair", 0, "x", "uniform"),
        mine.draw("web", 0, "y", "uniform"),
        monthly_draws(seed=2).draw("web", 0, "x", "uniform"),
        monthly_draws(replication=1).draw("web", 0, "x", "uniform"),
    ]
    numbers = np.concatenate(sequences)
    assert len(np.unique(numbers)) == len(numbers)


def test_neighbours_are_independent() -> None:
    # Leads k and k + 1, months i and i + 1, two purposes: correlations like those of noise.
    mine = monthly_draws()
    x = np.array([mine.draw("web", k, "x", "normal") for k in range(1000)])
    y = np.array([mine.draw("web", k, "y", "normal") for k in range(1000)])
    for a, b in ((x[:-1], x[1:]), (x[:, :-1], x[:, 1:]), (x, y)):
        r = float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
        assert abs(r) < stats.norm.ppf(1 - ALARM / 2) / np.sqrt(a.size)


# ---------------------------------------------------------------------------------------------- histories

LEVERS: Data = {
    "up": {"attempts_per_month": 0.3, "pass_probability": 0.5, "adds": 0.1},
    "cross": {"attempts_per_month": 0.2, "pass_probability": 0.4, "adds": 0.2},
}
EVERYTHING: Data = {
    "churn_per_month": 0.04,
    "contracts": {
        "monthly": {"share": 0.6},
        "quarter": {"share": 0.4, "term_months": 3, "churn_factor": 1.5},
    },
    "discount": {"uniform": {"low": 0.0, "high": 0.3}},
    "churn_factors": {"onboarding": {"quality_sd": 0.5}, "season": [1.5, 0.5] * 6},
    "community": {"share": 0.5, "churn_factor": 0.5},
    "levers": LEVERS,
    "spread": {"per_month": 0.05, "limit": 5.0},
    "releases": {"every_months": 4, "price_tiers": [1, 2, 3], "adopt_probability": 0.3},
    "contraction": {"probability_per_month": 0.05, "share": 0.2},
    "reactivation": {"probability_per_month": 0.1},
}
"""All that may happen to a customer, none of it by people (who may be busy with others)."""


def histories(replication: Replication, since: str = "sign") -> dict[log_reader.Lead, list[tuple[Any, ...]]]:
    """What happened to each customer from a kind of event on."""
    found: dict[log_reader.Lead, list[tuple[Any, ...]]] = {}
    for lead, life in log_reader.events_by_lead(replication).items():
        kinds = [e.kind for e in life]
        if since in kinds:
            found[lead] = [(e.time_days, e.kind, e.step, e.mrr) for e in life[kinds.index(since) :]]
    return found


def test_a_life_does_not_depend_on_who_else_became_a_customer() -> None:
    # The same leads at two conversions: all that some have in common with the many is that they are there.
    few, many = (
        histories(run(market(EVERYTHING, leads=400, months=18, sign={"pass_probability": p})))
        for p in (0.2, 0.9)
    )
    assert 40 < len(few) < len(many)
    assert few.items() <= many.items()
    kinds = {event[1] for life in few.values() for event in life}
    assert kinds >= {"sign", "expansion", "contraction", "leave", "return"}


def test_a_life_does_not_depend_on_other_channels_and_tiers() -> None:
    def scenario(**more: Any) -> Scenario:
        channels = {"web": at_once(100)} | {name: at_once(50) | each for name, each in more.items()}
        steps = {"sign": SIGN, "live": LIVE}
        return market(
            EVERYTHING,
            months=18,
            tiers={"t": {"price_per_month": 100} | EVERYTHING, "a": {"price_per_month": 5} | EVERYTHING},
            channels=channels,
            journeys={"t": steps, "a": steps},
        )

    alone = histories(run(scenario()))
    others: list[Data] = [{"air": {}}, {"zoo": {"tiers": {"a": 1}}}]
    for more in others:
        assert alone.items() <= histories(run(scenario(**more))).items()


def test_a_longer_horizon_goes_on_where_the_shorter_one_ended() -> None:
    shorter, longer = (histories(run(market(EVERYTHING, leads=200, months=months))) for months in (9, 20))
    end = max(event[0] for life in shorter.values() for event in life)
    assert {lead: [e for e in life if e[0] <= end] for lead, life in longer.items()} == shorter


def test_a_warm_up_gives_nobody_another_life() -> None:
    # Months are counted from the signature, not from the first month of the simulation. (Seasons and releases
    # go by the calendar: here, without.)
    product = {name: each for name, each in EVERYTHING.items() if name not in ("releases", "churn_factors")}

    def scenario(warm_up: int) -> Scenario:
        return market(product, leads=150, months=14 - warm_up, warm_up_months=warm_up)

    cold, warm = (histories(run(scenario(warm_up))) for warm_up in (0, 5))
    # With a warm-up more leads come in, at the start of the first month after it; those of the first instant
    # are the same.
    assert {lead: life for lead, life in warm.items() if life[0][0] == 0} == cold


# --------------------------------------------------------------------------------------------- common draws

SWITCHES: dict[str, Data] = {
    "another_lever": {
        "levers": LEVERS | {"more": {"attempts_per_month": 0.5, "pass_probability": 0.5, "adds": 0.3}}
    },
    "lever_first_by_name": {
        "levers": LEVERS | {"aa": {"attempts_per_month": 0.5, "pass_probability": 0.5, "adds": 0.3}}
    },
    "a_better_lever": {"levers": LEVERS | {"up": {**LEVERS["up"], "adds": 0.9}}},
    "spread": {"spread": {"per_month": 0.1, "limit": 9.0}},
    "releases": {"releases": {"every_months": 3, "price_tiers": [1, 2, 3], "adopt_probability": 0.5}},
    "contraction": {"contraction": {"probability_per_month": 0.1, "share": 0.1}},
    "reactivation": {"reactivation": {"probability_per_month": 0.2}},
    "references": {"reference_customers": {"share": 0.5, "win_odds_factor": 1.5}},
    "community": {"community": {"share": 0.5}},
    "discount": {"discount": {"uniform": {"low": 0.0, "high": 0.5}}},
    "another_contract": {"contracts": {"monthly": {"share": 0.5}, "too": {"share": 0.5}}},
    "reasons": {"churn_factors": {"season": [1.0 + 1e-15] + [1.0] * 11}},
}
PLAIN: Data = {"churn_per_month": 0.05, "levers": LEVERS}


def seen(replication: Replication) -> dict[str, set[tuple[int, int]]]:
    """Who left and who was sold something, each with the day, up to a customer's first leaving."""
    found = defaultdict(set)
    gone: set[int] = set()
    for event in log_reader.events(replication):
        if event.number in gone:
            continue
        if event.kind == "leave":
            gone.add(event.number)
            found["leave"].add((event.number, round(event.time_days)))
        elif event.kind == "expansion":
            found[event.step].add((event.number, round(event.time_days)))
    return dict(found)


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES)
def test_switching_one_thing_on_leaves_the_luck_of_all_others_alone(switch: str) -> None:
    before = seen(run(market(PLAIN, leads=300, months=18)))
    after = seen(run(market(PLAIN | SWITCHES[switch], leads=300, months=18)))
    assert min(len(each) for each in before.values()) > 30
    assert before.keys() == {"leave", "up", "cross"}
    for what, whom in before.items():
        assert after[what] == whom, what


def test_a_better_chance_reaches_all_that_a_worse_one_did() -> None:
    # Thresholds: what succeeds at 0.4 succeeds at 0.7, too.
    def sold(passes: float, attempts: float) -> set[tuple[int, int]]:
        levers = {"up": {"attempts_per_month": attempts, "pass_probability": passes, "adds": 0.1}}
        return seen(run(market({"levers": levers}, leads=100, months=12)))["up"]

    assert sold(0.4, 0.5) < sold(0.7, 0.5) < sold(0.7, 0.8)


def test_the_effort_of_a_talk_is_no_business_of_its_outcome() -> None:
    # Ample people: talks of any length take place in their month, and succeed as ever.
    def sold(effort: Any, people: int) -> set[tuple[int, int]]:
        levers = {"up": LEVERS["up"] | {"by": "AM", "effort_hours": effort}}
        team = {"teams": {"success": {"members": {"AM": people}, "assignment": "round_robin"}}}
        return seen(run(market({"levers": levers}, leads=60, months=12, organization=team)))["up"]

    constant = sold(0.0, 50)
    assert len(constant) > 50
    for effort in (0.5, {"lognormal": {"mean": 0.5, "sd": 0.5}}, {"exponential": {"mean": 0.5}}):
        for people in (50, 80):
            assert sold(effort, people) == constant


def test_the_hours_of_a_talk_do_not_depend_on_who_holds_it() -> None:
    # The month's talks of one customer are as long whether one or many work on them.
    levers = {
        "up": {
            "by": "AM",
            "attempts_per_month": 0.5,
            "pass_probability": 0.5,
            "adds": 0.1,
            "effort_hours": {"lognormal": {"mean": 0.2, "sd": 0.2}},
        }
    }

    def days(people: int) -> Numbers:
        team = {"teams": {"success": {"members": {"AM": people}}}}
        busy: Numbers = run_without_log(
            customer_base({"levers": levers}, customers=30, organization=team)
        ).tables["work"]["busy_days"]
        return busy

    assert days(1) == pytest.approx(days(20))
    assert days(1).std() > 0


# ---------------------------------------------------------------------------------------- a going concern


def concern(old: int, young: int, under_way: int, months: int = 15) -> Scenario:
    """Customers of two tiers who are there at the beginning, and leads on their way to becoming some."""
    product = EVERYTHING | {"price_per_month": 100, "contracts": ANNUAL}
    steps = {"think": SIGN | {"to": "SQL", "buyer_delay_days": 40.0}, "sign": {"by": "nobody", "to": "WIN"}}
    steps["live"] = LIVE
    age = {"uniform": {"low": 0.0, "high": 30.0}}
    return customer_base(
        {},
        months=months,
        tiers={"a": product, "b": product},
        channels={"web": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"a": 0.5, "b": 0.5}}},
        journeys={"a": steps, "b": steps},
        opening={
            "customers": {
                "a": {"customers": old, "age_months": age}, "b": {"customers": young, "age_months": age},
            },
            "pipeline": {"a": {"sign": under_way}, "b": {"sign": 30}},
        },
    )  # fmt: skip


def of_the_opening(scenario: Scenario) -> dict[tuple[str, str], list[list[tuple[Any, ...]]]]:
    """Lives of those who are there at the beginning, in the order of their numbers, by tier and state."""
    found = defaultdict(list)
    for _, life in sorted(log_reader.events_by_lead(run(scenario)).items()):
        events = [(e.time_days, e.kind, e.step, e.mrr) for e in life]
        found[life[0].tier, life[0].detail].append(events)
    return dict(found)


@pytest.mark.parametrize(
    "more", [(31, 30, 30), (30, 31, 30), (30, 30, 31)], ids=["old", "young", "under way"]
)
def test_one_more_at_the_beginning_changes_nobody_elses_life(more: tuple[int, int, int]) -> None:
    before, after = of_the_opening(concern(30, 30, 30)), of_the_opening(concern(*more))
    assert {key: len(each) for key, each in before.items()} == dict.fromkeys(before, 30)
    assert sum(map(len, after.values())) == 121
    for key, those in before.items():
        assert after[key][:30] == those, key
    kinds = {event[1] for those in before.values() for life in those for event in life}
    assert kinds >= {"expansion", "contraction", "leave", "return"}


def test_those_who_are_there_at_the_beginning_have_lives_of_their_own() -> None:
    # Not all the same, nor those of another tier's.
    found = of_the_opening(concern(30, 30, 30))
    lives_ = [tuple(life) for those in found.values() for life in those]
    assert len(set(lives_)) > 100
