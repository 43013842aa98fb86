"""The customers of one tier, month by month (long: a method for each step of a month's end).

All of a tier's customers are rows of one table; a month's end is a handful of operations on its columns, in
the order of `simsales.model.month_end`. What happens to one customer in between (it goes LIVE, somebody talks
to it) is kept with the customer and settled at the month's end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simsales.model.calendar import Calendar
from simsales.model.customers.churn import MISSED, REASONS, Moment, shares_of_reasons, who_is_live
from simsales.model.customers.customer import RENEWAL, Customer, Departure, Growth, Talk
from simsales.model.customers.exposure import Exposure
from simsales.model.customers.former import FormerCustomers
from simsales.model.customers.monthly_draws import MonthlyDraws
from simsales.model.customers.references import References
from simsales.model.customers.table import Mask, Numbers, Rows, joined, kept
from simsales.model.customers.tier_month import TierMonth
from simsales.model.customers.tier_plan import TierPlan
from simsales.model.people.person import Person
from simsales.units import MONTH_DAYS, YEAR


class TierCustomers:
    """The customers of one tier: those who were there at the month's start, and those who have signed since.

    Survival by threshold: each customer draws one standard exponential number at birth and gathers hazard,
    −ln(1 − churn_per_month) × the factors, over every full month; it leaves at the end of the month, or of
    the term, in which the sum passes its threshold.
    """

    def __init__(self, plan: TierPlan, calendar: Calendar, draws: MonthlyDraws) -> None:
        self.plan = plan
        self._calendar = calendar
        self._draws = draws
        self.months = [TierMonth() for _ in range(calendar.months)]
        self.movements: dict[tuple[int, str, str], tuple[int, float]] = {}
        """Customers and MRR by index of the month, movement and cause."""
        self.factors: list[tuple[float, ...]] = []
        """Index of the month, and the mean over the customers of each factor on the hazard and of their
        product; nothing while all are 1.
        """
        self.exposure = Exposure()
        """After the warm-up."""
        self.references = References(plan.product.reference_customers)
        self.rows: Rows = plan.table.none()
        self.customers: list[Customer] = []
        """In the order of the rows."""
        self._new: list[Customer] = []
        """Customers who signed this month."""
        self._former = FormerCustomers(plan.product.reactivation, plan.table.none())
        self._talked: list[tuple[Customer, Talk, Person]] = []
        """Conversations that took place this month, or before and wait for the end of a term."""
        self._opened: list[tuple[int, float]] = []
        """Customers and MRR at the start of each month."""
        self.serving_cost = 0.0
        """Cost to serve in the month that was closed last."""

    # ------------------------------------------------------------------------------------------- coming in

    def sign(self, customer: Customer, price: float, contract: int, month: int) -> None:
        """A customer signs in the month with this index, at a price less all discounts."""
        customer.price = price
        customer.mrr = round(price, 2)
        customer.contract = contract
        # (Never 0, which would mean that it lives by calendar months.)
        customer.month_part = max(month + 1 - customer.signed_at / MONTH_DAYS, 1e-12)
        self._new.append(customer)

    def take_over(self, customers: list[Customer], ages: NDArray[np.int64]) -> None:
        """Customers who are there at the beginning, and for how many full months they have been.

        They have gathered hazard since the last renewal. (What was gathered before does not matter: an
        exponential threshold that has not been passed is as good as new.) Of the factors, only the constant
        ones are known of that time.
        """
        plan = self.plan
        rows = plan.table.there(customers, ages, self._draws)
        factors = plan.hazard.constant_factors(rows)
        months = (ages % rows["term"]) * factors.prod(axis=1)
        # (Certain churn is an infinite hazard; times 0 months it would be nan.)
        gathered = np.where(months > 0, plan.hazard_per_month * np.where(months > 0, months, 1.0), 0.0)
        rows["hazard"] = gathered
        if plan.several_reasons:
            weight = np.where(np.isfinite(gathered), gathered, 1.0)[:, np.newaxis]
            rows["reasons"][:, :MISSED] = weight * shares_of_reasons(factors)
        # Conversations that should have taken place already have.
        rows["talked"] = rows["term_left"] < plan.expansion.months_before[rows["contract"]]
        self._join(customers, rows)

    def talk_held(self, customer: Customer, talk: Talk, person: Person) -> None:
        """A conversation has taken place; it takes effect when the month, or the term, ends."""
        self._talked.append((customer, talk, person))

    def _join(self, customers: list[Customer], rows: Rows) -> None:
        self.customers += customers
        self.rows = joined(self.rows, rows)

    # ------------------------------------------------------------------------------------ a month begins

    def open_month(self, month: int) -> list[tuple[Customer, Talk]]:
        """Count who is there; returns the conversations that become due with the month of this index."""
        rows, expansion = self.rows, self.plan.expansion
        rows["mrr_history"][:, month % YEAR] = rows["mrr"]
        self._opened.append((len(rows), float(rows["mrr"].sum())))
        self.references.count(rows, self.customers)
        live = who_is_live(self.customers) if expansion.acts else np.zeros(len(rows), dtype=bool)
        return [(self.customers[place], talk) for place, talk in expansion.talks(rows, live)]

    # ------------------------------------------------------------ a month ends: steps, in order

    def book_signatures(self, month: int) -> None:
        """Book the customers who have signed, contract by contract."""
        books, menu = self.months[month], self.plan.offer.menu
        books.customers_opening, books.mrr_opening = self._opened[month]
        for contract, terms in enumerate(menu.contracts):
            new = [customer for customer in self._new if customer.contract == contract]
            if not new:
                continue
            mrr = sum(customer.mrr for customer in new)
            books.customers_new += len(new)
            books.customers_new_term += len(new) if terms.term_months > 1 else 0
            books.mrr_new += mrr
            self._book(month, "new", menu.names[contract], len(new), mrr)

    def grow_older(self) -> Mask:
        """Everybody is a month older; returns whose term ends now."""
        rows = self.rows
        rows["age"] += 1
        rows["months_known"] += 1
        rows["term_left"] -= 1
        ends: Mask = rows["term_left"] == 0
        return ends

    def talks_that_count(self, term_ends: Mask) -> list[tuple[int, Talk, Person]]:
        """The conversations that take effect now, with the customers' places; those about the end of a term
        wait for it.
        """
        if not self._talked:
            return []
        place = {customer: place for place, customer in enumerate(self.customers)}
        there = [(place[c], c, talk, who) for c, talk, who in self._talked if c in place]
        self._talked = [(c, talk, who) for i, c, talk, who in there if talk.at_renewal and not term_ends[i]]
        for i, _, talk, _ in there:
            self.rows["talked"][i] |= talk.about == RENEWAL
        return [(i, talk, who) for i, _, talk, who in there if term_ends[i] or not talk.at_renewal]

    def gather_hazard(self, month: int) -> None:
        """Add the month's hazard to what every customer has gathered."""
        rows, plan, calendar = self.rows, self.plan, self._calendar
        if plan.hazard.single:
            gathered = np.full(len(rows), plan.hazard_per_month)
        else:
            number = calendar.number(month)
            care = 0.0 if plan.product.care is None else plan.product.care.effort_hours_per_month
            moment = Moment(
                rows, self.customers, calendar.end(month), number, calendar.month_of_year(number), care
            )
            factors = plan.hazard.factors(moment)
            rows["hazard_factor"] = product = factors.prod(axis=1)
            if len(rows):
                self.factors.append((month, *factors.mean(axis=0).tolist(), float(product.mean())))
            # (Certain churn is an infinite hazard; times a factor of 0 it would be nan.)
            gathered = np.where(product > 0, plan.hazard_per_month * np.where(product > 0, product, 1.0), 0.0)
        rows["hazard"] += gathered
        if plan.several_reasons:
            weights = np.where(np.isfinite(gathered), gathered, 1.0)[:, np.newaxis]
            if plan.hazard.single:
                rows["reasons"][:, :1] += weights
            else:
                rows["reasons"][:, :MISSED] += weights * shares_of_reasons(factors)
            missed = (rows["term_left"] == 0) & ~rows["talked"]
            extra = np.where(missed, plan.hazard_if_missed[rows["contract"]], 0.0)
            rows["hazard"] += extra
            rows["reasons"][:, MISSED] += np.where(np.isfinite(extra), extra, 1e9)

    def who_leaves(self, term_ends: Mask) -> Mask:
        """Whose hazard has passed the threshold, and whose term ends."""
        leaving: Mask = term_ends & (self.rows["hazard"] > self.rows["threshold"])
        return leaving

    def change_mrr(
        self, month: int, term_ends: Mask, leaving: Mask, talks: list[tuple[int, Talk, Person]]
    ) -> list[Growth]:
        """Carry out what changes for customers who stay: fewer seats, another price, more."""
        rows, expansion, calendar = self.rows, self.plan.expansion, self._calendar
        staying = ~leaving
        live = who_is_live(self.customers) if expansion.acts else np.zeros(len(rows), dtype=bool)
        found: list[Growth] = []
        for change in expansion.changes(
            rows, term_ends & staying, staying & live, talks, calendar.end(month), calendar.number(month)
        ):
            for movement, whose in (("expansion", change.gains > 0), ("contraction", change.gains < 0)):
                if whose.any():
                    mrr = float(np.abs(change.gains[whose]).sum())
                    self._book(month, movement, change.cause, int(whose.sum()), mrr)
                    found += [
                        Growth(self.customers[i], movement, change.cause, change.people.get(i), mrr)
                        for i, mrr in enumerate(np.abs(change.gains).tolist())
                        if whose[i]
                    ]
        return found

    def bill(self, month: int, leaving: Mask, before: Numbers) -> Numbers:
        """Bill the month, and serve everybody.

        A customer's months begin on the day of the month on which it signed (`month_part` of the calendar
        month is left then), so a contract earns its price over its term, whenever it begins. What is settled
        at a month's end holds from that day on: the old MRR is earned up to it, the new one, or none, from
        then. Customers who were there at the beginning, or have returned, live by calendar months.

        Args:
            month: its index.
            leaving: who leaves, shape (customers,).
            before: MRR at the month's start, shape (customers,).

        Returns:
            Of each customer: revenue, margin, and what of the margin falls before the day of signature, shape
            (3, customers).
        """
        rows, books, plan = self.rows, self.months[month], self.plan
        part, ahead, by_calendar = rows["part"], rows["months_ahead"], rows["part"] == 0
        after = np.where(leaving, 0.0, rows["mrr"])
        earlier = (1 - part) * before
        revenue = earlier + part * after
        served = 1 - part * leaving
        # Payments fall due on the first day of a customer's month; more within months paid ahead, at once.
        pays = rows["paid_left"] == 0
        due = np.where(pays, ahead * np.where(by_calendar, before, after), 0.0)
        rows["paid_left"] = left = np.where(pays, ahead, rows["paid_left"]) - 1
        more = np.where(leaving, 0.0, after - before)
        due += more * np.where(by_calendar, left, np.where(pays, 0, left + 1))
        begun = np.where(by_calendar, 0.0, 1 - part)
        books.deferred_closing = float((after * (left + begun)).sum())
        books.receipts, books.revenue = float(due.sum()), float(revenue.sum())
        months = float(served.sum())
        for customer in self._new:
            paid = plan.offer.menu.contracts[customer.contract].paid_months_ahead
            books.receipts += customer.mrr * paid
            books.revenue += customer.mrr * customer.month_part
            books.deferred_closing += customer.mrr * (paid - customer.month_part)
            months += customer.month_part
        self.serving_cost = float(plan.cost_to_serve(books.revenue, months))
        return np.stack(
            (
                revenue,
                revenue - plan.cost_to_serve(revenue, served),
                earlier - plan.cost_to_serve(earlier, 1 - part),
            )
        )

    def note_exposure(self, month: int, leaving: Mask, revenue: Numbers, margin: Numbers) -> None:
        """Note age, leaving, revenue and margin of everybody, for life tables; the month of signature is age
        0, and the warm-up does not count.
        """
        if month < self._calendar.warm_up_months:
            return
        self.exposure.add(self.rows["age"].copy(), leaving, revenue, margin)
        if self._new:
            earned, left = self._first_months()
            none = np.zeros(len(earned), dtype=int)
            self.exposure.add(none, none.astype(bool), earned, left)

    def first_margins(self) -> list[tuple[Customer, float]]:
        """Customers who have signed this month, with the margin that they leave in it."""
        return list(zip(self._new, self._first_months()[1].tolist(), strict=True)) if self._new else []

    def _first_months(self) -> Numbers:
        """Revenue and margin of those who have signed, in the month of signature, shape (2, customers)."""
        part = np.array([new.month_part for new in self._new])
        earned = part * [new.mrr for new in self._new]
        return np.stack((earned, earned - self.plan.cost_to_serve(earned, part)))

    def renew(self, term_ends: Mask) -> None:
        """New terms begin; conversations about the old ones that have not taken place need not any more."""
        rows, expansion = self.rows, self.plan.expansion
        if expansion.renews:
            renewing = term_ends & (expansion.months_before[rows["contract"]] > 0)
            for place in np.flatnonzero(renewing).tolist():
                pending = self.customers[place].pending
                for about, work in list(pending.items()):
                    if work.talk.at_renewal:
                        work.gone = True
                        del pending[about]
        rows["term_left"][term_ends] = rows["term"][term_ends]
        rows["talked"][term_ends] = False

    def come_back(self, month: int) -> tuple[list[tuple[Customer, float]], Rows]:
        """Customers who return, with their MRR, and their rows; they are there from the next month on."""
        returned, rows = self._former.come_back(self._draws)
        found: list[tuple[Customer, float]] = []
        for customer, mrr in zip(returned, rows["mrr"].tolist(), strict=True):
            self._book(month, "reactivation", self.plan.offer.menu.names[customer.contract], 1, mrr)
            found.append((customer, mrr))
        return found, rows

    def let_go(self, month: int, leaving: Mask) -> list[Departure]:
        """Take those who leave out of the table."""
        rows, gone = self.rows, []
        if not leaving.any():
            return []
        places = np.flatnonzero(leaving).tolist()
        for place, mrr in zip(places, rows["mrr"][leaving].tolist(), strict=True):
            customer, reason = self.customers[place], REASONS[0]
            if self.plan.several_reasons:
                reason = self._reason(customer, rows[place : place + 1])
            self._book(month, "churn", reason, 1, mrr)
            gone.append(Departure(customer, reason, mrr))
        self._former.add([departure.customer for departure in gone], kept(rows, leaving))
        staying = ~leaving
        self.rows = kept(rows, staying)
        self.customers = [c for c, stays in zip(self.customers, staying.tolist(), strict=True) if stays]
        return gone

    def _reason(self, customer: Customer, row: Rows) -> str:
        """One of the reasons that have gathered, drawn in proportion to their hazard."""
        there = np.flatnonzero(row["reasons"][0])
        if len(there) == 1:
            return REASONS[int(there[0])]
        gathered = np.cumsum(row["reasons"][0])
        number = self._draws.of(customer.lead, "reason", "uniform")[row["months_known"][0] - 1] * gathered[-1]
        return REASONS[min(int(np.searchsorted(gathered, number, side="right")), len(REASONS) - 1)]

    def book_cohort(self, month: int) -> None:
        """Book what has become of the customers of twelve months before the month's end."""
        if month + 1 < YEAR:
            return
        rows, books = self.rows, self.months[month]
        books.cohort_customers, books.cohort_mrr = self._opened[month + 1 - YEAR]
        then, now = rows["mrr_history"][:, (month + 1) % YEAR], rows["mrr"]
        there = ~np.isnan(then)
        books.cohort_customers_kept = int(there.sum())
        books.cohort_mrr_kept = float(np.minimum(then, now)[there].sum())
        books.cohort_mrr_now = float(now[there].sum())

    def admit(self, month: int, back: list[tuple[Customer, float]], rows: Rows) -> None:
        """Those who signed or returned are part of the table from the next month on."""
        if self._new:
            self._join(self._new, self.plan.table.new(self._new, self._draws))
            self._new = []
        if back:
            self._join([customer for customer, _ in back], rows)
        books = self.months[month]
        books.customers_closing, books.mrr_closing = len(self.rows), float(self.rows["mrr"].sum())

    # ------------------------------------------------------------------------------------------ the books

    def _book(self, month: int, movement: str, cause: str, customers: int, mrr: float) -> None:
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

    def word_of_mouth(self, value_exponent: float, month: int) -> float:
        """LIVE customers at the start of the month with this number, weighted by what they tell others."""
        rows = self.rows
        live = who_is_live(self.customers)
        # A customer with every reason to stay counts for ten at most.
        weight = np.minimum(np.maximum(rows["hazard_factor"], 1e-9) ** -value_exponent, 10.0)
        community = self.plan.product.community
        if community is not None and month >= community.from_month:
            weight = weight * np.where(rows["member"], community.referral_factor, 1.0)
        return float(weight[live].sum())
