"""The books of one month: what happened to the leads of a flow, and to the customers of a tier."""

from __future__ import annotations

from dataclasses import dataclass

from simsales.scenario.schema.fields import STATES


class FlowMonth:
    """What happened in one month to the leads of one flow."""

    __slots__ = (
        "came_in",
        "cohort_lost",
        "cohort_reached",
        "entered",
        "lost",
        "nurtured",
        "open_opportunities",
        "opportunities_lost",
        "opportunities_lost_days",
        "opportunities_lost_mrr",
        "thinned",
        "won_days",
    )

    def __init__(self, ways_out: int) -> None:
        """Open the books of leads that can be lost in so many ways."""
        self.came_in = 0
        self.thinned = 0
        """Of these, those that never became objects (`Pipeline.thin`)."""
        self.entered = [0] * len(STATES)
        """Leads that reached each state for the first time, those that came in with it included."""
        self.lost = [0] * ways_out
        """Leads lost, by place among the flow's ways out."""
        self.nurtured = 0
        """Leads that did not pass a step and were kept warm."""
        self.won_days = 0.0
        """Sum over the wins of the days from coming in to signing."""
        self.opportunities_lost = 0
        """Leads lost as SQL or later."""
        self.opportunities_lost_days = 0.0
        self.opportunities_lost_mrr = 0.0
        """What they would have paid a month, list price less discount."""
        self.open_opportunities = 0
        """Leads that are SQL or SAL at the month's end."""
        self.cohort_reached = [0] * len(STATES)
        """Of the leads that came in this month, those that have ever been in each state."""
        self.cohort_lost = [0] * len(STATES)
        """Of the same, those that are lost, by the furthest state that they had come to."""

    def lose_opportunity(self, days: float, mrr: float) -> None:
        """Count a lead that was lost as SQL or later, so many days after it came in."""
        self.opportunities_lost += 1
        self.opportunities_lost_days += days
        self.opportunities_lost_mrr += mrr


@dataclass(slots=True)
class TierMonth:
    """One tier's movements of customers and MRR in one month, and what they mean in cash."""

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
    """Earned: full months of those who were there at the month's start, the rest of it of new ones."""
    receipts: float = 0.0
    """Cash received."""
    deferred_closing: float = 0.0
    """Paid, but not yet earned, before the movements of the month's end."""
    cohort_customers: int = 0
    """Customers twelve months before the month's end; 0 if the simulation is not as old."""
    cohort_customers_kept: int = 0
    """Of these, those still there, and without a break."""
    cohort_mrr: float = 0.0
    cohort_mrr_kept: float = 0.0
    """Of each who is still there its MRR now or then, whichever is less."""
    cohort_mrr_now: float = 0.0
