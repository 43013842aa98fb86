"""What must agree between the parts of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ModelWrapValidatorHandler

if TYPE_CHECKING:
    from simsales.scenario.schema import Scenario


def validated(title: str, data: Any, handler: ModelWrapValidatorHandler[Scenario]) -> Scenario:
    """Build the scenario from ``data``; raise every fault, of single fields and between parts, at once."""
    return handler(data)
