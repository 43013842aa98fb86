"""Commissions and bonuses, applied to the event log and by hand (long: every plan and what it counts)."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import customer_accounts
import log_reader
import pytest
from customer_accounts import CENT, Account
from hypothesis import event, given, settings
from hypothesis import strategies as st
from money_scenarios import LIVE, SIGN, SILENT, at_once
from profiles import WITHOUT_SHRINKING, examples
from random_money import scenarios_with_money
from small_scenarios import ALMOST_NEVER, HOURS, MONTH, run, small_scenario

from simsales.model import Event, Replication, simulate
from simsales.scenario import Scenario
from simsales.scenario.schema.costs import Commission
from simsales.scenario.schema.pricing import Contract

Data = dict[str, Any]

# ------------------------------------------------------------------------------ the plans applied to the log

Bases = defaultdict[tuple[int, str], float]
"""What a commission is paid on, by month and person."""


def role_of(person: str) -> str:
    return person.split("/")[1].split("#")[0]


def owners(life: list[Event], scenario: Scenario) -> dict[str, str]:
    """Who has a lead, by role, after these events: the last one to do a step of that role, or to sit in at a
    colleague's.

    (Nobody passes a step who has not done its last meeting, so meetings in vain need not be told apart.)
    """
    found = {}
    for e in life:
        sat_in = e.kind == "start" and role_of(e.detail) != scenario.journeys[e.tier][e.step].by
        if sat_in or (e.kind == "done" and e.detail):
            found[role_of(e.detail)] = e.detail
    return found


def qualifies(plan: Commission, contract: Contract) -> bool:
    return (
        contract.term_months >= plan.only_term_months
        and contract.paid_months_ahead >= plan.only_paid_months_ahead
    )


def earned(scenario: Scenario, replication: Replication) -> dict[tuple[int, str, str], float]:
    """Commissions by month (from 0, warm-up first), person and purpose, from the log."""
    plans = {role: people.commission for role, people in scenario.people.items() if people.commission}
    bases: Bases = defaultdict(float)
    lives = log_reader.events_by_lead(replication)
    for account in customer_accounts.accounts(replication, scenario):
        life = lives[account.lead]
        product = scenario.tiers[account.tier]
        if account.signed is not None:
            sellers = owners(life[: life.index(account.signed)], scenario)
            contract = product.contracts[account.signed.step]
            for role, plan in plans.items():
                if plan.earned_by == "new" and role in sellers and qualifies(plan, contract):
                    _of_a_sale(bases, plan, sellers[role], account, scenario)
        for e in life:
            talker = plans.get(role_of(e.detail)) if e.kind == "expansion" and e.detail else None
            if talker is not None and talker.earned_by == "growth":
                # (The contract of those who were there before may be unknown; then it does not matter.)
                contract = product.contracts[account.contract] if account.contract else Contract()
                if qualifies(talker, contract):
                    basis = e.mrr * (12 if talker.on == "acv" else 1)
                    bases[customer_accounts.month_at_end(e), e.detail] += basis
    paid: defaultdict[tuple[int, str, str], float] = defaultdict(float)
    for (month, person), basis in bases.items():
        plan = plans[role_of(person)]
        purpose = "acquisition" if plan.earned_by == "new" else "retention"
        quota = float("inf") if plan.quota_per_month is None else plan.quota_per_month
        below, above = min(basis, quota), max(basis - quota, 0.0)
        paid[month, person, purpose] += max(plan.rate * below, 0.0) + plan.rate * plan.accelerator * above
    for life in lives.values():
        accepted = next((i for i, e in enumerate(life) if (e.kind, e.detail) == ("state", "SAL")), None)
        if life[0].detail == "SAL":  # accepted before; if nurture takes it back, that does not pay anew
            accepted = None
        for role, person in owners(life[: accepted or 0], scenario).items():
            assert accepted is not None
            month = int(life[accepted].time_days // MONTH)
            paid[month, person, "acquisition"] += scenario.people[role].per_accepted_lead
    return paid


def _of_a_sale(bases: Bases, plan: Commission, person: str, account: Account, scenario: Scenario) -> None:
    if plan.on == "net_revenue":
        product = scenario.tiers[account.tier]
        for month in range(account.month, account.months):
            if any(account.left[:month]):
                break
            revenue = customer_accounts.earned(account, month)
            served = customer_accounts.served(account, month)
            net = revenue * (1 - product.cost_to_serve_share) - served * product.cost_to_serve_per_month
            age = account.age[month]
            if plan.revenue_months is None or age < plan.revenue_months:
                bases[month, person] += net
            elif age == plan.revenue_months:  # the last month ends on the day of signature
                part, mrr = customer_accounts.parts(account)[month], account.mrr[month] or 0.0
                margin = mrr * (1 - product.cost_to_serve_share) - product.cost_to_serve_per_month
                bases[month, person] += (1 - part) * margin
    else:
        month = account.month + plan.after_months
        assert account.signed is not None
        if month < account.months and not any(account.left[: month + 1]):
            bases[month, person] += account.signed.mrr * (12 if plan.on == "acv" else 1)


def prizes(scenario: Scenario, replication: Replication) -> dict[int, float]:
    """Bonuses by month."""
    sold: defaultdict[tuple[int, str], float] = defaultdict(float)
    for e in log_reader.of_kind(replication, "sign"):
        sold[int(e.time_days // MONTH), e.detail.split("/")[0]] += e.mrr
    paid: defaultdict[int, float] = defaultdict(float)
    for month in range(scenario.warm_up_months + scenario.horizon_months):
        for name, team in scenario.organization.teams.items():
            for copy in range(team.count):
                enough = sold[month, f"{name}#{copy + 1}"]
                if team.bonus is not None and enough >= team.bonus.if_new_mrr_per_month:
                    paid[month] += team.bonus.per_person * sum(team.members.values())
    return paid


def assert_pay_is_that_of_the_log(scenario: Scenario, replication: Replication) -> None:
    first = 1 - scenario.warm_up_months
    table: defaultdict[tuple[int, str], float] = defaultdict(float)
    for month, person, role, kind, amount in replication.tables["commissions"].rows():
        assert role == role_of(person)
        assert kind == "commissions"
        assert amount >= 0
        table[month - first, person] += amount
    due: defaultdict[tuple[int, str], float] = defaultdict(float)
    costs: defaultdict[tuple[int, str], float] = defaultdict(float)
    for (month, person, purpose), amount in earned(scenario, replication).items():
        due[month, person] += amount
        costs[month, purpose] += amount
    for month, amount in prizes(scenario, replication).items():
        costs[month, "bonuses"] += amount
    for key in table.keys() | due.keys():
        assert table[key] == pytest.approx(due[key], abs=CENT), key
    booked: defaultdict[tuple[int, str], float] = defaultdict(float)
    for month, _, purpose, kind, amount in replication.tables["costs"].rows():
        assert amount >= 0
        if kind in ("commissions", "bonuses"):
            booked[month - first, kind if kind == "bonuses" else purpose] += amount
    for what in booked.keys() | costs.keys():
        assert booked[what] == pytest.approx(costs[what], abs=CENT), what


def tells_the_contracts(scenario: Scenario) -> bool:
    """Whether it is known on what contract the opening's customers are, if growth is paid by contract."""
    conditions = any(
        people.commission is not None
        and people.commission.earned_by == "growth"
        and (people.commission.only_term_months, people.commission.only_paid_months_ahead) != (1, 1)
        for people in scenario.people.values()
    )
    there = scenario.opening.customers if scenario.opening is not None else {}
    return not conditions or all(
        base.customers == 0
        or len(scenario.tiers[tier].contracts if base.contracts is None else base.contracts) == 1
        for tier, base in there.items()
    )


