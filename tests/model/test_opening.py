"""The opening: exactly as stated, and a firm in steady state stays there (long: scenarios written out)."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_distributed, assert_mean, assert_proportion
from money_scenarios import ledger
from scipy import stats
from small_scenarios import HOURS, MONTH, run, small_scenario

from simsales.model import Replication, simulate
from simsales.model.plan import plan_of
from simsales.scenario import Scenario

SELL = {"by": "AE", "on": "MQL", "effort_hours": 0.001, "pass_probability": 0.5, "to": "WIN"}


def concern(opening: Any, **parts: Any) -> Scenario:
    """A firm with an opening; nobody else comes in unless ``parts`` say otherwise."""
    return small_scenario(
        **{
            "channels": {"web": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"t": 1}}},
            "journeys": {"t": {"sell": SELL}},
            "opening": opening,
        }
        | parts
    )


# ---------------------------------------------------------------------------------------------------- nobody


def test_an_opening_of_nobody_adds_rows_of_zeros() -> None:
    web = {"web": {"enters_as": "MQL", "leads_per_month": 20, "tiers": {"t": 1}}}
    one = run(concern(None, channels=web))
    other = run(concern({"customers": {"t": {"customers": 0}}, "pipeline": {"t": {"sell": 0}}}, channels=web))
    assert one.log == other.log
    for name, table in one.tables.items():
        rows = list(other.tables[name].rows())
        assert [row for row in rows if "opening" not in row] == list(table.rows())
        assert not any(
            cell for row in rows if "opening" in row for cell in row[1:] if not isinstance(cell, str)
        )


# -------------------------------------------------------------------------------------------------- customers


@pytest.mark.parametrize("warm_up", [0, 2])
def test_customers_are_there_from_the_first_instant_and_pay(warm_up: int) -> None:
    replication = run(concern({"customers": {"t": {"customers": 250}}}, warm_up_months=warm_up))
    months = 6 + warm_up
    assert ledger(replication, "customers_opening") == [250] * months
    assert ledger(replication, "mrr_opening") == [25_000] * months
    assert ledger(replication, "revenue") == [25_000] * months
    assert ledger(replication, "customers_new") == [0] * months
    funnel = replication.tables["funnel"]
    assert set(funnel["direction"][funnel["channel"] == "opening"].tolist()) == {"opening"}
    assert funnel["came_in"].tolist()[-months:] == [250] + [0] * (months - 1)
    # They signed and went LIVE before: nobody counts them as wins.
    assert sum(funnel[s].sum() for s in ("mql", "sql", "win", "live", "won_days", "lost")) == 0
    pipeline = {row[2]: row[3] for row in replication.tables["pipeline"].rows() if row[0] == "opening"}
    assert pipeline == {state: 250 if state == "LIVE" else 0 for state in pipeline}


@pytest.mark.slow
def test_the_opening_base_leaves_at_the_stated_churn() -> None:
    churn, there = 0.08, 40_000
    tiers = {"t": {"price_per_month": 100, "churn_per_month": churn}}
    replication = simulate(concern({"customers": {"t": {"customers": there}}}, tiers=tiers), 1, 0)
    assert ledger(replication, "customers_opening")[0] == there
    for month in range(6):
        opening, churned = (
            int(ledger(replication, f"customers_{what}")[month]) for what in ("opening", "churned")
        )
        assert stats.norm.isf(ALARM / 2) * sqrt((1 - churn) / (churn * opening)) < 0.1
        assert_proportion(churned, opening, churn)


@pytest.mark.slow
@pytest.mark.parametrize("weight", [0.0, 0.7])
def test_the_opening_base_leaves_at_the_stated_churn_though_fit_matters(weight: float) -> None:
    # Those who are there have been won as all others have: the poorest fit is not among them.
    churn, there, effect = 0.08, 4000, 1.0
    tiers = {"t": {"price_per_month": 100, "churn_per_month": churn, "churn_fit_effect": effect}}
    journeys = {"t": {"sell": SELL | {"fit_weight": weight, "pass_probability": 0.2}}}
    web = {
        "web": {
            "enters_as": "MQL",
            "leads_per_month": there * 5,
            "arrivals": "start_of_month",
            "season": [1] + [0] * 11,
            "tiers": {"t": 1},
        }
    }
    hours = {"AE": {"hours_per_month": 744}}
    opening = {"customers": {"t": {"customers": there}}}
    new = simulate(concern(None, tiers=tiers, journeys=journeys, channels=web, people=hours), 1, 0)
    old = simulate(concern(opening, tiers=tiers, journeys=journeys), 1, 0)
    opening_, churned = (ledger(new, f"customers_{what}")[1] for what in ("opening", "churned"))
    left = ledger(old, "customers_churned")[0]
    assert opening_ > 3000
    # Two independent binomial samples.
    table = [[churned, opening_ - churned], [left, there - left]]
    assert stats.fisher_exact(np.array(table, dtype=int)).pvalue > ALARM


def test_the_age_of_the_opening_base_spares_it_no_churn_of_its_own() -> None:
    # Nobody has met them before the sale, in this organization: no age makes early churn lower.
    def churned(age: Any, factor: float) -> list[float]:
        early = {"months": 12, "factor_if_known": factor}
        tiers = {"t": {"price_per_month": 100, "churn_per_month": 0.1, "early_churn": early}}
        opening = {"customers": {"t": {"customers": 500, "age_months": age}}}
        return ledger(run(concern(opening, tiers=tiers)), "customers_churned")

    plain = churned(0, 1.0)
    assert sum(plain) > 100
    assert churned({"exponential": {"mean": 10}}, 0.0) == churned(0, 0.0) == plain


@pytest.mark.parametrize("routing", ["round_robin", "least_loaded"])
def test_the_care_of_the_opening_base_is_spread_evenly(routing: str) -> None:
    hours, people, there = 0.5, 5, 100
    care = {"by": "CSM", "effort_hours_per_month": hours}
    churn = {"price_per_month": 100, "care": care}
    teams = {"sales": {"members": {"AE": 1}}, "pod": {"count": people, "members": {"CSM": 1}}}
    if routing == "round_robin":
        teams["pod"] = {"members": {"CSM": people}}
    replication = run(
        concern(
            {"customers": {"t": {"customers": there}}},
            tiers={"t": churn},
            organization={"teams": teams, "routing": routing},
            people={"AE": {"hours_per_month": HOURS}, "CSM": {"hours_per_month": HOURS}},
        )
    )
    work = replication.tables["work"]
    mine = work["role"] == "CSM"
    load = there * hours / (people * HOURS)
    assert (work["busy_days"] / work["available_days"])[mine] == pytest.approx(np.full(mine.sum(), load))


def test_care_stays_even_to_the_person_and_ends_with_the_customer() -> None:
    # 40 customers for 4 persons: 10 each would fill 0.98 of the month; one with more falls behind.
    care = {"by": "CSM", "effort_hours_per_month": 0.98 * HOURS / 10}
    replication = run(
        concern(
            {"customers": {"t": {"customers": 40}}},
            tiers={"t": {"price_per_month": 100, "care": care}},
            organization={"teams": {"sales": {"members": {"AE": 1, "CSM": 4}}}},
        )
    )
    work = replication.tables["work"]
    csm = work["role"] == "CSM"
    assert (work["busy_days"] / work["available_days"])[csm] == pytest.approx(np.full(6, 0.98))
    gone = concern(
        {"customers": {"t": {"customers": 40}}},
        tiers={"t": {"price_per_month": 100, "care": care, "churn_per_month": 1.0}},
        organization={"teams": {"sales": {"members": {"AE": 1, "CSM": 4}}}},
    )
    work = run(gone).tables["work"]
    busy = (work["busy_days"] / work["available_days"])[work["role"] == "CSM"]
    assert busy.tolist() == pytest.approx([0.98, 0, 0, 0, 0, 0], abs=1e-9)


def test_the_opening_goes_to_the_teams_that_are_for_it() -> None:
    # Nobody is at work before the first instant, so nobody is too busy to take what is his.
    care = {"by": "AE", "effort_hours_per_month": 0.1}
    tiers = {"t": {"price_per_month": 100, "care": care}, "u": {"price_per_month": 100}}
    replication = run(
        concern(
            {"customers": {"t": {"customers": 40}}, "pipeline": {"t": {"sell": 2}}},
            tiers=tiers,
            channels={"web": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"t": 0.5, "u": 0.5}}},
            journeys={"t": {"sell": SELL}, "u": {"sell": SELL}},
            organization={
                "teams": {
                    "ours": {"members": {"AE": 2}, "serves": {"tiers": ["t"]}},
                    "theirs": {"members": {"AE": 2}, "serves": {"tiers": ["u"]}},
                },
                "overflow_above": 0.9,
            },
        )
    )
    work = replication.tables["work"]
    assert {e.detail for e in log_reader.of_kind(replication, "ready")} == {"ours#1/AE"}
    assert work["busy_days"][work["team"] == "theirs#1"].sum() == 0


# --------------------------------------------------------------------------------------------------- pipeline

PATH = {
    "call": {"by": "nobody", "on": "MQL", "buyer_delay_days": 8.0, "to": "SQL"},
    "meet": {"by": "AE", "effort_hours": 0.001, "buyer_delay_days": {"exponential": {"mean": 5.0}}},
    "sign": {"by": "AE", "effort_hours": 0.001, "to": "WIN"},
}


def first_ready(replication: Replication) -> dict[str, list[float]]:
    """By step, when the leads of the opening come to it: the first thing that happens to each."""
    found: dict[str, list[float]] = {}
    for (channel, _), life in log_reader.events_by_lead(replication).items():
        if channel == "opening":
            event = next(e for e in life if e.kind in ("ready", "done"))
            found.setdefault(event.step, []).append(event.time_days)
    return found


def test_leads_are_on_the_way_to_the_step_before_them() -> None:
    opening = {"pipeline": {"t": {"call": 7, "meet": 600, "sign": 600}}}
    replication = run(concern(opening, journeys={"t": PATH}, horizon_months=2))
    days = first_ready(replication)
    assert {step: len(found) for step, found in days.items()} == {"call": 7, "meet": 600, "sign": 600}
    assert set(days["call"]) == {0.0}, "nothing comes before the first step"
    # What is left of a delay that one finds running: for a constant uniform, for an exponential all of it.
    assert max(days["meet"]) < 8.0
    assert_distributed(days["meet"], stats.uniform(0, 8))
    assert_distributed(days["sign"], stats.expon(scale=5))
    states = Counter(e.detail for e in log_reader.of_kind(replication, "enter"))
    assert states == {"MQL": 7, "SQL": 1200}
    funnel = replication.tables["funnel"]
    assert (funnel["sql"].sum(), funnel["win"].sum()) == (7, 1207), "only what is reached anew is counted"


@pytest.mark.parametrize(
    ("delay", "law"),
    [
        ({"lognormal": {"mean": 6, "sd": 6}}, stats.lognorm(np.sqrt(np.log(2)), scale=6 / np.sqrt(2))),
        ({"uniform": {"low": 2, "high": 10}}, stats.uniform(2, 8)),
        ({"triangular": {"low": 0, "mode": 2, "high": 9}}, stats.triang(2 / 9, 0, 9)),
    ],
    ids=["lognormal", "uniform", "triangular"],
)
def test_what_is_left_of_a_delay_is_the_residual_life_of_renewal_theory(delay: Any, law: Any) -> None:
    steps = PATH | {"call": PATH["call"] | {"buyer_delay_days": delay}}
    opening = {"pipeline": {"t": {"meet": 600}}}
    days = first_ready(run(concern(opening, journeys={"t": steps}, horizon_months=3)))["meet"]
    assert len(days) == 600
    grid = np.linspace(0, float(law.ppf(1 - 1e-7)), 100_001)
    # Density of what is left: survival / mean.
    cumulative = np.cumsum(law.sf(grid)) * grid[1] / float(law.mean())
    p_value = stats.kstest(days, lambda x: np.interp(x, grid, cumulative)).pvalue
    assert p_value > ALARM


@pytest.mark.parametrize(
    "delay",
    [
        3.0,
        {"exponential": {"mean": 3.0}},
        {"lognormal": {"mean": 3.0, "sd": 1.0}},
        {"uniform": {"low": 1.0, "high": 2.0}},
        {"triangular": {"low": 0.0, "mode": 1.0, "high": 2.0}},
    ],
)
def test_a_cycle_of_no_length_leaves_nothing_of_any_delay(delay: Any) -> None:
    # Whoever is free of charge decides at once: a price of 0 over a reference price, to a power above 0.
    steps = PATH | {"call": PATH["call"] | {"buyer_delay_days": delay}}
    tiers = {"t": {"price_per_month": 0, "reference_price_per_month": 50, "cycle": {"price_exponent": 0.5}}}
    replication = run(concern({"pipeline": {"t": {"meet": 20}}}, journeys={"t": steps}, tiers=tiers))
    assert first_ready(replication) == {"meet": [0.0] * 20}


def test_a_step_of_another_entrance_is_reached_by_its_own_way() -> None:
    # Names from a list come in elsewhere than the first step of the journey.
    steps = {
        "qualify": {"by": "AE", "on": "MQL", "effort_hours": 0.01, "to": "SQL"},
        "reach": {
            "by": "AE",
            "on": "Suspect",
            "effort_hours": 0.01,
            "buyer_delay_days": 4.0,
            "to": "Prospect",
        },
        "prospect": {"by": "AE", "effort_hours": 0.01, "to": "SQL"},
        "sell": {"by": "AE", "effort_hours": 0.01, "to": "WIN"},
    }
    replication = run(concern({"pipeline": {"t": {"prospect": 500}}}, journeys={"t": steps}))
    assert_distributed(first_ready(replication)["prospect"], stats.uniform(0, 4))
    assert replication.tables["funnel"]["win"].sum() == 500


def test_leads_in_mid_course_are_as_fit_as_those_who_come_so_far() -> None:
    # Their last step converts as stated: they have passed the first one, and its selection, before.
    steps = {
        "qualify": {"by": "AE", "on": "MQL", "effort_hours": 1e-4, "fit_weight": 0.8, "to": "SQL"}
        | {"pass_probability": 0.2},
        "sell": {"by": "AE", "effort_hours": 1e-4, "fit_weight": 0.8, "to": "WIN", "pass_probability": 0.5},
    }
    opening = {"pipeline": {"t": {"sell": 1500}}}
    funnel = simulate(concern(opening, journeys={"t": steps}), 1, 0).tables["funnel"]
    assert_proportion(int(funnel["win"].sum()), 1500, 0.5)


def test_a_large_opening_takes_time_and_memory_in_proportion() -> None:
    """A lead's row of draws does not depend on how many others there are."""

    def widths(number: int) -> list[int]:
        opening = {"pipeline": {"t": {"meet": number, "sign": number}}}
        plan = plan_of(concern(opening, journeys={"t": PATH}))
        assert plan.opening is not None
        return [len(draws.rows[0]) for tier in plan.opening for draws in tier.lead_draws.values()]

    assert widths(1) == widths(10) == widths(100) != []


