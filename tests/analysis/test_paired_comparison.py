"""The paired comparison against theory, not against itself.

Where chance decides, a test fails with probability `FALSE_ALARM`; its tolerance is computed from that.
"""

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simsales.analysis.paired_comparison import Comparison, Difference, compare
from simsales.kpis import Direction

FALSE_ALARM = 1e-6
EXPERIMENTS = 2500
Floats = NDArray[np.float64]


def between(x: object, y: object, better: Direction = "higher", confidence: float = 0.95) -> Difference:
    comparison = compare(
        {"x": {"k": x}, "y": {"k": y}},  # type: ignore[dict-item]
        baseline="x",
        better={"k": better},
        confidence=confidence,
    )
    return comparison.kpis["k"].differences["y"]


def experiments(
    effects: list[float], replications: int, correlation: float, seed: int, sds: list[float] | None = None
) -> Comparison:
    """Many experiments at once: each KPI is one, with its own numbers, in part common to all."""
    rng = np.random.default_rng(seed)
    shape = (EXPERIMENTS, replications)
    common = rng.normal(size=shape)
    values = {}
    for i, effect in enumerate(effects):
        own = rng.normal(size=shape)
        sd = (sds or [1.0] * len(effects))[i]
        x = 10 + effect + sd * (math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own)
        values[f"a{i}"] = {f"k{e}": x[e] for e in range(EXPERIMENTS)}
    return compare(values, baseline="a0", better={f"k{e}": "higher" for e in range(EXPERIMENTS)})


def covers(d: Difference, truth: float) -> bool:
    assert d.mean is not None
    assert d.half_width is not None
    return abs(d.mean - truth) <= d.half_width


@pytest.mark.slow
@pytest.mark.parametrize("replications", [3, 8, 30])
def test_interval_covers_the_true_difference_at_its_level(replications: int) -> None:
    found = experiments([0, 0.7], replications, correlation=0.6, seed=replications, sds=[1.0, 2.0])
    covered = sum(covers(kpi.differences["a1"], 0.7) for kpi in found.kpis.values())
    low, high = stats.binom.interval(1 - FALSE_ALARM, EXPERIMENTS, 0.95)
    assert low <= covered <= high


@pytest.mark.slow
def test_intervals_of_four_alternatives_cover_all_at_once() -> None:
    effects = [0.0, 0.5, -1.0, 0.0]
    found = experiments(effects, 6, correlation=0.7, seed=4, sds=[1.0, 0.5, 2.0, 1.0])
    covered = sum(
        all(covers(kpi.differences[f"a{i}"], effects[i]) for i in (1, 2, 3)) for kpi in found.kpis.values()
    )
    # Bonferroni promises 95 % at least, whatever the dependence.
    assert covered >= stats.binom.ppf(FALSE_ALARM, EXPERIMENTS, 0.95)


@pytest.mark.slow
def test_without_a_difference_few_verdicts_are_false() -> None:
    two = experiments([0, 0], 10, correlation=0.5, seed=5)
    four = experiments([0, 0, 0, 0], 10, correlation=0.5, seed=6)
    for found in (two, four):
        for d in (d for kpi in found.kpis.values() for d in kpi.differences.values()):
            assert (d.verdict == "no difference shown") == covers(d, 0)
        false = sum(
            any(d.verdict != "no difference shown" for d in kpi.differences.values())
            for kpi in found.kpis.values()
        )
        assert 0 < false <= stats.binom.isf(FALSE_ALARM, EXPERIMENTS, 0.05)


@pytest.mark.slow
def test_p_better_estimates_the_chance_of_being_better() -> None:
    # Y − X is normal with mean 1 and variance 2 (1 − 0.5) = 1: better with probability Φ(1).
    found = experiments([0, 1], 5, correlation=0.5, seed=7)
    wins = sum((kpi.differences["a1"].p_better or 0) * 5 for kpi in found.kpis.values())
    low, high = stats.binom.interval(1 - FALSE_ALARM, 5 * EXPERIMENTS, stats.norm.cdf(1))
    assert low <= wins <= high


def test_interval_by_hand() -> None:
    # Differences 1, 2, 3, 4, 5 as in test_intervals: 3 ± 1.963243.
    d = between([10, 20, 30, 40, 50], [11, 22, 33, 44, 55])
    assert (d.n, d.mean, d.baseline_mean, d.verdict) == (5, 3, 30, "higher")
    assert d.half_width == pytest.approx(1.963243, abs=1e-6)
    assert d.relative == pytest.approx(0.1)
    assert d.relative_half_width == pytest.approx(1.963243 / 30, abs=1e-7)


