"""``simsales validate``."""

from __future__ import annotations

import click

from simsales.cli import experiment, options
from simsales.errors import Fault, ScenarioError
from simsales.scenario import load


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.overlays
@options.overrides
@options.debug
def validate(files: tuple[str, ...], overlays: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Check scenario files, without simulating.

    Every fault is told at its place: file:line:column, what was found, what was expected. Ends with exit code
    2 if there is any.

    \b
    Examples:
      simsales validate scenarios/pod.yaml
      simsales validate scenarios/silo.yaml scenarios/pod.yaml
      simsales validate scenarios/pod.yaml --set organization.teams.pod.count=4
      simsales validate scenarios/pod.yaml --with scenarios/claims.yaml
    """
    faults: list[Fault] = []
    doubts: list[Fault] = []
    hints: list[str] = []
    for file in files:
        try:
            load(file, overlays=overlays, overrides=overrides, doubts=doubts)
        except ScenarioError as error:
            faults.extend(error.faults)
            hints.extend(experiment.about(file, overlays, error.faults))
        else:
            click.echo(f"{file}: ok")
    experiment.voice(doubts)
    if faults:
        raise experiment.hinting(faults, hints)
