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
    everything: bool,
    quiet: bool,
) -> None:
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
    scenarios = experiment.read([file], overlays, overrides)
    ((name, scenario),) = scenarios.items()
    results = experiment.perform(
        scenarios, replications=replications, seed=seed, workers=workers, out=out, quiet=quiet
    )

    from simsales.analysis.intervals import summaries
    from simsales.analysis.kpis import apart, describe
    from simsales.analysis.monthly import monthly_kpis
    from simsales.analysis.teams import team_kpis
    from simsales.analysis.tidy import tidy_tables
    from simsales.charts.cumulative_cash import cumulative_cash
    from simsales.charts.funnel import funnel
    from simsales.charts.monthly_mrr import monthly_mrr

    count, currency = len(results.kpis.replications), scenario.currency
    values = results.kpis.values
    totals, by_tier = apart(values, {name: list(scenario.tiers)})
    kpis = summaries(totals[name])
    tiers = {tier: summaries(of[name]) for tier, of in by_tier.items()}
    months = monthly_kpis(results, horizon_months=scenario.horizon_months)
    mrr = results.monthly("ledger", "mrr_closing")
    teams = team_kpis(results, horizon_months=scenario.horizon_months)
    changed = experiment.changes(overlays, overrides)
    saved = experiment.Files(
        charts={
            "monthly-mrr": monthly_mrr(mrr.values, mrr.months, currency=currency, remark=changed),
            "cumulative-cash": cumulative_cash(
                {name: months[name]["cash_end"]},
                low={name: kpis["cash_low"]},
                break_even={name: kpis["break_even_month"]},
                currency=currency,
                remark=changed,
            ),
            "funnel": funnel(kpis, scenario=name, replications=count, remark=changed),
        },
        tables=tidy_tables(values, months, teams, describe, currency=currency),
    )
    if as_json:
        experiment.save(results, saved)
        answer: dict[str, object] = {
            "scenario": name,
            "replications": count,
            "seed": seed,
            "results": str(results.folder),
            "kpis": experiment.answered({kpi: s.to_json() for kpi, s in kpis.items()}, count),
        }
        if tiers:
            answer["tiers"] = {
                tier: experiment.answered({kpi: s.to_json() for kpi, s in of.items()}, count)
                for tier, of in tiers.items()
            }
        click.echo(json.dumps(answer, indent=2, allow_nan=False))
    else:
        from simsales.cli.tables import run_table

        table = run_table(
            kpis,
            describe,
            title=name,
            replications=count,
            currency=currency,
            tiers=tiers,
            everything=everything,
        )
        experiment.present(results, table, saved, scenario.question, changed)
    experiment.doubt_idle(teams)
    experiment.end(results)
