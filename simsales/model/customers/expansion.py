"""How the MRR of customers who stay changes: levers, spread, releases, new prices, contraction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simsales.model.customers.customer import RENEWAL, Talk
from simsales.model.customers.table import Mask, Numbers, Rows, number_of_month
from simsales.model.draws import Draw, quantity
from simsales.model.people.person import Person
from simsales.model.pricing.price_list import PriceList
from simsales.scenario.schema.expansion import Lever, Releases
from simsales.scenario.schema.pricing import Contract
from simsales.scenario.schema.tiers import Tier
from simsales.units import MONTH_DAYS


@dataclass(frozen=True)
class Change:
    """What one cause has changed of the customers' MRR."""

    cause: str
    gains: Numbers
    """Of each customer, in the order of the rows; negative is a loss."""
    people: dict[int, Person] = field(default_factory=dict)
    """Who has sold it, by the customer's place in the rows."""


class Expansion:
    """The rules of one tier. Immutable."""

    def __init__(self, product: Tier, contracts: Sequence[Contract], prices: PriceList) -> None:
        self._product = product
        self._prices = prices
        self._levers = dict(sorted(product.levers.items()))
        self._renewals = [contract.renewal for contract in contracts]
        self.months_before = np.array(
            [0 if c.renewal is None else min(c.renewal.months_before, c.term_months) for c in contracts]
        )
        """By contract, how many months before its end the renewal conversation is begun; 0 if it has none."""
        self.renews = bool(self.months_before.any())
        """Whether any contract has such a conversation."""
        self._efforts: dict[str, Draw] = {
            name: quantity(f"lever/{name}/effort", lever.effort_hours) for name, lever in self._levers.items()
        }
        self._renewal_efforts = [
            quantity(f"{RENEWAL}/effort", 0.0 if renewal is None else renewal.effort_hours)
            for renewal in self._renewals
        ]
        self.acts = bool(product.levers or product.spread or product.releases)
        """Whether anything makes customers grow."""
        self.purposes = sorted(self._needs())
        """Purpose and law of the monthly draws that a customer needs."""

    def _needs(self) -> set[tuple[str, str]]:
        needs = {
            (f"lever/{name}/{what}", "uniform")
            for name, lever in self._levers.items()
            for what in (("attempt", "pass") if lever.attempts_per_month else ("pass",))
        }
        for effort in (*self._efforts.values(), *self._renewal_efforts):
            needs |= set(effort.streams)
        product = self._product
        if product.spread is not None:
            needs.add(("spread", "exponential"))
        if product.releases is not None:
            needs.add(("release", "uniform"))
        if product.contraction is not None:
            needs.add(("contraction", "uniform"))
        return needs

    def talks(self, rows: Rows, live: Mask) -> Iterator[tuple[int, Talk]]:
        """The conversations that become due with the month that begins, with the customer's place in the
        rows. Only LIVE customers can grow.
        """
        renewing = np.zeros(len(rows), dtype=bool)
        if self.renews:
            before = self.months_before[rows["contract"]]
            renewing = (rows["term_left"] == before) & (before > 0) & ~rows["talked"]
            for place in np.flatnonzero(renewing).tolist():
                row = rows[place]
                renewal = self._renewals[row["contract"]]
                assert renewal is not None
                hours = _drawn(self._renewal_efforts[row["contract"]], rows[place : place + 1])
                yield place, Talk(RENEWAL, renewal.by, hours, at_renewal=True)
        for name, lever in self._levers.items():
            if lever.by is None:
                continue
            tried = live & self._tried(name, lever, rows, rows["months_known"], 1, renewing)
            for place in np.flatnonzero(tried).tolist():
                hours = _drawn(self._efforts[name], rows[place : place + 1])
                yield place, Talk(name, lever.by, hours, lever.at_renewal and bool(renewing[place]))

    def _tried(
        self, name: str, lever: Lever, rows: Rows, month: NDArray[np.int64], later: int, renewing: Mask
    ) -> Mask:
        """With whom a lever is tried in a month of their lives, ``later`` months after the rows' age."""
        tried = renewing & (rows["term"] > 1) if lever.at_renewal else np.zeros(len(rows), dtype=bool)
        if lever.attempts_per_month:
            tried |= number_of_month(rows, f"lever/{name}/attempt", month) < lever.attempts_per_month
        old_enough: Mask = tried & (rows["age"] + later >= lever.from_month)
        return old_enough

    # ----------------------------------------------------------------------------------------- month's end

    def changes(
        self,
        rows: Rows,
        renewing: Mask,
        growing: Mask,
        talked: Sequence[tuple[int, Talk, Person]],
        now: float,
        month: int,
    ) -> Iterator[Change]:
        """Carry out what changes at a month's end, one cause after the other.

        Args:
            rows: the customers; their MRR, prices and seats are changed.
            renewing: who can change the contract now.
            growing: who stays and is LIVE.
            talked: the conversations that took place, with the places of the customers.
            now: the month's end, in days.
            month: 1 is the first after the warm-up.
        """
        this_month = rows["months_known"] - 1
        yield from self._contraction(rows, renewing, this_month)
        yield from self._new_prices(rows, renewing, now)
        for name, lever in self._levers.items():
            yield self._lever(name, lever, rows, renewing, growing, talked)
        yield from self._spread(rows, growing, this_month)
        yield from self._release(rows, growing, this_month, month)

    def _contraction(self, rows: Rows, renewing: Mask, this_month: NDArray[np.int64]) -> Iterator[Change]:
        """Seats given up at a renewal, if that has come up in any month of the term."""
        rule = self._product.contraction
        if rule is not None:
            keeps = (1 - rule.probability_per_month) ** rows["term"]
            gives_up = renewing & (number_of_month(rows, "contraction", this_month) >= keeps)
            rows["seats"] *= np.where(gives_up, 1 - rule.share, 1.0)
            yield Change("fewer seats", _multiply(rows, gives_up, 1 - rule.share))

    def _new_prices(self, rows: Rows, renewing: Mask, now: float) -> Iterator[Change]:
        """The latest list price that holds for renewals, for those who renew and are not on a later one. (A
        price of 0 stays 0: it has no ratio to another.)
        """
        # A term ends on the day of signature, or with the calendar month.
        place = self._prices.for_renewals(now - rows["part"] * MONTH_DAYS)
        moved = renewing & (rows["list_place"] < place)
        if not moved.any():
            return
        price = np.array(self._prices.prices)[place]
        paying = moved & (rows["list_price"] > 0)
        factor = np.divide(price, rows["list_price"], out=np.ones(len(rows)), where=paying)
        rows["price"] *= factor
        rows["list_price"] = np.where(moved, price, rows["list_price"])
        rows["list_place"] = np.where(moved, place, rows["list_place"])
        gains = _multiply(rows, moved, factor)
        yield Change("price rise", np.maximum(gains, 0.0))
        yield Change("price cut", np.minimum(gains, 0.0))

    def _lever(
        self,
        name: str,
        lever: Lever,
        rows: Rows,
        renewing: Mask,
        growing: Mask,
        talked: Sequence[tuple[int, Talk, Person]],
    ) -> Change:
        """Up-sell, cross-sell or a price increase."""
        this_month = rows["months_known"] - 1
        people: dict[int, Person] = {}
        if lever.by is None:
            tried = growing & self._tried(name, lever, rows, this_month, 0, renewing)
        else:
            people = {place: who for place, talk, who in talked if talk.about == name}
            tried = np.zeros(len(rows), dtype=bool)
            tried[list(people)] = True
            tried &= growing
        sold = tried & (number_of_month(rows, f"lever/{name}/pass", this_month) < lever.pass_probability)
        if lever.raises == "price":
            rows["price"] *= np.where(sold, 1 + lever.adds, 1.0)
        return Change(name, _multiply(rows, sold, 1 + lever.adds), people)

    def _spread(self, rows: Rows, growing: Mask, this_month: NDArray[np.int64]) -> Iterator[Change]:
        """Seats that come by themselves."""
        rule = self._product.spread
        if rule is not None:
            seats = rows["seats"].copy()
            room = np.maximum(1 - seats / rule.limit, 0.0)
            more = 1 + rule.per_month * room * number_of_month(rows, "spread", this_month, "exponential")
            most = np.maximum(seats, rule.limit)
            rows["seats"] = np.where(growing, np.minimum(seats * more, most), seats)
            factor = np.divide(rows["seats"], seats, out=np.ones(len(rows)), where=seats > 0)
            yield Change("spread", _multiply(rows, growing, factor))

    def _release(
        self, rows: Rows, growing: Mask, this_month: NDArray[np.int64], month: int
    ) -> Iterator[Change]:
        """Customers who move up to the next price tier at a release."""
        rule = self._product.releases
        if rule is not None and _released(rule, month):
            steps = np.array(rule.price_tiers)
            below = rows["edition"] < len(steps) - 1
            willing = number_of_month(rows, "release", this_month) < rule.adopt_probability
            adopts = growing & below & willing
            factor = steps[np.minimum(rows["edition"] + 1, len(steps) - 1)] / steps[rows["edition"]]
            rows["edition"] += adopts
            yield Change("release", _multiply(rows, adopts, factor))


def _released(releases: Releases, month: int) -> bool:
    return month >= releases.first_month and (month - releases.first_month) % releases.every_months == 0


def _multiply(rows: Rows, whose: Mask, factor: Numbers | float) -> Numbers:
    """Multiply the MRR of some customers; returns what each gains. Invoices are in whole cents."""
    before = rows["mrr"].copy()
    rows["mrr"] = np.where(whose, np.round(before * factor, 2), before)
    gains: Numbers = rows["mrr"] - before
    return gains


def _drawn(draw: Draw, rows: Rows) -> float:
    """A quantity of the month that begins, for the one customer in ``rows``."""
    if draw.shaped is None:
        return draw.constant
    month = rows["months_known"]
    return float(
        draw.shaped(*(number_of_month(rows, purpose, month, law) for purpose, law in draw.streams))[0]
    )