def test_interval_is_that_of_scipys_paired_test() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(5, 2, size=12)
    y = x + rng.normal(0.5, 1, size=12)
    d = between(x, y, confidence=0.9)
    low, high = stats.ttest_rel(y, x).confidence_interval(0.9)
    assert d.mean is not None
    assert d.half_width is not None
    assert (d.mean - d.half_width, d.mean + d.half_width) == pytest.approx((low, high))


def test_three_comparisons_share_the_error() -> None:
    rng = np.random.default_rng(3)
    values = {name: {"k": rng.normal(size=9)} for name in "abcd"}
    d = compare(values, baseline="b", better={"k": "lower"}).kpis["k"].differences["a"]
    result = stats.ttest_rel(values["a"]["k"], values["b"]["k"]).confidence_interval(1 - 0.05 / 3)
    assert d.half_width == pytest.approx((result.high - result.low) / 2)


def test_correlation_and_gain_of_a_bivariate_normal() -> None:
    n, rho = 20_000, 0.8
    x, y = np.random.default_rng(8).multivariate_normal([3, 4], [[1, rho], [rho, 1]], size=n).T
    d = between(x, y)
    assert d.correlation is not None
    assert d.gain is not None
    # Fisher: atanh of the sample correlation is normal with variance 1 / (n − 3).
    z = (math.atanh(d.correlation) - math.atanh(rho)) * math.sqrt(n - 3)
    assert abs(z) < stats.norm.isf(FALSE_ALARM / 2)
    # With equal variances, sum and difference are independent, with variances 2 (1 + ρ) and 2 (1 − ρ); the
    # gain is (var(X + Y) / var(Y − X) + 1) / 2; thus 2 · gain − 1 is (1 + ρ) / (1 − ρ) times an F variable.
    ratio = (2 * d.gain - 1) * (1 - rho) / (1 + rho)
    low, high = stats.f.interval(1 - FALSE_ALARM, n - 1, n - 1)
    assert low <= ratio <= high


def test_gain_is_what_independent_random_numbers_would_cost() -> None:
    # var X = 2.5, var Y = 10, Y − X = X: var 2.5; the gain is 12.5 / 2.5.
    d = between([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])
    assert d.gain == pytest.approx(5)
    assert d.correlation == pytest.approx(1)


@pytest.mark.parametrize(("better", "share"), [("higher", 0.625), ("lower", 0.375)])
def test_ties_count_half(better: Direction, share: float) -> None:
    # Higher twice, equal once, lower once: (2 + ½) / 4.
    assert between([1, 1, 1, 1], [2, 3, 1, 0], better).p_better == share


def test_better_reads_the_verdict_in_the_direction_of_the_kpi() -> None:
    up, down = [1.0, 1.1, 0.9], [0.0, 0.1, 0.2]
    found = compare(
        {
            "x": {"gain": down, "wait": up, "same": up, "load": down},
            "y": {"gain": up, "wait": down, "same": up, "load": up},
        },
        baseline="x",
        better={"gain": "higher", "wait": "lower", "same": "lower", "load": "neither"},
    )
    verdicts = {name: (kpi.differences["y"].verdict, kpi.judgement("y")) for name, kpi in found.kpis.items()}
    assert verdicts == {
        "gain": ("higher", "better"),
        "wait": ("lower", "better"),
        "same": ("no difference shown", "no difference shown"),
        "load": ("higher", "differs"),
    }
    assert found.kpis["load"].differences["y"].p_better == 1  # of the two, it counts which is higher
    worse = compare({"x": {"k": down}, "y": {"k": up}}, baseline="x", better={"k": "lower"})
    assert worse.kpis["k"].judgement("y") == "worse"


def test_pairs_are_where_both_are_defined_but_means_where_each_is() -> None:
    nan = math.nan
    found = compare(
        {"x": {"k": [1, 2, nan, 4, nan]}, "y": {"k": [2, nan, 3, 7, nan]}},
        baseline="x",
        better={"k": "higher"},
    ).kpis["k"]
    d = found.differences["y"]
    assert found.means == {"x": pytest.approx(7 / 3), "y": 4}
    assert (d.n, d.mean, d.baseline_mean, d.p_better) == (2, 2, 2.5, 1)
    assert d.correlation is None  # two points always lie on a line


