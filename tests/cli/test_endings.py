"""How `run` and `compare` end: by signals, closed pipes, failing charts, in odd surroundings."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_run_and_compare import BASE, FASTER

import simsales.experiment.experiment as experiment
from simsales.charts import canvas
from simsales.cli import group
from simsales.report.result import Result as Answer

ARGS = ("--replications", "2", "--workers", "1", "--set", "warm_up_months=0", "--set", "horizon_months=2")
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"base": BASE, "faster": FASTER}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def invoke(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(group, args)
    assert result.exit_code == code, result.output
    return result


def started(*args: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simsales", *args],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_is_told_and_the_results_are_closed(folder: Path, name: str) -> None:
    number = getattr(signal, name)
    process = started("run", "base.yaml", "--replications", "100000", "--workers", "1", "--out", "kept")
    patience = time.monotonic() + 60
    while not (folder / "kept" / "results.sqlite-wal").exists() and time.monotonic() < patience:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    try:
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert told.startswith("Interrupted; ")
    assert " of 100,000 replications kept in kept. To go on from there: simsales run base.yaml" in told
    assert process.returncode == 128 + number
    assert json.loads((folder / "kept" / "manifest.json").read_text())["status"] == "interrupted"


@pytest.mark.parametrize("where", ["reading", "drawing"])
def test_ctrl_c_after_the_simulation_names_the_folder(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if where == "reading":
        monkeypatch.setattr(experiment, "read_results", stop)
    else:
        monkeypatch.setattr(Answer, "save_charts", stop)
    told = invoke("run", "base.yaml", *ARGS, code=130).stderr
    assert told.startswith("Interrupted; ")
    assert "replications kept in results" in told or "replications are kept in results" in told
    assert told.count("--out results") == 1
    assert told.count("Interrupted") == 1


def test_a_closed_pipe_takes_no_files(folder: Path) -> None:
    process = started("run", "base.yaml", *ARGS, "--out", "kept")
    assert process.stdout is not None
    process.stdout.close()
    process.wait(timeout=120)
    assert process.returncode == 141
    names = {path.name for path in (folder / "kept").iterdir()}
    assert {"funnel.png", "monthly-mrr.svg", "cumulative-cash.png", "kpis.csv", "teams.csv"} <= names


@pytest.mark.parametrize("as_json", [False, True])
def test_a_chart_that_cannot_be_drawn_takes_nothing_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no room")

    monkeypatch.setattr("simsales.charts.monthly_mrr.monthly_mrr", fail)
    found = invoke("run", "base.yaml", *ARGS, "--out", "kept", *(["--json"] if as_json else []))
    warnings = found.stderr.splitlines()
    assert warnings[0] == "warning: the chart monthly-mrr cannot be drawn (ValueError: no room)"
    assert len(warnings) == 1 + as_json, "and, if the table does not say it, that replications are few"
    assert '"kpis"' in found.stdout if as_json else "base: wins" in found.stdout
    names = {path.name for path in (folder / "kept").iterdir()}
    assert {"funnel.png", "cumulative-cash.svg", "kpis.csv"} <= names
    assert "monthly-mrr.png" not in names


@pytest.mark.parametrize("text", ["y" * 600, "word " * 1200, "a-b." * 5000])
def test_a_long_change_is_cut_on_the_charts_and_told_where_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    begun = time.monotonic()
    change = f"people.AE.hours_per_month=140 # {text}"
    monkeypatch.setattr(sys, "argv", ["simsales", "compare", "--set", change])
    found = invoke("compare", "base.yaml", "faster.yaml", *ARGS, "--set", change, "--out", "kept")
    assert time.monotonic() - begun < 60
    assert found.stderr == ""
    svg = (folder / "kept" / "monthly-mrr.svg").read_text(encoding="utf-8")
    assert "(in full in" in svg
    assert text.strip() in (folder / "kept" / "manifest.json").read_text()


def test_many_changes_leave_room_for_the_drawing(folder: Path) -> None:
    changes = [word for hours in range(110) for word in ("--set", f"people.AE.hours_per_month={100 + hours}")]
    assert invoke("run", "base.yaml", *ARGS, *changes, "--out", "kept").stderr == ""
    assert len(list((folder / "kept").glob("*.png"))) == 3


def test_nothing_that_a_terminal_obeys_leaves(folder: Path) -> None:
    (folder / "=1+1.yaml").write_text(FASTER)
    name = "n\x1b[31m\u202e"
    (folder / f"{name}.yaml").write_text(FASTER, encoding="utf-8")
    changes = [
        "--set", 'question="Why \\e[31m \\u202E?"', "--set", 'currency="U\\x1b\\u0001D"',
    ]  # fmt: skip
    found = invoke("compare", f"{name}.yaml", "=1+1.yaml", *ARGS, *changes, "--out", f"kept{name}")
    missing = invoke("run", f"gone{name}.yaml", code=2)
    for said in (found.stdout, found.stderr, missing.stderr):
        assert not {"\x1b", "\x9b", "\u202e", "\x01"} & set(said)
    for path in (folder / f"kept{name}").glob("*.svg"):
        ET.parse(path)
        assert "\u202e" not in path.read_text(encoding="utf-8")
    with (folder / f"kept{name}" / "kpis.csv").open(encoding="utf-8", newline="") as file:
        names = {row["alternative"] for row in csv.DictReader(file)}
    assert names == {"'=1+1", "n\\x1b[31m\\u202e"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("MPLBACKEND", "module://not_there.backend"), ("MPLBACKEND", "qtagg"), ("PYTHONOPTIMIZE", "2")],
)
def test_surroundings_that_change_nothing(folder: Path, name: str, value: str) -> None:
    process = started("run", "base.yaml", *ARGS, "--out", "kept", **{name: value})
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "base: wins" in out
    assert len(list((folder / "kept").glob("*.png"))) == 3


def test_closed_standard_output(folder: Path) -> None:
    command = f"exec {sys.executable} -m simsales run base.yaml {' '.join(ARGS)} --out kept >&-"
    ended = subprocess.run(
        ["sh", "-c", command],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "bug" not in ended.stderr
    assert len(list((folder / "kept").glob("*.png"))) == 3


def test_measures_of_letters_are_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = 0
    extent = canvas.extent

    def counting(*args: object, **kwargs: object) -> float:
        nonlocal measured
        measured += 1
        return extent(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(canvas, "extent", counting)
    monkeypatch.setattr(canvas, "_ADVANCES", {})
    with canvas.style():
        figure, bottom, top = canvas.slide("title", "subtitle", "wörd " * 100_000)
    assert measured <= 2 * 20 * 3
    assert top - bottom > 0.3
    assert figure.texts[-1].get_text().endswith("…")
