"""The shipped scenarios are valid, explained, and true to what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simsales.model.replication import Replication
from simsales.model.simulation import simulate
from simsales.scenario import Scenario, load, to_yaml

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CLAIMS = SCENARIOS / "claims.yaml"
FILES = sorted(SCENARIOS.glob("*.yaml"))

NO_AIMS = {
    "silo": [
        f"organization.teams.{team}.aim=neutral" for team in ("marketing", "development", "sales", "success")
    ],
    "pod": ["organization.teams.pod.aim=neutral"],
    "one-pod": ["organization.teams.pod.aim=neutral"],
}

NO_CLAIMS = [
    "channels.content.interest=null",
    "organization.handoff.across_teams={drop_probability: 0, extra_effort: 0, pass_factor: 1}",
    "organization.aims={mql_volume: 0, bookings: 0, retained_mrr: 0}",
    *(f"journeys.smb.{step}={{fit_weight: 0, judged: false}}" for step in ("qualify", "prospect", "demo")),
    "journeys.smb.onboard.known_effort_factor=1",
    "tiers.smb={churn_fit_effect: 0, early_churn: {factor_if_known: 1}}",
]


def whole(file: Path, *overrides: str) -> Scenario:
    """The scenario; an overlay over what it is made for."""
    if file == CLAIMS:
        return load(SCENARIOS / "reference.yaml", overlays=[file], overrides=overrides)
    return load(file, overrides=overrides)


def tables(replication: Replication) -> dict[str, dict[str, list[object]]]:
    return {
        name: {column: list(cells) for column, cells in table.columns.items()}
        for name, table in replication.tables.items()
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_says_what_it_is_for(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=scenario.schema.json"
    assert "\nquestion: " in text
    assert "assumption" in text or "[book]" in text or "reference.yaml" in text
    assert all(len(line) <= 160 for line in text.splitlines())
    assert whole(file).question.endswith("?")


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_its_header_tells_to_try_can_be_tried(file: Path) -> None:
    """Files that are named are there, and what is set changes the scenario."""
    text = file.read_text(encoding="utf-8")
    for name in re.findall(r"scenarios/([\w-]+\.yaml)", text):
        assert (SCENARIOS / name).exists(), name
    for line in text.splitlines():
        sets = [quoted or plain for quoted, plain in re.findall(r"--set (?:'([^']+)'|(\S+))", line)]
        if sets and "…" not in line:
            assert whole(file, *sets) != whole(file), line


@pytest.mark.parametrize("name", ["price-up", "annual-only", "discount-annual", "rsc-before", "rsc-after"])
def test_headers_of_comparisons_say_how_to_compare(name: str) -> None:
    header = (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8").split("\nquestion:")[0]
    assert "simsales compare scenarios/" in header
    assert "assumption" in header


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_reads_back_as_it_was_written(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    copy.write_text(to_yaml(whole(file)), encoding="utf-8")
    assert load(copy) == whole(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_runs(file: Path) -> None:
    scenario = whole(file, "horizon_months=2", "warm_up_months=0")
    funnel = simulate(scenario, seed=1, replication=0).tables["funnel"]
    assert set(funnel["channel"].tolist()) >= set(scenario.channels)
    assert funnel["came_in"].sum() > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_AIMS)
def test_without_claims_no_aim_does_anything(name: str) -> None:
    file = SCENARIOS / f"{name}.yaml"
    short = ["horizon_months=2", "warm_up_months=2"]
    with_aims, without = load(file, overrides=short), load(file, overrides=[*short, *NO_AIMS[name]])
    assert with_aims != without
    assert tables(simulate(with_aims, 1, 0)) == tables(simulate(without, 1, 0))


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_AIMS)
def test_claims_can_be_laid_over_every_alternative(name: str) -> None:
    file = SCENARIOS / f"{name}.yaml"
    short = ["horizon_months=2", "warm_up_months=2"]
    plain, claimed = load(file, overrides=short), load(file, overlays=[CLAIMS], overrides=short)
    assert claimed.organization.teams == plain.organization.teams
    assert claimed.people == plain.people
    assert list(claimed.channels) == list(plain.channels)
    assert list(claimed.journeys["smb"]) == list(plain.journeys["smb"])
    assert tables(simulate(claimed, 1, 0)) != tables(simulate(plain, 1, 0))


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_AIMS)
def test_claims_set_back_are_none(name: str) -> None:
    file = SCENARIOS / f"{name}.yaml"
    short = ["horizon_months=2", "warm_up_months=2"]
    back = load(file, overlays=[CLAIMS], overrides=[*short, *NO_CLAIMS])
    assert tables(simulate(back, 1, 0)) == tables(simulate(load(file, overrides=short), 1, 0))


def test_claims_say_how_well_each_is_founded() -> None:
    """Every number under a claim is called an assumption, or carries a grade."""
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        code, _, comment = line.partition("#")
        if any(c.isdigit() for c in code):
            assert "assumption" in comment or "[" in comment, line
