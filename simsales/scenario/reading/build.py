"""From layers of nodes to a checked model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from simsales.errors import Fault, ScenarioError
from simsales.scenario.reading.expected import FieldType
from simsales.scenario.reading.faults import faults_of, idle_faults, likely_slips, path_fault
from simsales.scenario.reading.merge import Idle, NewKey, merge
from simsales.scenario.reading.nodes import Node
from simsales.scenario.reading.plausible import implausible, misread

Model = TypeVar("Model", bound=BaseModel)


def build(
    model: type[Model],
    layers: Iterable[Node],
    patches: Iterable[Node],
    faults: list[Fault],
    doubts: list[Fault] | None = None,
) -> Model:
    """Lay the layers over each other, then the patches of assignments; check the result.

    Args:
        model: what to build.
        layers: one at least, each over the one before.
        patches: dotted paths with a value, each over the one before.
        faults: those found while the layers were read; they are reported together with the others.
        doubts: takes names that may be misspelled, and numbers that are implausible, though nothing is
            wrong with them.

    Raises:
        ScenarioError: with every fault found.
    """
    schema = FieldType(model)
    idle: list[Idle] = []
    new: list[NewKey] = []
    root: Node | None = None
    for layer in layers:
        root = merge(root, layer, idle, new)
    assert root is not None
    for patch in patches:
        fault = path_fault(patch, root, schema)
        if fault is not None:
            faults.append(fault)
        else:
            root = merge(root, patch, idle, new)
    faults.extend(idle_faults(idle, root, schema))
    try:
        built = model.model_validate(root.plain())
    except ValidationError as error:
        raise ScenarioError([*faults, *faults_of(error, root, schema)]) from None
    if faults:
        raise ScenarioError(faults)
    if doubts is not None:
        doubts.extend(likely_slips(new, schema))
        doubts.extend(implausible(root))
        doubts.extend(misread(root))
    return built
