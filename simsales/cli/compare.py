"""``simsales compare``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simsales.cli import experiment, options
from simsales.errors import InputError


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE FILE...")
@options.of_an_experiment
def compare(
    files: tuple[str, ...],
    replications: int,
    seed: int,
    workers: int,
    out: Path | None,
    overlays: tuple[str, ...],
    overrides: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Simulate alternatives and say how they differ from the first.

    Every alternative meets the same luck: lead 17 of a channel is the same lead in all of them. So what
    differs is the organization, and few replications show it. --with and --set change all
    alternatives alike.

    Prints a table, and saves the results and two charts (monthly MRR, paired differences) in a new folder
    under results/. With --out a folder of your choice; the same command with the same --out goes on where
    it was interrupted, with more --replications adds to what is there, and else only draws again.

    \b
    Examples:
      simsales compare scenarios/silo.yaml scenarios/pod.yaml
      simsales compare scenarios/silo.yaml scenarios/pod.yaml --replications 200
      simsales compare scenarios/silo.yaml scenarios/pod.yaml \\
          --set organization.handoff.across_teams.drop_probability=0.05
      simsales compare scenarios/silo.yaml scenarios/pod.yaml \\
          --with scenarios/claims.yaml
    """
    scenarios = experiment.read(files, overlays, overrides)
    if len(scenarios) < 2:
        raise InputError(
            "compare needs two scenario files at least: the first is what the others are compared with"
        )
    results = experiment.perform(
        scenarios, replications=replications, seed=seed, workers=workers, out=out, quiet=quiet
    )

    from simsales.analysis.comparison import compare as compare_kpis
    from simsales.analysis.kpis import describe
    from simsales.analysis.wording import ordered
    from simsales.charts.monthly_mrr import monthly_mrr
    from simsales.charts.paired_differences import paired_differences

    baseline, *others = scenarios
    currency = scenarios[baseline].currency
    values = results.kpis.values
    names = ordered(kpi for kpis in values.values() for kpi in kpis)
    comparison = compare_kpis(
        values, baseline=baseline, better={name: describe(name).better for name in names}
    )
    mrr = results.monthly("ledger", "mrr_closing")
    charts = {
        "monthly-mrr": monthly_mrr(mrr.values, mrr.months, currency=currency),
        "paired-differences": paired_differences(comparison, describe, currency=currency),
    }
    if as_json:
        experiment.save(results, charts)
        kpis = comparison.to_json()
        answer = {
            "baseline": baseline,
            "alternatives": others,
            "replications": comparison.replications,
            "seed": seed,
            "results": str(results.folder),
            "kpis": {kpi: kpis[kpi] for kpi in names},
        }
        click.echo(json.dumps(answer, indent=2, allow_nan=False))
    else:
        from simsales.cli.tables import comparison_table

        experiment.present(results, comparison_table(comparison, describe, currency=currency), charts)
    experiment.end(results)
