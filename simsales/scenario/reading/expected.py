"""What the schema expects at a path, and how a message describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo

from simsales.scenario.schema.distributions import Distribution

NAME = "a name (letters, digits, _ and -, beginning with a letter or _)"


@dataclass(frozen=True)
class FieldType:
    """A type of the schema without ``Annotated`` and ``| None``, and its limits."""

    bare: Any
    limits: tuple[Any, ...] = ()

    @property
    def fields(self) -> dict[str, FieldInfo] | None:
        """The fields by name, if it is a mapping with fixed keys."""
        if isinstance(self.bare, type) and issubclass(self.bare, BaseModel):
            return self.bare.model_fields
        return None

    @property
    def tagged(self) -> dict[str, FieldType]:
        """The members by tag, if it is a union with tags; pydantic puts these into its locations."""
        members = {}
        if get_origin(self.bare) in (Union, UnionType):
            for member in get_args(self.bare):
                for limit in get_args(member)[1:]:
                    if isinstance(limit, Tag):
                        members[limit.tag] = field_type(member)
        return members

    @property
    def values(self) -> FieldType | None:
        """The type of the values, if it is a mapping whose keys are names."""
        return field_type(get_args(self.bare)[1]) if get_origin(self.bare) is dict else None

    def known_keys(self) -> list[str]:
        """The keys that a mapping with fixed keys may have."""
        if self.fields is not None:
            return list(self.fields)
        return list(dict.fromkeys(key for member in self.tagged.values() for key in member.known_keys()))

    def choices(self) -> list[str]:
        """The values that are possible, if they can be listed."""
        return [str(each) for each in get_args(self.bare)] if get_origin(self.bare) is Literal else []

    def below(self, part: str | int) -> FieldType | None:
        """The type under a key, an index or a tag; None if the schema has none there."""
        if self.tagged:
            return self.tagged.get(str(part))
        if self.fields is not None:
            info = self.fields.get(str(part))
            return field_type(info.annotation, tuple(info.metadata)) if info is not None else None
        if get_origin(self.bare) is list:
            return field_type(get_args(self.bare)[0])
        return self.values

    def at(self, path: Sequence[str]) -> FieldType | None:
        """The type at a path of keys as a user writes them, without tags; None if the schema has none there.

        Where a mapping may be one of several types, it is the first that has the next key.
        """
        found: FieldType | None = self
        for part in path:
            if found is not None and found.tagged:
                members = found.tagged.values()
                found = next((member for member in members if part in (member.fields or ())), None)
            found = found.below(part) if found is not None else None
        return found

    def takes(self, number: Decimal) -> bool:
        """Whether it is a number, and may be this one."""
        if self.tagged:
            return any(member.takes(number) for member in self.tagged.values() if member.fields is None)
        if self.bare not in (int, float) or (self.bare is int and number % 1):
            return False
        above, least, most = self._limit("gt"), self._limit("ge"), self._limit("le")
        return (
            (above is None or number > above)
            and (least is None or number >= least)
            and (most is None or number <= most)
        )

    def description(self) -> str:
        """What is expected, for a message."""
        if self.tagged:
            plain = [member.description() for member in self.tagged.values() if member.fields is None]
            if any(member.bare is Distribution for member in self.tagged.values()):
                plain.append("a distribution such as {lognormal: {mean: 7, sd: 4}}")
            return ", or ".join(plain) or f"a mapping with some of {', '.join(self.known_keys())}"
        if self.choices():
            return f"one of {', '.join(self.choices())}"
        if self.bare in (int, float):
            return ("a whole number" if self.bare is int else "a number") + self._bounds()
        if self.bare is bool:
            return "true or false"
        if self.bare is str:
            return self._text()
        if self.fields is not None:
            return f"a mapping with some of {', '.join(self.fields)}"
        least = self._limit("min_length")
        entries = "" if not least else f" with at least {'one entry' if least == 1 else f'{least} entries'}"
        return ("a mapping" if get_origin(self.bare) is dict else "a list") + entries

    def _limit(self, name: str) -> Any:
        return next(
            (found for limit in self.limits if (found := getattr(limit, name, None)) is not None), None
        )

    def _bounds(self) -> str:
        above, least, most = self._limit("gt"), self._limit("ge"), self._limit("le")
        if least is not None and most is not None:
            return f" from {_figure(least)} to {_figure(most)}"
        bounds = (("above", above), ("of at least", least), ("at most", most))
        return "".join(
            f"{' and' if text == 'at most' else ''} {text} {_figure(limit)}"
            for text, limit in bounds
            if limit is not None
        )

    def _text(self) -> str:
        if self._limit("pattern"):
            return NAME
        least, most = self._limit("min_length"), self._limit("max_length")
        return f"a text of {least or 0} to {most} characters" if most else "a text"


def field_type(annotation: Any, limits: tuple[Any, ...] = ()) -> FieldType:
    """The type in an annotation, without ``Annotated``, ``Field`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return field_type(
            inner, (*(x for each in more for x in getattr(each, "metadata", None) or [each]), *limits)
        )
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        if len(members) == 1:
            return field_type(members[0], limits)
    return FieldType(annotation, limits)


def _figure(value: float) -> str:
    """A number for a message: 1,000,000 rather than 1e+06."""
    return f"{value:,.15g}" if isinstance(value, float) else f"{value:,}"