def test_every_lead_of_the_opening_has_a_number_of_its_own() -> None:
    # Number within the channel: with two tiers as with one.
    tiers = {"t": {"price_per_month": 100}, "u": {"price_per_month": 100}}
    opening = {
        "customers": {"t": {"customers": 3}, "u": {"customers": 4}},
        "pipeline": {"t": {"sell": 2}, "u": {"sell": 2}},
    }
    replication = run(
        concern(
            opening,
            tiers=tiers,
            channels={"web": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"t": 0.5, "u": 0.5}}},
            journeys={"t": {"sell": SELL}, "u": {"sell": SELL}},
        )
    )
    assert sorted(e.number for e in log_reader.of_kind(replication, "enter")) == list(range(11))


def test_one_more_customer_leaves_the_draws_of_the_others_alone() -> None:
    def happened(customers: int, meeting: int) -> dict[str, list[Any]]:
        opening = {
            "customers": {"t": {"customers": customers}},
            "pipeline": {"t": {"meet": meeting, "sign": 20}},
        }
        tiers = {"t": {"price_per_month": 100, "churn_per_month": 0.2}}
        replication = run(concern(opening, journeys={"t": PATH}, tiers=tiers))
        found: dict[str, list[Any]] = {"customers": [], "meet": [], "sign": []}
        for life in log_reader.events_by_lead(replication).values():
            step = next((e.step for e in life if e.kind in ("ready", "done")), "customers")
            found[step].append([(e.time_days, e.kind) for e in life])
        return found

    few, more, busier = happened(30, 10), happened(31, 10), happened(30, 11)
    assert more["customers"][:30] == few["customers"]
    assert more["sign"] == few["sign"]
    assert busier["sign"] == few["sign"]


