"""One KPI over many replications: its mean, the confidence interval of the mean, the spread.

The unit of inference is the replication: its values are independent and, being averages over months and
leads, close to normal, so the interval of the mean is Student's t (Law, *Simulation Modeling and Analysis*,
ch. 4 and 9).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Summary:
    """One KPI over the replications that define it, in the unit of the KPI."""

    n: int
    """The number of replications that define the KPI."""
    mean: float | None
    half_width: float | None
    """Of the 95 % interval of the mean; None below two replications."""
    p5: float | None
    """5th percentile over replications; with p95, how much one replication differs from another."""
    p50: float | None
    p95: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """The summary for JSON; ``defined`` is the number of replications that define the KPI."""
        return {
            "mean": self.mean,
            "half_width": self.half_width,
            "p5": self.p5,
            "p50": self.p50,
            "p95": self.p95,
            "defined": self.n,
        }


def summary(values: ArrayLike) -> Summary:
    """Summarize one KPI.

    Args:
        values: One value per replication, shape (replications,); nan where the KPI is undefined.

    Raises:
        ValueError: if the values are not one-dimensional or one is infinite.
    """
    x = checked(values)
    x = x[~np.isnan(x)]
    if not x.size:
        return Summary(0, None, None, None, None, None)
    p5, p50, p95 = (float(p) for p in np.quantile(x, [0.05, 0.5, 0.95]))
    return Summary(x.size, float(x.mean()), half_width(x), p5, p50, p95)


def summaries(values: Mapping[str, ArrayLike]) -> dict[str, Summary]:
    """Summarize every KPI of one scenario; values by KPI, each as in `summary`."""
    return {kpi: summary(column) for kpi, column in values.items()}


def half_width(x: NDArray[np.float64], confidence: float = CONFIDENCE) -> float | None:
    """Half the width of the two-sided t interval of the mean of ``x``; None for fewer than two values.

    t(n − 1; (1 + confidence) / 2) · s / √n, with s² the unbiased sample variance. ``x`` has no nan.
    """
    if x.size < 2:
        return None
    # Imported here: scipy.special takes a tenth of a second and more, and nothing else needs it.
    # (scipy.stats has the same quantile as t.ppf, and takes three times as long.)
    from scipy.special import stdtrit

    return float(stdtrit(x.size - 1, (1 + confidence) / 2) * x.std(ddof=1) / math.sqrt(x.size))


def interval(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.int_], NDArray[np.float64], NDArray[np.float64]]:
    """Summarize many series at once.

    Args:
        values: Replications along the first axis; nan where undefined.

    Returns:
        Number of replications that define each, mean, half-width of the 95 % interval of the mean; nan where
        undefined.
    """
    from scipy.special import stdtrit

    known = ~np.isnan(values)
    n = known.sum(axis=0)
    # 0 / 0 is meant: undefined is nan.
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0).sum(axis=0) / n
        variance = (np.where(known, values - mean, 0) ** 2).sum(axis=0) / (n - 1)
        half = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.sqrt(variance / n)
    return n, mean, np.where(n < 2, np.nan, half)


def checked(values: ArrayLike) -> NDArray[np.float64]:
    """``values`` as an array of floats, shape (replications,), without infinities.

    An infinite KPI is an error of its definition (it should be nan); to drop it would bias the mean.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError(f"one value per replication is expected, found an array of shape {x.shape}")
    if np.isinf(x).any():
        raise ValueError("a KPI must be finite, or nan where it is undefined; found an infinite value")
    return x
