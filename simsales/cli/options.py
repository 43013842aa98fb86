"""Options that several commands share, each a decorator."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from simsales.cli import DEBUG

_F = TypeVar("_F", bound=Callable[..., Any])


def cores() -> int:
    """Number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Folder(click.Path):
    """The name of a folder. An empty one, such as an unset variable of a shell gives, is refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse an empty name."""
        if value == "":
            self.fail("the name of a folder is expected, found nothing", param, ctx)
        return super().convert(value, param, ctx)


def replications(default: int) -> Callable[[_F], _F]:
    """``--replications N``, as ``replications: int``."""
    return click.option(
        "--replications", type=click.IntRange(1, 1_000_000), default=default, show_default=True, metavar="N",
        help="How many times to simulate each scenario.",
    )  # fmt: skip


seed = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, metavar="N",
    help="Same seed, same random numbers, same results.",
)  # fmt: skip
"""``--seed N``, as ``seed: int``."""

workers = click.option(
    "--workers", type=click.IntRange(min=1), default=cores, show_default="all cores", metavar="N",
    help="Processes that simulate side by side. The results do not depend on it.",
)  # fmt: skip
"""``--workers N``, as ``workers: int``."""

out = click.option(
    "--out", type=Folder(file_okay=False, path_type=Path), default=None, metavar="DIR",
    help="Where to put the results; left out, a new folder under results/.",
)  # fmt: skip
"""``--out DIR``, as ``out: Path | None``."""

overlays = click.option(
    "--with", "overlays", multiple=True, metavar="FILE",
    help="Lay a file of changes over every scenario, such as scenarios/claims.yaml. May be repeated.",
)  # fmt: skip
"""``--with FILE`` (repeatable), as ``overlays: tuple[str, ...]``; they come before what ``--set`` changes."""

overrides = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Change the scenario, as in people.AE.hours_per_month=120; null removes. May be repeated.",
)  # fmt: skip
"""``--set KEY=VALUE`` (repeatable), as ``overrides: tuple[str, ...]``."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
"""``--json``, as ``as_json: bool``."""

everything = click.option(
    "--all", "everything", is_flag=True, help="Show every KPI, not only those that matter most."
)
"""``--all``, as ``everything: bool``."""

quiet = click.option("--quiet", is_flag=True, help="Show no progress.")
"""``--quiet``, as ``quiet: bool``."""


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value


debug = click.option(
    "--debug", is_flag=True, is_eager=True, expose_value=False, callback=_remember,
    help="On an error, show where in the program it happened.",
)  # fmt: skip
"""``--debug``; every command has it, none needs to look at it."""


@dataclass(frozen=True)
class Given:
    """The options of a command that simulates, each described beside its decorator above."""

    replications: int
    seed: int
    workers: int
    out: Path | None
    overlays: tuple[str, ...]
    overrides: tuple[str, ...]
    as_json: bool
    everything: bool
    quiet: bool

    @property
    def changes(self) -> str:
        """A sentence that names the changes to the scenarios; empty if there are none that matter."""
        changed = [Path(overlay).name for overlay in self.overlays]
        changed += [override for override in self.overrides if not override.startswith("question=")]
        return f"Changed for this run: {', '.join(changed)}." if changed else ""


def of_an_experiment(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that simulates, together as ``given: Given``."""

    @wraps(command)
    def collected(*arguments: Any, **values: Any) -> None:
        given = Given(**{field.name: values.pop(field.name) for field in fields(Given)})
        command(*arguments, given=given, **values)

    for option in (
        debug,
        quiet,
        everything,
        as_json,
        overrides,
        overlays,
        out,
        workers,
        seed,
        replications(50),
    ):
        collected = option(collected)
    return collected
