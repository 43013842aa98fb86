"""Large files are checked in time that grows with their size, and not with its square.

Time is compared with that of another file in the same run: one four times as large takes some four times as
long, where comparing all pairs would take sixteen times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from valid_scenario import TEXT

from simsales.cli import MOST_LINES
from simsales.cli.scenarios import warn
from simsales.errors import Fault, ScenarioError
from simsales.scenario import load, messages
from simsales.scenario.messages import NearMisses, Slips, one_letter_off
from simsales.scenario.reading.yaml_nodes import MOST_FAULTS

SMALL, FACTOR, ALLOWED = 250, 4, 9


def misspelled_tiers(n: int) -> tuple[str, ...]:
    tiers = "".join(f"  smb_tier_{i}: {{price_per_month: 1}}\n" for i in range(n))
    serves = ", ".join(f"smb_tear_{i}" for i in range(n))
    text = TEXT.replace("tiers:\n", "tiers:\n" + tiers)
    return (text.replace("AE: 3, CSM: 1}}", f"AE: 3, CSM: 1}}, serves: {{tiers: [{serves}]}}}}"),)


def a_team_for_each_region(n: int) -> tuple[str, ...]:
    regions = ", ".join(f"r{i}: {1 / n!r}" for i in range(n))
    teams = "".join(
        f"    t{i}: {{members: {{MDR: 1, AE: 1, CSM: 1}}, serves: {{regions: [r{i}]}}}}\n" for i in range(n)
    )
    text = TEXT.replace("leads_per_month: 360,", f"leads_per_month: 360, regions: {{{regions}}},")
    return (text.replace("    pod:", f"{teams}    pod:"),)


def new_names_beside_similar_ones(n: int) -> tuple[str, ...]:
    roles = "".join(f"  role_{i}x: {{hours_per_month: 140}}\n" for i in range(n))
    new = "".join(f"  role_{i}xs: {{hours_per_month: 140}}\n" for i in range(n))
    return "extends: parent.yaml\npeople:\n" + new, TEXT.replace("people:\n", f"people:\n{roles}")


def unknown_keys(n: int) -> tuple[str, ...]:
    return (TEXT + "".join(f"horizon_month_{i}: 1\n" for i in range(2 * n)),)


def nulls_for_nothing(n: int) -> tuple[str, ...]:
    nulls = "".join(f"  rule_{i}x: null\n" for i in range(n))
    return "extends: parent.yaml\npeople:\n" + nulls, new_names_beside_similar_ones(n)[1]


def misspelled_journeys(n: int) -> tuple[str, ...]:
    tiers = "".join(f"  smb_tier_{i}: {{price_per_month: 1}}\n" for i in range(n))
    journeys = "".join(f"  smb_tear_{i}: {{buy: {{by: AE, on: MQL, to: WIN}}}}\n" for i in range(n))
    text = TEXT.replace("tiers:\n", "tiers:\n" + tiers, 1)
    return (text.replace("journeys:\n", "journeys:\n" + journeys),)


def unknown_roles(n: int) -> tuple[str, ...]:
    return (TEXT.replace("AE: 3,", "AE: 3, " + "".join(f"rolle_{i}: 1, " for i in range(n))),)


def a_long_journey(n: int) -> tuple[str, ...]:
    return (TEXT.replace("    demo:", "".join(f"    s{i}: {{by: AE}}\n" for i in range(n)) + "    demo:"),)


CASES = [
    misspelled_tiers,
    a_team_for_each_region,
    new_names_beside_similar_ones,
    unknown_keys,
    nulls_for_nothing,
    misspelled_journeys,
    unknown_roles,
    a_long_journey,
]


def seconds(texts: tuple[str, ...], folder: Path) -> float:
    """Time of this process, the better of two."""
    file = folder / "scenario.yaml"
    file.write_text(texts[0])
    for parent in texts[1:]:
        (folder / "parent.yaml").write_text(parent)
    taken = []
    for _ in range(2):
        began = time.process_time()
        with suppress(ScenarioError):
            load(file, doubts=[])
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_time_grows_with_the_size(case: Callable[[int], tuple[str, ...]], tmp_path: Path) -> None:
    # The budget of comparisons is used up by the small file already.
    reference = seconds(case(SMALL), tmp_path)
    assert seconds(case(FACTOR * SMALL), tmp_path) < ALLOWED * reference + 0.05


@pytest.mark.parametrize("case", [misspelled_tiers, misspelled_journeys, nulls_for_nothing, unknown_roles])
def test_near_misses_are_sought_for_few(
    case: Callable[[int], tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0

    def counted(_: str, known: list[str]) -> None:
        nonlocal compared
        compared += len(known)

    monkeypatch.setattr(messages, "near_miss", counted)
    seconds(case(300), tmp_path)
    assert 0 < compared <= 2 * 4 * 10_000  # twice read; four places seek near misses


def test_a_team_for_each_of_many_regions_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(a_team_for_each_region(50)[0])
    assert len(load(file).organization.teams) == 51
    # Without the team for one of them, and that for all, it is found out whom nobody serves.
    lines = [line for line in file.read_text().splitlines() if not line.startswith(("    t7:", "    pod:"))]
    file.write_text("\n".join(lines))
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert "no team that serves smb, r7 has" in str(caught.value)


@pytest.mark.parametrize("item", ["*x", "!", "&x 1", "{1: 2}"])
def test_a_text_with_a_thousand_faults_is_not_read_on(item: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"a: [{f'{item} ,' * 30_000}]")
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "a.yaml")
    assert len(caught.value.faults) == MOST_FAULTS


def test_the_budget_of_comparisons() -> None:
    near_misses = NearMisses(most=5)
    assert near_misses.of("pods", ["pod", "silo", "team"]) == "pod"
    assert near_misses.of("pods", ["pod", "silo", "team"]) is None  # these would be too many
    assert near_misses.of("pods", ["pod", "silo"]) == "pod"
    assert near_misses.of("pods", ["pod"]) is None


def test_slips_are_those_that_comparing_all_would_find() -> None:
    names = [
        "pod",
        "pods",
        "Pods",
        "opd",
        "pod2",
        "qualify",
        "qualfy",
        "quailfy",
        "AE",
        "AEs",
        "p" * 80,
        "ßx1",
    ]
    for name in [*names, "inbuond", "inbound", "podd", "p" * 79, "SSx"]:
        close = {other for other in names if len(other) <= 61 and one_letter_off(name, other)}
        assert (Slips(names).of(name) in close) if close else (Slips(names).of(name) is None), name


def test_warnings_are_limited_like_faults(capsys: pytest.CaptureFixture[str]) -> None:
    warn(Fault("f", line, 1, "a", "b") for line in range(1, 5001))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "warning: and 4,900 more"
