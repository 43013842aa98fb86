"""Mechanisms switched on one by one and all at once: leads that they do not concern are left alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import log_reader
import pytest
from inference import ALARM, t_interval
from random_scenarios import Data
from small_scenarios import MONTH, run

from simsales.model import Replication, simulate
from simsales.scenario import Scenario, load

EXAMPLES = Path(__file__).parents[2] / "scenarios"


# ---------------------------------------------------------------------------------- the draws of other leads

DELAY = {"lognormal": {"mean": 4.0, "sd": 3.0}}


def two_markets() -> Data:
    """Two tiers, each from a channel of its own, in an organization where nobody ever waits."""
    step = {"effort_hours": DELAY, "buyer_delay_days": DELAY}
    journey: Data = {
        "qualify": step | {"by": "MDR", "on": "MQL", "pass_probability": 0.7, "to": "SQL"},
        "demo": step | {"by": "AE", "pass_probability": 0.8, "to": "SAL"},
        "close": step | {"by": "AE", "pass_probability": 0.7, "to": "WIN"},
        "onboard": {"by": "CSM", "effort_hours": DELAY, "to": "LIVE"},
    }
    tier = {"price_per_month": 100, "reference_price_per_month": 100, "churn_per_month": 0.1}
    return {
        "horizon_months": 9,
        "tiers": {"mine": dict(tier), "theirs": dict(tier)},
        "channels": {
            "a": {"enters_as": "MQL", "leads_per_month": 25, "tiers": {"mine": 1}},
            "b": {"enters_as": "MQL", "leads_per_month": 25, "tiers": {"theirs": 1}},
        },
        "journeys": {"mine": deepcopy(journey), "theirs": deepcopy(journey)},
        "people": {role: {"hours_per_month": MONTH} for role in ("MDR", "AE", "CSM", "SE")},
        "organization": {
            "teams": {
                "pod": {
                    "count": 2,
                    "members": {"MDR": 60, "AE": 60, "CSM": 60, "SE": 60},
                    "assignment": "round_robin",
                }
            },
            "handoff": {"within_team": {"delay_days": DELAY, "drop_probability": 0.05}},
        },
    }


def of_the_channel(**more: Any) -> Callable[[Data], None]:
    return lambda data: data["channels"]["a"].update(more)


def of_the_tier(**more: Any) -> Callable[[Data], None]:
    return lambda data: data["tiers"]["mine"].update(more)


def of_the_step(step: str, **more: Any) -> Callable[[Data], None]:
    return lambda data: data["journeys"]["mine"][step].update(more)


def fit(data: Data) -> None:
    data["journeys"]["mine"]["qualify"] |= {"fit_weight": 0.6, "judged": True}
    data["journeys"]["mine"]["close"] |= {"fit_weight": 0.5}
    data["organization"]["teams"]["pod"]["aim"] = "mql_volume"
    data["organization"]["aims"] = {"mql_volume": 0.5}


def known(data: Data) -> None:
    data["journeys"]["mine"]["close"]["joined_by"] = ["CSM"]
    data["journeys"]["mine"]["onboard"]["known_effort_factor"] = 0.5
    data["tiers"]["mine"]["early_churn"] = {"factor_if_known": 0.2}


def dedicated(data: Data) -> None:
    teams = data["organization"]["teams"]
    better = {"effort_factor": 0.5, "pass_factor": 1.2}
    teams["special"] = teams["pod"] | {"serves": {"tiers": ["mine"]}, "dedication": better}
    data["organization"]["overflow_above"] = 5.0


def regions(data: Data) -> None:
    data["channels"]["a"] |= {"regions": {"eu": 0.5, "us": 0.5}, "industries": {"x": 0.5, "y": 0.5}}


def referral(data: Data) -> None:
    data["channels"]["word"] = {"enters_as": "MQL", "leads_per_customer_month": 0.2, "tiers": {"mine": 1}}


def opening(data: Data) -> None:
    data["opening"] = {
        "customers": {"mine": {"customers": 20, "age_months": DELAY}},
        "pipeline": {"mine": {"qualify": 3, "demo": 4, "close": 5}},
    }


NURTURE = {"to": "qualify", "share": 0.6, "after_days": DELAY, "pass_factor": 0.8, "at_most": 2}
MECHANISMS: dict[str, Callable[[Data], None]] = {
    "dispersion": of_the_channel(dispersion=3.0),
    "weekday": of_the_channel(weekday=[1, 1, 1, 1, 1, 0.2, 0]),
    "bursts": of_the_channel(bursts={"show": {"month": 2, "leads": 30, "every_months": 3}}),
    "spend": of_the_channel(spend_per_month=1000),
    "interest": of_the_channel(interest={"half_life_hours": 5, "floor": 0.2}),
    "patience": of_the_channel(patience_days=0.0),
    "regions": regions,
    "referral": referral,
    "nurture": of_the_step("demo", otherwise={"nurture": NURTURE}),
    "no show": of_the_step("demo", no_show={"probability": 0.4, "effort_hours": 0.3, "rebook_days": DELAY}),
    "repeat": of_the_step("close", repeat={"probability": 0.4, "after_days": DELAY}),
    "joined by": of_the_step("demo", joined_by=["SE"]),
    "cycle": of_the_tier(
        cycle={
            "per_decision_maker": 0.2,
            "decision_makers": DELAY,
            "new_market_factor": 2,
            "price_exponent": 1,
        }
    ),
    "fit": fit,
    "fit and churn": of_the_tier(churn_fit_effect=1.0),
    "known": known,
    "dedication": dedicated,
    "opening": opening,
}


def theirs(replication: Replication) -> list[Any]:
    """What happens to the others, without the names of the people: where they sit may change."""
    return sorted(
        e[:6] + (() if e.kind in ("ready", "start", "done", "sign") else (e.detail,))
        for e in log_reader.events(replication)
        if e.channel == "b"
    )


@pytest.fixture(scope="module")
def untouched() -> Replication:
    return run(Scenario.model_validate(two_markets()))


@pytest.mark.parametrize("name", [*MECHANISMS, "everything"])
def test_a_mechanism_for_some_leads_leaves_all_others_alone(name: str, untouched: Replication) -> None:
    data = two_markets()
    for each, switch_on in MECHANISMS.items():
        if name in (each, "everything"):
            switch_on(data)
    changed = run(Scenario.model_validate(data))
    assert theirs(changed) == theirs(untouched)
    assert len(log_reader.of_kind(untouched, "enter")) > 400
    # It does something to those for whom it is on; some things do so only where somebody waits, or looks.
    mine = [
        [(e.time_days, e.kind, e.detail if e.kind in ("state", "lost") else "") for e in log_reader.events(r)
         if e.channel != "b"]
        for r in (changed, untouched)
    ]  # fmt: skip
    silent = {"spend", "interest", "patience", "regions"}
    assert (mine[0] == mine[1]) == (name in silent)
    # The tables are those of the log, so the others' rows are theirs too.
    for table in ("funnel", "losses", "pipeline"):
        rows = [
            [row for row in r.tables[table].rows() if "b" in row and "theirs" in row]
            for r in (changed, untouched)
        ]
        for one, other in zip(*rows, strict=True):
            assert one == other


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["fit", "known", "nurture", "repeat", "no show", "fit and churn", "dedication"]
)
def test_a_lead_draws_the_same_numbers_for_what_a_mechanism_does_not_touch(
    name: str, untouched: Replication
) -> None:
    """Its arrival, and the efforts of the first step, which none of these mechanisms moves but one."""
    data = two_markets()
    MECHANISMS[name](data)
    scenario = Scenario.model_validate(data)
    changed = run(scenario)
    factor = 0.5 if name == "dedication" else 1.0
    one, other = (log_reader.outcomes(r, scenario) for r in (untouched, changed))
    assert one.keys() == other.keys()
    lives = log_reader.events_by_lead(untouched), log_reader.events_by_lead(changed)
    special = {
        lead
        for lead, life in lives[1].items()
        if any(e.kind == "start" and e.detail.startswith("special") for e in life)
    }
    assert bool(special) == (name == "dedication")
    for lead in one:
        assert lives[0][lead][0] == lives[1][lead][0]
        if one[lead] and other[lead]:
            hours = one[lead][0].effort_hours * (factor if lead in special else 1)
            assert other[lead][0].effort_hours == pytest.approx(hours)


# ----------------------------------------------------------------------------------------------- silo and pod


def year(name: str, overrides: tuple[str, ...], replication: int) -> tuple[float, dict[str, float]]:
    """Wins a month, and the mean wait by role in days."""
    scenario = load(
        EXAMPLES / f"{name}.yaml", overrides=["horizon_months=12", "warm_up_months=2", *overrides]
    )
    tables = simulate(scenario, 1, replication).tables
    funnel, work = tables["funnel"], tables["work"]
    measured = work["month"] > 0
    waits = {}
    for role in sorted(set(work["role"].tolist())):
        mine = measured & (work["role"] == role)
        waits[role] = float(work["wait_days"][mine].sum() / work["begun"][mine].sum())
    return float(funnel["win"][funnel["month"] > 0].sum()) / 12, waits


EQUAL = ("organization.handoff.across_teams.delay_days=0.1",)
STRETCHED = (*EQUAL, "people.AE.hours_per_month=112")
"""The AEs' time is just about what their leads ask for: what one of them idles away is not made up for."""


