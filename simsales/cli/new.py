"""``simsales new``."""

from __future__ import annotations

from pathlib import Path

import click

from simsales.cli import options
from simsales.errors import InputError


def examples() -> list[Path]:
    """The example scenarios and their schema: ``simsales/examples`` once installed, ``scenarios`` in a
    checkout.

    Raises:
        InputError: neither is there.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "examples", package.parent / "scenarios"):
        files = sorted(file for file in folder.glob("*") if file.suffix in (".yaml", ".json"))
        if files:
            return files
    raise InputError(f"no example scenarios beside {package}; reinstall simsales")


@click.command()
@click.argument("folder", metavar="DIR", type=options.Folder(path_type=Path))
@options.debug
def new(folder: Path) -> None:
    """Copy the example scenarios into DIR, to start from.

    Nothing is ever overwritten.

    \b
    Examples:
      simsales new trial
      simsales compare trial/silo.yaml trial/pod.yaml
    """
    sources = examples()
    copies = [folder / source.name for source in sources]
    standing = [str(copy) for copy in copies if copy.exists() or copy.is_symlink()]
    if standing:
        more = f" and {len(standing) - 1} more" if len(standing) > 1 else ""
        raise InputError(
            f"already there, and not overwritten: {standing[0]}{more}; choose another folder, such as "
            f"{folder}-2"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source, copy in zip(sources, copies, strict=True):
            with copy.open("xb") as file:  # x: neither over what appears meanwhile nor through a link
                file.write(source.read_bytes())
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error
    click.echo(f"Copied into {folder}:")
    for source in sources:
        click.echo(f"  {source.name}")
    click.echo("Next:")
    click.echo(f"  simsales validate {folder / 'pod.yaml'}")
    click.echo(f"  simsales compare {folder / 'silo.yaml'} {folder / 'pod.yaml'}")
