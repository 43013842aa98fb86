"""Whether the parts of a scenario agree: names, shares, volumes, the opening.

The checks run on the data as it was given, whatever pydantic makes of it, so that their faults are reported
together with those of single fields. ``staffing.py`` checks who does the work, ``journeys.py`` how leads get
through their journeys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp, log1p, prod
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simsales.scenario.checks.journeys import journey_faults
from simsales.scenario.checks.prices import price_faults
from simsales.scenario.checks.raw import (
    MOST_SEGMENTS,
    OPENING,
    Inconsistency,
    Path,
    RawChannel,
    entries,
    get,
    mapping,
    names,
    number,
    plain,
    raw_channels,
    unknown,
)
from simsales.scenario.checks.staffing import staffing_faults
from simsales.scenario.messages import NearMisses, shortened
from simsales.scenario.schema.fields import MAX_MONTHS

LEAST_SHARE = 1e-4
"""Least share of a channel's leads: for one name of a rarer segment a list would be read nearly endlessly."""

MAX_LEADS = 5_000_000
"""Most leads that one channel may be expected to bring over the whole time."""

MAX_OPENING = 1_000_000
"""Most customers, and most leads, that may be there at the beginning."""

T = TypeVar("T")


def validated(title: str, data: Any, handler: Callable[[Any], T]) -> T:
    """Build a scenario from ``data``; raise every fault, of single fields and between parts, at once.

    Args:
        title: the name of what is built, for the error.
        data: plain data, or a scenario that is built already.
        handler: builds the scenario, and raises a ValidationError with the faults of single fields.
    """
    faults = [] if isinstance(data, BaseModel) else list(_faults(plain(data)))
    errors: list[InitErrorDetails] = []
    scenario: T | None = None
    try:
        scenario = handler(data)
    except ValidationError as error:
        errors = [_raisable(each) for each in error.errors(include_url=False)]
    # Of several faults at one place (a list is worked by an unknown role, which is therefore also not the
    # role of its first step) only the first is reported.
    first: dict[Path, Inconsistency] = {}
    for fault in faults:
        first.setdefault(fault.path, fault)
    near_misses = NearMisses()
    errors += [fault.as_error(near_misses) for fault in first.values()]
    if errors or scenario is None:
        raise ValidationError.from_exception_data(title, errors) from None
    return scenario


def _raisable(each: Any) -> InitErrorDetails:
    """A collected error in the form in which errors are raised."""
    error: Any = each["type"]
    if error == "simsales":
        error = PydanticCustomError("simsales", "found {found}, expected {expected}", each["ctx"])
    return InitErrorDetails(type=error, loc=each["loc"], input=each["input"], ctx=each.get("ctx", {}))


def _faults(data: Any) -> Iterator[Inconsistency]:
    channels = list(raw_channels(data))
    yield from _tier_faults(data, channels)
    yield from price_faults(data)
    yield from _name_faults(data, channels)
    for channel in channels:
        yield from _share_faults(channel)
        yield from _volume_faults(data, channel)
    yield from staffing_faults(data, channels)
    yield from journey_faults(data, channels)
    yield from _opening_faults(data)


def _tier_faults(data: Any, channels: list[RawChannel]) -> Iterator[Inconsistency]:
    tiers, journeys = mapping(data, "tiers"), mapping(data, "journeys")
    if not tiers:
        return
    if journeys:
        near_misses = NearMisses()
        misspelled = {name: None for name in journeys if name not in tiers}
        meant = {near_misses.of(name, tiers) for name in misspelled}
        for name in misspelled:
            yield unknown(("journeys", name), name, "a tier", tiers, at_key=True)
        for name in tiers:
            if name not in journeys and name not in meant:
                found = f"{shortened(name)}, a tier without a journey"
                expected = f"journeys to have {shortened(name)}"
                yield Inconsistency(("tiers", name), found, expected, True, name, misspelled)
    named: list[tuple[Path, str]] = [
        ((*channel.path, "tiers", name), name)
        for channel in channels
        for name in mapping(channel.raw, "tiers")
    ]
    named += [
        ((OPENING, part, name), name)
        for part in ("customers", "pipeline")
        for name in mapping(data, OPENING, part)
    ]
    for path, name in named:
        if name not in tiers:
            yield unknown(path, name, "a tier", tiers, at_key=True)
    for team, raw in entries(data, "organization", "teams").items():
        for i, name in names(raw, "serves", "tiers"):
            if name not in tiers:
                yield unknown(("organization", "teams", team, "serves", "tiers", i), name, "a tier", tiers)


def _name_faults(data: Any, channels: list[RawChannel]) -> Iterator[Inconsistency]:
    """Names of channels, regions and industries that are not defined anywhere, or that are reserved."""
    if OPENING in mapping(data, "channels"):
        found = f"{OPENING}, which stands for what is there at the beginning"
        yield Inconsistency(("channels", OPENING), found, "another name for a channel", at_key=True)
    known = mapping(data, "channels")
    for tier, journey in entries(data, "journeys").items():
        for step, raw in entries(journey).items():
            for i, name in names(raw, "channels"):
                if known and name not in known:
                    yield unknown(("journeys", tier, step, "channels", i), name, "a channel", known)
    for what, one in (("regions", "a region of some channel"), ("industries", "an industry of some channel")):
        there = dict.fromkeys(name for channel in channels for name in mapping(channel.raw, what))
        for team, raw in entries(data, "organization", "teams").items():
            for i, name in names(raw, "serves", what):
                if name not in there:
                    yield unknown(("organization", "teams", team, "serves", what, i), name, one, there)