@settings(max_examples=examples(200), phases=WITHOUT_SHRINKING)
@given(scenarios_with_money(everybody_sells=True).filter(tells_the_contracts), st.integers(0, 3))
def test_pay_is_the_plan_applied_to_the_log(scenario: Scenario, replication: int) -> None:
    logged = simulate(scenario, 11, replication, log=True)
    assert_pay_is_that_of_the_log(scenario, logged)
    for role in set(logged.tables["commissions"]["role"].tolist()):
        plan = scenario.people[role].commission
        assert plan is not None
        event(f"{plan.on}, {plan.earned_by}, {'quota' if plan.quota_per_month else 'no quota'}")
        event("paid later" if plan.after_months else "paid at once")


# ---------------------------------------------------------------------------------------------------- by hand


def firm(seller: Data, *, months: int = 5, leads: int = 1, **parts: Any) -> Scenario:
    """Leads come at the first instant and are sold one a day by one AE, for 100 a month each."""
    sell = {"by": "AE", "on": "MQL", "effort_hours": 1, "to": "WIN"}
    return small_scenario(
        **{
            "horizon_months": months,
            "channels": {"web": at_once(leads)},
            "journeys": {"t": {"sell": sell, "live": LIVE}},
            "people": {"AE": {"hours_per_month": HOURS} | seller},
        }
        | parts
    )


