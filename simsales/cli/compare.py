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
    everything: bool,
    quiet: bool,
) -> None:
    """Simulate alternatives and say how they differ from the first.

    Every alternative meets the same luck: lead 17 of a channel is the same lead in all of them. So what
    differs is the organization, and few replications show it. --with and --set change all
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
    scenarios = experiment.read(files, overlays, overrides)
    if len(scenarios) < 2:
        raise InputError(
            "compare needs two scenario files at least: the first is what the others are compared with"
        )
    results = experiment.perform(
        scenarios, replications=replications, seed=seed, workers=workers, out=out, quiet=quiet
    )

    from simsales.analysis.comparison import compare as compare_kpis
    from simsales.analysis.intervals import summary
    from simsales.analysis.kpis import apart, describe
    from simsales.analysis.monthly import monthly_kpis
    from simsales.analysis.teams import team_kpis
    from simsales.analysis.tidy import tidy_tables
    from simsales.analysis.wording import ordered
    from simsales.charts.cumulative_cash import cumulative_cash
    from simsales.charts.monthly_mrr import monthly_mrr
    from simsales.charts.paired_differences import paired_differences

    baseline, *others = scenarios
    currency, horizon = scenarios[baseline].currency, scenarios[baseline].horizon_months
    values = results.kpis.values
    totals, by_tier = apart(values, {name: list(scenario.tiers) for name, scenario in scenarios.items()})
    comparisons = {}
    for tier, of in {"": totals, **by_tier}.items():
        names = ordered(kpi for kpis in of.values() for kpi in kpis)
        comparisons[tier] = compare_kpis(
            {alternative: of.get(alternative, {}) for alternative in values},
            baseline=baseline,
            better={kpi: describe(kpi).better for kpi in names},
        )
    comparison, tiers = comparisons[""], {tier: c for tier, c in comparisons.items() if tier}
    months = monthly_kpis(results, horizon_months=horizon)
    mrr = results.monthly("ledger", "mrr_closing")
    teams = team_kpis(results, horizon_months=horizon)
    changed = experiment.changes(overlays, overrides)
    saved = experiment.Files(
        charts={
            "monthly-mrr": monthly_mrr(mrr.values, mrr.months, currency=currency, remark=changed),
            "cumulative-cash": cumulative_cash(
                {name: kpis["cash_end"] for name, kpis in months.items()},
                low={name: summary(kpis["cash_low"]) for name, kpis in totals.items()},
                break_even={name: summary(kpis["break_even_month"]) for name, kpis in totals.items()},
                currency=currency,
                remark=changed,
            ),
            "paired-differences": paired_differences(comparison, describe, currency=currency, remark=changed),
        },
        tables=tidy_tables(values, months, teams, describe, currency=currency, comparisons=comparisons),
    )
    if as_json:
        experiment.save(results, saved)
        answer: dict[str, object] = {
            "baseline": baseline,
            "alternatives": others,
            "replications": comparison.replications,
            "seed": seed,
            "results": str(results.folder),
            "kpis": experiment.answered(comparison.to_json(), comparison.replications),
        }
        if tiers:
            answer["tiers"] = {
                tier: experiment.answered(c.to_json(), c.replications) for tier, c in tiers.items()
            }
        click.echo(json.dumps(answer, indent=2, allow_nan=False))
    else:
        from simsales.cli.tables import comparison_table

        table = comparison_table(comparison, describe, currency=currency, tiers=tiers, everything=everything)
        asked = [
            f"{name}: {scenarios[name].question}"
            for name in others
            if scenarios[name].question not in ("", scenarios[baseline].question)
        ]
        experiment.present(results, table, saved, *asked, changed)
    experiment.doubt_idle(teams)
    experiment.end(results)