@pytest.mark.slow
def test_pooling_emerges_and_hand_offs_turn_the_order_of_wins() -> None:
    def dropping(probability: float) -> tuple[str, ...]:
        return (f"organization.handoff.across_teams.drop_probability={probability}",)

    replications = range(12)
    cases = {
        "pod": partial(year, "pod", EQUAL),
        "silo": partial(year, "silo", EQUAL),
        "pod, stretched": partial(year, "pod", STRETCHED),
        "silo, stretched": partial(year, "silo", STRETCHED),
        "silo, stretched, dropping": partial(year, "silo", STRETCHED + dropping(0.1)),
    }
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = {name: list(pool.map(case, replications)) for name, case in cases.items()}
    # Who shares a queue waits less: for every role, as nothing but the queues is different.
    for role in found["pod"][0][1]:
        longer = [p[1][role] - s[1][role] for p, s in zip(found["pod"], found["silo"], strict=True)]
        mean, half = t_interval(longer, alarm=ALARM)
        if role == "SDR":  # They come back to their own leads, so that there is nothing to pool.
            assert abs(mean) <= half < 0.05
        else:
            assert mean - half > 0, f"{role}: {mean:.3g} ± {half:.2g}"

    def ahead(silo: str) -> tuple[float, float]:
        """Wins a month that the pods are ahead, and half-width; one-sided false alarms in 200 to 1."""
        pods = found["pod, stretched"]
        return t_interval([p[0] - s[0] for p, s in zip(pods, found[silo], strict=True)], alarm=0.01)

    mean, half = ahead("silo, stretched")
    assert mean + half < 0, f"without a loss in hand-offs: {mean:.3g} ± {half:.2g}"
    mean, half = ahead("silo, stretched, dropping")
    assert mean - half > 0, f"with a tenth dropped: {mean:.3g} ± {half:.2g}"
