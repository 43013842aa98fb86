"""Contracts: term, payment, choice, renewal conversation (long: every rule by hand)."""

from __future__ import annotations

from math import exp

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_proportion
from money_scenarios import (
    ANNUAL,
    Data,
    assert_hazards,
    by_cause,
    customer_base,
    ledger,
    market,
    moved,
    run_without_log,
)
from scipy import stats
from small_scenarios import HOURS, MONTH, one_burst, run, small_scenario

from simsales.model import Replication
from simsales.scenario import Scenario

CHURN = 0.03


def contract(term: int = 1, ahead: int | None = None, **more: object) -> Data:
    """One paid for the whole term in advance, if nothing else is said."""
    return {"term_months": term, "paid_months_ahead": term if ahead is None else ahead} | more


def two(first: Data, second: Data, **product: object) -> Data:
    """A product with a monthly and an annual contract."""
    return {"contracts": {"monthly": contract(1) | first, "annual": contract(12) | second}} | product


def signed(replication: Replication) -> dict[str, int]:
    """How many have signed, by contract."""
    return {name: int(number) for name, number in by_cause(replication, "new").items()}


# -------------------------------------------------------------------------------------------- neutral values


def test_a_term_alone_changes_no_revenue_of_those_who_would_not_leave() -> None:
    # Nobody leaves, and a year is paid month by month: only the name of the contract and its term differ.
    plain, bound = (
        run_without_log(customer_base(p, months=30, customers=5))
        for p in ({}, {"contracts": {"annual": contract(12, 1)}})
    )
    for name, column in plain.tables["ledger"].columns.items():
        assert column == bound.tables["ledger"].columns[name], name


# -------------------------------------------------------------------------------------------------- the term


@pytest.mark.parametrize("term", [2, 12, 36])
def test_customers_leave_at_renewals_only_by_what_has_gathered(term: int) -> None:
    # The months of a term are survived together or not at all: 1 − (1 − m)^term at its end, 0 before.
    replication = run_without_log(
        customer_base({"churn_per_month": CHURN, "contracts": {"c": contract(term)}}, months=3 * term)
    )
    hazards = np.zeros(3 * term)
    hazards[term - 1 :: term] = 1 - (1 - CHURN) ** term
    assert_hazards(replication, hazards)


def test_the_first_term_begins_with_the_first_full_month() -> None:
    # Signed at various times of month 1, everyone stays for it and twelve full months.
    arrivals = {"enters_as": "MQL", "leads_per_month": 300, "season": [1] + [0] * 11, "tiers": {"t": 1}}
    product = {"churn_per_month": 1.0, "contracts": ANNUAL}
    replication = run_without_log(market(product, months=14, channels={"web": arrivals}))
    customers = ledger(replication, "customers_new")[0]
    assert customers > 200
    assert ledger(replication, "customers_churned") == [0] * 12 + [customers, 0]


@pytest.mark.slow
@pytest.mark.parametrize("age", [0, 5, 11, 12, 31])
def test_who_is_there_already_is_in_the_middle_of_a_term(age: int) -> None:
    # After `age` full months the term ends in 12 − age mod 12 more, at whose end the whole of it counts.
    product = {"churn_per_month": CHURN, "contracts": ANNUAL}
    replication = run_without_log(customer_base(product, months=24, age=age))
    hazards = np.zeros(24)
    hazards[11 - age % 12 :: 12] = 1 - (1 - CHURN) ** 12
    assert_hazards(replication, hazards)


@pytest.mark.slow
def test_a_going_concern_of_all_ages_loses_as_many_in_every_month() -> None:
    # A twelfth of the terms ends in each month.
    product = {"churn_per_month": CHURN, "contracts": ANNUAL}
    age = {"uniform": {"low": 0, "high": 12}}
    replication = run_without_log(customer_base(product, months=12, customers=24_000, age=age))
    p = (1 - (1 - CHURN) ** 12) / 12
    churned = ledger(replication, "customers_churned")
    # All customers fall into one of twelve months, or into none: a multinomial.
    cells = [*churned, 24_000 - sum(churned)]
    assert stats.chisquare(cells, [24_000 * p] * 12 + [24_000 * (1 - 12 * p)]).pvalue > ALARM


