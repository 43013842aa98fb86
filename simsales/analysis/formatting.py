"""How numbers are written: rounding, signs, per cent, money."""

from __future__ import annotations

import math

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


EXACT = 1e-7
"""A half-width below this share of the value is rounding noise: the value is as good as exact."""


def step_of(value: float, half_width: float | None) -> int:
    """The power of ten to round to, so that both the value and its half-width can be read.

    The half-width keeps one digit (two if it begins with 1 or 2). A value shows no more than four digits
    unless its half-width would vanish; it is never rounded away by a half-width that is wider than itself, to
    whole units at least: 2 ± 170.
    """
    size = math.floor(math.log10(abs(value))) - 3 if value else -12
    if half_width:
        step = math.floor(math.log10(half_width / 3) + 1e-9)
        if value and step > max(0, size + 3):
            return max(0, size + 3)
        return step if EXACT * abs(value) < half_width < 10.0**size / 2 else max(step, size)
    return 0 if value == round(value) and abs(value) < 1e6 else size


def number(value: float, step: int, *, sign: bool = False) -> str:
    """``value`` rounded to 10**step, with thousands separators and a true minus: −12,300."""
    rounded = round(value, -step) + 0.0  # + 0.0 makes −0 a plain 0
    text = f"{rounded:{'+' if sign and rounded else ''},.{max(0, -step)}f}"
    return text.replace("-", "−")


def percent(share: float, half_width: float | None = None) -> tuple[str, str]:
    """A relative difference and its half-width in per cent, without the sign %: ``("+3.1", "0.8")``."""
    value, half = 100 * share, None if half_width is None else 100 * half_width
    # Never coarser than whole per cents: +33 ± 322.
    step = min(step_of(value, half), 0) if half else max(step_of(value, None), -1)
    return number(value, step, sign=True), "" if half is None else number(half, step)


def money(value: float, currency: str) -> str:
    """A short form of an amount: $412k, €1.56M, CHF 980."""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    size = abs(value)
    if size >= 999_500:
        amount = f"{size / 1e6:,.3g}M" if size < 999.5e6 else f"{size / 1e6:,.0f}M"
    else:
        amount = f"{size / 1e3:.3g}k" if size >= 9_995 else f"{size:,.0f}"
    return f"{'−' if value < 0 and amount != '0' else ''}{symbol}{amount}"


def level(confidence: float) -> str:
    """``95 %``."""
    return f"{100 * confidence:g} %"


def counted(replications: int) -> str:
    """``50 replications``."""
    return "1 replication" if replications == 1 else f"{replications:,} replications"
