"""``simsales run``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simsales.cli import experiment, options


@click.command()
@click.argument("file", metavar="FILE")
@options.of_an_experiment
def run(
    file: str,
    replications: int,
    seed: int,
    workers: int,
    out: Path | None,
    overlays: tuple[str, ...],
    overrides: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Simulate a scenario many times and show its KPIs.

    Prints a table, and saves the results and two charts (monthly MRR, the funnel) in a new folder under
    results/. With --out a folder of your choice; the same command with the same --out goes on where it was
    interrupted, with more --replications adds to what is there, and else only draws again.

    \b
    Examples:
      simsales run scenarios/one-pod.yaml
      simsales run scenarios/one-pod.yaml --replications 200 --seed 7
      simsales run scenarios/one-pod.yaml --set organization.teams.pod.members.AE=4
      simsales run scenarios/one-pod.yaml --with scenarios/claims.yaml
      simsales run scenarios/one-pod.yaml --json --quiet
    """
    scenarios = experiment.read([file], overlays, overrides)
    ((name, scenario),) = scenarios.items()
    results = experiment.perform(
        scenarios, replications=replications, seed=seed, workers=workers, out=out, quiet=quiet
    )

    from simsales.analysis.intervals import summaries
    from simsales.analysis.kpis import describe
    from simsales.analysis.wording import ordered
    from simsales.charts.funnel import funnel
    from simsales.charts.monthly_mrr import monthly_mrr

    count = len(results.kpis.replications)
    kpis = summaries(results.kpis.values[name])
    mrr = results.monthly("ledger", "mrr_closing")
    charts = {
        "monthly-mrr": monthly_mrr(mrr.values, mrr.months, currency=scenario.currency),
        "funnel": funnel(kpis, scenario=name, replications=count),
    }
    if as_json:
        experiment.save(results, charts)
        answer = {
            "scenario": name,
            "replications": count,
            "seed": seed,
            "results": str(results.folder),
            "kpis": {kpi: kpis[kpi].to_json() for kpi in ordered(kpis)},
        }
        click.echo(json.dumps(answer, indent=2, allow_nan=False))
    else:
        from simsales.cli.tables import run_table

        table = run_table(kpis, describe, title=name, replications=count, currency=scenario.currency)
        experiment.present(results, table, charts)
    experiment.end(results)
