"""Channels: dispersion, weekdays, bursts, referrals, costs (long: every kind of arrival and its theory)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_distributed, assert_mean, assert_proportion
from numpy.typing import NDArray
from random_scenarios import Data
from scipy import special, stats
from small_scenarios import ALMOST_NEVER, MONTH, run, small_scenario

from simsales.model import simulate
from simsales.model.leads.arrivals import ArrivalPlan, arrival_times, cumulative_leads, plan_arrivals
from simsales.model.plan import calendar_of
from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Inbound
from simsales.streams import Streams

Numbers = NDArray[np.float64]
WEEK = [1.5, 1.0, 1.0, 1.0, 0.75, 0.25, 0.0]


def market(*, warm_up: int = 0, horizon: int = 12, start_month: int = 1, **channel: Any) -> Scenario:
    web = {"enters_as": "MQL", "leads_per_month": 0.0, "tiers": {"t": 1}} | channel
    return small_scenario(
        warm_up_months=warm_up, horizon_months=horizon, start_month=start_month, channels={"web": web}
    )


def _inbound(scenario: Scenario) -> Inbound:
    channel = scenario.channels["web"]
    assert isinstance(channel, Inbound)
    return channel


def _plan(scenario: Scenario) -> ArrivalPlan:
    return plan_arrivals(_inbound(scenario), calendar_of(scenario))


def times(scenario: Scenario, replication: int = 0) -> Numbers:
    return arrival_times(_plan(scenario), "web", Streams(1, replication))


def expected_by(scenario: Scenario, moments: Any, replication: int = 0) -> Numbers:
    """Expected leads (given the weather) by these moments."""
    plan = _plan(scenario)
    known, leads = plan.moments, cumulative_leads(plan, "web", Streams(1, replication))
    by: Numbers = np.interp(moments, known, leads)
    return by


def daily(scenario: Scenario, days: int, replication: int) -> Numbers:
    counts: Numbers = np.bincount(times(scenario, replication).astype(int), minlength=days)[:days].astype(
        float
    )
    return counts


def assert_shares(counts: Any, shares: Any) -> None:
    """Counts agree with a multinomial law (χ² at ``ALARM``; every cell expects enough for it)."""
    counts, shares = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    expected = shares / shares.sum() * counts.sum()
    assert (expected > 20).all(), "too few to tell anything"
    assert stats.chisquare(counts, expected).pvalue > ALARM


def assert_poisson(total: int, mean: float, *, sharpness: float) -> None:
    """A count agrees with a Poisson law (exact two-sided interval at ``ALARM``)."""
    low, high = (float(stats.poisson.ppf(q, mean)) for q in (ALARM / 2, 1 - ALARM / 2))
    assert high - low < 2 * sharpness * mean, f"{mean:.4g} are too few to tell anything"
    assert low <= total <= high, f"{total}, but theory says {mean:.4g}"


# -------------------------------------------------------------------------------------------- over-dispersion

D = 3.7
PER_DAY = 4.0
STORMY: dict[str, Any] = {"leads_per_month": PER_DAY * MONTH, "dispersion": D}
DAYS = 160 * 30
REPLICATIONS = 30


def test_counts_a_day_are_negative_binomial_with_the_stated_dispersion() -> None:
    scenario = market(horizon=160, **STORMY)
    counts = np.array([daily(scenario, DAYS, k) for k in range(REPLICATIONS)])
    assert_mean(counts.mean(axis=1), PER_DAY, sharpness=0.05)
    # With the known mean, Σ (x − λ)²/λ is unbiased for D.
    assert_mean(((counts - PER_DAY) ** 2 / PER_DAY).mean(axis=1), D, sharpness=0.05)
    law = stats.nbinom(PER_DAY / (D - 1), 1 / D)
    edges = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, np.inf])
    shares = law.cdf(edges[1:] - 1) - law.cdf(edges[:-1] - 1)
    assert_shares(np.histogram(counts, edges)[0], shares)
    # One day's weather tells nothing about the next one's.
    standard = (counts - PER_DAY) / np.sqrt(D * PER_DAY)
    r = standard[:, 1:] * standard[:, :-1]
    assert abs(r.mean()) * np.sqrt(r.size) < stats.norm.ppf(1 - ALARM / 2)


def test_dispersion_is_the_same_on_strong_and_on_weak_days() -> None:
    scenario = market(horizon=150, **STORMY, weekday=WEEK)
    days = np.arange(150 * 30)
    mean = PER_DAY * np.array(WEEK)[days % 7] / np.mean(WEEK)
    counts = np.array([daily(scenario, len(days), k) for k in range(REPLICATIONS)])
    assert (counts[:, mean == 0] == 0).all()
    for factor in sorted({factor for factor in WEEK if factor}):
        these = np.isclose(mean, PER_DAY * factor / np.mean(WEEK))
        index = ((counts[:, these] - mean[these]) ** 2 / mean[these]).mean(axis=1)
        assert_mean(index, D, sharpness=0.25)


def test_more_dispersion_more_spread_and_as_many_leads() -> None:
    spread = [
        np.array([daily(market(horizon=24, **STORMY | {"dispersion": d}), 700, k) for k in range(10)])
        for d in (1.0, 2.0, 8.0)
    ]
    variances = [counts.var() for counts in spread]
    assert variances[0] < variances[1] < variances[2]
    # Given the weather of all days, the expected leads of a day are λ on average over its uniform number:
    # a check by integration, for mild and for extreme shapes.
    u = (np.arange(200_000) + 0.5) / 200_000
    for dispersion in (1.5, 3.7, 10.0):
        shape = PER_DAY / (dispersion - 1)
        assert np.mean(special.gammaincinv(shape, u) / shape) == pytest.approx(1, abs=2e-3)
        days = np.arange(2000)
        scenario = market(horizon=66, **STORMY | {"dispersion": dispersion})
        leads = np.diff(expected_by(scenario, np.arange(2001)))
        assert_distributed(special.gammainc(shape, leads[days] / PER_DAY * shape), stats.uniform)


def test_a_day_has_the_same_weather_whatever_the_volume() -> None:
    days = np.arange(12 * 30 + 1)

    def weather(per_day: float, **more: Any) -> Numbers:
        scenario = market(leads_per_month=per_day * MONTH, dispersion=D, **more)
        shape = per_day / (D - 1)
        factor = np.diff(expected_by(scenario, days)) / per_day
        return np.asarray(special.gammainc(shape, factor * shape), dtype=np.float64)

    often = weather(40.0)
    assert weather(4.0) == pytest.approx(often, abs=1e-9)
    assert weather(400.0) == pytest.approx(often, abs=1e-9)
    assert weather(4.0, horizon=24) == pytest.approx(often, abs=1e-9)
    # and other replications have another
    other = market(leads_per_month=40 * MONTH, dispersion=D)
    assert np.diff(expected_by(other, days, 1)) != pytest.approx(np.diff(expected_by(other, days, 0)))


def test_the_weather_is_the_days_even_where_a_month_ends_within_it() -> None:
    # Day 30 belongs to January until 30.4375, then to February, which has no leads here.
    scenario = market(**STORMY | {"season": [1.0, 0.5] * 6})
    leads = np.diff(expected_by(scenario, [30.0, MONTH, 31.0]))
    assert leads[0] / (MONTH - 30) == pytest.approx(2 * leads[1] / (31 - MONTH))


def test_dispersion_moves_start_of_month_arrivals_too() -> None:
    scenario = market(**STORMY | {"arrivals": "start_of_month"})
    when = times(scenario)
    assert set(when) <= set((np.arange(12) * MONTH).tolist())
    due = np.floor(expected_by(scenario, np.arange(13) * MONTH) + 1e-9)
    assert [int((when == m * MONTH).sum()) for m in range(12)] == np.diff(due).tolist()
    assert len(set(np.diff(due))) > 3


# --------------------------------------------------------------------------------------------------- weekdays


def test_leads_come_by_the_weekday() -> None:
    scenario = market(horizon=112, leads_per_month=300.0, weekday=WEEK)
    day = times(scenario).astype(int) % 7
    counts = np.bincount(day, minlength=7)
    assert counts[6] == 0  # Sunday
    assert_shares(counts[:6], WEEK[:6])
    # Within a day every moment is as likely.
    assert_distributed(times(scenario) % 1, stats.uniform)


def test_the_week_moves_leads_about_but_makes_none() -> None:
    # 112 months are 487 weeks exactly.
    even, uneven = (market(horizon=112, leads_per_month=300.0, weekday=w) for w in ([1.0] * 7, WEEK))
    assert expected_by(uneven, 112 * MONTH) == pytest.approx(112 * 300, rel=1e-12)
    weeks = np.arange(488) * 7.0
    assert expected_by(uneven, weeks) == pytest.approx(expected_by(even, weeks), rel=1e-12)
    # Monday brings 1.5 / mean of the seven as much as an even day.
    assert expected_by(uneven, 1.0) == pytest.approx(300 / MONTH * 1.5 / np.mean(WEEK))


def test_only_the_proportions_of_the_week_matter() -> None:
    one, other = (market(leads_per_month=300.0, weekday=[f * w for w in WEEK], bursts={}) for f in (1.0, 8.0))
    assert times(one) == pytest.approx(times(other), rel=1e-12)


def test_the_week_goes_on_through_warm_up_trend_and_season() -> None:
    season = [2.0, 0.5, 1.0, 0.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 0.5, 1.0]
    both: Data = {"leads_per_month": 300.0, "growth_per_month": 0.1, "season": season}
    scenario = market(warm_up=4, start_month=3, **both, weekday=WEEK)
    for day in (0, 3, 33, 100, 118, 122, 200, 480):
        month = int((day + 0.5) // MONTH)
        assert int(day // MONTH) == int((day + 1) // MONTH), "a day within one month"
        volume = 300 * 1.1 ** max(month - 4, 0) * season[(3 - 1 + month - 4) % 12]
        rate = volume / MONTH * WEEK[day % 7] / np.mean(WEEK)
        leads = float(np.diff(expected_by(scenario, [day, day + 1.0]))[0])
        assert leads == pytest.approx(rate, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "more", [{}, {"bursts": {"none": {"month": 1, "leads": 0}}}], ids=["plain", "by day"]
)
def test_the_trend_is_flat_before_the_first_month(more: Data) -> None:
    scenario = market(warm_up=6, horizon=6, leads_per_month=100.0, growth_per_month=0.2, **more)
    months = np.diff(expected_by(scenario, np.arange(13) * MONTH))
    assert months[:7] == pytest.approx([100] * 7)
    assert months[7:] == pytest.approx([100 * 1.2**m for m in range(1, 6)])


# ----------------------------------------------------------------------------------------------------- bursts


def test_bursts_bring_their_leads_within_their_days_again_and_again() -> None:
    show = {"month": 2, "leads": 400.0, "days": 2.5, "every_months": 5}
    fair = {"month": 4, "leads": 100.0, "days": 10.0}
    scenario = market(warm_up=3, horizon=24, bursts={"show": show, "fair": fair})
    when = np.concatenate([times(scenario, k) for k in range(10)])
    rest = when
    for month, leads, days in [(m, 400.0, 2.5) for m in (2, 7, 12, 17, 22)] + [(4, 100.0, 10.0)]:
        start = (month - 1 + 3) * MONTH
        mine = (rest >= start) & (rest < start + days)
        assert_poisson(int(mine.sum()), 10 * leads, sharpness=0.15)
        assert_distributed((rest[mine] - start) / days, stats.uniform)
        rest = rest[~mine]
    assert len(rest) == 0, "leads of no burst"


def test_a_burst_comes_on_top() -> None:
    plain: Data = {
        "leads_per_month": 90.0,
        "growth_per_month": 0.1,
        "season": [0.5, 2.0] * 6,
        "weekday": WEEK,
    }
    bare, with_fair = (
        market(warm_up=1, **plain, bursts=bursts)
        for bursts in ({}, {"fair": {"month": 3, "leads": 60.0, "days": 4.0}})
    )
    at = (3 - 1 + 1) * MONTH
    moments = np.sort([*np.arange(0.0, 390.0), at, at + 1, at + 2, at + 4])
    extra = expected_by(with_fair, moments) - expected_by(bare, moments)
    assert extra == pytest.approx(np.clip((moments - at) / 4, 0, 1) * 60, abs=1e-8)
    assert len(times(with_fair)) > len(times(bare))


def test_bursts_may_overlap_and_share_a_start() -> None:
    twice = {"a": {"month": 1, "leads": 30.0, "days": 3.0}, "b": {"month": 1, "leads": 50.0, "days": 60.0}}
    leads = expected_by(market(bursts=twice), [0.0, 3.0, 60.0, 365.0])
    assert leads == pytest.approx([0, 30 + 50 * 3 / 60, 80, 80])


def test_a_burst_is_cut_at_the_horizon_and_may_begin_in_the_warm_up() -> None:
    late = market(horizon=2, bursts={"x": {"month": 2, "leads": 100.0, "days": 2 * MONTH}})
    assert expected_by(late, 2 * MONTH) == pytest.approx(50)
    early = market(warm_up=3, bursts={"x": {"month": -1, "leads": 100.0, "days": 5.0, "every_months": 12}})
    at = np.array([1.0, 6.0, 12 + 1, 12 + 1.5]) * MONTH
    assert expected_by(early, at) == pytest.approx([0, 100, 100, 200])
    before = market(warm_up=1, bursts={"x": {"month": -4, "leads": 9.0, "every_months": 5}})
    assert expected_by(before, [MONTH, MONTH + 3, 6 * MONTH + 3]) == pytest.approx([0, 9, 18])


# --------------------------------------------------------------------------------------------------- referral

WIN_AND_LIVE = {
    "buy": {"by": "nobody", "on": "MQL", "to": "WIN"},
    "live": {"by": "nobody", "to": "LIVE"},
}


def word_of_mouth(rate: float, *, churn: float = 0.0, customers: int = 0, web: float = 0.0) -> Scenario:
    return small_scenario(
        horizon_months=12,
        warm_up_months=2,
        tiers={"t": {"price_per_month": 10, "churn_per_month": churn}},
        channels={
            "web": {"enters_as": "MQL", "leads_per_month": web, "tiers": {"t": 1}},
            "friends": {"enters_as": "SAL", "leads_per_customer_month": rate, "tiers": {"t": 1}},
        },
        journeys={
            "t": WIN_AND_LIVE
            | {"think": {"by": "nobody", "on": "SAL", "pass_probability": ALMOST_NEVER, "to": "WIN"}}
        },
        opening={"customers": {"t": {"customers": customers}}},
    )


def referred(scenario: Scenario, replication: int) -> tuple[int, float]:
    """Leads brought by customers, and the customers (all LIVE) at the starts of months, summed."""
    tables = simulate(scenario, 1, replication).tables
    funnel = tables["funnel"]
    return int(funnel["came_in"][funnel["channel"] == "friends"].sum()), float(
        tables["ledger"]["customers_opening"].sum()
    )


def test_every_live_customer_brings_leads() -> None:
    # The opening's 300 stay for ever and the leads they bring never buy: leads are Poisson.
    scenario = word_of_mouth(0.07, customers=300)
    leads = [referred(scenario, k) for k in range(20)]
    assert {base for _, base in leads} == {300 * 14}
    assert_poisson(sum(n for n, _ in leads), 20 * 0.07 * 300 * 14, sharpness=0.06)
    index = np.var([n for n, _ in leads], ddof=1) / (0.07 * 300 * 14)
    low, high = (float(stats.chi2.ppf(q, 19)) / 19 for q in (ALARM / 2, 1 - ALARM / 2))
    assert low < index < high
    enters = [e for k in range(5) for e in log_reader.of_kind(run(scenario, 1, k), "enter")]
    when = np.array([e.time_days for e in enters if e.channel == "friends"])
    assert_distributed(when / (14 * MONTH), stats.uniform)


@pytest.mark.slow
def test_leads_follow_the_base_up_and_down() -> None:
    # Given the base at each month's start, the month's leads are Poisson around rate × base: leads − rate × Σ
    # base is a martingale whose variance is rate × Σ base.
    scenario = word_of_mouth(0.2, churn=0.15, customers=50, web=60.0)
    pairs = np.array([referred(scenario, k) for k in range(25)], dtype=float)
    leads, due = pairs[:, 0].sum(), 0.2 * pairs[:, 1].sum()
    bound = stats.norm.ppf(1 - ALARM / 2) * np.sqrt(due)
    assert bound < 0.05 * due
    assert abs(leads - due) < bound


def test_referrals_follow_the_month_that_they_belong_to() -> None:
    # Everybody leaves at the end of the first month: leads come in that month only.
    scenario = word_of_mouth(3.0, churn=1.0, customers=100)
    came = [e.time_days for e in log_reader.of_kind(run(scenario), "enter") if e.channel == "friends"]
    assert len(came) > 200
    assert max(came) < MONTH


def test_nobody_is_recommended_by_nobody() -> None:
    assert referred(word_of_mouth(5.0), 0) == (0, 0)
    # Customers who are signed but not LIVE bring none.
    parts = word_of_mouth(5.0, web=50.0).model_dump(exclude_none=True, exclude_unset=True)
    del parts["journeys"]["t"]["live"]
    leads, customers = referred(Scenario.model_validate(parts), 0)
    assert customers > 100
    assert leads == 0


def test_a_higher_rate_keeps_the_draws_of_every_lead() -> None:
    low, high = (run(word_of_mouth(rate, customers=100)) for rate in (0.1, 0.2))
    few, many = ([e for e in log_reader.of_kind(r, "enter") if e.channel == "friends"] for r in (low, high))
    # Unit-rate times against the leads expected so far: lead k comes after half the days, if the base stays.
    assert len(many) > len(few) > 50
    assert [e.number for e in many] == list(range(len(many)))
    days = [e.time_days for e in few]
    assert [2 * e.time_days for e in many[: len(few)]] == pytest.approx(days)


def test_what_comes_by_word_of_mouth_is_kept_account_of() -> None:
    scenario = word_of_mouth(0.5, churn=0.1, customers=40, web=30.0)
    tables = simulate(scenario, 1, 0).tables
    funnel, pipeline = tables["funnel"], tables["pipeline"]
    for channel in ("web", "friends"):
        came, lost, won = (
            int(funnel[name][funnel["channel"] == channel].sum()) for name in ("came_in", "lost", "win")
        )
        mine = (pipeline["channel"] == channel) & ~np.isin(pipeline["state"], ["WIN", "LIVE"])
        assert came == lost + won + pipeline["inside"][mine].sum()
        assert came > 0
    assert set(funnel["direction"][funnel["channel"] == "friends"]) == {"inbound"}


# --------------------------------------------------------------------------------------------- cost, segments


def test_a_channel_costs_what_it_says_to_the_cent() -> None:
    tiers = {"a": {"price_per_month": 1}, "b": {"price_per_month": 1}}
    step = {"by": "AE", "on": "MQL", "effort_hours": 0.25, "to": "WIN"}
    scenario = small_scenario(
        warm_up_months=2,
        tiers=tiers,
        channels={
            "web": {
                "enters_as": "MQL", "leads_per_month": 40, "tiers": {"a": 0.75, "b": 0.25},
                "cost_per_lead": 12.5, "spend_per_month": 1000.0,
            },
            "mute": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"b": 1}, "spend_per_month": 77.0},
            "list": {
                "enters_as": "MQL", "worked_by": "AE", "list_size": 50, "tiers": {"a": 1},
                "cost_per_lead": 0.5, "spend_per_month": 8.0,
            },
        },
        journeys={"a": {"sell": step}, "b": {"sell": step}},
    )  # fmt: skip
    funnel = simulate(scenario, 1, 0).tables["funnel"]
    fixed = {("web", "a"): 750.0, ("web", "b"): 250.0, ("mute", "b"): 77.0, ("list", "a"): 8.0}
    per_lead = {"web": 12.5, "mute": 0.0, "list": 0.5}
    seen = set()
    for channel, tier, came, cost in zip(
        *(funnel[name].tolist() for name in ("channel", "tier", "came_in", "channel_cost")), strict=True
    ):
        assert cost == fixed[channel, tier] + came * per_lead[channel]
        seen.add((channel, tier))
    assert seen == set(fixed)
    assert funnel["came_in"].sum() > 250


SHARES = {"eu": 0.55, "us": 0.45, "moon": 0.0}
TRADES = {"steel": 0.3, "food": 0.7}


def by_segment(*, share: bool = True) -> Scenario:
    """A team for every region and industry, so that names of people show both."""
    segments = {"regions": SHARES, "industries": TRADES} if share else {}
    teams = {
        f"{region}_{trade}": {
            "members": {"AE": 30},
            "serves": {"regions": [region], "industries": [trade]} if share else {},
        }
        for region in SHARES
        for trade in TRADES
    }
    return small_scenario(
        horizon_months=12,
        channels={"web": {"enters_as": "MQL", "leads_per_month": 500, "tiers": {"t": 1}} | segments},
        journeys={
            "t": {
                "sell": {
                    "by": "AE",
                    "on": "MQL",
                    "effort_hours": {"exponential": {"mean": 1.0}},
                    "pass_probability": 0.5,
                    "to": "WIN",
                }
            }
        },
        organization={"teams": teams},
    )


def test_leads_come_from_regions_and_industries_by_their_shares() -> None:
    scenario = by_segment()
    at = Counter(e.detail.split("#")[0] for e in log_reader.of_kind(run(scenario), "ready"))
    cells = {f"{r}_{i}": SHARES[r] * TRADES[i] for r in SHARES for i in TRADES}
    assert not [name for name in at if name.startswith("moon")]
    kept = [name for name, share in cells.items() if share]
    # Region and industry are independent of each other: products of shares.
    assert_shares([at[name] for name in kept], [cells[name] for name in kept])


@pytest.mark.slow
def test_the_origin_of_a_lead_does_not_change_its_other_draws() -> None:
    with_them, without = by_segment(), by_segment(share=False)
    one, other = (log_reader.outcomes(run(s), s) for s in (with_them, without))
    assert one.keys() == other.keys()
    for lead, steps in one.items():
        for mine, theirs in zip(steps, other[lead], strict=False):
            assert mine.passed == theirs.passed
            assert mine.effort_hours == pytest.approx(theirs.effort_hours, abs=1e-6)
    # Neither does it say anything about whether the lead passes.
    teams = {
        lead: life[1].detail.split("#")[0] for lead, life in log_reader.events_by_lead(run(with_them)).items()
    }
    passed: Counter[tuple[str, bool]] = Counter(
        (teams[lead].split("_")[0], steps[0].passed) for lead, steps in one.items() if steps
    )
    for region in ("eu", "us"):
        yes, no = passed[region, True], passed[region, False]
        assert_proportion(yes, yes + no, 0.5)


# ------------------------------------------------------------------------------------- steps of some channels


def test_only_the_leads_of_its_channels_take_a_step() -> None:
    tiers = {"t": 1}
    scenario = small_scenario(
        channels={
            name: {"enters_as": "MQL", "leads_per_month": 30, "tiers": tiers}
            for name in ("ads", "fair", "web")
        },
        journeys={
            "t": {
                "badge": {"by": "AE", "on": "MQL", "channels": ["fair"], "to": "SQL"},
                "trial": {"by": "nobody", "on": "MQL", "channels": ["ads", "web"], "to": "SQL"},
                "call": {"by": "AE", "on": "SQL", "channels": ["ads", "fair"], "to": "SAL"},
                "talk": {"by": "AE", "on": "SQL", "channels": ["web"], "to": "SAL"},
                "sell": {"by": "AE", "to": "WIN"},
            }
        },
        organization={"teams": {"sales": {"members": {"AE": 9}}}},
    )
    taken: dict[str, set[tuple[str, ...]]] = {}
    for (channel, _), life in log_reader.events_by_lead(run(scenario)).items():
        taken.setdefault(channel, set()).add(tuple(e.step for e in life if e.kind == "done"))
    assert taken == {
        "ads": {("trial", "call", "sell")},
        "fair": {("badge", "call", "sell")},
        "web": {("trial", "talk", "sell")},
    }


def test_a_step_of_all_channels_by_name_is_a_step_of_all() -> None:
    def scenario(**more: Any) -> Scenario:
        return small_scenario(
            journeys={
                "t": {
                    "call": {"by": "AE", "on": "MQL", "effort_hours": 0.5, "pass_probability": 0.7} | more,
                    "sell": {"by": "AE", "effort_hours": 1.0, "pass_probability": 0.5, "to": "WIN"},
                }
            }
        )

    plain, named = run(scenario()), run(scenario(channels=["web"]))
    assert plain.tables == named.tables
    assert plain.log == named.log


def test_a_step_for_others_leaves_the_draws_of_a_channel_alone() -> None:
    def scenario(steps: Data) -> Scenario:
        sell = {"by": "AE", "on": "MQL", "effort_hours": {"exponential": {"mean": 1.0}}, "to": "WIN"}
        return small_scenario(
            channels={
                name: {"enters_as": "MQL", "leads_per_month": 30, "tiers": {"t": 1}}
                for name in ("fair", "web")
            },
            journeys={"t": steps | {"sell": sell | {"pass_probability": 0.5}}},
            organization={"teams": {"sales": {"members": {"AE": 40}}}},
        )

    badge = {"by": "AE", "on": "MQL", "effort_hours": 1.0, "channels": ["fair"]}
    before, after = (
        [e for e in log_reader.without_people(run(scenario(steps))) if e.channel == "web"]
        for steps in ({}, {"badge": badge})
    )
    assert len(before) > 300
    assert before == after
