"""One replication: a scenario, a seed and a replication number in, tables out."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

from simsales.model.clock import MONTH_END, Alarm, Clock, Process, start
from simsales.model.customers.customers import Customers
from simsales.model.customers.monthly_draws import MonthlyDraws
from simsales.model.draws import LeadDraws
from simsales.model.event_log import EventLog
from simsales.model.leads.arrivals import arrival_times
from simsales.model.leads.channels import InboundChannel, OutboundList, ReferralChannel
from simsales.model.leads.flow import Flow
from simsales.model.leads.lead import Lead
from simsales.model.money.costs import Costs
from simsales.model.money.pay import Payroll
from simsales.model.month_end import MonthEnd
from simsales.model.opening import open_for_business
from simsales.model.people.person import Person
from simsales.model.plan import Plan, plan_of
from simsales.model.replication import Replication
from simsales.model.tables import tables_of
from simsales.model.work.lead_outcomes import Outcomes, Pipeline
from simsales.model.work.lists import OutboundWork
from simsales.model.work.meetings import Meetings, Seat
from simsales.model.work.routing import Routing
from simsales.model.work.timesheet import Timesheet
from simsales.model.work.working import Duties, work
from simsales.scenario.scenario import Scenario
from simsales.scenario.schema.channels import Outbound, Referral
from simsales.streams import Streams


def simulate(scenario: Scenario, seed: int, replication: int, *, log: bool = False) -> Replication:
    """Simulate the scenario once, from empty desks through the warm-up to the end of the horizon.

    A pure function: it reads no file or clock, and gives the same answer in any process on any machine. With
    the same ``seed`` and ``replication`` the same lead has the same draws in every scenario (common random
    numbers).

    Args:
        scenario: what to simulate.
        seed: of the experiment, ≥ 0.
        replication: number of the replication within the experiment, ≥ 0.
        log: whether to keep the event log (every event of every lead; some 100 bytes each).

    Raises:
        ModelError: if a sample cannot enter the clock (not finite, or in the past).
    """
    return play(plan_of(scenario), seed, replication, log=log)


def play(plan: Plan, seed: int, replication: int, *, log: bool = False) -> Replication:
    """Simulate a plan once; arguments and errors are those of `simulate`."""
    scenario, calendar = plan.scenario, plan.calendar
    clock = Clock()
    event_log = EventLog(clock) if log else None
    streams = Streams(seed, replication)

    # Who is there: people at their desks, customers, pay.
    organization = scenario.organization
    routing = Routing(
        plan.desks,
        clock,
        event_log,
        least_loaded=organization.routing == "least_loaded",
        overflow_above=organization.overflow_above,
    )

    def invite(seat: Seat, role: str, host: Person) -> None:
        desk, owner = routing.desk_for(seat.lead, role, beside=host)
        desk.receive(seat, owner)

    meetings = Meetings(clock, invite, event_log)
    draws = MonthlyDraws(streams, calendar.months)
    customers = Customers(plan.tiers, calendar, clock, routing, meetings, draws, event_log)
    payroll = Payroll(plan.pay, routing.people, routing.desks)

    # How leads move, and who is told what becomes of them.
    def sign(lead: Lead) -> None:
        payroll.sign(customers.sign(lead), customers.month)

    outcomes = Outcomes(
        accept=payroll.accept if plan.pay.by_acceptance else None,
        sign=sign,
        go_live=customers.go_live,
        reference_factor=customers.reference_factor,
    )
    pipeline = Pipeline(
        clock, organization.handoff, routing, outcomes, event_log, pace_changes=plan.pace_changes
    )

    # Where leads come from.
    flows: list[Flow] = []
    arrivals: list[Process] = []
    lists: list[tuple[str, OutboundList]] = []
    for channel in plan.channels:
        by_tier = {tier: Flow(flow, calendar) for tier, flow in channel.flows.items()}
        flows += by_tier.values()
        lead_draws = LeadDraws(channel.draws, streams)
        source = channel.channel
        if isinstance(source, Outbound):
            lists.append((source.worked_by, OutboundList(source.list_size, lead_draws, by_tier)))
        elif isinstance(source, Referral):
            referrals = ReferralChannel(
                channel.index,
                source.leads_per_customer_month,
                partial(customers.referrers, source.value_exponent),
                lead_draws,
                by_tier,
                streams.generator(f"{channel.name}/arrivals"),
                pipeline.enter,
            )
            arrivals.append(partial(referrals.arrive, calendar.months))
        else:
            assert channel.arrivals is not None
            times = arrival_times(channel.arrivals, channel.name, streams)
            # With an event log no lead is lost in bulk, so that every lead is in the log.
            boundaries = calendar.boundaries if event_log is None else None
            inbound = InboundChannel(channel.index, times, lead_draws, by_tier, pipeline.enter, boundaries)
            arrivals.append(inbound.arrive)
    outbound = OutboundWork(routing.desks, lists, clock, pipeline.pulled)

    # What is there at the beginning.
    if plan.opening is None:
        customers.open_month(0)
    else:
        there = {tier.flow.tier: Flow(tier.flow, calendar) for tier in plan.opening}
        flows += there.values()
        opening = partial(open_for_business, plan.opening, there, streams, customers, pipeline)
        # As if a month before had ended: after people have come to their desks, before anything else happens.
        Alarm(clock, [lambda _: opening()]).at(0.0, MONTH_END)

    # The months end one after the other, and with the last of them the simulation.
    costs = Costs(scenario, calendar, plan.idle_shares, routing.people)
    timesheet = Timesheet(routing.desks, calendar)
    month_end = MonthEnd(calendar, customers, payroll, costs, timesheet, flows)

    def close_months(alarm: Alarm) -> Generator[Alarm]:
        for month in range(calendar.months):
            yield alarm.at(calendar.end(month), MONTH_END)
            month_end.close(month)
        # What the last month's end has set going takes place no more: its books are closed.
        clock.stop()

    duties = Duties(
        begin=pipeline.begin,
        always_begin=event_log is not None,
        done=pipeline.done,
        pull_for=outbound.pull_for,
        held=customers.talk_held,
        keep_lead_days=len(plan.tiers) > 1,
    )
    people: list[Process] = [
        partial(work, person, desk, clock, meetings, duties)
        for person, desk in zip(routing.people, routing.desk_of, strict=True)
    ]
    for process in (close_months, *people, *arrivals, customers.care):
        start(clock, process)
    clock.run_until_stopped()

    return Replication(
        seed=seed,
        replication=replication,
        warm_up_months=calendar.warm_up_months,
        horizon_months=calendar.horizon_months,
        tables=tables_of(calendar, flows, customers.tiers, costs, timesheet.months, scenario.people),
        log=None if event_log is None else tuple(event_log.events),
    )
