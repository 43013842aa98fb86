"""Alternatives whose prices are not held against the same one are doubted."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from valid_scenario import TEXT

from simsales.cli import group
from simsales.scenario import Scenario, doubts_between, load

RESPONSE = ["tiers.smb.price_response.win_odds_elasticity=2", "tiers.smb.reference_price_per_month=1000"]
BASE = [*RESPONSE, "opening={customers: {smb: {customers: 100}}}"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT)
    return path


def doubts(file: Path, first: list[str], *others: list[str]) -> list[str]:
    scenarios: dict[str, Scenario] = {"base": load(file, overrides=first)}
    scenarios |= {f"other{i}": load(file, overrides=each) for i, each in enumerate(others)}
    return doubts_between(scenarios)


def test_the_same_is_not_doubted(file: Path) -> None:
    assert doubts(file, BASE, BASE, [*BASE, "tiers.smb.churn_per_month=0.01"]) == []
    rise = "tiers.smb.price_changes={rise: {month: 1, price_per_month: 1200}}"
    assert doubts(file, BASE, [*BASE, rise]) == []


def test_another_reference_price_is_doubted(file: Path) -> None:
    (told,) = doubts(file, BASE, BASE, [*BASE, "tiers.smb.reference_price_per_month=1200"])
    assert told.startswith("other1: the reference price of smb is 1200, and 1000 in base")


def test_customers_who_always_paid_another_price_are_doubted(file: Path) -> None:
    (told,) = doubts(file, BASE, [*BASE, "tiers.smb.price_per_month=1200"])
    assert told.startswith("other0: the customers of smb there at the beginning pay 1200, and 1000 in base")
    # Nobody is there, so nobody paid anything.
    assert doubts(file, RESPONSE, [*RESPONSE, "tiers.smb.price_per_month=1200"]) == []
    assert doubts(file, BASE, [*RESPONSE, "tiers.smb.price_per_month=1200"]) == []


def test_a_tier_of_one_alternative_is_compared_with_nothing(file: Path) -> None:
    big = "tiers.big={price_per_month: 5, reference_price_per_month: 7}"
    journey = "journeys.big={buy: {by: AE, on: MQL, to: WIN}}"
    assert doubts(file, BASE, [*BASE, big, journey]) == []
    assert doubts(file, [*BASE, big, journey], BASE) == []


def test_compare_warns(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simsales.cli.experiment.perform", lambda *_: None)
    (file.parent / "dear.yaml").write_text(
        "extends: scenario.yaml\ntiers: {smb: {reference_price_per_month: 2000}}\n"
    )
    given = ["compare", str(file), str(file.parent / "dear.yaml")]
    result = CliRunner().invoke(group, given)
    assert (result.exit_code, result.stderr) == (0, "")  # the one says no reference price
    (file.parent / "cheap.yaml").write_text(
        "extends: scenario.yaml\ntiers: {smb: {reference_price_per_month: 500}}\n"
    )
    result = CliRunner().invoke(group, ["compare", str(file.parent / "cheap.yaml"), given[2]])
    assert result.stderr.startswith("warning: dear: the reference price of smb is 2000, and 500 in cheap")
