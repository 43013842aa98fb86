"""A lead's luck: every random number of its life, drawn before it is needed and bound to the lead's own
number.

The luck of a channel is a table with one row per lead and one column per purpose (arrival apart):
``qualify/pass``, ``demo/effort``, ``churn``. Every column is a stream of its own, so lead k has the same
luck whatever happens to other leads, in whatever order and by whomever it is served. Rows are made in
blocks, in numpy, and vanish with their leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from simsales.errors import ModelError
from simsales.scenario.schema.distributions import Distribution, Exponential, Lognormal, Uniform
from simsales.streams import Streams

Numbers = NDArray[np.float64]
Row: TypeAlias = "memoryview[float]"  # of float64
"""The luck of one lead: a row of float64 numbers, one per column."""

BLOCK = 1024
"""Leads per block. The numbers do not depend on it (tested); memory and speed do."""


class Column(NamedTuple):
    """One purpose of a lead's luck: a constant, or standard draws and what is made of them."""

    purpose: str
    streams: tuple[tuple[str, str], ...] = ()
    """What it is made of, each as (purpose, law): ``uniform``, ``normal`` or ``exponential`` standard
    draws.
    """
    shaped: Callable[..., Numbers] | None = None
    """From the standard draws to the quantity, elementwise; takes one array per stream."""
    constant: float = 0.0
    """The quantity itself, where there is nothing to draw."""


def _as_drawn(draws: Numbers) -> Numbers:
    return draws


def constant(value: float) -> Column:
    """The same number for every lead."""
    return Column("", (), None, value)


def uniform(purpose: str) -> Column:
    """A uniform number in [0, 1), to be held against a probability when that is known: it passes if below."""
    return Column(purpose, ((purpose, "uniform"),), _as_drawn)


def normal(purpose: str) -> Column:
    """A standard normal number, for others to be derived from: a row itself holds no negative numbers."""
    return Column(purpose, ((purpose, "normal"),), _as_drawn)


def exponential(purpose: str) -> Column:
    """A standard exponential number: a survival threshold."""
    return Column(purpose, ((purpose, "exponential"),), _as_drawn)


def of_mean_one(purpose: str, sd: float) -> Column:
    """A lognormal factor of mean 1 and standard deviation ``sd``."""
    variance = np.log1p(sd**2)
    return Column(purpose, ((purpose, "normal"),), lambda z: np.exp(np.sqrt(variance) * z - variance / 2))


def quantity(purpose: str, value: float | Distribution, factor: float = 1.0) -> Column:
    """A time or effort: a constant, or draws from a distribution of the scenario; times ``factor``."""
    if not isinstance(value, Distribution):
        return constant(float(value) * factor)
    if factor == 0:
        return constant(0.0)
    law = value.law
    if isinstance(law, Exponential):
        mean = law.mean * factor
        return Column(purpose, ((purpose, "exponential"),), lambda e: mean * e)
    if isinstance(law, Lognormal):
        # mean = exp(mu + sigma²/2) and sd² = (exp(sigma²) − 1) mean², solved for mu and sigma.
        # (log(1 + r²) as a logaddexp: neither large nor small r loses digits.)
        variance = np.logaddexp(0, 2 * np.log(law.sd / law.mean)) if law.sd > 0 else 0.0
        sigma, mu = np.sqrt(variance), np.log(law.mean * factor) - variance / 2
        return Column(purpose, ((purpose, "normal"),), lambda z: np.exp(mu + sigma * z))
    if isinstance(law, Uniform):
        return Column(
            purpose, ((purpose, "uniform"),), lambda u: factor * (law.low + (law.high - law.low) * u)
        )
    low, mode, high = law.low, law.mode, law.high
    width, rise = high - low, mode - low

    def triangular(u: Numbers) -> Numbers:
        # Inverse of the distribution function, from whichever end is nearer.
        below = low + np.sqrt(u * width * rise)
        above = high - np.sqrt((1 - u) * width * (high - mode))
        return factor * np.where(u * width < rise, below, above)

    return Column(purpose, ((purpose, "uniform"),), triangular)


