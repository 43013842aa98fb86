"""Paired comparison of alternatives with a baseline, KPI by KPI.

Replication r of every alternative uses the same random numbers (common random numbers), so the paired
difference is taken within each replication: the variation that both share cancels. Law, *Simulation Modeling
and Analysis*, ch. 10 (paired-t, comparison with a standard) and ch. 11 (common random numbers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simsales.analysis.intervals import CONFIDENCE, Sample, as_sample, half_width
from simsales.kpis import Direction

Verdict = Literal["higher", "lower", "no difference shown"]
Judgement = Literal["better", "worse", "differs", "no difference shown"]

RESOLUTION = 1e-9
"""Differences below this, relative to the KPI's size (or to 1, if that is more), count as exactly zero.

Two alternatives that behave alike may add the same numbers up in another order. A sum of m terms is then
off by up to about m · 1e-16 of its size: 1e-10 for a million events. Without a threshold, such rounding
error, which is not random and may have one sign throughout, gets an interval as narrow as itself and thus a
verdict. A billionth lies above any rounding error and below any meaningful difference in days, leads, shares
or money; the floor at 1 covers KPIs that are rounding error as a whole, such as waits of 1e-13 days from
subtracting two readings of the clock.
"""


FEW = 10
"""Below so many replications, a difference that is the same in all of them says nothing of how it varies: two
wins more in both of two replications are no certainty."""


@dataclass(frozen=True)
class Difference:
    """One KPI of one alternative minus the baseline.

    The *pairs* are the replications in which both have a figure of their own. What is averaged is averaged
    over them; what is pooled is pooled over all replications.
    """

    n: int
    """The number of pairs."""
    mean: float | None
    """Alternative minus baseline, in the unit of the KPI; None if one of them is undefined."""
    half_width: float | None
    """Of the interval of ``mean``, simultaneous over the alternatives; None below two pairs, if the
    difference does not vary over fewer than `FEW`, or if a ratio would be undefined without a replication."""
    p_better: float | None
    """Share of the pairs in which the alternative does better, ties counted half: an estimate of the
    probability. Where neither direction is better, the share in which it is higher."""
    correlation: float | None
    """Between the two: what common random numbers achieved. None below three pairs, or if either side is
    constant."""
    gain: float | None
    """(var X + var Y) / var(Y − X): the factor by which independent random numbers would need more
    replications for the same interval. None below two pairs, or if the difference does not vary."""
    baseline_mean: float | None
    """Figure of the baseline: what percentages refer to."""
    verdict: Verdict
    """Whether the interval lies above zero, below zero, or neither (also without an interval)."""

    @property
    def relative(self) -> float | None:
        """The mean as a share of the baseline's; None where that is not positive, as of profit: a percentage
        of it means nothing, or the opposite of what it seems to."""
        return self._share(self.mean)

    @property
    def relative_half_width(self) -> float | None:
        """The half-width as a share of the baseline's mean.

        The baseline's mean is taken as fixed: its own uncertainty is not in the interval, which therefore
        excludes zero in per cent exactly when it does in units.
        """
        return self._share(self.half_width)

    def _share(self, value: float | None) -> float | None:
        if value is None or self.baseline_mean is None or self.baseline_mean <= RESOLUTION:
            return None
        return value / self.baseline_mean

    def to_json(self) -> dict[str, float | str | None]:
        """The difference for JSON; None (null) where undefined."""
        return {
            "mean": self.mean,
            "half_width": self.half_width,
            "p_better": self.p_better,
            "correlation": self.correlation,
            "verdict": self.verdict,
            "defined": self.n,
        }


@dataclass(frozen=True)
class KpiComparison:
    """One KPI in all alternatives."""

    better: Direction
    means: Mapping[str, float | None]
    """By alternative: of a ratio, that of the sums over all replications; else the mean over all replications
    that define it there. Where some do not, the paired difference, over the pairs only, need not be the
    difference of these means."""
    defined: Mapping[str, int]
    """By alternative, the number of replications that define it there."""
    differences: Mapping[str, Difference]
    """By alternative other than the baseline."""

    def judgement(self, alternative: str) -> Judgement:
        """The verdict judged: better, worse, or only different where neither direction is better."""
        verdict = self.differences[alternative].verdict
        if verdict == "no difference shown":
            return verdict
        if self.better == "neither":
            return "differs"
        return "better" if verdict == self.better else "worse"

    def to_json(self) -> dict[str, object]:
        """``{"means": {alternative: x}, "defined": {alternative: n}, "differences": {alternative: {…}}}``."""
        differences = {name: difference.to_json() for name, difference in self.differences.items()}
        return {"means": dict(self.means), "defined": dict(self.defined), "differences": differences}


@dataclass(frozen=True)
class Comparison:
    """All KPIs in all alternatives."""

    alternatives: tuple[str, ...]
    """The baseline first, the others in the order given."""
    replications: int
    confidence: float
    kpis: Mapping[str, KpiComparison]

    @property
    def baseline(self) -> str:
        """The alternative that all others are compared with."""
        return self.alternatives[0]

    @property
    def others(self) -> tuple[str, ...]:
        """The alternatives that are compared with the baseline."""
        return self.alternatives[1:]

    def to_json(self) -> dict[str, dict[str, object]]:
        """``{kpi: {"means": …, "defined": …, "differences": …}}``, without nan or inf."""
        return {name: kpi.to_json() for name, kpi in self.kpis.items()}


def compare(
    values: Mapping[str, Mapping[str, ArrayLike | Sample]],
    *,
    baseline: str,
    better: Mapping[str, Direction],
    confidence: float = CONFIDENCE,
) -> Comparison:
    """Compare alternatives with a baseline, replication by replication.

    With k − 1 > 1 comparisons the intervals of one KPI hold *simultaneously*: each is made at level
    1 − (1 − confidence) / (k − 1) (Bonferroni; Law, *Simulation Modeling and Analysis*, ch. 10). Dunnett's
    narrower intervals assume independent samples of equal variance; under common random numbers the
    alternatives are correlated on purpose and their variances need not be equal. Bonferroni assumes neither.
    Nothing is adjusted over KPIs: each is a question of its own.

    The interval is Student's t of the differences; of a ratio, of the differences of the pseudo-values. With
    few replications, and differences that take few values (rare events), it can come out too narrow.

    Args:
        values: By alternative and KPI, a sample, or values to be averaged: shape (replications,), where entry
            r is replication r in every alternative; nan where undefined. A KPI that an alternative lacks is
            undefined there throughout.
        baseline: The alternative that the others are compared with.
        better: By KPI, whether higher or lower values are better.
        confidence: Level of the intervals, per KPI over all alternatives together.

    Raises:
        ValueError: if there is nothing to compare, replications do not align, a value is infinite, the
            level is not between 0 and 1, or a KPI has no direction.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, found {confidence}")
    if baseline not in values:
        raise ValueError(f"the baseline {baseline!r} is not among the alternatives {list(values)}")
    if len(values) < 2:
        raise ValueError("a comparison needs two alternatives at least")
    alternatives = (baseline, *(name for name in values if name != baseline))
    columns = {
        alternative: {kpi: as_sample(column) for kpi, column in values[alternative].items()}
        for alternative in alternatives
    }
    names = dict.fromkeys(kpi for alternative in alternatives for kpi in columns[alternative])
    if undirected := [name for name in names if name not in better]:
        raise ValueError(f"it is not said whether higher or lower is better for {', '.join(undirected)}")
    sizes = {column.single.size for kpis in columns.values() for column in kpis.values()}
    if len(sizes) > 1:
        raise ValueError(f"the alternatives must have the same replications, found {sorted(sizes)} of them")
    replications = sizes.pop() if sizes else 0

    each = 1 - (1 - confidence) / (len(alternatives) - 1)
    nowhere = np.full(replications, np.nan)
    kpis = {}
    for name in names:
        pooled = any(of[name].pooled for of in columns.values() if name in of)
        undefined = Sample(nowhere, np.array(np.nan), nowhere, pooled)
        of = {alternative: columns[alternative].get(name, undefined) for alternative in alternatives}
        kpis[name] = KpiComparison(
            better=better[name],
            means={a: None if np.isnan(x.estimate) else float(x.estimate) for a, x in of.items()},
            defined={a: int((~np.isnan(x.single)).sum()) for a, x in of.items()},
            differences={
                other: _paired(of[baseline], of[other], better[name], each) for other in alternatives[1:]
            },
        )
    return Comparison(alternatives, replications, confidence, kpis)


