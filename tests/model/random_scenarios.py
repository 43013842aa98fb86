"""Valid scenarios by chance, over everything that the schema allows, short enough to run hundreds of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from simsales.scenario import Scenario, parts

Data = dict[str, Any]
STATES: tuple[str, ...] = parts.STATES

CHANCE = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0))
SOME_CHANCE = st.one_of(st.just(1.0), st.floats(0.1, 1.0))
# A round number of days or hours makes ties likely.
QUANTITY: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([0.0, 0.0, 1.0, 30.4375]),
    st.floats(0.0, 40.0),
    st.builds(lambda m: {"exponential": {"mean": m}}, st.floats(0.1, 20.0)),
    st.builds(lambda m, c: {"lognormal": {"mean": m, "sd": c * m}}, st.floats(0.1, 20.0), st.floats(0, 2)),
    st.builds(lambda a, b: {"uniform": {"low": min(a, b), "high": max(a, b)}}, *[st.floats(0, 20)] * 2),
    st.builds(
        lambda *abc: {"triangular": dict(zip(("low", "mode", "high"), sorted(abc), strict=True))},
        *[st.floats(0, 20)] * 3,
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
        "leads_per_month": draw(st.one_of(st.sampled_from([0.0, 0.4, 8.0]), st.floats(0, 60))),
        "growth_per_month": draw(st.sampled_from([0.0, 0.1, -0.2])),
        "season": draw(st.one_of(st.just([1.0] * 12), st.lists(st.floats(0, 2), min_size=12, max_size=12))),
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
