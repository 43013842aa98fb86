"""Scenarios for the tests of money and customers, each with one mechanism on; and readers of their tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from inference import ALARM
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from small_scenarios import run, small_scenario

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

Data = dict[str, Any]
Numbers = NDArray[np.float64]

SIGN: Data = {"by": "nobody", "on": "MQL", "to": "WIN"}
LIVE: Data = {"by": "nobody", "to": "LIVE"}
SILENT: Data = {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"t": 1}}
"""A channel that brings nobody."""
ANNUAL: Data = {"annual": {"term_months": 12, "paid_months_ahead": 12}}


def at_once(leads: int) -> Data:
    """A channel that brings so many leads at the first instant, and (to a millionth) none ever after."""
    return {
        "enters_as": "MQL",
        "leads_per_month": leads,
        "growth_per_month": -0.999999,
        "arrivals": "start_of_month",
        "tiers": {"t": 1},
    }


def customer_base(
    product: Data, *, customers: int = 10_000, months: int = 12, age: Any = 0, **parts: Any
) -> Scenario:
    """So many customers who are there, LIVE, at the first instant; nobody else comes.

    Of age 0, they live their first full month in month 1, their second in month 2, and so on.
    """
    return small_scenario(
        **{
            "horizon_months": months,
            "tiers": {"t": {"price_per_month": 100, "reference_price_per_month": 100} | product},
            "channels": {"web": SILENT},
            "journeys": {"t": {"sign": SIGN, "live": LIVE}},
            "opening": {"customers": {"t": {"customers": customers, "age_months": age}}},
        }
        | parts
    )


def market(
    product: Data, *, leads: int = 10_000, months: int = 1, sign: Data | None = None, **parts: Any
) -> Scenario:
    """So many leads at the first instant, each decided upon at once by nobody but itself."""
    return small_scenario(
        **{
            "horizon_months": months,
            "tiers": {"t": {"price_per_month": 100, "reference_price_per_month": 100} | product},
            "channels": {"web": at_once(leads)},
            "journeys": {"t": {"sign": SIGN | (sign or {}), "live": LIVE}},
        }
        | parts
    )


def by_odds(probability: float, factor: float) -> float:
    """The probability whose odds are so many times those of another: the definition, on the logit scale."""
    logit = np.log(probability / (1 - probability)) + np.log(factor)
    return float(1 / (1 + np.exp(-logit)))


def run_without_log(scenario: Scenario, replication: int = 0) -> Replication:
    """One replication without its event log."""
    return simulate(scenario, 1, replication)


def ledger(replication: Replication, column: str) -> list[Any]:
    """A column of the ledger, month by month."""
    return list(replication.tables["ledger"][column].tolist())


def moved(
    replication: Replication, movement: str, cause: str | None = None, *, what: str = "mrr"
) -> dict[int, float]:
    """What moved for a cause (left out: for all of them), by month; months without any are left out."""
    table = replication.tables["movements"]
    found: dict[int, float] = {}
    for month, kind, why, amount in zip(
        *(table[name].tolist() for name in ("month", "movement", "cause", what)), strict=True
    ):
        if kind == movement and cause in (None, why):
            found[month] = found.get(month, 0) + amount
    return found


def by_cause(replication: Replication, movement: str, *, what: str = "customers") -> dict[str, float]:
    """What moved in all months, by cause."""
    table = replication.tables["movements"]
    found: dict[str, float] = {}
    for kind, why, amount in zip(*(table[n].tolist() for n in ("movement", "cause", what)), strict=True):
        if kind == movement:
            found[why] = found.get(why, 0) + amount
    return found


def assert_hazards(replication: Replication, hazards: ArrayLike, *, months: slice = slice(None)) -> None:
    """Of those there at each month's start, as many leave at its end as the hazards say.

    Given who is there, the number who leave is binomial, so the squared standardized deviations of all months
    sum to a chi-square; where nobody can leave, nobody does. The hazards must matter: a tenth more or less
    would be noticed (by the mean of the chi-square under that alternative).
    """
    there = np.array(ledger(replication, "customers_opening")[months], dtype=float)
    left = np.array(ledger(replication, "customers_churned")[months], dtype=float)
    expected = np.broadcast_to(np.asarray(hazards, dtype=float), there.shape)
    certain = (expected == 0) | (expected == 1)
    assert (left[certain] == (there * expected)[certain]).all()
    n, x, p = there[~certain], left[~certain], expected[~certain]
    assert n.size
    assert (n * p * (1 - p) > 10).all(), "too few for a normal approximation"
    chi2 = float((((x - n * p) ** 2) / (n * p * (1 - p))).sum())
    bar = float(stats.chi2.ppf(1 - ALARM, len(n)))
    assert chi2 <= bar, (
        f"{(x / n).round(4)}, but theory says {p.round(4)} (chi-square {chi2:.1f} > {bar:.1f})"
    )
    assert len(n) + float((n * p / (1 - p)).sum()) * 0.1**2 > bar, "too blunt to notice a tenth"


def assert_nothing_changes(plain: Data, stated: Data) -> None:
    """Two scenarios come to the same, event by event and table by table.

    The one table that may differ tells the factors on the hazard: it names those that a scenario states, be
    they 1. (``plain`` states none.)
    """
    first, second = (run(Scenario.model_validate(each)) for each in (plain, stated))
    assert first.log == second.log
    if plain["tiers"] == stated["tiers"]:
        assert first.tables == second.tables
    factors = second.tables["hazard"].columns["mean"]
    assert set(factors) <= {1.0}
    assert not len(first.tables["hazard"])
    for name, table in first.tables.items():
        if name != "hazard":
            assert table == second.tables[name], name
