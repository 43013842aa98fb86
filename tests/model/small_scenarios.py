"""Small scenarios for the tests of the model.

Everywhere an hour of work takes exactly one day (``HOURS`` hours a month): efforts can be read as days.
"""

from __future__ import annotations

from typing import Any

from simsales.model import Replication, simulate
from simsales.scenario import Scenario

MONTH = 30.4375
"""Days in a month, written out so that the tests do not borrow the model's own constant."""

HOURS = MONTH
"""Hours a month with which an hour of effort takes a day."""

ALMOST_NEVER = 1e-12
"""Pass probability of leads that are to leave without becoming customers (0 is refused by the schema)."""


def small_scenario(**parts: Any) -> Scenario:
    """A scenario with one tier, one channel and one seller; ``parts`` replace whole top-level sections."""
    data: dict[str, Any] = {
        "horizon_months": 6,
        "tiers": {"t": {"price_per_month": 100}},
        "channels": {"web": {"enters_as": "MQL", "leads_per_month": 10, "tiers": {"t": 1}}},
        "journeys": {"t": {"sell": {"by": "AE", "on": "MQL", "effort_hours": 1, "to": "WIN"}}},
        "organization": {"teams": {"sales": {"members": {"AE": 1}}}},
    }
    data |= parts
    roles = {role for team in data["organization"]["teams"].values() for role in team["members"]}
    data.setdefault("people", {role: {"hours_per_month": HOURS} for role in roles})
    return Scenario.model_validate(data)


def queue(
    *,
    leads_per_day: float,
    effort: Any,
    months: int,
    team: dict[str, Any] | None = None,
    routing: str = "round_robin",
    warm_up_months: int = 12,
) -> Scenario:
    """One role, one step, Poisson arrivals: a queue that theory knows. Efforts are in days."""
    return small_scenario(
        horizon_months=months,
        warm_up_months=warm_up_months,
        channels={"web": {"enters_as": "MQL", "leads_per_month": leads_per_day * MONTH, "tiers": {"t": 1}}},
        journeys={
            "t": {
                "serve": {
                    "by": "AE",
                    "on": "MQL",
                    "effort_hours": effort,
                    "pass_probability": ALMOST_NEVER,
                    "to": "WIN",
                }
            }
        },
        organization={"teams": {"sales": team or {"members": {"AE": 1}}}, "routing": routing},
    )


def one_burst(leads: int, **more: Any) -> dict[str, Any]:
    """A channel that brings so many leads at the first instant of January, and none in other months."""
    return {
        "enters_as": "MQL",
        "leads_per_month": leads,
        "season": [1.0] + [0.0] * 11,
        "arrivals": "start_of_month",
        "tiers": {"t": 1},
    } | more


def run(scenario: Scenario, seed: int = 1, replication: int = 0) -> Replication:
    """One replication with its event log."""
    return simulate(scenario, seed, replication, log=True)
