"""The books of one month: how a tier's customers and MRR moved, and what that means in cash."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TierMonth:
    """One tier's movements of customers and MRR in one month, and its revenue and receipts."""

    customers_opening: int = 0
    customers_new: int = 0
    customers_new_term: int = 0
    """Of these, on a contract of more than a month."""
    customers_reactivated: int = 0
    customers_churned: int = 0
    customers_closing: int = 0
    mrr_opening: float = 0.0
    mrr_new: float = 0.0
    mrr_expansion: float = 0.0
    mrr_contraction: float = 0.0
    mrr_churned: float = 0.0
    mrr_reactivation: float = 0.0
    mrr_closing: float = 0.0
    revenue: float = 0.0
    """Earned, by the days of each customer's own months."""
    receipts: float = 0.0
    """Cash received."""
    deferred_closing: float = 0.0
    """Paid, but not yet earned, at the month's end."""
    cohort_customers: int = 0
    """Customers twelve months before the month's end; 0 if the simulation is not as old."""
    cohort_customers_kept: int = 0
    """Of these, those still there without a break."""
    cohort_mrr: float = 0.0
    """Their MRR then."""
    cohort_mrr_kept: float = 0.0
    """Of those still there, the lesser of MRR now and MRR then."""
    cohort_mrr_now: float = 0.0
    """Of those still there, MRR now."""
