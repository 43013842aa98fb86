"""`run` and `compare`, from files to results folders (long: each kind of output of both)."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import simsales.model
from simsales import kpis
from simsales.cli import group
from simsales.errors import ModelError
from simsales.model import Replication, simulate
from simsales.scenario import Scenario, load

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
TWO_TIERS = """\
extends: base.yaml
tiers: {ent: {price_per_month: 9000}}
channels: {content: {tiers: {smb: 0.7, ent: 0.3}}, outbound: {tiers: {smb: 0.5, ent: 0.5}}}
journeys:
  ent:
    prospect: {by: SDR, on: Suspect, effort_hours: 3, pass_probability: 0.3, to: SQL}
    qualify: {by: MDR, on: MQL, effort_hours: 1, pass_probability: 0.5, to: SQL}
    demo: {by: AE, effort_hours: 2, pass_probability: 0.7, to: SAL}
    close: {by: AE, effort_hours: 2, pass_probability: 0.7, to: WIN}
    onboard: {by: CSM, effort_hours: 4, to: LIVE}
"""
SLOWER = "extends: base.yaml\npeople: {SDR: {hours_per_month: 70}}\n"

ROLES = ("MDR", "SDR", "AE", "CSM")
KPIS = {
    *("suspect", "prospect", "mql", "sql", "sql_inbound", "sql_outbound", "sal", "win", "live", "lost"),
    *("churned", "new_mrr", "churned_mrr", "customers_end", "mrr_end", "arr_end", "open_pipeline_end"),
    *("win_rate", "sales_cycle_days", "logo_churn_monthly", "logo_churn_annual", "nrr", "grr", "cac", "crc"),
    *("ltv", "ltv_to_cac", "cac_payback_months", "arpa", "acv", "lvr", "sales_velocity", "magic_number"),
    *("quick_ratio", "rule_of_40", "profit", "cash_end", "cash_low", "break_even_month", "expansion_mrr"),
    *("contraction_mrr", "reactivation_mrr"),
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
    # Four months have no year to look back on.
    nrr, win = found["kpis"]["nrr"], found["kpis"]["win"]
    assert (nrr["mean"], nrr["defined"]) == (None, 0)
    assert nrr["reason"] == kpis.describe("nrr").undefined
    assert win["defined"] == 3
    assert "reason" not in win


@pytest.mark.slow
def test_compare_prints_one_json_object_with_the_paired_differences(folder: Path) -> None:
    found = answer("compare", "base.yaml", "faster.yaml", "slower.yaml", "--replications", "4")
    assert set(found) == {"baseline", "alternatives", "replications", "seed", "results", "kpis"}
    assert (found["baseline"], found["alternatives"]) == ("base", ["faster", "slower"])
    assert set(found["kpis"]) >= KPIS
    outbound = found["kpis"]["sql_outbound"]
    assert set(outbound["means"]) == {"base", "faster", "slower"}
    for name, verdict, better in (("faster", "higher", 1), ("slower", "lower", 0)):
        difference = outbound["differences"][name]
        assert set(difference) == {"mean", "half_width", "p_better", "correlation", "verdict", "defined"}
        assert (difference["verdict"], difference["p_better"]) == (verdict, better)
        assert difference["mean"] == pytest.approx(outbound["means"][name] - outbound["means"]["base"])
    # The leads that come by themselves are the same ones in all alternatives.
    inbound = found["kpis"]["sql_inbound"]["differences"]["faster"]
    assert (inbound["mean"], inbound["verdict"]) == (0, "no difference shown")
    assert (folder / found["results"] / "paired-differences.svg").stat().st_size > 10_000
    nrr = found["kpis"]["nrr"]
    assert (nrr["means"], nrr["defined"]) == (
        dict.fromkeys(("base", "faster", "slower")),
        dict.fromkeys(("base", "faster", "slower"), 0),
    )
    assert nrr["reason"] == kpis.describe("nrr").undefined
    assert nrr["differences"]["faster"]["defined"] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["run", "compare"])
def test_the_tables_in_the_folder_hold_what_the_json_says(command: str) -> None:
    files = ["base.yaml", "faster.yaml"][: 1 + (command == "compare")]
    found = answer(command, *files, "--replications", "3")
    folder = Path(found["results"])
    rows = list(csv.DictReader((folder / "kpis.csv").open(encoding="utf-8")))
    by_key = {(row["alternative"], row["tier"], row["kpi"]): row for row in rows}
    assert len(by_key) == len(rows) == len(files) * len(found["kpis"])
    for name, kpi in found["kpis"].items():
        mean = kpi["mean"] if command == "run" else kpi["means"]["base"]
        assert by_key["base", "", name]["mean"] == ("" if mean is None else str(mean))
        assert by_key["base", "", name]["difference"] == ""
    teams = list(csv.DictReader((folder / "teams.csv").open(encoding="utf-8")))
    assert {row["alternative"] for row in teams} == {row["alternative"] for row in rows}
    backlog = [
        row for row in teams if (row["alternative"], row["role"], row["kpi"]) == ("base", "AE", "backlog")
    ]
    in_all = float(by_key["base", "", "backlog.AE"]["mean"])
    assert sum(float(row["mean"]) for row in backlog) == pytest.approx(in_all)
    months = list(csv.DictReader((folder / "monthly.csv").open(encoding="utf-8")))
    assert {int(row["month"]) for row in months} == {1, 2, 3, 4}
    for name in ("win", "revenue", "costs", "wait_days.AE", "mrr_end"):
        monthly = [float(row["mean"]) for row in months if (row["alternative"], row["kpi"]) == ("base", name)]
        assert len(monthly) == 4
        if name in ("win", "revenue", "costs"):  # per month of the horizon
            assert np.mean(monthly) == pytest.approx(float(by_key["base", "", name]["mean"]))
    assert monthly[-1] == pytest.approx(float(by_key["base", "", "mrr_end"]["mean"]))
    if command == "compare":
        row, difference = by_key["faster", "", "win"], found["kpis"]["win"]["differences"]["faster"]
        assert float(row["difference"]) == difference["mean"]
        assert row["verdict"] == difference["verdict"]


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_few_replications_are_warned_of() -> None:
    warning = "Only 2 replications: intervals and verdicts are rough guesses."
    run = ("run", "base.yaml", "--workers", "1", "--replications")
    assert f"warning: {warning}" in invoke(*run, "2", "--json").stderr
    assert warning in " ".join(invoke(*run, "2").stdout.split())
    assert "rough guesses" not in invoke(*run, "5", "--json").stderr


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_several_tiers_are_told_apart() -> None:
    Path("two.yaml").write_text(TWO_TIERS, encoding="utf-8")
    found = answer("run", "two.yaml", "--replications", "2")
    assert set(found["tiers"]) == {"smb", "ent"}
    for tier in found["tiers"].values():
        # All come in as MQLs, and there is no opening.
        never = {"conversion_suspect_prospect", "conversion_prospect_sql", "sql_opening"}
        assert list(tier) == [kpi.name for kpi in kpis.KPIS if not kpi.by_role and kpi.name not in never]
    wins = [found["tiers"][tier]["win"]["mean"] for tier in ("smb", "ent")]
    assert found["kpis"]["win"]["mean"] == pytest.approx(sum(wins))
    # An alternative of one tier goes with one of two.
    found = answer("compare", "base.yaml", "two.yaml", "--replications", "2")
    smb, ent = found["tiers"]["smb"]["win"], found["tiers"]["ent"]["win"]
    assert smb["means"]["base"] == found["kpis"]["win"]["means"]["base"]
    assert (ent["means"]["base"], ent["defined"]) == (None, {"base": 0, "two": 2})
    assert ent["reason"] == "There is no such role or tier."
    assert "tiers" not in answer("compare", "base.yaml", "faster.yaml", "--replications", "2")
    printed = invoke("compare", "base.yaml", "two.yaml", "--replications", "2", "--workers", "1").stdout
    assert "By tier, two − base" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_all_shows_what_is_else_left_out() -> None:
    args = ("base.yaml", "--replications", "2", "--workers", "1", "--out", "kept")
    short, full = invoke("run", *args).stdout, invoke("run", *args, "--all").stdout
    assert "SQLs, outbound" not in short
    assert "more KPIs: --all shows them" in short
    assert "SQLs, outbound" in full


@pytest.mark.slow
def test_the_table_names_the_alternatives_and_where_the_results_are(folder: Path) -> None:
    printed = invoke("compare", "base.yaml", "faster.yaml", "--replications", "2", "--workers", "1").stdout
    assert printed.startswith("faster against base: ")
    assert "SQLs" in printed
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


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_more_replications_add_to_what_is_there() -> None:
    invoke("run", "base.yaml", "--replications", "2", "--workers", "1", "--out", "kept")
    before = content("kept")["kpis"]
    invoke("run", "base.yaml", "--replications", "3", "--workers", "1", "--out", "kept")
    after = content("kept")["kpis"]
    assert set(before) < set(after)
    invoke("run", "base.yaml", "--replications", "3", "--workers", "1", "--out", "fresh")
    assert after == content("fresh")["kpis"]


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "files", [["run", "base.yaml"], ["compare", "base.yaml", "faster.yaml"]], ids=["run", "compare"]
)
def test_the_same_command_gives_the_same_numbers_whatever_the_folder_holds(files: list[str]) -> None:
    few = answer(*files, "--replications", "2", "--out", "fresh")
    many = answer(*files, "--replications", "3", "--out", "kept")
    again = answer(*files, "--replications", "2", "--out", "kept")
    assert (few["replications"], many["replications"]) == (2, 3)
    assert many["kpis"] != few["kpis"]
    assert again["kpis"] == few["kpis"]


@pytest.mark.slow
def test_the_same_command_draws_again_without_simulating(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    args = ("--replications", "2", "--workers", "1", "--out", "kept")
    invoke("run", "base.yaml", *args)
    charts = {path.name: path.read_bytes() for path in (folder / "kept").glob("*.svg")}
    for name in charts:
        (folder / "kept" / name).unlink()
    monkeypatch.delattr(simsales.model, "simulate")
    invoke("run", "base.yaml", *args, "--set", "question=Shall we?")
    assert {path.name: path.read_bytes() for path in (folder / "kept").glob("*.svg")} == charts


@pytest.mark.slow
def test_what_was_changed_on_the_command_line_is_told_and_drawn(folder: Path) -> None:
    (folder / "more.yaml").write_text("horizon_months: 3\n")
    args = ("--replications", "2", "--workers", "1", "--with", "more.yaml", "--set", "start_month=4")
    changed = "Changed for this run: more.yaml, start_month=4."
    for command in (("run", "base.yaml"), ("compare", "base.yaml", "faster.yaml")):
        assert changed in invoke(*command, *args, "--out", command[0]).stdout
        charts = list((folder / command[0]).glob("*.svg"))
        assert len(charts) == 3
        for chart in charts:
            assert "start_month=4." in chart.read_text(encoding="utf-8"), chart.name


@pytest.mark.slow
def test_people_without_work_are_doubted(folder: Path) -> None:
    (folder / "idle.yaml").write_text(
        "extends: base.yaml\norganization: {teams: {spare: {members: {AE: 1}}}}\n"
    )
    found = invoke("run", "idle.yaml", "--replications", "2", "--workers", "1")
    assert found.stderr == "warning: idle: the AE of spare never had anything to do; is that meant?\n"
    assert invoke("run", "base.yaml", "--replications", "2", "--workers", "1").stderr == ""


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_results_of_another_experiment_are_never_overwritten() -> None:
    invoke("run", "base.yaml", "--replications", "2", "--workers", "1", "--out", "kept")
    before = content("kept")
    other_seed = invoke("run", "base.yaml", "--seed", "2", "--workers", "1", "--out", "kept", code=2)
    assert "seed is 1 there, 2 here" in other_seed.stderr
    changed = ("--set", "horizon_months=5")
    other = invoke("run", "base.yaml", *changed, "--workers", "1", "--out", "kept", code=2)
    assert "scenario base has horizon_months: 4 there, horizon_months: 5 here" in other.stderr
    assert content("kept") == before


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_damaged_results_are_named_and_computed_anew() -> None:
    args = ("run", "base.yaml", "--replications", "5", "--out", "kept")
    first = answer(*args)
    with sqlite3.connect("kept/results.sqlite") as database:
        database.execute("DELETE FROM kpis WHERE replication = 1")
    database.close()
    result = invoke(*args, "--json", "--workers", "1")
    assert result.stderr.startswith(
        "warning: the results were damaged or had been altered (base, replication 1: "
    )
    assert json.loads(result.stdout) == first
    assert invoke(*args, "--json", "--workers", "1").stderr == ""


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_set_changes_all_alternatives_alike() -> None:
    found = answer(
        "compare", "base.yaml", "faster.yaml", "--replications", "2", "--set", "tiers.smb.price_per_month=500"
    )
    kpis = found["kpis"]
    for name in ("base", "faster"):
        assert kpis["new_mrr"]["means"][name] == pytest.approx(500 * kpis["win"]["means"][name])


@pytest.mark.slow
def test_files_of_changes_are_laid_over_all_alternatives(folder: Path) -> None:
    (folder / "dear.yaml").write_text("tiers: {smb: {price_per_month: 500}}\n", encoding="utf-8")
    (folder / "short.yaml").write_text("horizon_months: 2\n", encoding="utf-8")
    laid = ("--with", "dear.yaml", "--with", "short.yaml", "--set", "warm_up_months=0")
    found = answer("compare", "base.yaml", "faster.yaml", "--replications", "2", *laid)
    for name in ("base", "faster"):
        kpis = found["kpis"]
        assert kpis["new_mrr"]["means"][name] == pytest.approx(500 * kpis["win"]["means"][name])
        kept = load(folder / found["results"] / "scenarios" / f"{name}.yaml")
        assert (kept.horizon_months, kept.warm_up_months) == (2, 0)
    found = answer("run", "base.yaml", "--replications", "2", *laid[:2])
    assert found["kpis"]["new_mrr"]["mean"] == pytest.approx(500 * found["kpis"]["win"]["mean"])


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_kpis_come_in_the_order_of_their_definition() -> None:
    order = {kpi.name: place for place, kpi in enumerate(kpis.KPIS)}
    for files in (["run", "base.yaml"], ["compare", "base.yaml", "faster.yaml"]):
        names = [name.partition(".")[0] for name in answer(*files, "--replications", "1")["kpis"]]
        assert names == sorted(names, key=order.__getitem__)


@pytest.mark.slow
def test_what_users_name_is_printed_as_it_is(folder: Path) -> None:
    for name, text in (("pod[new]", FASTER), ("[b]mix", SLOWER)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    args = ("base.yaml", "pod[new].yaml", "[b]mix.yaml", "--replications", "2", "--workers", "1")
    for currency in ("[/b]", "[red]", ":heart:"):
        printed = invoke("compare", *args, "--set", f"currency='{currency}'").stdout
        assert f"MRR at the end, {currency}" in " ".join(printed.split())
        assert printed.count("pod[new]") >= 2
        assert printed.count("[b]mix") >= 2
        run = invoke("run", *args[1:2], *args[3:], "--set", f"currency='{currency}'").stdout
        assert f" {currency}/month " in run


@pytest.mark.slow
def test_a_chart_that_cannot_be_saved_is_no_bug(folder: Path) -> None:
    (folder / "kept").mkdir()
    args = ("run", "base.yaml", "--replications", "2", "--workers", "1", "--out", "kept")
    invoke(*args)
    chart = folder / "kept" / "funnel.svg"
    chart.unlink()
    chart.mkdir()
    result = invoke(*args, code=1)
    assert result.stdout.startswith("base: wins ")
    assert result.stderr == f"error: cannot write {Path('kept') / 'funnel.svg'}: Is a directory\n"


@pytest.mark.slow
def test_ctrl_c_tells_how_to_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(scenario: Scenario, seed: int, replication: int) -> Replication:
        if replication == 1:
            raise KeyboardInterrupt
        return simulate(scenario, seed, replication)

    monkeypatch.setattr(simsales.model, "simulate", interrupted)
    args = ("compare", "base.yaml", "faster.yaml", "--replications", "3", "--workers", "1")
    result = invoke(*args, code=130)
    (results,) = (folder / "results").iterdir()
    kept = Path("results") / results.name
    # (Called from here, the command line is that of the test runner.)
    assert result.stderr.startswith(f"Interrupted; 2 of 6 replications kept in {kept}. To go on from there: ")
    assert result.stderr.endswith(f" --out {kept}\n")
    monkeypatch.setattr(simsales.model, "simulate", simulate)
    assert answer(*args, "--out", str(kept))["replications"] == 3


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


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("bad", "kept", "told"),
    [({1}, 2, "1 replication failed and is"), ({0, 1, 2}, 0, "3 replications failed and are")],
)
def test_failed_replications_are_told_and_end_with_1(
    monkeypatch: pytest.MonkeyPatch, bad: set[int], kept: int, told: str
) -> None:
    def sometimes(scenario: Scenario, seed: int, replication: int) -> Replication:
        if replication in bad:
            raise ModelError("a time must be finite")
        return simulate(scenario, seed, replication)

    monkeypatch.setattr(simsales.model, "simulate", sometimes)
    args = ("run", "base.yaml", "--replications", "3", "--workers", "1", "--out", "some", "--json")
    result = invoke(*args, code=1)
    assert f"error: {told} missing from the results in some:" in result.stderr
    assert "base, replication 1, seed 1, simulate: ModelError: a time must be finite" in result.stderr
    assert "Traceback" not in result.stderr
    if kept:
        assert json.loads(result.stdout)["replications"] == kept
    # Fewer replications, none of which failed, are all there.
    if 0 not in bad:
        first = invoke(*args[:3], "1", *args[4:])
        assert (json.loads(first.stdout)["replications"], first.stderr) == (1, "")
    # What failed is tried again.
    monkeypatch.setattr(simsales.model, "simulate", simulate)
    assert json.loads(invoke(*args).stdout)["replications"] == 3
