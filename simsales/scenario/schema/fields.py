"""What every part of the schema is made of: states, names, bounds and shares."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

State = Literal["Suspect", "Prospect", "MQL", "SQL", "SAL", "WIN", "LIVE"]
"""The state of a lead or customer, in the order of the customer's journey."""

STATES: tuple[State, ...] = ("Suspect", "Prospect", "MQL", "SQL", "SAL", "WIN", "LIVE")

LeadState = Literal["Suspect", "Prospect", "MQL", "SQL", "SAL"]
"""The states of a lead that is not a customer yet."""

NOBODY = "nobody"
"""Stands in ``by`` for a step that takes nobody's time."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=60)]
"""A name that ``--set`` can address: letters, digits, ``_`` and ``-``, beginning with a letter or ``_``."""

Probability = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1e12)]

Factor = Annotated[float, Field(ge=0, le=100)]
"""A multiplier; 1 changes nothing."""

# Bounds that no sales organization reaches. They keep a typing error from filling the memory.
LEAST = 1e-15
"""Least number other than 0, in size: what is divided by a smaller one, or drawn from it, may be infinite."""
MAX_MONTHS = 1200
MAX_LEADS_PER_MONTH = 1e6
MAX_PEOPLE = 100_000


def fault(found: str, expected: str) -> PydanticCustomError:
    """An error with a text of our own; ``reading/faults.py`` takes ``found`` and ``expected`` from it."""
    return PydanticCustomError(
        "simsales", "found {found}, expected {expected}", {"found": found, "expected": expected}
    )


def _twelve(season: list[float]) -> list[float]:
    if len(season) != 12:
        raise fault(f"{len(season)} season factors", "12, one per calendar month, January first")
    return season


Season = Annotated[list[Annotated[float, Field(ge=0, le=100)]], AfterValidator(_twelve)]
"""Twelve factors, one per calendar month, January first."""


def _sum_to_one(shares: dict[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise fault(f"shares that sum to {total:.12g}", "shares that sum to 1")
    return shares


Shares = Annotated[dict[Name, Probability], Field(min_length=1), AfterValidator(_sum_to_one)]
"""A share for each name; the shares sum to 1."""


class Part(BaseModel):
    """A part of a scenario: no unknown keys, no changes after it is built, no nan or inf."""

    # A part is checked with its scenario; its own validator is built only when it is used alone.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True,
        defer_build=True,
    )  # fmt: skip

    @field_validator("*")
    @classmethod
    def _none_too_small(cls, value: Any) -> Any:
        numbers = (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
        )
        for each in numbers:
            if isinstance(each, float) and 0 < abs(each) < LEAST:
                raise fault(repr(each), f"a number of at least {LEAST:g} in size, or 0 where it may be 0")
        return value
