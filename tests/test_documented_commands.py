"""Every command that the documents print runs as printed, in a folder with the files that they print."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from simsales.cli import COMMANDS, group

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
FEW = ["--replications", "2", "--quiet", "--workers", "1"]

_SIMSALES = re.compile(rf"(?:^|[ /])simsales ({'|'.join(COMMANDS)}) ([^\n`&|]*)", re.MULTILINE)
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`(scenarios/[\w-]+\.yaml)`[^`]*```yaml\n(.*?)```", re.DOTALL)


def documented() -> list[tuple[Path, str]]:
    """The commands in the blocks of the documents, and in the comments of the scenarios."""
    found = []
    for document in DOCUMENTS:
        for language, block in _FENCED.findall(document.read_text()):
            if language == "sh":
                found += [(document, shlex.join([c, *shlex.split(r)])) for c, r in _SIMSALES.findall(block)]
    for scenario in SCENARIOS:
        comments = "\n".join(line[1:] for line in scenario.read_text().splitlines() if line.startswith("#"))
        found += [(scenario, shlex.join([c, *shlex.split(r)])) for c, r in _SIMSALES.findall(comments)]
    return found


def test_there_are_commands_to_run() -> None:
    documents = [document.name for document, _ in documented()]
    assert documents.count("README.md") >= 4
    assert "price-and-contracts.md" in documents
    assert len(documents) >= 14


@pytest.mark.slow
@pytest.mark.parametrize(("document", "command"), documented())
def test_a_documented_command_runs(
    document: Path, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    if document.suffix == ".md":
        for name, text in _FILE.findall(document.read_text()):
            (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    args = shlex.split(command)
    simulates = args[0] in ("run", "compare")
    result = CliRunner().invoke(group, [*args, *(FEW if simulates else [])])
    assert result.exit_code == 0, result.output
