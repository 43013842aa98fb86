from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stub_simulations

from simsales.errors import InputError
from simsales.experiment.executors import MakeExecutor, processes, serial
from simsales.experiment.records import Key
from simsales.experiment.replications import compute_replications
from simsales.experiment.store import Store
from simsales.model.replication import Replication
from simsales.scenario import Scenario

Content = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Content]:
    """What stands in the store after so many replications, computed one after the other."""

    def compute(replications: int) -> Content:
        folder = tmp_path_factory.mktemp("undisturbed")
        stub_simulations.run(folder, replications=replications)
        return stub_simulations.content(folder)

    return compute


def status(folder: Path) -> str:
    return str(json.loads((folder / "manifest.json").read_text())["status"])


# ------------------------------------------------------------------------------------------------ determinism


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "shuffles"), [(serial, False), (processes(1), False), (processes(2), True), (processes(3), True)]
)
def test_what_is_stored_depends_on_nothing_but_scenarios_and_seed(
    make: MakeExecutor,
    shuffles: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: Callable[[int], Content],
) -> None:
    finished: list[int] = []
    record = Store.record

    def spy(store: Store, key: Key, *rest: Any) -> None:
        finished.append(key.replication)
        record(store, key, *rest)

    monkeypatch.setattr(Store, "record", spy)
    simulate = stub_simulations.simulate
    if shuffles:
        simulate = partial(stub_simulations.simulate_out_of_order, overtaken=tmp_path / "overtaken")
    stub_simulations.run(tmp_path / "x", replications=12, simulate=simulate, make_executor=make)
    assert finished != sorted(finished) or not shuffles
    assert stub_simulations.content(tmp_path / "x") == undisturbed(12)


def test_the_comparison_of_contents_can_fail(tmp_path: Path, undisturbed: Callable[[int], Content]) -> None:
    stub_simulations.run(tmp_path / "x", replications=3, seed=8)
    assert stub_simulations.content(tmp_path / "x") != undisturbed(3)
    content = undisturbed(3)
    assert [len(content[name]) - 1 for name in ("replications", "kpis", "ledger", "losses")] == [6, 12, 21, 2]


def test_alternatives_share_their_random_numbers(tmp_path: Path) -> None:
    stub_simulations.run(tmp_path / "x", replications=4)
    with Store.open(tmp_path / "x") as store:
        mrr = store.monthly("ledger", "mrr").values
    assert (mrr["silo"][:, :3] == mrr["pod"][:, :3]).all()
    assert len({row.tobytes() for row in mrr["pod"]}) == 4


