"""A process of its own that runs the toy experiment: ``driver.py FOLDER WORKERS``. The tests kill it."""

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
