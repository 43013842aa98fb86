"""Tables for the terminal: what `run` and `compare` print (long: which columns stand in which width)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from io import StringIO

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from simsales.analysis.formatting import counted, level, percent
from simsales.analysis.intervals import Summary
from simsales.analysis.labels import SHORT, TIER_SHORT, grouped, label, ordered
from simsales.analysis.paired_comparison import Comparison, Judgement, KpiComparison
from simsales.analysis.sentences import Described, Wording
from simsales.safe_text import printable

FULL_WIDTH, MEANS_WIDTH, VERDICT_WIDTH = 92, 74, 56
"""Widths of the terminal below which a comparison breaks the names of alternatives to the width of their
figures, then leaves out change in % and chance, then the means too, then the verdict."""
LEAST_NAME = 16
"""Letters of a KPI's name that stand in one line, however narrow the terminal."""
ONE_ALONE = "1 replication. At least two are needed to know how sure a figure is."
COSTS = "Profit and cash know the costs that the scenarios state, and no others."
RATIOS = "A ratio is that of all replications together, not the mean of theirs."
LONG_NAME = 16
"""Letters of the name of an alternative or a tier that stand in one line."""


def under(sentences: Sequence[str], table: RenderableType) -> RenderableType:
    """The table under these sentences, of which empty ones are left out."""
    return Group(*(_text(sentence) for sentence in sentences if sentence), table)


def as_text(renderable: RenderableType, width: int) -> str:
    """Plain text of this width, as on a terminal without colours."""
    out = StringIO()
    console = Console(
        file=out, width=width, color_system=None, force_terminal=False, force_jupyter=False, no_color=True
    )
    console.print(renderable)
    return out.getvalue().rstrip("\n")


def run_table(
    summaries: Mapping[str, Summary],
    describe: Callable[[str], Described],
    *,
    title: str,
    replications: int,
    currency: str = "USD",
    tiers: Mapping[str, Mapping[str, Summary]] | None = None,
    everything: bool = True,
    cautions: Sequence[str] = (),
) -> RenderableType:
    """The KPIs of one scenario, grouped: mean with its 95 % half-width, and the spread over replications.

    Args:
        summaries: By KPI.
        describe: Gives a KPI's definition, of which the unit is used.
        title: The scenario's name.
        replications: Their number, whether or not a KPI is defined in them.
        currency: Of all amounts.
        tiers: By tier and KPI; shown in short below the table.
        everything: Show all KPIs, not only the most important ones.
        cautions: What the reader must know before trusting the figures.
    """
    words = Wording(describe, currency)
    shown = {kpi: s for kpi, s in summaries.items() if everything or _in_short(kpi, s.n)}
    rows: list[Sequence[Text]] = []
    for group, kpis in grouped(shown).items():
        rows.append([_text(group, style="bold")])
        for kpi in kpis:
            s = shown[kpi]
            spread = None if s.p5 is None or s.p95 is None else s.p95 - s.p5
            k = words.in_thousands(kpi, s.mean, s.half_width)
            cells = (
                f"  {label(kpi)}" + (f" (in {s.n})" if s.n < replications else ""),
                words.unit(kpi),
                words.estimate(kpi, s.mean, s.half_width),
                *(words.value(kpi, p, spread, thousands=k) for p in (s.p5, s.p50, s.p95)),
            )
            rows.append([*map(_text, cells)])
    table = _RunBlock(rows)
    named = [kpi for kpi in ("win", "mrr_end", "profit", "customers_end") if kpi in summaries]
    said = ", ".join(f"{label(kpi)} {words.mean_in_text(kpi, summaries[kpi])}" for kpi in named)
    blocks: list[RenderableType] = [_text(f"{title}: {said}." if said else title, style="bold"), table]
    if tiers:
        cells_of = {
            tier: {
                kpi: _text(
                    words.estimate(kpi, s.mean, s.half_width)
                    + (f" (in {s.n})" if 0 < s.n < replications else "")
                )
                for kpi, s in of.items()
            }
            for tier, of in tiers.items()
        }
        blocks.append(_ByTier(cells_of, words, "mean ± 95 %"))
    blocks += _footnotes(words, [kpi for kpi, s in shown.items() if s.n < replications])
    note = (
        f"{counted(replications)}. ± is the half-width of the 95 % interval of the mean, or of the ratio: "
        f"how well it is known. {RATIOS} Between p5 and p95 lie nine replications in ten: how futures differ."
        if replications > 1
        else ONE_ALONE
    )
    if any(s.n < replications for s in shown.values()):
        note += " (in n): only n replications have a figure of their own; p5, median and p95 are of these."
    note += f" {COSTS}"
    return Group(*blocks, *_warned(cautions), _text(note, style="dim"), *_more(len(summaries) - len(shown)))