def test_what_was_gathered_before_the_beginning_counts_with_its_factors_and_reasons() -> None:
    # Eleven of twelve months are over: the term ends with month 1, by the hazard of all twelve, of which four
    # fifths are due to the contract.
    product = {"churn_per_month": CHURN, "contracts": {"annual": contract(12, churn_factor=5.0)}}
    replication = run_without_log(customer_base(product, months=1, age=11))
    assert_hazards(replication, 1 - (1 - CHURN) ** 60)
    reasons = by_cause(replication, "churn")
    assert_proportion(int(reasons["contract"]), int(sum(reasons.values())), 4 / 5)


def test_the_base_may_be_on_other_contracts_than_new_customers() -> None:
    # All leave when they can; 80 % of the old ones after a year, though new ones would rather pay monthly.
    product = two({"share": 0.9}, {"share": 0.1}, churn_per_month=1.0)
    old = {"customers": 10_000, "contracts": {"annual": 0.8, "monthly": 0.2}}
    churned = ledger(
        run_without_log(customer_base(product, months=12, opening={"customers": {"t": old}})),
        "customers_churned",
    )
    assert_proportion(churned[11], 10_000, 0.8)
    assert churned[0] + churned[11] == 10_000


@pytest.mark.slow
def test_a_contract_has_its_own_hazard() -> None:
    # (1 − m)^(12 × factor) survive a year.
    for factor in (0.0, 0.5, 2.0):
        product = {"churn_per_month": CHURN, "contracts": {"annual": contract(12, churn_factor=factor)}}
        hazards = np.zeros(24)
        hazards[11::12] = 1 - (1 - CHURN) ** (12 * factor)
        replication = run_without_log(customer_base(product, months=24))
        if factor:
            assert_hazards(replication, hazards)
        else:
            assert sum(ledger(replication, "customers_churned")) == 0


# ---------------------------------------------------------------------------------------------- paying ahead


def one_customer(product: Data, *, day: float, months: int) -> Replication:
    """One customer who signs on some day of the first month."""
    # A buyer's delay before the signature puts it on that day.
    steps = {
        "call": {"by": "nobody", "on": "MQL", "buyer_delay_days": day, "to": "SQL"},
        "sign": {"by": "nobody", "to": "WIN"},
    }
    return run_without_log(market(product, leads=1, months=months, journeys={"t": steps}))


def test_a_year_in_advance_by_hand() -> None:
    # Signed when a quarter of month 1 is over, at 120 a month: a year is 1440, of which 0.75 × 120 = 90 are
    # earned in month 1. It is paid at signature, and again in month 13, when the second term begins.
    product = {"price_per_month": 120, "contracts": ANNUAL}
    replication = one_customer(product, day=MONTH / 4, months=16)
    assert ledger(replication, "receipts") == pytest.approx([1440] + [0] * 11 + [1440, 0, 0, 0])
    assert ledger(replication, "revenue") == pytest.approx([90] + [120] * 15)
    # What is paid and not yet earned goes down by a month's 120.
    deferred = [1350 - 120 * month for month in range(12)] + [1350, 1230, 1110, 990]
    assert ledger(replication, "deferred_closing") == pytest.approx(deferred, abs=1e-9)


def test_month_by_month_by_hand() -> None:
    # A month is paid for on its first day, three quarters into which it lies in the calendar month.
    replication = one_customer({"price_per_month": 120}, day=MONTH / 4, months=4)
    assert ledger(replication, "receipts") == pytest.approx([120, 120, 120, 120])
    assert ledger(replication, "revenue") == pytest.approx([90, 120, 120, 120])
    assert ledger(replication, "deferred_closing") == pytest.approx([30, 30, 30, 30])