def of_kind(replication: Replication, kind: str, purpose: str | None = None) -> list[float]:
    """Costs of a kind, month by month."""
    costs = replication.tables["costs"]
    found = dict.fromkeys(sorted(set(replication.tables["ledger"]["month"].tolist())), 0.0)
    for month, _, why, what, amount in costs.rows():
        if what == kind and purpose in (None, why):
            found[month] += amount
    return list(found.values())


def paid(scenario: Scenario) -> list[float]:
    """Commissions month by month; the log says the same."""
    replication = run(scenario)
    assert_pay_is_that_of_the_log(scenario, replication)
    return of_kind(replication, "commissions")


def test_base_and_commission() -> None:
    # Four contracts of 100 a month are an ACV of 4,800, of which a tenth is paid when they are signed.
    scenario = firm({"salary_per_year": 60_000.0, "commission": {"rate": 0.1}}, leads=4)
    assert paid(scenario) == pytest.approx([480, 0, 0, 0, 0])
    assert of_kind(run(scenario), "salaries") == pytest.approx([5000] * 5)
    # The same on MRR: four hundred.
    scenario = firm({"commission": {"rate": 1.2, "on": "mrr"}}, leads=4)
    assert paid(scenario) == pytest.approx([480, 0, 0, 0, 0])


def test_performance_only() -> None:
    # Each brings 100 a month and costs 25 % of it and 5 more: 70 a month, of which a fifth is 14. They sign
    # after one and two days, which month 1 lacks.
    lacks = 14 * (1 + 2) / MONTH
    first = 28 - lacks
    tier = {"price_per_month": 100, "cost_to_serve_share": 0.25, "cost_to_serve_per_month": 5}
    plan: Data = {"rate": 0.2, "on": "net_revenue"}
    assert paid(firm({"commission": plan}, leads=2, tiers={"t": tier})) == pytest.approx([first, *[28] * 4])
    plan["revenue_months"] = 2
    assert paid(firm({"commission": plan}, leads=2, tiers={"t": tier})) == pytest.approx(
        [first, 28, lacks, 0, 0]
    )
    # Who leaves after a month has brought one month's revenue.
    del plan["revenue_months"]
    tier["churn_per_month"] = 1.0
    assert paid(firm({"commission": plan}, leads=2, tiers={"t": tier})) == pytest.approx(
        [first, lacks, 0, 0, 0]
    )
    # Nor is who left and comes back won again: all leave at the end of month 2, to return a month later.
    back = tier | {"reactivation": {"probability_per_month": 1.0}}
    assert paid(firm({"commission": plan}, leads=2, tiers={"t": back})) == pytest.approx(
        [first, lacks, 0, 0, 0]
    )
    # Customers who bring less than they cost are no reason to pay, nor to take back.
    tier = {"price_per_month": 100, "cost_to_serve_per_month": 105}
    assert paid(firm({"commission": plan}, leads=2, tiers={"t": tier})) == [0.0] * 5


