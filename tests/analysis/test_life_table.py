"""The life table against tables worked out on paper and against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from replication_builder import build_replication

from simsales.kpis import measure
from simsales.kpis.life_table import CYCLE, FEW, LifeTable


def table(customers: list[float], left: list[float], margin: list[float]) -> LifeTable:
    return LifeTable(np.array(customers, float), np.array(left, float), np.array(margin, float))


def test_a_life_table_by_hand() -> None:
    # Ages 1 and 2 stand for themselves: 100 customers, of whom 20 left, and 80, of whom 8 left. The last
    # twelve ages, 3 to 14, are the tail: 50 customers each, of whom 5 left: one in ten a month.
    life = table(
        [120, 100, 80, *[50] * 12],
        [0, 20, 8, *[5] * 12],
        [60 * 120, 100 * 100, 110 * 80, *[120 * 50] * 12],
    )
    assert life.tail == 3
    assert life.survival.tolist() == pytest.approx([1, 1, 0.8, 0.8 * 0.9])
    # 60 in the month of signature, 100 in the first full month, 0.8 × 110 in the second, and then
    # 0.72 × 120 × 10 months on average.
    assert life.value() == pytest.approx(60 + 100 + 88 + 0.72 * 120 * 10)
    assert life.left_before(1) == 0
    assert life.left_before(1.5) == pytest.approx(0.2)
    assert life.left_before(2) == pytest.approx(0.2)
    assert life.left_before(3) == pytest.approx(1 - 0.72)
    assert life.left_before(4.2) == pytest.approx(1 - 0.72 * 0.9 * 0.9)


@pytest.mark.parametrize("churn", [0.01, 0.05, 0.5])
def test_under_a_constant_hazard_it_is_the_formula(churn: float) -> None:
    """The expected table of a constant inflow: LTV is margin / churn, and the part of the first month."""
    ages = np.arange(31.0)
    customers = np.where(ages == 0, 3100, 100 * (31 - ages) * (1 - churn) ** (ages - 1.0))
    left = np.where(ages == 0, 0, churn * customers)
    life = LifeTable(customers, left, customers * np.where(ages == 0, 40.0, 80.0))
    assert life.value() == pytest.approx(40 + 80 / churn)
    for months in (1, 5, 12, 40):
        assert life.left_before(months) == pytest.approx(1 - (1 - churn) ** (months - 1))


def test_under_a_falling_hazard_it_is_not_the_formula() -> None:
    """One in five leaves after the first full month, of those who stay one in fifty a month."""
    ages = np.arange(61.0)
    hazard = np.where(ages == 0, 0, np.where(ages == 1, 0.2, 0.02))
    customers = 100 * np.concatenate(([1], np.cumprod(1 - hazard)[:-1])) * (61 - ages)
    life = LifeTable(customers, hazard * customers, 80 * customers)
    true = 80 + 80 + 0.8 * 80 / 0.02
    formula = 80 * customers[1:].sum() / (hazard * customers).sum()
    assert life.value() == pytest.approx(true)
    assert formula < 0.95 * true


def yearly(observed: int, churn: float, margin: float = 100.0) -> LifeTable:
    """The expected table of a constant inflow on contracts of twelve months, so many months after the first:
    whoever would have left meanwhile leaves at the anniversary. Half of the first month is paid.
    """
    ages = np.arange(float(observed))
    renewal = (ages % CYCLE == 0) & (ages > 0)
    stay = (1 - churn) ** CYCLE
    customers = 100 * (observed - ages) * stay ** np.floor((ages - 1) / CYCLE).clip(0)
    return LifeTable(
        customers,
        np.where(renewal, (1 - stay) * customers, 0),
        customers * np.where(ages == 0, 0.5, 1) * margin,
    )


@pytest.mark.parametrize("observed", [13, 15, 20, 24, 25, 31, 48])
def test_contracts_of_a_year_are_worth_what_they_are_however_young_the_base(observed: int) -> None:
    """Half a month, and then years of 1200 until one is the last: 1200 / (1 − 0.95^12), in all 2,661.

    One hazard for the tail fails here: with 13 months observed, the pool of the ages 1 to 12 holds 12 months'
    signatures at age 1 and one month's at age 12, when they may leave: 1 customer-month in 78, not 1 in 12.
    """
    life = yearly(observed, 0.05)
    left = 1 - 0.95**12
    assert life.value() == pytest.approx(50 + 1200 / left)
    # Nobody is gone before twelve months, whoever leaves at the first anniversary is before the thirteenth.
    assert life.left_before(12) == 0
    assert life.left_before(13) == pytest.approx(left)
    assert life.left_before(24) == pytest.approx(left)
    assert life.left_before(60) == pytest.approx(1 - 0.95**48)
    assert life.left_before(61) == pytest.approx(1 - 0.95**60)


def test_a_year_by_hand() -> None:
    """Few left: all ages from 1 on are the tail, and age 13 is age 1 a year later.

    At ages 1 and 13, of 60 + 20 customers 8 leave, at age 4 of 30 six, nobody else. Age 5 nobody saw: there
    the tail's figures hold, 14 of 420 leave and 5000 come in. Each customer brings 10, at age 13 it is 50.
    """
    customers = [60.0, 60, 50, 50, 30, 0, *[30.0] * 7, 20]
    left = [0.0, 6, 0, 0, 6, 0, *[0.0] * 7, 2]
    life = table(customers, left, [10 * n for n in customers[:13]] + [50 * 20])
    assert life.tail == 1
    # Still there at ages 1; 2, 3, 4; 5; and 6 to 12: 1; 0.9; 0.72; 0.72 × 29 / 30 = 0.696.
    # In the first month of each year a customer brings (600 + 1000) / 80 = 20.
    year = 20 + 3 * 0.9 * 10 + 0.72 * 5000 / 420 + 7 * 0.696 * 10
    assert life.value() == pytest.approx(10 + year / (1 - 0.696))
    assert life.left_before(5) == pytest.approx(0.28)
    assert life.left_before(13) == pytest.approx(1 - 0.696)
    assert life.left_before(26) == pytest.approx(1 - 0.696**2 * 0.9)


def test_the_tail_begins_where_customers_become_few() -> None:
    few, enough = FEW - 1.0, float(FEW)
    life = table([50, 50, enough, few, *[50] * 20], [0, 0, 5, 10, *[10] * 20], [0] * 24)
    assert life.tail == 3


def test_the_tail_is_long_enough_for_its_hazard() -> None:
    # One leaves at each age: 30 ages are needed for 30 to have left.
    life = table([50] * 41, [0, *[1] * 40], [0] * 41)
    assert life.tail == 11
    # Fewer than 30 left in all: all ages are one pool.
    assert table([50] * 21, [0, *[1] * 20], [0] * 21).tail == 1


@pytest.mark.parametrize(
    ("customers", "left"),
    [([], []), ([0, 50, 50], [0, 5, 5]), ([50, 50, 50], [0, 0, 0]), ([50], [0])],
    ids=["nobody", "nobody signed", "nobody left", "nobody stayed a month"],
)
def test_a_life_without_an_end_has_no_value(customers: list[float], left: list[float]) -> None:
    assert math.isnan(table(customers, left, [1.0] * len(customers)).value())


def test_what_was_not_seen_is_not_said() -> None:
    assert math.isnan(table([50], [0], [1]).left_before(2))
    assert math.isnan(table([], [], []).left_before(2))
    assert math.isnan(table([50, 50], [0, 5], [1, 1]).left_before(math.nan))
    assert table([50, 50], [0, 0], [1, 1]).left_before(9) == 0


def test_ages_of_tiers_are_kept_apart_and_added_up() -> None:
    stays = [("a", 0, 40, 0, 0), ("a", 1, 40, 4, 400), ("b", 0, 10, 0, 0), ("b", 1, 10, 5, 900)]
    found = measure(build_replication(2, {"a": {}, "b": {}}, stays=stays))
    # Everything is tail: 10 a month for ten months; 90 a month for two; 26 a month for 50 / 9 months.
    expected = {"ltv@a": 100, "ltv@b": 180, "ltv": 26 * 50 / 9}
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_pooled_over_replications_it_leans_nowhere() -> None:
    """One customer a month signs for two years, 5 % leave a month, 80 a month: 40 for the first half month
    and 80 / 0.05. The mean of the replications' own values, of those that have one, is too high by several
    per cent.
    """
    experiments, replications, months = 400, 20, 24
    rng = np.random.default_rng(11)
    there = rng.poisson(1.0, (experiments, replications, months))
    tables = np.zeros((experiments, replications, 3, months))
    for age in range(months):
        there = there[..., : months - age]
        leave = rng.binomial(there, 0.05 if age else 0.0)
        counts = there.sum(axis=-1)
        tables[..., age] = np.stack((counts, leave.sum(axis=-1), counts * (80 if age else 40)), axis=-1)
        there = there - leave
    true = 40 + 80 / 0.05
    pooled = np.array([LifeTable(*x).value() for x in tables.sum(axis=1)])
    # Pooled, some 200 customers leave in an experiment; the reciprocal of their number leans by one in 200.
    error = 4 * pooled.std(ddof=1) / math.sqrt(experiments)  # false alarms: 6 in 100,000
    assert error < 0.03 * true
    assert abs(pooled.mean() - true) < error + true / 200
    alone = np.array([LifeTable(*x).value() for x in tables.reshape(-1, 3, months)])
    assert np.nanmean(alone) > 1.03 * true
