from collections.abc import Callable
from typing import Any

import pytest
from made_up_results import compared, units

from simsales.analysis.formatting import money, number, percent, step_of
from simsales.analysis.intervals import summary
from simsales.analysis.labels import (
    GROUPS,
    HEADLINES,
    LABELS,
    SHORT,
    SIGNED,
    TIER_SHORT,
    grouped,
    label,
    ordered,
)
from simsales.analysis.paired_comparison import Comparison, compare
from simsales.analysis.sentences import Wording
from simsales.kpis import KPIS, describe

Describe = Callable[[str], Any]


@pytest.mark.parametrize(
    ("value", "half", "said"),
    [
        (412_345, 3_210, ("412,000", "3,000")),
        (412_345, 2_190, ("412,300", "2,200")),  # a half-width beginning with 1 or 2 keeps two digits
        (20.04, 0.42, ("20.0", "0.4")),
        (-0.03, 0.4, ("0.0", "0.4")),  # no minus before zero
        (-12_345.0, 0.0, ("−12,345", "0")),  # a whole number is exact
        (-12_345.6, 0.0, ("−12,350", "0")),
        (60.0, None, ("60", None)),
        (1 / 3, None, ("0.3333", None)),
        (2.0, 170.0, ("2", "170")),  # what is wider than the value does not round it away
        (33.3, 322.0, ("30", "320")),
        (1234.0, 170_000.0, ("1,000", "170,000")),
        (1_089_123.0, 400.0, ("1,089,100", "400")),  # nor does a large value its half-width
        (4_000.0, 1e-9, ("4,000", "0")),  # rounding noise
    ],
)
def test_rounding_follows_the_half_width(value: float, half: float | None, said: tuple[str, str]) -> None:
    step = step_of(value, half)
    assert number(value, step) == said[0]
    if half is not None:
        assert number(half, step) == said[1]


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        (412_345, "USD", "$412k"),
        (1_559_999, "EUR", "€1.56M"),
        (999_600, "USD", "$1M"),
        (9_994, "USD", "$9,994"),
        (980, "CHF", "CHF 980"),
        (-5_300, "USD", "−$5,300"),
        (-0.2, "USD", "$0"),
        (2.4e9, "USD", "$2,400M"),
    ],
)
def test_money_in_short(value: float, currency: str, said: str) -> None:
    assert money(value, currency) == said


def test_values_in_their_units() -> None:
    words = Wording(units)
    assert words.estimate("mrr_end", 1_121_300, 7_100) == "$1,121k ± 7k"
    assert words.estimate("mrr_end", -12_340, 3_200, sign=True) == "−$12k ± 3k"
    assert words.estimate("win_rate", 0.3349, 0.0022) == "33.49 ± 0.22 %"
    assert words.estimate("win_rate", 0.0101, 0.0022, sign=True) == "+1.01 ± 0.22 pp"
    assert words.estimate("wait_days.AE", None, None) == "–"
    assert words.value("sales_cycle_days", 31.23, 0.4) == "31.2"
    assert Wording(units, "CHF").estimate("mrr_end", 1_121_300, 7_100) == "1,121k ± 7k"
    assert words.mean_in_text("win", summary([59, 60, 61])) == "60.0 a month (±2.5)"


def test_the_unit_is_said_once() -> None:
    words = Wording(units)
    assert words.tag("wait_days.AE") == "wait for AE, days"
    assert words.tag("customers_end") == "customers at the end"
    assert words.tag("win") == "wins"
    assert words.tag("mrr_end") == "MRR at the end"
    assert Wording(units, "CHF").tag("mrr_end") == "MRR at the end, CHF"
    assert words.tag("something_new") == "something new, furlongs"


def test_groups_keep_every_kpi_once() -> None:
    names = ["backlog.AE", "novel", "win", "mql", "backlog.SDR", "mrr_end"]
    groups = grouped(names)
    assert groups == {
        "Funnel, per month": ["mql", "win"],
        "Recurring revenue": ["mrr_end"],
        "People": ["backlog.AE", "backlog.SDR"],
        "Other": ["novel"],
    }
    assert label("backlog.AE") == "AE backlog"