@pytest.mark.parametrize("churn", [0.0, 1.0])
@pytest.mark.parametrize("flat", [0.0, 10.0])
def test_the_last_paid_month_ends_on_the_day_of_signature(churn: float, flat: float) -> None:
    """Three months of 100, less what serving costs, whether the customer leaves then or stays."""
    tier = {
        "price_per_month": 100,
        "churn_per_month": churn,
        "cost_to_serve_per_month": flat,
        "contracts": {"quarter": {"term_months": 3}},
    }
    plan: Data = {"rate": 1.0, "on": "net_revenue", "revenue_months": 3}
    months = paid(firm({"commission": plan}, leads=1, tiers={"t": tier}))
    assert sum(months) == pytest.approx(3 * (100 - flat))


def test_tiered_with_accelerator() -> None:
    # One a day, thirty of them in the 30.4375 days of month 1: an MRR of 3,000; the other ten in month 2.
    # Half of what is up to the quota of 1,800, the whole of what is above: 900 + 1,200 in month 1, 500 in
    # month 2, which has a quota of its own.
    plan = {"rate": 0.5, "on": "mrr", "quota_per_month": 1800, "accelerator": 2}
    assert paid(firm({"commission": plan}, leads=40)) == pytest.approx([2100, 500, 0, 0, 0])
    # On ACV the quota is one of ACV: 36,000 sold, of which 6,000 above 30,000; 12,000 in month 2.
    plan = {"rate": 0.1, "on": "acv", "quota_per_month": 30_000, "accelerator": 3}
    assert paid(firm({"commission": plan}, leads=40)) == pytest.approx([3000 + 1800, 1200, 0, 0, 0])


@pytest.mark.parametrize(("churn", "months", "expected"), [
    (0.0, 3, [0, 0, 0, 480, 0]),
    (1.0, 0, [480, 0, 0, 0, 0]),  # paid before they leave
    (1.0, 1, [0, 0, 0, 0, 0]),  # they leave at the end of the month in which it would be paid
    (0.0, 9, [0, 0, 0, 0, 0]),  # beyond the horizon
])  # fmt: skip
def test_commission_on_retention(churn: float, months: int, expected: list[float]) -> None:
    tiers = {"t": {"price_per_month": 100, "churn_per_month": churn}}
    scenario = firm({"commission": {"rate": 0.1, "after_months": months}}, leads=4, tiers=tiers)
    assert paid(scenario) == pytest.approx(expected)


@pytest.mark.parametrize(("term", "ahead", "conditions", "expected"), [
    (1, 1, {}, 120),
    (1, 1, {"only_term_months": 12}, 0),
    (12, 1, {"only_term_months": 12}, 120),
    (12, 3, {"only_paid_months_ahead": 12}, 0),
    (24, 12, {"only_paid_months_ahead": 12, "only_term_months": 13}, 120),
])  # fmt: skip
def test_conditions_of_the_contract(term: int, ahead: int, conditions: Data, expected: float) -> None:
    contracts = {"c": {"term_months": term, "paid_months_ahead": ahead}}
    tiers = {"t": {"price_per_month": 100, "contracts": contracts}}
    scenario = firm({"commission": {"rate": 0.1} | conditions}, tiers=tiers)
    assert paid(scenario) == pytest.approx([expected, 0, 0, 0, 0])


def test_pay_per_accepted_lead() -> None:
    # Forty leads are looked at, one a day; for those whom the AE accepts the MDR gets 35, in the month of
    # acceptance and whether or not they sign. (Chance decides who is accepted: the count is the funnel's.)
    journey = {
        "qualify": {"by": "MDR", "on": "MQL", "effort_hours": 1, "to": "SQL"},
        "accept": {"by": "AE", "effort_hours": 0.1, "pass_probability": 0.5, "to": "SAL"},
        "close": {"by": "AE", "effort_hours": 0.1, "pass_probability": ALMOST_NEVER, "to": "WIN"},
    }
    people = {"MDR": {"hours_per_month": HOURS, "per_accepted_lead": 35}, "AE": {"hours_per_month": HOURS}}
    scenario = firm(
        {},
        leads=40,
        months=2,
        journeys={"t": journey},
        people=people,
        organization={"teams": {"sales": {"members": {"MDR": 1, "AE": 1}}}},
    )
    accepted = run(scenario).tables["funnel"]["sal"].tolist()
    assert all(accepted)
    assert sum(accepted) < 40
    assert paid(scenario) == [35 * number for number in accepted]


