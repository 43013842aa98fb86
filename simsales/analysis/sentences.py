"""How a KPI and a finding are put into words, with their units.

Figures, tables and reports share it, so that all of them say the same; it knows no chart and no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from simsales.analysis.formatting import SYMBOLS, number, percent, step_of
from simsales.analysis.intervals import Summary
from simsales.analysis.labels import HEADLINES, NO_SUCH, PAIRED, SIGNED, label
from simsales.analysis.paired_comparison import Comparison, Difference


class Described(Protocol):
    """The part of a KPI's definition that sentences need."""

    @property
    def unit(self) -> str:
        """Such as ``days``, ``share``, ``leads/month``; ``currency`` stands for the scenario's."""

    @property
    def undefined(self) -> str:
        """When the KPI is undefined, as a sentence."""


@dataclass(frozen=True)
class Wording:
    """Writes the values of KPIs in their units."""

    describe: Callable[[str], Described]
    currency: str = "USD"

    def is_money(self, kpi: str) -> bool:
        """Whether the KPI is an amount of money."""
        unit = self.describe(kpi).unit
        return "currency" in unit or self.currency in unit

    def is_share(self, kpi: str) -> bool:
        """Whether the KPI is a share, shown in per cent."""
        return self.describe(kpi).unit.startswith("share")

    def unit(self, kpi: str) -> str:
        """The unit in full: ``leads/month``, ``USD/month``, ``days``; shares are shown in ``%``."""
        return "%" if self.is_share(kpi) else self.describe(kpi).unit.replace("currency", self.currency)

    def tag(self, kpi: str) -> str:
        """Label and unit, the latter unless label, group or figures show it: ``wait for AE, days``."""
        name, unit = label(kpi), self.unit(kpi)
        if self.is_money(kpi):
            shown, unit = self.currency in SYMBOLS, self.currency
        else:
            shown = self.is_share(kpi) or unit.endswith(("month", "ratio")) or name.startswith(unit)
        return name if shown else f"{name}, {unit}"

    def value(
        self,
        kpi: str,
        value: float | None,
        half_width: float | None = None,
        *,
        thousands: bool | None = None,
    ) -> str:
        """A value rounded by its half-width, which is not shown; an en dash where it is undefined.

        ``thousands`` writes money in thousands, or not; by default `in_thousands` decides.
        """
        if value is None:
            return "–"
        text, _ = self._rounded(kpi, value, half_width, thousands=thousands)
        return text + (" %" if self.is_share(kpi) else "")

    def in_thousands(self, kpi: str, value: float | None, half_width: float | None = None) -> bool:
        """Whether money is written in thousands: it has five digits, and is known to hundreds at best."""
        size, half = abs(value or 0.0), half_width or 0.0
        return self.is_money(kpi) and max(size, half) >= 1e4 and step_of(size, half) >= 2

    def estimate(self, kpi: str, value: float | None, half_width: float | None, *, sign: bool = False) -> str:
        """A value with its half-width: ``$412k ± 3k``; with ``sign`` a difference: ``+$12.3k ± 3.2k``.

        Differences of shares are in percentage points (pp).
        """
        if value is None:
            return "–"
        text, spread = self._rounded(kpi, value, half_width, sign=sign)
        unit = "" if not self.is_share(kpi) else " pp" if sign else " %"
        return text + (f" ± {spread}" if spread else "") + unit

    def mean_in_text(self, kpi: str, s: Summary) -> str:
        """A mean within a sentence: ``$412k (±3k)``, ``20.1 a month (±0.4)``."""
        if s.mean is None:
            return "undefined"
        text, spread = self._rounded(kpi, s.mean, s.half_width)
        unit = self.unit(kpi)
        if self.is_money(kpi):
            unit = "" if self.currency in SYMBOLS else self.currency
        elif unit.endswith("month"):
            unit = "a month"
        elif label(kpi).startswith(unit):
            unit = ""
        text = f"{text} {unit}".rstrip()
        return f"{text} (±{spread})" if spread else text

    def change(self, kpi: str, difference: Difference, *, less: str = "lower", more: str = "higher") -> str:
        """The difference as text that follows the KPI: ``3.1 % higher (±0.8 %)``, ``no difference shown``,
        ``undefined``."""
        mean, half = difference.mean, difference.half_width
        if mean is None:
            return "undefined"
        if difference.verdict == "no difference shown" or half is None:
            return "no difference shown"
        if difference.relative is not None and kpi not in SIGNED:
            text, spread = percent(abs(difference.relative), difference.relative_half_width)
            unit = spread_unit = " %"
        else:  # The baseline is zero, or may be below: no per cent.
            text, spread = self._rounded(kpi, abs(mean), half)
            unit = " points" if self.is_share(kpi) else "" if self.is_money(kpi) else f" {self.unit(kpi)}"
            spread_unit = ""
        return f"{text.lstrip('+')}{unit} {more if mean > 0 else less} (±{spread}{spread_unit})"

    def undefined(self, kpis: Iterable[str]) -> list[str]:
        """Why these KPIs are undefined in some replications, a sentence per reason: ``NRR, GRR: …``."""
        reasons: dict[str, list[str]] = {}
        for kpi in kpis:
            reasons.setdefault(self.describe(kpi).undefined or NO_SUCH, []).append(label(kpi))
        return [f"{', '.join(names)}: {why[0].lower()}{why[1:]}" for why, names in reasons.items()]

    def headline(self, comparison: Comparison, other: str) -> str:
        """The finding for ``other`` against the baseline in one sentence, for the most important KPIs."""
        shown = [kpi for kpi in HEADLINES if kpi in comparison.kpis] or list(comparison.kpis)[:3]
        parts = [f"{label(kpi)} {self.change(kpi, comparison.kpis[kpi].differences[other])}" for kpi in shown]
        return f"{other} against {comparison.baseline}: {', '.join(parts)}."

    def pairing(self, comparison: Comparison, other: str) -> str | None:
        """What common random numbers achieved, by the first KPI of `PAIRED` that varies; None if none
        does."""
        for kpi in PAIRED:
            d = comparison.kpis[kpi].differences[other] if kpi in comparison.kpis else None
            if d is None or d.correlation is None:
                continue
            text = f"Pairing: correlation of {label(kpi)} {number(d.correlation, -3)}"
            if d.gain is None:
                return f"{text}; the difference does not vary."
            times = number(d.gain, 0 if d.gain >= 9.95 else -1)
            return f"{text}; without it the same interval would take {times}× the replications."
        return None

    def _rounded(
        self,
        kpi: str,
        value: float,
        half_width: float | None,
        *,
        sign: bool = False,
        thousands: bool | None = None,
    ) -> tuple[str, str]:
        """Value and half-width (or nothing), rounded alike; shares times 100, money with its symbol.

        By default, money is written in thousands where it is not known more exactly: $1,089k ± 7k.
        """
        scale, suffix = (100.0, "") if self.is_share(kpi) else (1.0, "")
        half = half_width or 0.0
        if self.in_thousands(kpi, value, half) if thousands is None else thousands:
            scale, suffix = 1e-3, "k"
        step = step_of(scale * value, scale * half)
        text = number(scale * value, step, sign=sign) + suffix
        if self.is_money(kpi):
            bare = text.lstrip("+−")
            text = text[: len(text) - len(bare)] + SYMBOLS.get(self.currency, "") + bare
        return text, "" if half_width is None else number(scale * half, step) + suffix
