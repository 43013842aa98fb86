"""Any value that the schema allows, in any field: changes to a scenario, drawn from the schema itself.

A field that is added to the schema is drawn here without being named, with every alternative that it has.
Only sizes are kept small (``MOST``), so that hundreds of such scenarios can be simulated.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from simsales.scenario import Scenario
from simsales.scenario.reading.expected import FieldType, field_type
from simsales.scenario.schema.distributions import Distribution

Data = dict[str, Any]
Path = tuple[str, ...]

MOST = {"horizon_months": 8, "warm_up_months": 3, "count": 3, "members": 3, "customers": 20, "pipeline": 5}
"""Largest value by key (or by the key of the mapping that holds it); of all other numbers `ANYWHERE`."""
ANYWHERE = 40
LENGTHS = {"season": 12, "weekday": 7}
SCHEMA = FieldType(Scenario)


def places(data: Any, expected: FieldType, path: Path = ()) -> Iterator[tuple[Path, FieldType]]:
    """Every field that the scenario has or could have, with its type; entries of mappings that are there."""
    if expected.tagged:
        if "distribution" in expected.tagged:
            return
        kind = {"worked_by": "outbound", "leads_per_customer_month": "referral"}
        tag = next((tag for key, tag in kind.items() if key in data), "inbound")
        expected = expected.tagged[tag]
    for name, info in (expected.fields or {}).items():
        below = field_type(info.annotation, tuple(info.metadata))
        yield (*path, name), below
        if isinstance(data.get(name), dict) and below.bare is not Distribution:
            yield from places(data[name], below, (*path, name))
    if expected.values is not None and isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, dict):
                yield from places(value, expected.values, (*path, name))
            else:
                yield (*path, name), expected.values


def alternatives(expected: FieldType, path: Path, data: Data, chance: random.Random) -> list[Any]:
    """One value of each kind that the type allows: laws, literals, least and largest number, presence."""
    if expected.tagged:
        if expected.fields is None and "distribution" not in expected.tagged:
            return []  # another kind of channel has other keys
        return [
            each for member in expected.tagged.values() for each in alternatives(member, path, data, chance)
        ]
    if expected.bare is Distribution:
        low, mode, high = sorted(chance.uniform(0, 0.9) for _ in range(3))
        return [
            {"exponential": {"mean": high + 0.01}},
            {"lognormal": {"mean": high + 0.01, "sd": chance.choice([0.0, low])}},
            {"uniform": {"low": low, "high": high}},
            {"triangular": {"low": low, "mode": mode, "high": high}},
        ]
    if expected.choices():
        return expected.choices()
    if expected.bare is bool:
        return [False, True]
    if expected.bare in (int, float):
        return _numbers(expected, path, chance)
    if expected.bare is str:
        return [chance.choice(_texts(path, data))]
    if expected.fields is not None:
        made = {}
        for name, info in expected.fields.items():
            if info.is_required() or chance.random() < 0.4:
                below = alternatives(
                    field_type(info.annotation, tuple(info.metadata)), (*path, name), data, chance
                )
                if below:
                    made[name] = chance.choice(below)
        return [made]
    inner = expected.values or field_type(get_args(expected.bare)[0])
    if get_origin(expected.bare) is list:
        if path[-1] == "price_tiers":
            return [[1.0, 1.5], [1.0, 2.0, 3.0]]
        length = LENGTHS.get(path[-1], 1)
        return [[chance.choice(alternatives(inner, path, data, chance)) for _ in range(length)]]
    names = _keys(path, data)
    if not names:
        return []
    if inner.bare is float:  # shares
        part = 1 / len(names)
        return [dict.fromkeys(names, part), {names[0]: 1.0}]
    return [{name: chance.choice(alternatives(inner, (*path, name), data, chance)) for name in names}]


def _numbers(expected: FieldType, path: Path, chance: random.Random) -> list[Any]:
    """Least, largest (as far as the time of a test allows), and one between them; 0 and 1, often neutral."""
    limits = {}
    for name in ("gt", "ge", "le", "lt"):
        limits[name] = next(
            (getattr(each, name) for each in expected.limits if getattr(each, name, None) is not None), None
        )
    low = limits["ge"] if limits["ge"] is not None else limits["gt"]
    high = limits["le"] if limits["le"] is not None else limits["lt"]
    most = MOST.get(path[-1], MOST.get(path[-2] if len(path) > 1 else "", MOST.get(path[0], ANYWHERE)))
    low, high = max(low or 0, -3), min(most if high is None else high, most)
    if path[-1] in ("month", "from_month", "first_month"):
        low, high = max(low, 1), 6
    between = chance.randint(int(low), int(high)) if expected.bare is int else chance.uniform(low, high)
    found = [low, high, between, *(each for each in (0, 1) if low <= each <= high)]
    return [each if expected.bare is int else float(each) for each in found]


def _texts(path: Path, data: Data) -> list[str]:
    """What may stand in a text: mostly a name that the scenario has."""
    roles = list(data["people"])
    tier = path[1] if len(path) > 1 else ""
    of = {
        "by": [*roles, "nobody"] if path[0] == "journeys" else roles, "worked_by": roles, "joined_by": roles,
        "to": list(data["journeys"].get(tier, ["x"])), "after": list(data["journeys"].get(tier, ["x"])),
        "channels": list(data["channels"]), "tiers": list(data["tiers"]), "regions": ["eu", "us"],
        "industries": ["bank", "shop"], "currency": ["EUR", "¥"], "lost": ["no budget", "gone cold"],
    }  # fmt: skip
    return of.get(path[-1], ["a text"])


def _keys(path: Path, data: Data) -> list[str]:
    """Keys of a mapping by names, where it is made anew."""
    if path[-1] == "contracts" and path[0] == "opening":
        return (
            sorted(data["tiers"][path[2]].get("contracts", ["monthly"])) if path[2] in data["tiers"] else []
        )
    of = {
        "regions": ["eu", "us"], "industries": ["bank", "shop"], "levers": ["up", "cross"], "age": ["first"],
        "bursts": ["show"], "price_changes": ["rise"], "contracts": ["short"], "overhead": ["rent"],
        "customers": list(data["tiers"]), "pipeline": list(data["tiers"]),
    }  # fmt: skip
    if path[0] == "opening" and len(path) == 3:
        return list(data["journeys"][path[2]])[:1]
    if path[0] == "channels" and path[-1] == "tiers":
        return list(data["tiers"])
    return of.get(path[-1], [])


def changed(data: Data, path: Path, value: Any) -> Data | None:
    """The scenario with a value at a path, if that is a valid one; None if not."""
    made = deepcopy(data)
    part = made
    for key in path[:-1]:
        part = part.setdefault(key, {})
    part[path[-1]] = value
    try:
        Scenario.model_validate(made)
    except ValidationError:
        return None
    return made


def varied(data: Data, chance: random.Random, changes: int) -> Data:
    """The scenario with so many changes drawn from the schema; those that make it invalid are left out."""
    for _ in range(changes):
        path, expected = chance.choice(list(places(data, SCHEMA)))
        values = alternatives(expected, path, data, chance)
        if values and path not in (("tiers",), ("channels",), ("journeys",), ("people",), ("organization",)):
            data = changed(data, path, chance.choice(values)) or data
    return data
