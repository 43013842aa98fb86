"""Named random streams: reproducible by name, independent, and random."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inference import ALARM, assert_distributed
from scipy import stats

from simsales.errors import ModelError
from simsales.streams import Streams

RECORDED = [0.4101489212427143, 0.9412914668642848, 0.03111151505112153, 0.21932315359004906]
DRAWS = ["random", "standard_normal", "standard_exponential"]


def first(seed: int, replication: int, name: str, size: int = 4) -> list[float]:
    return [float(x) for x in Streams(seed, replication).generator(name).random(size)]


def test_a_name_gives_the_same_numbers_again() -> None:
    assert first(7, 3, "web/arrivals") == first(7, 3, "web/arrivals")


def test_numbers_are_the_same_in_every_version_and_on_every_machine() -> None:
    # Recorded once: whoever changes how streams are made changes every published result, and must say so.
    assert first(7, 3, "web/arrivals") == RECORDED


def test_names_seeds_and_replications_all_tell_streams_apart() -> None:
    keys = [(s, r, n) for s in (0, 1, 11) for r in (0, 1, 11) for n in ("a", "b", "1/a", "a/1", "A")]
    starts = {first(*key)[0] for key in keys}
    assert len(starts) == len(keys)


def test_a_name_asked_for_twice_is_an_error() -> None:
    streams = Streams(1, 1)
    streams.generator("web/tier")
    with pytest.raises(ModelError, match=r"'web/tier'.*twice"):
        streams.generator("web/tier")


@given(st.permutations(["a", "b", "c", "d"]), st.integers(0, 4))
def test_the_order_and_number_of_streams_does_not_matter(names: list[str], left_out: int) -> None:
    streams = Streams(5, 2)
    together = {name: streams.generator(name) for name in names[left_out:]}
    for name, generator in together.items():
        assert [float(x) for x in generator.random(4)] == first(5, 2, name)


@pytest.mark.parametrize("draw", DRAWS)
@given(sizes=st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_blocks_of_any_size_give_the_same_sequence(draw: str, sizes: list[int]) -> None:
    # The model draws leads in blocks; numpy's ziggurat takes a varying number of words per draw, so this is
    # not a matter of course.
    whole = getattr(Streams(1, 1).generator("x"), draw)(sum(sizes))
    generator = Streams(1, 1).generator("x")
    blocks = np.concatenate([getattr(generator, draw)(size) for size in sizes])
    assert blocks.tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("draw", "law"), list(zip(DRAWS, [stats.uniform, stats.norm, stats.expon], strict=True)), ids=DRAWS
)
def test_one_stream_follows_its_law(draw: str, law: object) -> None:
    assert_distributed(getattr(Streams(1, 1).generator("x"), draw)(50_000), law)


@pytest.mark.parametrize("what", ["name", "seed", "replication"])
def test_neighbouring_streams_are_as_good_as_independent(what: str) -> None:
    n, size = 1000, 20
    keys = {
        "name": [(1, 1, f"channel/step{i}/pass:uniform") for i in range(n)],
        "seed": [(i, 1, "x") for i in range(n)],
        "replication": [(1, i, "x") for i in range(n)],
    }[what]
    table = np.array([first(*key, size=size) for key in keys])
    # Across streams the k-th numbers are uniform (three k's share the alarm) …
    for k in (0, 1, size - 1):
        assert_distributed(table[:, k], stats.uniform)
    # … and those of neighbours uncorrelated: Fisher's z over all pairs of a stream and the next one.
    r = float(np.corrcoef(table[:-1].ravel(), table[1:].ravel())[0, 1])
    assert abs(np.arctanh(r)) * np.sqrt((n - 1) * size - 3) < stats.norm.ppf(1 - ALARM / 2)
