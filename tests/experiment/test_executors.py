from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from simsales.errors import InputError, SimsalesError
from simsales.experiment.executors import (
    MakeExecutor,
    TaskFailure,
    WorkerError,
    processes,
    run_tasks,
    serial,
)

TWO = processes(2)


def pool() -> Executor:
    """An executor of another make, which breaks altogether when one of its workers dies."""
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def square(number: int) -> int:
    return number * number


def die_on(which: int, times: int, deaths: Path, number: int) -> int:
    if number == which and (len(deaths.read_bytes()) if deaths.exists() else 0) < times:
        with deaths.open("ab") as file:
            file.write(b"x")
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def megabytes(number: int) -> bytes:
    return bytes([number % 256]) * 3_000_000


def own_pid(_number: int) -> int:
    time.sleep(0.2)
    return os.getpid()


def raise_something_unpicklable(number: int) -> int:
    class LocalError(Exception):
        pass

    raise LocalError(f"no {number}")


def return_something_unpicklable(number: int) -> object:
    return lambda: number


def leave(_number: int) -> int:
    sys.exit(3)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
        if Path("/proc").exists()
        else True
    )


def soon(condition: Callable[[], bool]) -> bool:
    """Whether ``condition`` comes true within some seconds."""
    end = time.monotonic() + 10
    while not (true := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return true


@pytest.mark.slow
@pytest.mark.parametrize("make", [serial, processes(1), processes(3), pool])
def test_every_task_comes_back_once(make: MakeExecutor) -> None:
    results = list(run_tasks(square, range(20), make, window=4))
    assert sorted(results) == [(n, n * n) for n in range(20)]


def test_no_more_than_window_tasks_are_under_way() -> None:
    tasks = iter(range(20))
    results = run_tasks(square, tasks, TWO, window=3)
    next(results)
    results.close()
    assert next(tasks) == 3


def test_serial_hands_out_each_result_before_the_next_is_computed() -> None:
    computed: list[int] = []

    def note(number: int) -> int:
        computed.append(number)
        return number

    seen = [(task, len(computed)) for task, _ in run_tasks(note, range(5), serial, window=8)]
    assert seen == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


@pytest.mark.slow
@pytest.mark.parametrize("make", [processes(1), processes(2), pool])
@pytest.mark.parametrize("times", [1, 2])
def test_a_dead_worker_costs_nothing_but_time(make: MakeExecutor, times: int, tmp_path: Path) -> None:
    function = partial(die_on, 5, times, tmp_path / "deaths")
    results = run_tasks(function, range(12), make, window=4)
    assert sorted(results) == [(n, n * n) for n in range(12)]
    assert (tmp_path / "deaths").read_bytes() == b"x" * times


@pytest.mark.slow
@pytest.mark.parametrize(("make", "window"), [(processes(2), 1), (processes(2), 4), (pool, 4)])
def test_a_task_that_twice_dies_alone_is_given_up(make: MakeExecutor, window: int, tmp_path: Path) -> None:
    function = partial(die_on, 5, 99, tmp_path / "deaths")
    results = dict(run_tasks(function, range(12), make, window=window))
    failure = results.pop(5)
    assert results == {n: n * n for n in range(12) if n != 5}
    assert isinstance(failure, TaskFailure)
    assert failure.error in ("WorkerError", "BrokenProcessPool")
    assert (tmp_path / "deaths").read_bytes() == b"xxx"  # the first time it was not alone


@pytest.mark.slow
def test_the_failure_says_how_the_worker_died(tmp_path: Path) -> None:
    ((_, failure),) = run_tasks(partial(die_on, 0, 9, tmp_path / "deaths"), [0], TWO, window=1)
    assert isinstance(failure, TaskFailure)
    assert failure.message == "the worker process died (by SIGKILL)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raise_something_unpicklable, "no 1"),
        (return_something_unpicklable, "pickle"),
        (leave, "SystemExit: 3"),
    ],
)
def test_what_goes_wrong_in_a_worker_is_told(function: Callable[[int], object], said: str) -> None:
    ((task, failure),) = run_tasks(function, [1], TWO, window=2)
    assert task == 1
    assert isinstance(failure, TaskFailure)
    assert said in failure.message


