"""The examples over the reference that change the price or the contracts, and the two kinds of product: what
they say follows from the mechanisms that they name, one by one.

How sure the checks of a direction are stands in `paired_kpis`.
"""

from __future__ import annotations

from math import exp
from pathlib import Path

import pytest
from paired_kpis import SCENARIOS, SEED, assert_moves, assert_positive, gain, replications
from scipy import stats

from simsales.model import Replication, simulate
from simsales.scenario import load

pytestmark = pytest.mark.xdist_group("prices")  # one process for all, as they share simulations

REFERENCE, PRICE_UP = "one-pod", "price-up"
UP, DOWN, SAME = 1, -1, 0

# The four assumptions on what a price does, each switched off.
RESPONSES = {
    "elasticity": "tiers.smb.price_response.win_odds_elasticity=0",
    "cycle": "tiers.smb.cycle.price_exponent=0",
    "churn": "tiers.smb.price_response.churn_exponent=0",
    "annual": "tiers.smb.contracts.annual.share_price_exponent=0",
}
# A response too weak as it stands to be seen for certain in so few replications.
STRONGER = {"annual": ("tiers.smb.contracts.annual.share_price_exponent=2",)}
FOR_THE_BASE = "tiers.smb.price_changes.rise.base=at_renewal"


def all_but(*on: str) -> tuple[str, ...]:
    """Overrides that switch off all responses to the price but some."""
    return tuple(off for name, off in RESPONSES.items() if name not in on)


# ------------------------------------------------------------------------------------------------------ price


@pytest.mark.slow
def test_a_price_that_nobody_minds_changes_money_alone() -> None:
    plain, dearer = replications(REFERENCE, number=4), replications(PRICE_UP, all_but(), 4)
    for kpi in ("win", "win_rate", "sales_cycle_days", "logo_churn_monthly", "term_share", "customers_end"):
        assert_moves(plain, dearer, kpi, SAME)
    for a, b in zip(plain, dearer, strict=True):
        assert b["new_mrr"] == pytest.approx(1.2 * a["new_mrr"])
        # 10 % of twelve times the MRR goes to the AEs.
        assert b["commissions"] - a["commissions"] == pytest.approx(0.1 * 12 * 0.2 * a["new_mrr"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("elasticity", {"win": DOWN, "win_rate": DOWN}),
        ("cycle", {"sales_cycle_days": UP}),
        ("churn", {"win": SAME, "logo_churn_monthly": UP, "profit": DOWN}),
        ("annual", {"win": SAME, "term_share": UP, "cash_end": UP}),
    ],
)
def test_each_response_to_a_higher_price_alone(response: str, expected: dict[str, int]) -> None:
    """Against the same rise, for the base too, that nobody minds."""
    unnoticed = replications(PRICE_UP, (*all_but(), FOR_THE_BASE))
    noticed = replications(PRICE_UP, (*all_but(response), FOR_THE_BASE, *STRONGER.get(response, ())))
    for kpi, direction in expected.items():
        assert_moves(unnoticed, noticed, kpi, direction)


@pytest.mark.slow
def test_the_verdict_on_a_higher_price_hangs_on_the_elasticity() -> None:
    plain = replications(REFERENCE)
    inelastic = "tiers.smb.price_response.win_odds_elasticity=0"
    elastic = "tiers.smb.price_response.win_odds_elasticity=8"
    assert_moves(plain, replications(PRICE_UP, (inelastic,)), "profit", UP)
    assert_moves(plain, replications(PRICE_UP, (elastic,)), "profit", DOWN)


# -------------------------------------------------------------------------------------------------- contracts


def _run(name: str, *overrides: str, number: int = 4) -> list[Replication]:
    scenario = load(SCENARIOS / f"{name}.yaml", overrides=overrides)
    return [simulate(scenario, SEED, index) for index in range(number)]


def _count(runs: list[Replication], table: str, column: str) -> int:
    """Over the measured months of all replications."""
    total = 0
    for run in runs:
        rows = run.tables[table]
        total += int(rows[column][rows["month"] >= 1].sum())
    return total


ALARM = 1e-4
"""With which a correct model fails one of the two exact tests of a proportion below."""


