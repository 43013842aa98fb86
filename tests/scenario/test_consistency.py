"""What the checks between parts of a scenario let pass: valid neighbours of the faults in ``broken.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest
from valid_scenario import TEXT

from simsales.errors import ScenarioError
from simsales.scenario import load

VALID: dict[str, list[str]] = {
    "customers who need a second meeting": ["journeys.smb.onboard.repeat={probability: 0.3, after_days: 2}"],
    "no response, no reference": ["tiers.smb.cycle.price_exponent=0"],
    "a response and its reference": [
        "tiers.smb.cycle.price_exponent=1",
        "tiers.smb.reference_price_per_month=900",
    ],
    "fit and no judge": ["journeys.smb.demo.fit_weight=0.3"],
    "fit and a judge": ["journeys.smb.demo.fit_weight=0.3", "journeys.smb.demo.judged=true"],
    "back to the same step": [
        "journeys.smb.demo.otherwise={nurture: {to: demo, share: 1, after_days: 9, at_most: 5}}"
    ],
    "back to a step of the same channel": [
        "journeys.smb.qualify.channels=[content]",
        "journeys.smb.intro={by: AE, on: SQL, channels: [content], after: qualify}",
        "journeys.smb.intro.otherwise={nurture: {to: qualify, share: 1, after_days: 9}}",
    ],
    "steps of their own": [
        "channels.fair={enters_as: MQL, leads_per_month: 3, tiers: {smb: 1}}",
        "journeys.smb.scan={by: AE, on: MQL, channels: [fair], after: prospect}",
        "journeys.smb.greet={by: AE, channels: [fair], to: SQL, after: scan}",
        "journeys.smb.qualify.channels=[content, outbound]",
    ],
    "a meeting of three": ["journeys.smb.demo.joined_by=[CSM, SDR]"],
    "two hosts, one guest": ["journeys.smb.demo.joined_by=[CSM]", "journeys.smb.qualify.joined_by=[CSM]"],
    "a region that others take over": [
        "channels.content.regions={east: 0.5, west: 0.5}",
        "organization.teams.pod.serves.regions=[east]",
        "channels.outbound.regions={east: 1}",
        "organization.overflow_above=2",
    ],
    "a team for each region": [
        "channels.content.regions={east: 0.5, west: 0.5, north: 0}",
        "channels.outbound.regions={west: 1}",
        "organization.teams.pod.serves.regions=[west]",
        "organization.teams.office={members: {MDR: 1, AE: 1, CSM: 1}, serves: {regions: [east, north]}}",
    ],
    "word of mouth": ["channels.word={enters_as: SQL, leads_per_customer_month: 0.1, tiers: {smb: 1}}"],
    "a going concern": [
        "opening={customers: {smb: {customers: 1000000}}, pipeline: {smb: {demo: 3, prospect: 0}}}"
    ],
    "five million leads": ["channels.content.leads_per_month=208333"],
    "growth in the measured months only": [
        "warm_up_months=1200",
        "horizon_months=13",
        "channels.content={leads_per_month: 360, growth_per_month: 1}",
    ],
    "shrinking for a century": [
        "horizon_months=1200",
        "channels.content={leads_per_month: 360, growth_per_month: -0.99}",
    ],
    "a burst long ago": [
        "channels.content.bursts={fair: {month: -1200, leads: 1000000, every_months: 1195}}"
    ],
    "a rare tier": [
        "tiers.big={price_per_month: 9}",
        "journeys.big={buy: {by: SDR, on: Suspect, effort_hours: 1, to: WIN}}",
        "channels.outbound.tiers={smb: 0.9999, big: 0.0001}",
    ],
    "fifty steps": [f"journeys.smb.call{i}={{by: AE, on: SQL, after: qualify}}" for i in range(45)],
}


@pytest.mark.parametrize("case", VALID)
def test_valid_scenarios_pass(case: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(TEXT)
    load(file, overrides=VALID[case])


def test_a_journey_of_too_many_steps(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(TEXT)
    with pytest.raises(ScenarioError) as caught:
        load(file, overrides=[*VALID["fifty steps"], "journeys.smb.one={by: AE, on: SQL, after: qualify}"])
    (fault,) = caught.value.faults
    assert (fault.line, fault.column) == (1, len("journeys.") + 1)
    assert fault.found == "a journey of 51 steps"
