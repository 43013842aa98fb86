"""Fit: how well a lead suits the product, and what that does to its steps and to its stay.

Every lead has a latent fit z, standard normal. A step of weight ρ sees x = ρ z + √(1 − ρ²) ε of it, and the
lead passes if x is above a threshold. Leads that have passed are fitter than those that came in, so a later
step would pass more of them than its stated share; its threshold is therefore set for the fit of those who
*reach* it. Under neutral aims every step then has its stated conversion, whatever the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from simsales.model.draws import Draw, Numbers, derived, normal, uniform

_Z = np.linspace(-9, 9, 1201)
"""Fit, as a grid for integrals; the trapezoid rule is exact to rounding for integrands as smooth as these."""


def seen(purpose: str, weight: float) -> Draw:
    """The number that is compared with a step's probability: uniform, and lower the better the lead looks."""
    if weight == 0:
        return uniform(purpose)

    def mixed(u: Numbers, z: Numbers) -> Numbers:
        from scipy.special import ndtr, ndtri

        # A low u is good for the lead; 1e-300 keeps the lowest from infinity.
        noise = -ndtri(np.maximum(u, 1e-300))
        below: Numbers = ndtr(-(weight * z + np.sqrt(1 - weight**2) * noise))
        return below

    return derived(purpose, mixed, uniform(purpose), normal("fit"))


def stay(effect: float, mean: float) -> Draw:
    """Factor on the hazard of leaving, exp(−effect × fit) / mean."""
    return derived("churn/fit", lambda z: np.exp(-effect * z) / mean, normal("fit"))


@lru_cache(maxsize=256)
def thresholds(steps: Sequence[tuple[float, float]], effect: float) -> tuple[tuple[float, ...], float]:
    """Set the thresholds of a chain of steps for the fit of those who reach each of them.

    Args:
        steps: (weight, stated pass probability) of each step, in the order of the journey; hashable.
        effect: of fit on staying.

    Returns:
        The probability that each step's number is compared with, and the mean of exp(−effect × fit) over
        those who pass them all.
    """
    from scipy.special import ndtr

    reach = np.exp(-(_Z**2) / 2)
    against = []
    for weight, stated in steps:
        if weight == 0 or stated in (0, 1):
            against.append(stated)
            continue
        spread = np.sqrt(1 - weight**2)
        low, high = -40.0, 40.0
        for _ in range(80):  # bisection, to the last bit of a threshold of this size
            middle = (low + high) / 2
            passing = reach @ ndtr((weight * _Z - middle) / spread) / reach.sum()
            low, high = (middle, high) if passing > stated else (low, middle)
        against.append(float(ndtr(-low)))
        reach = reach * ndtr((weight * _Z - low) / spread)
    return tuple(against), float(reach @ np.exp(-effect * _Z) / reach.sum())


def shifted(probability: float, shift: float) -> float:
    """The pass probability when the threshold is lowered by ``shift`` standard deviations of what is seen."""
    if shift == 0 or probability in (0, 1):
        return probability
    from scipy.special import ndtr, ndtri

    return float(ndtr(ndtri(probability) + shift))


def of_those_selected(steps: Sequence[tuple[float, float]]) -> Callable[[Numbers], Numbers]:
    """A function from the fit of all leads (standard normal) to that of leads that have passed some steps,
    quantile by quantile.

    Args:
        steps: (weight, probability that the step's number is compared with) of each step passed.
    """
    from scipy.special import ndtr, ndtri

    reach = np.exp(-(_Z**2) / 2)
    for weight, against in steps:
        reach = reach * ndtr((weight * _Z + ndtri(against)) / np.sqrt(1 - weight**2))
    share = np.cumsum((reach[1:] + reach[:-1]) / 2)
    share = np.concatenate(([0.0], share)) / share[-1]
    return lambda z: np.interp(ndtr(z), share, _Z)
