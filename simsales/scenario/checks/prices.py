"""Whether what responds to the price has a price to be held against, and the same one in all alternatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simsales.scenario.checks.raw import Inconsistency, entries, get, number
from simsales.scenario.messages import shortened
from simsales.scenario.schema.opening import Opening
from simsales.scenario.schema.tiers import Tier

REFERENCE = "reference_price_per_month"

_RESPONSES = (
    ("price_response", "win_odds_elasticity"),
    ("price_response", "churn_exponent"),
    ("cycle", "price_exponent"),
)
"""What holds at the reference price, within a tier; the contracts' ``share_price_exponent`` comes on top."""


def price_faults(data: Any) -> Iterator[Inconsistency]:
    """Responses to the price without a reference price.

    That would be the price itself, and follow it: whoever changes the price would see no response at all.
    """
    for tier, product in entries(data, "tiers").items():
        if product.get(REFERENCE) is not None:
            continue
        contracts = (("contracts", name, "share_price_exponent") for name in entries(product, "contracts"))
        for path in (*_RESPONSES, *contracts):
            strength = number(get(product, *path))
            if strength:
                price = number(product.get("price_per_month"))
                such_as = f", such as {price:.15g}" if price else ""
                expected = (
                    f"{REFERENCE} in tiers.{shortened(tier)}{such_as}: the price at which everything is as "
                    "stated; left out, it follows every change of the price, which would then be free"
                )
                yield Inconsistency(("tiers", tier, *path), f"{strength:g} without {REFERENCE}", expected)


def differences(tiers: Mapping[str, Mapping[str, Tier]], openings: Mapping[str, Opening | None]) -> list[str]:
    """Warnings about alternatives whose prices are not held against the same one, a sentence each.

    Args:
        tiers: of each alternative by name, the first being the one that the others are compared with.
        openings: of each alternative by name.
    """
    (baseline, theirs), *others = tiers.items()
    found = []
    for name, product in theirs.items():
        for other, there in others:
            if name not in there:
                continue
            changed = there[name]
            references = product.reference_price_per_month, changed.reference_price_per_month
            if references[0] != references[1] and None not in references:
                found.append(
                    f"{other}: the reference price of {name} is {references[1]:g}, and {references[0]:g} in "
                    f"{baseline}: what responds to the price differs by more than the price; is that meant?"
                )
            prices = product.price_per_month, changed.price_per_month
            if prices[0] != prices[1] and all(_customers(openings[each], name) for each in (baseline, other)):
                found.append(
                    f"{other}: the customers of {name} there at the beginning pay {prices[1]:g}, and "
                    f"{prices[0]:g} in {baseline}: the price was never changed for them; price_changes does "
                    "that from a month on. Is it meant?"
                )
    return found


def _customers(opening: Opening | None, tier: str) -> int:
    there = opening.customers.get(tier) if opening is not None else None
    return 0 if there is None else there.customers
