"""simsales: a discrete-event simulation of a SaaS sales organization.

The whole of it from Python:

    >>> import simsales as ss
    >>> short = ["horizon_months=3", "warm_up_months=0"]
    >>> silo, pod = (ss.load(f"scenarios/{name}.yaml", overrides=short) for name in ("silo", "pod"))
    >>> found = ss.compare({"silo": silo, "pod": pod}, replications=2)
    >>> found.comparison.kpis["win"].differences["pod"].n
    2

`load` reads a scenario; `run` and `compare` simulate many replications; `simulate` and `measure` do one.
Errors that a user can mend are `SimsalesError`s. Every name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from simsales.version import __version__

if TYPE_CHECKING:
    from simsales.api import ComparisonResult, Interrupted, RunResult, compare, read_results, run
    from simsales.errors import InputError, ScenarioError, SimsalesError
    from simsales.kpis import describe, measure
    from simsales.model import Replication, simulate
    from simsales.scenario import Scenario, load, to_yaml

__all__ = [
    "ComparisonResult",
    "InputError",
    "Interrupted",
    "Replication",
    "RunResult",
    "Scenario",
    "ScenarioError",
    "SimsalesError",
    "__version__",
    "compare",
    "describe",
    "load",
    "measure",
    "read_results",
    "run",
    "simulate",
    "to_yaml",
]

_MODULES = {
    "simsales.api": ("ComparisonResult", "Interrupted", "RunResult", "compare", "read_results", "run"),
    "simsales.errors": ("InputError", "ScenarioError", "SimsalesError"),
    "simsales.kpis": ("describe", "measure"),
    "simsales.model": ("Replication", "simulate"),
    "simsales.scenario": ("Scenario", "load", "to_yaml"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:  # or a type checker would take every name for one of ours

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
