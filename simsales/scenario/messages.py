"""Texts of messages: near misses, numbers in other notations, shortened values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from difflib import get_close_matches

LONGEST = 60
"""A quoted value is cut after so many characters."""
LONGEST_NUMBER = 24
"""A longer text is not read as a number in another notation."""


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to ``name``, upper or lower case alike; None if none is close.

    A name that is the beginning of exactly one known name is close to it. Names of three letters that differ
    in one (MDR and SDR) are not close: both are names in their own right.
    """
    wanted = name[: 2 * LONGEST].casefold()
    by_folded = {each.casefold(): each for each in known if each != name}
    close = get_close_matches(wanted, by_folded, n=1, cutoff=0.67)
    if not close and len(wanted) > 2:
        begun = [each for each in by_folded if each.startswith(wanted)]
        close = begun if len(begun) == 1 else []
    return by_folded[close[0]] if close else None


class NearMisses:
    """Seeks near misses for as long as that takes no more than so many comparisons in all.

    A file with thousands of misspelled names beside thousands of known ones would else take minutes, for
    hints that nobody reads.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._left = most

    def of(self, name: str, known: Collection[str]) -> str | None:
        """As `near_miss`; None, too, if that would take too many comparisons."""
        if len(known) > self._left:
            return None
        self._left -= len(known)
        return near_miss(name, known)


class Slips:
    """Finds, among known names, those that differ from another by one letter, without comparing them all."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_form: dict[str, list[str]] = {}
        for name in known:
            for form in _forms(name):
                self._by_form.setdefault(form, []).append(name)

    def of(self, name: str) -> str | None:
        """The first known name that is `one_letter_off`; None if none is."""
        for form in _forms(name):
            for other in self._by_form.get(form, ()):
                if one_letter_off(name, other):
                    return other
        return None


def _forms(name: str) -> set[str]:
    """A name and what is left of it without one letter: names one letter off share a form."""
    folded = name.casefold()
    if len(folded) > LONGEST:
        return set()
    return {folded} | {folded[:i] + folded[i + 1 :] for i in range(len(folded))}


def one_letter_off(name: str, other: str) -> bool:
    """Whether two names differ by one letter that is added, left out, or swapped with its neighbour.

    A replaced letter or an added digit does not count: MDR and SDR, east and west, pod and pod2 are different
    names.
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

    A comma before three digits separates thousands, unless a zero stands before it; any other is a decimal
    comma.
    """
    number = re.fullmatch(
        r"(?:[$€£] ?)?(?P<sign>-?)(?:(?P<grouped>[1-9]\d{0,2}(?P<mark>[, '])\d{3}(?:(?P=mark)\d{3})*)"
        r"(?P<fraction>\.\d+)?|(?P<plain>\d+(?:[.,]\d+)?))(?P<percent> ?%)?",
        text.strip(),
        re.ASCII,
    )
    if number is None or len(text) > LONGEST_NUMBER:
        return None
    if number["grouped"]:
        digits = number["grouped"].replace(number["mark"], "") + (number["fraction"] or "")
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
    first: list[str] = []
    length = 0
    for name in names:
        first.append(name)
        length += len(name) + 2
        if length > LONGEST + 2:
            break
    return shortened(", ".join(first)) or "none so far"
