"""Commands that need no simulation, and what all share (long: every message and exit code)."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import simsales
from simsales.cli import COMMANDS, MOST_LINES, group, main, options
from simsales.errors import InputError, SimsalesError
from simsales.scenario import json_schema

SCENARIOS = Path(__file__).parents[2] / "scenarios"
BUG = "this is a bug in simsales; --debug shows where it happened"
HEAVY = {"pydantic", "numpy", "simpy", "matplotlib", "scipy", "rich", "ruamel"}


def run(*args: str | Path, code: int = 0) -> tuple[str, str]:
    """Standard output and standard error of a command that ends with ``code``."""
    result = CliRunner().invoke(group, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result.stdout, result.stderr


def python(*args: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_help_imports_nothing_heavy() -> None:
    code = f"""
import sys
from simsales.cli import main
sys.argv = ["simsales", "--help"]
try:
    main()
except SystemExit:
    print(sorted({HEAVY!r} & set(sys.modules)))
"""
    lines = python("-c", code).stdout.splitlines()
    assert lines[0].startswith("Usage: simsales")
    assert lines[-1] == "[]"


def test_reading_scenarios_imports_no_numbers() -> None:
    code = (
        f"import sys, simsales.scenario; print(sorted({HEAVY - {'pydantic', 'ruamel'}!r} & set(sys.modules)))"
    )
    assert python("-c", code).stdout.strip() == "[]"


def test_help_lists_every_command_with_what_it_does() -> None:
    text, _ = run("--help")
    for name, (_, does) in COMMANDS.items():
        assert f"{name} " in text
        assert does in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_teaches_by_example(name: str) -> None:
    text, _ = run(name, "--help")
    assert f"  simsales {name}" in text.split("Examples:\n")[1]
    assert "--debug" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_help_says(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert (command.help or "").split("\n\n")[0] == COMMANDS[name][1]


def test_version_and_module() -> None:
    assert run("--version")[0] == f"simsales, version {simsales.__version__}\n"
    assert python("-m", "simsales", "--version").stdout == f"simsales, version {simsales.__version__}\n"


def test_misspelled_command() -> None:
    assert "Did you mean 'validate'?" in run("valdate", code=2)[1]


# ------------------------------------------------------------------------------------------------- validate


def test_validate_says_ok() -> None:
    files = [SCENARIOS / "silo.yaml", SCENARIOS / "pod.yaml"]
    assert run("validate", *files) == ("".join(f"{file}: ok\n" for file in files), "")


def test_validate_tells_all_faults_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"extends: {SCENARIOS / 'pod.yaml'}\nhorizon_months: 0\nfoo: 1\n")
    good = SCENARIOS / "pod.yaml"
    out, err = run("validate", tmp_path / "a.yaml", good, tmp_path / "missing.yaml", code=2)
    assert out == f"{good}: ok\n"
    places = [line.split(" found ")[0] for line in err.splitlines()]
    a, missing = tmp_path / "a.yaml", tmp_path / "missing.yaml"
    assert places == [f"error: {a}:2:17:", f"error: {a}:3:1:", f"error: {missing}:1:1:"]


def test_validate_with_overrides() -> None:
    _, err = run("validate", SCENARIOS / "pod.yaml", "--set", "horizon_months=x", "--set", "foo", code=2)
    assert "error: --set horizon_months=x:1:16: found x" in err
    assert "error: --set foo:1:1: found no =" in err


def test_validate_with_files_of_changes(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("horizon_months: 5\n")
    (tmp_path / "bad.yaml").write_text("horizon_months: 0\n")
    files = [SCENARIOS / "silo.yaml", SCENARIOS / "pod.yaml"]
    good, bad = ("--with", tmp_path / "good.yaml"), ("--with", tmp_path / "bad.yaml")
    assert run("validate", *files, *bad, *good)[0] == "".join(f"{file}: ok\n" for file in files)
    assert run("validate", *files, *bad, "--set", "horizon_months=1")[1] == ""
    _, err = run("validate", *files, *good, *bad, code=2)
    assert len(err.splitlines()) == 1  # not once for every scenario
    assert err.startswith(f"error: {tmp_path / 'bad.yaml'}:1:17: found 0")


def test_a_file_of_changes_alone_is_told_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "change.yaml").write_text("people: {AE: {hours_per_month: 120}}\n")
    _, err = run("validate", tmp_path / "change.yaml", code=2)
    *faults, hint = err.splitlines()
    assert all(line.startswith("error: ") for line in faults)
    assert hint.startswith("hint: ")
    assert f"--with {tmp_path / 'change.yaml'}" in hint
    (tmp_path / "alone.yaml").write_text(
        f"extends: {SCENARIOS / 'pod.yaml'}\norganization: {{teams: {{pod: {{members: {{CSM: 0}}}}}}}}\n"
    )
    *faults, hint = run("validate", tmp_path / "alone.yaml", code=2)[1].splitlines()
    assert all(line.startswith(f"error: {SCENARIOS / 'reference.yaml'}:") for line in faults)
    assert hint.startswith(f"hint: {tmp_path / 'alone.yaml'} extends {SCENARIOS / 'reference.yaml'}: ")
    # A whole scenario in which something else is missing is not taken for one.
    (tmp_path / "whole.yaml").write_text(f"extends: {SCENARIOS / 'pod.yaml'}\nchannels: {{fair: {{}}}}\n")
    assert "hint" not in run("validate", tmp_path / "whole.yaml", code=2)[1]


def test_a_typo_in_a_parent_is_told_once_and_blames_no_child(tmp_path: Path) -> None:
    text = (SCENARIOS / "reference.yaml").read_text()
    (tmp_path / "parent.yaml").write_text(text.replace("salary_per_year: 60208", "salary_per_yea: 60208"))
    children = [tmp_path / f"child{i}.yaml" for i in range(3)]
    for i, child in enumerate(children):
        child.write_text(
            f"extends: parent.yaml\norganization: {{teams: {{pod: {{members: {{AE: {i + 1}}}}}}}}}\n"
        )
    for given in (children, children[:1], [*children, tmp_path / "parent.yaml"]):
        _, err = run("validate", *given, code=2)
        (told,) = [line for line in err.splitlines() if "salary_per_yea," in line]
        assert told.startswith(f"error: {tmp_path / 'parent.yaml'}:")
        assert "hint" not in err
    # A child that does not fit its parent is still told so.
    (tmp_path / "parent.yaml").write_text(text)
    children[0].write_text("extends: parent.yaml\npeople: {AE: null}\n")
    assert (
        f"hint: {children[0]} extends {tmp_path / 'parent.yaml'}:" in run("validate", children[0], code=2)[1]
    )


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/dev/stdin", "/dev"])
@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_device_is_no_file_of_changes(command: str, device: str) -> None:
    _, err = run(command, SCENARIOS / "pod.yaml", "--with", device, code=2)
    assert err.startswith("error: ")
    assert "bug" not in err


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")
    assert "found no file" in run("validate", file, code=2)[1]
    Path(file).write_text(f"extends: {SCENARIOS / 'pod.yaml'}\n")
    done = python("-m", "simsales", "validate", file)
    assert (done.returncode, done.stderr) == (0, "")
    done = python("-m", "simsales", "validate", file, "--with", file, "--set", "question=\udcff")
    assert done.returncode == 2
    assert "a control character" in done.stderr


def test_a_new_name_that_may_be_a_slip_is_doubted(tmp_path: Path) -> None:
    (tmp_path / "pod4.yaml").write_text(
        f"extends: {SCENARIOS / 'pod.yaml'}\norganization:\n  teams:\n"
        "    pods: {members: {AE: 4}}\n    pod2: {members: {AE: 4}}\n"
    )
    out, err = run("validate", tmp_path / "pod4.yaml")
    assert out == f"{tmp_path / 'pod4.yaml'}: ok\n"
    assert err == (
        f"warning: {tmp_path / 'pod4.yaml'}:4:5: found pods, a new name, expected one that is there: pod "
        "(did you mean pod?)\n"
    )
    # One that takes the other's place is no slip.
    (tmp_path / "renamed.yaml").write_text(
        f"extends: {SCENARIOS / 'pod.yaml'}\norganization:\n  teams:\n"
        "    pods: {count: 3, members: {MDR: 1, SDR: 1, AE: 3, CSM: 1}}\n    pod: null\n"
    )
    assert run("validate", tmp_path / "renamed.yaml")[1] == ""


@pytest.mark.slow
def test_ten_thousand_faults_are_not_all_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("".join(f"k{n}: 1\n" for n in range(10_000)))
    lines = run("validate", tmp_path / "a.yaml", code=2)[1].splitlines()
    assert len(lines) == MOST_LINES + 1
    assert re.fullmatch(r"error: and (9,9|10,0)\d{2} more", lines[-1])


def test_validate_needs_a_file() -> None:
    assert "Missing argument" in run("validate", code=2)[1]


# --------------------------------------------------------------------------------------------- schema, new


def test_schema_is_json() -> None:
    assert json.loads(run("schema")[0]) == json_schema()


def test_new_copies_the_examples_and_says_what_next(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "trial"
    out, _ = run("new", folder)
    assert {file.name for file in folder.iterdir()} == {
        file.name for file in SCENARIOS.iterdir() if file.suffix in (".yaml", ".json")
    }
    assert f"simsales compare {folder / 'silo.yaml'} {folder / 'pod.yaml'}" in out
    run("validate", folder / "pod.yaml", folder / "silo.yaml")


def test_new_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("mine")
    _, err = run("new", tmp_path, code=2)
    assert str(tmp_path / "pod.yaml") in err
    assert "silo.yaml" not in err
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("pod.yaml", "mine")]


def test_new_cannot_copy_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot write to" in run("new", tmp_path / "file", code=2)[1]


def test_new_never_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert "not overwritten" in run("new", tmp_path, code=2)[1]
    assert [file.name for file in tmp_path.iterdir()] == ["pod.yaml"]


def test_new_overwrites_nothing_that_appears_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pod.yaml").write_text("mine")
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert "File exists" in run("new", tmp_path, code=2)[1]
    assert (tmp_path / "pod.yaml").read_text() == "mine"


def test_new_needs_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "the name of a folder is expected" in run("new", "", code=2)[1]
    assert list(tmp_path.iterdir()) == []


def test_new_works_from_a_plain_checkout(tmp_path: Path) -> None:
    """Without an installation nothing but the folder of the checkout leads to the examples."""
    done = python("-S", "-c", "import simsales, sys; print(simsales.__file__)", cwd=SCENARIOS.parent)
    assert Path(done.stdout.strip()).parent == SCENARIOS.parent / "simsales"
    assert python("-m", "simsales", "new", str(tmp_path / "x"), cwd=SCENARIOS.parent).returncode == 0


# ------------------------------------------------------------------------------------------------- endings


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> type[BaseException]:
    """A command ``new`` that fails with the error put into ``failure``."""

    class Failure:
        error: BaseException = SimsalesError("no such thing")

    @click.command()
    @options.debug
    def fail() -> None:
        raise Failure.error

    monkeypatch.setattr(group, "get_command", lambda *_: fail)
    return Failure  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (SimsalesError("no such thing"), 1, "error: no such thing\n"),
        (InputError("no\nway"), 2, "error: no\nerror: way\n"),
        (KeyError("x"), 1, f"error: KeyError: 'x' ({BUG})\n"),
        (ValueError("a\nb"), 1, f"error: ValueError: a b ({BUG})\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "a/b.png"),
            1,
            "error: a/b.png: Permission denied\n",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory"),
            1,
            "error: No such file or directory\n",
        ),
        (TimeoutError(), 1, "error: TimeoutError\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_errors_end_in_one_message(failing: type, error: BaseException, code: int, told: str) -> None:
    failing.error = error  # type: ignore[attr-defined]
    assert run("new", code=code) == ("", told)


@pytest.mark.parametrize(
    ("error", "code"),
    [(InputError("no such thing"), 2), (KeyError("x"), 1), (OSError(5, "no such thing", "x"), 1)],
)
def test_debug_shows_the_traceback(failing: type, error: Exception, code: int) -> None:
    failing.error = error  # type: ignore[attr-defined]
    _, err = run("new", "--debug", code=code)
    assert err.startswith("Traceback (most recent call last)")
    assert err.splitlines()[-1].startswith("error: ")


@pytest.mark.slow
def test_no_traceback_unless_asked_for() -> None:
    done = python("-m", "simsales", "validate", "missing.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: missing.yaml:1:1: found no file missing.yaml")
    assert "Traceback" in python("-m", "simsales", "validate", "--debug", "missing.yaml").stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs a shell with pipes")
def test_a_closed_pipe_is_no_news() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "simsales", "schema"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("args", [["schema"], ["--help"], ["--version"], ["run", "--help"]])
def test_a_full_disk_is_no_bug(args: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "simsales", *args],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "error: standard output: No space left on device\n")


@pytest.mark.slow
def test_an_old_console_gets_question_marks(tmp_path: Path) -> None:
    done = python(
        "-m",
        "simsales",
        "validate",
        f"{tmp_path}/→.yaml",
        env={**os.environ, "PYTHONIOENCODING": "cp1252:strict"},
    )
    assert done.returncode == 2
    assert "/?.yaml:1:1: found no file" in done.stderr


def test_a_stream_that_cannot_be_reconfigured_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "argv", ["simsales", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, out.getvalue()) == (0, f"simsales, version {simsales.__version__}\n")


# ------------------------------------------------------------------------------------------------- options


@click.command()
@options.replications(30)
@options.seed
@options.workers
@options.out
@options.overlays
@options.overrides
@options.as_json
@options.quiet
@options.debug
def everything(**given: object) -> None:
    click.echo(repr(given))


def test_the_largest_seed() -> None:
    result = CliRunner().invoke(everything, ["--seed", str(2**63 - 1)])
    assert f"'seed': {2**63 - 1}" in result.output


def test_options_have_these_names_and_defaults() -> None:
    result = CliRunner().invoke(everything, [])
    assert result.exit_code == 0
    assert result.output.strip() == repr(
        {
            "replications": 30, "seed": 1, "workers": options.cores(), "out": None, "overlays": (),
            "overrides": (), "as_json": False, "quiet": False,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        *(["--replications", "1000000000"], ["--replications", "0"], ["--workers", "0"]),
        *(["--seed", "-1"], ["--seed", "x"], ["--seed", str(2**63)]),
        *(["--out", __file__], ["--out", ""]),
    ],
)
def test_options_are_checked(wrong: list[str]) -> None:
    result = CliRunner().invoke(everything, wrong)
    assert result.exit_code == 2
    assert "Error: Invalid value" in result.output
