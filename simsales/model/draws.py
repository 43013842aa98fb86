"""A lead's draws: every random number of its life, drawn before it is needed and bound to the lead's number.

The draws of a channel form a table with one row per lead and one column per purpose (arrivals are drawn
elsewhere): ``qualify/pass``, ``demo/effort``, ``churn``. Every column is a stream of its own, so lead k has
the same draws whatever happens to other leads, and in whatever order and by whomever it is served. Rows are
drawn in numpy, in blocks, and are freed with their leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from simsales.errors import ModelError
from simsales.scenario.schema.distributions import Distribution, Exponential, Lognormal, Uniform
from simsales.streams import Streams

Numbers = NDArray[np.float64]
Row: TypeAlias = "memoryview[float]"  # of float64
"""The draws of one lead: a row of float64 numbers, one per purpose."""

BLOCK = 1024
"""Leads per block. The numbers do not depend on it; memory and speed do."""


class Draw(NamedTuple):
    """One purpose of a lead's draws: a constant, or a function of standard draws."""

    purpose: str
    streams: tuple[tuple[str, str], ...] = ()
    """The standard draws that it is made of, each as (purpose, law); laws are ``uniform``, ``normal`` and
    ``exponential``.
    """
    shaped: Callable[..., Numbers] | None = None
    """From the standard draws to the quantity, elementwise; takes one array per stream."""
    constant: float = 0.0
    """The quantity itself, where there is nothing to draw."""


def _as_drawn(draws: Numbers) -> Numbers:
    return draws


def constant(value: float) -> Draw:
    """The same number for every lead."""
    return Draw("", (), None, value)


def uniform(purpose: str) -> Draw:
    """A uniform number in [0, 1). Compared with a probability when that is known: it passes if below."""
    return Draw(purpose, ((purpose, "uniform"),), _as_drawn)


def normal(purpose: str) -> Draw:
    """A standard normal number, from which others are derived: a row itself holds no negative numbers."""
    return Draw(purpose, ((purpose, "normal"),), _as_drawn)


def exponential(purpose: str) -> Draw:
    """A standard exponential number: a survival threshold."""
    return Draw(purpose, ((purpose, "exponential"),), _as_drawn)


def of_mean_one(purpose: str, sd: float) -> Draw:
    """A lognormal factor of mean 1 and standard deviation ``sd``."""
    variance = np.log1p(sd**2)
    return Draw(purpose, ((purpose, "normal"),), lambda z: np.exp(np.sqrt(variance) * z - variance / 2))


def quantity(purpose: str, value: float | Distribution, factor: float = 1.0) -> Draw:
    """A time or effort: a constant, or draws from a distribution of the scenario; times ``factor``."""
    if not isinstance(value, Distribution):
        return constant(float(value) * factor)
    if factor == 0:
        return constant(0.0)
    law = value.law
    if isinstance(law, Exponential):
        mean = law.mean * factor
        return Draw(purpose, ((purpose, "exponential"),), lambda e: mean * e)
    if isinstance(law, Lognormal):
        # mean = exp(mu + sigma²/2) and sd² = (exp(sigma²) − 1) mean², solved for mu and sigma.
        # (log(1 + r²) as a logaddexp: neither large nor small r loses digits.)
        variance = np.logaddexp(0, 2 * np.log(law.sd / law.mean)) if law.sd > 0 else 0.0
        sigma, mu = np.sqrt(variance), np.log(law.mean * factor) - variance / 2
        return Draw(purpose, ((purpose, "normal"),), lambda z: np.exp(mu + sigma * z))
    if isinstance(law, Uniform):
        return Draw(purpose, ((purpose, "uniform"),), lambda u: factor * (law.low + (law.high - law.low) * u))
    low, mode, high = law.low, law.mode, law.high
    width, rise = high - low, mode - low

    def triangular(u: Numbers) -> Numbers:
        # Inverse of the distribution function, from whichever end is nearer.
        below = low + np.sqrt(u * width * rise)
        above = high - np.sqrt((1 - u) * width * (high - mode))
        return factor * np.where(u * width < rise, below, above)

    return Draw(purpose, ((purpose, "uniform"),), triangular)


