"""Results folders: writing, reading, locks, kills (long: every way in which a disk or a rival interferes)."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stub_simulations

from simsales.errors import InputError, SimsalesError
from simsales.experiment.folders import new_folder
from simsales.experiment.records import Failure, Key
from simsales.experiment.store import Store
from simsales.kpis.sources import SummedColumn as Column
from simsales.scenario import Scenario, load
from simsales.scenario.schema.opening import Opening

NOW = datetime(2026, 11, 5, 14, 3, 9)
LEDGER: dict[str, dict[str, list[Any]]] = {"ledger": {"month": [1, 2], "mrr": [10.0, 20.0]}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store.create(folder, stub_simulations.SCENARIOS, seed=7, command=["simsales", "compare"]) as store:
        yield store


def create(
    folder: Path, scenarios: Mapping[str, Scenario] = stub_simulations.SCENARIOS, seed: int = 7
) -> None:
    Store.create(folder, scenarios, seed=seed).close()


def changed(scenario: Scenario, **fields: Any) -> Scenario:
    return scenario.model_copy(update=fields)


# --------------------------------------------------------------------------------------------------- manifest


def test_a_finished_folder_says_everything_about_itself(folder: Path) -> None:
    stub_simulations.run(folder, replications=2)
    assert stub_simulations.files(folder) == {
        ".lock",
        "manifest.json",
        "results.sqlite",
        "scenarios",
        "scenarios/pod.yaml",
        "scenarios/silo.yaml",
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    assert (manifest["format"], manifest["seed"], manifest["replications"], manifest["failures"]) == (
        2,
        7,
        2,
        0,
    )
    assert [alternative["name"] for alternative in manifest["alternatives"]] == ["silo", "pod"]
    assert manifest["versions"].keys() == {"simsales", "numpy", "simpy", "python"}
    assert datetime.fromisoformat(manifest["created"]).utcoffset() is not None
    for alternative in manifest["alternatives"]:
        assert load(folder / alternative["file"]) == stub_simulations.SCENARIOS[alternative["name"]]


def test_every_command_is_kept(folder: Path) -> None:
    Store.create(folder, stub_simulations.SCENARIOS, seed=7, command=["one"]).close()
    Store.create(folder, stub_simulations.SCENARIOS, seed=7, command=["two", "words"]).close()
    with Store.open(folder) as store:
        assert [entry["command"] for entry in store.manifest["commands"]] == [["one"], ["two", "words"]]


def test_scenarios_whose_names_no_file_system_would_take(folder: Path) -> None:
    names = ("con", "Pod", "pod", 'what? "is"/this', "été 売上")
    scenarios = {name: changed(stub_simulations.SCENARIO, question=name) for name in names}
    create(folder, scenarios)
    with Store.open(folder) as store:
        assert store.alternatives() == list(names)
        written = {a["name"]: load(folder / a["file"]) for a in store.manifest["alternatives"]}
    assert written == scenarios
    files = {path.name.casefold() for path in (folder / "scenarios").iterdir()}
    assert files == {"_con.yaml", "pod.yaml", "pod_.yaml", "what_ _is__this.yaml", "été 売上.yaml"}


# --------------------------------------------------------------------------------------------------- identity


def test_an_empty_folder_will_do(folder: Path) -> None:
    folder.mkdir()
    create(folder)
    create(folder)


OPENING = Opening.model_validate({"customers": {"smb": {"customers": 2}}})
SILO, POD = stub_simulations.SCENARIOS["silo"], stub_simulations.SCENARIOS["pod"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenarios", "seed", "said"),
    [
        (stub_simulations.SCENARIOS, 8, "seed is 7 there, 8 here"),
        ({"silo": SILO}, 7, "alternatives is silo, pod there, silo here"),
        ({"pod": POD, "silo": SILO}, 7, "alternatives is silo, pod there, pod, silo here"),
        (
            {"silo": SILO, "pod": changed(POD, horizon_months=5)},
            7,
            r"\(scenario pod has horizon_months: 4 there, horizon_months: 5 here\)",
        ),
        (
            {"silo": changed(SILO, currency="EUR"), "pod": changed(POD, start_month=3)},
            7,
            "silo has currency: USD there, currency: EUR here; scenario pod has start_month: 1 there",
        ),
        (
            {"silo": SILO, "pod": changed(POD, opening=OPENING)},
            7,
            "scenario pod has .* there, opening:",
        ),
    ],
)
def test_another_experiment_is_refused(
    folder: Path, scenarios: dict[str, Scenario], seed: int, said: str
) -> None:
    stub_simulations.run(folder, replications=1)
    before = (folder / "manifest.json").read_bytes(), stub_simulations.content(folder)
    with pytest.raises(InputError, match=said):
        create(folder, scenarios, seed)
    assert ((folder / "manifest.json").read_bytes(), stub_simulations.content(folder)) == before


@pytest.mark.slow
def test_another_question_is_the_same_experiment(folder: Path) -> None:
    create(folder)
    asked = changed(POD, question="Is it better? " * 20)
    create(folder, {"silo": SILO, "pod": asked})
    assert load(folder / "scenarios" / "pod.yaml") == asked
    create(folder)
    # The question takes no part in the difference either.
    create(folder, {"silo": SILO, "pod": asked})
    with pytest.raises(InputError, match="pod has horizon_months: 4 there, horizon_months: 5 here"):
        create(folder, {"silo": SILO, "pod": changed(POD, question="No?", horizon_months=5)})


def test_another_experiment_is_refused_though_its_scenario_is_gone(folder: Path) -> None:
    create(folder)
    (folder / "scenarios" / "pod.yaml").unlink()
    with pytest.raises(InputError, match="scenario pod is another one"):
        create(folder, {"silo": SILO, "pod": changed(POD, horizon_months=5)})


def test_only_what_differs_is_named(folder: Path) -> None:
    create(folder)
    with pytest.raises(InputError) as caught:
        create(folder, stub_simulations.SCENARIOS, 8)
    assert "scenario" not in str(caught.value)
    assert "numpy" not in str(caught.value)


def test_results_of_another_version_are_not_mixed_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create(folder)
    monkeypatch.setattr("simsales.version.__version__", "99.0")
    with pytest.raises(InputError, match=r"simsales is \S+ there, 99.0 here"):
        create(folder)


def test_results_of_another_python_are_not_mixed_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last bits of a sum of floats differ between 3.11 and 3.12."""
    monkeypatch.setattr("platform.python_version", lambda: "3.11.2")
    create(folder)
    monkeypatch.setattr("platform.python_version", lambda: "3.11.9")
    create(folder)
    monkeypatch.setattr("platform.python_version", lambda: "3.12.0")
    with pytest.raises(InputError, match=r"\(python is 3.11 there, 3.12 here\)"):
        create(folder)


