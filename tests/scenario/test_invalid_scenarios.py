"""Invalid scenario files: every fault is reported at its exact place (long: the table of all faults).

The mark ▸ stands in the text where a fault must be reported, and is taken out before the file is written.
There are as many faults as marks. Most cases are in ``invalid_scenarios.txt``, to be read as a table.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pytest
from valid_scenario import TEXT

from simsales.errors import Fault, ScenarioError
from simsales.scenario import load
from simsales.scenario.messages import one_letter_off, plain_number
from simsales.scenario.reading.nodes import Place
from simsales.scenario.reading.yaml_nodes import read_yaml

MARK = "▸"


def cases(table: str) -> Iterator[tuple[str, list[tuple[str, str]], list[str]]]:
    """The blocks of ``invalid_scenarios.txt``: name, changes, words."""
    for block in table.split("\n\n")[1:]:
        name, *lines = block.rstrip("\n").split("\n")
        runs = [
            (sign, "\n".join(line[2:] for line in run)) for sign, run in groupby(lines, key=itemgetter(0))
        ]
        olds = [text for sign, text in runs if sign == "-"]
        news = [text for sign, text in runs if sign == "+"]
        words = [line[2:] for line in lines if line.startswith("!")]
        yield name.removeprefix("# "), list(zip(olds, news, strict=True)), words


BROKEN = list(cases(Path(__file__).with_name("invalid_scenarios.txt").read_text(encoding="utf-8")))
BROKEN += [
    ("control character", [(": 24", ": ▸\a24")], ["a control character, expected text"]),
    (
        "too many segments",
        [
            (
                "leads_per_month: 360",
                "leads_per_month: 360, regions: {"
                + ", ".join(f"r{i}: 0.005" for i in range(200))
                + "}, industries: ▸{"
                + ", ".join(f"i{i}: 0.01" for i in range(100))
                + "}",
            )
        ],
        ["20,000 pairs of region and industry, expected at most 10,000"],
    ),
    ("endless number", [(": 24", ": ▸" + "9" * 5000)], ["9…, expected a whole number from 1 to 1,200"]),
]


def test_the_table_is_long_enough() -> None:
    assert len({name for name, _, _ in BROKEN}) == len(BROKEN) >= 40


@pytest.mark.parametrize(("changes", "words"), [pytest.param(*rest, id=name) for name, *rest in BROKEN])
def test_faults_are_told_at_their_place(
    changes: list[tuple[str, str]], words: list[str], tmp_path: Path
) -> None:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    check(tmp_path, {"scenario.yaml": text}, words)


WHOLE_FILES: dict[str, tuple[bytes, tuple[int, int], str]] = {
    "empty": (b"", (1, 1), "an empty file, expected a scenario"),
    "only a comment": (b"# nothing yet\n", (1, 1), "an empty file, expected a scenario"),
    "null": (b"---\n~\n", (2, 1), "~, expected a mapping"),
    "a list": (b"# list\n- a\n- b\n", (2, 1), "a list of 2, expected a mapping"),
    "a text": (b"hello", (1, 1), "hello, expected a mapping"),
    "an empty mapping": (b"{}", (1, 1), "no horizon_months, expected"),
    "binary": (
        b"horizon_months: 24\nx: \0\x01",
        (2, 4),
        "binary or not UTF-8: byte 0x00, expected a text file",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", (1, 1), "binary or not UTF-8: byte 0x89"),
    "UTF-16": ("a: 1".encode("utf-16"), (1, 1), "binary or not UTF-8: byte 0xff"),
    "Latin-1": ("ü: 1\rquestion: für".encode("latin-1"), (1, 1), "byte 0xfc"),
    "Latin-1 further down": (b"a: 1\r\nb: \xc3\xbc\xfc", (2, 5), "byte 0xfc"),
    "too large": (b"# " + b"x" * 2**20, (1, 1), "a file above 256 KiB"),
    "text left over": (b"'a' 'b'", (1, 5), "text left over, expected the end of the file"),
    "deep": (b"[" * 100_000, (1, 42), "more than 40 levels of nesting"),
    "carriage returns": (b"horizon_months: 1\rfoo: 2\rbar: *x\r", (3, 6), "an alias"),
    "after a byte order mark": (b"\xef\xbb\xbffoo: *x", (1, 6), "an alias"),
    "laughs": (
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
        (1, 4),
        "an anchor, &a, expected none; to share values, use extends",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WHOLE_FILES)
def test_files_that_are_no_scenario(case: str, tmp_path: Path) -> None:
    content, position, words = WHOLE_FILES[case]
    file = tmp_path / "scenario.yaml"
    file.write_bytes(content)
    faults = faults_of(file)
    assert any((fault.line, fault.column) == position and words in str(fault) for fault in faults), faults


def test_carriage_returns_and_byte_order_marks_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load(file).horizon_months == 24


def test_no_file_but_a_near_miss(tmp_path: Path) -> None:
    (tmp_path / "silo.yaml").write_text(TEXT)
    (fault,) = faults_of(tmp_path / "silos.yaml")
    assert (fault.line, fault.column) == (1, 1)
    assert fault.found.startswith("no file")
    assert fault.near_miss == str(tmp_path / "silo.yaml")


def test_a_directory(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path)
    assert fault.found.startswith("a directory")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (fault,) = faults_of(tmp_path / "pipe.yaml")
    assert fault.found.startswith("no regular file")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="no /dev/stdin here")  # noqa: PTH110
@pytest.mark.parametrize("redirected", [True, False])
def test_standard_input_is_no_scenario_file(redirected: bool, tmp_path: Path) -> None:
    """Be it a pipe or, for once, a regular file."""
    (tmp_path / "scenario.yaml").write_text(TEXT)
    (tmp_path / "link.yaml").symlink_to("/dev/stdin")
    code = (
        "import sys; from simsales.scenario import load; from simsales.errors import ScenarioError\n"
        "for file in sys.argv[1:]:\n"
        "    try: load(file)\n"
        "    except ScenarioError as error: print(error)\n"
    )
    names = ["/dev/stdin", "/dev/fd/0", "link.yaml"]
    with (tmp_path / "scenario.yaml").open() as stream:
        given = {"stdin": stream} if redirected else {"stdin": subprocess.PIPE}
        process = subprocess.run(
            [sys.executable, "-c", code, *names], cwd=tmp_path, stdout=subprocess.PIPE, check=True, text=True,
            **given,
        )  # fmt: skip
    assert process.stdout.splitlines() == [
        f"{name}:1:1: found no regular file, {name}, expected a scenario file" for name in names
    ]


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(TEXT)
    (tmp_path / "link.yaml").symlink_to("scenario.yaml")
    assert load(tmp_path / "link.yaml").horizon_months == 24


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    (fault,) = faults_of(tmp_path / "scenario.yaml")
    assert "cannot be read (Permission denied)" in fault.found


# Several files, of which the first is loaded; marks may stand in any of them.
CHAINS: dict[str, tuple[dict[str, str], list[str]]] = {
    "fault in the parent": (
        {"a.yaml": "extends: b.yaml\nstart_month: ▸0\n", "b.yaml": TEXT.replace(": 24", ": ▸x")},
        ["0, expected a whole number from 1 to 12", "x, expected a whole number from 1 to 1,200"],
    ),
    "fault in the grandparent": (
        {"a.yaml": "extends: b.yaml", "b.yaml": "extends: c.yaml", "c.yaml": TEXT.replace(": 24", ": ▸-24")},
        ["-24, expected a whole number"],
    ),
    "overridden faults are none": (
        {
            "a.yaml": "extends: b.yaml\nhorizon_months: 3\nstart_month: ▸0",
            "b.yaml": TEXT.replace(": 24", ": x"),
        },
        ["0, expected a whole number from 1 to 12"],
    ),
    "syntax of the parent": (
        {"a.yaml": "extends: b.yaml\nstart_month: 0\n", "b.yaml": "a: 1\nb: 2▸: 3\n"},
        ["a `:` that does not belong here"],
    ),
    "parent that is not there": (
        {"a.yaml": "horizon_months: 3\nextends: ▸bb.yaml", "b.yaml": TEXT},
        ["bb.yaml, expected a scenario file (did you mean"],
    ),
    "parent that is a directory": ({"a.yaml": "extends: ▸."}, ["a directory"]),
    "parent that is empty": ({"a.yaml": "extends: b.yaml", "b.yaml": ""}, []),
    "extends itself": ({"a.yaml": "extends: ▸a.yaml"}, ["a circle, "]),
    "circle": ({"a.yaml": "extends: b.yaml", "b.yaml": "\nextends: ▸a.yaml"}, ["a circle, "]),
    "list of parents": (
        {"a.yaml": "extends: ▸[b.yaml]"},
        ["a list of 1, expected the name of a scenario file"],
    ),
    "extends further down": (
        {"a.yaml": TEXT.replace("pod: {", "pod: {▸extends: b.yaml, ")},
        ["unknown key extends, expected one of members"],
    ),
    "missing key in a merged mapping": (
        {
            "a.yaml": "extends: b.yaml\npeople:\n  AE: ▸{salary_per_year: 3}",
            "b.yaml": TEXT.replace("  AE: {hours_per_month: 140}", "  AE: {}"),
        },
        ["no hours_per_month, expected"],
    ),
    "key removed by null": (
        {"a.yaml": "extends: b.yaml\npeople:\n  AE: {hours_per_month: ▸null}", "b.yaml": TEXT},
        ["null for hours_per_month, expected a number above 0"],
    ),
    "role removed by the child": (
        {"a.yaml": "extends: b.yaml\npeople: {AE: null}", "b.yaml": TEXT.replace("AE: 3", "▸AE: 3")},
        ["AE, expected a role described under people: MDR, SDR, CSM"],
    ),
    "step added by the child": (
        {"a.yaml": "extends: b.yaml\njourneys: {smb: {trial: {by: ▸EA, after: demo}}}", "b.yaml": TEXT},
        ["EA, expected a role that somebody has"],
    ),
    "distribution replaced without removing": (
        {
            "a.yaml": "extends: b.yaml\n"
            "journeys: {smb: {qualify: {effort_hours: ▸{exponential: {mean: 1}}}}}",
            "b.yaml": TEXT,
        },
        ["triangular; null removes one that is inherited"],
    ),
}


@pytest.mark.parametrize("case", CHAINS)
def test_faults_across_files(case: str, tmp_path: Path) -> None:
    files, words = CHAINS[case]
    if case == "parent that is empty":
        files, words = {**files, "b.yaml": MARK}, ["an empty file, expected a scenario"]
    check(tmp_path, files, words)


# The mark stands before the argument's part that is at fault; the file named is the argument itself.
ARGUMENTS: dict[str, str] = {
    "▸foo": "no =, expected KEY=VALUE",
    "▸": "no =, expected KEY=VALUE",
    "▸=3": "an empty name, expected names joined by dots",
    "a.▸.b=3": "an empty name",
    "people.▸=3": "an empty name",
    "horizon_months=▸": "no value, expected a value; null removes the key",
    "horizon_months=▸x": "x, expected a whole number from 1 to 1,200",
    "horizon_months=▸*x": "an alias, *x",
    "horizon_months=▸!!int 3": "a tag",
    "horizon_months=▸[1": "a list without its end",
    "horizon_months=▸1: 2": "1 as a key, expected a name",
    "horizon_months=▸null": "null for horizon_months, expected a whole number",
    "▸horizon_month=3": "did you mean horizon_months?",
    "▸horizon_month=null": "did you mean horizon_months?",
    "▸extends=other.yaml": "unknown key extends",
    "people.AE.▸salary_per_yer=1": "did you mean salary_per_year?",
    "organization.teams.▸pood.members.AE=4": "pood, expected one that is there: pod (did you mean pod?)",
    "organization.teams.pod.members.▸AEE=4": "AEE, expected a role described under people",
    "tiers.▸smbs=null": "null for smbs, expected a name to remove: smb (did you mean smb?)",
    "tiers.smb=▸null": "an empty mapping, expected a mapping with at least one entry",
    "organization.handoff.across_teams={▸delay: 2}": "unknown key delay, expected one of delay_days",
    "organization.handoff.across_teams={delay_days: ▸-2}": "-2, expected a number",
    "journeys.smb.demo.pass_probability=▸0": "0, so that no lead reaches WIN",
    "channels.content.season=[1, ▸x, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]": "x, expected a number from 0 to 100",
    "channels.content.season.▸0=1.5": "a mapping, expected a list",
    "journeys.▸smb.close=null": "a journey that goes past WIN to LIVE",
}


@pytest.mark.parametrize("marked", ARGUMENTS)
def test_faults_in_overrides(marked: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(TEXT)
    argument = marked.replace(MARK, "")
    (fault,) = faults_of(file, argument)
    assert fault.file == f"--set {argument}"[: len(fault.file) - 1] + fault.file[-1]
    assert (fault.line, fault.column) == (1, marked.index(MARK) + 1)
    assert ARGUMENTS[marked] in str(fault)


def test_faults_of_files_and_overrides_are_told_together(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(TEXT.replace(": 24", ": 0"))
    faults = faults_of(file, "start_month=13", "bad", "currency=")
    assert [(Path(fault.file).name, fault.line, fault.column) for fault in faults] == [
        ("--set bad", 1, 1),
        ("--set currency=", 1, 10),
        ("--set start_month=13", 1, 13),
        ("scenario.yaml", 1, 17),
    ]


def faults_of(file: Path, *overrides: str) -> tuple[Fault, ...]:
    with pytest.raises(ScenarioError) as caught:
        load(file, overrides=overrides)
    assert caught.value.exit_code == 2
    return caught.value.faults


def check(folder: Path, files: dict[str, str], words: list[str]) -> None:
    """Write the files without marks; load the first; expect one fault at each mark, with its words."""
    wanted = []
    for name, text in files.items():
        for number, line in enumerate(text.split("\n"), start=1):
            pieces = line.split(MARK)
            wanted += [(name, number, 1 + len("".join(pieces[:i]))) for i in range(1, len(pieces))]
        (folder / name).write_text(text.replace(MARK, ""), encoding="utf-8")
    faults = faults_of(folder / next(iter(files)))
    reported = [(Path(fault.file).name, fault.line, fault.column) for fault in faults]
    assert reported == wanted, "\n".join(map(str, faults))
    for fault, part in zip(faults, words, strict=True):
        assert part in str(fault)


@pytest.mark.parametrize(
    ("mapping", "hint"),
    [
        ("{delay_days: 0,5}", "did you mean 0.5?"),
        ("{delay_days: 12,05}", "did you mean 12.05?"),
        ("{salary_per_year: 75,000}", "did you mean 75000?"),
        ("{salary_per_year: 75, 000}", "did you mean 75000?"),
        ("{salary_per_year: -75,000}", "did you mean -75000?"),
        ("{salary_per_year: 1,250,000}", "did you mean 1250000?"),
        ("{salary_per_year: 75,000.50, tools_per_month: 1}", "did you mean 75000.50?"),
        ("{delay_days: 0,500}", "did you mean 0.500?"),
        ("{delay_days: 1,2,3}", None),
        ("{delay_days: 1234,567}", "did you mean 1234.567?"),
        ("{delay_days: true, 5}", None),
        ("{delay_days: 1.5, 5}", None),
        ("{5: 1}", None),
        ("{delay_days: 0, 5: 1}", None),
    ],
)
def test_a_decimal_comma_within_braces_is_recognized(mapping: str, hint: str | None) -> None:
    faults: list[Fault] = []
    read_yaml(mapping, Place("f", 1, 1), faults)
    assert [str(fault).partition("(")[2].rstrip(")") or None for fault in faults] == [hint]


@pytest.mark.parametrize(
    ("name", "other", "slip"),
    [
        ("pods", "pod", True),
        ("pod", "pods", True),
        ("Pods", "pod", True),
        ("qualfy", "qualify", True),
        ("inbuond", "inbound", True),
        ("pod2", "pod", False),
        ("pod_b", "pod", False),
        ("MDR", "SDR", False),
        ("east", "west", False),
        ("AE", "AEs", False),  # so short, anything is close to it
        ("pod", "pod", False),
    ],
)
def test_names_that_differ_by_a_slip(name: str, other: str, slip: bool) -> None:
    assert one_letter_off(name, other) is slip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-1,5", "-1.5"),
        ("1 000", "1000"),
        ("1,000.50", "1000.50"),
        ("1,000'000", None),
        ("1'2'3", None),
        ("1,", None),
        ("9" * 30 + "%", None),
        ("0,5", "0.5"),
        ("0,500", "0.500"),
        ("1,5", "1.5"),
        ("1,000", "1000"),
        ("1'000", "1000"),
        ("12,345,678.9", "12345678.9"),
        ("€ 99,90", "99.90"),
        ("10%", "0.1"),
        ("2,5 %", "0.025"),
        ("1,2,3", None),
        ("1.2.3", None),
        ("24 months", None),
        ("five", None),
        ("", None),
    ],
)
def test_a_number_in_another_notation_is_recognized(text: str, number: str | None) -> None:
    assert plain_number(text) == (None if number is None else Decimal(number))
