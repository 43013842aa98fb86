"""``simsales compare``."""

from __future__ import annotations

from functools import partial

import click

from simsales.cli import experiment, options
from simsales.cli.scenarios import read, warn
from simsales.errors import InputError
from simsales.scenario import doubts_between


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE FILE...")
@options.of_an_experiment
def compare(files: tuple[str, ...], given: options.Given) -> None:
    """Simulate alternatives and say how they differ from the first.

    All alternatives use common random numbers: lead 17 of a channel is the same lead in all of them. So
    what differs is the organization, and few replications show it. --with and --set change all
    alternatives alike.

    Prints a table, and saves the results, three charts (monthly MRR, cumulative cash, paired differences)
    and all KPIs by tier, month and team (kpis.csv, monthly.csv, teams.csv) in a new folder under results/.
    With --out a folder of your choice; the same command with the same --out goes on where it was
    interrupted, with more --replications adds to what is there, and else only draws again.

    \b
    Examples:
      simsales compare scenarios/silo.yaml scenarios/pod.yaml
      simsales compare scenarios/silo.yaml scenarios/pod.yaml --replications 200
      simsales compare scenarios/silo.yaml scenarios/pod.yaml \\
          --set organization.handoff.across_teams.drop_probability=0.05
      simsales compare scenarios/silo.yaml scenarios/pod.yaml \\
          --with scenarios/claims.yaml
    """
    scenarios = read(files, given.overlays, given.overrides)
    if len(scenarios) < 2:
        raise InputError(
            "compare needs two scenario files at least: the first is what the others are compared with"
        )
    warn(doubts_between(scenarios))
    import simsales.api as api  # not before the files are checked, which needs no numpy

    experiment.perform(partial(api.compare, scenarios), given)
