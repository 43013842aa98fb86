"""Where replications are computed: in this process, in processes of our own, or on a cluster.

Everything goes through ``concurrent.futures.Executor``: a cluster is just another maker of executors (with
dask, ``lambda: client.get_executor(pure=False)``). ``ProcessPoolExecutor`` is not used: its workers share one
pipe for their results, and one that is killed while it writes leaves the pool waiting for ever.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import suppress
from functools import partial
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from traceback import format_exc, format_exception
from typing import Generic, NamedTuple, ParamSpec, TypeVar

from simsales.errors import InputError, SimsalesError

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

MakeExecutor = Callable[[], Executor]
"""Makes a new executor. A maker, since some executors are of no use once a worker of theirs has died."""

_DEATHS_TO_GIVE_UP = 2


class WorkerError(SimsalesError):
    """A worker process died over its task, or could not return a result."""


class TaskFailure(NamedTuple):
    """The reason why a task was given up."""

    error: str
    """Name of the exception's type."""
    message: str
    traceback: str


def serial() -> Executor:
    """Return an executor that computes in this process, at the moment a task is handed to it."""
    return _Serial()


def processes(workers: int) -> MakeExecutor:
    """Return a maker of executors that compute in ``workers`` spawned processes, started as work comes in.

    A worker that dies fails its own task only (``WorkerError``); the next task gets a new worker.
    ``shutdown(wait=False)`` kills the workers. If the parent dies, they end after their current task.

    Raises:
        InputError: if ``workers`` is less than 1.
    """
    if workers < 1:
        raise InputError(f"{workers} workers: at least 1 is needed")
    return partial(_Workers, workers)


class _Serial(Executor):
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 (a future carries any; Ctrl-C is let through)
            future.set_exception(error)
        return future


class _Worker(NamedTuple):
    process: SpawnProcess
    pipe: Connection


