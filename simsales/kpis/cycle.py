"""How long leads take until they are won, from leads that are observed for a part of their time only.

Leads come under observation at some age (those under way when the warm-up ends: late), and leave it when they
are won, lost, or still open at the end of the horizon. A mean of the won ones would be too short: those who
take long are won after the horizon. Won and lost are competing risks, and open leads are censored, so the
probability of having been won by an age is estimated by the cumulative incidence of Aalen & Johansen, *An
empirical transition matrix for non-homogeneous Markov chains based on censored observations* (1978); with
delayed entry as in Klein & Moeschberger, *Survival Analysis*, ch. 4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simsales.kpis.series import Floats

OPEN_SHARE = 0.05
"""The largest share of leads that may be open at the last observed age, and the largest share of wins that
may be expected of them, for the cycle to be known."""
FEW = 5
"""The fewest leads observed at an age for observation to go on, unless all of them come to their end."""
TAIL = 4.0
"""Those open at the last age go on at the daily rates since so many times as many were open."""


class Window(NamedTuple):
    """The ages that count."""

    end: int
    """The first age in days that is not observed."""
    tail: int
    """The age from which on daily rates tell what becomes of those open at ``end``."""
    known: bool
    """Whether so few are open at ``end`` that the cycle is known."""
    median: float = math.nan
    """The median of the whole."""
    slope: float = math.nan
    """The incidence a day around it: between the days by which 40 and 60 % of the wins have come."""


class CycleTable:
    """The share of leads that have been won, by age in whole days.

    On day d, of the leads at risk a share h(d) = won / at risk is won and another is lost; S(d) is the share
    still open after it, and the incidence of winning is S(d − 1) · h(d). Who comes under observation on a day
    later than the first, or leaves it open, is at risk for half of that day (the actuarial rule).
    """

    def __init__(
        self, entered: Floats, won: Floats, lost: Floats, still_open: Floats, window: Window | None = None
    ) -> None:
        """Build the table from the leads at each age in whole days, from 0.

        Args:
            entered: Leads that come under observation at that age: 0 if they come in meanwhile, their age if
                they are under way when the warm-up ends.
            won: Leads won at that age.
            lost: Leads lost at that age.
            still_open: Leads that are open at that age when the horizon ends.
            window: The ages that count; by default what was observed decides.
        """
        gone = won + lost + still_open
        there = np.cumsum(entered) - (np.cumsum(gone) - gone)
        late = np.where(np.arange(entered.size) > 0, entered, 0.0)
        at_risk = np.maximum(there - (late + still_open) / 2, won + lost)
        end = _end(there, still_open) if window is None else window.end
        self._all_won = won
        self._won, self._ended, self._at_risk = won[:end], (won + lost)[:end], at_risk[:end]
        winning, ending = (_share(x, self._at_risk) for x in (self._won, self._ended))
        still = np.cumprod(1 - ending)
        before = np.concatenate(([1.0], still[:-1]))
        self.incidence: Floats = before * winning if end else np.zeros(0)
        """The share of all leads that are won on each day, shape (end,)."""
        self.still_open = float(still[-1]) if end else 1.0
        """The share of all leads still open at the last observed age."""
        if window is None:
            tail = int(np.count_nonzero(before > TAIL * self.still_open))
            self.window = Window(end, min(tail, max(0, end - 1)), known=False)
            most = OPEN_SHARE * self._all
            known = end > 0 and self.still_open <= OPEN_SHARE and self._wins_to_come <= most
            window = self.window._replace(known=bool(known))
            if known and most > 0:
                sooner, median, later = (self._day_of(share) for share in (0.4, 0.5, 0.6))
                window = window._replace(median=median, slope=0.2 * self._all / max(later - sooner, 1e-9))
        self.window = window

    def mean(self) -> float:
        """Mean age of leads at the win, in whole days; nan if none is won or too many are open."""
        to_come = self._wins_to_come
        if not self.window.known or not self._all > 0:
            return math.nan
        days = float(self.incidence @ np.arange(self.incidence.size))
        if to_come:
            _, ending = self._rates
            days += to_come * (self.window.end + (1 - ending) / ending)
        return days / self._all

    def median(self) -> float:
        """The age by which half of those who are ever won are; within a day, wins are spread evenly.

        Of a part of the whole it is the whole's median, moved by what is missing from half there over the
        slope: a median moves in jumps if a replication is left out, and the jackknife of jumps is wrong.
        """
        at = self.window.median
        if not self.window.known or not self._all > 0 or math.isnan(at):
            return math.nan
        day = min(int(at), self.incidence.size - 1)
        until = float(self.incidence[:day].sum() + self.incidence[day] * min(at - day, 1.0))
        return at + (self._all / 2 - until) / self.window.slope

    def mean_won_day(self) -> float:
        """Mean age, in whole days, of the leads that were seen to be won; nan if there are none."""
        won = float(self._all_won.sum())
        return float(self._all_won @ np.arange(self._all_won.size)) / won if won else math.nan

    def _day_of(self, share: float) -> float:
        """The age by which this share of all wins have come; the last age observed if it comes later."""
        wanted, sums = share * self._all, np.cumsum(self.incidence)
        day = int(np.searchsorted(sums, wanted))
        if day == sums.size:
            return float(day)
        return day + 1 - float((sums[day] - wanted) / self.incidence[day])

    @property
    def _all(self) -> float:
        """The share of all leads that are ever won."""
        return float(self.incidence.sum()) + self._wins_to_come

    @property
    def _rates(self) -> tuple[float, float]:
        """Wins, and wins and losses, per lead and day from the tail on."""
        at_risk = float(self._at_risk[self.window.tail :].sum())
        if not at_risk:
            return 0.0, 0.0
        won, ended = (float(x[self.window.tail :].sum()) for x in (self._won, self._ended))
        return won / at_risk, ended / at_risk

    @property
    def _wins_to_come(self) -> float:
        """The share of all leads that are open at the last observed age and will be won."""
        winning, ending = self._rates
        return self.still_open * winning / ending if ending else 0.0


def _share(part: Floats, whole: Floats) -> Floats:
    """``part / whole``, 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros(part.size), where=whole > 0)


def _end(there: Floats, still_open: Floats) -> int:
    """The first age that is not observed: few are there, and not all of them come to their end."""
    open_from = np.cumsum(still_open[::-1])[::-1]
    thin = np.flatnonzero((there < FEW) & (open_from > 0))
    gone = np.flatnonzero(there <= 0)
    return int(min([there.size, *thin[:1], *gone[:1]]))
