"""One replication: a scenario, a seed and a replication number in, tables out."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import numpy as np
import simpy
from simpy.events import URGENT

from simsales.model.channels import InboundChannel, OutboundList, ReferralChannel, arrival_times
from simsales.model.clock import MONTH_END, Alarm, Process, start
from simsales.model.customers import Customers
from simsales.model.eventlog import EventLog
from simsales.model.flow import OPENING, Flow
from simsales.model.ledger import Ledger
from simsales.model.luck import Luck
from simsales.model.opening import open_for_business
from simsales.model.pay import Costs, Payroll
from simsales.model.pipeline import Pipeline
from simsales.model.replication import Replication
from simsales.model.teams import Teams
from simsales.scenario import Scenario
from simsales.scenario.schema.channels import Inbound, Referral
from simsales.streams import Streams
from simsales.units import MONTH_DAYS


def simulate(scenario: Scenario, seed: int, replication: int, *, log: bool = False) -> Replication:
    """Simulate the scenario once, from empty desks through the warm-up to the end of the horizon.

    A pure function: it touches no global state, file or clock, and gives the same answer in any process on
    any machine. The same ``seed`` and ``replication`` give the same luck to the same lead in every
    scenario (common random numbers).

    Args:
        scenario: what to simulate.
        seed: of the experiment, ≥ 0.
        replication: number of the replication within the experiment, ≥ 0.
        log: whether to keep the event log (every event of every lead; some 100 bytes each).

    Raises:
        ModelError: if a sample cannot enter the clock (not finite, or in the past).
    """
    clock = simpy.Environment()
    event_log = EventLog(clock) if log else None
    streams = Streams(seed, replication)
    months = scenario.warm_up_months + scenario.horizon_months
    month_ends = np.arange(months + 1, dtype=np.float64) * MONTH_DAYS

    teams = Teams(scenario, clock, event_log)
    payroll = Payroll(scenario, teams)
    customers = teams.customers = Customers(scenario, clock, teams, payroll, streams, event_log)
    handoffs = scenario.organization.handoff
    pipeline = teams.pipeline = Pipeline(clock, handoffs, teams, customers, month_ends, event_log)

    flows: list[Flow] = []
    processes: list[Process] = []
    lists: dict[str, OutboundList] = {}
    for index, (name, channel) in enumerate(sorted(scenario.channels.items())):
        shares = {tier: share for tier, share in channel.tiers.items() if share > 0}
        by_tier = {tier: Flow(name, tier, scenario, customers.offers[tier]) for tier in sorted(shares)}
        flows += by_tier.values()
        luck = Luck(streams, name, shares, {tier: flow.columns for tier, flow in by_tier.items()})
        if isinstance(channel, Inbound):
            times = arrival_times(channel, name, scenario, streams)
            processes.append(InboundChannel(index, times, luck, by_tier, pipeline).arrive)
        elif isinstance(channel, Referral):
            gaps = streams.generator(f"{name}/arrivals")
            per_month, by_value = channel.leads_per_customer_month, channel.value_exponent
            source = ReferralChannel(index, per_month, by_value, luck, by_tier, customers, gaps, pipeline)
            processes.append(partial(source.arrive, months))
        else:
            lists[name] = OutboundList(channel.list_size, luck, by_tier)
    teams.hand_out(scenario, lists)
    if scenario.opening is None:
        customers.open_month()
    else:
        tiers = sorted(scenario.opening.customers.keys() | scenario.opening.pipeline.keys())
        there = {tier: Flow(OPENING, tier, scenario, customers.offers[tier]) for tier in tiers}
        flows += there.values()
        opening = partial(open_for_business, scenario.opening, there, streams, customers, pipeline)
        # As if a month before had ended: after people have come to their desks, before anything else happens.
        Alarm(clock, [lambda _: opening()]).at(0.0, MONTH_END)
    ledger = Ledger(scenario, flows, customers, teams, Costs(scenario, teams, payroll))

    def close_months(month_end: Alarm) -> Generator[Alarm]:
        for time in month_ends[1:].tolist():
            yield month_end.at(time, MONTH_END)
            ledger.close_month()
        # Nothing that the last month's end has set going takes place any more: its books are closed.
        last_month_closed._ok, last_month_closed._value = True, None
        clock.schedule(last_month_closed, priority=URGENT)

    last_month_closed = clock.event()
    for process in (close_months, *(person.work for person in teams.people), *processes, customers.care):
        start(clock, process)
    clock.run(until=last_month_closed)

    return Replication(
        seed=seed,
        replication=replication,
        warm_up_months=scenario.warm_up_months,
        horizon_months=scenario.horizon_months,
        tables=ledger.tables(),
        log=None if event_log is None else tuple(event_log.events),
    )
