from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import stub_simulations

import simsales.kpis
import simsales.model
from simsales.errors import InputError, SimsalesError
from simsales.experiment.experiment import (
    Interrupted,
    Results,
    check_comparable,
    read_results,
    run_experiment,
)
from simsales.experiment.store import Store
from simsales.model.replication import Replication
from simsales.scenario import Scenario

SCENARIOS = {
    "silo": stub_simulations.SCENARIO,
    "pod": stub_simulations.SCENARIO.model_copy(update={"question": "Is it better?"}),
}


@pytest.fixture(autouse=True)
def stub_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(simsales.model, "simulate", stub_simulations.simulate)
    monkeypatch.setattr(simsales.kpis, "measure", stub_simulations.measure)
    monkeypatch.chdir(tmp_path)


def run(replications: int, seed: int = 7, out: Path | None = None, **more: Any) -> Results:
    """In a new folder, unless ``out`` is given."""
    return run_experiment(
        SCENARIOS, replications=replications, seed=seed, folder=out, new_folder_in=Path("results"), **more
    )


def kept_in(results: Results) -> Path:
    assert results.folder is not None
    return results.folder


def said(results: Results) -> object:
    """What an analysis sees of results, in a form that compares."""
    mrr = results.monthly("ledger", "mrr")
    return (
        results.asked,
        results.kpis.replications,
        {a: {kpi: x.tobytes() for kpi, x in kpis.items()} for a, kpis in results.kpis.values.items()},
        mrr.months,
        {a: x.tobytes() for a, x in mrr.values.items()},
        results.failures,
    )


def test_results_go_to_a_new_folder_unless_told_where() -> None:
    assert kept_in(run(2)).parent == Path("results")
    assert run(2, out=Path("here")).folder == Path("here")
    assert {path.name[:11] for path in Path("results").iterdir()} == {"silo-vs-pod"}


def test_results_are_read_back() -> None:
    results = run(3, command=["a", "notebook"])
    assert (results.seed, results.asked, results.kpis.replications) == (7, 3, [0, 1, 2])
    assert results.monthly("ledger", "mrr").values["pod"].shape == (3, 3)
    assert said(read_results(kept_in(results))) == said(results)
    with Store.open(kept_in(results)) as store:
        assert store.manifest["commands"][0]["command"] == ["a", "notebook"]


def test_what_else_the_folder_holds_changes_nothing() -> None:
    few = said(run(3, out=Path("fresh")))
    many = run(6, out=Path("kept"))
    assert many.kpis.replications == list(range(6))
    assert said(run(3, out=Path("kept"))) == said(read_results(Path("kept"), 3)) == few
    assert said(read_results(Path("kept"))) == said(many)


def test_only_failures_among_those_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate(scenario: Scenario, seed: int, replication: int) -> Replication:
        if replication in (1, 4):
            raise ValueError(f"cannot do {replication}")
        return stub_simulations.simulate(scenario, seed, replication)

    monkeypatch.setattr(simsales.model, "simulate", simulate)
    numbers = {n: {f.replication for f in run(n, out=Path("kept")).failures} for n in (6, 4, 1)}
    assert numbers == {6: {1, 4}, 4: {1}, 1: set()}


def test_ctrl_c_tells_what_is_kept_and_where() -> None:
    def stop(done: int, _total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        run(4, on_progress=stop)
    assert (caught.value.done, caught.value.asked) == (3, 8)
    assert said(run(4, out=caught.value.folder)) == said(run(4))


@pytest.mark.parametrize(
    ("field", "there", "here"),
    [("horizon_months", 3, 4), ("warm_up_months", 0, 1), ("start_month", 1, 7), ("currency", "USD", "EUR")],
)
def test_scenarios_that_cannot_be_held_against_each_other(field: str, there: object, here: object) -> None:
    scenarios = SCENARIOS | {"mix": stub_simulations.SCENARIO.model_copy(update={field: here})}
    expected = f"{field} is {here} in mix but {there} in silo; they must be the same"
    with pytest.raises(InputError, match=expected):
        check_comparable(scenarios)
    with pytest.raises(InputError, match=expected):
        run_experiment(scenarios, replications=1, seed=7, new_folder_in=Path("results"))
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("replications", "seed", "error"),
    [(1, 2**63, "seed 9223372036854775808"), (0, 7, "at least 1 is needed")],
)
def test_a_refused_experiment_leaves_no_folder(replications: int, seed: int, error: str) -> None:
    with pytest.raises(InputError, match=error):
        run(replications, seed)
    assert not list(Path().glob("results/*"))


def test_a_store_that_cannot_be_made_leaves_no_new_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("mine").mkdir()
    monkeypatch.setattr("simsales.experiment.manifests.write_manifest", full)
    for out in (None, Path("mine")):
        with pytest.raises(SimsalesError, match="No space left on device"):
            run(1, out=out)
    assert not list(Path("results").iterdir())
    assert Path("mine").exists()


def test_nothing_to_conduct() -> None:
    with pytest.raises(InputError, match="at least one scenario"):
        run_experiment({}, replications=1, seed=7, new_folder_in=Path("results"))


def test_a_thousand_million_replications_begin_at_once(tmp_path: Path) -> None:
    """What is to be done is not listed beforehand."""

    def stop(done: int, asked: int) -> None:
        assert asked == 2 * 10**9
        if done == 3:
            raise KeyboardInterrupt

    tracemalloc.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            stub_simulations.run(tmp_path / "x", replications=10**9, on_progress=stop)
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()
    assert stub_simulations.run(tmp_path / "x", replications=2).found == 3
