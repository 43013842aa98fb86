"""How a KPI and a finding are said to a reader: names, groups, rounding, sentences.

Knows no chart and no terminal: figures, tables and reports share it, so that all of them say the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from simsales.analysis.comparison import Comparison, Difference
from simsales.analysis.intervals import Summary
from simsales.analysis.kpis import KPIS, parts


class Described(Protocol):
    """What is needed of the description of a KPI."""

    @property
    def unit(self) -> str:
        """Such as ``days``, ``share``, ``leads/month``; ``currency`` stands for the scenario's."""

    @property
    def undefined(self) -> str:
        """When there is no such figure, as a sentence."""


LABELS = {
    "suspect": "suspects",
    "prospect": "prospects",
    "mql": "MQLs",
    "sql": "SQLs",
    "sql_inbound": "SQLs, inbound",
    "sql_outbound": "SQLs, outbound",
    "sal": "SALs",
    "win": "wins",
    "live": "activated (LIVE)",
    "lost": "leads lost",
    "conversion_suspect_prospect": "Suspect to Prospect",
    "conversion_prospect_sql": "Prospect to SQL",
    "conversion_mql_sql": "MQL to SQL",
    "conversion_sql_sal": "SQL to SAL",
    "conversion_sal_win": "SAL to WIN",
    "conversion_win_live": "WIN to LIVE",
    "conversion_sql_win": "SQL to WIN",
    "unfinished": "unfinished leads",
    "lvr": "lead velocity/month",
    "win_rate": "win rate",
    "win_rate_value": "win rate by value",
    "sales_cycle_days": "sales cycle",
    "sales_cycle_lost_days": "cycle, lost deals",
    "sales_velocity": "sales velocity/day",
    "open_pipeline_end": "open pipeline",
    "acv": "ACV of new customers",
    "term_share": "on a term contract",
    "customers_end": "customers at the end",
    "churned": "customers lost/month",
    "reactivated": "came back/month",
    "logo_churn_monthly": "logo churn/month",
    "logo_churn_annual": "logo churn/year",
    "grr": "GRR",
    "nrr": "NRR",
    "arpa": "ARPA/month",
    "gross_margin": "gross margin",
    "cac": "CAC",
    "crc": "CRC/year",
    "ltv": "LTV (life table)",
    "ltv_formula_revenue": "ARPA/churn",
    "ltv_formula_margin": "ARPA × margin/churn",
    "ltv_to_cac": "LTV:CAC",
    "cac_payback_months": "payback",
    "left_before_payback": "leave before payback",
    "mrr_end": "MRR at the end",
    "arr_end": "ARR at the end",
    "new_mrr": "new MRR/month",
    "expansion_mrr": "expansion MRR/month",
    "contraction_mrr": "contraction MRR/month",
    "churned_mrr": "churned MRR/month",
    "reactivation_mrr": "reactivated MRR/month",
    "quick_ratio": "quick ratio",
    "revenue": "revenue/month",
    "receipts": "receipts/month",
    "deferred_end": "prepaid at the end",
    "costs": "costs/month",
    "acquisition_cost": "acquisition cost/month",
    "retention_cost": "retention cost/month",
    "serving_cost": "cost to serve/month",
    "channel_cost": "cost of leads/month",
    "salaries": "salaries/month",
    "commissions": "commissions/month",
    "profit": "cumulative profit",
    "cash_end": "cash at the end",
    "cash_low": "lowest cash",
    "break_even_month": "break-even month",
    "magic_number": "magic number",
    "rule_of_40": "rule of 40",
    "utilization": "utilization",
    "wait_days": "wait for",
    "backlog": "backlog",
}
"""Of every KPI, in the order in which KPIs are shown."""


def _families(first: str, last: str) -> tuple[str, ...]:
    names = list(LABELS)
    return tuple(names[names.index(first) : names.index(last) + 1])


GROUPS = {
    "Funnel, per month": _families("suspect", "lost"),
    "Conversion of leads that came in": _families("conversion_suspect_prospect", "unfinished"),
    "Deals": _families("lvr", "term_share"),
    "Customers": _families("customers_end", "nrr"),
    "Unit economics": _families("arpa", "left_before_payback"),
    "Recurring revenue": _families("mrr_end", "quick_ratio"),
    "Money": _families("revenue", "rule_of_40"),
    "People": _families("utilization", "backlog"),
}
SHORT = (
    *("sql", "win", "win_rate", "sales_cycle_days", "customers_end", "logo_churn_monthly", "grr", "nrr"),
    *("arpa", "cac", "ltv_to_cac", "cac_payback_months", "mrr_end", "revenue", "profit", "cash_end"),
    *("cash_low", "break_even_month", "utilization", "wait_days"),
)
"""What a reader is shown who does not ask for everything."""
TIER_SHORT = ("win", "win_rate", "mrr_end", "logo_churn_monthly", "nrr", "cac", "ltv_to_cac", "profit")
"""The same of each tier."""
HEADLINES = ("mrr_end", "profit", "win", "sales_cycle_days")
"""What a summary in one sentence is about, most important first."""
PAIRED = ("win", "mrr_end", "sales_cycle_days")
"""What tells how much pairing gained: the first that varies on both sides."""
SIGNED = ("profit", "cash_end", "cash_low")
"""What may be negative or near zero; in a sentence its differences are said in money, not in per cent."""

