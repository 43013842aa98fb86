"""`run` and `compare`, from files to tables, JSON, charts and results folders."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import simsales.model
from simsales.cli import group
from simsales.errors import ModelError
from simsales.model import Replication, simulate
from simsales.scenario import Scenario

BASE = """\
horizon_months: 4
warm_up_months: 1
tiers:
  smb: {price_per_month: 1000, churn_per_month: 0.05, care: {by: CSM, effort_hours_per_month: 0.5}}
channels:
  content: {enters_as: MQL, leads_per_month: 120, cost_per_lead: 10, tiers: {smb: 1}}
  outbound: {worked_by: SDR, tiers: {smb: 1}}
journeys:
  smb:
    prospect: {by: SDR, on: Suspect, effort_hours: 2, pass_probability: 0.3, to: SQL}
    qualify: {by: MDR, on: MQL, effort_hours: {exponential: {mean: 0.8}}, pass_probability: 0.4, to: SQL}
    demo: {by: AE, effort_hours: 1, pass_probability: 0.6, to: SAL}
    close: {by: AE, effort_hours: 1, pass_probability: 0.6, to: WIN}
    onboard: {by: CSM, effort_hours: 2, to: LIVE}
people:
  MDR: {hours_per_month: 140, salary_per_year: 48000}
  SDR: {hours_per_month: 140}
  AE: {hours_per_month: 140}
  CSM: {hours_per_month: 140}
organization:
  teams:
    pod: {members: {MDR: 1, SDR: 1, AE: 1, CSM: 1}}