@pytest.mark.slow
def test_as_many_are_lost_as_do_not_accept_the_annual_contract() -> None:
    """Three in four want the monthly contract, and one in five of these does not take the other: of those who
    would sign, 15 %.
    """
    runs = _run("annual-only")
    refused = 0
    for run in runs:
        losses = run.tables["losses"]
        chosen = (losses["month"] >= 1) & (losses["reason"] == "contract not offered")
        refused += int(losses["lost"][chosen].sum())
    won = _count(runs, "ledger", "customers_new")
    assert won == _count(runs, "ledger", "customers_new_term")
    assert stats.binomtest(refused, refused + won, 0.75 * 0.2).pvalue > ALARM


@pytest.mark.slow
def test_as_many_sign_for_a_year_as_the_discount_moves() -> None:
    """A weight of 0.25 × e^(6 × 0.167) against one of 0.75."""
    runs = _run("discount-annual")
    weight = 0.25 * exp(6 * 0.167)
    annual, new = (_count(runs, "ledger", column) for column in ("customers_new_term", "customers_new"))
    assert stats.binomtest(annual, new, weight / (weight + 0.75)).pvalue > ALARM


@pytest.mark.slow
def test_nothing_but_the_annual_contract() -> None:
    plain, only = replications(REFERENCE), replications("annual-only")
    for kpi, direction in {
        "win": DOWN,
        "cash_end": UP,
        "deferred_end": UP,
        "logo_churn_monthly": DOWN,
    }.items():
        assert_moves(plain, only, kpi, direction)
    # Whoever accepts anything: nobody is lost, and all stay for a year at least.
    accepted = replications("annual-only", ("tiers.smb.accepts_other_contract=1",))
    assert_positive([b["win"] - a["win"] for a, b in zip(only, accepted, strict=True)], "wins")
    assert_moves(plain, accepted, "profit", UP)


@pytest.mark.slow
def test_a_discount_for_the_annual_contract() -> None:
    plain, cheaper = replications(REFERENCE), replications("discount-annual")
    for kpi, direction in {"win": SAME, "term_share": UP, "arpa": DOWN, "cash_end": UP}.items():
        assert_moves(plain, cheaper, kpi, direction)
    # If it moves nobody it is a gift to those who would have signed for a year anyway.
    gift = replications("discount-annual", ("tiers.smb.contracts.annual.share_discount_effect=0",))
    assert gain(plain, gift, "term_share") == [0.0] * len(plain)
    assert_moves(plain, gift, "profit", DOWN)
    assert_moves(plain, gift, "cash_end", DOWN)


# --------------------------------------------------------------------------------- application and platform


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("tiers.teams.spread=null", {"win": SAME, "arpa": DOWN, "nrr": DOWN}),
        ("tiers.teams.levers=null", {"win": SAME, "arpa": DOWN, "nrr": DOWN, "utilization.AM": DOWN}),
        ("tiers.teams.contraction=null", {"win": SAME, "contraction_mrr": DOWN}),
        ("channels.referral.leads_per_customer_month=0", {"win": DOWN, "customers_end": DOWN}),
    ],
)
def test_an_application_grows_by_its_customers(override: str, expected: dict[str, int]) -> None:
    plain, without = replications("application"), replications("application", (override,))
    for kpi, direction in expected.items():
        assert_moves(plain, without, kpi, direction)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("tiers.firms.releases=null", {"win": SAME, "expansion_mrr": DOWN, "nrr": DOWN}),
        (
            "tiers.firms.levers.price_increase.pass_probability=0",
            {"win": SAME, "expansion_mrr": DOWN},
        ),
        ("tiers.firms.reference_customers=null", {"win": DOWN, "win_rate": DOWN}),
        # Nobody renews: those whose conversation is missed leave more often.
        ("people.AM.hours_per_month=1", {"logo_churn_monthly": UP}),
        ("journeys.firms.proof.effort_hours=0", {"utilization.SE": DOWN}),
    ],
)
def test_a_platform_grows_by_steps_and_lives_by_renewals(override: str, expected: dict[str, int]) -> None:
    plain, without = replications("platform"), replications("platform", (override,))
    for kpi, direction in expected.items():
        assert_moves(plain, without, kpi, direction)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["application", "platform"])
def test_people_of_the_kinds_of_product_are_busy_but_not_swamped(name: str) -> None:
    runs = replications(name)
    roles = {kpi for kpi in runs[0] if kpi.startswith("utilization.")} - {"utilization.SDR"}  # has a list
    for role in sorted(roles):
        assert_positive([each[role] - 0.55 for each in runs], role)
        assert_positive([0.95 - each[role] for each in runs], role)


def test_every_example_is_in_the_list_of_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for file in SCENARIOS.glob("*.yaml"):
        assert f"scenarios/{file.name})" in readme, file.name