@pytest.mark.slow
def test_workers_killed_from_outside_while_they_send_megabytes() -> None:
    """A pool whose workers share a pipe hangs here: the half of a message is all that ever comes."""
    executor = TWO()
    futures = [executor.submit(megabytes, n) for n in range(150)]
    children = get_children()
    for pid in children:
        time.sleep(0.15)
        os.kill(pid, signal.SIGKILL)
    assert not wait(futures, timeout=30).not_done
    errors = [future.exception() for future in futures]
    assert 1 <= sum(isinstance(error, WorkerError) for error in errors) <= len(children)
    assert all(future.result() == megabytes(n) for n, future in enumerate(futures) if not future.exception())
    executor.shutdown()


def get_children() -> list[int]:
    from multiprocessing import active_children

    assert soon(lambda: len(active_children()) >= 2)
    time.sleep(0.3)
    return [child.pid for child in active_children() if child.pid]


@pytest.mark.slow
def test_shutdown_leaves_no_process_behind() -> None:
    executor = TWO()
    pids = {future.result() for future in [executor.submit(own_pid, n) for n in range(4)]}
    assert len(pids) == 2
    executor.shutdown()
    assert not any(map(alive, pids))


def test_shutdown_without_waiting_kills_what_runs() -> None:
    executor = TWO()
    pid = executor.submit(own_pid, 0).result()
    running = executor.submit(time.sleep, 600)
    queued = [executor.submit(time.sleep, 600) for _ in range(5)]
    assert soon(running.running)  # else it would be cancelled like those that queue
    begin = time.monotonic()
    executor.shutdown(wait=False)
    assert soon(lambda: running.done() and all(future.done() for future in queued))
    assert isinstance(running.exception(), WorkerError)
    assert not alive(pid)
    assert time.monotonic() - begin < 5


def test_leaving_the_results_early_stops_the_workers() -> None:
    results = run_tasks(own_pid, range(100), TWO, window=4)
    _, pid = next(results)
    results.close()
    assert isinstance(pid, int)
    assert soon(lambda: not alive(pid))
    assert soon(lambda: threading.active_count() < 3)


SCRIPT = """
import os, signal, sys, time
from simsales.experiment.executors import processes, run_tasks
sys.path.insert(0, {here!r})
if __name__ != "__main__" and {slow_start}:
    deaf = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    os.write(1, b"deaf\\n" if deaf else b"all ears\\n")
    time.sleep(1)
import test_executors
if {guard}:
    for task, result in run_tasks(test_executors.own_pid, range(1000), processes(2), window=4):
        print(result, flush=True)
"""


def script(tmp_path: Path, guard: str, slow_start: bool = False) -> subprocess.Popen[str]:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.format(here=str(Path(__file__).parent), guard=guard, slow_start=slow_start))
    return subprocess.Popen(
        [sys.executable, file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_ctrl_c_ends_everything_quietly(tmp_path: Path) -> None:
    """A terminal sends the signal to the workers too; only the parent may say something."""
    with script(tmp_path, "__name__ == '__main__'") as process:
        assert process.stdout
        pids = {int(process.stdout.readline()) for _ in range(6)}
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert time.monotonic() - begin < 3
    assert said.count("Traceback") == 1
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert not any(map(alive, pids))


@pytest.mark.slow
def test_ctrl_c_while_workers_are_starting_is_quiet_too(tmp_path: Path) -> None:
    with script(tmp_path, "__name__ == '__main__'", slow_start=True) as process:
        assert process.stdout
        assert process.stdout.readline() == process.stdout.readline() == "deaf\n"
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert said.count("Traceback") == 1


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    with script(tmp_path, "__name__ == '__main__'") as process:
        assert process.stdout
        pids = {int(process.stdout.readline()) for _ in range(6)}
        process.kill()
    assert soon(lambda: not any(map(alive, pids)))


@pytest.mark.slow
def test_workers_that_cannot_start_end_the_experiment(tmp_path: Path) -> None:
    """A script without the guard would start itself again in every worker."""
    with script(tmp_path, "True") as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "SimsalesError: worker processes die before they do anything" in said.splitlines()[-1]
    assert "__name__ == '__main__'" in said.splitlines()[-1]


def test_an_executor_that_always_breaks_is_an_error() -> None:
    def broken() -> Executor:
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=os._exit, initargs=(1,))

    with pytest.raises(SimsalesError, match="die before they do anything"):
        list(run_tasks(square, range(3), broken, window=2))


def test_at_least_one_worker() -> None:
    with pytest.raises(InputError, match="0 workers: at least 1 is needed"):
        processes(0)
