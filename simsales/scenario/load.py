"""From scenario files to a ``Scenario``, and back to text."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from simsales.errors import Fault, ScenarioError
from simsales.scenario.faults import doubtful, faults_of, idle_faults, path_fault
from simsales.scenario.journey import in_order
from simsales.scenario.merge import Idle, New, merge, override
from simsales.scenario.nodes import Node, Place, read
from simsales.scenario.schema import Scenario
from simsales.scenario.words import near_miss, shortened

LARGEST = 2**20
"""Bytes; a scenario needs a hundredth of it."""


def load(
    path: str | os.PathLike[str],
    *,
    overrides: Sequence[str] = (),
    overlays: Sequence[str | os.PathLike[str]] = (),
    doubts: list[Fault] | None = None,
) -> Scenario:
    """Read a scenario file, with all that it extends; lay ``overlays`` over it, then ``overrides``; check the
    result.

    Args:
        path: the scenario file.
        overrides: texts such as ``"people.AE.salary_per_year=70000"``, applied last and in order.
        overlays: files to be merged on top as if they extended the scenario.
        doubts: takes what may be a slip, though nothing is wrong with it: a team ``pods``, new beside a team
            ``pod`` that the file extends.

    Raises:
        ScenarioError: with every fault found, each at its place in the file (or override) that it was written
        in.
    """
    faults: list[Fault] = []
    unread = False
    layers: list[Node] = []
    for file in (path, *overlays):
        try:
            layers.extend(_chain(os.fspath(file), faults))
        except ScenarioError as error:
            faults.extend(error.faults)
            unread = True
    patches: list[Node] = []
    for argument in overrides:
        try:
            patch = override(argument, faults)
        except ScenarioError as error:
            faults.extend(error.faults)
        else:
            patches.extend([patch] if patch is not None else [])
    if unread:
        raise ScenarioError(faults)

    idle: list[Idle] = []
    new: list[New] = []
    root: Node | None = None
    for layer in layers:
        root = merge(root, layer, idle, new)
    assert root is not None
    for patch in patches:
        astray = path_fault(patch, root)
        if astray is not None:
            faults.append(astray)
        else:
            root = merge(root, patch, idle, new)
    faults.extend(idle_faults(idle, root))
    try:
        scenario = Scenario.model_validate(root.plain())
    except ValidationError as error:
        raise ScenarioError([*faults, *faults_of(error, root)]) from None
    if faults:
        raise ScenarioError(faults)
    if doubts is not None:
        doubts.extend(doubtful(new))
    return scenario


def to_yaml(scenario: Scenario) -> str:
    """The whole scenario as YAML, defaults and all; ``load`` reads it back to an equal one.

    Steps stand in the order of their journey.
    """
    data = scenario.model_dump(mode="json", exclude_none=True)
    for tier, steps in scenario.journeys.items():
        data["journeys"][tier] = {name: data["journeys"][tier][name] for name in in_order(steps)}
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.Representer = _Representer
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()


class _Representer(SafeRepresenter):
    """Quotes texts with line breaks or other characters that YAML would not keep as they are."""

    def represent_str(self, data: str) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if data.isprintable() else '"')


_Representer.add_representer(str, _Representer.represent_str)


def _chain(file: str, faults: list[Fault]) -> list[Node]:
    """The nodes of a file and of all that it extends, the most distant ancestor first.

    Raises:
        ScenarioError: a file of the chain cannot be read; ``faults`` has those found before.
    """
    chain: list[Node] = []
    said_at: Place | None = None
    seen: dict[str, str] = {}
    while True:
        text = _text(file, said_at or Place(file, 1, 1))
        identity = os.path.realpath(file)
        if identity in seen:
            assert said_at is not None
            round_trip = " → ".join([*list(seen.values())[list(seen).index(identity) :], file])
            raise ScenarioError(
                [said_at.fault(f"a circle, {round_trip}", "a file that does not extend this one")]
            )
        seen[identity] = file
        node = read(text, Place(file, 1, 1), faults)
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
        said_at = parent.place
        file = os.path.join(os.path.dirname(file), parent.value)  # noqa: PTH118, PTH120


def _text(file: str, place: Place) -> str:
    """The text of a file; that it is not there, or no file, is a fault at ``place``."""
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
    """Open without waiting for somebody to write into a named pipe."""
    return os.open(file, flags | getattr(os, "O_NONBLOCK", 0))


def _of_a_process(file: str) -> bool:
    """Whether the name leads, by whatever links, to an open file of some process, as /dev/stdin does.

    Such a name is a pipe at one time and a regular file at another, and none of its neighbours can be
    extended.
    """
    for _ in range(40):  # as many links as a system follows
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
            [Place(file, 1, 1).fault("a file above 1 MiB", "a scenario, which needs some 10 KiB")]
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
