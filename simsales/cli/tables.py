"""Tables for the terminal: what `run` and `compare` print. The only module that speaks rich tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from simsales.analysis.comparison import Comparison, KpiComparison
from simsales.analysis.intervals import Summary
from simsales.analysis.wording import Described, Wording, counted, grouped, label, level, percent

FULL_WIDTH, MEANS_WIDTH = 92, 74
"""Widths of the terminal below which a comparison leaves out change in % and chance, then the means too."""


def run_table(
    summaries: Mapping[str, Summary],
    describe: Callable[[str], Described],
    *,
    title: str,
    replications: int,
    currency: str = "USD",
) -> RenderableType:
    """The KPIs of one scenario, grouped: mean with its 95 % half-width, and the spread over replications.

    Args:
        summaries: by KPI.
        describe: gives a KPI's description, of which the unit is used.
        title: the scenario's name, for the headline.
        replications: how many there are, whether or not a KPI is defined in them.
        currency: of all amounts.
    """
    words = Wording(describe, currency)
    table = _table()
    table.add_column("KPI", overflow="fold")
    table.add_column("unit", overflow="fold")
    for heading in ("mean ± 95 %", "p5", "median", "p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    for group, kpis in grouped(summaries).items():
        table.add_row(Text(group, style="bold"))
        for kpi in kpis:
            s = summaries[kpi]
            spread = None if s.p5 is None or s.p95 is None else s.p95 - s.p5
            k = words.in_thousands(kpi, s.mean, s.half_width)
            cells = (
                f"  {label(kpi)}" + (f" (in {s.n})" if s.n < replications else ""),
                words.unit(kpi),
                words.estimate(kpi, s.mean, s.half_width),
                *(words.value(kpi, p, spread, thousands=k) for p in (s.p5, s.p50, s.p95)),
            )
            table.add_row(*map(Text, cells))
    told = [kpi for kpi in ("win", "mrr_end", "customers_end") if kpi in summaries]
    said = ", ".join(f"{label(kpi)} {words.told(kpi, summaries[kpi])}" for kpi in told)
    note = (
        f"{counted(replications)}. ± is the half-width of the 95 % interval of the mean: how well it is "
        "known. Between p5 and p95 lie nine replications in ten: how futures differ."
    )
    if any(s.n < replications for s in summaries.values()):
        note += " (in n): defined in n replications only."
    return Group(Text(f"{title}: {said}." if said else title, style="bold"), table, Text(note, style="dim"))


def comparison_table(
    comparison: Comparison, describe: Callable[[str], Described], *, currency: str = "USD"
) -> RenderableType:
    """Every alternative against the baseline: a sentence with the finding and a table for each.

    Fits 100 columns; a narrower terminal gets fewer columns (`FULL_WIDTH`).

    Args:
        comparison: as `simsales.analysis.comparison.compare` gives it.
        describe: gives a KPI's description, of which the unit is used.
        currency: of all amounts.
    """
    words = Wording(describe, currency)
    blocks: list[RenderableType] = []
    for other in comparison.others:
        sentence = Text(words.headline(comparison, other), style="bold")
        blocks += [sentence, _Block(comparison, other, words)]
        if gained := words.pairing(comparison, other):
            blocks += [Text(gained, style="dim"), Text()]
    together = f", simultaneous over the {len(comparison.others)} alternatives of a KPI"
    note = (
        f"{counted(comparison.replications)}, paired by common random numbers. ± is the half-width of the "
        f"{level(comparison.confidence)} interval of the paired difference"
        f"{together if len(comparison.others) > 1 else ''}. Chance better is the share of the "
        "replications in which it does better; what is shown is about the mean. Each KPI is judged on its "
        "own: of twenty without any true difference, "
        f"{_expected(20 * (1 - comparison.confidence))} will seem to show one."
    )
    return Group(*blocks, Text(note, style="dim"))


class _Block:
    """The table of one alternative; the columns depend on the width that rich offers."""

    def __init__(self, comparison: Comparison, other: str, words: Wording) -> None:
        self.comparison, self.other, self.words = comparison, other, words

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._build(options.max_width)

    def _build(self, width: int) -> Table:
        headings = (
            "KPI",
            self.comparison.baseline,
            self.other,
            "difference",
            "in %",
            "chance\nbetter",
            "verdict",
        )
        shown = range(7) if width >= FULL_WIDTH else (0, 1, 2, 3, 6) if width >= MEANS_WIDTH else (0, 3, 6)
        kpis = self.comparison.kpis
        rows = {name: self._row(name, kpis[name]) for name in kpis}
        table = _table()
        for column in shown:
            figures = 0 < column < 6
            # A figure is never broken over two lines; the name of an alternative above it may be.
            room = max(10 if column == 3 else 6, *(len(row[column]) for row in rows.values()))
            table.add_column(
                Text(headings[column]),
                justify="right" if figures else "left",
                overflow="fold",
                width=room if figures else None,
                no_wrap=column == 6,
            )
        for group, names in grouped(kpis).items():
            table.add_row(Text(group, style="bold"))
            for name in names:
                table.add_row(*(rows[name][column] for column in shown))
        return table

    def _row(self, name: str, kpi: KpiComparison) -> tuple[Text, ...]:
        words, d, baseline = self.words, kpi.differences[self.other], self.comparison.baseline
        pairs = f" ({d.n} pair{'' if d.n == 1 else 's'})" if d.n < self.comparison.replications else ""
        undirected = kpi.better == "neither"
        cells = (
            f"  {words.tag(name)}{pairs}",
            words.value(name, kpi.means[baseline], d.half_width),
            words.value(name, kpi.means[self.other], d.half_width),
            words.estimate(name, d.mean, d.half_width, sign=True),
            "–" if d.relative is None else f"{percent(d.relative, d.relative_half_width)[0]} %",
            "–" if d.p_better is None or undirected else f"{100 * d.p_better:.0f} %",
        )
        return *map(Text, cells), _verdict(kpi, self.other)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")


def _verdict(kpi: KpiComparison, other: str) -> Text:
    """The verdict with what it means in words, so that colour only repeats it."""
    verdict, judgement = kpi.differences[other].verdict, kpi.judgement(other)
    if judgement in ("better", "worse"):
        return Text(f"{verdict} ({judgement})", style="green" if judgement == "better" else "red")
    return Text(verdict, style="" if judgement == "differs" else "dim")


def _expected(count: float) -> str:
    return "one" if round(count, 9) == 1 else f"{count:.2g}"