NO_SUCH = "There is no such role or tier."
"""Why a KPI that always is defined is not, in one alternative."""
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def label(kpi: str) -> str:
    """The KPI in plain words: ``mrr_end`` → MRR at the end, ``wait_days.AE`` → wait for AE."""
    family, _, role = kpi.partition(".")
    words = LABELS.get(family, family.replace("_", " "))
    if not role:
        return words
    return f"{words} {role}" if family == "wait_days" else f"{role} {words}"


def grouped(kpis: Iterable[str]) -> dict[str, list[str]]:
    """The KPIs by group, in the order of a customer's way; unknown ones last, under ``Other``."""
    names = list(kpis)
    groups: dict[str, list[str]] = {}
    for group, families in GROUPS.items():
        members = [name for family in families for name in names if name.partition(".")[0] == family]
        if members:
            groups[group] = members
    known = {name for members in groups.values() for name in members}
    if others := [name for name in names if name not in known]:
        groups["Other"] = others
    return groups


def ordered(kpis: Iterable[str]) -> list[str]:
    """The KPIs, each once, in the order of `simsales.analysis.kpis.KPIS`; unknown ones last."""
    place = {kpi.name: number for number, kpi in enumerate(KPIS)}
    return sorted(dict.fromkeys(kpis), key=lambda name: place.get(parts(name).kpi, len(place)))


def step_of(value: float, half_width: float | None) -> int:
    """The power of ten to round to.

    The half-width keeps one digit (two if it begins with 1 or 2), but a value never shows more than four.
    """
    size = math.floor(math.log10(abs(value))) - 3 if value else -12
    if half_width:
        return max(math.floor(math.log10(half_width / 3) + 1e-9), size)
    return 0 if value == round(value) and abs(value) < 1e6 else size


def number(value: float, step: int, *, sign: bool = False) -> str:
    """``value`` rounded to 10**step, with thousands separators and a true minus: −12,300."""
    rounded = round(value, -step) + 0.0  # + 0.0 makes −0 a plain 0
    text = f"{rounded:{'+' if sign and rounded else ''},.{max(0, -step)}f}"
    return text.replace("-", "−")


def percent(share: float, half_width: float | None = None) -> tuple[str, str]:
    """A relative difference and its half-width in per cent, without the sign %: ``("+3.1", "0.8")``."""
    value, half = 100 * share, None if half_width is None else 100 * half_width
    step = step_of(value, half) if half else max(step_of(value, None), -1)
    return number(value, step, sign=True), "" if half is None else number(half, step)


def money(value: float, currency: str) -> str:
    """An amount in short: $412k, €1.56M, CHF 980."""
    symbol = SYMBOLS.get(currency, f"{currency} ")
    size = abs(value)
    if size >= 999_500:
        amount = f"{size / 1e6:,.3g}M" if size < 999.5e6 else f"{size / 1e6:,.0f}M"
    else:
        amount = f"{size / 1e3:.3g}k" if size >= 9_995 else f"{size:,.0f}"
    return f"{'−' if value < 0 and amount != '0' else ''}{symbol}{amount}"


def level(confidence: float) -> str:
    """``95 %``."""
    return f"{100 * confidence:g} %"


def counted(replications: int) -> str:
    """``50 replications``."""
    return "1 replication" if replications == 1 else f"{replications:,} replications"