def _share_faults(channel: RawChannel) -> Iterator[Inconsistency]:
    rare = False
    smallest = []
    for what in ("tiers", "regions", "industries"):
        shares = {
            name: share for name in channel.shared_by(what) if (share := number(channel.raw[what][name]))
        }
        for name, share in shares.items():
            if share < LEAST_SHARE:
                rare = True
                yield Inconsistency(
                    (*channel.path, what, name), f"a share of {share:g}", f"0, or at least {LEAST_SHARE:g}"
                )
        smallest += [min(shares.values())] if shares else []
    pairs = prod(max(len(channel.shared_by(what)), 1) for what in ("regions", "industries"))
    if pairs > MOST_SEGMENTS:
        found = f"{pairs:,} pairs of region and industry"
        yield Inconsistency((*channel.path, "industries"), found, f"at most {MOST_SEGMENTS:,}")
    elif channel.outbound and not rare and prod(smallest) < LEAST_SHARE:
        found = f"{shortened(channel.name)}, with a share of {prod(smallest):g} for its rarest kind of name"
        yield Inconsistency(channel.path[:-1], found, f"at least {LEAST_SHARE:g} for each", at_key=True)


def _volume_faults(data: Any, channel: RawChannel) -> Iterator[Inconsistency]:
    """More leads than a simulation can take in."""
    volume = number(channel.raw.get("leads_per_month"))
    if volume is None:
        return
    growth = number(channel.raw.get("growth_per_month")) or 0.0
    season = channel.raw.get("season")
    factors = [number(each) or 0.0 for each in season] if isinstance(season, list) and season else [1.0]
    horizon, warm_up = (
        min(max(int(number(get(data, key)) or 0), 0), MAX_MONTHS)
        for key in ("horizon_months", "warm_up_months")
    )
    first = int(number(data.get("start_month")) or 1) - 1

    def total(growth: float) -> float:
        """Expected leads; the level during the warm-up is that of the first month after it."""
        leads, level = 0.0, volume or 0.0
        for month in range(-warm_up, horizon):
            factor = factors[(first + month) % len(factors)]
            leads += level * factor if factor > 0 else 0.0
            if leads > MAX_LEADS:
                break
            level *= 1 + growth if month >= 0 else 1.0
        return leads

    bursts = sum(_burst_leads(raw, warm_up, horizon) for raw in entries(channel.raw, "bursts").values())
    grown = exp(min(horizon * log1p(max(growth, 0.0)), 99.0))
    if volume * max(0.0, *factors) * (warm_up + horizon) * grown + bursts <= MAX_LEADS:
        return  # (as in nearly all scenarios, without counting month by month)
    expected = f"at most {MAX_LEADS:,} in all"
    span = f"{warm_up + horizon:,} months"
    if total(0.0) > MAX_LEADS:
        found = f"{volume:g} leads a month, more than {MAX_LEADS:,} in {span}"
        yield Inconsistency((*channel.path, "leads_per_month"), found, expected)
    elif total(growth) > MAX_LEADS:
        found = f"growth to more than {MAX_LEADS:,} leads in {span}"
        yield Inconsistency((*channel.path, "growth_per_month"), found, expected)
    elif total(growth) + bursts > MAX_LEADS:
        found = f"bursts that make more than {MAX_LEADS:,} leads in {span}"
        yield Inconsistency((*channel.path, "bursts"), found, expected)


def _burst_leads(raw: dict[str, Any], warm_up: int, horizon: int) -> float:
    """Expected leads of a burst and its repetitions."""
    month, leads = number(raw.get("month")), number(raw.get("leads")) or 0.0
    every = number(raw.get("every_months"))
    if month is None or not abs(month) <= MAX_MONTHS:
        return 0.0
    times = 1 if not every or every < 1 else len(range(int(month), horizon + 1, int(every)))
    missed = 0 if not every or every < 1 else len(range(int(month), 1 - warm_up, int(every)))
    return leads * max(times - missed, 0)


def _opening_faults(data: Any) -> Iterator[Inconsistency]:
    for tier, raw in entries(data, OPENING, "customers").items():
        known = mapping(data, "tiers", tier, "contracts") or {"monthly": None}
        for name in mapping(raw, "contracts"):
            if name not in known:
                path = (OPENING, "customers", tier, "contracts", name)
                yield unknown(path, name, "a contract of the tier", known, at_key=True)
    for key, what in (("customers", "customers"), ("pipeline", "leads")):
        there = 0.0
        for tier, raw in entries(data, OPENING, key).items():
            numbers = [raw.get("customers")] if key == "customers" else raw.values()
            there += sum(number(each) or 0 for each in numbers)
            if there > MAX_OPENING:
                found = f"more than {MAX_OPENING:,} {what} with those of {shortened(tier)}"
                yield Inconsistency((OPENING, key), found, f"at most {MAX_OPENING:,} in all", at_key=True)
                break
