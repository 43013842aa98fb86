"""A ratio is that of the sums over all replications; its interval is the jackknife's.

Where chance decides, a test fails with probability `FALSE_ALARM` if the streams are changed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from replication_builder import build_replication
from scipy import stats
from test_monthly import HORIZON, SCENARIO, made_up

import simsales as ss
from simsales.analysis.experiment_sums import ExperimentSums
from simsales.analysis.intervals import Floats, Sample, summary
from simsales.analysis.monthly import monthly_kpis
from simsales.analysis.paired_comparison import compare
from simsales.analysis.pooling import GROUPS, MANY, Samples, cases, kpi_samples
from simsales.analysis.teams import team_kpis
from simsales.experiment.experiment import read_results
from simsales.experiment.records import Key
from simsales.experiment.store import Store
from simsales.kpis import KPIS, describe, measure, parts
from simsales.model.replication import Replication

FALSE_ALARM = 1e-6
SCENARIOS = Path(__file__).parents[2] / "scenarios"
NO_SUMS = {"cash_low", "break_even_month"}
"""KPIs that are no formulas over sums."""


def stored(folder: Path, replications: Sequence[Replication], months: int = HORIZON) -> ExperimentSums:
    scenario = SCENARIO.model_copy(update={"horizon_months": months})
    with Store.create(folder, {"base": scenario}, seed=1) as store:
        store.begin(len(replications))
        for number, replication in enumerate(replications):
            tables = {
                name: {column: table[column].tolist() for column in table.columns}
                for name, table in replication.tables.items()
            }
            store.record(Key("base", 0, number), tables, measure(replication))
        store.finish("complete")
    return ExperimentSums(read_results(folder), months)


def samples(folder: Path, replications: Sequence[Replication], months: int = HORIZON) -> Samples:
    return kpi_samples(stored(folder, replications, months))["base"]


def seller(customers: float, cost: float, number: int) -> Replication:
    """One month in which so many customers sign and so much is spent."""
    return build_replication(
        1,
        {"smb": {"customers_new": [customers], "mrr_new": [100 * customers], "revenue": [50 * customers]}},
        costs=[(1, "smb", "acquisition", "salaries", cost)],
        work=[(1, "pod", "AE", 10, customers, customers, 3, 0)],
        number=number,
    )


# ------------------------------------------------------------------------------------------------ by hand


def test_replications_without_a_customer_count(tmp_path: Path) -> None:
    """600 are spent in each of four replications, for 2, 0, 1 and 0 customers: 2400 / 3 = 800, not the mean
    of 300 and 600."""
    sums = stored(tmp_path / "x", [seller(n, 600, i) for i, n in enumerate((2, 0, 1, 0))], 1)
    cac = summary(kpi_samples(sums)["base"]["cac"])
    assert cac.mean == pytest.approx(800)
    assert cac.n == 2
    assert (cac.p5, cac.p95) == pytest.approx((315, 585))
    # Without each in turn: 1800 / 1, 1800 / 3, 1800 / 2, 1800 / 3; pseudo-values 4 · 800 − 3 · these.
    pseudo = np.array([3200 - 5400, 3200 - 1800, 3200 - 2700, 3200 - 1800])
    half = stats.t.ppf(0.975, 3) * pseudo.std(ddof=1) / 2
    assert cac.half_width == pytest.approx(half)
    # By month and by team the same.
    month = monthly_kpis(sums)["base"]["cac"]
    assert month.estimate.tolist() == pytest.approx([800])
    wait = summary(team_kpis(sums)["base"]["pod", "AE", "wait_days"])
    assert wait.mean == pytest.approx(4 * 3 / 3)
    assert wait.n == 2


def test_undefined_only_if_nothing_happened_in_any(tmp_path: Path) -> None:
    none = summary(samples(tmp_path / "none", [seller(0, 600, i) for i in range(3)], 1)["cac"])
    assert (none.n, none.mean, none.half_width, none.p50) == (0, None, None, None)
    # If one replication has all customers, nothing tells how sure the figure is.
    one = summary(samples(tmp_path / "one", [seller(n, 600, i) for i, n in enumerate((2, 0, 0))], 1)["cac"])
    assert one.mean == pytest.approx(900)
    assert (one.n, one.half_width) == (1, None)
    alone = summary(samples(tmp_path / "alone", [seller(2, 600, 0)], 1)["cac"])
    assert (alone.n, alone.mean, alone.half_width, alone.p50) == (1, 300, None, 300)


def test_a_difference_has_all_replications(tmp_path: Path) -> None:
    """Customers 2, 0, 1, 0 against 0, 1, 0, 0: no replication has both, and yet CAC is 800 and 2400."""
    few = samples(tmp_path / "few", [seller(n, 600, i) for i, n in enumerate((0, 1, 0, 1))], 1)
    many = samples(tmp_path / "many", [seller(n, 600, i) for i, n in enumerate((2, 0, 1, 0))], 1)
    found = compare({"many": many, "few": few}, baseline="many", better={k: describe(k).better for k in many})
    d = found.kpis["cac"].differences["few"]
    assert found.kpis["cac"].means == {"many": pytest.approx(800), "few": pytest.approx(1200)}
    assert d.mean == pytest.approx(400)
    assert (d.n, d.p_better) == (0, None)
    pseudo = few["cac"].parts - many["cac"].parts
    assert d.half_width == pytest.approx(stats.t.ppf(0.975, 3) * pseudo.std(ddof=1) / 2)


# --------------------------------------------------------------------------------------- properties of all


def test_all_kpis_are_either_ratios_or_linear(tmp_path: Path) -> None:
    """What is averaged is linear: the mean of three replications is a third of the formula applied to their
    sums. Whatever it is, three equal replications give what each of them gives, without any spread."""
    replications = [made_up(number) for number in range(3)]
    together = measure(added(replications))
    for name, sample in samples(tmp_path / "three", replications).items():
        if not describe(name).pooled and parts(name).kpi not in NO_SUMS:
            assert 3 * float(sample.estimate) == pytest.approx(together[name]), name
    for name, sample in samples(tmp_path / "equal", [made_up(0)] * 3).items():
        assert sample.estimate == pytest.approx(sample.single[0], nan_ok=True), name
        assert sample.known == pytest.approx(sample.single[:1].repeat(sample.known.size)), name
    unusual = {kpi.name for kpi in KPIS if not kpi.pooled and kpi.undefined}
    assert unusual == {"break_even_month", "sql_opening"}


def added(replications: Sequence[Replication]) -> Replication:
    """One replication with the rows of all."""
    first = replications[0]
    tables = {
        name: type(table)(
            {
                column: [x for r in replications for x in r.tables[name].columns[column]]
                for column in table.columns
            }
        )
        for name, table in first.tables.items()
    }
    return Replication(1, 0, 1, first.horizon_months, tables)


def test_cases_are_the_sums_without_each() -> None:
    x = np.random.default_rng(1).random((2, 7, 3))
    found = cases(x)
    assert found.shape == (2, 8, 3)
    assert found[:, 0] == pytest.approx(x.sum(axis=1))
    for i in range(7):
        assert found[:, 1 + i] == pytest.approx(np.delete(x, i, axis=1).sum(axis=1))
    only = np.zeros((1, 5))
    only[0, 2] = 0.1
    assert cases(only).tolist() == [[0.1, 0.1, 0.1, 0, 0.1, 0.1]]  # nothing is 0, not rounding noise
    assert cases(x[:, :1]).tolist() == x[:, :1].tolist()


def test_many_replications_are_left_out_in_groups() -> None:
    n = MANY + 37
    x = np.random.default_rng(2).gamma(2.0, size=(2, n))
    found = cases(x)
    assert found.shape == (2, 1 + GROUPS)
    assert found[:, 0] == pytest.approx(x.sum(axis=1))
    assert (found[:, :1] - found[:, 1:]).sum(axis=1) == pytest.approx(x.sum(axis=1))  # each in one group
    # The interval is that of all replications, up to what the spread over 100 groups tells of it:
    # a standard deviation from m groups is off by 1 / √(2 m) of itself.
    found_ratio = Sample.of_cases(x[0] / x[1], found[0] / found[1])
    plain = np.std(x[0] - x[0].sum() / x[1].sum() * x[1], ddof=1) / x[1].mean() / math.sqrt(n)
    error = stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(2 * GROUPS)
    assert np.std(found_ratio.parts, ddof=1) / math.sqrt(GROUPS) == pytest.approx(plain, rel=error)


def test_the_interval_of_a_ratio_is_that_of_the_delta_method() -> None:
    """Var(x̄ / ȳ) → Var(x − θ y) / (n ȳ²) (Efron & Stein); the two differ by terms of order 1 / n."""
    rng = np.random.default_rng(3)
    n = 190
    y = rng.gamma(4.0, size=n)
    x = 3 * y + rng.normal(size=n)
    found = summary(Sample.of_cases(x / y, ratio_of(cases(np.stack((x, y))))))
    theta = x.sum() / y.sum()
    half = stats.t.ppf(0.975, n - 1) * np.std(x - theta * y, ddof=1) / y.mean() / math.sqrt(n)
    assert found.mean == pytest.approx(theta)
    assert found.half_width == pytest.approx(half, rel=2 / n)


def ratio_of(sums: Floats) -> Floats:
    return np.asarray(sums[0] / sums[1])


def test_linear_kpis_are_as_they_were(tmp_path: Path) -> None:
    found = samples(tmp_path / "x", [made_up(number) for number in range(4)])
    for name in ("mrr_end", "profit", "win@a", "cash_low"):
        assert summary(found[name]) == summary(found[name].single)


# ----------------------------------------------------------------------------------------- in a simulation


def selling(probability: float) -> ss.Scenario:
    """One person at 120,000 a year, ten SALs a month for six months, few of whom sign."""
    return ss.Scenario.model_validate(
        {
            "horizon_months": 6,
            "warm_up_months": 0,
            "tiers": {"smb": {"price_per_month": 100.0}},
            "channels": {"ads": {"enters_as": "SAL", "leads_per_month": 10.0, "tiers": {"smb": 1.0}}},
            "journeys": {
                "smb": {
                    "sign": {"by": "AE", "on": "SAL", "pass_probability": probability, "to": "WIN"},
                    "start": {"by": "AE", "to": "LIVE"},
                }
            },
            "people": {"AE": {"hours_per_month": 140.0, "salary_per_year": 120_000.0}},
            "organization": {"teams": {"one": {"members": {"AE": 1}}}},
        }
    )


def test_what_rare_customers_cost() -> None:
    """60,000 are spent for 1.2 and 0.3 customers: 50,000 and 200,000 a customer, though most replications win
    none. Leads need no time, so the customers of all replications are a Poisson number."""
    replications = 100
    found = ss.compare({"a": selling(0.02), "b": selling(0.005)}, replications=replications, seed=3)
    for name, expected in (("a", 1.2), ("b", 0.3)):
        wins = found.values[name]["win"].sum() * 6
        low, high = stats.poisson.interval(1 - FALSE_ALARM, expected * replications)
        assert low <= wins <= high
        assert found.comparison.kpis["cac"].means[name] == pytest.approx(60_000 * replications / wins)
    kpi = found.comparison.kpis["cac"]
    d = kpi.differences["b"]
    assert d.mean is not None
    assert d.half_width is not None
    assert abs(d.mean - 150_000) <= d.half_width * stats.norm.isf(FALSE_ALARM / 2) / stats.norm.isf(0.025)
    assert d.verdict == "higher"
    assert kpi.defined["b"] < replications / 2  # of so many are the percentiles


def test_sqls_are_the_sum_of_their_parts() -> None:
    """Inbound, outbound, and those that were in mid-course when the simulation began: in total, by tier and
    by month. Without an opening the last have no line."""
    short = ["horizon_months=2", "warm_up_months=0"]
    begun = ss.run(ss.load(SCENARIOS / "going-concern.yaml", overrides=short), replications=2)
    for name in ("", *(f"@{tier}" for tier in begun.tiers)):
        kpis = begun.values["scenario"]
        total = sum(kpis[f"sql_{part}{name}"] for part in ("inbound", "outbound", "opening"))
        assert total == pytest.approx(kpis[f"sql{name}"])
    assert begun.kpis["sql_opening"].mean
    months = begun.monthly["scenario"]
    total = months["sql_inbound"] + months["sql_outbound"] + months["sql_opening"]
    assert total == pytest.approx(months["sql"])
    without = ss.run(selling(0.1), replications=2)
    assert "sql_opening" not in without.kpis
    assert "sql_opening" not in without.monthly["scenario"]
