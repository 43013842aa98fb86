"""Numbers that are valid, but implausible for what they measure, are doubted."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from valid_scenario import TEXT

from simsales.cli import group
from simsales.errors import Fault
from simsales.scenario import Scenario, load
from simsales.scenario.reading.plausible import RANGES

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT)
    return path


def doubts(file: Path, *overrides: str) -> list[str]:
    found: list[Fault] = []
    load(file, overrides=overrides, doubts=found)
    return [f"{doubt.line}:{doubt.column}: {str(doubt).partition('found ')[2]}" for doubt in found]


def test_a_usual_scenario_is_plausible(file: Path) -> None:
    assert doubts(file) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_are_plausible(path: Path) -> None:
    found: list[Fault] = []
    if path.stem == "claims":
        load(path.with_name("reference.yaml"), overlays=[path], doubts=found)
    else:
        load(path, doubts=found)
    assert found == []


@pytest.mark.parametrize(
    ("assignment", "doubt"),
    [
        (
            "people.AE.salary_per_year=75",
            "1:27: 75, an implausible salary_per_year, expected 1,000 to 1,000,000,000, as a rule",
        ),
        ("people.AE.salary_per_year=75.000", "(did you mean 75000?)"),
        ("tiers.smb.price_per_month=1e-9", "1:27: 1e-9, an implausible price_per_month"),
        ("tiers.smb.price_per_month=0.1", "0.1, an implausible price_per_month"),
        ("people.AE.hours_per_month=1.6", "1.6, an implausible hours_per_month, expected 8 to 320"),
        ("people.AE.hours_per_month=700", "700, an implausible hours_per_month"),
        ("journeys.smb.demo.effort_hours=900", "900, an implausible effort_hours"),
        (
            "journeys.smb.demo.effort_hours={lognormal: {mean: 900, sd: 1000}}",
            "1:51: 900, an implausible effort_hours",
        ),
        (
            "journeys.smb.demo.buyer_delay_days={uniform: {low: 0, high: 9000}}",
            "9000, an implausible buyer_d",
        ),
        ("people.AE.commission={rate: 0.1, quota_per_month: 5}", "5, an implausible quota_per_month"),
        ("people.AE.commission={rate: 0.1, quota_per_month: 20.000}", "(did you mean 20000?)"),
        ("tiers.smb.churn_per_month=0.9", "0.9, an implausible churn_per_month, expected 0.0001 to 0.5"),
        ("channels.content.growth_per_month=-0.9", "-0.9, an implausible growth_per_month"),
    ],
)
def test_an_implausible_number_is_doubted(assignment: str, doubt: str, file: Path) -> None:
    (told,) = doubts(file, assignment)
    assert doubt in told


@pytest.mark.parametrize(
    "assignment",
    [
        "people.AE.salary_per_year=0",
        "people.AE.salary_per_year=1000",
        "people.AE.salary_per_year=90000000",  # yen
        "tiers.smb.price_per_month=0",
        "tiers.smb.churn_per_month=0",
        "journeys.smb.demo.effort_hours={lognormal: {mean: 2, sd: 900}}",
        "journeys.smb.demo.effort_hours=0.01",
    ],
)
def test_what_is_plausible_or_off_is_not(assignment: str, file: Path) -> None:
    assert doubts(file, assignment) == []


def test_every_range_is_that_of_a_field() -> None:
    """Else it would never be looked at; and no range is hidden by one before it."""
    schema = str(Scenario.model_json_schema())
    ends = list(RANGES)
    for i, end in enumerate(ends):
        assert f"{end}'" in schema, end
        assert not any(end.endswith(before) for before in ends[:i]), end


def test_the_doubt_is_a_warning(file: Path) -> None:
    given = ["validate", str(file), "--set", "people.AE={salary_per_year: 75}"]
    result = CliRunner().invoke(group, given)
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: --set people.AE={salary_per_year: 75}:1:29: found 75, an implausible salary_per_year, "
        "expected 1,000 to 1,000,000,000, as a rule\n"
    )
