"""The end of a month: what happens in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simsales.model.calendar import Calendar
from simsales.model.customers.customers import Customers
from simsales.model.leads.flow import Flow
from simsales.model.money.costs import Costs
from simsales.model.money.pay import Payroll
from simsales.model.work.timesheet import Timesheet


@dataclass(frozen=True, eq=False)
class MonthEnd:
    """Closes one month after the other."""

    calendar: Calendar
    customers: Customers
    payroll: Payroll
    costs: Costs
    timesheet: Timesheet
    flows: Sequence[Flow]

    def close(self, month: int) -> None:
        """Close the month with this index, which ends now, and open the next one."""
        customers, payroll = self.customers, self.payroll

        # 1. Customers, tier by tier. Those leave whose hazard has passed their threshold and whose term ends;
        #    the others may come to pay more or less; then the month is billed.
        for name, tier in customers.tiers.items():
            tier.book_signatures(month)
            before = tier.rows["mrr"].copy()
            term_ends = tier.grow_older()
            talks = tier.talks_that_count(term_ends)
            tier.gather_hazard(month)
            leaving = tier.who_leaves(term_ends)
            growth = tier.change_mrr(month, term_ends, leaving, talks)
            revenue, margin, earlier = tier.bill(month, leaving, before)
            tier.note_exposure(month, leaving, revenue, margin)
            payroll.revenue(name, tier.plan.offer.menu.contracts, tier.rows, margin, earlier)
            for customer, first_margin in tier.first_margins():
                payroll.first_revenue(customer, first_margin)
            for customer, movement, _, person, mrr in growth:
                if person is not None and movement == "expansion":
                    payroll.grow(customer, person, mrr)
            customers.note(growth)
            tier.renew(term_ends)
            returns, rows = tier.come_back(month)
            customers.come_back(returns)
            customers.leave(tier.let_go(month, leaving))
            tier.book_cohort(month)
            tier.admit(month, returns, rows)

        # 2. The next month's conversations are put on the desks.
        if month + 1 < self.calendar.months:
            customers.open_month(month + 1)

        # 3. Pay and other costs of the month that ends.
        serving = {name: tier.serving_cost for name, tier in customers.tiers.items()}
        earned, bonuses = payroll.close_month(month), payroll.bonuses()
        self.costs.close_month(month, earned, bonuses, self.flows, serving)

        # 4. What people and queues did, and the counts of leads.
        self.timesheet.close_month(month)
        for flow in self.flows:
            flow.close_month(month)
            if month + 1 == self.calendar.warm_up_months:
                flow.cycle.begin(flow.open_cohorts())
