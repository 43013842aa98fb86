"""Why customers leave: the factors on the hazard, each by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import inf, log

import numpy as np

from simsales.model.customers.customer import Customer
from simsales.model.customers.table import Mask, Numbers, Rows
from simsales.model.pricing.price_list import PriceList
from simsales.scenario.schema.tiers import Tier

FACTORS = ("age", "onboarding", "fit", "coverage", "season", "price", "contract", "community")
"""The factors on the hazard, in the order of the tables."""
REASONS = ("base", *FACTORS, "missed renewal")
"""Why customers leave. ``base``: without any factor; it would have left with all of them at 1."""
MOST = 1e12
"""No factor is larger: at this size everybody leaves, and a product of factors must not overflow."""
MISSED = REASONS.index("missed renewal")


class Moment:
    """A tier's customers at a month's end, as the factors on the hazard see them."""

    def __init__(
        self,
        rows: Rows,
        customers: list[Customer],
        end: float,
        month: int,
        calendar_month: int,
        care: float,
    ) -> None:
        """Take the customers.

        Args:
            rows: of the customers.
            customers: in the same order.
            end: of the month, in days.
            month: number of the month that ends; 1 is the first after the warm-up.
            calendar_month: the same month of the year, 1 to 12.
            care: hours a month that a customer of the tier gets from somebody who keeps up.
        """
        self.rows = rows
        self._end = end
        self.month = month
        self.calendar_month = calendar_month
        self._customers = customers
        self._care = care

    @cached_property
    def live(self) -> Mask:
        """Who is LIVE."""
        return who_is_live(self._customers)

    @cached_property
    def known(self) -> Mask:
        """Who was onboarded by somebody that knew it before the sale."""
        return np.array([customer.lead.known for customer in self._customers], dtype=bool)

    @cached_property
    def onboarding_days(self) -> Numbers:
        """Days from signature to LIVE, or until the month's end."""
        live = np.array([customer.live_at for customer in self._customers])
        signed = np.array([customer.signed_at for customer in self._customers])
        days: Numbers = np.minimum(live, self._end) - signed
        return days

    @cached_property
    def care_hours(self) -> Numbers:
        """Hours of care that each has received in the month that ends."""
        return np.array(
            [
                0.0 if keeper is None else self._care * keeper.coverage()
                for keeper in (customer.keeper for customer in self._customers)
            ]
        )


def who_is_live(customers: list[Customer]) -> Mask:
    """Who is LIVE."""
    return np.array([customer.live_at < inf for customer in customers], dtype=bool)


class Hazard:
    """The factors of one tier. Only those that can differ from 1 are computed. Immutable."""

    def __init__(self, product: Tier, prices: PriceList) -> None:
        effects = product.churn_factors
        self._product = product
        self._prices = prices
        windows = sorted(
            effects.age.values(), key=lambda window: inf if window.until_month is None else window.until_month
        )
        self._ends = np.array([inf if w.until_month is None else float(w.until_month) for w in windows])
        self._of_ages = np.array([*(window.factor for window in windows), 1.0])
        on: dict[str, tuple[bool, Callable[[Moment], Numbers]]] = {
            "age": (bool(windows), self._age),
            "onboarding": (
                effects.onboarding.per_day_late > 0
                or effects.onboarding.quality_sd > 0
                or product.early_churn.factor_if_known != 1,
                self._onboarding,
            ),
            "fit": (product.churn_fit_effect > 0, lambda moment: moment.rows["fit"]),
            "coverage": (effects.coverage.factor_if_none > 1, self._coverage),
            "season": (
                any(factor != 1 for factor in effects.season),
                lambda moment: np.full(len(moment.rows), effects.season[moment.calendar_month - 1]),
            ),
            "price": (
                product.price_response.churn_exponent > 0,
                lambda moment: self._price(moment.rows),
            ),
            "contract": (
                any(contract.churn_factor != 1 for contract in product.contracts.values()),
                lambda moment: moment.rows["contract_factor"],
            ),
            "community": (
                product.community is not None and product.community.churn_factor != 1,
                self._community,
            ),
        }
        self._effects = [(FACTORS.index(name), effect) for name, (acts, effect) in on.items() if acts]
        self.single = not self._effects
        """Whether all factors are 1."""

    def factors(self, moment: Moment) -> Numbers:
        """All factors in the month that ends, shape (customers, factors)."""
        factors = np.ones((len(moment.rows), len(FACTORS)))
        for place, effect in self._effects:
            factors[:, place] = effect(moment)
        return np.minimum(factors, MOST)

    def _age(self, moment: Moment) -> Numbers:
        of_each: Numbers = self._of_ages[np.searchsorted(self._ends, moment.rows["age"])]
        return of_each

    def _onboarding(self, moment: Moment) -> Numbers:
        rule, rows = self._product.churn_factors.onboarding, moment.rows
        late = np.maximum(moment.onboarding_days - rule.grace_days, 0.0)
        effect = np.minimum(1 + rule.per_day_late * late, rule.at_most) * rows["quality"]
        effect = np.where(rows["age"] <= rule.months, effect, 1.0)
        early = self._product.early_churn
        if early.factor_if_known != 1:
            effect = np.where(moment.known & (rows["age"] <= early.months), early.factor_if_known, 1) * effect
        return effect

    def _coverage(self, moment: Moment) -> Numbers:
        rule = self._product.churn_factors.coverage
        needed = rule.needed_hours_per_month
        covered = np.minimum(moment.care_hours / needed, 1.0) if needed else np.ones(len(moment.rows))
        return np.where(moment.live, 1 + (rule.factor_if_none - 1) * (1 - covered), 1.0)

    def constant_factors(self, rows: Rows) -> Numbers:
        """The factors that do not change from month to month, shape (customers, factors); the others are
        1.
        """
        factors = np.ones((len(rows), len(FACTORS)))
        factors[:, FACTORS.index("fit")] = rows["fit"]
        factors[:, FACTORS.index("contract")] = rows["contract_factor"]
        factors[:, FACTORS.index("price")] = self._price(rows)
        return np.minimum(factors, MOST)

    def _price(self, rows: Rows) -> Numbers:
        reference = self._prices.reference
        ratio = rows["price"] / reference if reference else np.ones(len(rows))
        power = self._product.price_response.churn_exponent * np.log(np.maximum(ratio, 1 / MOST))
        effect: Numbers = np.exp(np.minimum(power, log(MOST)))
        return effect

    def _community(self, moment: Moment) -> Numbers:
        community = self._product.community
        assert community is not None
        there = moment.month >= community.from_month
        return np.where(moment.rows["member"] & there, community.churn_factor, 1.0)


def shares_of_reasons(factors: Numbers) -> Numbers:
    """The share of each reason in the hazard of a month, shape (customers, 1 + factors), rows summing to 1.

    The base has weight 1, and each factor f above 1 the weight that it adds, f − 1. (There is no single right
    split of a product of factors; this one treats them alike.)
    """
    shares = np.empty((len(factors), 1 + factors.shape[1]))
    shares[:, 0] = 1.0
    np.maximum(factors - 1, 0.0, out=shares[:, 1:])
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
