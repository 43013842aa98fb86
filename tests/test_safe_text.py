"""The gate for text that leaves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simsales.safe_text import cell, one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("été 売上 👩‍💻 $a$ [b]", "été 売上 👩‍💻 $a$ [b]"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u2066c\u200e", r"a\u202eb\u2066c\u200e"),
        ("\x00\x07\x7f\r", r"\x00\x07\x7f\x0d"),
        ("two\nlines\tand", "two\nlines\tand"),
        ("\ud800\ufffe\U000e0041", r"\ud800\ufffe\U000e0041"),
    ],
)
def test_what_would_be_obeyed_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_name_stays_in_its_line() -> None:
    assert one_line("a\n\tb") == r"a\n\tb"


@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_it_is_can_stand_in_xml_and_twice_changes_nothing(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    element = ET.Element("a")
    element.text = shown
    assert ET.fromstring(ET.tostring(element, encoding="utf-8")).text == (shown or None)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a)", " =1", "\t=1", "＝1"])
def test_no_cell_computes(text: str) -> None:
    assert cell(text) == f"'{printable(text)}"


@pytest.mark.parametrize("value", [-1.5, 3, None, True, "", "1-2", "silo"])
def test_values_and_other_text_stay(value: object) -> None:
    assert cell(value) is value