def residual(purpose: str, value: float | Distribution, factor: float = 1.0) -> Draw:
    """The time that is left of a delay which is already running: its stationary residual life.

    A running delay is met in proportion to its length, at a uniform share of it; so the mean is (mean² +
    variance) / (2 × mean) (renewal theory: Cox, *Renewal Theory*, 1962, ch. 5). Its streams are called
    ``purpose`` and ``purpose/share``.
    """

    def shared(length: Numbers, share: Numbers) -> Numbers:
        return length * share

    if factor == 0:
        return constant(0.0)
    share = uniform(f"{purpose}/share")
    if not isinstance(value, Distribution):
        return derived(purpose, shared, constant(float(value) * factor), share)
    law = value.law
    if isinstance(law, Exponential):
        return quantity(purpose, value, factor)  # it has no memory
    if isinstance(law, Lognormal):
        # Weighted by its length, a lognormal stays one of the same sigma; its median grows by exp(sigma²) =
        # 1 + (sd / mean)².
        return derived(
            purpose, shared, quantity(purpose, value, factor * (1 + (law.sd / law.mean) ** 2)), share
        )
    # Weighted by length, the quantile at p counts in proportion to itself.
    made = quantity(purpose, value, factor).shaped
    assert made is not None
    grid = np.linspace(0, 1, 10_001)
    met = np.concatenate(([0.0], np.cumsum(made((grid[1:] + grid[:-1]) / 2))))
    if met[-1] == 0:
        return constant(0.0)

    def by_length(u: Numbers) -> Numbers:
        return made(np.interp(u * met[-1], met, grid))

    return derived(purpose, shared, Draw(purpose, ((purpose, "uniform"),), by_length), share)


def derived(purpose: str, shaped: Callable[..., Numbers], *sources: Draw) -> Draw:
    """A draw made of others, elementwise; ``shaped`` takes one array per source."""

    if all(source.shaped is None for source in sources):
        return constant(float(shaped(*(np.array([source.constant]) for source in sources))[0]))

    def both(*draws: Numbers) -> Numbers:
        rest = iter(draws)
        made = [
            np.full(len(draws[0]), source.constant)
            if source.shaped is None
            else source.shaped(*(next(rest) for _ in source.streams))
            for source in sources
        ]
        return shaped(*made)

    return Draw(purpose, tuple(stream for source in sources for stream in source.streams), both)


class RowLayout:
    """What the rows of some leads' draws hold, in the order of the places."""

    def __init__(self) -> None:
        self.draws: list[Draw] = []

    def place(self, draw: Draw) -> int:
        """Place of a draw in the rows; it is added if it is not there yet. Equal constants share a place."""
        if draw not in self.draws:
            self.draws.append(draw)
        return self.draws.index(draw)


@dataclass(frozen=True)
class DrawPlan:
    """The draws of one channel's leads: what follows from the scenario."""

    channel: str
    """Its streams are called ``channel/purpose:law``."""
    tiers: tuple[str, ...]
    edges: tuple[float, ...]
    """Between which a uniform number stands for which tier; one less than there are tiers."""
    rows: tuple[tuple[Draw, ...], ...]
    """Of each tier: what a row holds. Tiers share the stream of a purpose that both have."""
    streams: tuple[tuple[str, str], ...]
    """(purpose, law) of every stream needed."""
    fit: Callable[[Numbers], Numbers] | None = None
    """Turns the fit of all leads (standard normal) into that of these, if they are a selection."""


