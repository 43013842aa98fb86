"""The layout shows the architecture: no folder imports a higher one, and some libraries have one home."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "simsales"

# From the ground up. A module may import from its own layer and from those before it.
LAYERS = (
    {"errors", "streams", "units"},
    {"scenario"},
    {"model"},
    {"experiment"},
    {"analysis"},
    {"charts"},
    {"cli"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Who may import what, by the first part of its name: lazily imported libraries have one home each.
HOMES = {
    "simpy": {"model"},
    "matplotlib": {"charts", "cli"},
    "sqlite3": {"experiment"},
    "ruamel": {"scenario"},
    "pydantic": {"scenario"},
    "pydantic_core": {"scenario"},
    "click": {"cli"},
    "rich": {"cli"},
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in LEVEL)


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every module that is imported, at whatever place in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_from_above(path: Path) -> None:
    above = [
        name
        for name in imports(path)
        if name.startswith("simsales.") and LEVEL.get(name.split(".")[1], -1) > LEVEL[layer(path)]
    ]
    assert above == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_have_their_homes(path: Path) -> None:
    astray = {
        name for name in imports(path) if layer(path) not in HOMES.get(name.partition(".")[0], {layer(path)})
    }
    assert astray == set()


def test_every_layer_is_there_and_every_module_has_one() -> None:
    assert {layer(path) for path in modules()} == set(LEVEL)


def test_every_package_is_installed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    there = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("*.py")}
    assert listed == there | {"simsales.examples"}


def test_the_version_stands_in_two_places_alike() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    import simsales

    assert setup["metadata"]["version"] == simsales.__version__


@pytest.mark.slow
def test_the_readme_example_in_python_runs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert 15 < float(printed) < 25  # wins a month, of one replication


def test_the_scenario_in_the_readme_is_one(tmp_path: Path) -> None:
    from simsales.scenario import load

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    fourth, three = (block.split("```")[0] for block in text.split("```yaml\n")[1:])
    (tmp_path / "fourth.yaml").write_text(fourth, encoding="utf-8")
    (tmp_path / "three.yaml").write_text(three, encoding="utf-8")
    for name in ("reference.yaml", "pod.yaml"):
        shipped = (ROOT / "scenarios" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(shipped, encoding="utf-8")
    assert load(tmp_path / "fourth.yaml").organization.teams["pod"].members["AE"] == 4
    assert load(tmp_path / "three.yaml").organization.teams["pod"].count == 3
