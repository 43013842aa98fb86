import json
import math

import numpy as np
import pytest
from scipy import stats

from simsales.analysis.intervals import Sample, interval, summaries, summary


def test_half_width_by_hand() -> None:
    # 1, 2, 3, 4, 5: mean 3, s² = (4 + 1 + 0 + 1 + 4) / 4 = 2.5, s / √5 = √0.5 = 0.707107.
    # t(4; 0.975) = 2.776445 from any table, so the half-width is 2.776445 × 0.707107 = 1.963243.
    s = summary([1, 2, 3, 4, 5])
    assert s.mean == 3
    assert s.half_width == pytest.approx(1.963243, abs=1e-6)
    assert (s.p5, s.p50, s.p95) == pytest.approx((1.2, 3.0, 4.8))  # linear between order statistics


def test_half_width_is_that_of_scipy() -> None:
    x = np.random.default_rng(1).gamma(2, 3, size=17)
    low, high = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    s = summary(x)
    assert s.mean is not None
    assert s.half_width is not None
    assert (s.mean - s.half_width, s.mean + s.half_width) == pytest.approx((low, high))


def test_only_defined_replications_count() -> None:
    assert summary([1, math.nan, 2, 3, math.nan, 4, 5]) == summary([1, 2, 3, 4, 5])
    assert summary([1, math.nan, 2]).n == 2


def test_what_too_few_replications_cannot_say_is_none() -> None:
    nothing, one = summary([math.nan, math.nan]), summary([7.0, math.nan])
    assert (nothing.n, nothing.mean, nothing.half_width, nothing.p50) == (0, None, None, None)
    assert (one.n, one.mean, one.half_width, one.p5, one.p95) == (1, 7.0, None, 7.0, 7.0)


def test_json_has_the_keys_promised_and_no_nan() -> None:
    said = {name: s.to_json() for name, s in summaries({"a": [1, 2, 4], "b": [math.nan] * 3}).items()}
    assert set(said["a"]) == {"mean", "half_width", "p5", "p50", "p95", "defined"}
    assert said["b"]["mean"] is None
    json.dumps(said, allow_nan=False)


@pytest.mark.parametrize("bad", [[1, math.inf], [[1, 2], [3, 4]], 5])
def test_infinite_values_and_tables_are_refused(bad: object) -> None:
    with pytest.raises(ValueError, match=r"finite|one value per replication"):
        summary(bad)  # type: ignore[arg-type]


def test_many_series_at_once_are_each_as_alone() -> None:
    nan = math.nan
    values = np.array([[1, 2, nan, 7, 5], [2, nan, nan, 7, 5], [4, nan, nan, 7, nan]])
    n, mean, half = interval(Sample.averaged(values))
    for column, alone in enumerate(summary(values[:, column]) for column in range(5)):
        assert n[column] == alone.n
        for found, expected in ((mean, alone.mean), (half, alone.half_width)):
            assert found[column] == pytest.approx(nan if expected is None else expected, nan_ok=True)
