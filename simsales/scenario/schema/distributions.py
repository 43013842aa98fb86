"""Quantities: a number, or the distribution that it is drawn from."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from simsales.scenario.schema.fields import Part, fault


class Exponential(Part):
    """Memoryless: many short, a few long."""

    mean: float = Field(gt=0, le=1e6)
    """Mean of the quantity, in its own unit."""


class Lognormal(Part):
    """Positive, with a long right tail; usual for working and waiting times."""

    mean: float = Field(gt=0, le=1e6)
    """Mean of the quantity itself, not of its logarithm."""
    sd: float = Field(ge=0, le=1e6)
    """Standard deviation of the quantity itself, not of its logarithm."""


class Uniform(Part):
    """Anything between two bounds, all values equally likely."""

    low: float = Field(ge=0, le=1e6)
    """Smallest value."""
    high: float = Field(ge=0, le=1e6)
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise fault(f"low {self.low:g} above high {self.high:g}", "low to be at most high")
        return self


class Triangular(Part):
    """Between two bounds, with a most likely value: an expert's guess."""

    low: float = Field(ge=0, le=1e6)
    """Smallest value."""
    mode: float = Field(ge=0, le=1e6)
    """Most likely value."""
    high: float = Field(ge=0, le=1e6)
    """Largest value."""

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not self.low <= self.mode <= self.high:
            raise fault(f"low {self.low:g}, mode {self.mode:g}, high {self.high:g}", "low ≤ mode ≤ high")
        return self


class Distribution(Part):
    """A random quantity: exactly one distribution, by name."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    uniform: Uniform | None = None
    triangular: Triangular | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Distribution:
        if len(self.model_fields_set) != 1:
            known = ", ".join(type(self).model_fields)
            named = ", ".join(name for name in type(self).model_fields if name in self.model_fields_set)
            removal = "; null removes one that is inherited" if named else ""
            raise fault(
                f"{len(self.model_fields_set)} distributions ({named or 'none'})", f"one of {known}{removal}"
            )
        return self

    @property
    def law(self) -> Exponential | Lognormal | Uniform | Triangular:
        """The one distribution that is named."""
        (name,) = self.model_fields_set
        law: Exponential | Lognormal | Uniform | Triangular = getattr(self, name)
        return law

    @property
    def mean(self) -> float:
        """Mean of the quantity, in its own unit."""
        law = self.law
        if isinstance(law, Uniform):
            return (law.low + law.high) / 2
        if isinstance(law, Triangular):
            return (law.low + law.mode + law.high) / 3
        return law.mean


def _number_or_distribution(value: Any) -> str:
    return "distribution" if isinstance(value, (dict, Distribution)) else "number"


Quantity = Annotated[
    Annotated[Annotated[float, Field(ge=0, le=1e6)], Tag("number")]
    | Annotated[Distribution, Tag("distribution")],
    Discriminator(_number_or_distribution),
]
"""A time or an effort: a number ≥ 0, or a distribution by name."""


def mean_of(quantity: float | Distribution) -> float:
    """Mean of a ``Quantity``, in its own unit."""
    return quantity.mean if isinstance(quantity, Distribution) else quantity