"""
FASTER = "extends: base.yaml\norganization: {teams: {pod: {members: {SDR: 2}}}}\n"
SLOWER = "extends: base.yaml\npeople: {SDR: {hours_per_month: 70}}\n"

ROLES = ("MDR", "SDR", "AE", "CSM")
KPIS = {
    *("suspect", "prospect", "mql", "sql", "sql_inbound", "sql_outbound", "sal", "win", "live", "lost"),
    *("churned", "new_mrr", "churned_mrr", "customers_end", "mrr_end", "arr_end", "open_pipeline_end"),
    *("win_rate", "sales_cycle_days", "logo_churn_monthly"),
    *(
        f"{kpi}.{role}"
        for kpi in ("utilization", "wait_days", "backlog")
        for role in ("MDR", "SDR", "AE", "CSM")
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"base": BASE, "faster": FASTER, "slower": SLOWER}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def invoke(*args: str, code: int = 0) -> Result:
    result = CliRunner().invoke(group, args)
    assert result.exit_code == code, result.output
    return result


def answer(*args: str) -> dict[str, Any]:
    result = invoke(*args, "--json", "--workers", "1")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def content(results: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with sqlite3.connect(Path(results) / "results.sqlite") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(database.execute(f'SELECT * FROM "{name}"')) for name in tables}


def test_run_prints_one_json_object_with_every_kpi(folder: Path) -> None:
    found = answer("run", "base.yaml", "--replications", "3", "--seed", "5")
    assert set(found) == {"scenario", "replications", "seed", "results", "kpis"}
    assert (found["scenario"], found["replications"], found["seed"]) == ("base", 3, 5)
    assert set(found["kpis"]) >= KPIS
    for kpi in found["kpis"].values():
        assert set(kpi) >= {"mean", "half_width", "p5", "p50", "p95"}
    rows = [value for *_, name, value in content(found["results"])["kpis"] if name == "win"]
    assert found["kpis"]["win"]["mean"] == pytest.approx(np.mean(rows))
    assert (folder / found["results"] / "monthly-mrr.png").stat().st_size > 10_000
    assert (folder / found["results"] / "funnel.png").stat().st_size > 10_000


def test_compare_prints_one_json_object_with_the_paired_differences(folder: Path) -> None:
    found = answer("compare", "base.yaml", "faster.yaml", "slower.yaml", "--replications", "4")
    assert set(found) == {"baseline", "alternatives", "replications", "seed", "results", "kpis"}
    assert (found["baseline"], found["alternatives"]) == ("base", ["faster", "slower"])
    assert set(found["kpis"]) >= KPIS
    outbound = found["kpis"]["sql_outbound"]
    assert set(outbound["means"]) == {"base", "faster", "slower"}
    for name, verdict, better in (("faster", "higher", 1), ("slower", "lower", 0)):
        difference = outbound["differences"][name]
        assert set(difference) == {"mean", "half_width", "p_better", "correlation", "verdict"}
        assert (difference["verdict"], difference["p_better"]) == (verdict, better)
        assert difference["mean"] == pytest.approx(outbound["means"][name] - outbound["means"]["base"])
    # The leads that come by themselves are the same ones in all alternatives.
    inbound = found["kpis"]["sql_inbound"]["differences"]["faster"]
    assert (inbound["mean"], inbound["verdict"]) == (0, "no difference shown")
    assert (folder / found["results"] / "paired-differences.svg").stat().st_size > 10_000


def test_the_table_names_the_alternatives_and_where_the_results_are(folder: Path) -> None:
    printed = invoke("compare", "base.yaml", "faster.yaml", "--replications", "2", "--workers", "1").stdout
    assert printed.startswith("faster against base: ")
    assert "SQLs, outbound" in printed
    (results,) = (folder / "results").iterdir()
    assert str(Path("results") / results.name) in printed
    text = invoke("run", "base.yaml", "--replications", "2", "--workers", "1").stdout
    assert text.startswith("base: wins ")


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_the_number_of_workers_changes_nothing() -> None:
    contents = []
    for workers in ("1", "2", "3"):
        out = f"with-{workers}"
        invoke(
            "compare", "base.yaml", "faster.yaml", "--replications", "3", "--workers", workers, "--out", out
        )
        contents.append(content(out))
    assert contents[0] == contents[1] == contents[2]
    assert len(contents[0]["replications"]) == 6


@pytest.mark.usefixtures("folder")
def test_more_replications_add_to_what_is_there() -> None:
    invoke("run", "base.yaml", "--replications", "2", "--workers", "1", "--out", "kept")
    before = content("kept")["kpis"]
    invoke("run", "base.yaml", "--replications", "3", "--workers", "1", "--out", "kept")
    after = content("kept")["kpis"]
    assert set(before) < set(after)
    invoke("run", "base.yaml", "--replications", "3", "--workers", "1", "--out", "fresh")
    assert after == content("fresh")["kpis"]


@pytest.mark.usefixtures("folder")
def test_results_of_another_experiment_are_never_overwritten() -> None:
    invoke("run", "base.yaml", "--replications", "2", "--workers", "1", "--out", "kept")
    before = content("kept")
    other_seed = invoke("run", "base.yaml", "--seed", "2", "--workers", "1", "--out", "kept", code=2)
    assert "seed is 1 there, 2 here" in other_seed.stderr
    changed = ("--set", "horizon_months=5")
    assert "base" in invoke("run", "base.yaml", *changed, "--workers", "1", "--out", "kept", code=2).stderr
    assert content("kept") == before


@pytest.mark.usefixtures("folder")
def test_set_changes_all_alternatives_alike() -> None:
    found = answer(
        "compare", "base.yaml", "faster.yaml", "--replications", "2", "--set", "tiers.smb.price_per_month=500"
    )
    kpis = found["kpis"]
    for name in ("base", "faster"):
        assert kpis["new_mrr"]["means"][name] == pytest.approx(500 * kpis["win"]["means"][name])


def test_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "one.yaml").write_text(FASTER.replace("SDR: 2", "SDR: -2"), encoding="utf-8")
    (folder / "two.yaml").write_text(SLOWER.replace("hours_per_month", "hours_per_mnth"), encoding="utf-8")
    result = invoke("compare", "one.yaml", "two.yaml", code=2)
    assert "one.yaml:2:45: found -2" in result.stderr
    assert "two.yaml:2:16: found unknown key hours_per_mnth" in result.stderr
    assert not (folder / "results").exists()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["base.yaml"], "at least"),
        (["base.yaml", "base.yaml"], "two alternatives are called 'base'"),
        (["base.yaml", "longer.yaml"], "horizon_months is 9 in longer but 4 in base"),
        (["base.yaml", "absent.yaml"], "absent.yaml:1:1: found no file absent.yaml"),
    ],
)
def test_what_cannot_be_compared_is_refused(folder: Path, files: list[str], said: str) -> None:
    (folder / "longer.yaml").write_text("extends: base.yaml\nhorizon_months: 9\n", encoding="utf-8")
    assert said in invoke("compare", *files, code=2).stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("bad", "kept"), [({1}, 2), ({0, 1, 2}, 0)])
def test_failed_replications_are_told_and_end_with_1(
    monkeypatch: pytest.MonkeyPatch, bad: set[int], kept: int
) -> None:
    def sometimes(scenario: Scenario, seed: int, replication: int) -> Replication:
        if replication in bad:
            raise ModelError("a time must be finite")
        return simulate(scenario, seed, replication)

    monkeypatch.setattr(simsales.model, "simulate", sometimes)
    args = ("run", "base.yaml", "--replications", "3", "--workers", "1", "--out", "some", "--json")
    result = invoke(*args, code=1)
    assert f"{len(bad)} replications failed" in result.stderr
    assert "base, replication 1, seed 1, simulate: ModelError: a time must be finite" in result.stderr
    assert "Traceback" not in result.stderr
    if kept:
        assert json.loads(result.stdout)["replications"] == kept
    # What failed is tried again.
    monkeypatch.setattr(simsales.model, "simulate", simulate)
    assert json.loads(invoke(*args).stdout)["replications"] == 3
