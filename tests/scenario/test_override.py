"""``Scenario.override``: what ``load(..., overrides=[...])`` does, on a scenario that is loaded already."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from test_consistency import VALID
from test_invalid_scenarios import ARGUMENTS, MARK
from valid_scenario import TEXT

from simsales.errors import Fault, InputError, ScenarioError
from simsales.scenario import Scenario, load, to_yaml
from simsales.scenario.schema.journey_order import in_order

SCENARIOS = Path(__file__).parents[2] / "scenarios"
CLAIMS = SCENARIOS / "claims.yaml"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT)
    return path


def faults_of(scenario: Scenario, *assignments: str) -> tuple[Fault, ...]:
    with pytest.raises(ScenarioError) as caught:
        scenario.override(*assignments)
    return caught.value.faults


def test_values_change_and_the_original_does_not(file: Path) -> None:
    scenario = load(file)
    before = to_yaml(scenario)
    other = scenario.override("people.AE.hours_per_month=120", "organization.teams.pod.members.AE=4")
    assert other.people["AE"].hours_per_month == 120
    assert other.organization.teams["pod"].members == {"MDR": 1, "SDR": 1, "AE": 4, "CSM": 1}
    assert scenario.people["AE"].hours_per_month == 140
    assert scenario.organization.teams["pod"].members["AE"] == 3
    assert to_yaml(scenario) == before
    assert scenario == load(file)


def test_later_assignments_come_on_top(file: Path) -> None:
    other = load(file).override(
        "start_month=3", "tiers.smb={care: null, churn_per_month: 0}", "start_month=4"
    )
    assert other.start_month == 4
    assert other.tiers["smb"].care is None
    assert other.tiers["smb"].price_per_month == 1000


def test_null_removes(file: Path) -> None:
    other = load(file).override("channels.outbound=null", "horizon_months=12", "people.AE.tools_per_month=5")
    assert list(other.channels) == ["content"]
    assert other.override("people.AE.tools_per_month=null").people["AE"].tools_per_month == 0


@pytest.mark.parametrize("case", VALID)
def test_it_equals_loading_with_overrides(case: str, file: Path) -> None:
    loaded = load(file, overrides=VALID[case])
    assert load(file).override(*VALID[case]) == loaded
    assert to_yaml(load(file).override(*VALID[case])) == to_yaml(loaded)


def test_a_chain_equals_loading_with_overrides(file: Path) -> None:
    assignments = [
        "journeys.smb.trial={by: AE, on: SQL, effort_hours: {exponential: {mean: 2}}, after: qualify}",
        "journeys.smb.trial.effort_hours={exponential: null, uniform: {low: 1, high: 2}}",
        "tiers.smb.contracts={monthly: {share: 0.4}, annual: {term_months: 12, share: 0.6}}",
        "tiers.smb.contracts.annual.discount=0.1",
        "channels.outbound.list_size=9000",
        "journeys.smb.poc={by: AE, after: trial}",
    ]
    scenario = load(file)
    for assignment in assignments:
        scenario = scenario.override(assignment)
    assert scenario == load(file, overrides=assignments)
    assert to_yaml(scenario) == to_yaml(load(file, overrides=assignments))
    order = ["prospect", "qualify", "trial", "poc", "demo", "close", "onboard"]
    assert in_order(scenario.journeys["smb"]) == order


def shipped(path: Path, *overrides: str) -> Scenario:
    """The scenario; an overlay over what it is made for."""
    if path == CLAIMS:
        return load(SCENARIOS / "reference.yaml", overlays=[path], overrides=overrides)
    return load(path, overrides=overrides)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_come_through_unchanged(path: Path) -> None:
    scenario = shipped(path)
    same = scenario.override()
    assert same == scenario
    assert to_yaml(same) == to_yaml(scenario)
    assert {tier: in_order(steps) for tier, steps in same.journeys.items()} == {
        tier: in_order(steps) for tier, steps in scenario.journeys.items()
    }
    shorter = scenario.override("horizon_months=7")
    assert shorter == shipped(path, "horizon_months=7")
    assert shorter != scenario


def test_scenarios_without_a_file_can_be_varied(file: Path) -> None:
    scenario = load(file)
    fields = {name: getattr(scenario, name) for name in type(scenario).model_fields}
    for other in (Scenario(**fields), pickle.loads(pickle.dumps(scenario)), scenario.model_copy()):
        assert other.override("horizon_months=7") == load(file, overrides=["horizon_months=7"])


# ---------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("marked", [*ARGUMENTS, "tiers.smb.contracts.▸monthly.discount=0.1"])
def test_faults_in_assignments_are_those_of_loading(marked: str, file: Path) -> None:
    argument = marked.replace(MARK, "")
    with pytest.raises(ScenarioError) as caught:
        load(file, overrides=[argument])
    assert faults_of(load(file), argument) == caught.value.faults


def test_a_typo_is_found_at_its_place(file: Path) -> None:
    (fault,) = faults_of(load(file), "horizon_months=12", "people.AE.hours_per_mont=120")
    assert (fault.file, fault.line, fault.column) == ("--set people.AE.hours_per_mont=120", 1, 11)
    assert fault.near_miss == "hours_per_month"


def test_faults_elsewhere_name_the_path_of_the_value(file: Path) -> None:
    assert [str(fault) for fault in faults_of(load(file), "people.AE=null")] == [
        "organization.teams.pod.members.AE:1:1: "
        "found AE, expected a role described under people: MDR, SDR, CSM"
    ]
    joined = load(file).override("journeys.smb.demo.joined_by=[CSM, SDR]")
    assert [fault.file for fault in faults_of(joined, "journeys.smb.qualify.by=CSM", "people.SDR=null")] == [
        "organization.teams.pod.members.SDR"
    ]
    (fault,) = faults_of(joined, "journeys.smb.onboard={joined_by: [MDR]}")
    assert (fault.file, fault.found) == (
        "journeys.smb.demo.joined_by.0",
        "CSM, whom others join at onboard of smb",
    )


def test_all_faults_come_together(file: Path) -> None:
    faults = faults_of(load(file), "start_month=13", "bad", "currency=", "tiers.smb.price_per_month=-2.50")
    assert [(fault.file, fault.column, fault.found) for fault in faults] == [
        ("--set bad", 1, "no ="),
        ("--set currency=", 10, "no value"),
        ("--set start_month=13", 13, "13"),
        ("--set tiers.smb.price_per_month=-2.50", 27, "-2.50"),
    ]


# ------------------------------------------------------------------------------------- what changes nothing


@pytest.mark.parametrize(
    "argument",
    ["organization.teams={}", "organization={}", "tiers.smb={}", "people.AE={}", "channels.content.tiers={}"],
)
def test_an_empty_mapping_that_changes_nothing_is_refused(argument: str, file: Path) -> None:
    """It neither replaces (nor removes) what is there, though it reads as if it did."""
    (fault,) = faults_of(load(file), argument)
    assert fault.found == "an empty mapping, which changes nothing"
    assert "null removes one" in fault.expected
    overlay = file.with_name("overlay.yaml")
    path, _, _ = argument.partition("=")
    overlay.write_text("".join(f"{' ' * i}{key}:\n" for i, key in enumerate(path.split(".")))[:-1] + " {}\n")
    with pytest.raises(ScenarioError, match="an empty mapping, which changes nothing"):
        load(file, overlays=[overlay])


def test_an_empty_mapping_where_nothing_is_may_stand(file: Path) -> None:
    assert load(file, overrides=["tiers.smb.levers={}", "overhead={}"]) == load(file)


# ---------------------------------------------------------------------------------------- what is no override


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("horizon_months=3", "overrides: found 'horizon_months=3', expected a list of texts"),
        (b"horizon_months=3", "overrides: found b'horizon_months=3'"),
        ({"horizon_months": 3}, "overrides: found {'horizon_months': 3}"),
        ([("horizon_months", 3)], "overrides[0]: found ('horizon_months', 3), expected a list of texts"),
        (["start_month=2", b"horizon_months=3"], "overrides[1]: found b'horizon_months=3'"),
        (3, "overrides: found 3"),
        (None, "overrides: found None"),
    ],
)
def test_overrides_are_a_list_of_texts(given: Any, told: str, file: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(file, overrides=given)
    assert str(caught.value).startswith(told)


def test_overlays_are_a_list_of_files(file: Path) -> None:
    with pytest.raises(InputError, match=r"overlays: found 'claims\.yaml', expected a list of texts"):
        load(file, overlays="claims.yaml")
    assert load(os.fsdecode(os.fsencode(file)), overlays=(file,)) == load(file)


def test_assignments_are_texts(file: Path) -> None:
    with pytest.raises(InputError, match=r"assignments\[0\]: found \['horizon_months=3'\], expected"):
        load(file).override(["horizon_months=3"])  # type: ignore[arg-type]


@pytest.mark.parametrize("dots", [41, 10_000])
def test_no_scenario_is_so_deep(dots: int, file: Path) -> None:
    (fault,) = faults_of(load(file), "a." * dots + "b=1")
    assert fault.found == f"{dots + 1:,} names joined by dots"


# ---------------------------------------------------------------------------------------------- tiny numbers


@pytest.mark.parametrize(
    "path",
    [
        "tiers.smb.price_per_month",
        "tiers.smb.reference_price_per_month",
        "people.AE.hours_per_month",
        "channels.content.leads_per_month",
        "journeys.smb.demo.effort_hours",
        "tiers.smb.cycle.new_market_factor",
    ],
)
def test_a_number_next_to_nothing_is_refused(path: str, file: Path) -> None:
    (fault,) = faults_of(load(file), f"{path}=1e-320")
    assert fault.expected == "a number of at least 1e-15 in size, or 0 where it may be 0"
    assert (fault.line, fault.column) == (1, len(path) + 2)
    load(file, overrides=[f"{path}=1e-15"])


def test_a_number_next_to_nothing_within_a_list_or_mapping_is_refused(file: Path) -> None:
    faults_of(load(file), "channels.content.weekday=[1, 1, 1, 1, 1, 1, 1e-300]")
    faults_of(load(file), "channels.content.regions={east: 1, west: 1e-300}")
    faults_of(load(file), "journeys.smb.demo.effort_hours={lognormal: {mean: 1, sd: 1e-320}}")