@dataclass(frozen=True)
class Wording:
    """Says the values of KPIs in their units."""

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
        """Label and unit, the latter unless label, group or figures say it: ``wait for AE, days``."""
        name, unit = label(kpi), self.unit(kpi)
        if self.is_money(kpi):
            said, unit = self.currency in SYMBOLS, self.currency
        else:
            said = self.is_share(kpi) or unit.endswith(("month", "ratio")) or name.startswith(unit)
        return name if said else f"{name}, {unit}"

    def value(
        self,
        kpi: str,
        value: float | None,
        half_width: float | None = None,
        *,
        thousands: bool | None = None,
    ) -> str:
        """A value rounded as its half-width tells, which is not said; an en dash where it is undefined.

        ``thousands`` has money said in thousands, or not, as beside it; left out, `in_thousands` decides.
        """
        if value is None:
            return "–"
        said, _ = self._rounded(kpi, value, half_width, thousands=thousands)
        return said + (" %" if self.is_share(kpi) else "")

    def in_thousands(self, kpi: str, value: float | None, half_width: float | None = None) -> bool:
        """Whether this is money to be said in thousands: of five digits, and known to hundreds at best."""
        size, half = abs(value or 0.0), half_width or 0.0
        return self.is_money(kpi) and max(size, half) >= 1e4 and step_of(size, half) >= 2

    def estimate(self, kpi: str, value: float | None, half_width: float | None, *, sign: bool = False) -> str:
        """A value with its half-width: ``$412k ± 3k``; with ``sign`` a difference: ``+$12.3k ± 3.2k``.

        Differences of shares are in percentage points (pp).
        """
        if value is None:
            return "–"
        said, spread = self._rounded(kpi, value, half_width, sign=sign)
        unit = "" if not self.is_share(kpi) else " pp" if sign else " %"
        return said + (f" ± {spread}" if spread else "") + unit

    def told(self, kpi: str, s: Summary) -> str:
        """A mean within a sentence: ``$412k (±3k)``, ``20.1 a month (±0.4)``."""
        if s.mean is None:
            return "undefined"
        said, spread = self._rounded(kpi, s.mean, s.half_width)
        unit = self.unit(kpi)
        if self.is_money(kpi):
            unit = "" if self.currency in SYMBOLS else self.currency
        elif unit.endswith("month"):
            unit = "a month"
        elif label(kpi).startswith(unit):
            unit = ""
        said = f"{said} {unit}".rstrip()
        return f"{said} (±{spread})" if spread else said

    def change(self, kpi: str, difference: Difference, *, less: str = "lower", more: str = "higher") -> str:
        """The difference as words that follow the KPI: ``3.1 % higher (±0.8 %)``, ``no difference shown``."""
        mean, half = difference.mean, difference.half_width
        if difference.verdict == "no difference shown" or mean is None or half is None:
            return "no difference shown"
        if difference.relative is not None and kpi not in SIGNED:
            said, spread = percent(abs(difference.relative), difference.relative_half_width)
            unit = spread_unit = " %"
        else:  # The baseline is at zero, or may be below: only units can be said.
            said, spread = self._rounded(kpi, abs(mean), half)
            unit = " points" if self.is_share(kpi) else "" if self.is_money(kpi) else f" {self.unit(kpi)}"
            spread_unit = ""
        return f"{said.lstrip('+')}{unit} {more if mean > 0 else less} (±{spread}{spread_unit})"

    def undefined(self, kpis: Iterable[str]) -> list[str]:
        """Why these KPIs are undefined here and there, a sentence for each reason: ``NRR, GRR: …``."""
        reasons: dict[str, list[str]] = {}
        for kpi in kpis:
            reasons.setdefault(self.describe(kpi).undefined or NO_SUCH, []).append(label(kpi))
        return [f"{', '.join(names)}: {why[0].lower()}{why[1:]}" for why, names in reasons.items()]

    def headline(self, comparison: Comparison, other: str) -> str:
        """One sentence: what is found for ``other`` against the baseline in the KPIs that matter most."""
        shown = [kpi for kpi in HEADLINES if kpi in comparison.kpis] or list(comparison.kpis)[:3]
        parts = [f"{label(kpi)} {self.change(kpi, comparison.kpis[kpi].differences[other])}" for kpi in shown]
        return f"{other} against {comparison.baseline}: {', '.join(parts)}."

    def pairing(self, comparison: Comparison, other: str) -> str | None:
        """What the common luck achieved, told by the first KPI of `PAIRED` that can; None if none can."""
        for kpi in PAIRED:
            d = comparison.kpis[kpi].differences[other] if kpi in comparison.kpis else None
            if d is None or d.correlation is None:
                continue
            said = f"Pairing: correlation of {label(kpi)} {number(d.correlation, -3)}"
            if d.gain is None:
                return f"{said}; the difference does not vary."
            times = number(d.gain, 0 if d.gain >= 9.95 else -1)
            return f"{said}; without it the same interval would take {times}× the replications."
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

        Unless told otherwise, money is said in thousands where it is not known better: $1,089k ± 7k.
        """
        scale, suffix = (100.0, "") if self.is_share(kpi) else (1.0, "")
        half = half_width or 0.0
        if self.in_thousands(kpi, value, half) if thousands is None else thousands:
            scale, suffix = 1e-3, "k"
        step = step_of(scale * value, scale * half)
        said = number(scale * value, step, sign=sign) + suffix
        if self.is_money(kpi):
            bare = said.lstrip("+−")
            said = said[: len(said) - len(bare)] + SYMBOLS.get(self.currency, "") + bare
        return said, "" if half_width is None else number(scale * half, step) + suffix
