"""Malformed and hostile inputs, made by a generator: each is legal or refused, in bounded time."""

from __future__ import annotations

import random
import time
from pathlib import Path

from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profiles import WITHOUT_SHRINKING, examples

from simsales.cli import group
from simsales.scenario.reading.files import LARGEST

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
TOKENS = [
    "null", "{}", "[]", "true", "on", "-1", "1e999", "1e-320", ".nan", "75,000", "0x1", "*x", "&x", "!t",
    "<<: {}",
    "{", "}", "[", "]", ":", "- ", "\t", "\n", "  ", "'", '"', "#", "nobody", "AE", "LIVE",
    "extends: pod.yaml",
    "\u202e", "\x1b[31m", "\udcff", "é", "x" * 400, "9" * 400, "? ", "---\n", "%YAML 1.1\n", "\x00",
]  # fmt: skip
LIMIT = 30.0
"""Seconds: far above what any input takes on a busy machine, far below what a quadratic one takes."""


def _mutated(text: str, chance: random.Random) -> str:
    """Some lines deleted, repeated, swapped, indented, or with a token put in or a piece cut out."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 4)):
        i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
        at = chance.randint(0, len(lines[i]))
        change = chance.choice(["delete", "repeat", "swap", "indent", "token", "cut", "replace"])
        if change == "delete" and len(lines) > 1:
            del lines[i]
        elif change == "repeat":
            lines.insert(j, lines[i])
        elif change == "swap":
            lines[i], lines[j] = lines[j], lines[i]
        elif change == "indent":
            lines[i] = " " * chance.randint(1, 3) + lines[i]
        elif change == "token":
            lines[i] = lines[i][:at] + chance.choice(TOKENS) + lines[i][at:]
        elif change == "cut":
            lines[i] = lines[i][:at]
        else:
            lines[i] = f"{lines[i].partition(':')[0]}: {chance.choice(TOKENS)}"
    return "\n".join(lines)


def _large(chance: random.Random) -> str:
    """As large as a file may be, or a little larger: one piece again and again."""
    piece = chance.choice(
        ["k{i}: 1\n", "*x ", "! ", "[", "- ", "{{a{i}: ", "a{i}: [1, 2]\n", "# ", "'", "x{i}"]
    )
    size = chance.choice([LARGEST // 8, LARGEST, LARGEST + 9])
    start = chance.choice(["", "tiers:\n", "a: [", "people: "])
    return (start + "".join(piece.format(i=i) for i in range(size // len(piece) + 1)))[:size]


def _assignment(chance: random.Random) -> str:
    """A --set of which any part may be nonsense."""
    paths = [
        "horizon_months",
        "people.AE",
        "organization.teams",
        "tiers.smb.contracts",
        "",
        ".",
        "a." * 9999,
        "on",
    ]
    return chance.choice(paths) + chance.choice(["=", "==", "", ".=", ".x="]) + chance.choice(TOKENS[:-1])


@settings(
    max_examples=examples(500),
    phases=WITHOUT_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_hostile_input_is_legal_or_refused(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for shipped in SHIPPED:
        (tmp_path / shipped.name).write_text(shipped.read_text())
    victim = tmp_path / chance.choice(SHIPPED).name
    kind = chance.choice(["file", "parent", "large", "set", "with", "extends", "name"])
    given_: list[str] = [str(victim)]
    if kind in ("file", "with"):
        victim.write_bytes(_mutated(victim.read_text(), chance).encode(errors="surrogateescape"))
    elif kind == "parent":
        victim = tmp_path / "reference.yaml"
        victim.write_bytes(_mutated(victim.read_text(), chance).encode(errors="surrogateescape"))
    elif kind == "large":
        victim.write_text(_large(chance))
    elif kind == "extends":
        victim.write_text(
            f"extends: {chance.choice(['.', '..', '/', '/dev/zero', victim.name, 'a' * 5000, '~'])}\n"
        )
    elif kind == "name":
        given_ = [chance.choice(["", ".", "/dev/null", "a" * 5000, "\udcff.yaml", "a\nb", "-", "pod.yaml/"])]
    if kind == "with":
        given_ += ["--with", chance.choice([str(victim), "/dev/zero", "", str(tmp_path)])]
    if kind == "set" or chance.random() < 0.2:
        given_ += ["--set", _assignment(chance)]
    began = time.process_time()
    result = CliRunner().invoke(group, ["validate", *given_])
    assert time.process_time() - began < LIMIT, (kind, given_)
    assert result.exit_code in (0, 2), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    assert "bug in simsales" not in result.output
    assert (result.exit_code == 2) == ("error: " in result.stderr.lower())