def test_a_lead_that_is_accepted_again_is_paid_once() -> None:
    # After the SAL it fails for certain, practically, and is kept warm for another round.
    nurture = {"to": "qualify", "share": 1, "after_days": 3, "at_most": 2}
    journey = {
        "qualify": {"by": "AE", "on": "MQL", "effort_hours": 0.1, "to": "SAL"},
        "close": {
            "by": "AE", "pass_probability": ALMOST_NEVER, "to": "WIN", "otherwise": {"nurture": nurture},
        },
    }  # fmt: skip
    scenario = firm({"per_accepted_lead": 35}, leads=10, months=2, journeys={"t": journey})
    states = Counter(e.detail for e in log_reader.of_kind(run(scenario), "state"))
    assert states["SAL"] == 30
    assert paid(scenario) == [350, 0]


def test_commission_on_growth() -> None:
    # One customer, LIVE at day 1. The CSM's talk in each full month adds a half: 50 at the end of month 2, 75
    # at the end of month 3, 112.50 at that of month 4. Of the ACV of these a tenth: 60, 90, 135. The AE has
    # no part in it; and customers who were there before count alike.
    up_sell = {"by": "CSM", "effort_hours": 1, "attempts_per_month": 1, "pass_probability": 1, "adds": 0.5}
    growth = {"rate": 0.1, "earned_by": "growth"}
    people = {role: {"hours_per_month": HOURS, "commission": growth} for role in ("AE", "CSM")}
    teams = {"sales": {"members": {"AE": 1, "CSM": 1}}}
    parts: Data = {"months": 4, "organization": {"teams": teams}, "people": people}
    parts["tiers"] = {"t": {"price_per_month": 100, "levers": {"up_sell": up_sell}}}
    assert paid(firm({}, **parts)) == pytest.approx([0, 60, 90, 135])
    assert of_kind(run(firm({}, **parts)), "commissions", "retention") == pytest.approx([0, 60, 90, 135])
    opening = {"customers": {"t": {"customers": 2}}}
    scenario = firm({}, **parts | {"channels": {"web": SILENT}, "opening": opening})
    assert paid(scenario) == pytest.approx([120, 180, 270, 405])
    # Bound for a month only, they are no reason to pay by a plan for annual contracts.
    growth["only_term_months"] = 12
    assert (
        paid(scenario.model_validate(scenario.model_dump(exclude_unset=True) | {"people": people}))
        == [0.0] * 4
    )


def test_everybody_in_a_team_gets_the_bonus_if_the_team_has_sold_enough() -> None:
    # Thirty contracts in month 1, ten in month 2. Two teams have a bonus; in one of them nobody sells, and
    # its threshold of 0 is reached in every month.
    def bonuses(threshold: float) -> list[float]:
        bonus = {"per_person": 500, "if_new_mrr_per_month": threshold}
        teams = {
            "sales": {"members": {"AE": 1, "SE": 2}, "bonus": bonus},
            "support": {"members": {"SE": 4}, "count": 2},
            "others": {"members": {"SE": 1}, "bonus": bonus | {"if_new_mrr_per_month": 0}},
        }
        people = {role: {"hours_per_month": HOURS} for role in ("AE", "SE")}
        scenario = firm({}, leads=40, months=3, organization={"teams": teams}, people=people)
        assert_pay_is_that_of_the_log(scenario, run(scenario))
        return of_kind(run(scenario), "bonuses")

    assert bonuses(3001) == [500, 500, 500]
    assert bonuses(3000) == [2000, 500, 500]
    assert bonuses(1000) == [2000, 2000, 500]


