"""Damaged and altered results folders: each is noticed by reading, and mended by the command that made it."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stub_simulations
from hypothesis import settings

from simsales.errors import SimsalesError
from simsales.experiment.experiment import read_results, read_scenarios
from simsales.experiment.integrity import digest_of_rows
from simsales.experiment.records import Key
from simsales.experiment.store import Store

Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "results"
    stub_simulations.run(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "results"))


def sql(*statements: str) -> Damage:
    def damage(folder: Path) -> None:
        with sqlite3.connect(folder / "results.sqlite") as database:
            for statement in statements:
                database.execute(statement)
        database.close()

    return damage


def written(name: str, change: Callable[[bytes], bytes]) -> Damage:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def flipped(at: float, bit: int) -> Callable[[bytes], bytes]:
    """Flip a bit of the byte at this share of the length."""

    def change(content: bytes) -> bytes:
        place = int(at * len(content))
        return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]

    return change


def cut(length: int) -> Callable[[bytes], bytes]:
    return lambda content: content[:-length]


def in_manifest(**changes: Any) -> Damage:
    def damage(folder: Path) -> None:
        content = json.loads((folder / "manifest.json").read_bytes())
        (folder / "manifest.json").write_text(json.dumps(content | changes))

    return damage


def instead(name: str, make: Callable[[Path], object]) -> Damage:
    """Something else in the place of a file."""

    def damage(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return damage


def link(path: Path) -> None:
    target = path.parent.parent / "elsewhere"
    target.write_bytes(b"somebody else's")
    path.symlink_to(target)


TRIGGER = """CREATE TRIGGER more AFTER INSERT ON kpis WHEN new.kpi = 'mrr_end' BEGIN
UPDATE kpis SET value = value + 1 WHERE kpi = 'mrr_end'; END"""
VIEW = "CREATE VIEW kpis AS SELECT scenario, design_point, replication, kpi, value * 2 AS value FROM old"
RANDOM = random.Random(1)

IN_THE_DATABASE: dict[str, Damage] = {
    **{f"cut by {n}": written("results.sqlite", cut(n)) for n in (1, 94, 512, 4096, 9000, 20000)},
    "empty": written("results.sqlite", lambda _: b""),
    "half": written("results.sqlite", lambda b: b[: len(b) // 2]),
    "longer": written("results.sqlite", lambda b: b + bytes(4096)),
    "text": written("results.sqlite", lambda _: b"nonsense" * 999),
    "zeros": written("results.sqlite", lambda b: bytes(len(b))),
    "zeros at the end": written("results.sqlite", lambda b: b[:-5000] + bytes(5000)),
    "pages swapped": written("results.sqlite", lambda b: b[:4096] + b[8192:12288] + b[4096:8192] + b[12288:]),
    "gone": lambda folder: (folder / "results.sqlite").unlink(),
    **{
        f"bit {bit} flipped at {at:.3f}": written("results.sqlite", flipped(at, bit))
        for at, bit in ((RANDOM.random(), RANDOM.randrange(8)) for _ in range(30))
    },
    "all kpis deleted": sql("DELETE FROM kpis"),
    "a kpi deleted": sql("DELETE FROM kpis WHERE replication = 3 AND kpi = 'mrr_end'"),
    "kpis of a replication deleted": sql("DELETE FROM kpis WHERE replication = 3"),
    "kpis of an alternative deleted": sql("DELETE FROM kpis WHERE scenario = 'pod'"),
    "a kpi added": sql("INSERT INTO kpis VALUES ('silo', 0, 3, 'luck', 1.0)"),
    "a kpi of nobody": sql("INSERT INTO kpis VALUES ('hmm', 0, 3, 'mrr_end', 1.0)"),
    "a kpi of no replication": sql("INSERT INTO kpis VALUES ('silo', 0, 99, 'mrr_end', 1.0)"),
    "a kpi renamed": sql("UPDATE kpis SET kpi = 'mrr' WHERE replication = 3 AND kpi = 'mrr_end'"),
    "a value changed": sql("UPDATE kpis SET value = 5 WHERE replication = 3 AND kpi = 'mrr_end'"),
    "a last bit changed": sql("UPDATE kpis SET value = value * (1 + 2.3e-16) WHERE replication = 3"),
    "values swapped": sql("UPDATE kpis SET value = -value WHERE kpi = 'mrr_end'"),
    "text as a value": sql("UPDATE kpis SET value = 'much' WHERE replication = 3"),
    "a blob as a value": sql("UPDATE kpis SET value = x'00ff' WHERE replication = 3"),
    "inf as a value": sql("UPDATE kpis SET value = 9e999 WHERE replication = 3"),
    "no value": sql("UPDATE kpis SET value = NULL WHERE replication = 3"),
    "text that is none": sql("UPDATE ledger SET mrr = CAST(x'ff' AS TEXT) WHERE replication = 3"),
    "a cell of a table": sql("UPDATE ledger SET mrr = mrr + 1 WHERE month = 2 AND replication = 3"),
    "an integer as text": sql("UPDATE ledger SET month = '2' WHERE month = 2 AND replication = 3"),
    "an integer as a float": sql("UPDATE ledger SET month = 2.0 WHERE month = 2 AND replication = 3"),
    "a row deleted": sql("DELETE FROM ledger WHERE month = 2 AND replication = 3"),
    "a row added": sql("INSERT INTO ledger VALUES ('silo', 0, 3, 99, 9, 1.0)"),
    "a row of nobody": sql("INSERT INTO ledger VALUES ('silo', 0, 77, 0, 9, 1.0)"),
    "rows in another order": sql("UPDATE ledger SET row = 10 - row WHERE replication = 3"),
    "rows of another replication": sql(
        "DELETE FROM ledger WHERE replication = 3", "UPDATE ledger SET replication = 3 WHERE replication = 2"
    ),
    "a replication deleted": sql("DELETE FROM replications WHERE replication = 3"),
    "all replications deleted": sql("DELETE FROM replications"),
    "a replication and all of it deleted": sql(
        *(
            f"DELETE FROM {t} WHERE replication = 3"
            for t in ("replications", "kpis", "ledger", "funnel", "losses")
        )
    ),
    "a replication added": sql("INSERT INTO replications VALUES ('silo', 0, 99, 7, 'ok', '{}', '')"),
    "a replication below 0": sql("UPDATE replications SET replication = -1 WHERE replication = 3"),
    "another scenario": sql(
        "UPDATE replications SET scenario = 'hmm' WHERE replication = 3 AND scenario = 'pod'"
    ),
    "another design point": sql("UPDATE replications SET design_point = 1 WHERE replication = 3"),
    "another seed": sql("UPDATE replications SET seed = 8"),
    "another status": sql("UPDATE replications SET status = 'failed' WHERE replication = 3"),
    "an unknown status": sql("UPDATE replications SET status = 'fine' WHERE replication = 3"),
    "no counts": sql("UPDATE replications SET counts = NULL WHERE replication = 3"),
    "counts of a table less": sql("UPDATE replications SET counts = '{\"kpis\": 2}' WHERE replication = 3"),
    "counts that are a list": sql("UPDATE replications SET counts = '[1]' WHERE replication = 3"),
    "no digest": sql("UPDATE replications SET digest = '' WHERE replication = 3"),
    "a failure made up": sql("INSERT INTO failures VALUES ('silo', 0, 3, 7, 'worker', 'E', 'm', 't')"),
    **{
        f"table {t} dropped": sql(f"DROP TABLE {t}")
        for t in ("kpis", "replications", "failures", "ledger", "losses")
    },
    "a table renamed": sql("ALTER TABLE ledger RENAME TO books"),
    "a column renamed": sql("ALTER TABLE ledger RENAME COLUMN mrr TO m"),
    "a column added": sql("ALTER TABLE ledger ADD COLUMN more DEFAULT 1"),
    "a column of the kpis added": sql("ALTER TABLE kpis ADD COLUMN more DEFAULT 1"),
    "a column dropped": sql("ALTER TABLE funnel DROP COLUMN count"),
    "an unknown table": sql("CREATE TABLE extra (a)"),
    "an index": sql("CREATE INDEX i ON ledger (mrr)"),
    "statistics": sql("ANALYZE"),
    "a trigger": sql(TRIGGER),
    "a view": sql("CREATE VIEW extra AS SELECT * FROM kpis"),
    "a view for a table": sql("ALTER TABLE kpis RENAME TO old", VIEW),
    "a pipe for the database": instead("results.sqlite", os.mkfifo),
    "a link for the database": instead("results.sqlite", link),
}
"""What a database can suffer; all of it is mended."""

ELSEWHERE: dict[str, Damage] = {
    "a folder for the database": instead("results.sqlite", Path.mkdir),
    "another seed in the manifest": in_manifest(seed=8),
    "more replications in the manifest": in_manifest(replications=7),
    "fewer in the manifest": in_manifest(finished=11, replications=5),
    "another database in the manifest": in_manifest(database="00" * 32),
    "another status in the manifest": in_manifest(status="running"),
    "another moment in the manifest": in_manifest(created="1999-12-31"),
    "no digest in the manifest": in_manifest(digest=None),
    "a bit of the manifest": written("manifest.json", flipped(0.5, 1)),
    "half a manifest": written("manifest.json", lambda b: b[: len(b) // 2]),
    "an empty manifest": written("manifest.json", lambda _: b""),
    "a manifest that is a pipe": instead("manifest.json", os.mkfifo),
    "a manifest that is a link": instead("manifest.json", link),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "a scenario changed": written("scenarios/pod.yaml", lambda b: b.replace(b"10", b"11")),
    "a scenario with a comment": written("scenarios/pod.yaml", lambda b: b + b"# hmm\n"),
    "a scenario cut": written("scenarios/pod.yaml", lambda b: b[:-9]),
    "a scenario gone": lambda folder: (folder / "scenarios/pod.yaml").unlink(),
    "a scenario that is a pipe": instead("scenarios/pod.yaml", os.mkfifo),
    "a scenario that is a link": instead("scenarios/pod.yaml", link),
}
"""What else of a folder can suffer."""

ALL = IN_THE_DATABASE | ELSEWHERE


def chosen(damages: dict[str, Damage]) -> list[str]:
    """All under the profile ``full``; else every tenth."""
    return list(damages)[:: 1 if settings().max_examples >= 100 else 10]


def test_there_are_ways_enough() -> None:
    assert len(ALL) >= 100


@pytest.mark.parametrize("name", chosen(ALL))
def test_reading_notices_whatever_was_damaged(folder: Path, name: str) -> None:
    ALL[name](folder)
    with pytest.raises(SimsalesError):
        (read_results(folder), read_scenarios(folder))


@pytest.mark.parametrize("name", chosen(IN_THE_DATABASE))
def test_the_same_command_names_the_damage_and_mends_it(folder: Path, whole: Path, name: str) -> None:
    IN_THE_DATABASE[name](folder)
    with Store.create(folder, stub_simulations.SCENARIOS, seed=7) as store:
        assert store.mended
    stub_simulations.run(folder)
    assert stub_simulations.content(folder) == stub_simulations.content(whole)
    assert read_results(folder).kpis.replications == list(range(6))
    assert not [path for path in stub_simulations.files(folder) if "draft" in path or "-" in path]
    elsewhere = folder.parent / "elsewhere"
    assert not elsewhere.exists() or elsewhere.read_bytes() == b"somebody else's"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("a kpi deleted", "silo, replication 3: 1 rows in kpis, 2 were stored"),
        ("a value changed", "silo, replication 3: not the values that were stored"),
        ("an unknown table", "a table that simsales did not make: extra"),
        ("a trigger", "a trigger that simsales did not make: more"),
        ("table kpis dropped", "no table kpis"),
        ("a kpi of no replication", "table kpis holds 25 rows, 24 of them of replications"),
        ("gone", "the file is missing"),
        ("a pipe for the database", "results.sqlite is a named pipe, not a file"),
    ],
)
def test_the_damage_is_named(folder: Path, damage: str, told: str) -> None:
    IN_THE_DATABASE[damage](folder)
    with pytest.raises(SimsalesError, match=f"--out {folder}, computes what is damaged anew") as caught:
        read_results(folder)
    assert told in str(caught.value)


def test_only_what_is_damaged_is_computed_anew(folder: Path) -> None:
    IN_THE_DATABASE["a value changed"](folder)
    counts = stub_simulations.run(folder)
    assert (counts.computed, counts.found) == (2, 10)


def test_damage_is_noticed_though_the_experiment_was_killed(folder: Path) -> None:
    """No digest of the file then: each replication has its own."""
    with Store.create(folder, stub_simulations.SCENARIOS, seed=7) as store:
        store.begin(6)
    assert read_results(folder).kpis.replications == list(range(6))
    IN_THE_DATABASE["a last bit changed"](folder)
    with pytest.raises(SimsalesError, match="silo, replication 3: not the values"):
        read_results(folder)
    assert read_results(folder, 3).kpis.replications == [0, 1, 2]


def test_an_altered_manifest_is_mended_if_the_experiment_is_the_same(folder: Path) -> None:
    in_manifest(finished=99, database="00", created="1999")(folder)
    assert stub_simulations.run(folder).computed == 0
    read_results(folder)


@pytest.mark.slow
def test_an_experiment_killed_at_any_of_its_first_calls_is_resumed(tmp_path: Path) -> None:
    step = 1 if settings().max_examples >= 100 else 40
    folder = Path(stub_simulations.__file__).parent
    found = subprocess.run(
        [sys.executable, folder / "kills.py", tmp_path, str(step), "200"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.splitlines() == ["resumed"] * (200 // step)


def test_replications_that_failed_are_checked_too(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    stub_simulations.run(folder, measure=stub_simulations.measure_badly)
    assert len(read_results(folder).failures) == 2
    sql("UPDATE failures SET message = 'never mind'")(folder)
    with pytest.raises(SimsalesError, match="replication 1: not the values"):
        read_results(folder)


def test_the_digest_is_the_same_in_every_version_of_python() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (scenario, design_point, replication, row, x)")
    for row, x in enumerate((1, 2**40, -1.5, "é", "tier", None, np.pi, 1e300)):
        database.execute("INSERT INTO t VALUES ('silo', 0, 1, ?, ?)", (row, x))
    counts, digest = digest_of_rows(database, Key("silo", 0, 1), (7, "ok"), ["t"])
    database.close()
    assert counts == {"t": 8}
    assert digest == "c258b63f1ace043875eb85e1a1b7d5beed68b336b644e83d7bb1c7758bd4615b"