def test_an_interrupted_experiment_leaves_pairs(tmp_path: Path) -> None:
    def interrupt(done: int, _total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stub_simulations.run(tmp_path / "x", on_progress=interrupt)
    with Store.open(tmp_path / "x") as store:
        assert store.replications_done() == [0, 1]
        assert len(store.finished()) == 5


# --------------------------------------------------------------------------------------------------- progress


@pytest.mark.slow
@pytest.mark.parametrize("make", [serial, processes(2)])
def test_progress_counts_what_was_there_before(make: MakeExecutor, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    stub_simulations.run(
        tmp_path / "x", replications=2, on_progress=lambda *counts: seen.append(counts), make_executor=make
    )
    assert seen == [(n, 4) for n in range(5)]
    seen.clear()
    summary = stub_simulations.run(
        tmp_path / "x", replications=3, on_progress=lambda *counts: seen.append(counts), make_executor=make
    )
    assert seen == [(4, 6), (5, 6), (6, 6)]
    assert summary == (2, 4, [])


def test_more_replications_extend_and_fewer_change_nothing(
    tmp_path: Path, undisturbed: Callable[[int], Content]
) -> None:
    stub_simulations.run(tmp_path / "x", replications=2)
    stub_simulations.run(tmp_path / "x", replications=5)
    assert stub_simulations.run(tmp_path / "x", replications=3) == (0, 6, [])
    assert stub_simulations.content(tmp_path / "x") == undisturbed(5)
    with Store.open(tmp_path / "x") as store:
        assert store.manifest["replications"] == 5


def test_requests_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 replications: at least 1 is needed"):
        stub_simulations.run(tmp_path / "x", replications=0)
    with Store.create(tmp_path / "x", stub_simulations.SCENARIOS, seed=7) as store:
        for scenarios, seed in (({"silo": stub_simulations.SCENARIO}, 7), (stub_simulations.SCENARIOS, 8)):
            with pytest.raises(InputError, match="other scenarios or another seed"):
                compute_replications(scenarios, replications=1, seed=seed, store=store)


# --------------------------------------------------------------------------------------------------- failures


@pytest.mark.slow
@pytest.mark.parametrize("make", [serial, processes(2)])
def test_a_failing_replication_is_data_and_is_tried_again(
    make: MakeExecutor, tmp_path: Path, undisturbed: Callable[[int], Content]
) -> None:
    simulate = partial(stub_simulations.fail, which=2, unless=tmp_path / "mended")
    summary = stub_simulations.run(tmp_path / "x", simulate=simulate, make_executor=make)
    assert [failure[:7] for failure in summary.failures] == [
        (name, 0, 2, 7, "simulate", "ValueError", "cannot do 2") for name in ("pod", "silo")
    ]
    assert "raise ValueError" in summary.failures[0].traceback
    with Store.open(tmp_path / "x") as store:
        assert store.replications_done() == [0, 1, 3, 4, 5]
        assert store.failures() == summary.failures
        assert (store.manifest["status"], store.manifest["failures"]) == ("complete", 2)

    assert len(stub_simulations.run(tmp_path / "x", simulate=simulate, make_executor=make).failures) == 2
    (tmp_path / "mended").touch()
    assert stub_simulations.run(tmp_path / "x", simulate=simulate, make_executor=make) == (2, 10, [])
    assert stub_simulations.content(tmp_path / "x") == undisturbed(6)


@pytest.mark.slow
def test_failures_do_not_depend_on_the_executor(tmp_path: Path) -> None:
    for name, make in (("a", serial), ("b", processes(2))):
        stub_simulations.run(tmp_path / name, measure=stub_simulations.measure_badly, make_executor=make)
    assert stub_simulations.content(tmp_path / "a") == stub_simulations.content(tmp_path / "b")


def test_failures_know_their_stage(tmp_path: Path) -> None:
    summary = stub_simulations.run(tmp_path / "x", measure=stub_simulations.measure_badly)
    assert {(f.stage, f.replication, f.error, f.message) for f in summary.failures} == {
        ("measure", 1, "ZeroDivisionError", "no leads")
    }


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(tmp_path: Path, undisturbed: Callable[[int], Content]) -> None:
    simulate = partial(stub_simulations.die, which=3, deaths=tmp_path / "deaths", times=1)
    assert stub_simulations.run(tmp_path / "x", simulate=simulate, make_executor=processes(2)) == (12, 0, [])
    assert (tmp_path / "deaths").exists()
    assert stub_simulations.content(tmp_path / "x") == undisturbed(6)


@pytest.mark.slow
def test_a_replication_that_always_kills_its_worker(tmp_path: Path) -> None:
    simulate = partial(stub_simulations.die, which=3, deaths=tmp_path / "deaths", times=99)
    summary = stub_simulations.run(tmp_path / "x", simulate=simulate, make_executor=processes(2))
    assert [(f.scenario, f.replication, f.seed, f.stage, f.error) for f in summary.failures] == [
        (name, 3, 7, "worker", "WorkerError") for name in ("pod", "silo")
    ]
    with Store.open(tmp_path / "x") as store:
        assert store.replications_done() == [0, 1, 2, 4, 5]


@pytest.mark.slow
def test_workers_killed_from_outside_lose_nothing(
    tmp_path: Path, undisturbed: Callable[[int], Content]
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    killed: set[str] = set()
    over = threading.Event()

    def kill_now_and_then() -> None:
        # Not more than two: a third might be the second death of one replication that is tried again.
        while len(killed) < 2 and not over.wait(0.3):
            for pid in sorted({path.name for path in pids.iterdir()} - killed)[:1]:
                killed.add(pid)
                os.kill(int(pid), signal.SIGKILL)

    killer = threading.Thread(target=kill_now_and_then)
    killer.start()
    try:
        simulate = partial(stub_simulations.leave_pid, folder=pids)
        summary = stub_simulations.run(
            tmp_path / "x", replications=12, simulate=simulate, make_executor=processes(2)
        )
    finally:
        over.set()
        killer.join()
    assert summary.failures == []
    assert len(killed) == 2
    assert stub_simulations.content(tmp_path / "x") == undisturbed(12)


# ------------------------------------------------------------------------------------------ kills and Ctrl-C


def driver(folder: Path, workers: int) -> subprocess.Popen[str]:
    """Run 30 stub replications, some 0.1 s each, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, Path(__file__).parent / "driver.py", folder, str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_a_killed_driver_loses_only_what_was_in_flight(
    tmp_path: Path, undisturbed: Callable[[int], Content]
) -> None:
    folder = tmp_path / "x"
    reported = 0
    for share in (8, 21):
        with driver(folder, workers=2) as process:
            assert process.stdout
            while reported < share:
                reported = int(process.stdout.readline().split()[0])
            process.kill()
        with Store.open(folder) as store:
            assert reported <= len(store.finished()) < 60
            assert status(folder) == "running"
    assert stub_simulations.run(folder, replications=30).found >= 21
    assert status(folder) == "complete"
    assert stub_simulations.content(folder) == undisturbed(30)


@pytest.mark.slow
def test_ctrl_c_leaves_results_to_go_on_with(tmp_path: Path, undisturbed: Callable[[int], Content]) -> None:
    folder = tmp_path / "x"
    with driver(folder, workers=2) as process:
        assert process.stdout
        while int(process.stdout.readline().split()[0]) < 8:
            pass
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert time.monotonic() - begin < 3
    assert (said.count("Traceback"), said.rstrip().splitlines()[-1]) == (1, "KeyboardInterrupt")
    assert status(folder) == "interrupted"
    assert "results.sqlite-wal" not in stub_simulations.files(folder)
    assert 8 <= stub_simulations.run(folder, replications=30).found < 60
    assert stub_simulations.content(folder) == undisturbed(30)


def test_ctrl_c_gets_through_a_serial_simulation(tmp_path: Path) -> None:
    def interrupted(scenario: Scenario, seed: int, replication: int) -> Replication:
        if replication == 2:
            raise KeyboardInterrupt
        return stub_simulations.simulate(scenario, seed, replication)

    with pytest.raises(KeyboardInterrupt):
        stub_simulations.run(tmp_path / "x", simulate=interrupted)
    assert status(tmp_path / "x") == "interrupted"


@pytest.mark.slow
def test_who_shares_out_the_work_does_not_load_the_simulator() -> None:
    code = (
        "import sys, simsales.experiment.replications; print('simpy' in sys.modules, 'scipy' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]
