"""The KPIs as tidy rows, for a spreadsheet or another program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from simsales.analysis.intervals import Sample, interval, summary
from simsales.analysis.labels import ordered
from simsales.analysis.paired_comparison import Comparison
from simsales.kpis import Kpi, parts

Row = tuple[object, ...]

KPI_COLUMNS = (
    *("alternative", "tier", "kpi", "unit", "better", "mean", "half_width", "p5", "p50", "p95", "defined"),
    *("difference", "difference_half_width", "p_better", "correlation", "verdict", "pairs", "undefined_when"),
)
MONTHLY_COLUMNS = ("alternative", "tier", "month", "kpi", "unit", "mean", "half_width", "defined")
TEAM_COLUMNS = ("alternative", "team", "role", "kpi", "unit", "mean", "half_width", "defined")


def kpi_rows(
    values: Mapping[str, Mapping[str, Sample]],
    describe: Callable[[str], Kpi],
    *,
    currency: str,
    comparisons: Mapping[str, Comparison] | None = None,
) -> Iterator[Row]:
    """One row for each alternative and KPI, in the order of ``KPI_COLUMNS``; the total comes first and has an
    empty tier. Differences are those from the baseline, whose own rows have none; None where undefined.

    Args:
        values: As `simsales.analysis.pooling.kpi_samples` gives it.
        describe: Gives a KPI's definition.
        currency: Of all amounts.
        comparisons: By tier, the total under an empty name; by default there is nothing to compare.
    """
    for alternative, kpis in values.items():
        for name in sorted(ordered(kpis), key=lambda name: parts(name).tier):
            column, about = kpis[name], describe(name)
            s, tier = summary(column), parts(name).tier
            plain = parts(name).plain
            compared = (comparisons or {}).get(tier)
            d = compared.kpis[plain].differences.get(alternative) if compared is not None else None
            yield (
                *(alternative, tier, plain, about.unit.replace("currency", currency), about.better),
                *(s.mean, s.half_width, s.p5, s.p50, s.p95, s.n),
                *((None,) * 5 if d is None else (d.mean, d.half_width, d.p_better, d.correlation, d.verdict)),
                None if d is None else d.n,
                about.undefined if s.n < column.single.size else None,
            )


def monthly_rows(
    months: Mapping[str, Mapping[str, Sample]], describe: Callable[[str], Kpi], *, currency: str
) -> Iterator[Row]:
    """One row for each alternative, KPI and month, in the order of ``MONTHLY_COLUMNS``.

    Args:
        months: As `simsales.analysis.monthly.monthly_kpis` gives it.
        describe: Gives a KPI's definition.
        currency: Of all amounts.
    """
    for alternative, kpis in months.items():
        for name, values in kpis.items():
            tier, plain = parts(name).tier, parts(name).plain
            unit = describe(name).unit.replace("currency", currency)
            known, means, halves = interval(values)
            for month, (n, mean, half) in enumerate(
                zip(known.tolist(), means.tolist(), halves.tolist(), strict=True), 1
            ):
                yield (
                    *(alternative, tier, month, plain, unit),
                    *(_known(mean), _known(half), n),
                )


def team_rows(
    teams: Mapping[str, Mapping[tuple[str, str, str], Sample]], describe: Callable[[str], Kpi]
) -> Iterator[Row]:
    """One row for each alternative, team, role and KPI, in the order of ``TEAM_COLUMNS``.

    Args:
        teams: As `simsales.analysis.teams.team_kpis` gives it.
        describe: Gives a KPI's definition.
    """
    for alternative, kpis in teams.items():
        for (team, role, kpi), values in kpis.items():
            s = summary(values)
            yield alternative, team, role, kpi, describe(kpi).unit, s.mean, s.half_width, s.n


def _known(value: float) -> float | None:
    return value if value == value else None  # nan is unlike itself


def tidy_tables(
    values: Mapping[str, Mapping[str, Sample]],
    months: Mapping[str, Mapping[str, Sample]],
    teams: Mapping[str, Mapping[tuple[str, str, str], Sample]],
    describe: Callable[[str], Kpi],
    *,
    currency: str,
    comparisons: Mapping[str, Comparison] | None = None,
) -> dict[str, tuple[tuple[str, ...], Iterator[Row]]]:
    """Columns and rows of all tables, by name; the arguments are those of `kpi_rows`, `monthly_rows` and
    `team_rows`.
    """
    return {
        "kpis": (KPI_COLUMNS, kpi_rows(values, describe, currency=currency, comparisons=comparisons)),
        "monthly": (MONTHLY_COLUMNS, monthly_rows(months, describe, currency=currency)),
        "teams": (TEAM_COLUMNS, team_rows(teams, describe)),
    }
