"""Draws of a lead: every distribution against its theory, and independence of the block size."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inference import ALARM, assert_distributed, assert_proportion
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats
from small_scenarios import run, small_scenario

from simsales.errors import ModelError
from simsales.model import simulate
from simsales.model.draws import Draw, LeadDraws, draw_plan, exponential, quantity, uniform
from simsales.model.leads import arrivals, channels
from simsales.scenario.schema.distributions import Distribution
from simsales.streams import Streams

N = 40_000


def law(**parameters: Any) -> Distribution:
    return Distribution.model_validate(parameters)


def lognormal(mean: float, sd: float) -> Any:
    """Scipy's lognormal with this mean and sd, by fitting numerically rather than by the model's formula."""
    from scipy.optimize import brentq

    def excess(shape: float) -> float:
        return float(stats.lognorm(shape).std() / stats.lognorm(shape).mean()) - sd / mean

    shape = float(brentq(excess, 1e-6, 3))
    return stats.lognorm(shape, scale=mean / stats.lognorm(shape).mean())


def lead_draws(streams: Streams, channel: str, shares: dict[str, float], rows: Any) -> LeadDraws:
    return LeadDraws(draw_plan(channel, shares, rows), streams)


def sample(column: Draw, size: int = N) -> NDArray[np.float64]:
    draws = lead_draws(Streams(11, 0), "web", {"t": 1.0}, {"t": [uniform("other/pass"), column]})
    return np.array([row[1] for _, row in draws.block(size)])


CASES: dict[str, tuple[Draw, Any]] = {
    "uniform number": (uniform("s/pass"), stats.uniform()),
    "threshold": (exponential("churn"), stats.expon()),
    "exponential": (quantity("s/effort", law(exponential={"mean": 3.5})), stats.expon(scale=3.5)),
    "lognormal": (quantity("s/effort", law(lognormal={"mean": 7.0, "sd": 4.0})), lognormal(7, 4)),
    "lognormal, small": (
        quantity("s/effort", law(lognormal={"mean": 0.33, "sd": 0.2})),
        lognormal(0.33, 0.2),
    ),
    "lognormal, sd above mean": (
        quantity("s/effort", law(lognormal={"mean": 2.0, "sd": 3.0})),
        lognormal(2, 3),
    ),
    "uniform": (quantity("s/effort", law(uniform={"low": 2.0, "high": 5.0})), stats.uniform(2, 3)),
    "triangular": (
        quantity("s/effort", law(triangular={"low": 1.0, "mode": 2.0, "high": 5.0})),
        stats.triang(0.25, 1, 4),
    ),
    "triangular, mode at low": (
        quantity("s/effort", law(triangular={"low": 1.0, "mode": 1.0, "high": 5.0})),
        stats.triang(0, 1, 4),
    ),
    "triangular, mode at high": (
        quantity("s/effort", law(triangular={"low": 1.0, "mode": 5.0, "high": 5.0})),
        stats.triang(1, 1, 4),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_distribution_agrees_with_theory(name: str) -> None:
    column, theory = CASES[name]
    x = sample(column)
    z = stats.norm.ppf(1 - ALARM / 2)
    assert abs(x.mean() - theory.mean()) < z * theory.std() / np.sqrt(N)
    # The variance of a sample variance is (m4 − sd⁴)/n; m4 comes from theory, being badly estimated.
    m4 = theory.std() ** 4 * (float(theory.stats(moments="k")) + 3)
    if m4 / theory.std() ** 4 < 30:  # Beyond that, a sample variance is far from normal: KS says enough.
        assert abs(x.var() - theory.var()) < z * np.sqrt((m4 - theory.var() ** 2) / N)
    assert_distributed(x, theory)


@pytest.mark.parametrize(
    ("value", "constant"),
    [
        (2.5, 2.5),
        (0.0, 0.0),
        (law(lognormal={"mean": 3.0, "sd": 0.0}), 3.0),
        (law(uniform={"low": 4.0, "high": 4.0}), 4.0),
        (law(triangular={"low": 6.0, "mode": 6.0, "high": 6.0}), 6.0),
    ],
    ids=str,
)
def test_what_has_no_spread_is_constant(value: float | Distribution, constant: float) -> None:
    assert sample(quantity("s/effort", value), 1000).tolist() == pytest.approx([constant] * 1000, rel=1e-12)


def test_tiers_come_by_their_shares() -> None:
    shares = {"a": 0.2, "b": 0.5, "c": 0.3}
    draws = lead_draws(Streams(3, 0), "web", shares, {tier: [exponential("churn")] for tier in shares})
    tiers = [tier for tier, _ in draws.block(N)]
    for tier, share in shares.items():
        assert_proportion(tiers.count(tier), N, share)


def test_draws_of_a_lead_are_independent() -> None:
    columns = [
        uniform("a/pass"),
        uniform("b/pass"),
        quantity("a/effort", law(uniform={"low": 0.0, "high": 1.0})),
    ]
    draws = lead_draws(Streams(3, 0), "web", {"t": 1.0}, {"t": columns})
    table = np.array([row.tolist() for _, row in draws.block(N)])
    r = np.corrcoef(table.T)[np.triu_indices(3, 1)]
    assert (np.abs(np.arctanh(r)) * np.sqrt(N - 3) < stats.norm.ppf(1 - ALARM / 2)).all()


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=10))
def test_the_block_size_does_not_change_the_draws(sizes: list[int]) -> None:
    def fresh() -> LeadDraws:
        columns = [column for column, _ in CASES.values() if column.purpose != "s/effort"]
        effort = CASES["lognormal"][0]
        return lead_draws(
            Streams(1, 4), "web", {"a": 0.3, "b": 0.7}, {"a": [*columns, effort], "b": [effort, *columns[:1]]}
        )

    whole = [(tier, row.tolist()) for tier, row in fresh().block(sum(sizes))]
    draws = fresh()
    assert [(tier, row.tolist()) for size in sizes for tier, row in draws.block(size)] == whole


@pytest.mark.parametrize("block", [1, 7, 100])
def test_the_block_size_does_not_matter_to_a_replication(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = small_scenario(
        channels={
            "web": {"enters_as": "MQL", "leads_per_month": 100, "growth_per_month": 0.01, "tiers": {"t": 1}},
            "cold": {"enters_as": "MQL", "worked_by": "AE", "list_size": 300, "tiers": {"t": 1}},
        },
        organization={"teams": {"sales": {"members": {"AE": 4}}}},
    )
    before = run(scenario)
    monkeypatch.setattr(channels, "BLOCK", block)
    monkeypatch.setattr(arrivals, "BLOCK", block)
    after = run(scenario)
    assert after.log == before.log  # To the last bit: arrival times are sums, and sums feel their order.
    assert after.tables == before.tables


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e-300])
def test_a_bad_sample_is_stopped_and_named(bad: float) -> None:
    def shaped(draws: NDArray[np.float64]) -> NDArray[np.float64]:
        draws[3] = bad
        return draws

    with pytest.raises(ModelError, match=r"channel web, demo/effort: a sample must be .* but is"):
        sample(Draw("demo/effort", (("demo/effort", "uniform"),), shaped), 10)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("mean", [1e-160, 1e-200, 1e-310])
def test_an_extreme_lognormal_ends_in_samples_or_in_a_stated_fault(mean: float) -> None:
    # (sd / mean)² would leave the floating-point range; whatever the model makes of it, it does not crash.
    step = {"by": "AE", "on": "MQL", "effort_hours": {"lognormal": {"mean": mean, "sd": 1.0}}, "to": "WIN"}
    with suppress(ModelError, ValidationError):
        simulate(small_scenario(journeys={"t": {"sell": step}}), 1, 0)
