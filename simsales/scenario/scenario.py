"""A scenario: one fully specified input of the simulation; how it is read, varied and written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from simsales.errors import Fault, InputError, ScenarioError
from simsales.scenario.checks.consistency import validated
from simsales.scenario.checks.prices import differences
from simsales.scenario.checks.size import size_doubts, size_of
from simsales.scenario.messages import shortened
from simsales.scenario.reading.build import build
from simsales.scenario.reading.files import read_files
from simsales.scenario.reading.merge import read_assignments
from simsales.scenario.reading.nodes import node_of
from simsales.scenario.schema.channels import Channel
from simsales.scenario.schema.costs import Overhead
from simsales.scenario.schema.fields import MAX_MONTHS, Name, Part
from simsales.scenario.schema.journey_order import in_order
from simsales.scenario.schema.journeys import Journey
from simsales.scenario.schema.opening import Opening
from simsales.scenario.schema.organization import Organization, People
from simsales.scenario.schema.tiers import Tier
from simsales.scenario.writing import yaml_text

EXAMPLE = "people.AE.salary_per_year=70000"
"""An override, for messages."""


class Scenario(Part):
    """One fully specified input of the simulation."""

    question: str = ""
    """The question that the scenario is meant to answer, in a sentence."""
    currency: str = Field(default="USD", min_length=1, max_length=8)
    """Label of every amount of money."""
    horizon_months: int = Field(ge=1, le=MAX_MONTHS)
    """Months that are measured, after the warm-up."""
    warm_up_months: int = Field(default=0, ge=0, le=MAX_MONTHS)
    """Months simulated before the measured ones, so that these do not begin with empty desks."""
    start_month: int = Field(default=1, ge=1, le=12)
    """Calendar month of the first measured month: 1 is January."""
    tiers: Annotated[dict[Name, Tier], Field(min_length=1)]
    """The classes of customers."""
    channels: Annotated[dict[Name, Channel], Field(min_length=1)]
    """Where leads come from."""
    journeys: Annotated[dict[Name, Journey], Field(min_length=1)]
    """Per tier, the steps from lead to LIVE customer, in order."""
    people: Annotated[dict[Name, People], Field(default_factory=dict)]
    """Per role, what holds for everybody in it."""
    overhead: dict[Name, Overhead] = {}
    """Other people and costs that are paid every month, by name."""
    organization: Organization
    """The teams, and how work passes between them."""
    opening: Opening | None = None
    """What is there when the simulation begins; left out, nothing."""

    @model_validator(mode="wrap")
    @classmethod
    def _consistent(cls, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
        """Check the parts one by one *and* against each other, and report both kinds of fault together."""
        return validated(cls.__name__, data, handler)

    def override(self, *assignments: str) -> Scenario:
        """A new, checked scenario with some values changed; this one stays as it is.

        Args:
            assignments: texts as in ``load(path, overrides=[...])`` and after ``--set``: a dotted path, ``=``
                and a value in YAML. They are applied in order; ``null`` removes a key.

        Raises:
            ScenarioError: with every fault found, each at its place in the assignment, or else at the dotted
                path of the value.
            InputError: if an assignment is no text.

        Example:
            >>> pod = load("scenarios/pod.yaml")
            >>> larger = pod.override("organization.teams.pod.count=4", "people.AE.hours_per_month=120")
            >>> larger.organization.teams["pod"].count
            4
        """
        faults: list[Fault] = []
        patches = read_assignments(_several(assignments, "assignments", (str,), EXAMPLE), faults)
        written = self.model_dump(exclude_unset=True, exclude_none=True)
        return build(Scenario, [node_of(written)], patches, faults)


def load(
    path: str | os.PathLike[str],
    *,
    overrides: Sequence[str] = (),
    overlays: Sequence[str | os.PathLike[str]] = (),
    doubts: list[Fault] | None = None,
) -> Scenario:
    """Read a scenario file, with all that it extends; lay ``overlays`` over it, then ``overrides``; check the
    result.

    Args:
        path: the scenario file.
        overrides: texts such as ``"people.AE.salary_per_year=70000"``, applied last and in order.
        overlays: files to be merged on top as if they extended the scenario.
        doubts: takes what may be a slip, though nothing is wrong with it: a team ``pods``, new beside a team
            ``pod`` that the file extends; a salary of 75 a year.

    Raises:
        ScenarioError: with every fault found, each at its place in the file (or override) that it was written
        in.
        InputError: if ``overrides`` or ``overlays`` is no list of texts.
    """
    faults: list[Fault] = []
    layers = read_files([path, *_several(overlays, "overlays", (str, os.PathLike), "claims.yaml")], faults)
    patches = read_assignments(_several(overrides, "overrides", (str,), EXAMPLE), faults)
    if layers is None:
        raise ScenarioError(faults)
    return build(Scenario, layers, patches, faults, doubts)


def _several(given: Sequence[Any], what: str, each: tuple[type, ...], example: str) -> list[Any]:
    """What was given as a list of texts.

    Raises:
        InputError: if it is a single text, whose letters would be taken one by one, or something else.
    """
    expected = f"a list of texts, such as [{example!r}]"
    if isinstance(given, (str, bytes, dict, set)) or not isinstance(given, Iterable):
        raise InputError(f"{what}: found {shortened(repr(given))}, expected {expected}")
    for i, one in enumerate(given):
        if not isinstance(one, each):
            raise InputError(f"{what}[{i}]: found {shortened(repr(one))}, expected {expected}")
    return list(given)


def to_yaml(scenario: Scenario) -> str:
    """The whole scenario as YAML, defaults included; ``load`` reads it back to an equal one.

    Steps stand in the order of their journey.
    """
    data = scenario.model_dump(mode="json", exclude_none=True)
    for tier, steps in scenario.journeys.items():
        data["journeys"][tier] = {name: data["journeys"][tier][name] for name in in_order(steps)}
    return yaml_text(data)


def doubts_between(scenarios: Mapping[str, Scenario]) -> list[str]:
    """What may be a slip in a comparison, though each scenario is valid; a sentence each.

    Args:
        scenarios: the alternatives by name, the first being the one that the others are compared with.
    """
    return differences(
        {name: each.tiers for name, each in scenarios.items()},
        {name: each.opening for name, each in scenarios.items()},
    )


def doubts_of_size(scenario: Scenario) -> list[str]:
    """Warnings about a scenario of which one replication takes minutes, or gigabytes; a sentence each."""
    months = scenario.warm_up_months + scenario.horizon_months
    parts = scenario.channels, scenario.journeys, scenario.people, scenario.organization
    return list(size_doubts(size_of(*parts, months)))