def comparison_table(
    comparison: Comparison,
    describe: Callable[[str], Described],
    *,
    currency: str = "USD",
    tiers: Mapping[str, Comparison] | None = None,
    everything: bool = True,
    cautions: Sequence[str] = (),
) -> RenderableType:
    """Every alternative against the baseline: a sentence with the finding and a table for each.

    Fits 100 columns; a narrower terminal gets fewer columns (`FULL_WIDTH`).

    Args:
        comparison: As `simsales.analysis.paired_comparison.compare` gives it.
        describe: Gives a KPI's definition, of which the unit is used.
        currency: Of all amounts.
        tiers: the same comparison by tier; shown in short below each table.
        everything: Show all KPIs, not only the most important ones.
        cautions: What the reader must know before trusting the figures.
    """
    words = Wording(describe, currency)
    shown = [
        kpi
        for kpi, about in comparison.kpis.items()
        if everything or _in_short(kpi, max(about.defined.values()))
    ]
    blocks: list[RenderableType] = []
    for other in comparison.others:
        sentence = _text(words.headline(comparison, other), style="bold")
        blocks += [sentence, _Block(comparison, other, words, shown)]
        if tiers:
            cells = {tier: _changes(of, other, words) for tier, of in tiers.items()}
            blocks.append(_ByTier(cells, words, f"{other} − {comparison.baseline} ± 95 %"))
        if gained := words.pairing(comparison, other):
            blocks += [_text(gained, style="dim"), _text()]
    blocks += _footnotes(
        words, [k for k in shown if min(comparison.kpis[k].defined.values()) < comparison.replications]
    )
    together = f", simultaneous over the {len(comparison.others)} alternatives of a KPI"
    note = (
        f"{counted(comparison.replications)}, paired by common random numbers. ± is the half-width of the "
        f"{level(comparison.confidence)} interval of the paired difference"
        f"{together if len(comparison.others) > 1 else ''}. {RATIOS} Chance better is the share of the "
        "replications in which it does better, ties counted half; what is shown is about the mean. Each KPI "
        "is judged on its own: of twenty without any true difference, "
        f"{_expected(20 * (1 - comparison.confidence))} will seem to show one."
        if comparison.replications > 1
        else ONE_ALONE
    )
    if any(min(comparison.kpis[kpi].defined.values()) < comparison.replications for kpi in shown):
        note += " (n pairs): in only n replications both have a figure of their own; the chance is of these."
    note += f" {COSTS}"
    return Group(
        *blocks, *_warned(cautions), _text(note, style="dim"), *_more(len(comparison.kpis) - len(shown))
    )


def _in_short(kpi: str, defined: int) -> bool:
    """Whether a KPI defined in so many replications stands in the short table: that of a role without work
    does not."""
    family, _, role = kpi.partition(".")
    return family in SHORT and not (role and not defined)


def _footnotes(words: Wording, kpis: Sequence[str]) -> list[RenderableType]:
    """Footnotes: why some of the KPIs are undefined in some replications."""
    return [_text(f"Undefined: {said}", style="dim") for said in words.undefined(ordered(kpis))]


def _warned(cautions: Sequence[str]) -> list[RenderableType]:
    return [_text(said, style="yellow") for said in cautions]


def _more(hidden: int) -> list[RenderableType]:
    if not hidden:
        return []
    said = (
        f"{hidden} more KPIs: --all shows them, kpis.csv and monthly.csv hold all of them by tier and month."
    )
    return [_text(said, style="dim")]


def _changes(comparison: Comparison, other: str, words: Wording) -> dict[str, Text]:
    """The differences in one tier by KPI, short enough for a narrow column."""
    found = {}
    for name, kpi in comparison.kpis.items():
        d, judgement = kpi.differences[other], kpi.judgement(other)
        said = words.estimate(name, d.mean, d.half_width, sign=True)
        shown = judgement != "no difference shown"
        found[name] = _text(f"{said} {judgement}" if shown else said, style=_STYLES[judgement])
    return found


