"""``simsales run``."""

from __future__ import annotations

from functools import partial

import click

from simsales.cli import experiment, options
from simsales.cli.scenarios import read


@click.command()
@click.argument("file", metavar="FILE")
@options.of_an_experiment
def run(file: str, given: options.Given) -> None:
    """Simulate a scenario many times and show its KPIs.

    Prints a table, and saves the results, three charts (monthly MRR, cumulative cash, the funnel) and all
    KPIs by tier, month and team (kpis.csv, monthly.csv, teams.csv) in a new folder under results/. With
    --out a folder of your choice; the same command with the same --out goes on where it was interrupted,
    with more --replications adds to what is there, and else only draws again.

    \b
    Examples:
      simsales run scenarios/one-pod.yaml
      simsales run scenarios/one-pod.yaml --replications 200 --seed 7
      simsales run scenarios/one-pod.yaml --set organization.teams.pod.members.AE=4
      simsales run scenarios/one-pod.yaml --with scenarios/claims.yaml
      simsales run scenarios/one-pod.yaml --json --quiet
    """
    ((name, scenario),) = read([file], given.overlays, given.overrides).items()
    import simsales.api as api  # not before the file is checked, which needs no numpy

    experiment.perform(partial(api.run, scenario, name=name), given)
