"""Random valid scenarios, over all that the schema allows, short enough to run hundreds of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simsales.scenario import Scenario
from simsales.scenario.schema import fields

Data = dict[str, Any]
STATES: tuple[str, ...] = fields.STATES


def _plain(number: float) -> float:
    """The number, or 0 where it is so small that a scenario refuses it."""
    return number if number >= 1e-9 else 0.0


CHANCE = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0).map(_plain))
SOME_CHANCE = st.one_of(st.just(1.0), st.floats(0.1, 1.0))
# A round number of days or hours makes ties likely.
QUANTITY: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0.0, 0.0, 1.0, 30.4375]),
    st.floats(0.0, 40.0).map(_plain),
    st.builds(lambda m: {"exponential": {"mean": m}}, st.floats(0.1, 20.0)),
    st.builds(
        lambda m, c: {"lognormal": {"mean": m, "sd": c * m}},
        st.floats(0.1, 20.0),
        st.floats(0, 2).map(_plain),
    ),
    st.builds(
        lambda a, b: {"uniform": {"low": min(a, b), "high": max(a, b)}}, *[st.floats(0, 20).map(_plain)] * 2
    ),
    st.builds(
        lambda *abc: {"triangular": dict(zip(("low", "mode", "high"), sorted(abc), strict=True))},
        *[st.floats(0, 20).map(_plain)] * 3,
    ),
)
ROLES = ["MDR", "SDR", "AE", "CSM"]


@st.composite
def data(draw: st.DrawFn) -> Data:
    """A scenario as plain data."""
    tiers = draw(st.sampled_from([["smb"], ["smb", "big"], ["a", "b", "c"]]))
    roles = ROLES[: draw(st.integers(1, 4))]
    entries = draw(st.lists(st.sampled_from(STATES[:4]), min_size=1, max_size=2, unique=True))
    worker = draw(st.sampled_from(roles))
    outbound = draw(st.booleans())
    journeys = {tier: _journey(draw, roles, entries, worker if outbound else None) for tier in tiers}
    channels = {
        f"{name}{i}": _inbound(draw, tiers, state)
        for i, (name, state) in enumerate(zip(["web", "fair"], entries, strict=False))
    }
    if outbound:
        channels["cold"] = {
            "enters_as": "Suspect",
            "worked_by": worker,
            "list_size": draw(st.one_of(st.none(), st.integers(0, 200))),
            "cost_per_lead": 1.5,
            "tiers": _shares(draw, tiers),
        }
    return {
        "horizon_months": draw(st.integers(1, 6)),
        "warm_up_months": draw(st.integers(0, 3)),
        "start_month": draw(st.integers(1, 12)),
        "tiers": {tier: _tier(draw, roles) for tier in tiers},
        "channels": channels,
        "journeys": journeys,
        "people": {
            role: {"hours_per_month": draw(st.sampled_from([30.4375, 140, 243.5])), "salary_per_year": 6e4}
            for role in roles
        },
        "organization": _organization(draw, roles, tiers),
    }


def scenarios() -> st.SearchStrategy[Scenario]:
    """A scenario, checked as if it had been read from a file."""
    return data().map(Scenario.model_validate)


@st.composite
def data_with_mechanisms(draw: st.DrawFn) -> Data:
    """A scenario as plain data, with many of the mechanisms switched on that are off in ``data``."""
    made = draw(data())
    roles, tiers = list(made["people"]), list(made["tiers"])
    guest = roles[-1] if len(roles) > 1 and draw(st.booleans()) else None
    regional = draw(st.booleans())
    for channel in made["channels"].values():
        if regional:
            channel["regions"] = {"eu": 0.25, "us": 0.75}
            channel["industries"] = {"bank": 0.5, "shop": 0.5}
        if "worked_by" not in channel:
            channel |= draw(st.fixed_dictionaries({}, optional=_OF_CHANNELS))
    if draw(st.booleans()):
        made["channels"]["word"] = {
            "enters_as": next(c["enters_as"] for c in made["channels"].values() if "worked_by" not in c),
            "leads_per_customer_month": draw(st.sampled_from([0.0, 0.2, 2.0])),
            "tiers": _shares(draw, tiers),
        }
    for tier in tiers:
        made["tiers"][tier] |= draw(st.fixed_dictionaries({}, optional=_OF_TIERS))
        if "cycle" in made["tiers"][tier]:
            made["tiers"][tier].setdefault("reference_price_per_month", 100.0)
        journey = made["journeys"][tier]
        for place, (name, step) in enumerate(journey.items()):
            # Back to where those stand who are in the same state, or were before.
            earlier = [other for other in list(journey)[: place + 1] if "channels" not in journey[other]]
            _more_of_a_step(draw, [*earlier, name], step, guest)
    for team in made["organization"]["teams"].values():
        team |= draw(st.fixed_dictionaries({}, optional=_OF_TEAMS))
        if regional and "serves" in team and draw(st.booleans()):
            team["serves"] |= {"regions": ["eu"]}
    for handoff in made["organization"]["handoff"].values():
        handoff |= draw(st.fixed_dictionaries({}, optional=_OF_HANDOFFS))
    made["organization"] |= draw(st.fixed_dictionaries({}, optional=_OF_ORGANIZATIONS))
    if draw(st.booleans()):
        made["opening"] = {
            "customers": {
                tier: {"customers": draw(st.integers(0, 30)), "age_months": draw(QUANTITY)} for tier in tiers
            },
            "pipeline": {
                tier: {
                    name: draw(st.integers(0, 5))
                    for name, step in made["journeys"][tier].items()
                    if STATES.index(step["on"]) < STATES.index("WIN")
                }
                for tier in tiers
            },
        }
    return made


def scenarios_with_mechanisms() -> st.SearchStrategy[Scenario]:
    """A scenario of ``data_with_mechanisms``, checked as if it had been read from a file."""
    return data_with_mechanisms().map(Scenario.model_validate)


_FACTOR = st.sampled_from([0.0, 0.5, 1.0, 1.3])
_SOME = st.sampled_from([0.2, 0.7, 1.0])
_OF_CHANNELS: dict[str, st.SearchStrategy[Any]] = {
    "interest": st.builds(
        lambda h, f: {"half_life_hours": h, "floor": f}, st.floats(1, 100), st.sampled_from([0.0, 0.5])
    ),
    "patience_days": QUANTITY,
    "weekday": st.just([1.0, 1.0, 1.0, 1.0, 1.0, 0.25, 0.0]),
    "dispersion": st.sampled_from([1.0, 3.7]),
    "bursts": st.just({"show": {"month": 1, "leads": 20.0, "every_months": 2}}),
    "spend_per_month": st.just(500.0),
}
_OF_TIERS: dict[str, st.SearchStrategy[Any]] = {
    "cycle": st.just(
        {"per_decision_maker": 0.5, "decision_makers": {"uniform": {"low": 0.0, "high": 4.0}}}
        | {"price_exponent": 0.5, "new_market_factor": 1.5}
    ),
    "reference_price_per_month": st.just(50.0),
    "churn_fit_effect": st.sampled_from([0.0, 0.5, 2.0]),
    "early_churn": st.builds(lambda m, f: {"months": m, "factor_if_known": f}, st.integers(0, 3), _FACTOR),
}
_OF_TEAMS: dict[str, st.SearchStrategy[Any]] = {
    "aim": st.sampled_from(["neutral", "mql_volume", "bookings", "retained_mrr"]),
    "dedication": st.builds(lambda e, p: {"effort_factor": e, "pass_factor": p}, _SOME, _FACTOR),
}
_OF_HANDOFFS: dict[str, st.SearchStrategy[Any]] = {
    "extra_effort": st.sampled_from([0.0, 0.5]),
    "pass_factor": st.sampled_from([0.0, 0.8, 1.0]),
}
_OF_ORGANIZATIONS: dict[str, st.SearchStrategy[Any]] = {
    "aims": st.just({"mql_volume": 0.5, "bookings": 0.2, "retained_mrr": -0.5}),
    "overflow_above": st.sampled_from([0.0, 1.0, 3.0]),
}


def _more_of_a_step(draw: st.DrawFn, back: list[str], step: Data, guest: str | None) -> None:
    """Switch on what this step may have, by its state and by who does it; leads come ``back`` to these."""
    before_win = STATES.index(step["on"]) < STATES.index("WIN")
    somebody = step["by"] != "nobody"
    if before_win and draw(st.booleans()):
        step["fit_weight"] = draw(st.sampled_from([0.3, 0.9]))
        step["judged"] = somebody and draw(st.booleans())
    if before_win and draw(st.booleans()):
        nurture = {
            "to": draw(st.sampled_from(back)),
            "share": draw(_SOME),
            "after_days": draw(QUANTITY),
            "pass_factor": draw(_FACTOR),
        }
        # (The reason of those that are lost may be called like one that the model has of its own.)
        lost = draw(st.sampled_from([{}, {"lost": "gone cold"}]))
        step["otherwise"] = {"nurture": nurture | {"at_most": draw(st.integers(1, 2))}} | lost
    if before_win and somebody and draw(st.booleans()):
        step["no_show"] = {
            "probability": draw(CHANCE), "effort_hours": 0.25, "rebook_days": draw(QUANTITY),
            "at_most": draw(st.integers(0, 2)),
        }  # fmt: skip
    if somebody and draw(st.booleans()):
        step["repeat"] = {"probability": draw(CHANCE), "after_days": draw(QUANTITY)}
    if guest is not None and step["by"] not in ("nobody", guest) and draw(st.booleans()):
        step["joined_by"] = [guest]
    if somebody:
        step["known_effort_factor"] = draw(st.sampled_from([1.0, 0.5]))


def _tier(draw: st.DrawFn, roles: list[str]) -> Data:
    tier: Data = {"price_per_month": draw(st.sampled_from([0.0, 0.1, 99.99, 1000.0]))}
    tier["churn_per_month"] = draw(CHANCE)
    if draw(st.booleans()):
        tier["care"] = {
            "by": draw(st.sampled_from(roles)),
            "effort_hours_per_month": draw(st.sampled_from([0.0, 0.5, 7.0])),
        }
    return tier


def _shares(draw: st.DrawFn, tiers: list[str]) -> Data:
    if draw(st.booleans()):
        return {draw(st.sampled_from(tiers)): 1.0}
    weights = draw(st.lists(st.integers(0, 5), min_size=len(tiers), max_size=len(tiers)).filter(any))
    return {tier: weight / sum(weights) for tier, weight in zip(tiers, weights, strict=True)}


def _inbound(draw: st.DrawFn, tiers: list[str], state: str) -> Data:
    return {
        "enters_as": state,
        "leads_per_month": draw(st.one_of(st.sampled_from([0.0, 0.4, 8.0]), st.floats(0, 60).map(_plain))),
        "growth_per_month": draw(st.sampled_from([0.0, 0.1, -0.2])),
        "season": draw(
            st.one_of(st.just([1.0] * 12), st.lists(st.floats(0, 2).map(_plain), min_size=12, max_size=12))
        ),
        "arrivals": draw(st.sampled_from(["poisson", "start_of_month"])),
        "cost_per_lead": 12.5,
        "tiers": _shares(draw, tiers),
    }


def _journey(draw: st.DrawFn, roles: list[str], entries: list[str], worker: str | None) -> Data:
    """From the earliest entry to WIN and beyond, by way of states that only go forward.

    Steps up to WIN may fail. Signed customers leave by churn, so steps after WIN pass for certain.
    """
    steps: Data = {}

    def step(state: str, to: str | None, by: str | None = None, **more: Any) -> None:
        who = by or draw(st.sampled_from([*roles, "nobody"]))
        made: Data = {"by": who, "on": state} | more
        if to is not None:
            made["to"] = to
        if who != "nobody" and "effort_hours" not in made:
            made["effort_hours"] = draw(QUANTITY)
        if draw(st.booleans()):
            made["buyer_delay_days"] = draw(QUANTITY)
        if STATES.index(state) < STATES.index("WIN"):
            made["pass_probability"] = draw(SOME_CHANCE)
        if draw(st.booleans()):
            made["otherwise"] = {"lost": "no budget"}
        steps[f"step{len(steps)}"] = made

    if worker is not None:
        # The people's time must limit an endless list.
        hours = draw(st.sampled_from([2.0, 3.0, {"lognormal": {"mean": 2.0, "sd": 2.0}}]))
        step("Suspect", draw(st.sampled_from(["Prospect", "SQL"])), worker, effort_hours=hours)
    states = sorted({*entries, *(s["to"] for s in steps.values())} - {"Suspect"} or {"MQL"}, key=STATES.index)
    if "Suspect" in entries and worker is None:
        states.insert(0, "Suspect")
    for state, to in zip(states, [*states[1:], None], strict=True):
        for _ in range(draw(st.integers(0, 2))):
            step(state, None)
        step(state, to or ("SAL" if draw(st.booleans()) else "WIN"))
    if steps[f"step{len(steps) - 1}"]["to"] == "SAL":
        step("SAL", "WIN")
    for state, to in (("WIN", None), ("WIN", "LIVE"), ("LIVE", None)):
        if draw(st.booleans()) and (state == "WIN" or any(s.get("to") == "LIVE" for s in steps.values())):
            step(state, to)
    return steps


def _organization(draw: st.DrawFn, roles: list[str], tiers: list[str]) -> Data:
    def rules() -> Data:
        return {
            "count": draw(st.integers(1, 3)),
            "assignment": draw(st.sampled_from(["first_free", "round_robin", "least_loaded"])),
            "discipline": draw(st.sampled_from(["fifo", "latest_stage_first"])),
            "owner_continuity": draw(st.booleans()),
        }

    def members(among: list[str]) -> Data:
        return {role: draw(st.integers(1, 3)) for role in among}

    def handoff() -> Data:
        return {"delay_days": draw(QUANTITY), "drop_probability": draw(st.sampled_from([0.0, 0.0, 0.3, 1.0]))}

    teams: Data = {}
    shape = draw(st.sampled_from(["pod", "silo", "mixed"]))
    if shape in ("pod", "mixed"):
        teams["pod"] = rules() | {"members": members(roles)}
    if shape in ("silo", "mixed"):
        teams |= {f"all_{role}": rules() | {"members": members([role])} for role in roles}
    if draw(st.booleans()):
        served = draw(st.lists(st.sampled_from(tiers), min_size=1, unique=True))
        few = draw(st.lists(st.sampled_from(roles), min_size=1, unique=True))
        teams["special"] = rules() | {"members": members(few) | {roles[0]: 0}, "serves": {"tiers": served}}
        if not any(teams["special"]["members"].values()):
            del teams["special"]
    return {
        "teams": teams,
        "handoff": {"within_team": handoff(), "across_teams": handoff()},
        "routing": draw(st.sampled_from(["round_robin", "least_loaded"])),
    }