def _paired(baseline: Sample, other: Sample, better: Direction, confidence: float) -> Difference:
    """``other`` minus ``baseline``."""
    both = ~(np.isnan(baseline.single) | np.isnan(other.single))
    n = int(both.sum())
    wins = _differences(baseline.single[both], other.single[both])
    p_better = float(((wins < 0 if better == "lower" else wins > 0) + (wins == 0) / 2).mean()) if n else None
    if baseline.pooled:
        x, y = baseline.known, other.known
        if x.size != y.size:  # One of them is undefined without some replication.
            x = y = np.zeros(0)
        level, there = float(baseline.estimate), float(other.estimate)
    else:
        x, y = baseline.single[both], other.single[both]
        level, there = (float(z.mean()) if n else np.nan for z in (x, y))
    if np.isnan(level) or np.isnan(there):
        return Difference(n, None, None, p_better, None, None, None, "no difference shown")
    d, tolerance = _differences(x, y), _tolerance(x, y)
    if baseline.pooled:
        (mean,) = _differences(np.array([level]), np.array([there])).tolist()
    else:
        mean = float(d.mean())
    varies = d.size >= 2 and np.ptp(d) > tolerance
    half = half_width(d, confidence) if varies or d.size >= FEW else None
    verdict: Verdict = "no difference shown"
    if half is not None and abs(mean) > half:
        verdict = "higher" if mean > 0 else "lower"
    correlated = d.size >= 3 and min(np.ptp(x), np.ptp(y)) > tolerance
    return Difference(
        n=n,
        mean=mean,
        half_width=half,
        p_better=p_better,
        correlation=float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1)) if correlated else None,
        gain=float((x.var(ddof=1) + y.var(ddof=1)) / d.var(ddof=1)) if varies else None,
        baseline_mean=level,
        verdict=verdict,
    )


def _differences(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """``y − x``, without rounding noise."""
    d = y - x
    d[np.abs(d) <= _tolerance(x, y)] = 0.0
    return d


def _tolerance(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return RESOLUTION * max(1.0, float(np.abs(x).max(initial=0)), float(np.abs(y).max(initial=0)))