def test_three_years_paid_yearly_by_hand() -> None:
    # Bound for 36 months, paid 12 at a time: at signature, and in months 13 and 25; nobody can leave before
    # the term is over, with month 37, and then everybody does.
    product = {"price_per_month": 120, "churn_per_month": 1.0, "contracts": {"long": contract(36, 12)}}
    replication = one_customer(product, day=0.0, months=38)
    paid = [1440] + [0] * 11 + [1440] + [0] * 11 + [1440] + [0] * 13
    assert ledger(replication, "receipts") == pytest.approx(paid)
    assert ledger(replication, "revenue") == pytest.approx([120] * 36 + [0, 0])
    assert ledger(replication, "customers_churned") == [0] * 36 + [1, 0]
    assert ledger(replication, "deferred_closing")[36:] == [0, 0]


def test_a_discount_of_the_contract_by_hand() -> None:
    # A sixth off: 120 becomes 100.
    product = {"price_per_month": 120, "contracts": {"annual": contract(12, discount=1 / 6)}}
    replication = one_customer(product, day=0.0, months=2)
    assert ledger(replication, "mrr_new") == [100, 0]
    assert ledger(replication, "receipts") == pytest.approx([1200, 0])


def test_who_is_there_already_has_paid_up_to_where_it_stands() -> None:
    # Four months into its year, a customer pays next when eight more are over, in month 9.
    replication = run_without_log(customer_base({"contracts": ANNUAL}, customers=1, age=4, months=22))
    assert ledger(replication, "receipts") == [0] * 8 + [1200] + [0] * 11 + [1200, 0]
    assert ledger(replication, "deferred_closing")[:8] == [700, 600, 500, 400, 300, 200, 100, 0]
    # Three years paid yearly: 17 months in, the second payment covers 7 more.
    replication = run_without_log(
        customer_base({"contracts": {"long": contract(36, 12)}}, customers=1, age=17, months=9)
    )
    assert ledger(replication, "receipts") == [0] * 7 + [1200, 0]


def test_a_rise_in_the_middle_of_a_paid_year_is_paid_for_separately() -> None:
    # At the end of month 3 MRR doubles, and nine paid months at 100 more are due. Nothing is earned before
    # its month, and nothing twice.
    releases = {"every_months": 99, "first_month": 3, "price_tiers": [1, 2], "adopt_probability": 1.0}
    replication = run_without_log(
        customer_base({"contracts": ANNUAL, "releases": releases}, customers=1, months=14)
    )
    assert ledger(replication, "receipts") == [1200, 0, 900] + [0] * 9 + [2400, 0]
    assert ledger(replication, "revenue") == [100] * 3 + [200] * 11
    assert ledger(replication, "deferred_closing") == [
        1100, 1000, 1800, 1600, 1400, 1200, 1000, 800, 600, 400, 200, 0, 2200, 2000,
    ]  # fmt: skip


def test_paying_ahead_moves_cash_and_nothing_else() -> None:
    def rows(ahead: int) -> Data:
        product = {"churn_per_month": CHURN, "contracts": {"annual": contract(12, ahead)}}
        return dict(
            run_without_log(customer_base(product, customers=500, months=30)).tables["ledger"].columns
        )

    monthly, yearly = rows(1), rows(12)
    assert {name for name in monthly if monthly[name] != yearly[name]} == {"receipts", "deferred_closing"}
    # Over whole terms it is the same money.
    assert sum(monthly["receipts"][:24]) == pytest.approx(sum(yearly["receipts"][:24]))


# -------------------------------------------------------------------------------------------- which contract


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ratio", "exponent", "discount", "effect"),
    [
        (1.0, 0.0, 0.0, 0.0),
        (1.5, 2.0, 0.0, 0.0),
        (0.6, 2.0, 0.0, 0.0),
        (1.0, 0.0, 0.2, 5.0),
        (1.5, -1.0, 0.1, 8.0),
    ],
    ids=["as stated", "dearer", "cheaper", "discount", "both"],
)
def test_the_share_of_annual_contracts(ratio: float, exponent: float, discount: float, effect: float) -> None:
    # A logit of two: odds 0.3/0.7 × ratio^exponent × e^(effect × discount). A higher price makes customers
    # more willing to sign for a year, or less.
    odds = 0.3 / 0.7 * ratio**exponent * exp(effect * discount)
    annual = {
        "share": 0.3,
        "share_price_exponent": exponent,
        "discount": discount,
        "share_discount_effect": effect,
    }
    product = two({"share": 0.7}, annual, price_per_month=100 * ratio, reference_price_per_month=100)
    replication = run_without_log(market(product))
    assert_proportion(signed(replication)["annual"], 10_000, odds / (1 + odds))
    assert ledger(replication, "customers_new_term") == [signed(replication)["annual"]]


