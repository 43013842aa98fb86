"""The layout shows the architecture: imports run one way, and some libraries have one home."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "simsales"

# From the ground up. A module may import from its own layer and from those before it.
LAYERS = (
    {"errors", "safe_files", "safe_text", "streams", "units", "version"},
    {"scenario"},
    {"model"},
    {"kpis"},
    {"experiment"},
    {"analysis"},
    {"charts"},
    {"report"},
    {"api"},
    {"cli"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Who may import what, by the first part of its name: lazily imported libraries have one home each.
HOMES = {
    "simpy": {"model"},
    "matplotlib": {"charts", "report"},
    "sqlite3": {"experiment"},
    "ruamel": {"scenario"},
    "pydantic": {"scenario"},
    "pydantic_core": {"scenario"},
    "click": {"cli"},
    "rich": {"report", "cli"},
    "pandas": {"report"},
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
def test_no_module_imports_the_front_door(path: Path) -> None:
    """The package itself stands above all layers."""
    assert "simsales" not in set(imports(path))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_have_their_homes(path: Path) -> None:
    astray = {
        name for name in imports(path) if layer(path) not in HOMES.get(name.partition(".")[0], {layer(path)})
    }
    assert astray == set()


def test_no_import_runs_in_a_circle_and_the_page_shows_the_code() -> None:
    """Types included: docs/architecture.py reads every import, and ends with 1 if there is a circle."""
    script = ROOT / "docs" / "architecture.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_check_of_circles_sees_one(tmp_path: Path) -> None:
    """Of a type import, in a copy of the package."""
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "docs" / "architecture.py")
    assert spec is not None
    assert spec.loader is not None
    architecture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(architecture)
    package = tmp_path / "simsales"
    shutil.copytree(PACKAGE, package)
    architecture.order(architecture.import_graph(package))
    lead = package / "model" / "leads" / "lead.py"
    circle = "if TYPE_CHECKING:\n    from simsales.model.work.desk import Desk\n"
    lead.write_text(f"{lead.read_text(encoding='utf-8')}{circle}", encoding="utf-8")
    with pytest.raises(CycleError):
        architecture.order(architecture.import_graph(package))


def test_simpy_stands_behind_the_clock() -> None:
    """Its private names too."""
    private = {"_now", "_queue", "_eid", "_ok", "_value", "_defused"}
    astray = {
        path.name
        for path in sorted((PACKAGE / "model").rglob("*.py"))
        if path.name != "clock.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in private)
        or (isinstance(node, ast.Import) and any(alias.name.startswith("simpy") for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("simpy"))
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
    assert printed.startswith("pod: How do the same 18 people do as three PODs?\npod against silo: ")
    assert "4 replications, paired by common random numbers" in printed


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
