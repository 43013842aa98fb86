"""The customer table: one row for every customer of a tier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simsales.model.customers.customer import Customer
from simsales.model.customers.monthly_draws import MonthlyDraws
from simsales.model.pricing.offer import Offer
from simsales.scenario.schema.tiers import Tier
from simsales.units import YEAR

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.void]


class CustomerTable:
    """The columns of a tier's customer table, and the rows of new customers. Immutable."""

    def __init__(
        self,
        product: Tier,
        offer: Offer,
        *,
        purposes: Sequence[tuple[str, str]],
        months: int,
        reasons: int,
        revenue_roles: Sequence[str],
    ) -> None:
        """Lay out the columns.

        Args:
            product: the tier.
            offer: its prices and contracts.
            purposes: of the monthly draws that a customer needs, each with its law.
            months: how many months there are.
            reasons: how many reasons for leaving are told apart.
            revenue_roles: the roles that are paid by the revenue of customers whom they have won.
        """
        contracts = offer.menu.contracts
        self._product = product
        self._prices = offer.prices
        self._purposes = purposes
        self._revenue_roles = revenue_roles
        self._term = np.array([contract.term_months for contract in contracts])
        self._months_ahead = np.array([contract.paid_months_ahead for contract in contracts])
        self._churn_factor = np.array([contract.churn_factor for contract in contracts])
        self._columns = np.dtype(
            [
                ("threshold", "f8"),
                ("hazard", "f8"),  # gathered so far; past the threshold the customer leaves
                ("reasons", "f8", (reasons,)),  # the same by reason
                ("hazard_factor", "f8"),  # the product of all factors on the hazard, in the last month
                ("age", "i8"),  # full months as a customer
                ("months_known", "i8"),  # months since it first signed: place in its monthly draws
                ("months_away", "i8"),  # months since it left
                ("mrr", "f8"),
                ("mrr_history", "f8", (YEAR,)),  # MRR at the start of the last twelve months
                ("price", "f8"),  # what a unit costs it, net of discounts
                ("list_price", "f8"),  # the list price that it is on
                ("list_place", "i8"),  # which of the list prices that is
                ("contract", "i8"),
                ("term", "i8"),
                ("term_left", "i8"),  # months until it can leave
                ("months_ahead", "i8"),  # months that it pays at a time
                ("paid_left", "i8"),  # months that are paid and have not begun
                (
                    "part",
                    "f8",
                ),  # of a calendar month, from the day of it on which the customer's months begin
                ("talked", "?"),  # whether the renewal conversation of this term has taken place
                ("seats", "f8"),  # as a multiple of those bought first
                ("edition", "i8"),  # price tier, from 0
                ("fit", "f8"),  # factors on the hazard, as are the next two
                ("quality", "f8"),
                ("contract_factor", "f8"),
                ("member", "?"),  # whether it takes part in the community
                ("reference", "?"),  # whether it lets itself be named
                ("sellers", "i8", (max(1, len(revenue_roles)),)),  # people paid by its revenue, −1: nobody
                *((_column(purpose, law), "f8", (months,)) for purpose, law in purposes),
            ]
        )

    def none(self) -> Rows:
        """No rows, with all columns."""
        return np.zeros(0, self._columns)

    def new(self, customers: Sequence[Customer], draws: MonthlyDraws) -> Rows:
        """Customers who have just signed, as they are before their first full month."""
        rows = np.zeros(len(customers), self._columns)
        leads = [customer.lead for customer in customers]
        rows["threshold"] = [lead.draws[lead.flow.plan.churn_at] for lead in leads]
        rows["fit"] = [lead.draws[lead.flow.plan.fit_factor_at] for lead in leads]
        rows["mrr"] = [customer.mrr for customer in customers]
        rows["price"] = [customer.price for customer in customers]
        place = rows["list_place"] = [customer.list_place for customer in customers]
        rows["list_price"] = np.array(self._prices.prices)[place]
        contract = rows["contract"] = [customer.contract for customer in customers]
        rows["contract_factor"] = self._churn_factor[contract]
        rows["term"] = rows["term_left"] = self._term[contract]
        ahead = rows["months_ahead"] = self._months_ahead[contract]
        rows["paid_left"] = ahead - 1  # The first of these months has begun with the signature.
        rows["part"] = [customer.month_part for customer in customers]
        rows["seats"] = rows["hazard_factor"] = rows["quality"] = 1.0
        rows["mrr_history"] = np.nan
        product = self._product
        if product.churn_factors.onboarding.quality_sd:
            rows["quality"] = [lead.draws[lead.flow.plan.quality_at] for lead in leads]
        if product.community is not None:
            share = product.community.share
            rows["member"] = [lead.draws[lead.flow.plan.community_at] < share for lead in leads]
        if product.reference_customers is not None:
            share = product.reference_customers.share
            rows["reference"] = [lead.draws[lead.flow.plan.reference_at] < share for lead in leads]
        if self._revenue_roles:
            sold_by = [lead.sold_by or {} for lead in leads]
            rows["sellers"] = [
                [sellers[role].number if role in sellers else -1 for role in self._revenue_roles]
                for sellers in sold_by
            ]
        for purpose, law in self._purposes:
            rows[_column(purpose, law)] = [draws.of(lead, purpose, law) for lead in leads]
        return rows

    def there(self, customers: Sequence[Customer], ages: NDArray[np.int64], draws: MonthlyDraws) -> Rows:
        """Customers who are there at the beginning, and have been for so many full months.

        They are as far in their terms as their age says, and have paid up to there. (The hazard that they
        have gathered since the last renewal is added by `TierCustomers`.)
        """
        rows = self.new(customers, draws)
        rows["age"] = ages
        rows["term_left"] = rows["term"] - ages % rows["term"]
        rows["paid_left"] = -ages % rows["months_ahead"]
        return rows


def number_of_month(
    rows: Rows, purpose: str, month: NDArray[np.int64] | int, law: str = "uniform"
) -> Numbers:
    """The customers' own draws of a law for a purpose in a month of their lives, shape (customers,)."""
    numbers: Numbers = rows[_column(purpose, law)][np.arange(len(rows)), month]
    return numbers


def _column(purpose: str, law: str) -> str:
    """The column of the monthly draws, called as their stream is: one purpose may need several laws."""
    return f"monthly/{purpose}:{law}"


def joined(*parts: Rows) -> Rows:
    """Rows one after the other."""
    return np.concatenate([_whole(rows) for rows in parts]).view(parts[0].dtype)


def kept(rows: Rows, who: Mask) -> Rows:
    """The rows of some customers."""
    return _whole(rows)[who].view(rows.dtype)


def _whole(rows: Rows) -> NDArray[Any]:
    """The rows as single pieces of memory, which numpy copies at once instead of column by column."""
    return rows.view(np.dtype((np.void, rows.dtype.itemsize)))
