"""``simsales validate``."""

from __future__ import annotations

import click

from simsales.cli import options, scenarios
from simsales.errors import Fault, ScenarioError
from simsales.scenario import doubts_of_size, load


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.overlays
@options.overrides
@options.debug
def validate(files: tuple[str, ...], overlays: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Check scenario files, without simulating.

    Every fault is named with its place: file:line:column, what was found, what was expected. The exit code is
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
            scenario = load(file, overlays=overlays, overrides=overrides, doubts=doubts)
        except ScenarioError as error:
            faults.extend(error.faults)
            hints.extend(scenarios.hints_about(file, overlays, error.faults))
        else:
            click.echo(f"{file}: ok")
            scenarios.warn(f"{file}: {doubt}" for doubt in doubts_of_size(scenario))
    scenarios.warn(sorted(set(doubts)))
    if faults:
        raise scenarios.with_hints(faults, hints)
