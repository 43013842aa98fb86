"""Random scenarios with contracts, prices, churn, expansion, pay and costs switched on by chance."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from random_scenarios import CHANCE, Data, data_with_mechanisms

from simsales.scenario import Scenario

_HOURS = st.sampled_from([0.0, 1.0, 30.0, {"exponential": {"mean": 2.0}}])
_PRICE = st.sampled_from([0.0, 0.1, 80.0, 99.99, 1500.0])
_FACTOR = st.sampled_from([0.0, 0.4, 1.0, 1.7])
_FACTOR_FROM_1 = st.sampled_from([1.0, 1.1, 3.0])
_MONTH = st.integers(-1, 6)


def _some(draw: st.DrawFn, optional: dict[str, st.SearchStrategy[Any]]) -> Data:
    return dict(draw(st.fixed_dictionaries({}, optional=optional)))


@st.composite
def data_with_money(draw: st.DrawFn, *, everybody_sells: bool = False) -> Data:
    """A scenario as plain data: one with mechanisms, and everything by chance that moves money.

    With ``everybody_sells``, somebody does every step, and all roles are paid by a plan.
    """
    made: Data = draw(data_with_mechanisms())
    roles = list(made["people"])
    # Long enough for a cohort of twelve months, sometimes; few leads, who come far.
    made["horizon_months"] = draw(st.sampled_from([2, 4, 6, 13, 16]))
    for channel in made["channels"].values():
        if "worked_by" in channel:
            channel["list_size"] = draw(st.integers(0, 40))
        channel.pop("bursts", None)
        if "leads_per_month" in channel:
            channel["leads_per_month"] = draw(st.sampled_from([0.0, 0.4, 4.0, 12.0]))
    for step in (step for journey in made["journeys"].values() for step in journey.values()):
        if everybody_sells and step["by"] == "nobody":
            step["by"] = draw(st.sampled_from(roles))
        if step["by"] != "nobody":
            step["effort_hours"] = draw(_HOURS)
    for handoff in made["organization"]["handoff"].values():
        handoff["drop_probability"] = min(handoff["drop_probability"], 0.3)
    if draw(st.booleans()):
        made.setdefault("opening", {})["customers"] = {
            tier: {"customers": draw(st.integers(0, 20))} for tier in made["tiers"]
        }
    for tier, product in made["tiers"].items():
        product["churn_per_month"] = draw(st.sampled_from([0.0, 0.03, 0.2, 0.2, 1.0]))
        product |= {"reference_price_per_month": 100.0} | _some(draw, _OF_TIERS) | _growth(draw, roles)
        if draw(st.integers(0, 3)):
            product["contracts"] = _contracts(draw, roles)
        base = made.get("opening", {}).get("customers", {}).get(tier)
        if base is not None:
            base["age_months"] = draw(st.sampled_from([0, 1, 5.5, 14, {"uniform": {"low": 0, "high": 30}}]))
            if draw(st.booleans()):
                base["contracts"] = {
                    draw(st.sampled_from(sorted(product.get("contracts", ["monthly"])))): 1.0
                }
    for people in made["people"].values():
        people |= _some(draw, _OF_PEOPLE)
        if everybody_sells:
            people["commission"] = draw(_PLANS)
    for team in made["organization"]["teams"].values():
        if draw(st.booleans()):
            team["bonus"] = {
                "per_person": 500.0,
                "if_new_mrr_per_month": draw(st.sampled_from([0, 5, 90, 2000])),
            }
    word = made["channels"].get("word")
    if word is not None:
        word["value_exponent"] = draw(st.sampled_from([0.0, 0.5, 2.0]))
    if draw(st.booleans()):
        made["overhead"] = {
            "lead": {"people": 2, "salary_per_year": 150_000.0},
            "rent": {"cost_per_month": 999.99, "acquisition_share": draw(CHANCE)},
        }
    return made


def scenarios_with_money(*, everybody_sells: bool = False) -> st.SearchStrategy[Scenario]:
    """A scenario of ``data_with_money``, checked as if it had been read from a file."""
    return data_with_money(everybody_sells=everybody_sells).map(Scenario.model_validate)


def _contracts(draw: st.DrawFn, roles: list[str]) -> Data:
    """Short terms, so that many renewals fall into a short horizon, and some long ones; at least one on
    offer.
    """
    terms = {"monthly": (1, [1]), "pair": (2, [1, 2]), "quarter": (3, [1, 3]), "six": (6, [1, 2, 6])}
    terms |= {"annual": (12, [1, 3, 12]), "long": (24, [1, 12, 24])}
    names = draw(st.lists(st.sampled_from(sorted(terms)), min_size=1, max_size=3, unique=True))
    weights = [draw(st.integers(0, 3)) for _ in names]
    if not any(weights):
        weights[0] = 1
    contracts: Data = {}
    for name, weight in zip(names, weights, strict=True):
        months, ahead = terms[name]
        contracts[name] = {
            "term_months": months,
            "paid_months_ahead": draw(st.sampled_from(ahead)),
            "share": weight / sum(weights),
        } | _some(draw, _OF_CONTRACTS)
        if months > 1 and draw(st.booleans()):
            contracts[name]["renewal"] = {
                "by": draw(st.sampled_from(roles)),
                "effort_hours": draw(_HOURS),
                "months_before": draw(st.integers(1, 3)),
                "churn_if_missed": draw(CHANCE),
            }
    if len(names) > 1 and draw(st.booleans()):
        contracts[names[0]]["offered"] = False
    return contracts


def _growth(draw: st.DrawFn, roles: list[str]) -> Data:
    product: Data = {}
    if draw(st.booleans()):
        product["levers"] = {name: _lever(draw, roles) for name in draw(st.sampled_from(["u", "ux", "p"]))}
    if draw(st.booleans()):
        product["spread"] = {
            "per_month": draw(st.sampled_from([0.0, 0.1, 3.0])),
            "limit": draw(st.sampled_from([1.0, 2.5, 50.0])),
        }
    if draw(st.booleans()):
        product["releases"] = {
            "every_months": draw(st.integers(1, 4)),
            "first_month": draw(_MONTH),
            "price_tiers": draw(st.sampled_from([[1.0, 1.5], [1.0, 2.0, 3.0]])),
            "adopt_probability": draw(CHANCE),
        }
    return product


def _lever(draw: st.DrawFn, roles: list[str]) -> Data:
    lever: Data = {
        "attempts_per_month": draw(CHANCE),
        "at_renewal": draw(st.booleans()),
        "from_month": draw(st.integers(1, 4)),
        "pass_probability": draw(CHANCE),
        "adds": draw(st.sampled_from([0.0, 0.05, 1.0])),
        "raises": draw(st.sampled_from(["volume", "price"])),
    }
    if draw(st.booleans()):
        lever |= {"by": draw(st.sampled_from(roles)), "effort_hours": draw(_HOURS)}
    return lever


def _age_windows(ends: list[int | None], factors: list[float]) -> Data:
    return {
        f"until_{end}": {"factor": factor} | ({} if end is None else {"until_month": end})
        for end, factor in zip(ends, factors, strict=False)
    }


_CHURN_FACTORS = st.fixed_dictionaries(
    {},
    optional={
        "age": st.builds(
            _age_windows,
            st.sampled_from([[1, 3, None], [2], [None]]),
            st.lists(_FACTOR, min_size=3, max_size=3),
        ),
        "onboarding": st.builds(
            lambda late, sd, months: {
                "per_day_late": late,
                "grace_days": 3,
                "quality_sd": sd,
                "months": months,
            },
            st.sampled_from([0.0, 0.05]),
            st.sampled_from([0.0, 0.8]),
            st.integers(1, 6),
        ),
        "coverage": st.builds(
            lambda hours, factor: {"needed_hours_per_month": hours, "factor_if_none": factor},
            st.sampled_from([0.0, 0.5, 10.0]),
            _FACTOR_FROM_1,
        ),
        "season": st.lists(_FACTOR, min_size=12, max_size=12),
    },
)
_OF_TIERS: dict[str, st.SearchStrategy[Any]] = {
    "discount": st.sampled_from([0.1, 0.333, {"uniform": {"low": 0.0, "high": 0.5}}]),
    "price_changes": st.builds(
        lambda month, price, base, second: {
            "new": {"month": month, "price_per_month": price, "base": base},
            "then": {"month": month + second, "price_per_month": 120.0, "base": "at_renewal"},
        },
        st.one_of(_MONTH.map(float), st.floats(-1, 6).map(lambda month: round(month, 3))),
        _PRICE,
        st.sampled_from(["keeps", "at_renewal"]),
        st.sampled_from([0.5, 1.5, 4.0]),
    ),
    "price_response": st.builds(
        lambda win, churn: {"win_odds_elasticity": win, "churn_exponent": churn},
        st.sampled_from([0.0, 0.5, 2.0]),
        st.sampled_from([0.0, 1.0]),
    ),
    "accepts_other_contract": CHANCE,
    "churn_factors": _CHURN_FACTORS,
    "community": st.builds(
        lambda month, share, factors: {
            "from_month": month, "share": share, "churn_factor": factors[0],
            "referral_factor": factors[1], "win_odds_factor": 1.5, "cost_per_month": 250.0,
        },
        _MONTH, CHANCE, st.tuples(_FACTOR, _FACTOR),
    ),
    "reference_customers": st.builds(
        lambda share, months, factor, among: {
            "share": share, "after_months": months, "win_odds_factor": factor, "among": among
        },
        CHANCE, st.integers(0, 3), _FACTOR_FROM_1, st.sampled_from(["tier", "industry"]),
    ),
    "contraction": st.builds(
        lambda p, share: {"probability_per_month": p, "share": share},
        st.sampled_from([0.05, 0.5, 1.0]),
        st.sampled_from([0.2, 1.0]),
    ),
    "reactivation": st.builds(
        lambda p, months: {"probability_per_month": p, "within_months": months},
        st.sampled_from([0.1, 0.5, 1.0]),
        st.integers(1, 12),
    ),
    "cost_to_serve_per_month": st.just(7.5),
    "cost_to_serve_share": st.sampled_from([0.2, 1.0]),
}  # fmt: skip
_OF_CONTRACTS: dict[str, st.SearchStrategy[Any]] = {
    "discount": st.sampled_from([0.0, 0.167, 1.0]),
    "share_price_exponent": st.sampled_from([-1.0, 2.0]),
    "share_discount_effect": st.sampled_from([0.0, 5.0]),
    "churn_factor": _FACTOR,
    "from_month": st.sampled_from([1.0, 2.5]),
}
_TERMS_OF_PAY: dict[str, st.SearchStrategy[Any]] = {
    "only_term_months": st.sampled_from([1, 2, 12]),
    "only_paid_months_ahead": st.sampled_from([1, 3]),
}
_QUOTAS = st.one_of(
    st.just({}),
    st.builds(
        lambda quota, factor: {"quota_per_month": quota, "accelerator": factor},
        st.sampled_from([10.0, 50.0, 300.0, 20_000.0]),
        st.sampled_from([1.5, 3.0]),
    ),
)
_PLANS: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        lambda on, months, quota, terms: {"rate": 0.1, "on": on, "after_months": months} | quota | terms,
        st.sampled_from(["mrr", "acv"]),
        st.sampled_from([0, 0, 1, 3]),
        _QUOTAS,
        st.fixed_dictionaries({}, optional=_TERMS_OF_PAY),
    ),
    st.builds(
        lambda months, quota, terms: {"rate": 0.25, "on": "net_revenue"} | months | quota | terms,
        st.fixed_dictionaries({}, optional={"revenue_months": st.integers(1, 3)}),
        _QUOTAS,
        st.fixed_dictionaries({}, optional=_TERMS_OF_PAY),
    ),
    st.builds(
        lambda on, quota, terms: {"rate": 0.5, "on": on, "earned_by": "growth"} | quota | terms,
        st.sampled_from(["mrr", "acv"]),
        _QUOTAS,
        st.fixed_dictionaries({}, optional=_TERMS_OF_PAY),
    ),
)
_OF_PEOPLE: dict[str, st.SearchStrategy[Any]] = {
    "on_cost_share": st.just(0.21),
    "tools_per_month": st.just(130.0),
    "commission": _PLANS,
    "per_accepted_lead": st.just(35.0),
    "counts_as": st.sampled_from(["by_time", "acquisition", "retention"]),
}
