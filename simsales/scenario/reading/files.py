"""Scenario files, with all that they extend, as layers of nodes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from simsales.errors import Fault, ScenarioError
from simsales.scenario.messages import near_miss, shortened
from simsales.scenario.reading.nodes import Node, Place
from simsales.scenario.reading.yaml_nodes import read_yaml

LARGEST = 2**18
"""Most bytes of a file; a scenario needs a twentieth of it."""


def read_files(files: Iterable[str | os.PathLike[str]], faults: list[Fault]) -> list[Node] | None:
    """The nodes of the files and of all that they extend, each to be laid over the one before.

    Faults go into ``faults``. Returns None if some file cannot be read.
    """
    layers: list[Node] | None = []
    for file in files:
        try:
            chain = _chain(os.fsdecode(file), faults)
        except ScenarioError as error:
            faults.extend(error.faults)
            layers = None
        else:
            layers = layers + chain if layers is not None else None
    return layers


def _chain(file: str, faults: list[Fault]) -> list[Node]:
    """The nodes of a file and of all that it extends, the most distant ancestor first.

    Raises:
        ScenarioError: a file of the chain cannot be read; ``faults`` has those found before.
    """
    chain: list[Node] = []
    extended_at: Place | None = None
    seen: dict[str, str] = {}
    while True:
        text = _text(file, extended_at or Place(file, 1, 1))
        identity = os.path.realpath(file)
        if identity in seen:
            assert extended_at is not None
            round_trip = " → ".join([*list(seen.values())[list(seen).index(identity) :], file])
            raise ScenarioError(
                [extended_at.fault(f"a circle, {round_trip}", "a file that does not extend this one")]
            )
        seen[identity] = file
        node = read_yaml(text, Place(file, 1, 1), faults)
        if node is None:
            raise ScenarioError([Place(file, 1, 1).fault("an empty file", "a scenario")])
        if not isinstance(node.value, dict):
            raise ScenarioError([node.place.fault(node.written, "a mapping such as `horizon_months: 24`")])
        chain.insert(0, node)
        parent = node.value.pop("extends", None)
        if parent is None or parent.broken:
            return chain
        if not isinstance(parent.value, str) or not parent.value.strip():
            faults.append(parent.place.fault(parent.written, "the name of a scenario file"))
            node.broken = True
            return chain
        extended_at = parent.place
        file = os.path.join(os.path.dirname(file), parent.value)  # noqa: PTH118, PTH120


def _text(file: str, place: Place) -> str:
    """The text of a file; a fault at ``place`` if there is no such file.

    Raises:
        ScenarioError: the file cannot be read, or is no text.
    """
    name = shortened(file, longest=1000)
    try:
        with open(file, "rb", opener=_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode) or _of_a_process(file):
                raise ScenarioError([place.fault(f"no regular file, {name}", "a scenario file")])
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise ScenarioError([place.fault(f"no file {name}", "a scenario file", _neighbour(file))]) from None
    except IsADirectoryError:
        raise ScenarioError([place.fault(f"a directory, {name}", "a scenario file")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(
            [place.fault(f"{name}, which cannot be read ({reason})", "a readable file")]
        ) from None
    return _decoded(data, file)


def _without_waiting(file: str, flags: int) -> int:
    """Open without waiting for a writer if it is a named pipe."""
    return os.open(file, flags | getattr(os, "O_NONBLOCK", 0))


def _of_a_process(file: str) -> bool:
    """Whether the name leads, through any links, to an open file of some process, as /dev/stdin does.

    Such a name may be a pipe or a regular file, and no file next to it can be extended.
    """
    for _ in range(40):  # as many links as an operating system follows
        folder = os.path.realpath(os.path.dirname(file))  # noqa: PTH120
        if folder == "/dev/fd" or folder.startswith("/proc/"):
            return True
        if not os.path.islink(file):  # noqa: PTH114
            return False
        file = os.path.join(folder, os.readlink(file))  # noqa: PTH115, PTH118
    return True


def _decoded(data: bytes, file: str) -> str:
    if len(data) > LARGEST:
        raise ScenarioError(
            [Place(file, 1, 1).fault("a file above 256 KiB", "a scenario, which needs some 10 KiB")]
        )
    zero = data.find(b"\0")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = min(error.start, zero) if zero >= 0 else error.start
    else:
        if zero < 0:
            return text
        bad = zero
    before = data[:bad].decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    raise ScenarioError([place.fault(f"binary or not UTF-8: byte 0x{data[bad]:02x}", "a text file in UTF-8")])


def _neighbour(file: str) -> str | None:
    """A file in the same folder with a name close to the missing one's."""
    wanted = Path(file)
    try:
        names = sorted(entry.name for entry in wanted.parent.iterdir() if entry.is_file())
    except (OSError, ValueError):
        return None
    close = near_miss(wanted.name, names)
    return str(wanted.with_name(close)) if close else None