def draw_plan(
    channel: str,
    shares: Mapping[str, float],
    rows: Mapping[str, Sequence[Draw]],
    fit: Callable[[Numbers], Numbers] | None = None,
) -> DrawPlan:
    """Plan the draws of a channel.

    Args:
        channel: name of the channel.
        shares: share of each tier, summing to 1.
        rows: by tier, what a row of its leads' draws holds.
        fit: as in `DrawPlan`.
    """
    tiers = tuple(sorted(shares))
    streams = sorted({stream for tier in tiers for draw in rows[tier] for stream in draw.streams})
    edges = np.cumsum([shares[tier] for tier in tiers])[:-1]
    return DrawPlan(
        channel, tiers, tuple(edges.tolist()), tuple(tuple(rows[t]) for t in tiers), tuple(streams), fit
    )


class LeadDraws:
    """The draws of one channel's leads in one replication, block after block."""

    def __init__(self, plan: DrawPlan, streams: Streams) -> None:
        self._plan = plan
        self._tier_stream = streams.generator(f"{plan.channel}/tier")
        self._streams = {
            (purpose, law): streams.generator(f"{plan.channel}/{purpose}:{law}")
            for purpose, law in plan.streams
        }

    def leads(self, number: int | None = None, block: int = BLOCK) -> Iterator[tuple[str, Row]]:
        """The tier and the row of draws of the next ``number`` leads, or of as many as are asked for, drawn
        ``block`` by block.
        """
        while number is None or number > 0:
            size = block if number is None else min(block, number)
            yield from self.block(size)
            number = None if number is None else number - size

    def block(self, size: int) -> Iterator[tuple[str, Row]]:
        """The tier and the row of draws of the next ``size`` leads, all drawn at once.

        Raises:
            ModelError: if a sample is negative or not finite; it names the channel and the purpose.
        """
        plan = self._plan
        draws = {key: getattr(g, METHOD[key[1]])(size) for key, g in self._streams.items()}
        if plan.fit is not None and ("fit", "normal") in draws:
            draws["fit", "normal"] = plan.fit(draws["fit", "normal"])
        tier_of = np.searchsorted(plan.edges, self._tier_stream.random(size), side="right")
        only = len(plan.tiers) == 1
        rows: list[Iterator[tuple[str, Row]]] = []
        for index, (tier, purposes) in enumerate(zip(plan.tiers, plan.rows, strict=True)):
            theirs = tier_of == index
            mine = draws if only else {stream: numbers[theirs] for stream, numbers in draws.items()}
            table = np.empty((np.count_nonzero(theirs), len(purposes)))
            for place, draw in enumerate(purposes):
                table[:, place] = (
                    draw.constant
                    if draw.shaped is None
                    else draw.shaped(*(mine[stream] for stream in draw.streams))
                )
            self._guard(table, purposes)
            rows.append(_rows(tier, table))
        return rows[0] if only else (next(rows[index]) for index in tier_of.tolist())

    def _guard(self, table: Numbers, purposes: Sequence[Draw]) -> None:
        # (A nan fails both comparisons.)
        if table.size and not (table.min() >= 0 and table.max() < np.inf):
            good = ((table >= 0) & (table < np.inf)).all(axis=0)
            place = int(np.flatnonzero(~good)[0])
            bad = next(sample for sample in table[:, place].tolist() if not 0 <= sample < np.inf)
            where = f"channel {self._plan.channel}, {purposes[place].purpose}"
            raise ModelError(f"{where}: a sample must be finite and ≥ 0, but is {bad}")


def _rows(tier: str, table: Numbers) -> Iterator[tuple[str, Row]]:
    """One row after the other, each made when it is asked for."""
    # Reading one number of a memoryview is as fast as of a list, and no row becomes Python floats in vain.
    cells, width = cast(Row, table.ravel().data), table.shape[1]
    for start in range(0, len(cells), width):
        yield tier, cells[start : start + width]


def copied(row: Row) -> Row:
    """A copy that keeps no other row in memory, for leads that outlive their block by years."""
    return memoryview(row.tobytes()).cast("d")


METHOD = {"uniform": "random", "normal": "standard_normal", "exponential": "standard_exponential"}
