"""Runs an experiment of stubs as a process of its own, which the tests kill: ``driver.py FOLDER WORKERS``."""

import sys
from pathlib import Path

import stub_simulations

from simsales.experiment.executors import processes

if __name__ == "__main__":
    stub_simulations.run(
        Path(sys.argv[1]),
        replications=30,
        simulate=stub_simulations.simulate_slowly,
        make_executor=processes(int(sys.argv[2])),
        on_progress=lambda done, total: print(done, total, flush=True),
    )