def test_sellers_are_paid_for_their_own_sales() -> None:
    # Three AEs take the six leads in turn; with quota or without, each has sold two. Nobody has the seventh,
    # that of the opening, who signed before.
    plan = {"rate": 0.5, "on": "mrr", "quota_per_month": 150, "accelerator": 3}
    scenario = firm(
        {"commission": plan},
        leads=6,
        months=2,
        organization={"teams": {"sales": {"members": {"AE": 3}, "assignment": "round_robin"}}},
        opening={"customers": {"t": {"customers": 1}}},
    )
    replication = run(scenario)
    assert_pay_is_that_of_the_log(scenario, replication)
    table = replication.tables["commissions"]
    # 150 at a half, 50 at one and a half.
    assert list(zip(table["person"].tolist(), table["amount"].tolist(), strict=True)) == [
        (f"sales#1/AE#{number}", pytest.approx(75 + 75)) for number in (1, 2, 3)
    ]


# ------------------------------------------------------------------------------------------- whose cost it is

PEOPLE = {"hours_per_month": HOURS, "salary_per_year": 30_000.0, "on_cost_share": 0.2, "tools_per_month": 100}
"""2,500 a month and a fifth on top, 3,000; and a hundred for tools."""


def split(scenario: Scenario, kind: str) -> list[float]:
    """The share of acquisition in each month."""
    replication = run(scenario)
    won, kept = (of_kind(replication, kind, purpose) for purpose in ("acquisition", "retention"))
    assert all(
        a + b == pytest.approx(c) for a, b, c in zip(won, kept, of_kind(replication, kind), strict=True)
    )
    return [a / (a + b) for a, b in zip(won, kept, strict=True)]


def one_person(**more: Any) -> Scenario:
    """Sells one contract in ten days of January, and then looks after it five hours (days) a month."""
    sell = {"by": "AE", "on": "MQL", "effort_hours": 10, "to": "WIN"}
    care = {"by": "AE", "effort_hours_per_month": 5}
    parts: Data = {
        "months": 3,
        "tiers": {"t": {"price_per_month": 100, "care": care}},
        "journeys": {"t": {"sell": sell, "live": LIVE}},
    }
    return firm(more.pop("people", PEOPLE), **parts | more)


# Care comes in twentieths of the month, the first at its beginning: of those of January, at 1.521875 days × 0
# to 19, the last thirteen (from 7 on, at 10.65 days) find the customer there. 10 days against 13 × 0.25.
JANUARY = 10 / (10 + 13 * 0.25)


@pytest.mark.parametrize("kind", ["salaries", "tools", "overhead"])
def test_pay_goes_where_the_time_of_the_month_went(kind: str) -> None:
    scenario = one_person(overhead={"lead": {"people": 1, "salary_per_year": 120_000.0}})
    assert split(scenario, kind) == pytest.approx([JANUARY, 0, 0])
    amount = {"salaries": 3000, "tools": 100, "overhead": 10_000}[kind]
    assert of_kind(run(scenario), kind) == pytest.approx([amount] * 3)


@pytest.mark.parametrize(("counts_as", "share"), [("acquisition", 1.0), ("retention", 0.0)])
def test_pay_goes_where_the_role_counts_if_it_says_so(counts_as: str, share: float) -> None:
    scenario = one_person(people=PEOPLE | {"counts_as": counts_as})
    assert split(scenario, "salaries") == [share] * 3


def test_overhead_can_have_a_split_of_its_own() -> None:
    overhead = {"rent": {"cost_per_month": 800.0, "acquisition_share": 0.75}}
    scenario = one_person(overhead=overhead)
    assert split(scenario, "overhead") == pytest.approx([0.75] * 3)
    assert of_kind(run(scenario), "overhead") == pytest.approx([800] * 3)