def test_three_contracts_by_their_weights() -> None:
    # Weights at 2 × the reference price: 0.5; 0.3 × 2; 0.2 × 2^0.5 × e^(2 × 0.1).
    weights = np.array([0.5, 0.6, 0.2 * 2**0.5 * exp(0.2)])
    product = {
        "price_per_month": 200,
        "reference_price_per_month": 100,
        "contracts": {
            "a": contract(1, share=0.5),
            "b": contract(12, share=0.3, share_price_exponent=1.0),
            "c": contract(36, share=0.2, share_price_exponent=0.5, discount=0.1, share_discount_effect=2.0),
        },
    }
    found = signed(run_without_log(market(product)))
    assert (
        stats.chisquare([found[name] for name in sorted(found)], 10_000 * weights / weights.sum()).pvalue
        > ALARM
    )


@pytest.mark.slow
def test_the_buyers_discount_counts_as_a_lower_price() -> None:
    # 40 % off a list price of 150 is 0.9 of the reference.
    odds = 0.3 / 0.7 * 0.9**2
    product = two(
        {"share": 0.7}, {"share": 0.3, "share_price_exponent": 2.0},
        price_per_month=150, reference_price_per_month=100, discount=0.4,
    )  # fmt: skip
    assert_proportion(signed(run_without_log(market(product)))["annual"], 10_000, odds / (1 + odds))


def test_a_more_attractive_year_moves_some_to_it_and_nobody_away() -> None:
    def who(effect: float) -> set[int]:
        annual = {"share": 0.3, "discount": 0.2, "share_discount_effect": effect}
        replication = run(market(two({"share": 0.7}, annual), leads=500))
        return {e.number for e in log_reader.of_kind(replication, "sign") if e.step == "annual"}

    assert who(0.0) < who(2.0) < who(5.0)


@pytest.mark.slow
@pytest.mark.parametrize("accepts", [0.0, 0.35, 1.0])
def test_who_does_not_find_the_contract_it_wants_takes_another_or_is_lost(accepts: float) -> None:
    # 40 % want to pay by the month and are asked for a year.
    product = two({"share": 0.4, "offered": False}, {"share": 0.6}, accepts_other_contract=accepts)
    replication = run_without_log(market(product))
    taken = signed(replication)
    assert set(taken) == {"annual"}
    losses = replication.tables["losses"]
    lost = sum(losses.columns["lost"])
    assert taken["annual"] + lost == 10_000
    assert set(losses.columns["reason"]) <= {"contract not offered"}
    assert set(losses.columns["step"]) <= {"sign"}
    assert_proportion(lost, 10_000, 0.4 * (1 - accepts))


def test_a_discount_on_what_is_not_offered_attracts_nobody_to_it() -> None:
    # Half want each contract; the annual one's discount would have made it 0.98 if it were there.
    annual = {"share": 0.5, "offered": False, "discount": 0.4, "share_discount_effect": 10.0}
    replication = run_without_log(market(two({"share": 0.5}, annual, accepts_other_contract=0.0)))
    assert_proportion(signed(replication)["monthly"], 10_000, 0.5)


def test_who_takes_another_contract_takes_one_on_offer_by_their_weights() -> None:
    product = {
        "contracts": {
            "a": contract(1, share=0.5, offered=False),
            "b": contract(12, share=0.2),
            "c": contract(24, share=0.3),
        }
    }
    assert_proportion(signed(run_without_log(market(product)))["b"], 10_000, 0.4)