class _Workers(ThreadPoolExecutor):
    """Threads that delegate to processes, each with its own pipe, so that none can harm another."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, "simsales-worker", initializer=_block_interrupts)
        self._lock = threading.Lock()
        self._stopped = False
        self._all: set[_Worker] = set()
        self._idle: list[_Worker] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return super().submit(self._delegate, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Without ``wait``, kill the workers, whose results are not wanted any more."""
        if not wait:
            with self._lock:
                self._stopped = True
                for worker in self._all:
                    worker.process.kill()
        super().shutdown(wait, cancel_futures=cancel_futures or not wait)
        if wait:
            for worker in tuple(self._all):
                worker.pipe.close()  # ends the worker
                worker.process.join()

    def _delegate(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        call = pickle.dumps((fn, args, kwargs))
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = self._start()
        try:
            worker.pipe.send_bytes(call)
            answer = worker.pipe.recv_bytes()
        except (EOFError, OSError):
            raise WorkerError(f"the worker process died ({self._remove(worker)})") from None
        self._idle.append(worker)
        result: T
        result, fault = pickle.loads(answer)
        if fault:
            raise WorkerError(fault)
        return result

    def _start(self) -> _Worker:
        ours, theirs = _SPAWN.Pipe()
        worker = _Worker(_SPAWN.Process(target=_serve, args=(theirs,), daemon=True), ours)
        with self._lock:
            if self._stopped:
                raise BrokenExecutor("the executor was shut down")
            try:
                worker.process.start()
            except Exception as error:
                raise BrokenExecutor(f"a worker process could not start ({error})") from error
            self._all.add(worker)
        theirs.close()  # from now on, only the worker holds its end: its death is the end of the pipe
        try:
            worker.pipe.recv_bytes()
        except (EOFError, OSError):
            raise BrokenExecutor(f"a worker process could not start ({self._remove(worker)})") from None
        return worker

    def _remove(self, worker: _Worker) -> str:
        """Remove a dead worker; return how it ended."""
        worker.pipe.close()
        worker.process.join(timeout=1)
        worker.process.kill()
        worker.process.join()
        with self._lock:
            self._all.discard(worker)
        code = worker.process.exitcode or 0
        with suppress(ValueError):
            return f"by {signal.Signals(-code).name}"
        return f"exit code {code}"


_SPAWN = get_context("spawn")


def _block_interrupts() -> None:
    # Ctrl-C on a terminal reaches every process of the group. A worker inherits the signal mask of the thread
    # that starts it, so it ignores the signal before it runs a line of its own.
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # or it would start with the first worker, and lift the block again
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _serve(pipe: Connection) -> None:
    """Compute what comes through the pipe, until its other end is closed or gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for Windows, which has no signal masks
    with suppress(EOFError, OSError):
        pipe.send_bytes(b"here")
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(call: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(call)
        return pickle.dumps((function(*args, **kwargs), None))
    except BaseException:  # noqa: BLE001 (as text: an exception may not survive pickling)
        return pickle.dumps((None, format_exc()))


# ---------------------------------------------------------------------------------------------------- driver


class _Attempt(NamedTuple, Generic[T]):
    task: T
    suspect: bool = False
    deaths: int = 0


def run_tasks(
    function: Callable[[T], R], tasks: Iterable[T], make_executor: MakeExecutor, *, window: int
) -> Generator[tuple[T, R | TaskFailure]]:
    """Yield every task with its result, in order of completion.

    ``function`` should return its own failures: what it *raises* counts as the death of its worker. When a
    worker dies, the tasks that may have killed it are suspects. Each is tried again alone, with no other task
    under way, and given up when it has failed so twice; a death beside other tasks, such as when memory runs
    out, need not be its fault. No other task is lost.

    Args:
        function: Picklable, and pure: it may be called again for the same task.
        tasks: Picklable.
        make_executor: Called once, and again when an executor has broken. What it makes is shut down here.
        window: The number of tasks under way at once.

    Raises:
        SimsalesError: if workers die before they do anything.
    """
    fresh = (_Attempt(task) for task in tasks)
    suspects: deque[_Attempt[T]] = deque()
    pending: dict[Future[R], _Attempt[T]] = {}
    executor = make_executor()
    complete = False
    try:
        while True:
            broken = False
            room = 1 if suspects or any(attempt.suspect for attempt in pending.values()) else window
            while len(pending) < room and (attempt := suspects.popleft() if suspects else next(fresh, None)):
                try:
                    future = executor.submit(function, attempt.task)
                except BrokenExecutor:
                    suspects.append(attempt)
                    broken = True
                    break
                pending[future] = attempt
                if future.done():  # a serial executor: hand the result out before the next is computed
                    break
            if not pending and not suspects:
                break
            # The time limit lets Ctrl-C through on Windows.
            for future in wait(pending, timeout=0.5, return_when=FIRST_COMPLETED).done:
                attempt = pending.pop(future)
                error = CancelledError() if future.cancelled() else future.exception()
                if error is None:
                    yield attempt.task, future.result()
                    continue
                broken = broken or isinstance(error, BrokenExecutor)
                deaths = attempt.deaths + attempt.suspect
                if deaths < _DEATHS_TO_GIVE_UP:
                    suspects.append(_Attempt(attempt.task, True, deaths))
                else:
                    yield attempt.task, _given_up(error)
            if broken:
                suspects += [attempt._replace(suspect=True) for attempt in pending.values()]
                pending.clear()
                executor.shutdown(wait=False)
                executor = _proven(make_executor)
        complete = True
    finally:
        executor.shutdown(wait=complete)


def _given_up(error: BaseException) -> TaskFailure:
    message = str(error).strip() or "no message"
    return TaskFailure(type(error).__name__, message.splitlines()[-1], "".join(format_exception(error)))


def _proven(make_executor: MakeExecutor) -> Executor:
    """Make an executor, and try it."""
    for _ in range(3):
        executor = make_executor()
        try:
            executor.submit(os.getpid).result()
        except (BrokenExecutor, WorkerError) as error:
            executor.shutdown(wait=False)
            reason = error
        except BaseException:
            executor.shutdown(wait=False)
            raise
        else:
            return executor
    raise SimsalesError(
        f"worker processes die before they do anything: {' '.join(str(reason).split())}. "
        "(A script that starts them must do so under if __name__ == '__main__'.)"
    )