# ---------------------------------------------------------------------------------------------------- balance


@pytest.mark.slow
def test_delays_in_balance_stay_in_balance() -> None:
    """Leads come at rate λ and are under way for D days: λ E[D] of them are (Little), and λ a day arrive."""
    per_day, mean = 20.0, 14.0
    results: dict[int, list[int]] = {week: [] for week in range(4)}
    for replication in range(36):
        scenario = small_scenario(
            horizon_months=1,
            channels={"web": {"enters_as": "MQL", "leads_per_month": per_day * MONTH, "tiers": {"t": 1}}},
            journeys={
                "t": {
                    "write": {
                        "by": "nobody",
                        "on": "MQL",
                        "buyer_delay_days": {"lognormal": {"mean": mean, "sd": mean}},
                        "to": "SQL",
                    },
                    "sign": {"by": "nobody", "to": "WIN"},
                }
            },
            opening={"pipeline": {"t": {"sign": round(per_day * mean)}}},
        )
        wins = [
            e.time_days
            for e in log_reader.of_kind(run(scenario, 1, replication), "state")
            if e.detail == "WIN"
        ]
        for week, found in results.items():
            found.append(sum(7 * week <= day < 7 * week + 7 for day in wins))
    for found in results.values():
        assert_mean(found, 7 * per_day, sharpness=0.08)