def test_refusal_comes_after_the_decision_to_buy() -> None:
    # Of those who pass (half) a tenth wants what is not there; the others fail as ever.
    product = two({"share": 0.1, "offered": False}, {"share": 0.9}, accepts_other_contract=0.0)
    replication = run_without_log(market(product, sign={"pass_probability": 0.5}))
    assert_proportion(signed(replication)["annual"], 10_000, 0.45)
    losses = replication.tables["losses"]
    lost = dict(zip(losses.columns["reason"], losses.columns["lost"], strict=True))
    assert_proportion(lost["contract not offered"], 10_000, 0.05)
    assert_proportion(lost["did not pass"], 10_000, 0.5)


def test_a_policy_holds_from_its_month_on() -> None:
    # 60 % want to pay by the month. From month 2 on (a month of warm-up before) they are asked for a year,
    # which half of them accept, with a fifth off; the discount makes the year no more wanted than it was.
    product = two(
        {"share": 0.6, "offered": False, "from_month": 2},
        {"share": 0.4, "discount": 0.2, "from_month": 2},
        accepts_other_contract=0.5,
    )  # fmt: skip
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 5000, "tiers": {"t": 1}}}
    replication = run_without_log(market(product, months=2, warm_up_months=1, channels=channels))
    for name, shares in (("annual", [0.4, 0.4, 0.7]), ("monthly", [0.6, 0.6, 0.0])):
        customers = moved(replication, "new", name, what="customers")
        mrr = moved(replication, "new", name)
        for month, share in zip((0, 1, 2), shares, strict=True):
            funnel = replication.tables["funnel"]
            leads = funnel["came_in"][funnel["month"] == month].sum()
            assert_proportion(int(customers.get(month, 0)), int(leads), share)
            price = 80 if (name, month) == ("annual", 2) else 100
            assert mrr.get(month, 0) == price * customers.get(month, 0)


def test_a_discount_attracts_from_its_month_on() -> None:
    # A year is wanted by 40 %; with the discount its odds are e^(10 × 0.1) as high.
    annual = {"share": 0.4, "discount": 0.1, "share_discount_effect": 10.0, "from_month": 2}
    channels = {"web": {"enters_as": "MQL", "leads_per_month": 5000, "tiers": {"t": 1}}}
    replication = run_without_log(market(two({"share": 0.6}, annual), months=2, channels=channels))
    odds = 0.4 / 0.6 * exp(1)
    for month, share in ((0, 0.4), (1, odds / (1 + odds))):
        annuals = ledger(replication, "customers_new_term")[month]
        assert_proportion(annuals, ledger(replication, "customers_new")[month], share)


def test_a_policy_is_none_of_the_old_customers_business() -> None:
    # In force from the very first instant, it changes neither the prices nor the contracts of those there.
    new = two(
        {"share": 0.6, "offered": False, "from_month": 1}, {"share": 0.4, "discount": 0.2, "from_month": 1},
        churn_per_month=0.1,
    )  # fmt: skip
    old = two({"share": 0.6}, {"share": 0.4}, churn_per_month=0.1)
    changed, plain = (run_without_log(customer_base(product, customers=500)) for product in (new, old))
    assert changed.tables["ledger"].columns == plain.tables["ledger"].columns
    # Left out, the policy has always held: everybody is on a year with its discount.
    for contract_ in new["contracts"].values():
        del contract_["from_month"]
    always = run_without_log(customer_base(new, customers=500))
    assert ledger(always, "mrr_opening")[0] == 500 * 80
    assert ledger(always, "customers_churned")[0] == 0


def test_the_base_is_spread_over_the_contracts_as_new_ones_are() -> None:
    # All leave when they can: 30 % after a year, those of a month at once.
    product = two({"share": 0.7}, {"share": 0.3}, churn_per_month=1.0)
    churned = ledger(run_without_log(customer_base(product, months=13)), "customers_churned")
    assert_proportion(churned[11], 10_000, 0.3)
    assert churned[0] + churned[11] == 10_000


# --------------------------------------------------------------------------------------------------- renewal