def residual(purpose: str, value: float | Distribution, factor: float = 1.0) -> Column:
    """What is left of a time that one finds running: a uniform share of one that is found with odds by its
    length.

    That is the stationary residual life of renewal theory, of mean (mean² + variance) / (2 × mean). Its
    luck is called ``purpose`` and ``purpose/share``.
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
        # By length, a lognormal is one of the same sigma whose median is larger by exp(sigma²) = 1 + (sd /
        # mean)².
        return derived(
            purpose, shared, quantity(purpose, value, factor * (1 + (law.sd / law.mean) ** 2)), share
        )
    # By length, the quantile at p is met in proportion to itself.
    made = quantity(purpose, value, factor).shaped
    assert made is not None
    grid = np.linspace(0, 1, 10_001)
    met = np.concatenate(([0.0], np.cumsum(made((grid[1:] + grid[:-1]) / 2))))
    if met[-1] == 0:
        return constant(0.0)

    def by_length(u: Numbers) -> Numbers:
        return made(np.interp(u * met[-1], met, grid))

    return derived(purpose, shared, Column(purpose, ((purpose, "uniform"),), by_length), share)


def derived(purpose: str, shaped: Callable[..., Numbers], *sources: Column) -> Column:
    """A column made of others, elementwise; ``shaped`` takes one array per source."""

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

    return Column(purpose, tuple(stream for source in sources for stream in source.streams), both)


class Columns(list[Column]):
    """What the rows of some leads' luck hold."""

    def place(self, column: Column) -> int:
        """Place of a column in the rows; it is added if it is not there yet. Equal constants share one."""
        if column not in self:
            self.append(column)
        return self.index(column)


class Luck:
    """The luck of one channel's leads, block after block."""

    def __init__(
        self,
        streams: Streams,
        channel: str,
        shares: Mapping[str, float],
        columns: Mapping[str, Sequence[Column]],
        fit: Callable[[Numbers], Numbers] | None = None,
    ) -> None:
        """Prepare the streams.

        Args:
            streams: the replication's streams.
            channel: name of the channel; its streams are called ``channel/purpose:base``.
            shares: share of each tier, summing to 1.
            columns: per tier, the columns of its leads' rows. Tiers share the stream of a purpose that they
                both have.
            fit: makes of the fit of all leads (standard normal) that of these, if they are a selection.
        """
        self._tiers = sorted(shares)
        self._edges = np.cumsum([shares[tier] for tier in self._tiers])[:-1]
        self._columns = columns
        self._tier_stream = streams.generator(f"{channel}/tier")
        self._streams = {
            (purpose, law): streams.generator(f"{channel}/{purpose}:{law}")
            for purpose, law in sorted({s for tier in columns.values() for c in tier for s in c.streams})
        }
        self._channel = channel
        self._fit = fit

    def leads(self, number: int | None = None, block: int = BLOCK) -> Iterator[tuple[str, Row]]:
        """The tier and the row of luck of the next ``number`` leads, or of as many as are asked for, drawn
        ``block`` by block.
        """
        while number is None or number > 0:
            size = block if number is None else min(block, number)
            yield from self.block(size)
            number = None if number is None else number - size

    def block(self, size: int) -> Iterator[tuple[str, Row]]:
        """The tier and the row of luck of the next ``size`` leads, all drawn at once.

        Raises:
            ModelError: if a sample is negative or not finite; it names the channel and the purpose.
        """
        draws = {key: getattr(g, METHOD[key[1]])(size) for key, g in self._streams.items()}
        if self._fit is not None and ("fit", "normal") in draws:
            draws["fit", "normal"] = self._fit(draws["fit", "normal"])
        tier_of = np.searchsorted(self._edges, self._tier_stream.random(size), side="right")
        alone = len(self._tiers) == 1
        rows: list[Iterator[tuple[str, Row]]] = []
        for index, tier in enumerate(self._tiers):
            theirs = tier_of == index
            mine = draws if alone else {stream: numbers[theirs] for stream, numbers in draws.items()}
            columns = self._columns[tier]
            table = np.empty((np.count_nonzero(theirs), len(columns)))
            for j, column in enumerate(columns):
                table[:, j] = (
                    column.constant
                    if column.shaped is None
                    else column.shaped(*(mine[stream] for stream in column.streams))
                )
            self._guard(table, columns)
            rows.append(_rows(tier, table))
        return rows[0] if alone else (next(rows[index]) for index in tier_of.tolist())

    def _guard(self, table: Numbers, columns: Sequence[Column]) -> None:
        # (Of anything that is not a number, neither comparison holds.)
        if table.size and not (table.min() >= 0 and table.max() < np.inf):
            good = ((table >= 0) & (table < np.inf)).all(axis=0)
            j = int(np.flatnonzero(~good)[0])
            bad = next(sample for sample in table[:, j].tolist() if not 0 <= sample < np.inf)
            where = f"channel {self._channel}, {columns[j].purpose}"
            raise ModelError(f"{where}: a sample must be finite and ≥ 0, but is {bad}")


def _rows(tier: str, table: Numbers) -> Iterator[tuple[str, Row]]:
    """One row after the other, made when it is asked for."""
    # Looking up one number in a memoryview is as good as in a list, and no row is turned into objects in
    # vain.
    cells, width = cast(Row, table.ravel().data), table.shape[1]
    for start in range(0, len(cells), width):
        yield tier, cells[start : start + width]


def apart(row: Row) -> Row:
    """A row that keeps no others in memory, for leads that outlive their block by years."""
    return memoryview(row.tobytes()).cast("d")


METHOD = {"uniform": "random", "normal": "standard_normal", "exponential": "standard_exponential"}