def in_balance(customers: int, waiting: int, **parts: Any) -> Scenario:
    """Leads enough for an M/M/1 queue at load 0.6; half are won, a tenth of the customers leave a month."""
    per_month = 0.6 * MONTH * 4
    return small_scenario(
        **{
            "horizon_months": 12,
            "tiers": {"t": {"price_per_month": 100, "churn_per_month": 0.1}},
            "channels": {"web": {"enters_as": "MQL", "leads_per_month": per_month, "tiers": {"t": 1}}},
            "journeys": {
                "t": {"sell": SELL | {"effort_hours": {"exponential": {"mean": 0.25}}}},
            },
            "opening": {"customers": {"t": {"customers": customers}}, "pipeline": {"t": {"sell": waiting}}},
        }
        | parts
    )


@pytest.mark.slow
def test_a_going_concern_in_balance_stays_in_balance() -> None:
    per_month = 0.6 * MONTH * 4
    balance = per_month * 0.5 / 0.1
    scenario = in_balance(round(balance), 1)  # ρ² / (1 − ρ) = 0.9 waiting
    replications = [simulate(scenario, 1, r) for r in range(120)]
    for month in (0, 1, 11):
        backlog = [r.tables["work"]["backlog_days"][month] / MONTH for r in replications]
        assert_mean(backlog, 0.9, sharpness=0.3)
        wins = [r.tables["funnel"]["win"].reshape(2, -1).sum(axis=0)[month] for r in replications]
        assert_mean(wins, per_month * 0.5, sharpness=0.1)
        closing = [r.tables["ledger"]["customers_closing"][month] for r in replications]
        assert_mean(closing, balance, sharpness=0.02)
    # One that opens with half of its customers grows: new ones come as before, fewer leave.
    smaller = [
        simulate(in_balance(round(balance / 2), 1), 1, r).tables["ledger"]["customers_closing"]
        for r in range(20)
    ]
    assert_mean([months[11] for months in smaller], balance * (1 - 0.5 * 0.9**12), sharpness=0.05)