def test_talks_with_customers_are_for_keeping_them() -> None:
    # Sold in the first day of month 1, bound for two full months; the talk about the renewal, four hours, is
    # begun with month 2 and again with month 4. In month 3 nothing is done: that counts as selling, for which
    # the AE is there.
    renewal = {"by": "AE", "effort_hours": 4, "months_before": 2}
    contracts = {"c": {"term_months": 2, "renewal": renewal}}
    tiers = {"t": {"price_per_month": 100, "contracts": contracts}}
    assert split(firm(PEOPLE, tiers=tiers, months=4), "salaries") == [1, 0, 1, 0]


def test_a_month_without_work_counts_as_what_the_role_is_there_for() -> None:
    """No leads come. The SE takes part in winning customers of b, the SDR works a list of them, the AE sells
    to a and b. The CSM has no part in winning anybody: its cost is for keeping those of all tiers.
    """
    sell = {"by": "AE", "on": "MQL", "effort_hours": 1, "to": "WIN"}
    call = {"by": "SDR", "on": "Suspect", "effort_hours": 1, "pass_probability": 0.5, "to": "MQL"}
    people = dict.fromkeys(("AE", "SE", "SDR", "CSM"), PEOPLE)
    scenario = small_scenario(
        horizon_months=1,
        tiers={name: {"price_per_month": 100} for name in "abc"},
        channels={
            "web": {"enters_as": "MQL", "leads_per_month": 0, "tiers": {"a": 0.5, "c": 0.5}},
            "cold": {"worked_by": "SDR", "list_size": 0, "tiers": {"b": 1}},
        },
        journeys={
            "a": {"sell": sell},
            "b": {"call": call, "sell": sell | {"joined_by": ["SE"]}},
            "c": {"sign": SIGN},
        },
        people=people,
        organization={"teams": {"pod": {"members": dict.fromkeys(people, 1)}}},
    )
    salaries: defaultdict[tuple[str, str], float] = defaultdict(float)
    for _, tier, purpose, kind, amount in run(scenario).tables["costs"].rows():
        salaries[tier, purpose] += amount * (kind == "salaries")
    assert salaries == pytest.approx({
        ("a", "acquisition"): 1500,  # half an AE
        ("b", "acquisition"): 1500 + 3000 + 3000,
        ("a", "retention"): 1000, ("b", "retention"): 1000, ("c", "retention"): 1000,
    })  # fmt: skip


def test_tiers_bear_what_their_own_work_costs() -> None:
    # Ten leads of each tier: those of a take two hours, those of b one. In a month of 30.4375 hours all are
    # done: 20 and 10.
    sell = {"by": "AE", "on": "MQL", "to": "WIN"}
    scenario = small_scenario(
        horizon_months=1,
        tiers={name: {"price_per_month": 100} for name in "ab"},
        channels={name: at_once(10) | {"tiers": {name: 1}} for name in "ab"},
        journeys={
            "a": {"sell": sell | {"effort_hours": 2}},
            "b": {"sell": sell | {"effort_hours": 1}},
        },
        people={"AE": PEOPLE},
    )
    salaries = {
        tier: amount
        for _, tier, _, kind, amount in run(scenario).tables["costs"].rows()
        if kind == "salaries"
    }
    assert salaries == pytest.approx({"a": 2000, "b": 1000})


def test_time_spent_on_customers_leaves_nothing_for_acquisition() -> None:
    # Blocks of care whose hours do not add up exactly in binary: what is left of subtracting them is no work.
    care = {"by": "CSM", "effort_hours_per_month": 0.7}
    replication = run(
        small_scenario(
            horizon_months=12,
            tiers={"t": {"price_per_month": 100, "churn_per_month": 0.1, "care": care}},
            channels={"web": at_once(0)},
            journeys={"t": {"sell": {"by": "nobody", "on": "MQL", "to": "WIN"}, "live": LIVE}},
            people={"CSM": {"hours_per_month": 140, "salary_per_year": 60_000}},
            organization={"teams": {"success": {"members": {"CSM": 1}}}},
            opening={"customers": {"t": {"customers": 77}}},
        )
    )
    assert sum(of_kind(replication, "salaries", "acquisition")) == 0
    assert sum(of_kind(replication, "salaries", "retention")) == pytest.approx(60_000)