def renewing(
    hours: object, *, missed: float = 0.0, before: int = 2, customers: int = 1, months: int = 40,
    churn: float = 0.0, age: object = 0, **product: object,
) -> Scenario:  # fmt: skip
    """Customers on a yearly contract, one person for their renewals; an hour is a day."""
    renewal = {"by": "AM", "effort_hours": hours, "months_before": before, "churn_if_missed": missed}
    return customer_base(
        {"contracts": {"annual": contract(12, renewal=renewal)}, "churn_per_month": churn} | product,
        customers=customers,
        months=months,
        age=age,
        organization={"teams": {"success": {"members": {"AM": 1}}}},
    )


def busy(replication: Replication) -> list[float]:
    return [float(days) for days in replication.tables["work"]["busy_days"]]


def talks(replication: Replication) -> list[float]:
    """When renewals were talked about, in months from the beginning."""
    return [e.time_days / MONTH for e in log_reader.of_kind(replication, "talk") if e.step == "renewal"]


@pytest.mark.parametrize("before", [1, 2, 5, 12])
def test_the_conversation_is_begun_so_many_months_before_and_takes_its_hours(before: int) -> None:
    # Put on the desk when `before` months are left; three days of work.
    replication = run(renewing(3.0, before=before))
    starts = [end - before for end in (12, 24, 36, 48) if end - before < 40]
    assert talks(replication) == pytest.approx([start + 3 / MONTH for start in starts])
    days = [3.0 if month in starts else 0.0 for month in range(40)]
    assert busy(replication) == pytest.approx(days, abs=1e-9)


def test_a_term_shorter_than_the_notice_is_talked_about_when_it_begins() -> None:
    # Five months before the end of a quarter there is nothing to renew yet.
    renewal = {"by": "AM", "effort_hours": 1.0, "months_before": 5}
    scenario = customer_base(
        {"contracts": {"quarter": contract(3, renewal=renewal)}}, customers=1, months=7,
        organization={"teams": {"success": {"members": {"AM": 1}}}},
    )  # fmt: skip
    assert talks(run(scenario)) == pytest.approx([start + 1 / MONTH for start in (0, 3, 6)])


def test_who_is_past_the_day_of_the_conversation_at_the_beginning_has_had_it() -> None:
    # Two months before the end: with 11 of 12 months over it has taken place, with 10 it is due now.
    assert talks(run(renewing(1.0, age=11, months=6, missed=1.0))) == []
    assert talks(run(renewing(1.0, age=10, months=6, missed=1.0))) == pytest.approx([1 / MONTH])
    assert sum(ledger(run(renewing(1.0, age=11, months=6, missed=1.0)), "customers_churned")) == 0


def test_a_conversation_in_time_costs_nobody() -> None:
    # The year's 365 days of work for 100 customers of all ages at 2.5 days each: everyone's turn comes.
    everywhere = {"uniform": {"low": 0, "high": 12}}
    replication = run(renewing(2.5, customers=100, age=everywhere, missed=1.0, months=36))
    assert len(talks(replication)) > 200
    assert sum(ledger(replication, "customers_churned")) == 0


@pytest.mark.slow
@pytest.mark.parametrize("missed", [0.0, 0.25, 1.0])
def test_the_overloaded_lose_those_whom_they_did_not_talk_to(missed: float) -> None:
    # 10 000 terms end at once, and the two months before are enough for 5 000 conversations.
    effort = 2 * MONTH / 5000
    replication = run(renewing(effort, customers=10_000, months=12, missed=missed))
    # (The last one ends with the month, or a rounding error later.)
    in_time = sum(time <= 12 for time in talks(replication))
    assert in_time in (4999, 5000)
    churned = ledger(replication, "customers_churned")
    assert sum(churned[:11]) == 0
    assert_proportion(churned[11], 10_000 - in_time, missed)
    assert set(by_cause(replication, "churn")) == ({"missed renewal"} if missed else set())
    talked_to = {e.number for e in log_reader.of_kind(replication, "talk")}
    assert not talked_to & {e.number for e in log_reader.of_kind(replication, "leave")}
    assert busy(replication)[10:] == pytest.approx([MONTH, MONTH])


