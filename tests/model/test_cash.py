"""Revenue, receipts, deferred revenue and costs (long: every amount is worked out by hand)."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import customer_accounts
import log_reader
import numpy as np
import pytest
from balances import assert_balances, assert_log_only_observes, assert_queues_balance, rows
from customer_accounts import CENT, Account
from hypothesis import event, given, settings
from hypothesis import strategies as st
from money_scenarios import LIVE, SIGN, customer_base, ledger, market, run_without_log
from profiles import WITHOUT_SHRINKING, examples
from random_money import scenarios_with_money
from small_scenarios import MONTH

from simsales.model import Replication, simulate
from simsales.scenario import Scenario
from simsales.scenario.schema.fields import STATES

YEAR = 12


def cents(amount: float) -> Any:
    """The amount, to the cent."""
    return pytest.approx(amount, abs=CENT)


# ------------------------------------------------------------------------------------------ random scenarios


@pytest.mark.filterwarnings("error::RuntimeWarning")
@settings(max_examples=examples(220), phases=WITHOUT_SHRINKING)
@given(scenarios_with_money(), st.integers(0, 3))
def test_the_books_of_money_close_in_every_month(scenario: Scenario, replication: int) -> None:
    logged = simulate(scenario, 9, replication, log=True)
    for kind in sorted({e.kind for e in log_reader.events(logged)}):
        event(kind)
    if replication == 0:
        assert_log_only_observes(scenario, 9, logged)
    assert_balances(scenario, logged)
    assert_queues_balance(scenario, logged, all_logged=False)
    everybody = customer_accounts.accounts(logged, scenario)
    ledger_is_the_accounts(scenario, logged, everybody)
    cash_is_that_of_the_accounts(scenario, logged, everybody)
    terms_are_kept(scenario, everybody, logged)
    cohorts_are_those_of_the_accounts(scenario, logged, everybody)
    stays_are_those_of_the_accounts(scenario, logged, everybody)
    opportunities_are_those_of_the_log(scenario, logged)
    costs_are_what_they_come_to(scenario, logged)


def by_tier(everybody: list[Account], scenario: Scenario) -> dict[str, list[Account]]:
    return {tier: [a for a in everybody if a.tier == tier] for tier in scenario.tiers}


def ledger_is_the_accounts(scenario: Scenario, replication: Replication, everybody: list[Account]) -> None:
    """Customers, MRR and revenue by what the log says of every customer."""
    there = by_tier(everybody, scenario)
    first = {row["tier"]: row["mrr_opening"] for row in reversed(rows(replication, "ledger"))}
    for row in rows(replication, "ledger"):
        mine = there[row["tier"]]
        month = row["month"] - 1 + scenario.warm_up_months
        # What those had at the beginning whose MRR the log does not tell.
        unknown = [a for a in mine if not a.known]
        rest = first[row["tier"]] - sum(a.mrr[0] or 0.0 for a in mine if a.known) if unknown else 0.0
        open_ = [a.mrr[month] for a in mine if a.mrr[month] is not None]
        new = [a for a in mine if a.month == month]
        assert row["customers_opening"] == len(open_)
        assert row["customers_new"] == len(new)
        contracts = scenario.tiers[row["tier"]].contracts
        assert row["customers_new_term"] == sum(
            contracts[a.contract].term_months > 1 for a in new if a.contract is not None
        )
        if all(a.known or not any(a.left[:month]) for a in unknown):
            opening = rest + sum(amount for amount in open_ if amount is not None)
            assert row["mrr_opening"] == cents(opening)
            revenue = rest + sum(customer_accounts.earned(a, month) for a in mine)
            assert row["revenue"] == cents(revenue)
    for account in everybody:
        if account.signed is not None:
            product = scenario.tiers[account.tier]
            price = customer_accounts.list_price(product, scenario.warm_up_months, account.signed.time_days)
            terms = product.contracts[account.signed.step]
            holds = customer_accounts.holds(terms, scenario.warm_up_months, account.signed.time_days)
            assert terms.offered or not holds
            off = terms.discount if holds else 0.0
            if isinstance(product.discount, (int, float)):
                price *= 1 - min(product.discount, 0.99)
                assert account.signed.mrr == cents(round(price * (1 - off), 2))
            else:
                assert account.signed.mrr <= price * (1 - off) + CENT


def cash_is_that_of_the_accounts(
    scenario: Scenario, replication: Replication, everybody: list[Account]
) -> None:
    for tier, mine in by_tier(everybody, scenario).items():
        if not all(a.known and a.aged for a in mine):
            continue
        event("cash to the customer")
        flows = [customer_accounts.cash(account, scenario) for account in mine]
        deferred = sum(flow.at_first for flow in flows)
        for row in rows(replication, "ledger"):
            if row["tier"] == tier:
                month = row["month"] - 1 + scenario.warm_up_months
                assert row["receipts"] == cents(sum(flow.receipts[month] for flow in flows))
                assert row["deferred_closing"] == cents(sum(flow.deferred[month] for flow in flows))
                assert row["deferred_closing"] == cents(deferred + row["receipts"] - row["revenue"])
                deferred = row["deferred_closing"]


def terms_are_kept(scenario: Scenario, everybody: list[Account], replication: Replication) -> None:
    """A customer under contract leaves, pays another price or buys less at the end of a term only."""
    lives = log_reader.events_by_lead(replication)
    for account in everybody:
        if account.contract is None or not account.aged:
            continue
        term = scenario.tiers[account.tier].contracts[account.contract].term_months
        for e in lives[account.lead]:
            if e.kind == "leave" or e.kind == "contraction" or e.step == "price rise":
                assert account.age[customer_accounts.month_at_end(e)] % term == 0


def cohorts_are_those_of_the_accounts(
    scenario: Scenario, replication: Replication, everybody: list[Account]
) -> None:
    there = by_tier(everybody, scenario)
    for row in rows(replication, "ledger"):
        now = row["month"] - 1 + scenario.warm_up_months
        then = now + 1 - YEAR
        figures = {name: 0.0 for name in row if name.startswith("cohort")}
        mine = there[row["tier"]]
        for account in mine:
            began = account.mrr[then] if then >= 0 else None
            if began is None:
                continue
            figures["cohort_customers"] += 1
            figures["cohort_mrr"] += began
            if not any(account.left[then : now + 1]):
                last = account.mrr[now]
                assert last is not None
                last += account.gains[now]
                figures["cohort_customers_kept"] += 1
                figures["cohort_mrr_kept"] += min(began, last)
                figures["cohort_mrr_now"] += last
        for name, figure in figures.items():
            if name.startswith("cohort_customers"):
                assert row[name] == figure
            elif all(a.known for a in mine):
                assert row[name] == cents(figure)
        assert row["cohort_mrr_kept"] <= min(row["cohort_mrr"], row["cohort_mrr_now"]) + CENT
        if figures["cohort_customers_kept"]:
            event("a cohort")


def stays_are_those_of_the_accounts(
    scenario: Scenario, replication: Replication, everybody: list[Account]
) -> None:
    """By age, after the warm-up; and in sum what the ledger says."""
    first = scenario.warm_up_months
    table = {(row["tier"], row["age"]): row for row in rows(replication, "stays")}
    for tier, mine in by_tier(everybody, scenario).items():
        product = scenario.tiers[tier]
        share, flat = product.cost_to_serve_share, product.cost_to_serve_per_month
        ages: defaultdict[int, np.ndarray[Any, Any]] = defaultdict(lambda: np.zeros(4))
        for a in mine:
            for month in range(first, a.months):
                if a.mrr[month] is not None or month == a.month:
                    revenue = customer_accounts.earned(a, month)
                    margin = revenue * (1 - share) - flat * customer_accounts.served(a, month)
                    ages[a.age[month]] += [1, a.left[month], revenue, margin]
        known, aged = all(a.known for a in mine), all(a.aged for a in mine)
        of_tier = {age: row for (name, age), row in table.items() if name == tier}
        if aged:
            assert of_tier.keys() == ages.keys()
            for age, row in of_tier.items():
                there, left, revenue, margin = ages[age]
                assert (row["customers"], row["left"]) == (there, left)
                if known:
                    assert row["revenue"] == cents(revenue)
                    assert row["margin"] == cents(margin)
        books = [row for row in rows(replication, "ledger") if row["tier"] == tier and row["month"] > 0]
        stays = list(of_tier.values())
        later = [row for row in stays if row["age"] > 0]
        assert sum(row["customers"] for row in later) == sum(row["customers_opening"] for row in books)
        assert sum(row["customers"] for row in stays) - sum(row["customers"] for row in later) == sum(
            row["customers_new"] for row in books
        )
        assert sum(row["left"] for row in stays) == sum(row["customers_churned"] for row in books)
        earned = sum(row["revenue"] for row in books)
        assert sum(row["revenue"] for row in stays) == cents(earned)
        served = sum(
            row["amount"]
            for row in rows(replication, "costs")
            if row["tier"] == tier and row["month"] > 0 and row["kind"] == "serving"
        )
        assert sum(row["margin"] for row in stays) == cents(earned - served)


def opportunities_are_those_of_the_log(scenario: Scenario, replication: Replication) -> None:
    """Leads that are SQL or SAL at each month's end, and what those lost would have paid."""
    months = scenario.warm_up_months + scenario.horizon_months
    open_: Counter[tuple[Any, ...]] = Counter()
    mrr: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    for life in log_reader.events_by_lead(replication).values():
        state, furthest, since = "", 0, 0
        for e in [*life, None]:
            until = months if e is None else min(int(e.time_days // MONTH), months)
            if state in ("SQL", "SAL"):
                for month in range(since, until):
                    open_[month + 1 - scenario.warm_up_months, life[0].channel, life[0].tier] += 1
            since = until
            if e is None or e.kind == "sign":
                break
            if e.kind in ("enter", "state"):
                state = e.detail
                furthest = max(furthest, STATES.index(state))
            if e.kind == "nurture":
                state = scenario.journeys[e.tier][e.detail].on or state
            if e.kind == "lost":
                state = ""
                if furthest >= STATES.index("SQL"):
                    product = scenario.tiers[e.tier]
                    price = customer_accounts.list_price(product, scenario.warm_up_months, e.time_days)
                    off = product.discount if isinstance(product.discount, (int, float)) else 0.0
                    mrr[log_reader.month_of(e, replication), e.channel, e.tier] += price * (1 - off)
    for row in rows(replication, "funnel"):
        key = (row["month"], row["channel"], row["tier"])
        assert row["open_opportunities"] == open_[key]
        if isinstance(scenario.tiers[row["tier"]].discount, (int, float)):
            assert row["opportunities_lost_mrr"] == cents(mrr[key])
        else:
            assert row["opportunities_lost_mrr"] <= mrr[key] + CENT


def costs_are_what_they_come_to(scenario: Scenario, replication: Replication) -> None:
    """In total, however they are shared out; those of channels, communities and service by tier as well."""
    table = rows(replication, "costs")
    assert len({(r["month"], r["tier"], r["purpose"], r["kind"]) for r in table}) == len(table)
    paid: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    purposes: defaultdict[str, set[str]] = defaultdict(set)
    for row in table:
        paid[row["month"], row["kind"]] += row["amount"]
        paid[row["month"], row["kind"], row["tier"]] += row["amount"]
        purposes[row["kind"]].add(row["purpose"])
    assert purposes["channels"] <= {"acquisition"}
    assert purposes["communities"] <= {"retention"}
    assert purposes["serving"] <= {"serving"}
    assert all("serving" not in purposes[kind] for kind in purposes if kind != "serving")
    heads: Counter[str] = Counter()
    for team in scenario.organization.teams.values():
        for role, number in team.members.items():
            heads[role] += number * team.count
    salaries = tools = 0.0
    for role, number in heads.items():
        people = scenario.people[role]
        salaries += number * people.salary_per_year / 12 * (1 + people.on_cost_share)
        tools += number * people.tools_per_month
    overhead = sum(
        each.people * each.salary_per_year / 12 + each.cost_per_month for each in scenario.overhead.values()
    )
    channels: defaultdict[tuple[int, str], float] = defaultdict(float)
    for row in rows(replication, "funnel"):
        channels[row["month"], row["tier"]] += row["channel_cost"]
    spend = sum(channel.spend_per_month for channel in scenario.channels.values())
    per_lead: defaultdict[int, float] = defaultdict(float)
    for e in log_reader.of_kind(replication, "enter"):
        if e.channel in scenario.channels:
            per_lead[log_reader.month_of(e, replication)] += scenario.channels[e.channel].cost_per_lead
    customer_months: defaultdict[tuple[int, str], float] = defaultdict(float)
    for account in customer_accounts.accounts(replication, scenario):
        for index in range(account.months):
            month = index + 1 - scenario.warm_up_months
            customer_months[month, account.tier] += customer_accounts.served(account, index)
    work: defaultdict[int, float] = defaultdict(float)
    for row in rows(replication, "work"):
        work[row["month"]] += row["salaries"]
    commissions: defaultdict[int, float] = defaultdict(float)
    for row in rows(replication, "commissions"):
        commissions[row["month"]] += row["amount"]
    for row in rows(replication, "ledger"):
        month, tier = row["month"], row["tier"]
        assert paid[month, "salaries"] == cents(salaries)
        assert work[month] == cents(salaries)
        assert paid[month, "tools"] == cents(tools)
        assert paid[month, "overhead"] == cents(overhead)
        assert paid[month, "commissions"] == cents(commissions[month])
        assert paid[month, "channels"] == cents(spend + per_lead[month])
        assert paid[month, "channels", tier] == cents(channels[month, tier])
        product = scenario.tiers[tier]
        community = product.community
        lasts = community is not None and month >= community.from_month
        assert paid[month, "communities", tier] == cents(
            community.cost_per_month if community is not None and lasts else 0.0
        )
        flat = product.cost_to_serve_per_month * customer_months[month, tier]
        assert paid[month, "serving", tier] == cents(product.cost_to_serve_share * row["revenue"] + flat)


# --------------------------------------------------------------------------------------------------- by hand


def one_customer(term: int, ahead: int, months: int, *, day: float = 0.0, **product: Any) -> Scenario:
    """Signs on a day of January, at 100 a month, and is LIVE at once; nobody else comes."""
    contract = {"term_months": term, "paid_months_ahead": ahead}
    sell = {"by": "AE", "effort_hours": day} if day else {"by": "nobody"}
    return market(
        {"contracts": {"c": contract}} | product, leads=1, months=months, journeys={
            "t": {"sign": SIGN | sell, "live": LIVE}
        },
    )  # fmt: skip


def test_who_pays_by_the_month_owes_nothing_and_is_owed_nothing() -> None:
    replication = run_without_log(one_customer(1, 1, 4, day=MONTH / 4))
    assert ledger(replication, "receipts") == pytest.approx([100, 100, 100, 100])
    assert ledger(replication, "revenue") == pytest.approx([75, 100, 100, 100])
    assert ledger(replication, "deferred_closing") == pytest.approx([25, 25, 25, 25])


def test_a_year_in_advance() -> None:
    # A quarter of January is over: of the 1,200 for a year, 75 are earned in January, 100 a month from then
    # on, and the last 25 in the next January, in which the next year is paid for.
    replication = run_without_log(one_customer(12, 12, 15, day=MONTH / 4))
    assert ledger(replication, "receipts") == pytest.approx([1200, *[0] * 11, 1200, 0, 0])
    assert ledger(replication, "revenue") == pytest.approx([75, *[100] * 14])
    left = [1125, 1025, 925, 825, 725, 625, 525, 425, 325, 225, 125, 25, 1125, 1025, 925]
    assert ledger(replication, "deferred_closing") == pytest.approx(left)


@pytest.mark.parametrize("day", [0.0, 1.0, MONTH / 4, MONTH / 2, MONTH - 0.001])
@pytest.mark.parametrize(("term", "ahead"), [(1, 1), (3, 3), (12, 1), (12, 12), (36, 12)])
def test_a_contract_earns_its_price_over_its_term_whenever_it_begins(
    day: float, term: int, ahead: int
) -> None:
    """Certain churn: the customer leaves at the end of the first term, with all of it paid and earned."""
    replication = run_without_log(one_customer(term, ahead, term + 2, day=day, churn_per_month=1))
    for column in ("receipts", "revenue"):
        assert sum(ledger(replication, column)) == pytest.approx(100 * term)
    assert ledger(replication, "deferred_closing")[-1] == pytest.approx(0, abs=1e-9)
    assert ledger(replication, "customers_closing")[-2:] == [0, 0]


def test_a_year_paid_by_the_quarter() -> None:
    replication = run_without_log(one_customer(12, 3, 9))
    assert ledger(replication, "receipts") == pytest.approx([300, 0, 0, 300, 0, 0, 300, 0, 0])
    assert ledger(replication, "deferred_closing") == pytest.approx([200, 100, 0] * 3)


def test_growth_within_prepaid_months_is_charged_for_those_that_are_left() -> None:
    # A release with month 2 brings it to 150 from the second month of its quarter on: 50 more for each of the
    # two that are paid at 100. The next quarter costs 450.
    releases = {"every_months": 100, "first_month": 2, "price_tiers": [1.0, 1.5], "adopt_probability": 1}
    replication = run_without_log(one_customer(12, 3, 6, releases=releases))
    assert ledger(replication, "receipts") == pytest.approx([300, 100, 0, 450, 0, 0])
    assert ledger(replication, "revenue") == pytest.approx([100, 150, 150, 150, 150, 150])
    assert ledger(replication, "deferred_closing") == pytest.approx([200, 150, 0, 300, 150, 0])


def test_a_price_rise_at_renewal_is_charged_with_the_new_term() -> None:
    # From the middle of month 2 the list price is 120. Who signed for two months before pays it from month 3.
    changes = {"up": {"month": 2.5, "price_per_month": 120, "base": "at_renewal"}}
    replication = run_without_log(one_customer(2, 2, 6, price_changes=changes))
    assert ledger(replication, "receipts") == pytest.approx([200, 0, 240, 0, 240, 0])
    assert ledger(replication, "deferred_closing") == pytest.approx([100, 0, 120, 0, 120, 0])
    assert ledger(replication, "mrr_expansion") == pytest.approx([0, 0, 20, 0, 0, 0])


def test_who_is_there_at_the_beginning_has_paid_up_to_the_end_of_its_payment() -> None:
    # Five of twelve months are over: seven are paid. Then 1,200 from each of the ten.
    contracts = {"c": {"term_months": 12, "paid_months_ahead": 12}}
    replication = run_without_log(customer_base({"contracts": contracts}, customers=10, months=9, age=5))
    assert ledger(replication, "receipts") == pytest.approx([0] * 7 + [12_000, 0])
    assert ledger(replication, "deferred_closing") == pytest.approx(
        [6000, 5000, 4000, 3000, 2000, 1000, 0, 11_000, 10_000]
    )


def test_who_comes_back_pays_from_the_next_month_on() -> None:
    # Bound for two months and paying for both; leaves when a term ends, as churn is certain, and returns a
    # month later. Signed with the first instant of month 1, it has months 1 and 2 and is gone with month 3;
    # back with the end of month 4, it has months 5 and 6, and so on.
    reactivation = {"probability_per_month": 1}
    replication = run_without_log(one_customer(2, 2, 8, churn_per_month=1, reactivation=reactivation))
    assert ledger(replication, "customers_opening") == [0, 1, 1, 0, 1, 1, 0, 1]
    assert ledger(replication, "receipts") == pytest.approx([200, 0, 0, 0, 200, 0, 0, 200])
    assert ledger(replication, "revenue") == pytest.approx([100, 100, 0, 0, 100, 100, 0, 100])
    assert ledger(replication, "deferred_closing") == pytest.approx([100, 0, 0, 0, 100, 0, 0, 100])
    assert ledger(replication, "mrr_reactivation") == pytest.approx([0, 0, 0, 100, 0, 0, 100, 0])


def test_certain_churn_takes_all_who_are_there_at_the_beginning_at_the_end_of_their_term() -> None:
    replication = run_without_log(customer_base({"churn_per_month": 1}, customers=10, months=3, age=7))
    assert ledger(replication, "customers_churned") == [10, 0, 0]
    contracts = {"c": {"term_months": 3}}
    replication = run_without_log(
        customer_base({"churn_per_month": 1, "contracts": contracts}, customers=10, months=3, age=7)
    )
    assert ledger(replication, "customers_churned") == [0, 10, 0]


def test_a_cohort_by_hand() -> None:
    # Ten are there at the start of month 1, at 100 each. At the end of month 3 all buy a fifth less; a
    # release at the end of month 6 multiplies by three. Twelve months after the start of month 1 is the end
    # of month 12: of 1,000, 1,000 are kept (of each no more than it had), and 2,400 are there. Month 13 is
    # compared with the start of month 2, and so on to month 15 with that of month 4, at 800.
    releases = {"every_months": 100, "first_month": 6, "price_tiers": [1.0, 3.0], "adopt_probability": 1}
    contraction = {"probability_per_month": 1, "share": 0.2}
    contracts = {"c": {"term_months": 36}}
    product = {"releases": releases, "contraction": contraction, "contracts": contracts}
    replication = run_without_log(customer_base(product, customers=10, months=15, age=33))
    assert ledger(replication, "cohort_customers") == [0] * 11 + [10] * 4
    assert ledger(replication, "cohort_customers_kept") == [0] * 11 + [10] * 4
    assert ledger(replication, "cohort_mrr") == pytest.approx([0] * 11 + [1000, 1000, 1000, 800])
    assert ledger(replication, "cohort_mrr_kept") == pytest.approx([0] * 11 + [1000, 1000, 1000, 800])
    assert ledger(replication, "cohort_mrr_now") == pytest.approx([0] * 11 + [2400] * 4)
    # Without the release, of each 80 are kept of 100.
    del product["releases"]
    replication = run_without_log(customer_base(product, customers=10, months=15, age=33))
    assert ledger(replication, "cohort_mrr_kept") == pytest.approx([0] * 11 + [800] * 4)
    assert ledger(replication, "cohort_mrr_now") == pytest.approx([0] * 11 + [800] * 4)


def test_a_customer_that_has_left_and_returned_is_lost_for_its_cohort() -> None:
    # Leaves at the end of month 3, the third of its term, and returns at the end of month 4.
    product = {
        "churn_per_month": 1,
        "contracts": {"c": {"term_months": 36}},
        "reactivation": {"probability_per_month": 1},
    }
    replication = run_without_log(customer_base(product, customers=10, months=17, age=33))
    assert ledger(replication, "customers_closing") == [10, 10, 0, *[10] * 14]
    # In the cohort of the start of month 4 nobody is; those of the start of month 5 are all kept.
    assert ledger(replication, "cohort_customers")[11:] == [10, 10, 10, 0, 10, 10]
    assert ledger(replication, "cohort_customers_kept")[11:] == [0, 0, 0, 0, 10, 10]


def test_what_serving_costs() -> None:
    # Of 75 and 100 earned a fifth; and 8 for each of three quarters of a month and for the whole one.
    scenario = one_customer(1, 1, 2, day=MONTH / 4, cost_to_serve_share=0.2, cost_to_serve_per_month=8.0)
    costs = [row for row in rows(run_without_log(scenario), "costs") if row["kind"] == "serving"]
    assert [(row["month"], row["purpose"]) for row in costs] == [(1, "serving"), (2, "serving")]
    assert [row["amount"] for row in costs] == pytest.approx([15 + 6, 20 + 8])
    stays = rows(run_without_log(scenario), "stays")
    assert [row["margin"] for row in stays] == pytest.approx([75 - 21, 100 - 28])
