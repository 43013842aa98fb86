"""The base: the customers of one tier, month by month.

All of a tier's customers are worked on together, as rows of one table; a month's end is a handful of
operations on its columns. What happens to one customer in between (it goes LIVE, somebody talks to it) is
kept with the customer and settled at the month's end.
"""

from __future__ import annotations

from math import inf, log1p
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simsales.model.books import TierMonth
from simsales.model.growth import RENEWAL, Change, Growth, ReferenceBook, Talk, of_month
from simsales.model.leads import Customer
from simsales.model.leaving import MISSED, REASONS, Hazard, Moment, shares_of_reasons, who_is_live
from simsales.model.prices import in_menu_order
from simsales.model.register import Register, Rows, joined, kept
from simsales.scenario import Scenario
from simsales.units import MONTH_DAYS, YEAR

if TYPE_CHECKING:
    from simsales.model.customers import Customers
    from simsales.model.eventlog import EventLog
    from simsales.model.life import LifeLuck
    from simsales.model.pay import Payroll
    from simsales.model.people import Person
    from simsales.model.prices import PriceList

Numbers = NDArray[np.float64]

OLDEST = 1200
"""Age in months from which on customers are no longer told apart by age."""


class Base:
    """The customers of one tier: those who were there at the month's start, and those who have signed since.

    Survival by threshold: each customer draws one standard exponential number at birth and gathers hazard,
    −ln(1 − churn_per_month) × the factors, over every full month; it leaves at the end of the month, or of
    the term, in which the sum passes its threshold.
    """

    def __init__(
        self,
        tier: str,
        scenario: Scenario,
        prices: PriceList,
        life: LifeLuck,
        payroll: Payroll,
        customers: Customers,
        log: EventLog | None,
    ) -> None:
        product = scenario.tiers[tier]
        months = scenario.warm_up_months + scenario.horizon_months
        self.tier = tier
        self._product = product
        self._payroll = payroll
        self._all = customers
        self._log = log
        self._warm_up = scenario.warm_up_months
        self._start_month = scenario.start_month
        self.months = [TierMonth() for _ in range(months)]
        self.movements: dict[tuple[int, str, str], tuple[int, float]] = {}
        """Customers and MRR by month, movement and cause."""
        self.factors: list[tuple[float, ...]] = []
        """Month, and the mean over the customers of each factor of the hazard and of their product; nothing
        while all are 1."""
        self._stays: list[tuple[NDArray[np.int64], NDArray[np.bool_], Numbers, Numbers]] = []
        """After the warm-up, month by month: everybody's age, whether it left, revenue and margin."""
        churn = product.churn_per_month
        self._hazard_per_month = inf if churn == 1 else -log1p(-churn)
        self._hazard = Hazard(product, prices)
        contracts = in_menu_order(product)
        self._contracts = [contract for _, contract in contracts]
        self._contract_names = [name for name, _ in contracts]
        self._ahead = [contract.paid_months_ahead for contract in self._contracts]
        self._churn_if_missed = np.array(
            [0.0 if c.renewal is None else -_log1m(c.renewal.churn_if_missed) for c in self._contracts]
        )
        self._several_reasons = not self._hazard.single or bool(self._churn_if_missed.any())
        self.growth = Growth(product, self._contracts, prices)
        self.references = ReferenceBook(product)
        purposes = list(self.growth.purposes)
        if product.reactivation is not None:
            purposes.append(("reactivation", "uniform"))
        self._register = Register(
            product,
            self._contracts,
            prices,
            payroll,
            life,
            purposes,
            months=months,
            reasons=len(REASONS) if self._several_reasons else 1,
            hazard_per_month=self._hazard_per_month,
            hazard=self._hazard,
        )
        self.rows: Rows = self._register.none()
        self.customers: list[Customer] = []
        self._new: list[Customer] = []
        """Customers who signed this month."""
        self._away: list[Customer] = []
        """Customers who have left and may come back, and their rows."""
        self._away_rows: Rows = self._register.none()
        self.talked: list[tuple[Customer, Talk, Person]] = []
        """Talks that took place this month, or before and wait for the end of a term."""
        self._owed = 0.0
        """What expansions within prepaid months cost, to be paid next month."""
        self._opened: list[tuple[int, float]] = []
        """Customers and MRR at the start of each month."""
        self.serving = 0.0
        """Cost to serve in the month that was closed last."""

    # ------------------------------------------------------------------------------------------- coming in

    def sign(self, customer: Customer, price: float, contract: int, month: int) -> float:
        """A customer signs in a month, at a price less all discounts; returns its MRR."""
        customer.price = price
        customer.mrr = mrr = round(price, 2)
        customer.contract = contract
        # It pays for the rest of the month; the term begins with the first full one.
        customer.month_part = month + 1 - customer.signed_at / MONTH_DAYS
        self._new.append(customer)
        return mrr

    def take_over(self, customers: list[Customer], ages: NDArray[np.int64]) -> None:
        """Customers who are there at the beginning, and for how many full months they have been."""
        rows = self._register.of_those_there(customers, ages)
        # Who should have been talked to already has been.
        rows["talked"] = rows["term_left"] < self.growth.months_before[rows["contract"]]
        self._join(customers, rows)

    def _join(self, customers: list[Customer], rows: Rows) -> None:
        self.customers += customers
        self.rows = joined(self.rows, rows)

    # ------------------------------------------------------------------------------------------ the month

    def open_month(self, month: int) -> None:
        """Note who is there, and put the talks on the desks that are due in the month that begins."""
        rows = self.rows
        rows["then"][:, month % YEAR] = rows["mrr"]
        self._opened.append((len(rows), float(rows["mrr"].sum())))
        self.references.count(rows, self.customers)
        live = who_is_live(self.customers) if self.growth.acts else np.zeros(len(rows), dtype=bool)
        for place, talk in self.growth.talks(rows, live):
            customer = self.customers[place]
            if talk.about not in customer.pending:
                self._all.talk(customer, talk)

    def close_month(self, month: int) -> None:
        """Let those leave whose time has come, settle what has changed, and book the month."""
        rows, books = self.rows, self.months[month]
        books.customers_opening, books.mrr_opening = self._opened[month]
        self._book_new(books, month)
        self._collect(rows, books)
        net = self._net_of_serving(rows["mrr"])
        self._serve(rows, books)
        rows["age"] += 1
        rows["since"] += 1
        rows["term_left"] -= 1
        due = rows["term_left"] == 0
        talked = self._talks_that_count(rows, due)
        self._gather_hazard(rows, month)
        leaving = due & (rows["hazard"] > rows["threshold"])
        if month >= self._warm_up:
            self._note_stays(rows, leaving, net)
        if self._payroll.on_revenue:
            self._payroll.revenue(self.tier, net, rows["sellers"], rows["age"])
        before = rows["mrr"].copy()
        self._settle(rows, due & ~leaving, ~leaving, talked, month)
        # Within months that are paid already, more is paid for separately.
        self._owed = float(((rows["mrr"] - before) * rows["paid_left"])[~leaving].sum())
        self._drop_late_talks(due)
        rows["term_left"][due] = rows["term"][due]
        rows["talked"][due] = False
        again, back = self._come_back(month)
        if leaving.any():
            self._let_go(rows, leaving, month)
            rows = self.rows
        self._book_cohort(rows, month)
        if self._new:
            self._join(self._new, self._register.of_new_ones(self._new))
            self._new = []
        if again:
            self._join(again, back)
        books.customers_closing, books.mrr_closing = len(self.rows), float(self.rows["mrr"].sum())

    def _book_new(self, books: TierMonth, month: int) -> None:
        """Those who have signed, contract by contract."""
        for contract, terms in enumerate(self._contracts):
            new = [customer for customer in self._new if customer.contract == contract]
            if not new:
                continue
            mrr = sum(customer.mrr for customer in new)
            part = sum(customer.mrr * customer.month_part for customer in new)
            books.customers_new += len(new)
            books.customers_new_term += len(new) if terms.term_months > 1 else 0
            books.mrr_new += mrr
            books.revenue += part
            # Who pays ahead does so at signature; who pays by the month begins to next month.
            books.receipts += part + (mrr * terms.paid_months_ahead if terms.paid_months_ahead > 1 else 0.0)
            self._moved(month, "new", self._contract_names[contract], len(new), mrr)

    def _talks_that_count(self, rows: Rows, due: NDArray[np.bool_]) -> list[tuple[int, Talk, Person]]:
        """The talks that bear fruit now, with the places of the customers; those about the end of a term wait
        for it.
        """
        if not self.talked:
            return []
        index = {customer: place for place, customer in enumerate(self.customers)}
        there = [(index[c], c, talk, who) for c, talk, who in self.talked if c in index]
        self.talked = [(c, talk, who) for i, c, talk, who in there if talk.at_renewal and not due[i]]
        for place, _, talk, _ in there:
            rows["talked"][place] |= talk.about == RENEWAL
        return [(i, talk, who) for i, _, talk, who in there if due[i] or not talk.at_renewal]

    def _drop_late_talks(self, due: NDArray[np.bool_]) -> None:
        """A talk about the end of a term that has not taken place by then need not take place."""
        if not self.growth.renews:
            return
        renewing = due & (self.growth.months_before[self.rows["contract"]] > 0)
        for place in np.flatnonzero(renewing).tolist():
            pending = self.customers[place].pending
            for about, work in list(pending.items()):
                if work.talk is not None and work.talk.at_renewal:
                    work.gone = True
                    del pending[about]

    def _collect(self, rows: Rows, books: TierMonth) -> None:
        """What those pay who were there at the month's start, and what of it is earned."""
        paying = rows["paid_left"] == 0
        books.receipts += float((rows["mrr"] * rows["ahead"])[paying].sum()) + self._owed
        rows["paid_left"] = np.where(paying, rows["ahead"], rows["paid_left"]) - 1
        books.revenue += books.mrr_opening
        new = sum(float(c.mrr * self._ahead[c.contract]) for c in self._new if self._ahead[c.contract] > 1)
        books.deferred_closing = float((rows["mrr"] * rows["paid_left"]).sum()) + new

    def _net_of_serving(self, revenue: Numbers) -> Numbers:
        """What is left of a month's revenue of each customer after the cost to serve it."""
        product = self._product
        return revenue * (1 - product.cost_to_serve_share) - product.cost_to_serve_per_month

    def _serve(self, rows: Rows, books: TierMonth) -> None:
        customer_months = len(rows) + sum(new.month_part for new in self._new)
        product = self._product
        self.serving = (
            product.cost_to_serve_share * books.revenue + product.cost_to_serve_per_month * customer_months
        )

    def _gather_hazard(self, rows: Rows, month: int) -> None:
        """Add what the month that ends has made of everybody's reasons to leave."""
        if self._hazard.single:
            gathered = np.full(len(rows), self._hazard_per_month)
        else:
            number = month + 1 - self._warm_up
            calendar = (self._start_month - 1 + number - 1) % YEAR + 1
            care = 0.0 if self._product.care is None else self._product.care.effort_hours_per_month
            now = (month + 1) * MONTH_DAYS
            factors = self._hazard.factors(Moment(rows, self.customers, now, number, calendar, care))
            rows["felt"] = felt = factors.prod(axis=1)
            if len(rows):
                self.factors.append((month, *factors.mean(axis=0).tolist(), float(felt.mean())))
            # (Certain churn is an infinite hazard, of which a factor of 0 would make a nan.)
            gathered = np.where(felt > 0, self._hazard_per_month * np.where(felt > 0, felt, 1.0), 0.0)
        rows["hazard"] += gathered
        if self._several_reasons:
            weights = np.where(np.isfinite(gathered), gathered, 1.0)[:, np.newaxis]
            if self._hazard.single:
                rows["reasons"][:, :1] += weights
            else:
                rows["reasons"][:, :MISSED] += weights * shares_of_reasons(factors)
            missed = (rows["term_left"] == 0) & ~rows["talked"]
            extra = np.where(missed, self._churn_if_missed[rows["contract"]], 0.0)
            rows["hazard"] += extra
            rows["reasons"][:, MISSED] += np.where(np.isfinite(extra), extra, 1e9)

    def _settle(
        self,
        rows: Rows,
        renewing: NDArray[np.bool_],
        staying: NDArray[np.bool_],
        talked: list[tuple[int, Talk, Person]],
        month: int,
    ) -> None:
        """What changes for those who stay: less, another price, more."""
        now, number = (month + 1) * MONTH_DAYS, month + 1 - self._warm_up
        live = who_is_live(self.customers) if self.growth.acts else np.zeros(len(rows), dtype=bool)
        for change in self.growth.changes(rows, renewing, staying & live, talked, now, number):
            gains = change.gains
            for movement, whose in (("expansion", gains > 0), ("contraction", gains < 0)):
                if whose.any():
                    mrr = float(np.abs(gains[whose]).sum())
                    self._moved(month, movement, change.cause, int(whose.sum()), mrr)
                    self._tell(change, movement, np.flatnonzero(whose).tolist())

    def _tell(self, change: Change, movement: str, places: list[int]) -> None:
        """Let those know who are paid by it, and the log."""
        if self._log is None:
            places = [place for place in places if place in change.people]
        for place in places:
            gain = abs(float(change.gains[place]))
            customer, person = self.customers[place], change.people.get(place)
            if person is not None and movement == "expansion":
                terms = self._contracts[int(self.rows["contract"][place])]
                self._payroll.grown(person, self.tier, terms, gain)
            if self._log is not None:
                self._log.customer(movement, customer.lead, change.cause, person, gain)

    def _let_go(self, rows: Rows, leaving: NDArray[np.bool_], month: int) -> None:
        """Those whose time has come leave."""
        places = np.flatnonzero(leaving).tolist()
        for place, mrr in zip(places, rows["mrr"][leaving].tolist(), strict=True):
            customer, reason = self.customers[place], REASONS[0]
            if self._several_reasons:
                reason = self._reason(customer, rows[place : place + 1])
            self._all.leave(customer, reason, mrr)
            self._moved(month, "churn", reason, 1, mrr)
            self._away.append(customer)
        if self._product.reactivation is not None:
            self._away_rows = joined(self._away_rows, kept(rows, leaving))
        else:
            self._away.clear()
        staying = ~leaving
        self.rows = kept(rows, staying)
        self.customers = [c for c, stays in zip(self.customers, staying.tolist(), strict=True) if stays]

    def _reason(self, customer: Customer, row: Rows) -> str:
        """One of the reasons that have gathered, drawn in proportion to their hazard."""
        there = np.flatnonzero(row["reasons"][0])
        if len(there) == 1:
            return REASONS[int(there[0])]
        gathered = np.cumsum(row["reasons"][0])
        luck = self._register.number_of_month(customer, row, "reason", "uniform") * gathered[-1]
        return REASONS[min(int(np.searchsorted(gathered, luck, side="right")), len(REASONS) - 1)]

    def _come_back(self, month: int) -> tuple[list[Customer], Rows]:
        """Those who return at this month's end; they are there from the next month on."""
        rule, away, rows = self._product.reactivation, self._away, self._away_rows
        if rule is None or not away:
            return [], rows[:0]
        rows["away"] += 1
        rows["since"] += 1
        returning = of_month(rows, "reactivation", rows["since"] - 1) < rule.probability_per_month
        waiting = ~returning & (rows["away"] < rule.within_months)
        back, again = kept(rows, returning), [away[i] for i in np.flatnonzero(returning).tolist()]
        self._away_rows, self._away = kept(rows, waiting), [away[i] for i in np.flatnonzero(waiting).tolist()]
        for name in ("hazard", "reasons", "age", "away", "paid_left"):
            back[name] = 0
        back["term_left"], back["felt"], back["then"] = back["term"], 1.0, np.nan
        back["sellers"] = -1  # whoever won it once has not won it back
        for place, customer in enumerate(again):
            row = back[place : place + 1]
            row["threshold"] = self._register.number_of_month(customer, row, "churn", "exponential")
            mrr = float(row["mrr"][0])
            self._all.come_back(customer, mrr)
            self._moved(month, "reactivation", self._contract_names[int(row["contract"][0])], 1, mrr)
        return again, back

    # ------------------------------------------------------------------------------------------ the books

    def _moved(self, month: int, movement: str, cause: str, customers: int, mrr: float) -> None:
        """Book a movement of MRR."""
        books = self.months[month]
        if movement == "expansion":
            books.mrr_expansion += mrr
        elif movement == "contraction":
            books.mrr_contraction += mrr
        elif movement == "churn":
            books.customers_churned += customers
            books.mrr_churned += mrr
        elif movement == "reactivation":
            books.customers_reactivated += customers
            books.mrr_reactivation += mrr
        key = (month, movement, cause)
        so_far = self.movements.get(key, (0, 0.0))
        self.movements[key] = so_far[0] + customers, so_far[1] + mrr

    def _note_stays(self, rows: Rows, leaving: NDArray[np.bool_], net: Numbers) -> None:
        """Who was there at what age, who leaves, and what they bring; age 0 is the month of signature."""
        self._stays.append((rows["age"].copy(), leaving, rows["mrr"].copy(), net))
        if self._new:
            part = np.array([new.month_part for new in self._new])
            revenue = part * [new.mrr for new in self._new]
            product = self._product
            serving = product.cost_to_serve_share * revenue + product.cost_to_serve_per_month * part
            none = np.zeros(len(part), dtype=int)
            self._stays.append((none, none.astype(bool), revenue, revenue - serving))

    def stays(self) -> Numbers:
        """After the warm-up: customer-months, of these left, revenue and margin by age, shape (4, ages)."""
        if not self._stays:
            return np.zeros((4, 0))
        age, left, revenue, margin = (np.concatenate(each) for each in zip(*self._stays, strict=True))
        age = np.minimum(age, OLDEST)
        return np.array([np.bincount(age, weights=each) for each in (None, left, revenue, margin)])

    def _book_cohort(self, rows: Rows, month: int) -> None:
        """What has become of those who were there at the start of the month eleven months ago."""
        if month + 1 < YEAR:
            return
        books = self.months[month]
        books.cohort_customers, books.cohort_mrr = self._opened[month + 1 - YEAR]
        then, now = rows["then"][:, (month + 1) % YEAR], rows["mrr"]
        there = ~np.isnan(then)
        books.cohort_customers_kept = int(there.sum())
        books.cohort_mrr_kept = float(np.minimum(then, now)[there].sum())
        books.cohort_mrr_now = float(now[there].sum())

    def word_of_mouth(self, value_exponent: float, month: int) -> float:
        """LIVE customers at a month's start, weighted by what they tell others."""
        rows = self.rows
        live = who_is_live(self.customers)
        # One who has every reason to stay tells it to ten times as many at most.
        weight = np.minimum(np.maximum(rows["felt"], 1e-9) ** -value_exponent, 10.0)
        community = self._product.community
        if community is not None and month >= community.from_month:
            weight = weight * np.where(rows["member"], community.referral_factor, 1.0)
        return float(weight[live].sum())


def _log1m(probability: float) -> float:
    """ln(1 − p), −∞ for certainty."""
    return -inf if probability == 1 else log1p(-probability)
