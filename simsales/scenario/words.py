"""Small helpers that put faults into words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 60
"""Longer than this, a quoted value is cut."""


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to ``name``, whatever the case of its letters; None if none is close.

    The beginning of a single known name is close to it. Names of three letters that differ in one (MDR and
    SDR) are not: both are words of their own.
    """
    wanted = name[: 2 * LONGEST].casefold()
    by_folded = {each.casefold(): each for each in known if each != name}
    close = get_close_matches(wanted, by_folded, n=1, cutoff=0.67)
    if not close and len(wanted) > 2:
        begun = [each for each in by_folded if each.startswith(wanted)]
        close = begun if len(begun) == 1 else []
    return by_folded[close[0]] if close else None


def shortened(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, safe for any terminal, and not too long for a message."""
    line = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:longest]
    )
    return line + "…" if len(text) > longest else line


def listed(names: Iterable[str]) -> str:
    """``A, B, C``, or ``none so far``."""
    return shortened(", ".join(names)) or "none so far"