@pytest.mark.slow
def test_a_missed_conversation_adds_its_hazard_to_what_has_gathered() -> None:
    # A year's churn of 1 − 0.97^12, and one in four for the lack of the conversation: 0.97^12 × 0.75 stay.
    # Nobody is ever talked to, as the first conversation takes years.
    replication = run_without_log(renewing(100_000.0, customers=10_000, months=12, missed=0.25, churn=CHURN))
    stay = (1 - CHURN) ** 12 * 0.75
    assert_hazards(replication, [0.0] * 11 + [1 - stay])
    # By their shares of the hazard, −12 ln 0.97 and −ln 0.75, the reasons are told.
    gathered = np.array([-12 * np.log(1 - CHURN), -np.log(0.75)])
    reasons = by_cause(replication, "churn")
    assert_proportion(
        int(reasons["missed renewal"]), int(sum(reasons.values())), gathered[1] / gathered.sum()
    )


def test_a_conversation_that_comes_too_late_is_not_had_for_the_next_term() -> None:
    # It takes 2 months and 20 days, two of them before the term ends: too late for this one. It must not
    # count for the next term, nor take away its own conversation.
    replication = run(renewing(2 * HOURS + 20, months=25, missed=0.0))
    begun_for_the_next = [month for month, days in enumerate(busy(replication)) if days > 0 and month >= 14]
    assert begun_for_the_next[0] == 22
    # And with a certain price for missing it, nobody is there for a second term.
    replication = run(renewing(2 * HOURS + 20, months=25, missed=1.0))
    assert ledger(replication, "customers_churned")[11] == 1


def test_a_conversation_with_one_who_leaves_falls_away() -> None:
    # Everyone leaves when the term ends, after two months; of 40 conversations of two days 30 are had then.
    renewal = {"by": "AM", "effort_hours": 2.0, "months_before": 2}
    scenario = customer_base(
        {"contracts": {"short": contract(2, renewal=renewal)}, "churn_per_month": 1.0},
        customers=40, months=6,
        organization={"teams": {"success": {"members": {"AM": 1}}}},
    )  # fmt: skip
    replication = run(scenario)
    # The one at hand is finished, for nothing.
    assert busy(replication) == pytest.approx([MONTH, MONTH, 62 - 2 * MONTH, 0, 0, 0], abs=1e-9)
    assert len(talks(replication)) == 30


def test_an_effortless_conversation_that_cannot_be_missed_changes_nothing() -> None:
    product = {"churn_per_month": CHURN}
    terms = {"contracts": {"annual": contract(12)}}
    renewal = {"contracts": {"annual": contract(12, renewal={"by": "AE"})}}
    plain, talked = (
        run_without_log(customer_base(product | c, customers=300, months=30)) for c in (terms, renewal)
    )
    assert plain.tables == talked.tables


def test_only_the_contract_with_a_conversation_asks_for_it() -> None:
    # Who pays by the month is never talked to about a renewal.
    renewal = {"by": "AM", "effort_hours": 0.01}
    scenario = small_scenario(
        horizon_months=12,
        tiers={"t": {"price_per_month": 100} | two({"share": 0.5}, {"share": 0.5, "renewal": renewal})},
        channels={"web": one_burst(200)},
        journeys={"t": {"sign": {"by": "nobody", "on": "MQL", "to": "WIN"}}},
        organization={"teams": {"success": {"members": {"AM": 1}}}},
    )
    replication = run(scenario)
    of_annual = {e.number for e in log_reader.of_kind(replication, "sign") if e.step == "annual"}
    assert {e.number for e in log_reader.of_kind(replication, "talk")} == of_annual
    assert 0 < len(of_annual) < 200


@pytest.mark.slow
def test_a_term_waits_with_contraction_until_its_renewal() -> None:
    # Within a year it comes up with 1 − (1 − 0.02)^12, and shows when the year is over.
    product = {"contracts": ANNUAL, "contraction": {"probability_per_month": 0.02, "share": 0.5}}
    replication = run_without_log(customer_base(product, months=24))
    customers = moved(replication, "contraction", what="customers")
    assert set(customers) == {12, 24}
    for number in customers.values():
        assert_proportion(int(number), 10_000, 1 - 0.98**12)
