"""Small helpers that put faults into words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches

LONGEST = 60
"""Longer than this, a quoted value is cut."""
LONGEST_NUMBER = 24
"""Longer than this, a text is not read as a number in another notation."""


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


def slipped(name: str, other: str) -> bool:
    """Whether two names differ by one letter: one has it and the other not, or it stands one place further.

    (Not by another letter, nor by a digit: MDR and SDR, east and west, pod and pod2 are meant as they are.)
    """
    longer, shorter = sorted((name.casefold(), other.casefold()), key=len, reverse=True)
    if len(shorter) < 3:
        return False
    if len(longer) == len(shorter):
        i = next((i for i, (a, b) in enumerate(zip(longer, shorter, strict=True)) if a != b), None)
        return i is not None and longer == shorter[:i] + shorter[i : i + 2][::-1] + shorter[i + 2 :]
    return len(longer) == len(shorter) + 1 and any(
        longer[i].isalpha() and longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))
    )


def plain_number(text: str) -> Decimal | None:
    """The number that ``text`` seems to be: 0.5 for 0,5, 0.05 for 5 %, 1000 for 1,000, 1'000, 1 000 or
    $1,000; None if it is none.

    A comma before three digits parts thousands, unless a zero stands before it; any other is a decimal one.
    """
    number = re.fullmatch(
        r"(?:[$€£] ?)?(?P<sign>-?)(?:(?P<parted>[1-9]\d{0,2}(?P<mark>[, '])\d{3}(?:(?P=mark)\d{3})*)"
        r"(?P<part>\.\d+)?|(?P<plain>\d+(?:[.,]\d+)?))(?P<percent> ?%)?",
        text.strip(),
        re.ASCII,
    )
    if number is None or len(text) > LONGEST_NUMBER:
        return None
    if number["parted"]:
        digits = number["parted"].replace(number["mark"], "") + (number["part"] or "")
    else:
        digits = number["plain"].replace(",", ".")
    value = Decimal(number["sign"] + digits)
    return value / 100 if number["percent"] else value


def shortened(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, safe for any terminal, and not too long for a message."""
    line = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:longest]
    )
    return line + "…" if len(text) > longest else line


def listed(names: Iterable[str]) -> str:
    """``A, B, C``, or ``none so far``."""
    return shortened(", ".join(names)) or "none so far"
