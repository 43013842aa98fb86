"""What becomes of the revenue of those who stay: levers, spread, releases, price changes, contraction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import exp, inf, log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simsales.model.luck import Column, quantity
from simsales.scenario.schema.expansion import Lever, Releases
from simsales.scenario.schema.pricing import Contract
from simsales.scenario.schema.tiers import Tier

if TYPE_CHECKING:
    from simsales.model.leads import Customer
    from simsales.model.people import Person
    from simsales.model.prices import PriceList
    from simsales.model.segments import Segment

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.void]

RENEWAL = "renewal"


class Talk(NamedTuple):
    """A conversation that somebody is to have with a customer."""

    about: str
    """``renewal``, or the name of a lever."""
    by: str
    """The role that leads it."""
    hours: float
    at_renewal: bool = False
    """Whether it is about the end of the term, and bears fruit only then."""


@dataclass(frozen=True)
class Change:
    """What one cause has made of everybody's MRR."""

    cause: str
    gains: Numbers
    """Of each customer, in the order of the rows; negative is a loss."""
    people: dict[int, Person] = field(default_factory=dict)
    """Who has brought it about, by place."""


class Growth:
    """The rules of one tier."""

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
        self._efforts: dict[str, Column] = {
            name: quantity(f"lever/{name}/effort", lever.effort_hours) for name, lever in self._levers.items()
        }
        self._renewal_efforts = [
            quantity(f"{RENEWAL}/effort", 0.0 if renewal is None else renewal.effort_hours)
            for renewal in self._renewals
        ]
        self.acts = bool(product.levers or product.spread or product.releases)
        """Whether anything makes customers grow."""
        self.purposes = sorted(self._needs())
        """The numbers that a customer needs in every month: purpose and law."""

    def _needs(self) -> set[tuple[str, str]]:
        needs = {
            (f"lever/{name}/{what}", "uniform")
            for name, lever in self._levers.items()
            for what in (("attempt", "pass") if lever.attempts_per_month else ("pass",))
        }
        for column in (*self._efforts.values(), *self._renewal_efforts):
            needs |= set(column.streams)
        product = self._product
        if product.spread is not None:
            needs.add(("spread", "exponential"))
        if product.releases is not None:
            needs.add(("release", "uniform"))
        if product.contraction is not None:
            needs.add(("contraction", "uniform"))
        return needs

    # ------------------------------------------------------------------------------------------ beginning

    def talks(self, rows: Rows, live: Mask) -> Iterator[tuple[int, Talk]]:
        """The talks to be begun with the month that begins, with the place of the customer in the rows; only
        customers who are LIVE can grow.
        """
        renewing = np.zeros(len(rows), dtype=bool)
        if self.renews:
            before = self.months_before[rows["contract"]]
            renewing = (rows["term_left"] == before) & (before > 0) & ~rows["talked"]
            for place in np.flatnonzero(renewing).tolist():
                row = rows[place]
                renewal = self._renewals[row["contract"]]
                assert renewal is not None
                hours = _drawn(self._renewal_efforts[row["contract"]], row)
                yield place, Talk(RENEWAL, renewal.by, hours, at_renewal=True)
        for name, lever in self._levers.items():
            if lever.by is None:
                continue
            tried = live & self._tried(name, lever, rows, rows["since"], 1, renewing)
            for place in np.flatnonzero(tried).tolist():
                hours = _drawn(self._efforts[name], rows[place])
                yield place, Talk(name, lever.by, hours, lever.at_renewal and bool(renewing[place]))

    def _tried(
        self, name: str, lever: Lever, rows: Rows, month: NDArray[np.int64], ahead: int, renewing: Mask
    ) -> Mask:
        """With whom a lever is tried in a month that is ``ahead`` months after the age that the rows tell."""
        tried = renewing & (rows["term"] > 1) if lever.at_renewal else np.zeros(len(rows), dtype=bool)
        if lever.attempts_per_month:
            tried |= of_month(rows, f"lever/{name}/attempt", month) < lever.attempts_per_month
        old_enough: Mask = tried & (rows["age"] + ahead >= lever.from_month)
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
            talked: the talks that took place, with the places of the customers.
            now: the month's end, in days.
            month: 1 is the first after the warm-up.
        """
        product, this_month = self._product, rows["since"] - 1
        contraction = product.contraction
        if contraction is not None:
            keeps = (1 - contraction.probability_per_month) ** rows["term"]
            gives_up = renewing & (of_month(rows, "contraction", this_month) >= keeps)
            rows["seats"] *= np.where(gives_up, 1 - contraction.share, 1.0)
            yield Change("fewer seats", _multiply(rows, gives_up, 1 - contraction.share))
        yield from self._new_prices(rows, renewing, now)
        for name, lever in self._levers.items():
            people: dict[int, Person] = {}
            if lever.by is None:
                tried = growing & self._tried(name, lever, rows, this_month, 0, renewing)
            else:
                people = {place: who for place, talk, who in talked if talk.about == name}
                tried = np.zeros(len(rows), dtype=bool)
                tried[list(people)] = True
                tried &= growing
            sold = tried & (of_month(rows, f"lever/{name}/pass", this_month) < lever.pass_probability)
            if lever.raises == "price":
                rows["price"] *= np.where(sold, 1 + lever.adds, 1.0)
            yield Change(name, _multiply(rows, sold, 1 + lever.adds), people)
        spread = product.spread
        if spread is not None:
            seats = rows["seats"].copy()
            room = np.maximum(1 - seats / spread.limit, 0.0)
            more = 1 + spread.per_month * room * of_month(rows, "spread", this_month)
            most = np.maximum(seats, spread.limit)
            rows["seats"] = np.where(growing, np.minimum(seats * more, most), seats)
            factor = np.divide(rows["seats"], seats, out=np.ones(len(rows)), where=seats > 0)
            yield Change("spread", _multiply(rows, growing, factor))
        releases = product.releases
        if releases is not None and _released(releases, month):
            steps = np.array(releases.price_tiers)
            below = rows["edition"] < len(steps) - 1
            adopts = growing & below & (of_month(rows, "release", this_month) < releases.adopt_probability)
            factor = steps[np.minimum(rows["edition"] + 1, len(steps) - 1)] / steps[rows["edition"]]
            rows["edition"] += adopts
            yield Change("release", _multiply(rows, adopts, factor))

    def _new_prices(self, rows: Rows, renewing: Mask, now: float) -> Iterator[Change]:
        """The latest list price that is for the base too, for those whose contract is renewed and who are
        not on a later one already. (A price of nothing stays nothing: it has no ratio to another.)
        """
        place = self._prices.for_the_base(now)
        price = self._prices.prices[place]
        moved = renewing & (rows["list_place"] < place)
        if not moved.any():
            return
        factor = np.divide(price, rows["listed"], out=np.ones(len(rows)), where=moved & (rows["listed"] > 0))
        rows["price"] *= factor
        rows["listed"] = np.where(moved, price, rows["listed"])
        rows["list_place"] = np.where(moved, place, rows["list_place"])
        gains = _multiply(rows, moved, factor)
        yield Change("price rise", np.maximum(gains, 0.0))
        yield Change("price cut", np.minimum(gains, 0.0))


class ReferenceBook:
    """The customers who let themselves be named, and what that does for the next sale."""

    def __init__(self, product: Tier) -> None:
        self._rule = product.reference_customers
        self._by_industry = self._rule is not None and self._rule.among == "industry"
        self._count: dict[str | None, int] = {}

    def count(self, rows: Rows, customers: Sequence[Customer]) -> None:
        """Take stock at a month's start."""
        if self._rule is None:
            return
        self._count = {}
        willing = rows["reference"] & (rows["age"] >= self._rule.after_months)
        for place in np.flatnonzero(willing).tolist():
            customer = customers[place]
            if customer.live_at < inf:
                key = customer.lead.segment[2] if self._by_industry else None
                self._count[key] = self._count.get(key, 0) + 1

    def factor(self, segment: Segment) -> float:
        """Factor on the odds of the step to WIN of a lead."""
        if self._rule is None:
            return 1.0
        number = self._count.get(segment[2] if self._by_industry else None, 0)
        # By logarithms, as the power of a large number would be too large for a float.
        lift = number * log(self._rule.win_odds_factor)
        return exp(min(lift, log(self._rule.at_most)))


def _released(releases: Releases, month: int) -> bool:
    return month >= releases.first_month and (month - releases.first_month) % releases.every_months == 0


def of_month(rows: Rows, purpose: str, month: NDArray[np.int64]) -> Numbers:
    """The numbers of a purpose that are the customers' own in a month of their lives."""
    numbers: Numbers = rows[f"life/{purpose}"][np.arange(len(rows)), month]
    return numbers


def _multiply(rows: Rows, whose: Mask, factor: Numbers | float) -> Numbers:
    """Multiply the MRR of some; what each gains by it. Invoices are in whole cents."""
    before = rows["mrr"].copy()
    rows["mrr"] = np.where(whose, np.round(before * factor, 2), before)
    gains: Numbers = rows["mrr"] - before
    return gains


def _drawn(column: Column, row: Rows) -> float:
    """A quantity of the month that begins."""
    if column.shaped is None:
        return column.constant
    place = row["since"]
    return float(
        column.shaped(*(row[f"life/{purpose}"][place : place + 1] for purpose, _ in column.streams))[0]
    )
