"""Statistical checks, shared by the tests of the model.

Seeds are fixed, so a test gives the same verdict every time. Its tolerance is nevertheless computed from the
sampling error: ``ALARM`` is the probability with which a *correct* model would fail one check if the streams
were changed. There are some three hundred checks, so all together would raise a false alarm in about 6 of
100 such changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

ALARM = 2e-4


def t_interval(replications: ArrayLike, alarm: float = ALARM) -> tuple[float, float]:
    """Mean over independent replications, and half-width of its t interval of confidence 1 − ``alarm``."""
    x = np.asarray(replications, dtype=float)
    half = float(stats.t.ppf(1 - alarm / 2, len(x) - 1)) * float(x.std(ddof=1)) / np.sqrt(len(x))
    return float(x.mean()), float(half)


def assert_mean(replications: ArrayLike, theory: float, *, sharpness: float = 0.06) -> None:
    """The mean over replications agrees with theory, by an interval narrower than ``sharpness`` × theory."""
    mean, half = t_interval(replications)
    assert half < sharpness * theory, f"± {half:.4g} is too blunt to tell anything about {theory:.4g}"
    assert abs(mean - theory) <= half, f"{mean:.6g} ± {half:.2g}, but theory says {theory:.6g}"


def assert_proportion(successes: int, trials: int, probability: float) -> None:
    """A count of successes agrees with a binomial law (exact two-sided test at ``ALARM``)."""
    p_value = float(stats.binomtest(int(successes), int(trials), probability).pvalue)
    assert p_value > ALARM, f"{successes} of {trials} is not {probability:g} (p = {p_value:.1g})"


def assert_distributed(sample: ArrayLike, law: Any) -> None:
    """A sample of independent numbers agrees with a continuous law (Kolmogorov–Smirnov at ``ALARM``)."""
    p_value = float(stats.kstest(np.asarray(sample, dtype=float), law.cdf).pvalue)
    assert p_value > ALARM, f"p = {p_value:.1g}"
