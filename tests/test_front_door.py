"""`import simsales`: what it offers, that it is the same as the command line, and that all examples run."""

from __future__ import annotations

import doctest
import inspect
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import simsales
import simsales as ss
from simsales.cli import group
from simsales.errors import InputError
from simsales.experiment.executors import serial
from simsales.experiment.records import Key
from simsales.experiment.tasks import Task, Work, compute, packed
from simsales.report.frames import kpi_frame

ROOT = Path(__file__).parents[1]
EXAMPLES = (
    *("simsales", "simsales.api", "simsales.kpis.lookup", "simsales.kpis.measurement"),
    *("simsales.report.run_result", "simsales.report.comparison_result"),
)
SMALL = """\
horizon_months: 4
warm_up_months: 1
tiers:
  smb: {price_per_month: 1000, churn_per_month: 0.05, care: {by: CSM, effort_hours_per_month: 0.5}}
channels:
  content: {enters_as: MQL, leads_per_month: 60, cost_per_lead: 10, tiers: {smb: 1}}
journeys:
  smb:
    qualify: {by: AE, on: MQL, effort_hours: {exponential: {mean: 0.8}}, pass_probability: 0.4, to: SQL}
    demo: {by: AE, effort_hours: 1, pass_probability: 0.6, to: SAL}
    close: {by: AE, effort_hours: 1, pass_probability: 0.6, to: WIN}
    onboard: {by: CSM, effort_hours: 2, to: LIVE}
people:
  AE: {hours_per_month: 140, salary_per_year: 48000}
  CSM: {hours_per_month: 140}
organization:
  teams:
    pod: {members: {AE: 1, CSM: 1}}
"""
TWO_TIERS = """\
extends: base.yaml
question: Do large customers pay?
tiers: {ent: {price_per_month: 9000}}
channels: {content: {tiers: {smb: 0.7, ent: 0.3}}}
journeys:
  ent:
    qualify: {by: AE, on: MQL, effort_hours: 1, pass_probability: 0.5, to: SQL}
    demo: {by: AE, effort_hours: 2, pass_probability: 0.7, to: SAL}
    close: {by: AE, effort_hours: 2, pass_probability: 0.7, to: WIN}
    onboard: {by: CSM, effort_hours: 4, to: LIVE}
organization: {teams: {spare: {members: {AE: 1}, serves: {tiers: [ent]}}}}
"""
Files = dict[str, bytes]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "base.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(TWO_TIERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def both(folder: Path) -> dict[str, ss.Scenario]:
    return {name: ss.load(folder / f"{name}.yaml") for name in ("base", "two")}


def printed(*args: str) -> str:
    result = CliRunner().invoke(group, [*args, "--replications", "3", "--workers", "1"])
    assert result.exit_code == 0, result.output
    return result.stdout


def saved(folder: Path) -> Files:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix in (".csv", ".png", ".svg")}


# --------------------------------------------------------------------------------------------- what it offers


def test_every_name_is_there_with_its_description() -> None:
    assert set(simsales.__all__) <= set(dir(simsales))
    for name in set(simsales.__all__) - {"__version__"}:
        offered = getattr(simsales, name)
        assert inspect.getdoc(offered), name
        assert offered.__module__.startswith("simsales."), name
    with pytest.raises(AttributeError, match="has no attribute 'comprae'"):
        simsales.comprae  # type: ignore[attr-defined]  # noqa: B018


def test_nothing_is_imported_before_it_is_used() -> None:
    code = """
import sys, simsales
print({name.partition(".")[0] for name in sys.modules} & {"numpy", "pydantic", "simpy", "rich", "matplotlib"})
simsales.load
print({name.partition(".")[0] for name in sys.modules} & {"numpy", "simpy", "rich", "matplotlib"})
simsales.compare
print({name.partition(".")[0] for name in sys.modules} & {"simpy", "rich", "matplotlib", "pandas"})
"""
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert lines.split() == ["set()"] * 3


