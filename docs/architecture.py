"""Draws the import graph into docs/architecture.md, from the code.

python docs/architecture.py            writes the generated parts anew
python docs/architecture.py --check    ends with 1 if they are out of date, or if there is a circle
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_suffix(".md")
PACKAGE = ROOT / "simsales"

Graph = dict[str, set[str]]
"""By module, the modules that it imports."""


def import_graph(package: Path = PACKAGE) -> Graph:
    """Who imports whom: every import counts, at whatever place in a file, for types or at run time.

    The package's own ``__init__`` files count as what they import: whoever imports a package imports these.
    """
    files = {_name(file, package): file for file in sorted(package.rglob("*.py"))}
    return {name: set(_imports(file, files)) - {name} for name, file in files.items()}


def _name(file: Path, package: Path) -> str:
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(file: Path, modules: Mapping[str, Path]) -> Iterable[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in modules:
                    yield full
                elif node.module in modules:
                    yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)


def order(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules from the ground up: each comes after all that it imports, else in alphabetical order.

    Raises:
        CycleError: if there is no such order.
    """
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    found: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        # Folder by folder: go on in the folder of the last one as long as something in it is ready.
        folder = found[-1].rpartition(".")[0] if found else ""
        here = [name for name in ready if name.rpartition(".")[0] == folder]
        name = (here or ready)[0]
        ready.remove(name)
        found.append(name)
        sorter.done(name)
    return found


def folders(graph: Mapping[str, set[str]], depth: int, inside: str = "simsales") -> Graph:
    """The same graph between the parts of a folder: its subfolders and its own files."""

    def part(name: str) -> str | None:
        if not name.startswith(f"{inside}."):
            return None
        return ".".join(name.split(".")[:depth])

    found: Graph = {}
    for name, imported in graph.items():
        here = part(name)
        if here is not None:
            found.setdefault(here, set()).update(
                other for other in map(part, imported) if other is not None and other != here
            )
    return found


def reduced(graph: Mapping[str, set[str]]) -> Graph:
    """The graph without the arrows that follow from others."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        pending = list(graph[start])
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                pending += graph.get(name, set())
        return seen

    return {
        name: {other for other in others if not any(other in reach(third) for third in others - {other})}
        for name, others in graph.items()
    }


def mermaid(graph: Mapping[str, set[str]]) -> str:
    """The graph as a mermaid diagram, arrows pointing to what is imported."""
    short = {name: name.rpartition(".")[2] for name in graph}
    lines = ["```mermaid", "flowchart TD"]
    lines += [f"  {name.replace('.', '_')}[{short[name]}]" for name in sorted(graph)]
    for name, others in sorted(reduced(graph).items()):
        lines += [f"  {name.replace('.', '_')} --> {other.replace('.', '_')}" for other in sorted(others)]
    return "\n".join([*lines, "```"])


def parts() -> dict[str, str]:
    """The generated parts of the page, by the name of their marker."""
    graph = import_graph()
    model = {
        name: {other for other in others if other.startswith("simsales.model.")}
        for name, others in graph.items()
        if name.startswith("simsales.model.")
    }
    reading = [name.removeprefix("simsales.model.").replace(".", "/") + ".py" for name in order(model)]
    reading = [path for path in reading if (PACKAGE / "model" / path).exists()]
    first_lines = [_first_line(PACKAGE / "model" / path) for path in reading]
    width = max(map(len, reading))
    return {
        "folders": mermaid(folders(graph, 2)),
        "model": mermaid(folders(graph, 3, "simsales.model")),
        "scenario": mermaid(folders(graph, 3, "simsales.scenario")),
        "reading": "\n".join(
            [
                "```text",
                *(f"{path:{width}}  {line}" for path, line in zip(reading, first_lines, strict=True)),
                "```",
            ]
        ),
    }


def _first_line(file: Path) -> str:
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def page(text: str) -> str:
    """The page with its generated parts made anew."""
    for name, part in parts().items():
        pattern = rf"(<!-- {name} -->\n.*?<!-- end -->)"
        if not re.search(pattern, text, re.DOTALL):
            raise SystemExit(f"{PAGE.name} has no part called {name}")
        before, _, after = re.split(pattern, text, maxsplit=1, flags=re.DOTALL)
        text = f"{before}<!-- {name} -->\n{part}\n<!-- end -->{after}"
    return text


def main() -> None:
    """Write the page, or check it."""
    text = PAGE.read_text(encoding="utf-8")
    try:
        order(import_graph())
        new = page(text)
    except CycleError as error:
        raise SystemExit(f"imports run in a circle: {' → '.join(error.args[1])}") from error
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(new, encoding="utf-8")
    elif new != text:
        raise SystemExit(f"{PAGE.name} is not up to date: python docs/architecture.py")


if __name__ == "__main__":
    main()
