"""Every customer's account, put together from the event log and the scenario alone: what the tests of money
compare with the model's tables.

Written from what the schema's docstrings say, not from the model. Months are counted from 0 here, warm-up
first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from math import inf, nextafter

import log_reader
from small_scenarios import MONTH

from simsales.model import Event, Replication
from simsales.scenario import Scenario
from simsales.scenario.schema.pricing import Contract
from simsales.scenario.schema.tiers import Tier

CENT = 0.005
"""Within which amounts agree that were summed up along different ways."""

OPENING = "opening"


@dataclass
class Account:
    """A customer's life. What the log does not tell of one who is there at the beginning may be unknown."""

    lead: log_reader.Lead
    tier: str
    signed: Event | None
    """None for one who is there at the beginning."""
    months: int
    contract: str | None = None
    mrr: list[float | None] = field(default_factory=list)
    """At the start of each month; None if it is no customer then. The gain since the beginning if the MRR is
    not ``known``."""
    age: list[int] = field(default_factory=list)
    """In full months, that month included; 0 if it is no customer then."""
    gains: list[float] = field(default_factory=list)
    """What it pays more from the end of each month on (or less), if it stays."""
    left: list[bool] = field(default_factory=list)
    """Whether it leaves at the end of each month."""
    returned: list[bool] = field(default_factory=list)
    """Whether it comes back at the end of each month."""
    known: bool = True
    """Whether its contract and MRR are known from the beginning."""
    aged: bool = True
    """Whether its age is."""

    @property
    def month(self) -> int:
        """The month in which it signed, −1 for one who is there at the beginning."""
        return -1 if self.signed is None else int(self.signed.time_days // MONTH)

    @property
    def part(self) -> float:
        """The part of the month of signature for which it pays."""
        return 0.0 if self.signed is None else self.month + 1 - self.signed.time_days / MONTH


def list_price(product: Tier, warm_up: int, time_days: float) -> float:
    """The list price of a tier at a time."""
    changes = sorted(product.price_changes.items(), key=lambda item: (item[1].month, item[0]))
    starts = [(change.month - 1 + warm_up) * MONTH for _, change in changes]
    so_far = bisect_right(starts, time_days)
    return changes[so_far - 1][1].price_per_month if so_far else product.price_per_month


def holds(contract: Contract, warm_up: int, time_days: float) -> bool:
    """Whether its discount, and that it is not offered, hold at a time."""
    return contract.from_month is None or time_days >= (contract.from_month - 1 + warm_up) * MONTH


def month_at_end(event: Event) -> int:
    """The month at whose end something happens to a customer."""
    number = event.time_days / MONTH
    assert number == int(number), "customers leave, return and change at a month's end"
    return int(number) - 1


def accounts(replication: Replication, scenario: Scenario) -> list[Account]:
    """Everybody who has ever been a customer."""
    months = scenario.warm_up_months + scenario.horizon_months
    found = []
    for lead, life in log_reader.events_by_lead(replication).items():
        there = life[0].detail == "LIVE"
        signed = [e for e in life if e.kind == "sign"]
        assert len(signed) <= (not there)
        if there or signed:
            account = Account(lead, life[0].tier, None if there else signed[0], months)
            _live_through(account, life, *_beginning(account, scenario))
            found.append(account)
    return found


def _beginning(account: Account, scenario: Scenario) -> tuple[float, int]:
    """MRR and age at the beginning."""
    if account.signed is not None:
        account.contract = account.signed.step
        return account.signed.mrr, 0
    product, opening = scenario.tiers[account.tier], scenario.opening
    assert opening is not None
    base = opening.customers[account.tier]
    account.aged = isinstance(base.age_months, (int, float))
    age = int(base.age_months) if isinstance(base.age_months, (int, float)) else 0
    candidates = product.contracts if base.contracts is None else base.contracts
    account.known = len(candidates) == 1 and isinstance(product.discount, (int, float))
    if not (account.known and isinstance(product.discount, (int, float))):
        return 0.0, age
    (account.contract,) = candidates
    terms = product.contracts[account.contract]
    warm_up, signed = scenario.warm_up_months, nextafter(-age * MONTH, -inf)
    price = list_price(product, warm_up, signed)
    if age >= terms.term_months:  # renewed since, at what held for renewals then
        renewed = nextafter(-(age % terms.term_months) * MONTH, -inf)
        for change in sorted(product.price_changes.values(), key=lambda change: change.month):
            start = (change.month - 1 + warm_up) * MONTH
            if change.base == "at_renewal" and signed < start <= renewed:
                price = change.price_per_month
    price *= 1 - min(product.discount, 0.99)
    return round(price * (1 - (terms.discount if holds(terms, warm_up, signed) else 0.0)), 2), age


def _live_through(account: Account, life: list[Event], mrr: float, age: int) -> None:
    at_end: dict[int, list[Event]] = defaultdict(list)
    for event in life:
        if event.kind in ("expansion", "contraction", "leave", "return"):
            at_end[month_at_end(event)].append(event)
    there = account.signed is None
    for month in range(account.months):
        account.mrr.append(mrr if there else None)
        account.age.append(age + 1 if there else 0)
        age += there
        events = at_end[month]
        kinds = [e.kind for e in events]
        gain = sum(e.mrr * {"expansion": 1, "contraction": -1}.get(e.kind, 0) for e in events)
        assert all(e.mrr > 0 for e in events if e.kind in ("expansion", "contraction"))
        account.left.append("leave" in kinds)
        account.returned.append("return" in kinds)
        account.gains.append(gain)
        if kinds:
            assert "leave" not in kinds or kinds == ["leave"], "more than that happened to one who left"
            assert "return" not in kinds or kinds == ["return"]
            assert there == ("return" not in kinds)
            lasting = events[0].mrr if kinds[0] in ("leave", "return") else None
            if lasting is not None and account.known:
                assert abs(lasting - mrr) < CENT, "it leaves or returns with what it paid"
        mrr += gain
        there = (there or account.returned[-1] or month == account.month) and not account.left[-1]
        if account.returned[-1]:
            age = 0


def parts(account: Account) -> list[float]:
    """For each month, the part of it from the day on which the customer's own months begin: 0 for one who was
    there at the beginning or has returned, and lives by calendar months.
    """
    return [0.0 if any(account.returned[:month]) else account.part for month in range(account.months)]


def after(account: Account, month: int) -> float:
    """MRR from the day of the month on which the customer's own months begin."""
    mrr = account.mrr[month]
    return 0.0 if account.left[month] or mrr is None else mrr + account.gains[month]


def earned(account: Account, month: int) -> float:
    """Revenue of a month: the old MRR up to the day of signature, the new one, or none, from it on."""
    if account.signed is not None and month == account.month:
        return account.signed.mrr * account.part
    part, mrr = parts(account)[month], account.mrr[month]
    return 0.0 if mrr is None else (1 - part) * mrr + part * after(account, month)


def served(account: Account, month: int) -> float:
    """The part of the month for which it is served."""
    if account.signed is not None and month == account.month:
        return account.part
    return 0.0 if account.mrr[month] is None else 1 - parts(account)[month] * account.left[month]


@dataclass
class Cash:
    """What a customer pays, month by month."""

    receipts: list[float]
    deferred: list[float]
    """Paid but not yet earned, at each month's end."""
    at_first: float = 0.0
    """The same at the beginning."""


def cash(account: Account, scenario: Scenario) -> Cash:
    """Payments as the contract has them, on the first day of the months that they are for; what comes on top
    within months paid ahead is paid at once.
    """
    assert account.contract is not None
    ahead = scenario.tiers[account.tier].contracts[account.contract].paid_months_ahead
    receipts, deferred = [0.0] * account.months, [0.0] * account.months
    at_first = 0.0
    if account.signed is not None:
        left = ahead - 1
        receipts[account.month] = account.signed.mrr * ahead
        deferred[account.month] = account.signed.mrr * (ahead - account.part)
    else:
        first = account.mrr[0]
        assert first is not None
        left = -(account.age[0] - 1) % ahead
        at_first = first * left
    for month, mrr in enumerate(account.mrr):
        if mrr is None:
            continue
        part, new = parts(account)[month], after(account, month)
        if account.age[month] == 1 and any(account.returned[:month]):
            left = 0
        # Who lives by calendar months has the one that ends among those paid for.
        assert not (account.left[month] and left > (part == 0)), "somebody leaves who has paid for more"
        more = 0.0 if account.left[month] else new - mrr
        if left:
            left -= 1
            receipts[month] += more * (left + (part > 0))
        else:
            left = ahead - 1
            receipts[month] += new * ahead if part else mrr * ahead + more * left
        deferred[month] = new * (left + (1 - part if part else 0))
    return Cash(receipts, deferred, at_first)
