"""The plain SimPy version is a fair reference only if it simulates the same organization."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_ind

from simsales.model import Replication, simulate
from simsales.scenario import Scenario, load
from simsales.scenario.schema.fields import STATES

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from plain_simpy import simulate_plainly
from speed import PLAIN

SCENARIO = Path(__file__).parents[2] / "scenarios" / "one-pod.yaml"
REPLICATIONS = 40
FALSE_ALARMS = 1e-3
"""Probability that the means of two equal models lie apart in this test, all quantities taken together."""

ROLES = ["AE", "CSM", "MDR", "SDR"]
CONSTANT = "utilization.SDR"
"""Who works an endless list is always busy: nothing varies, so nothing can be tested by its variance."""

# A difference as large as this, relative to the mean, would not stay hidden.
SEEN_FROM = {"reached": 0.12, "lost": 0.03, "churned": 0.12, "utilization": 0.1, "wait_days": 0.5}


def one_pod(*overrides: str) -> Scenario:
    return load(SCENARIO, overrides=["opening=null", *PLAIN, *overrides])


def means(replication: Replication) -> dict[str, float]:
    """What ``simulate_plainly`` gives, from the tables of the model."""
    funnel, ledger, work = (replication.tables[name] for name in ("funnel", "ledger", "work"))
    months = replication.horizon_months
    measured = funnel["month"] >= 1
    per_month = {f"reached.{state}": funnel[state.lower()][measured].sum() / months for state in STATES}
    per_month["lost"] = funnel["lost"][measured].sum() / months
    per_month["churned"] = ledger["customers_churned"][ledger["month"] >= 1].sum() / months
    by_role = {}
    for role in ROLES:
        mine = (work["month"] >= 1) & (work["role"] == role)
        by_role[f"utilization.{role}"] = work["busy_days"][mine].sum() / work["available_days"][mine].sum()
        by_role[f"wait_days.{role}"] = work["wait_days"][mine].sum() / work["begun"][mine].sum()
    return {name: float(mean) for name, mean in (per_month | by_role).items()}


def column(samples: Sequence[dict[str, float]], name: str) -> np.ndarray:
    return np.array([sample[name] for sample in samples])


@pytest.mark.slow
def test_it_gives_the_means_of_the_model() -> None:
    scenario = one_pod("warm_up_months=4", "horizon_months=12")
    model = [means(simulate(scenario, 1, r)) for r in range(REPLICATIONS)]
    plain = [simulate_plainly(scenario, r) for r in range(REPLICATIONS)]
    assert model[0].keys() == plain[0].keys()
    assert column(model + plain, CONSTANT) == pytest.approx(1)

    tested = sorted(model[0].keys() - {CONSTANT})
    apart, blind = [], []
    for name in tested:
        ours, theirs = column(model, name), column(plain, name)
        test = ttest_ind(ours, theirs, equal_var=False)
        low, high = test.confidence_interval(1 - FALSE_ALARMS / len(tested))
        if not low <= 0 <= high:
            apart.append((name, ours.mean(), theirs.mean(), low, high))
        if (high - low) / 2 > SEEN_FROM[name.partition(".")[0]] * ours.mean():
            blind.append((name, ours.mean(), (high - low) / 2))
    assert not apart
    assert not blind


def test_it_is_reproducible() -> None:
    scenario = one_pod("warm_up_months=0", "horizon_months=2")
    assert simulate_plainly(scenario, 7) == simulate_plainly(scenario, 7)
    assert simulate_plainly(scenario, 7) != simulate_plainly(scenario, 8)


@pytest.mark.parametrize(
    "override",
    [
        "organization.teams.pod.count=2",
        "tiers.smb.contracts={annual: {term_months: 12}}",
        "tiers.smb.price_response.win_odds_elasticity=1",
        "organization.teams.pod.discipline=latest_stage_first",
        "organization.teams.pod.owner_continuity=false",
        "channels.content.arrivals=start_of_month",
        "channels.outbound.list_size=10",
    ],
)
def test_it_refuses_what_it_cannot_do(override: str) -> None:
    with pytest.raises(ValueError, match="the plain version cannot do this"):
        simulate_plainly(one_pod(override), 1)