class _RunBlock:
    """The table of one scenario. A narrow terminal gets fewer columns, never figures without their names."""

    def __init__(self, rows: Sequence[Sequence[Text]]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        headings = ("KPI", "unit", "mean ± 95 %", "p5", "median", "p95")
        rooms = [
            max(len(heading), *(len(row[column]) for row in self.rows if len(row) > 1), 0)
            for column, heading in enumerate(headings)
        ]
        rooms[0], rooms[1] = LEAST_NAME, min(rooms[1], 8)
        choices = (range(6), range(3), (0, 2))
        fits = (c for c in choices if sum(rooms[i] + 2 for i in c) <= options.max_width)
        shown = next(fits, choices[-1])
        table = _table()
        for column in shown:
            figures = column > 1
            table.add_column(
                headings[column],
                justify="right" if figures else "left",
                no_wrap=figures,
                overflow="ellipsis" if figures else "fold",
                min_width=None if figures else min(rooms[column], options.max_width // 2),
            )
        for row in self.rows:
            table.add_row(*(row[column] for column in shown if column < len(row)))
        yield table


class _ByTier:
    """A few KPIs of every tier, side by side; in several tables if the terminal is narrow."""

    def __init__(self, cells: Mapping[str, Mapping[str, Text]], words: Wording, what: str) -> None:
        self.cells, self.words, self.what = cells, words, what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        kpis = [kpi for kpi in TIER_SHORT if any(kpi in of for of in self.cells.values())]
        # Besides its text each column takes two, for padding and the box; the first an indent; the box two.
        names = 2 + 2 + 2 + max(len(self.words.tag(kpi)) for kpi in kpis)
        rooms = {
            tier: 2 + max(6, min(len(tier), LONG_NAME), *(len(of.get(kpi, "")) for kpi in kpis))
            for tier, of in self.cells.items()
        }
        yield _text(f"By tier, {self.what}", style="bold")
        for tiers in _packed(rooms, options.max_width - names):
            table = _table()
            table.add_column("KPI", no_wrap=True)
            for tier in tiers:
                table.add_column(_text(tier), justify="right", overflow="fold", width=rooms[tier] - 2)
            for kpi in kpis:
                row = (self.cells[tier].get(kpi, _text("–")) for tier in tiers)
                table.add_row(_text(f"  {self.words.tag(kpi)}"), *row)
            yield table


def _packed(rooms: Mapping[str, int], width: int) -> Iterable[Collection[str]]:
    """The columns in their order, in as few tables of this width as hold them."""
    row: list[str] = []
    for name, room in rooms.items():
        if row and sum(rooms[other] for other in row) + room > width:
            yield row
            row = []
        row.append(name)
    yield row


class _Block:
    """The table of one alternative; its columns depend on the width of the terminal."""

    def __init__(self, comparison: Comparison, other: str, words: Wording, shown: Sequence[str]) -> None:
        self.comparison, self.other, self.words, self.shown = comparison, other, words, shown

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
        shown = next(
            columns
            for least, columns in (
                (FULL_WIDTH, range(7)),
                (MEANS_WIDTH, (0, 1, 2, 3, 6)),
                (VERDICT_WIDTH, (0, 3, 6)),
                (0, (0, 3)),
            )
            if width >= least
        )
        kpis = self.comparison.kpis
        rows = {name: self._row(name, kpis[name]) for name in self.shown}
        # A figure is never broken over two lines; the name of an alternative above it only if it has to be.
        rooms = {
            column: max(
                0 if column in (0, 6) else 10 if column == 3 else 6, *(len(r[column]) for r in rows.values())
            )
            for column in shown
        }
        spare = width - sum(rooms.values()) - 2 * len(rooms)  # two for padding and the box
        for column in {1, 2} & rooms.keys():
            wanted = min(len(headings[column]), LONG_NAME) - rooms[column]
            if 0 < wanted <= spare:
                rooms[column] += wanted
                spare -= wanted
        table = _table()
        for column, room in rooms.items():
            figures = 0 < column < 6
            table.add_column(
                _text(headings[column]),
                justify="right" if figures else "left",
                overflow="fold",
                width=room if figures else None,
                no_wrap=column == 6,
                min_width=min(LEAST_NAME, width // 2) if column == 0 else None,
            )
        for group, names in grouped(self.shown).items():
            table.add_row(_text(group, style="bold"))
            for name in names:
                table.add_row(*(rows[name][column] for column in shown))
        return table

    def _row(self, name: str, kpi: KpiComparison) -> tuple[Text, ...]:
        words, d, baseline = self.words, kpi.differences[self.other], self.comparison.baseline
        pairs = f" ({d.n} pair{'' if d.n == 1 else 's'})" if d.n < self.comparison.replications else ""
        undirected = kpi.better == "neither"
        cells = (
            f"  {words.tag(name)}{pairs}",
            self._mean(name, kpi, baseline),
            self._mean(name, kpi, self.other),
            words.estimate(name, d.mean, d.half_width, sign=True),
            "–" if d.relative is None else f"{percent(d.relative, d.relative_half_width)[0]} %",
            "–" if d.p_better is None or undirected else f"{100 * d.p_better:.0f} %",
        )
        return *map(_text, cells), _verdict(kpi, self.other)

    def _mean(self, name: str, kpi: KpiComparison, alternative: str) -> str:
        """A mean, with the number of replications that define it if these are more than the pairs but not
        all."""
        d, n = kpi.differences[self.other], kpi.defined[alternative]
        said = self.words.value(name, kpi.means[alternative], d.half_width)
        return f"{said} (in {n})" if d.n < n < self.comparison.replications else said


def _text(words: str = "", style: str = "") -> Text:
    """Text as a terminal may have it: all text of these tables comes through here."""
    return Text(printable(words), style=style)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")


_STYLES: dict[Judgement, str] = {
    "better": "green",
    "worse": "red",
    "differs": "",
    "no difference shown": "dim",
}


def _verdict(kpi: KpiComparison, other: str) -> Text:
    """The verdict and its judgement in words, which the colour repeats."""
    verdict, judgement = kpi.differences[other].verdict, kpi.judgement(other)
    if kpi.differences[other].mean is None:
        return Text("–", style="dim")
    said = f"{verdict} ({judgement})" if judgement in ("better", "worse") else verdict
    return _text(said, style=_STYLES[judgement])


def _expected(count: float) -> str:
    return "one" if round(count, 9) == 1 else f"{count:.2g}"