# ------------------------------------------------------------------------------- the same as the command line


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True], ids=["in memory", "in a folder"])
def test_a_comparison_is_the_one_of_the_command(
    folder: Path, both: dict[str, ss.Scenario], kept: bool
) -> None:
    text = printed("compare", "base.yaml", "two.yaml", "--out", "cli")
    answer = json.loads(printed("compare", "base.yaml", "two.yaml", "--out", "cli", "--json"))
    found = ss.compare(both, replications=3, folder=folder / "kept" if kept else None)
    assert text.startswith(found.table() + "\n\n")
    assert str(found) == found.table()
    assert {**json.loads(json.dumps(found.to_json())), "results": "cli"} == answer
    for file in (*found.save_charts("python"), *found.save_tables("python")):
        assert file.exists()
    assert saved(Path("python")) == saved(Path("cli"))
    assert [tuple(idle) for idle in found.idle] == []
    assert found.replications == [0, 1, 2]
    assert set(found.tiers) == {"ent", "smb"}
    assert not (folder / "results").exists()


@pytest.mark.slow
@pytest.mark.parametrize("file", ["base", "two"])
def test_a_run_is_the_one_of_the_command(folder: Path, both: dict[str, ss.Scenario], file: str) -> None:
    text = printed("run", f"{file}.yaml", "--out", "cli")
    answer = json.loads(printed("run", f"{file}.yaml", "--out", "cli", "--json"))
    found = ss.run(both[file], name=file, replications=3)
    assert text.startswith(found.table() + "\n\n")
    assert {**json.loads(json.dumps(found.to_json())), "results": "cli"} == answer
    found.save_charts(folder / "python")
    found.save_tables(folder / "python")
    assert saved(Path("python")) == saved(Path("cli"))


@pytest.mark.slow
def test_results_are_read_again(both: dict[str, ss.Scenario]) -> None:
    printed("compare", "base.yaml", "two.yaml", "--out", "cli")
    read = ss.read_results("cli")
    assert isinstance(read, ss.ComparisonResult)
    assert read.table() == ss.compare(both, replications=3).table()
    assert dict(read.scenarios) == both
    assert ss.read_results("cli", replications=2).replications == [0, 1]
    ss.run(both["two"], name="two", replications=2, folder="one")
    one = ss.read_results("one")
    assert isinstance(one, ss.RunResult)
    assert (one.name, repr(one)) == ("two", "<RunResult two: 2 replications, seed 1, one>")
    before = saved(Path("cli"))
    read.save_tables()
    read.save_charts()
    assert saved(Path("cli")) == before


def test_workers_and_executors_change_nothing(both: dict[str, ss.Scenario]) -> None:
    alone = ss.run(both["two"], replications=2).to_json()
    assert ss.run(both["two"], replications=2, workers=2).to_json() == alone
    assert ss.run(both["two"], replications=2, executor=serial).to_json() == alone
    assert ss.run(both["two"], replications=2, seed=2).to_json() != alone


