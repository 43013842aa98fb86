"""Loading valid scenarios, refusing all else with a stated fault, and writing scenarios."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profiles import examples
from pydantic import ValidationError
from valid_scenario import TEXT

from simsales.errors import Fault, ScenarioError
from simsales.scenario import Scenario, load, to_yaml
from simsales.scenario.reading.nodes import Node, Place
from simsales.scenario.reading.yaml_nodes import read_yaml, scalar
from simsales.scenario.schema.distributions import Distribution, Lognormal
from simsales.scenario.schema.journey_order import in_order

# A new file for every example, so that one folder per test is enough.
fuzz = settings(
    max_examples=examples(60),
    derandomize=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT)
    return path


def plain(text: str) -> Any:
    node = read_yaml(text, Place("text", 1, 1), [])
    assert node is not None
    return node.plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("true", True), ("FALSE", False), ("~", None), ("", None),
        ("1e5", 1e5), ("1_000", "1_000"), ("012", 12), ("0o17", 15), ("0xff", 255), ("-3", -3), ("+3", 3),
        (".5", 0.5), ("5.", 5.0), ("1e", "1e"), (".", "."), (".inf", math.inf), ("-.INF", -math.inf),
        ("nan", "nan"), ("1:30", "1:30"), ("2026-01-01", "2026-01-01"), ("٣", "٣"),
        ("9" * 400, math.inf), ("-" + "9" * 5000, -math.inf),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quotes_make_a_text() -> None:
    assert plain("a: '1'\nb: \"true\"\nc: |\n  1\n") == {"a": "1", "b": "true", "c": "1\n"}


def test_a_scenario_is_loaded(file: Path) -> None:
    scenario = load(file)
    assert list(scenario.journeys["smb"]) == ["prospect", "qualify", "demo", "close", "onboard"]
    assert load(str(file)) == scenario


def test_overlays_and_overrides_are_laid_on_in_order(file: Path) -> None:
    folder = file.parent / "more"
    folder.mkdir()
    child, overlay = folder / "child.yaml", file.parent / "overlay.yaml"
    child.write_text("extends: ../scenario.yaml\nhorizon_months: 30\ntiers: {smb: {care: null}}\n")
    overlay.write_text("horizon_months: 36\nstart_month: 2\nwarm_up_months: 2\n")
    scenario = load(child, overlays=[overlay], overrides=["start_month=3", "start_month=4"])
    assert (scenario.horizon_months, scenario.warm_up_months, scenario.start_month) == (36, 2, 4)
    assert scenario.tiers["smb"].care is None
    assert scenario.tiers["smb"].price_per_month == 1000


def test_an_override_can_be_a_mapping_a_list_or_a_removal(file: Path) -> None:
    scenario = load(
        file,
        overrides=[
            "organization.handoff.across_teams={delay_days: 2}",
            "organization.handoff.across_teams.drop_probability=0.1",
            "organization.teams.pod.serves.tiers=[smb]",
            "organization.teams.events={members: {AE: 1}}",
            "channels.outbound=null",
            "question='a = b'",
        ],
    )
    assert scenario.organization.handoff.across_teams.delay_days == 2
    assert scenario.organization.handoff.across_teams.drop_probability == 0.1
    assert scenario.organization.teams["pod"].serves.tiers == ["smb"]
    assert list(scenario.organization.teams) == ["pod", "events"]
    assert list(scenario.channels) == ["content"]
    assert scenario.question == "a = b"


def test_a_null_may_stand_for_what_is_left_out_anyway(file: Path) -> None:
    assert load(file, overrides=["channels.outbound.list_size=null"]) == load(file)


# ------------------------------------------------------------------------------------------- without a file


def test_plain_data_and_models_are_checked_in_the_same_way() -> None:
    data = plain(TEXT)
    scenario = Scenario.model_validate(data)
    parts = {name: getattr(scenario, name) for name in type(scenario).model_fields}
    assert Scenario(**parts) == scenario
    people = {role: each for role, each in scenario.people.items() if role != "AE"}
    with pytest.raises(ValidationError, match="found AE, expected a role described under people"):
        Scenario(**{**parts, "people": people})
    with pytest.raises(ValidationError, match=r"worked_by\n.*did you mean SDR\?"):
        Scenario.model_validate({**data, "channels": {"list": {"worked_by": "SDRR", "tiers": {"smb": 1}}}})


def test_errors_of_fields_and_between_parts_come_together() -> None:
    data = plain(TEXT)
    data["horizon_months"] = 0
    data["people"]["nobody"] = {"hours_per_month": 1}
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate(data)
    assert [error["loc"] for error in caught.value.errors()] == [("horizon_months",), ("people", "nobody")]


def test_the_walk_to_win_sees_models_too() -> None:
    scenario = Scenario.model_validate(plain(TEXT))
    parts = {name: getattr(scenario, name) for name in type(scenario).model_fields}
    steps = dict(scenario.journeys["smb"])
    steps["qualify"] = steps["qualify"].model_copy(update={"pass_probability": 0.0})
    assert steps["qualify"].effort_hours == Distribution(lognormal=Lognormal(mean=0.3, sd=0.2))
    with pytest.raises(ValidationError, match="found 0, so that no lead reaches WIN"):
        Scenario(**{**parts, "journeys": {"smb": steps}})


# ------------------------------------------------------------------------------------------------ and back


def test_to_yaml_reads_back(file: Path, tmp_path: Path) -> None:
    trial = "journeys.smb.trial={by: AE, after: qualify, effort_hours: {uniform: {low: 0, high: 1.0e-7}}}"
    scenario = load(
        file, overrides=[trial, "journeys.smb.poc={by: AE, after: trial}", "channels.outbound.list_size=9"]
    )
    copy = tmp_path / "copy.yaml"
    copy.write_text(to_yaml(scenario), encoding="utf-8")
    again = load(copy)
    assert again == scenario
    order = ["prospect", "qualify", "trial", "poc", "demo", "close", "onboard"]
    assert (
        in_order(scenario.journeys["smb"])
        == in_order(again.journeys["smb"])
        == list(again.journeys["smb"])
        == order
    )
    assert to_yaml(again) == to_yaml(scenario)


@fuzz
@given(
    question=st.text(st.characters(exclude_categories=["Cs"])),
    reason=st.sampled_from(
        ["NO", "null", "1e5", "0x1", "2026-01-01", "1_000", "a: b", "# x", "", "=", "<<", "- x", "~", "*a"]
    ),
    price=st.floats(0, 1e12),
    name=st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,50}", fullmatch=True),
)
def test_to_yaml_reads_back_whatever_it_says(
    tmp_path: Path, question: str, reason: str, price: float, name: str
) -> None:
    data = plain(TEXT.replace("prospect:", f"{name}:") if name != "nobody" else TEXT)
    data["question"] = question
    data["tiers"]["smb"]["price_per_month"] = price
    data["journeys"]["smb"]["demo"]["otherwise"] = {"lost": reason or "nothing"}
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError:
        return  # the name was taken, or is not a text in YAML
    file = tmp_path / "scenario.yaml"
    file.write_bytes(to_yaml(scenario).encode())
    assert load(file) == scenario


# ---------------------------------------------------------------------------------------------------- fuzz


def survives(file: Path, *overrides: str) -> None:
    """Loading gives a scenario or faults with a place; nothing else, ever."""
    faults: tuple[Fault, ...] | None = None
    try:
        load(file, overrides=overrides)
    except ScenarioError as error:
        faults = error.faults
    if faults is not None:
        assert faults
        assert all(
            fault.line >= 1 and fault.column >= 1 and fault.found and fault.expected for fault in faults
        )
        assert all(str(fault).isprintable() for fault in faults)


@fuzz
@given(data=st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_bytes(data)
    survives(file)


SYNTAX = st.lists(
    st.sampled_from(
        ["a", "- ", ": ", ":", "\n", "  ", "? ", "{", "}", "[", "]", ",", "&x ", "*x", "!t ", "!!int ",
         "|", ">", "%YAML 1.1", "---", "...", "#", "'", '"', "\\U", "\\x", "<<", "1", "~", "\t", "\r",
         "\x85", "\u2028", "é", "extends", "@", "`"]
    )
).map("".join)  # fmt: skip


@fuzz
@given(text=SYNTAX | st.text())
def test_any_text(tmp_path: Path, text: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_bytes(text.encode(errors="surrogatepass"))
    survives(file)


@fuzz
@given(
    path=st.text(max_size=40)
    | st.sampled_from(["tiers.smb", "journeys.smb.demo", "people", "channels.content.tiers"]),
    value=SYNTAX,
)
def test_any_override(tmp_path: Path, path: str, value: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(TEXT)
    survives(file, f"{path}={value}")


def scalars(node: Node) -> list[Node]:
    if isinstance(node.value, dict):
        return [each for child in node.value.values() for each in scalars(child)]
    return (
        [each for child in node.value for each in scalars(child)] if isinstance(node.value, list) else [node]
    )


LINES = TEXT.splitlines()
ROOT = read_yaml(TEXT, Place("text", 1, 1), [])
assert ROOT is not None
SCALARS = [(node.place, node.written) for node in scalars(ROOT)]
NONSENSE = SYNTAX | st.sampled_from(
    [
        "-1",
        "1e999",
        ".nan",
        "null",
        "{}",
        "[]",
        "[1]",
        "{a: 1}",
        "nobody",
        "AE",
        "SQL",
        "x" * 500,
        "0",
        "true",
    ]
)


@fuzz
@given(changes=st.lists(st.tuples(st.sampled_from(SCALARS), NONSENSE), min_size=1, max_size=3))
def test_any_scalar_replaced_by_nonsense(
    tmp_path: Path, changes: list[tuple[tuple[Place, str], str]]
) -> None:
    lines = list(LINES)
    for (place, written), nonsense in sorted(changes, key=lambda change: -change[0][0].column):
        line, start = lines[place.line - 1], place.column - 1
        lines[place.line - 1] = line[:start] + nonsense + line[start + len(written) :]
    file = tmp_path / "scenario.yaml"
    file.write_bytes("\n".join(lines).encode())
    survives(file)


# ---------------------------------------------------------------------------------------- tools of YAML 1.1


def test_a_step_on_a_state_survives_tools_of_yaml_1_1(file: Path) -> None:
    """They take the key ``on`` for true, and write it so."""
    doubts: list[Fault] = []
    plain_scenario = load(file)
    file.write_text(TEXT.replace("on: Suspect", "true: Suspect").replace("on: MQL", "True: MQL"))
    assert load(file, doubts=doubts) == plain_scenario
    assert [(doubt.line, doubt.found) for doubt in doubts] == [(n, "true, read as on") for n in (9, 10)]


@pytest.mark.parametrize(
    "key", ["{true: 5}", "{true: {on: MQL}}", "{true: x}", "{false: MQL}", "{on: MQL, true: MQL}"]
)
def test_true_as_any_other_key_is_refused(key: str) -> None:
    faults: list[Fault] = []
    read_yaml(key, Place("f", 1, 1), faults)
    (fault,) = faults
    assert "as a key, expected a name" in str(fault)