def test_a_folder_of_something_else_is_refused_and_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.doc").touch()
    with pytest.raises(InputError, match=r"is not a results folder \(it holds thesis.doc\)"):
        create(folder)
    assert stub_simulations.files(folder) == {"thesis.doc"}


def test_a_folder_left_by_a_kill_before_the_manifest_is_taken(folder: Path) -> None:
    folder.mkdir()
    (folder / ".lock").touch()
    (folder / ".lock-journal").write_bytes(b"")
    (folder / ".draft-123-456.json").write_text("{")
    create(folder)


def test_a_folder_left_by_a_kill_right_after_the_manifest_is_taken(folder: Path) -> None:
    create(folder)
    (folder / "results.sqlite").unlink()
    (folder / "scenarios" / "pod.yaml").unlink()
    create(folder)
    with Store.open(folder) as store:
        assert store.finished() == set()
    assert (folder / "scenarios" / "pod.yaml").exists()


def test_a_file_in_the_place_of_the_folder(folder: Path) -> None:
    folder.touch()
    with pytest.raises(InputError, match="cannot keep results in"):
        create(folder)
    with pytest.raises(InputError, match="is not a results folder"):
        Store.open(folder)


WHOLE: dict[str, Any] = {
    "format": 2,
    "status": "complete",
    "seed": 7,
    "replications": 1,
    "finished": 1,
    "failures": 0,
    "database": "",
    "alternatives": [{"name": "silo", "file": "scenarios/silo.yaml", "sha256": "00", "text_sha256": "00"}],
    "versions": {"simsales": "0", "numpy": "0", "simpy": "0", "python": "3.11.7"},
    "commands": [{"at": "now", "command": ["simsales"]}],
}


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", "nonsense", "\x00", "[" * 100_000, '{"format": 2}', '{"format": "2"}'),
        *(json.dumps({name: value for name, value in WHOLE.items() if name != gone}) for gone in WHOLE),
        *(json.dumps(WHOLE | {name: None}) for name in WHOLE),
        json.dumps(WHOLE | {"seed": True}),
        json.dumps(WHOLE | {"alternatives": []}),
        json.dumps(WHOLE | {"alternatives": [{"name": "silo"}]}),
        json.dumps(WHOLE | {"versions": {"simsales": "0"}}),
        json.dumps(WHOLE | {"commands": [{"at": "now", "command": "simsales"}]}),
    ],
)
def test_a_broken_manifest(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text(content)
    with pytest.raises(InputError, match="is not the manifest of a results folder"):
        Store.open(folder)
    with pytest.raises(InputError, match="is not the manifest of a results folder"):
        create(folder)


def test_what_to_write_is_never_taken_from_the_folder(folder: Path) -> None:
    create(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["alternatives"][1]["file"] = "../mine.yaml"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    create(folder)
    assert not (folder.parent / "mine.yaml").exists()
    with Store.open(folder) as store:
        assert store.manifest["alternatives"][1]["file"] == "scenarios/pod.yaml"


@pytest.mark.parametrize(("layout", "age"), [(1, "an earlier"), (3, "a later")])
def test_another_format(folder: Path, layout: int, age: str) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text(f'{{"format": {layout}}}')
    for use in (Store.open, create):
        with pytest.raises(InputError, match=f"of {age} version of simsales: it has format {layout}"):
            use(folder)


def test_nothing_to_open(folder: Path) -> None:
    with pytest.raises(InputError, match=r"is not a results folder: it has no manifest.json"):
        Store.open(folder)


def test_a_database_that_is_none(folder: Path) -> None:
    create(folder)
    (folder / "results.sqlite").write_text("this is no database, but long enough to look like one" * 50)
    with pytest.raises(SimsalesError, match="file is not a database"):
        Store.open(folder)
    with Store.create(folder, stub_simulations.SCENARIOS, seed=7) as store:
        assert "file is not a database" in store.mended
        assert store.finished() == set()


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seeds_that_no_database_can_keep(folder: Path, seed: int) -> None:
    with pytest.raises(InputError, match=r"expected a whole number from 0 to 2\^63 - 1"):
        create(folder, stub_simulations.SCENARIOS, seed)
    assert not folder.exists()


def test_no_scenario(folder: Path) -> None:
    with pytest.raises(InputError, match="at least one scenario"):
        create(folder, {})


# -------------------------------------------------------------------------------------------- who may do what


@pytest.mark.slow
def test_a_second_writer_is_refused_until_the_first_has_closed(folder: Path, store: Store) -> None:
    with pytest.raises(InputError, match="another process is writing"):
        create(folder)
    code = "import sys, stub_simulations; from pathlib import Path; stub_simulations.run(Path(sys.argv[1]))"
    other = subprocess.run(
        [sys.executable, "-c", code, folder],
        env=os.environ | {"PYTHONPATH": str(Path(stub_simulations.__file__).parent)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert "another process is writing" in other.stderr
    store.close()
    create(folder)


@pytest.mark.slow
def test_the_lock_of_a_killed_writer_is_gone(folder: Path) -> None:
    code = """
import os, signal, sys, stub_simulations
from pathlib import Path
from simsales.experiment.records import Key
from simsales.experiment.store import Store
store = Store.create(Path(sys.argv[1]), stub_simulations.SCENARIOS, seed=7)
store.begin(1)
store.record(Key("silo", 0, 0), {"ledger": {"month": [1], "mrr": [0.5]}}, {"win": 1.0})
store._db.execute("BEGIN IMMEDIATE")
store._set_status(Key("silo", 0, 1), "ok")
os.kill(os.getpid(), signal.SIGKILL)
"""
    env = os.environ | {"PYTHONPATH": str(Path(stub_simulations.__file__).parent)}
    subprocess.run([sys.executable, "-c", code, folder], env=env, check=False)
    with Store.open(folder) as store:
        assert store.finished() == {Key("silo", 0, 0)}
    with Store.create(folder, stub_simulations.SCENARIOS, seed=7) as store:
        assert store.finished() == {Key("silo", 0, 0)}


def test_readers_see_whole_replications_while_it_is_written(folder: Path, store: Store) -> None:
    store.begin(3)
    store.record(Key("silo", 0, 0), LEDGER, {"win": 1.0})
    store.record(Key("pod", 0, 0), LEDGER, {"win": 2.0})
    with Store.open(folder) as reader:
        store._db.execute("BEGIN IMMEDIATE")
        store._set_status(Key("silo", 0, 1), "ok")
        assert reader.replications_done() == [0]
        assert reader.kpis().values["pod"]["win"].tolist() == [2.0]
        assert reader.manifest["status"] == "running"
        store._db.execute("COMMIT")
        assert len(reader.finished()) == 3
        store.finish("complete")
        assert len(reader.finished()) == 3
    store.close()
    assert not (folder / "results.sqlite-wal").exists()


def test_a_reader_cannot_write(folder: Path) -> None:
    create(folder)
    with Store.open(folder) as reader, pytest.raises(SimsalesError, match="readonly"):
        reader.record(Key("silo", 0, 0), {}, {})


def test_finishing_while_somebody_reads(folder: Path, store: Store) -> None:
    store.begin(1)
    store.record(Key("silo", 0, 0), LEDGER, {})
    with Store.open(folder) as reader:
        reader._db.execute("BEGIN")
        assert len(reader.finished()) == 1
        store.finish("complete")
        assert store.manifest["status"] == "complete"
        assert len(reader.finished()) == 1


# ------------------------------------------------------------------------------------------- writing, reading


def test_a_replication_is_stored_whole_or_not_at_all(store: Store) -> None:
    store.begin(1)
    bad: dict[str, dict[str, list[Any]]] = {"ledger": {"month": [1, 2], "mrr": [1.0, object()]}}
    with pytest.raises(SimsalesError, match="type 'object' is not supported"):
        store.record(Key("silo", 0, 0), bad, {"win": 1.0})
    assert store.finished() == set()
    assert store.table("kpis")["kpi"] == []
    store.record(Key("silo", 0, 0), LEDGER, {"win": 1.0})
    with pytest.raises(SimsalesError, match="UNIQUE"):
        store.record(Key("silo", 0, 0), LEDGER, {"win": 1.0})


def test_columns_of_unequal_length_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="shorter"):
        store.record(Key("silo", 0, 0), {"ledger": {"month": [1, 2], "mrr": [1.0]}}, {})
    assert store.finished() == set()


@pytest.mark.parametrize("name", ["kpis", "failures", "replications"])
def test_the_store_keeps_its_own_tables(store: Store, name: str) -> None:
    with pytest.raises(SimsalesError, match="cannot be named"):
        store.record(Key("silo", 0, 0), {name: {"a": [1]}}, {})


def test_values_come_back_as_they_went_in(store: Store) -> None:
    values = [1, 1.0, 0.1 + 0.2, 1e300, float("inf"), None, "12", "", "été; DROP TABLE kpis", 2**62, -5e-324]
    store.record(Key("silo", 0, 0), {'od"d': {"se lect": values}}, {})
    back = store.table('od"d')["se lect"]
    assert [(type(v), v) for v in back] == [(type(v), v) for v in values]


def test_an_empty_table_has_its_columns(store: Store) -> None:
    empty: dict[str, list[Any]] = {"reason": [], "count": []}
    store.record(Key("silo", 0, 0), {"losses": empty}, {})
    keys = ["scenario", "design_point", "replication", "row"]
    assert store.table("losses") == {name: [] for name in [*keys, "reason", "count"]}


def test_kpis_of_replications_that_finished_in_all_alternatives(store: Store) -> None:
    for number in (3, 0, 2):
        store.record(Key("pod", 0, number), {}, {"win": 10.0 + number, "only_pod": None})
    for number in (2, 1, 3):
        store.record(Key("silo", 0, number), {}, {"win": float(number), "rate": None if number == 2 else 0.5})
    store.record_failure(Failure("silo", 0, 0, 7, "simulate", "ValueError", "", ""))
    replications, values = store.kpis()
    assert replications == store.replications_done() == [2, 3]
    assert list(values) == ["silo", "pod"]
    np.testing.assert_array_equal(values["silo"]["win"], [2.0, 3.0])
    np.testing.assert_array_equal(values["pod"]["win"], [12.0, 13.0])
    np.testing.assert_array_equal(values["silo"]["rate"], [np.nan, 0.5])
    np.testing.assert_array_equal(values["pod"]["only_pod"], [np.nan, np.nan])
    assert "only_pod" not in values["silo"]


def test_only_the_first_so_many(store: Store) -> None:
    for number in range(4):
        for name in stub_simulations.SCENARIOS:
            if number % 2:
                store.record(Key(name, 0, number), LEDGER, {"win": float(number)})
            else:
                store.record_failure(Failure(name, 0, number, 7, "simulate", "ValueError", "", ""))
    assert store.replications_done(first=2) == [1]
    assert store.replications_done(first=4) == store.replications_done() == [1, 3]
    assert store.kpis(first=3).values["pod"]["win"].tolist() == [1.0]
    assert store.monthly("ledger", "mrr", first=3).values["pod"].tolist() == [[10.0, 20.0]]
    assert {failure.replication for failure in store.failures(first=2)} == {0}
    assert {failure.replication for failure in store.failures()} == {0, 2}


def test_monthly_sums_over_all_but_months(store: Store) -> None:
    for scenario, factor in (("silo", 1), ("pod", 10)):
        for number in (0, 1):
            count = [factor * n for n in (1, 2, 3, 4 * number)]
            funnel: dict[str, list[Any]] = {"month": [-1, 1, 1, 2], "state": list("abab"), "count": count}
            store.record(Key(scenario, 0, number), {"funnel": funnel}, {})
    store.record(Key("silo", 0, 2), {"funnel": {"month": [9], "state": ["a"], "count": [1]}}, {})
    months, values = store.monthly("funnel", "count")
    assert months == [-1, 1, 2]
    assert values["silo"].tolist() == [[1, 5, 0], [1, 5, 4]]
    assert values["pod"].tolist() == [[10, 50, 0], [10, 50, 40]]


def test_monthly_sums_apart_by_another_column(store: Store) -> None:
    for number in (0, 1):
        funnel: dict[str, list[Any]] = {
            "month": [-1, 1, 1, 2],
            "tier": list("abab"),
            "way": ["in", "in", "out", "in"],
            "count": [1, 2, 3, 4 + number],
        }
        for scenario in ("silo", "pod"):
            store.record(Key(scenario, 0, number), {"funnel": funnel}, {})
    store.record(Key("silo", 0, 2), {"funnel": {c: cells[:1] for c, cells in funnel.items()}}, {})
    columns = {"all": Column("count"), "in": Column("count", "way", "in")}
    months, values = store.monthly_by("funnel", "tier", columns)
    assert months == [-1, 1, 2]
    silo = {tier: {name: x.tolist() for name, x in of.items()} for tier, of in values["silo"].items()}
    assert silo == {
        "a": {"all": [[1, 3, 0], [1, 3, 0]], "in": [[1, 0, 0], [1, 0, 0]]},
        "b": {"all": [[0, 2, 4], [0, 2, 5]], "in": [[0, 2, 4], [0, 2, 5]]},
    }
    few = store.monthly_by("funnel", "tier", columns, first=1)
    assert few.values["pod"]["b"]["in"].tolist() == [[0, 2, 4]]
    for by, column in (
        ("role", Column("count")),
        ("tier", Column("cuont")),
        ("tier", Column("count", "wya", "in")),
    ):
        with pytest.raises(InputError, match="'funnel' has no column"):
            store.monthly_by("funnel", by, {"x": column})


def test_totals_are_over_the_months_after_the_warm_up(store: Store) -> None:
    def work(begun: int) -> dict[str, list[Any]]:
        return {
            "month": [0, 1, 2, 0, 1, 2],
            "team": ["x"] * 3 + ["y"] * 3,
            "role": ["AE"] * 6,
            "begun": [99, 1, begun, 99, 0, 5],
            "waits": [99, 10, 20, 99, 0, 0],
        }

    for replication, begun in enumerate((2, 3)):
        for name in ("silo", "pod"):
            store.record(Key(name, 0, replication), {"work": work(begun)}, {})
    store.record(Key("silo", 0, 2), {"work": work(9)}, {})  # not finished in the other alternative
    totals = store.totals("work", ("team", "role"), ["begun", "waits"])
    assert {key: {name: x.tolist() for name, x in of.items()} for key, of in totals["pod"].items()} == {
        ("x", "AE"): {"begun": [3, 4], "waits": [30, 30]},
        ("y", "AE"): {"begun": [5, 5], "waits": [0, 0]},
    }
    few = store.totals("work", ("role",), ["begun"], first=1)
    assert few["silo"]["AE",]["begun"].tolist() == [8]
    with pytest.raises(InputError, match="'work' has no column 'tean'"):
        store.totals("work", ("tean",), ["begun"])


def test_misspelled_tables_and_columns(store: Store) -> None:
    store.record(Key("silo", 0, 0), LEDGER | {"people": {"name": ["x"]}}, {})
    with pytest.raises(
        InputError, match="no table 'legder'; it has failures, kpis, ledger, people, replications"
    ):
        store.table("legder")
    with pytest.raises(InputError, match=r"'ledger' has no column 'mmr'; it has .*, month, mrr"):
        store.monthly("ledger", "mmr")
    with pytest.raises(InputError, match="'people' has no column 'month'"):
        store.monthly("people", "name")


# ------------------------------------------------------------------------------------------------- new_folder


def test_new_folders_are_named_after_scenarios_and_moment(tmp_path: Path) -> None:
    parent = tmp_path / "a" / "results"
    assert new_folder(parent, ["silo", "pod"], NOW) == parent / "silo-vs-pod-20261105-140309"
    assert new_folder(parent, ["silo", "pod"], NOW) == parent / "silo-vs-pod-20261105-140309-2"
    assert new_folder(parent, ["silo", "pod"], NOW) == parent / "silo-vs-pod-20261105-140309-3"


def test_new_folders_never_collide(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as executor:
        folders = list(executor.map(lambda _: new_folder(tmp_path / "results", ["x"], NOW), range(64)))
    assert len(set(folders)) == 64
    assert all(folder.is_dir() for folder in folders)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("my pod", "my pod"),
        ("売上" * 100, "売上" * 20),
        ('a<b>:"c/d\\e|f?g*h\x07', "a_b___c_d_e_f_g_h_"),
        ("..", "_"),
        ("nul.x", "_nul.x"),
        ("x" * 500, "x" * 120),
    ],
)
def test_new_folders_have_names_that_every_system_takes(tmp_path: Path, name: str, stem: str) -> None:
    assert new_folder(tmp_path, [name], NOW).name == f"{stem}-20261105-140309"


def test_no_new_folder_inside_a_file(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        new_folder(tmp_path / "results", ["x"], NOW)


def test_the_database_is_plain_sqlite(folder: Path) -> None:
    """Anybody can read it, with no simsales at hand."""
    stub_simulations.run(folder, replications=2)
    database = sqlite3.connect(folder / "results.sqlite")
    assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert database.execute("SELECT count(*) FROM ledger WHERE scenario = 'pod'").fetchone() == (8,)
    database.close()