def test_progress_is_reported(both: dict[str, ss.Scenario]) -> None:
    seen: list[tuple[int, int]] = []
    ss.run(both["base"], replications=2, on_progress=lambda *counts: seen.append(counts))
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_ctrl_c_without_a_folder_is_ctrl_c(both: dict[str, ss.Scenario]) -> None:
    def stop(done: int, _: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        ss.run(both["base"], replications=2, on_progress=stop)
    assert not isinstance(caught.value, ss.Interrupted)
    with pytest.raises(ss.Interrupted):
        ss.run(both["base"], replications=2, on_progress=stop, folder="kept")
    assert len(ss.run(both["base"], replications=2, folder="kept").replications) == 2


# -------------------------------------------------------------------------------------------- what is refused


def test_what_cannot_be_done_is_refused(both: dict[str, ss.Scenario]) -> None:
    with pytest.raises(ss.InputError, match="two scenarios at least"):
        ss.compare({"base": both["base"]})
    with pytest.raises(ss.InputError, match="0 replications"):
        ss.run(both["base"], replications=0)
    with pytest.raises(ss.InputError, match="0 workers"):
        ss.run(both["base"], workers=0)
    with pytest.raises(ss.InputError, match="seed -1"):
        ss.run(both["base"], seed=-1, replications=1)
    with pytest.raises(ss.InputError, match="has no manifest"):
        ss.read_results("nowhere")
    with pytest.raises(ss.InputError, match="the results are in memory; name a folder"):
        ss.run(both["base"], replications=1).save_charts()
    longer = both["two"].model_copy(update={"horizon_months": 9})
    with pytest.raises(ss.InputError, match="horizon_months is 9 in two but 4 in base"):
        ss.compare({"base": both["base"], "two": longer})


def test_failed_replications_are_reported(
    both: dict[str, ss.Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate = simsales.model.simulate

    def sometimes(scenario: ss.Scenario, seed: int, replication: int) -> ss.Replication:
        if replication >= kept:
            raise ss.SimsalesError("no")
        return simulate(scenario, seed, replication)

    monkeypatch.setattr("simsales.model.simulate", sometimes)
    kept = 1
    found = ss.run(both["base"], replications=2)
    assert found.failures.startswith("1 replication failed and is missing from the results:\nscenario, ")
    assert repr(found) == "<RunResult scenario: 1 replications (1 failed), seed 1, in memory>"
    kept = 0
    with pytest.raises(ss.SimsalesError, match="8 replications failed and are missing"):
        ss.run(both["base"], replications=8)


# ------------------------------------------------------------------------------------------------ data frames


def test_a_frame_has_every_value_once(both: dict[str, ss.Scenario]) -> None:
    found = ss.compare(both, replications=3)
    frame = found.to_pandas()
    assert list(frame.columns) == ["alternative", "tier", "kpi", "replication", "value"]
    assert len(frame) == 3 * sum(len(kpis) for kpis in found.values.values())
    assert not frame.duplicated(["alternative", "tier", "kpi", "replication"]).any()
    rows = frame[(frame.alternative == "two") & (frame.tier == "ent") & (frame.kpi == "win")]
    assert rows.replication.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(rows.value, found.values["two"]["win@ent"])
    monthly = found.to_pandas(monthly=True)
    assert list(monthly.columns) == ["alternative", "tier", "kpi", "replication", "month", "value"]
    rows = monthly[(monthly.alternative == "base") & (monthly.kpi == "utilization.AE")]
    assert rows.month.tolist() == [1, 2, 3, 4] * 3
    np.testing.assert_array_equal(rows.value, found.monthly["base"]["utilization.AE"].ravel())


def test_frames_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ss.InputError, match=re.escape("pip install 'simsales[pandas]'")):
        kpi_frame({"base": {"win": np.zeros(1)}}, [0])


# ----------------------------------------------------------------------------------------------- one scenario


SEEN: list[ss.Scenario] = []


def see(scenario: ss.Scenario, seed: int, replication: int) -> ss.Replication:
    SEEN.append(scenario)
    return ss.simulate(scenario, seed, replication)


def test_all_replications_of_a_process_share_one_scenario(both: dict[str, ss.Scenario]) -> None:
    SEEN.clear()
    scenario = packed(both["base"])
    for number in range(3):
        # As a worker gets it: each task is pickled anew.
        task = pickle.loads(pickle.dumps(Task(Key("base", 0, number), 1, scenario)))
        compute(Work(simulate=see), task)
    assert SEEN[0] == both["base"]
    assert all(scenario is SEEN[0] for scenario in SEEN)


# --------------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, attempted = doctest.testmod(import_module(name))
    assert attempted
    assert not failed


def blocks(page: str) -> Iterator[str]:
    for block in page.split("```python\n")[1:]:
        yield block.split("```")[0]


@pytest.mark.slow
def test_the_page_on_python_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    code = "\n".join(blocks(page))
    assert "four replications" in page
    assert set(re.findall(r"replications=(\d+)", code)) == {"4"}
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "wins a month, pod minus silo: " in out
    assert "10% lost: +" in out
    assert (
        "<ComparisonResult silo, pod: 4 replications, seed 1, results/silo-pod>" not in out
    )  # str: the table
    assert out.count("4 replications, paired by common random numbers") == 2
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    end, again = out.splitlines()[-1].split()
    assert end == again


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"window": -1}, "-1 replications under way"),
        ({"window": 0}, "0 replications under way"),
        ({"replications": 1.5}, "1.5 replications: a whole number"),
        ({"replications": True}, "True replications: a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_plain_word(
    both: dict[str, ss.Scenario], more: dict[str, Any], message: str, tmp_path: Path
) -> None:
    there = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=message):
        ss.run(next(iter(both.values())), **{"replications": 2, **more})
    assert sorted(tmp_path.iterdir()) == there