def test_a_kpi_that_one_alternative_lacks_is_undefined_there() -> None:
    found = compare(
        {"x": {"a": [1, 2]}, "y": {"a": [1, 2], "wait_days.SE": [3, 4]}},
        baseline="x",
        better={"a": "higher", "wait_days.SE": "lower"},
    ).kpis["wait_days.SE"]
    d = found.differences["y"]
    assert found.means == {"x": None, "y": 3.5}
    assert (d.n, d.mean, d.half_width, d.p_better, d.relative) == (0, None, None, None, None)
    assert d.verdict == "no difference shown"


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e7])
def test_rounding_noise_is_no_difference(scale: float) -> None:
    rng = np.random.default_rng(9)
    parts = rng.exponential(scale, size=(20, 1000))
    # The noise of another order of summation, made one-sided: without the threshold a verdict is certain.
    x = parts.sum(axis=1)
    y = x + np.abs(parts[:, ::-1].cumsum(axis=1)[:, -1] - x) + np.spacing(x)
    assert (y > x).all()
    d = between(x, y)
    assert (d.verdict, d.mean, d.half_width, d.p_better, d.gain) == ("no difference shown", 0, 0, 0.5, None)


def test_small_true_differences_survive_the_threshold() -> None:
    x = np.random.default_rng(10).normal(1e6, 1e3, size=20)
    assert between(x, x * (1 + 1e-6)).verdict == "higher"


def test_identical_and_constant_values() -> None:
    same = between([1, 2, 3], [1, 2, 3])
    assert (same.verdict, same.half_width, same.p_better) == ("no difference shown", None, 0.5)
    assert between([-10, -20], [-5, -10]).relative is None  # half as bad, or 50 % more?
    flat = between([0, 0, 0], [1, 2, 3])
    assert (flat.correlation, flat.relative) == (None, None)


def test_a_difference_that_does_not_vary_is_no_certainty_in_few_replications() -> None:
    """Two wins more in both of two replications: by chance alone, if the difference takes few values."""
    for n, verdict in ((2, "no difference shown"), (9, "no difference shown"), (10, "higher")):
        x = np.arange(n, dtype=float)
        d = between(x, x + 2)
        assert (d.n, d.mean, d.verdict) == (n, 2, verdict)
        assert d.half_width == (None if n < 10 else 0)


def test_one_replication_shows_nothing() -> None:
    d = between([1], [100])
    assert (d.n, d.mean, d.half_width, d.verdict) == (1, 99, None, "no difference shown")


def test_json_is_as_promised_and_has_no_nan() -> None:
    nan = math.nan
    found = compare(
        {"x": {"a": [1, 2, 3], "b": [nan] * 3}, "y": {"a": [2, 3, 5], "b": [1, nan, nan]}},
        baseline="x",
        better={"a": "higher", "b": "lower"},
    )
    said = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(said) == {"a", "b"}
    assert set(said["a"]) == {"means", "defined", "differences"}
    assert said["a"]["means"] == {"x": 2, "y": pytest.approx(10 / 3)}
    assert set(said["a"]["differences"]["y"]) == {
        *("mean", "half_width", "p_better", "correlation", "verdict", "defined")
    }
    assert said["b"]["means"] == {"x": None, "y": 1}
    assert said["b"]["defined"] == {"x": 0, "y": 1}
    assert said["b"]["differences"]["y"] == {
        "mean": None,
        "half_width": None,
        "p_better": None,
        "correlation": None,
        "verdict": "no difference shown",
        "defined": 0,
    }


def test_the_baseline_comes_first_whatever_the_order() -> None:
    found = compare({n: {"k": [1, 2]} for n in "abc"}, baseline="b", better={"k": "higher"})
    assert (found.alternatives, found.baseline, found.others) == (("b", "a", "c"), "b", ("a", "c"))


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({"x": {"k": [1, 2]}}, {}, "two alternatives"),
        ({"y": {"k": [1, 2]}, "z": {"k": [1, 2]}}, {}, "baseline 'x'"),
        ({"x": {"k": [1, 2]}, "y": {"k": [1, 2, 3]}}, {}, "same replications"),
        ({"x": {"k": [1, 2]}, "y": {"k": [1, math.inf]}}, {}, "finite"),
        ({"x": {"j": [1, 2]}, "y": {"k": [1, 2]}}, {}, "better for j"),
        ({"x": {"k": [1, 2]}, "y": {"k": [1, 2]}}, {"confidence": 1.0}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    values: dict[str, dict[str, list[float]]], options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        compare(values, baseline="x", better={"k": "higher"}, confidence=options.get("confidence", 0.95))
