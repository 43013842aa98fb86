"""How thorough the tests with random examples are: the profiles ``day`` and ``full`` of Hypothesis.

``day`` is for work in progress, ``full`` for what is about to be merged: chosen by ``SIMSALES_TESTS=day`` or
``full``, else ``full`` where ``CI=true``, else ``day``. Both draw the same examples in every run, as long as
the code is the same: Hypothesis takes some of its values from it.
"""

from __future__ import annotations

import os
from math import ceil

from hypothesis import HealthCheck, Phase, settings

FULL = 100
"""Examples of a test that does not say how many; what a test asks for is stated for this profile."""
DAY = 5

WITHOUT_SHRINKING = [Phase.explicit, Phase.generate]
"""For large scenarios: shrinking one takes minutes, and makes it no plainer."""


def load_profile() -> None:
    """Register both profiles, and load the one that the environment asks for."""
    for name, examples_by_default in (("full", FULL), ("day", DAY)):
        settings.register_profile(
            name,
            max_examples=examples_by_default,
            deadline=None,  # What an example takes depends on the machine and on who else uses it.
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
    in_ci = os.environ.get("CI", "").lower() in ("true", "1")
    settings.load_profile(os.environ.get("SIMSALES_TESTS") or ("full" if in_ci else "day"))


def examples(number: int) -> int:
    """So many under ``full``, a twentieth of them under ``day``."""
    return ceil(number * settings().max_examples / FULL)
