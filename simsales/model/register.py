"""The register: what is kept of every customer of a tier, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simsales.model.leaving import MISSED, Hazard, shares_of_reasons
from simsales.scenario.schema.pricing import Contract
from simsales.scenario.schema.tiers import Tier
from simsales.units import YEAR

if TYPE_CHECKING:
    from simsales.model.leads import Customer
    from simsales.model.life import LifeLuck
    from simsales.model.pay import Payroll
    from simsales.model.prices import PriceList

Rows = NDArray[np.void]


class Register:
    """Makes the rows of new customers."""

    def __init__(
        self,
        product: Tier,
        contracts: Sequence[Contract],
        prices: PriceList,
        payroll: Payroll,
        life: LifeLuck,
        purposes: Sequence[tuple[str, str]],
        *,
        months: int,
        reasons: int,
        hazard_per_month: float,
        hazard: Hazard,
    ) -> None:
        """Prepare the columns.

        Args:
            product: the tier.
            contracts: in the order in which customers name theirs.
            prices: the list prices.
            payroll: knows who is paid by a customer's revenue.
            life: gives the numbers of a life.
            purposes: what a customer needs a number for in every month, with the law that it follows.
            months: how many numbers that are.
            reasons: how many reasons for leaving are told apart.
            hazard_per_month: of leaving, all factors being 1.
            hazard: the factors.
        """
        self._product = product
        self._contracts = contracts
        self._prices = prices
        self._payroll = payroll
        self._life = life
        self._purposes = purposes
        self._hazard_per_month = hazard_per_month
        self._hazard = hazard
        self._term = np.array([contract.term_months for contract in contracts])
        self._ahead = np.array([contract.paid_months_ahead for contract in contracts])
        self._churn_factor = np.array([contract.churn_factor for contract in contracts])
        self._columns = np.dtype(
            [
                ("threshold", "f8"),
                ("hazard", "f8"),  # gathered so far; past the threshold the customer leaves
                ("reasons", "f8", (reasons,)),  # the same by reason
                ("age", "i8"),  # full months as a customer
                ("since", "i8"),  # months since it was first here: place in the numbers of its life
                ("away", "i8"),  # months since it left
                ("mrr", "f8"),
                ("price", "f8"),  # what a unit costs it, net of discounts
                ("listed", "f8"),  # the list price that it is on
                ("list_place", "i8"),  # which one that is
                ("contract", "i8"),
                ("term", "i8"),
                ("term_left", "i8"),  # months until it can leave
                ("ahead", "i8"),  # months that it pays at a time
                ("paid_left", "i8"),  # months that are paid already
                ("talked", "?"),  # whether the renewal conversation of this term has taken place
                ("seats", "f8"),  # as a multiple of those bought first
                ("edition", "i8"),  # price tier, from 0
                ("fit", "f8"),  # factors on the hazard, as are the next two
                ("quality", "f8"),
                ("contract_factor", "f8"),
                ("felt", "f8"),  # the product of all factors on the hazard, last time
                ("member", "?"),  # whether it takes part in the community
                ("reference", "?"),  # whether it lets itself be named
                ("then", "f8", (YEAR,)),  # MRR at the start of the last twelve months
                ("sellers", "i8", (max(1, len(payroll.on_revenue)),)),  # numbers of those paid by its revenue
                *((f"life/{purpose}", "f8", (months,)) for purpose, _ in purposes),
            ]
        )

    def number_of_month(self, customer: Customer, row: Rows, purpose: str, law: str) -> float:
        """A number of the month that ends for something that few customers come to, and is not kept ready."""
        lead = customer.lead
        numbers = self._life.draws(lead.flow.channel, lead.flow.life_place(lead), purpose, law)
        return float(numbers[row["since"][0] - 1])

    def none(self) -> Rows:
        """No rows, with all columns."""
        return np.zeros(0, self._columns)

    def of_new_ones(self, customers: Sequence[Customer]) -> Rows:
        """Customers who have just signed, as they are before their first full month."""
        rows = np.zeros(len(customers), self._columns)
        leads = [customer.lead for customer in customers]
        rows["threshold"] = [lead.luck[lead.flow.churn] for lead in leads]
        rows["fit"] = [lead.luck[lead.flow.stays] for lead in leads]
        rows["mrr"] = [customer.mrr for customer in customers]
        rows["price"] = [customer.price for customer in customers]
        place = rows["list_place"] = [self._prices.place(customer.signed_at) for customer in customers]
        rows["listed"] = np.array(self._prices.prices)[place]
        contract = rows["contract"] = [customer.contract for customer in customers]
        rows["contract_factor"] = self._churn_factor[contract]
        rows["term"] = rows["term_left"] = self._term[contract]
        rows["ahead"] = self._ahead[contract]
        # Who pays ahead has done so at signature.
        rows["paid_left"] = np.where(self._ahead[contract] > 1, self._ahead[contract], 0)
        rows["seats"] = rows["felt"] = rows["quality"] = 1.0
        rows["then"] = np.nan
        product = self._product
        if product.churn_factors.onboarding.quality_sd:
            rows["quality"] = [lead.luck[lead.flow.quality] for lead in leads]
        if product.community is not None:
            share = product.community.share
            rows["member"] = [lead.luck[lead.flow.member] < share for lead in leads]
        if product.reference_customers is not None:
            share = product.reference_customers.share
            rows["reference"] = [lead.luck[lead.flow.reference] < share for lead in leads]
        if self._payroll.on_revenue:
            rows["sellers"] = [self._payroll.sellers(c, self._contracts[c.contract]) for c in customers]
        for purpose, law in self._purposes:
            rows[f"life/{purpose}"] = [
                self._life.draws(lead.flow.channel, lead.flow.life_place(lead), purpose, law)
                for lead in leads
            ]
        return rows

    def of_those_there(self, customers: Sequence[Customer], ages: NDArray[np.int64]) -> Rows:
        """Customers who are there at the beginning, and have been for so many full months.

        They are as far in their terms as their age says, have paid up to there, and have gathered hazard
        since the last renewal. (What was gathered before does not matter: an exponential threshold that has
        not been passed is as good as new.) Of the factors, those that do not change are known of that time.
        """
        rows = self.of_new_ones(customers)
        rows["age"] = ages
        elapsed = ages % rows["term"]
        rows["term_left"] = rows["term"] - elapsed
        rows["paid_left"] = -ages % rows["ahead"]
        factors = self._hazard.known_factors(rows)
        months = elapsed * factors.prod(axis=1)
        # (Certain churn is an infinite hazard, of which no month at all would make a nan.)
        gathered = np.where(months > 0, self._hazard_per_month * np.where(months > 0, months, 1.0), 0.0)
        rows["hazard"] = gathered
        if rows["reasons"].shape[1] > 1:
            weight = np.where(np.isfinite(gathered), gathered, 1.0)[:, np.newaxis]
            rows["reasons"][:, :MISSED] = weight * shares_of_reasons(factors)
        return rows


def joined(*parts: Rows) -> Rows:
    """Rows one after the other."""
    return np.concatenate([_whole(rows) for rows in parts]).view(parts[0].dtype)


def kept(rows: Rows, who: NDArray[np.bool_]) -> Rows:
    """The rows of some."""
    return _whole(rows)[who].view(rows.dtype)


def _whole(rows: Rows) -> NDArray[Any]:
    """The rows as pieces of memory: numpy copies these at once, and a row of columns column by column."""
    return rows.view(np.dtype((np.void, rows.dtype.itemsize)))
