"""Inbound arrivals: their number, their times, and which leads stay the same when the volume changes."""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np
import pytest
from inference import ALARM, assert_distributed
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats
from small_scenarios import MONTH, run, small_scenario

from simsales.model.leads.arrivals import arrival_times, plan_arrivals
from simsales.model.plan import calendar_of
from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Inbound
from simsales.streams import Streams

SEASON = [1.5, 1.0, 0.5, 0.0, 2.0, 1.0, 1.0, 0.25, 1.0, 1.75, 1.0, 1.0]


def market(*, warm_up: int = 5, horizon: int = 14, start_month: int = 3, **channel: Any) -> Scenario:
    return small_scenario(
        warm_up_months=warm_up,
        horizon_months=horizon,
        start_month=start_month,
        channels={"web": {"enters_as": "MQL", "tiers": {"t": 1}} | channel},
    )


def times(scenario: Scenario, replication: int = 0) -> NDArray[np.float64]:
    channel = scenario.channels["web"]
    assert isinstance(channel, Inbound)
    return arrival_times(plan_arrivals(channel, calendar_of(scenario)), "web", Streams(1, replication))


def expected(scenario: Scenario) -> list[float]:
    """Leads of each month, warm-up first, by the words of the schema: volume × trend × season."""
    channel = scenario.channels["web"]
    assert isinstance(channel, Inbound)
    volumes = []
    for month in range(1 - scenario.warm_up_months, scenario.horizon_months + 1):
        calendar = (scenario.start_month + month - 2) % 12  # 0 is January
        trend = (1 + channel.growth_per_month) ** max(month - 1, 0)  # it begins with the measured months
        volumes.append(channel.leads_per_month * trend * channel.season[calendar])
    return volumes


def by_month(when: NDArray[np.float64], months: int) -> list[int]:
    return [int(((when >= m * MONTH) & (when < (m + 1) * MONTH)).sum()) for m in range(months)]


SCENARIO = market(leads_per_month=40.0, growth_per_month=0.05, season=SEASON)


def test_counts_are_poisson_with_season_and_growth() -> None:
    volumes = np.array(expected(SCENARIO))
    n = 400
    counts = np.array([by_month(times(SCENARIO, k), len(volumes)) for k in range(n)])
    quiet = volumes == 0
    assert quiet.sum() == 2
    assert (counts[:, quiet] == 0).all()
    # The sum of n Poisson counts is Poisson itself: an exact interval for each month, all sharing the alarm.
    alarm = ALARM / len(volumes)
    low = np.asarray(stats.poisson.ppf(alarm / 2, n * volumes[~quiet]))
    high = np.asarray(stats.poisson.ppf(1 - alarm / 2, n * volumes[~quiet]))
    total = counts[:, ~quiet].sum(axis=0)
    assert ((low <= total) & (total <= high)).all()
    assert ((high - low) < 0.15 * n * volumes[~quiet]).all()
    # Dispersion: Σ (x − µ)²/µ over all cells has mean 1 and variance 2 + 1/µ per cell (Poisson's fourth
    # moment); over thousands of cells it is normal.
    mu = volumes[~quiet]
    index = ((counts[:, ~quiet] - mu) ** 2 / mu).mean()
    error = np.sqrt((2 + 1 / mu).sum() / n) / len(mu)
    assert abs(index - 1) < stats.norm.ppf(1 - ALARM / 2) * error
    # Independence of neighbouring months.
    standard = (counts[:, ~quiet] - mu) / np.sqrt(mu)
    r = float((standard[:, 1:] * standard[:, :-1]).mean())
    assert abs(r) * np.sqrt(standard[:, 1:].size) < stats.norm.ppf(1 - ALARM / 2)


def test_within_a_month_every_moment_is_equally_likely() -> None:
    when = np.concatenate([times(SCENARIO, k) for k in range(60)])
    assert_distributed(when / MONTH % 1, stats.uniform)


def test_gaps_are_exponential_when_the_rate_is_constant() -> None:
    steady = market(warm_up=0, horizon=400, leads_per_month=MONTH * 2)
    assert_distributed(np.diff(times(steady)), stats.expon(scale=0.5))


@pytest.mark.parametrize("factor", [2.0, 0.3, 1.0001])
def test_lead_k_stays_lead_k_when_the_volume_changes(factor: float) -> None:
    # Both are the same unit-rate process, read through the cumulative volume: Λ(t_k) is the same number.
    def cumulative(scenario: Scenario, when: NDArray[np.float64]) -> NDArray[np.float64]:
        volumes = expected(scenario)
        return np.array(
            [sum(volumes[: int(t // MONTH)]) + volumes[int(t // MONTH)] * (t % MONTH) / MONTH for t in when]
        )

    changed = market(leads_per_month=40.0 * factor, growth_per_month=0.05, season=SEASON)
    before, after = times(SCENARIO), times(changed)
    both = min(len(before), len(after))
    assert both > 100
    assert cumulative(SCENARIO, before[:both]) == pytest.approx(cumulative(changed, after[:both]), rel=1e-9)


def test_a_longer_horizon_only_adds_leads() -> None:
    longer = times(market(horizon=30, leads_per_month=40.0, growth_per_month=0.05, season=SEASON))
    shorter = times(SCENARIO)
    assert longer[: len(shorter)].tolist() == shorter.tolist()
    assert longer[len(shorter)] >= 19 * MONTH


@pytest.mark.parametrize("volume", [0.1, 1 / 3, 1.0, 2.5, 7.0, 33.3])
@pytest.mark.parametrize("growth", [0.0, 0.03])
def test_start_of_month_brings_whole_leads_at_the_first_instant(volume: float, growth: float) -> None:
    scenario = market(
        leads_per_month=volume,
        growth_per_month=growth,
        season=SEASON,
        arrivals="start_of_month",
        horizon=60,
        warm_up=12,
    )
    volumes = expected(scenario)
    due = [floor(sum(volumes[: m + 1]) + 1e-9) for m in range(len(volumes))]
    counts = np.diff([0, *due])
    when = times(scenario)
    assert by_month(when, len(volumes)) == counts.tolist()
    assert set(when) <= {m * MONTH for m in range(len(volumes))}


def test_a_month_begins_where_the_month_before_ends() -> None:
    scenario = market(leads_per_month=7.0, arrivals="start_of_month")
    replication = run(scenario)
    funnel = replication.tables["funnel"]
    assert funnel["month"].tolist() == list(range(-4, 15))
    assert funnel["came_in"].tolist() == [7] * 19
    assert replication.log is not None
    entered = [event.time_days for event in replication.log if event.kind == "enter"]
    assert entered == [m * MONTH for m in range(19) for _ in range(7)]  # exactly, not approximately


def test_no_leads_is_a_market_too() -> None:
    replication = run(market(leads_per_month=0.0))
    assert replication.tables["funnel"]["came_in"].sum() == 0
    assert replication.log == ()


@pytest.mark.parametrize("arrivals", ["start_of_month", "poisson"])
def test_growth_without_bound_is_refused(arrivals: str) -> None:
    # Each number is within its bounds, but doubling every month for a century would fill any memory.
    with pytest.raises(ValidationError, match="growth"):
        market(leads_per_month=1.0, growth_per_month=1.0, horizon=1200, arrivals=arrivals)
