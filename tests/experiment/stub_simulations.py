"""Stubs of simulations and measures, which spawned workers can import."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simsales.experiment.executors import MakeExecutor, serial
from simsales.experiment.replications import Counts, compute_replications
from simsales.experiment.store import Store
from simsales.experiment.tasks import Work
from simsales.model.replication import Replication, Table
from simsales.scenario import Scenario
from simsales.streams import Streams

SCENARIO = Scenario.model_validate(
    {
        "horizon_months": 3,
        "tiers": {"smb": {"price_per_month": 1000.0}},
        "channels": {"content": {"enters_as": "MQL", "leads_per_month": 10.0, "tiers": {"smb": 1.0}}},
        "journeys": {
            "smb": {
                "qualify": {"by": "MDR", "on": "MQL", "effort_hours": 1.0, "to": "SQL"},
                "demo": {"by": "MDR", "to": "SAL"},
                "close": {"by": "MDR", "to": "WIN"},
                "onboard": {"by": "MDR", "to": "LIVE"},
            }
        },
        "people": {"MDR": {"hours_per_month": 100.0}},
        "organization": {"teams": {"one": {"members": {"MDR": 1}}}},
    }
)
SCENARIOS = {"silo": SCENARIO, "pod": SCENARIO.model_copy(update={"horizon_months": 4})}


def simulate(scenario: Scenario, seed: int, replication: int) -> Replication:
    rng = Streams(seed, replication).generator("stub")
    odd = replication % 2
    months = list(range(1, scenario.horizon_months + 1))
    return Replication(
        seed=seed,
        replication=replication,
        warm_up_months=0,
        horizon_months=scenario.horizon_months,
        tables={
            "ledger": Table({"month": months, "mrr": rng.normal(size=len(months)).tolist()}),
            "funnel": Table(
                {
                    "month": [month for month in months for _ in "ab"],
                    "state": ["SQL", "WIN"] * len(months),
                    "count": list(rng.integers(100, size=2 * len(months))),
                }
            ),
            # Nothing at all in some replications, and of a type that depends on the replication.
            "losses": Table({"reason": ["cold"] * odd, "share": [replication % 3 or 0.5] * odd}),
        },
    )


def measure(replication: Replication) -> Mapping[str, float | None]:
    ledger = replication.tables["ledger"]
    undefined = replication.replication % 2 == 0
    return {"mrr_end": ledger["mrr"][-1], "win_rate": None if undefined else 0.5}


def simulate_out_of_order(scenario: Scenario, seed: int, replication: int, *, overtaken: Path) -> Replication:
    """The first one ends only when a late one has begun, which has made the file ``overtaken``. (In one of
    the scenarios: if it waited in all, nobody might be left to go on.)
    """
    if replication == 0 and scenario == next(iter(SCENARIOS.values())):
        patience = time.monotonic() + 60
        while not overtaken.exists() and time.monotonic() < patience:
            time.sleep(0.01)
    elif replication >= 8:
        overtaken.touch()
    return simulate(scenario, seed, replication)


def simulate_slowly(scenario: Scenario, seed: int, replication: int) -> Replication:
    time.sleep(0.1)
    return simulate(scenario, seed, replication)


def fail(scenario: Scenario, seed: int, replication: int, *, which: int, unless: Path) -> Replication:
    """Fail in replication ``which``, unless the file ``unless`` exists."""
    if replication == which and not unless.exists():
        raise ValueError(f"cannot do {replication}")
    return simulate(scenario, seed, replication)


def measure_badly(replication: Replication) -> Mapping[str, float | None]:
    if replication.replication == 1:
        raise ZeroDivisionError("no leads")
    return measure(replication)


def die(
    scenario: Scenario, seed: int, replication: int, *, which: int, deaths: Path, times: int
) -> Replication:
    """Kill this process in replication ``which``, as often as ``times``; the file ``deaths`` keeps count."""
    if replication == which:
        so_far = len(deaths.read_bytes()) if deaths.exists() else 0
        if so_far < times:
            with deaths.open("ab") as file:
                file.write(b"x")
            os.kill(os.getpid(), signal.SIGKILL)
    return simulate(scenario, seed, replication)


def leave_pid(scenario: Scenario, seed: int, replication: int, *, folder: Path) -> Replication:
    """Leave the number of the process that computes in ``folder``, and take some time."""
    (folder / str(os.getpid())).touch()
    return simulate_slowly(scenario, seed, replication)


def run(
    folder: Path,
    *,
    replications: int = 6,
    seed: int = 7,
    simulate: Callable[[Scenario, int, int], Replication] = simulate,
    measure: Callable[[Replication], Mapping[str, float | None]] = measure,
    make_executor: MakeExecutor = serial,
    on_progress: Callable[[int, int], object] | None = None,
) -> Counts:
    """Run the toy experiment in ``folder``, or go on with it."""
    with Store.create(folder, SCENARIOS, seed=seed) as store:
        return compute_replications(
            SCENARIOS,
            replications=replications,
            seed=seed,
            store=store,
            make_executor=make_executor,
            on_progress=on_progress,
            work=Work(simulate, measure),
        )


def content(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that stands in the database, with the type of every value."""
    database = sqlite3.connect(folder / "results.sqlite")
    try:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master ORDER BY name")]
        dump: dict[str, list[tuple[Any, ...]]] = {}
        for name in tables:
            columns = [row[1] for row in database.execute(f'PRAGMA table_info("{name}")')]
            key = ", ".join(str(i + 1) for i in range(4 if name == "kpis" or "row" in columns else 3))
            rows = database.execute(f'SELECT * FROM "{name}" ORDER BY {key}').fetchall()
            dump[name] = [tuple(columns), *(tuple((type(v).__name__, v) for v in row) for row in rows)]
        return dump
    finally:
        database.close()


def files(folder: Path) -> set[str]:
    """Names of everything in a results folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
