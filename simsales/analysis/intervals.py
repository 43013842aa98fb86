"""One KPI over many replications: its figure, the confidence interval of the figure, the spread.

The unit of inference is the replication: replications are independent. What is averaged over them has the
interval of Student's t (Law, *Simulation Modeling and Analysis*, ch. 4 and 9). A ratio is not averaged: it is
the ratio of the sums over all replications. Its interval is that of its jackknife pseudo-values, which stand
for the replications: θ for all n of them and θ₍₋ᵢ₎ without the i-th make n · θ − (n − 1) · θ₍₋ᵢ₎ (Efron &
Stein, *The jackknife estimate of variance*, 1981; Law, ch. 9, on ratios).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One figure over many replications, or one for each month: then the last axis are the months."""

    single: Floats
    """Each replication's own figure, shape (replications, [months]); nan where undefined."""
    estimate: Floats
    """The figure of the experiment, shape () or (months,); nan where undefined."""
    parts: Floats
    """Independent values whose spread tells how well the figure is known, shape (parts, [months]): the
    replications themselves, or the pseudo-values."""
    pooled: bool
    """Whether the figure is that of the sums over all replications. Otherwise it is the mean of the parts
    that are defined."""

    @classmethod
    def averaged(cls, values: ArrayLike) -> Sample:
        """The mean over the replications that define it; ``values`` of shape (replications, [months])."""
        x = np.asarray(values, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            mean = np.where(np.isnan(x), 0, x).sum(axis=0) / (~np.isnan(x)).sum(axis=0)
        return cls(x, np.asarray(mean), x, pooled=False)

    @classmethod
    def of_cases(cls, single: Floats, cases: Floats) -> Sample:
        """A formula applied to pooled sums.

        Args:
            single: Each replication's own figure, shape (replications, [months]).
            cases: The formula applied to the sums of all, and then to those without each part; shape
                (1 + parts, [months]).
        """
        n = len(cases) - 1
        return cls(single, np.asarray(cases[0]), n * cases[0] - (n - 1) * cases[1:], pooled=True)

    @property
    def known(self) -> Floats:
        """The parts that the interval is made of, of a figure without months: none if the figure is pooled
        and undefined without one of them."""
        undefined = np.isnan(self.parts)
        if self.pooled:
            return self.parts[:0] if undefined.any() else self.parts
        return self.parts[~undefined]


@dataclass(frozen=True)
class Summary:
    """One KPI over the replications, in the unit of the KPI."""

    n: int
    """The number of replications that define the KPI: those of the percentiles."""
    mean: float | None
    """The figure of the experiment: of a ratio, that of the sums over all replications; else the mean of the
    replications that define it."""
    half_width: float | None
    """Of the 95 % interval of ``mean``; None below two replications, or if a ratio would be undefined without
    one of them."""
    p5: float | None
    """5th percentile over the replications' own figures; with p95, how much one replication differs from
    another."""
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


def summary(values: ArrayLike | Sample) -> Summary:
    """Summarize one KPI.

    Args:
        values: One value per replication, shape (replications,), to be averaged; nan where the KPI is
            undefined. Or a sample.

    Raises:
        ValueError: if the values are not one-dimensional or one is infinite.
    """
    sample = as_sample(values)
    x = sample.single[~np.isnan(sample.single)]
    mean = None if np.isnan(sample.estimate) else float(sample.estimate)
    p5, p50, p95 = (float(p) for p in np.quantile(x, [0.05, 0.5, 0.95])) if x.size else (None, None, None)
    return Summary(x.size, mean, None if mean is None else half_width(sample.known), p5, p50, p95)


def summaries(values: Mapping[str, ArrayLike | Sample]) -> dict[str, Summary]:
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


def interval(sample: Sample) -> tuple[NDArray[np.int_], Floats, Floats]:
    """Summarize many months at once.

    Returns:
        Number of replications that define each, figure, half-width of its 95 % interval; nan where undefined.
    """
    from scipy.special import stdtrit

    known = ~np.isnan(sample.parts)
    n = known.sum(axis=0)
    if sample.pooled:
        n = np.where(n < len(known), 0, n)
    # 0 / 0 is meant: undefined is nan.
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, sample.parts, 0).sum(axis=0) / n
        variance = (np.where(known, sample.parts - mean, 0) ** 2).sum(axis=0) / (n - 1)
        half = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.sqrt(variance / n)
    defined = (~np.isnan(sample.single)).sum(axis=0)
    return defined, sample.estimate, np.where(n < 2, np.nan, half)


def as_sample(values: ArrayLike | Sample) -> Sample:
    """The sample of a figure without months; values are averaged. None may be infinite.

    An infinite KPI is an error of its definition (it should be nan); to drop it would bias the mean.
    """
    if isinstance(values, Sample):
        return values
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1:
        raise ValueError(f"one value per replication is expected, found an array of shape {x.shape}")
    if np.isinf(x).any():
        raise ValueError("a KPI must be finite, or nan where it is undefined; found an infinite value")
    return Sample.averaged(x)
