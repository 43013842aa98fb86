"""The gate for every text that leaves: to a terminal, into a picture, into the cells of a spreadsheet.

Names, questions, currencies and file names are somebody's, and may hold what a terminal obeys, what turns the
order of letters round, what no XML may hold, or what a spreadsheet computes.
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""They shape letters and emoji, and show nothing of their own."""
# Excel takes the wide signs for the narrow ones.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def printable(text: str) -> str:
    r"""``text`` with every character that is obeyed instead of shown written out, as in ``\x1b``.

    Line ends and tabs stay. What is left can stand in XML.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def one_line(text: str) -> str:
    r"""The same for a name: line ends and tabs are written out, too."""
    return printable(text).translate({9: r"\t", 10: r"\n"})


def cell(value: object) -> object:
    """A value for a cell: text that a spreadsheet would compute gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _shown(letter: str) -> str:
    if letter in "\n\t" or letter in _JOINERS:
        return letter
    code = ord(letter)
    # Control characters, what gives a direction or formats, halves of letters, line ends of other kinds, and
    # codes that stand for no letter.
    if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") or code & 0xFFFE == 0xFFFE:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return letter