def test_every_kpi_has_words_and_a_group() -> None:
    names = [kpi.name for kpi in KPIS]
    assert set(LABELS) == set(names)
    assert [name for group in GROUPS.values() for name in group] == list(LABELS)
    assert len({label(name) for name in names}) == len(names)
    assert {*SHORT, *TIER_SHORT, *HEADLINES, *SIGNED} <= set(names)


def test_reasons_are_said_once() -> None:
    assert Wording(units).undefined(["sales_cycle_days", "win_rate"]) == [
        "sales cycle, win rate: it never happened."
    ]
    assert Wording(describe).undefined(["nrr", "grr", "cac", "backlog.SE"]) == [
        "NRR, GRR: the horizon is shorter than twelve months, or there was no customer twelve months before "
        "its end.",
        "CAC: no customer signed.",
        "SE backlog: there is no such role or tier.",
    ]


def test_what_may_be_negative_is_said_in_money() -> None:
    # +120,000, +121,500, +120,200: s = 814, half-width 4.303 × 814 / √3 = 2,020.
    loss = paired(profit=([-50_000.0, -52_000, -51_000], [70_000.0, 69_500, 69_200]))
    assert Wording(describe).change("profit", loss.kpis["profit"].differences["y"]) == (
        "$120.6k higher (±2.0k)"
    )
    gain = paired(profit=([50_000.0, 52_000, 51_000], [70_000.0, 69_500, 69_200]))
    assert "%" not in Wording(describe).change("profit", gain.kpis["profit"].differences["y"])


def test_percent() -> None:
    assert percent(0.0312, 0.008) == ("+3.1", "0.8")
    assert percent(4.0) == ("+400", "")


def test_headline_says_the_finding() -> None:
    words = Wording(units)
    found = words.headline(compared(["silo", "pod"], {"pod": {"mrr_end": 0.1}}), "pod")
    lost = words.headline(compared(["silo", "pod"], {"pod": {"mrr_end": -0.1}}), "pod")
    same = words.headline(compared(["silo", "pod"]), "pod")
    assert found.startswith("pod against silo: MRR at the end ")
    assert "% higher (±" in found
    assert "% lower (±" in lost
    assert "MRR at the end no difference shown" in same


def test_change_from_zero_is_said_in_units() -> None:
    found = compare(
        {"x": {"wait_days.AE": [0, 0, 0]}, "y": {"wait_days.AE": [2, 2.1, 1.9]}},
        baseline="x",
        better={"wait_days.AE": "lower"},
    )
    d = found.kpis["wait_days.AE"].differences["y"]
    assert Wording(units).change("wait_days.AE", d) == "2.00 days higher (±0.25)"


def paired(**kpis: tuple[list[float], list[float]]) -> Comparison:
    values = {"x": {k: pair[0] for k, pair in kpis.items()}, "y": {k: pair[1] for k, pair in kpis.items()}}
    return compare(values, baseline="x", better=dict.fromkeys(kpis, "higher"))


def test_pairing_is_told_by_the_first_kpi_that_can() -> None:
    words = Wording(units)
    constant, rising, shifted = [1.0, 1, 1], [1.0, 2, 3], [2.0, 3, 4]
    noisy = [1.0, 2.5, 2.9]
    assert words.pairing(paired(mrr_end=(rising, noisy), win=(rising, noisy)), "y") == (
        "Pairing: correlation of wins 0.948; without it the same interval would take 19× the replications."
    )
    assert words.pairing(paired(win=(constant, rising), mrr_end=(rising, shifted)), "y") == (
        "Pairing: correlation of MRR at the end 1.000; the difference does not vary."
    )
    opposed = words.pairing(paired(win=(rising, rising[::-1])), "y")
    assert opposed is not None
    assert "correlation of wins −1.000; without it the same interval would take 0.5× the" in opposed
    assert words.pairing(paired(win=(constant, rising)), "y") is None
    assert words.pairing(paired(mql=(rising, noisy)), "y") is None


def test_ordered() -> None:
    names = ["win", "novel", "backlog.AE", "utilization.SDR", "suspect", "utilization.AE", "win"]
    assert ordered(names) == ["suspect", "win", "utilization.SDR", "utilization.AE", "backlog.AE", "novel"]
