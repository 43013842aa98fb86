"""Scenarios whose replications would take minutes or gigabytes are doubted before they run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from valid_scenario import TEXT

from simsales.cli import group
from simsales.scenario import doubts_of_size, load

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
STEP = "{by: AE, no_show: {probability: 0.5}, repeat: {probability: 0.5}, otherwise: {nurture: NURTURE}}"
NURTURE = "{to: demo, share: 1, after_days: 9, at_most: 5}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(
    "path", [path for path in SHIPPED if path.stem != "claims"], ids=lambda path: path.stem
)
def test_shipped_scenarios_are_small(path: Path) -> None:
    assert doubts_of_size(load(path)) == []


def test_millions_of_leads_are_doubted(file: Path) -> None:
    (told,) = doubts_of_size(load(file, overrides=["channels.content.leads_per_month=166667"]))
    assert told.startswith("some 4,000,008 leads of content in every replication")
    burst = "channels.content.bursts={fair: {month: 1, leads: 900000}}"
    assert len(doubts_of_size(load(file, overrides=[burst]))) == 1


def test_a_list_is_as_large_as_people_have_time_for(file: Path) -> None:
    many = "organization.teams.pod.members.SDR=5000"
    (told,) = doubts_of_size(load(file, overrides=[many]))
    assert told.startswith("some 33,600,000 leads of outbound")  # 5,000 × 140 h × 24 / 0.5 h
    assert doubts_of_size(load(file, overrides=[many, "channels.outbound.list_size=1000"])) == []


def test_steps_that_multiply_are_doubted(file: Path) -> None:
    step = STEP.replace("NURTURE", NURTURE)
    steps = [f"journeys.smb.more{i}={step[:-1]}, after: demo}}" for i in range(40)]
    told = doubts_of_size(load(file, overrides=steps))
    assert len(told) == 2  # one for each channel
    assert "random numbers for every lead of content" in told[0]


def test_validate_warns(file: Path) -> None:
    given = ["validate", str(file), "--set", "channels.content.leads_per_month=166667"]
    result = CliRunner().invoke(group, given)
    assert result.exit_code == 0
    assert f"warning: {file}: some 4,000,008 leads of content" in result.stderr
