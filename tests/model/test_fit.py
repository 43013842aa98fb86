"""Fit and aims, against integrals over the normal distribution (long: the integrals stand here as well)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, sqrt
from typing import Any

import log_reader
import numpy as np
import pytest
from inference import ALARM, assert_distributed, assert_proportion
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from small_scenarios import one_burst, run, small_scenario

from simsales.model import Replication, simulate
from simsales.model.leads.fit import seen, shifted, thresholds
from simsales.scenario import Scenario

P_SQL, P_SAL, P_WIN = 0.3, 0.6, 0.4
WEIGHTS = (0.6, 0.0, 0.5)
STEPS = ((0.6, P_SQL), (0.0, P_SAL), (0.5, P_WIN))
CHURN, EFFECT = 0.1, 0.5
MANY = 20_000


def selling(
    weights: Sequence[float] = WEIGHTS,
    *,
    leads: int = MANY,
    judged: bool = False,
    aim: str = "neutral",
    aims: dict[str, float] | None = None,
    effect: float = 0.0,
    churn: float = CHURN,
    months: int = 2,
    teams: dict[str, Any] | None = None,
) -> Scenario:
    """Three steps that take no time, on leads that all come at once: every count is binomial."""
    first, second, third = weights
    return small_scenario(
        horizon_months=months,
        tiers={"t": {"price_per_month": 100, "churn_per_month": churn, "churn_fit_effect": effect}},
        channels={"web": one_burst(leads)},
        journeys={
            "t": {
                "qualify": {
                    "by": "AE",
                    "on": "MQL",
                    "pass_probability": P_SQL,
                    "to": "SQL",
                    "fit_weight": first,
                    "judged": judged,
                },
                "discover": {"by": "AE", "pass_probability": P_SAL, "to": "SAL", "fit_weight": second},
                "close": {"by": "AE", "pass_probability": P_WIN, "to": "WIN", "fit_weight": third},
            }
        },
        organization={
            "teams": teams or {"sales": {"members": {"AE": 1}, "aim": aim}},
            "aims": aims or {},
        },
    )


def counts(replication: Replication) -> list[int]:
    """MQL, SQL, SAL, WIN; and how many of those who had signed in month 1 left at the end of month 2."""
    funnel, ledger = replication.tables["funnel"], replication.tables["ledger"]
    states = [int(funnel[state].sum()) for state in ("mql", "sql", "sal", "win")]
    assert ledger["customers_opening"][1] == states[-1]
    return [*states, int(ledger["customers_churned"][1])]


def assert_shares(replication: Replication, *theory: float) -> None:
    """From each number to the next, by exact binomial tests; the bluntest notices a quarter more or less."""
    found = counts(replication)
    for trials, successes, share in zip(found, found[1:], theory, strict=False):
        assert stats.norm.isf(ALARM / 2) * sqrt((1 - share) / (share * trials)) < 0.25, "too blunt"
        assert_proportion(successes, trials, share)


class Theory:
    """Thresholds, conversions and churn by adaptive quadrature, without a line of the model's own."""

    def __init__(self, steps: Sequence[tuple[float, float]], effect: float = 0.0, shift: float = 0.0) -> None:
        neutral: list[Callable[[float], float]] = [self._one]
        for weight, stated in steps:
            reach = neutral[-1]
            level = brentq(lambda t, r=reach, w=weight, s=stated: self._share(r, w, t) - s, -9, 9, xtol=1e-13)
            neutral.append(self._passing(reach, weight, level))
            # The aim moves the first threshold only; those of the buyers stay where they were.
            if len(neutral) == 2:
                self.reach = [self._one, self._passing(self._one, weight, level - shift)]
                self.shares = [self._share(self._one, weight, level - shift)]
            else:
                self.shares.append(self._share(self.reach[-1], weight, level))
                self.reach.append(self._passing(self.reach[-1], weight, level))
        self.mean_factor = self._mean(neutral[-1], lambda z: exp(-effect * z))
        self.effect = effect

    def leave(self, churn: float, months: int = 1) -> float:
        """Of the winners, how many have left after so many full months."""

        def gone(z: float) -> float:
            return float(1 - (1 - churn) ** (months * exp(-self.effect * z) / self.mean_factor))

        return self._mean(self.reach[-1], gone)

    @staticmethod
    def _one(_: float) -> float:
        return 1.0

    @staticmethod
    def _passing(reach: Callable[[float], float], weight: float, level: float) -> Callable[[float], float]:
        return lambda z: reach(z) * float(ndtr((weight * z - level) / sqrt(1 - weight**2)))

    @staticmethod
    def _mean(reach: Callable[[float], float], of: Callable[[float], float]) -> float:
        total = quad(lambda z: exp(-z * z / 2) * reach(z), -9, 9, epsabs=1e-12, limit=200)[0]
        return float(quad(lambda z: exp(-z * z / 2) * reach(z) * of(z), -9, 9, epsabs=1e-12)[0] / total)

    @classmethod
    def _share(cls, reach: Callable[[float], float], weight: float, level: float) -> float:
        return cls._mean(reach, lambda z: float(ndtr((weight * z - level) / sqrt(1 - weight**2))))


# ------------------------------------------------------------------------------------------------- thresholds


@pytest.mark.parametrize(
    "steps",
    [
        ((0.6, 0.3), (0.5, 0.4)),
        ((0.95, 0.02), (0.9, 0.9)),
        ((0.3, 0.1), (0.3, 0.8), (0.7, 0.5)),
        ((0.8, 0.6), (0.0, 0.5), (0.8, 0.05)),
    ],
)
def test_thresholds_are_those_of_the_multivariate_normal(steps: tuple[tuple[float, float], ...]) -> None:
    against, _ = thresholds(steps, 0.0)
    levels = -ndtri(np.array(against))
    reached = 1.0
    for k in range(1, len(steps) + 1):
        weights = np.array([weight for weight, _ in steps[:k]])
        correlation = np.outer(weights, weights)
        np.fill_diagonal(correlation, 1.0)
        law = stats.multivariate_normal(cov=correlation, seed=1)
        reached *= steps[k - 1][1]
        assert float(law.cdf(-levels[:k])) == pytest.approx(reached, rel=2e-4)


def test_a_step_that_fit_does_not_decide_keeps_its_probability_to_the_bit() -> None:
    assert thresholds(((0.0, 0.3), (0.7, 1.0), (0.7, 0.0)), 1.0)[0] == (0.3, 1.0, 0.0)
    assert thresholds(((0.9, 0.2), (0.0, 0.123)), 1.0)[0][1] == 0.123


@pytest.mark.parametrize("effect", [0.1, 0.5, 2.0])
@pytest.mark.parametrize(("weight", "stated"), [(0.0, 0.3), (0.6, 0.3), (0.95, 0.01)])
def test_the_mean_factor_of_the_winners(weight: float, stated: float, effect: float) -> None:
    # E[exp(−e z); x > t] = exp(e²/2) P(x > t + ρ e): weighting by exp(−e z) moves z by −e, and x by −ρ e.
    level = stats.norm.isf(stated)
    theory = exp(effect**2 / 2) * stats.norm.sf(level + weight * effect) / stated
    assert thresholds(((weight, stated),), effect)[1] == pytest.approx(theory, rel=1e-7)


def test_what_is_seen_is_uniform_and_its_correlation_with_fit_is_the_weight() -> None:
    random = np.random.default_rng(1)
    u, z = random.random(50_000), random.standard_normal(50_000)
    for weight in (0.1, 0.6, 0.95):
        column = seen("step/pass", weight)
        assert column.streams == (("step/pass", "uniform"), ("fit", "normal"))
        assert column.shaped is not None
        below = column.shaped(u, z)
        assert_distributed(below, stats.uniform)
        # A low number passes: a fit lead has low ones. Fisher's z gives the interval.
        r = float(np.corrcoef(-ndtri(below), z)[0, 1])
        assert abs(np.arctanh(r) - np.arctanh(weight)) < stats.norm.isf(ALARM / 2) / sqrt(len(z) - 3)
        assert (np.diff(column.shaped(np.linspace(0, 1, 100, endpoint=False), np.zeros(100))) >= 0).all()


def test_a_shift_is_one_of_the_threshold() -> None:
    assert shifted(0.3, 0.5) == pytest.approx(stats.norm.sf(stats.norm.isf(0.3) - 0.5))
    assert shifted(0.3, 0.0) == 0.3
    assert (shifted(0.0, 3.0), shifted(1.0, -3.0)) == (0.0, 1.0)


# ---------------------------------------------------------------------------------------------------- neutral


def same(one: Scenario, other: Scenario) -> bool:
    first, second = run(one), run(other)
    return first.tables == second.tables and first.log == second.log


def test_neutral_values_change_nothing_at_all() -> None:
    stated = selling((0.0, 0.0, 0.0), leads=500, effect=0.0, aims={"mql_volume": 0.0, "retained_mrr": 0.0})
    data = stated.model_dump(exclude_unset=True)
    del data["tiers"]["t"]["churn_fit_effect"], data["organization"]["aims"]
    for step in data["journeys"]["t"].values():
        del step["fit_weight"]
        step.pop("judged", None)
    assert same(stated, Scenario.model_validate(data))


@pytest.mark.parametrize("aim", ["mql_volume", "bookings", "retained_mrr"])
def test_an_aim_that_moves_nothing_is_no_aim(aim: str) -> None:
    others = {"mql_volume": 0.5, "bookings": 0.5, "retained_mrr": -0.5} | {aim: 0.0}
    neutral = selling(leads=500, judged=True, effect=EFFECT)
    assert same(neutral, selling(leads=500, judged=True, effect=EFFECT, aim=aim, aims=others))
    assert not same(neutral, selling(leads=500, judged=True, effect=EFFECT, aim=aim, aims={aim: 0.5}))


def test_what_nobody_judges_no_aim_moves() -> None:
    aims = {"mql_volume": 0.8}
    one, other = selling(leads=500), selling(leads=500, aim="mql_volume", aims=aims)
    assert same(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("weights", [(0.0, 0.0, 0.0), (0.6, 0.0, 0.5), (0.9, 0.8, 0.9), (0.0, 0.7, 0.3)])
def test_under_neutral_aims_every_conversion_is_as_stated(weights: tuple[float, float, float]) -> None:
    assert_shares(
        simulate(selling(weights, leads=2 * MANY, judged=weights[0] > 0), 1, 0), P_SQL, P_SAL, P_WIN, CHURN
    )


@pytest.mark.slow
def test_thresholds_are_set_for_the_leads_of_each_channel_from_where_they_come_in() -> None:
    # Those who come in as SQLs have been selected by nobody; so have those for whom there is no first step.
    data = selling(leads=MANY).model_dump(exclude_unset=True)
    data["channels"]["fair"] = one_burst(MANY // 2) | {"enters_as": "SQL"}
    data["channels"]["partner"] = one_burst(MANY // 2)
    data["journeys"]["t"]["qualify"]["channels"] = ["web"]
    data["journeys"]["t"]["vouch"] = {"by": "nobody", "on": "MQL", "to": "SQL", "channels": ["partner"]}
    data["journeys"]["t"] = {
        name: data["journeys"]["t"][name] for name in ("qualify", "vouch", "discover", "close")
    }
    data["journeys"]["t"]["discover"]["on"] = "SQL"
    funnel = simulate(Scenario.model_validate(data), 1, 0).tables["funnel"]
    for channel in ("web", "fair", "partner"):
        sql, sal, win = (
            int(funnel[state][funnel["channel"] == channel].sum()) for state in ("sql", "sal", "win")
        )
        assert sql > 5000
        assert_proportion(sal, sql, P_SAL)
        assert_proportion(win, sal, P_WIN)


# ------------------------------------------------------------------------------------------------------- aims


@pytest.mark.slow
@pytest.mark.parametrize(("aim", "shift"), [("mql_volume", 0.5), ("bookings", 0.25), ("retained_mrr", -0.5)])
def test_an_aim_moves_the_judged_step_and_with_it_all_that_reads_fit(aim: str, shift: float) -> None:
    theory = Theory(STEPS, EFFECT, shift)
    assert theory.shares[0] == pytest.approx(ndtr(ndtri(P_SQL) + shift))
    assert theory.shares[1] == pytest.approx(P_SAL)
    scenario = selling(leads=4 * MANY, judged=True, aim=aim, aims={aim: shift}, effect=EFFECT)
    assert_shares(simulate(scenario, 1, 0), *theory.shares, theory.leave(CHURN))


@pytest.mark.slow
def test_volume_aims_pass_on_more_leads_of_poorer_fit_and_retention_aims_the_reverse() -> None:
    found = {
        aim: counts(
            simulate(
                selling(
                    leads=MANY,
                    judged=True,
                    aim=aim,
                    aims={"mql_volume": 0.6, "retained_mrr": -0.6},
                    effect=1.0,
                ),
                1,
                0,
            )
        )
        for aim in ("retained_mrr", "neutral", "mql_volume")
    }
    passed, won, left = zip(*[(n[1] / n[0], n[3] / n[2], n[4] / n[3]) for n in found.values()], strict=True)
    assert passed[0] < passed[1] < passed[2]
    assert won[0] > won[1] > won[2], "what is passed on wins less often"
    assert left[0] < left[1] < left[2], "and leaves sooner"
    wins = [n[3] for n in found.values()]
    assert wins[0] < wins[1] < wins[2], "though more of it wins in all"


def test_an_aim_adds_leads_and_takes_none_away() -> None:
    def qualified(aim: str) -> set[log_reader.Lead]:
        aims = {"mql_volume": 0.5, "retained_mrr": -0.5}
        replication = run(selling(leads=2000, judged=True, aim=aim, aims=aims))
        return {(e.channel, e.number) for e in log_reader.of_kind(replication, "state") if e.detail == "SQL"}

    assert qualified("retained_mrr") < qualified("neutral") < qualified("mql_volume")


@pytest.mark.slow
def test_an_aim_moves_only_the_teams_that_have_it() -> None:
    def outcomes(aim: str) -> dict[str, list[tuple[log_reader.Lead, list[log_reader.Outcome]]]]:
        team = {"members": {"AE": 1}}
        scenario = selling(
            leads=4000, judged=True, aims={"mql_volume": 0.5}, teams={"a": team | {"aim": aim}, "b": team}
        )
        replication = run(scenario)
        by_team: dict[str, list[tuple[log_reader.Lead, list[log_reader.Outcome]]]] = {"a": [], "b": []}
        lives = log_reader.events_by_lead(replication)
        for lead, found in log_reader.outcomes(replication, scenario).items():
            by_team[next(e.detail[0] for e in lives[lead] if e.kind == "done")].append((lead, found))
        return by_team

    neutral, volume = outcomes("neutral"), outcomes("mql_volume")
    assert neutral["b"] == volume["b"]
    assert len(volume["a"]) == len(volume["b"]) == 2000
    passed = sum(found[0].passed for _, found in volume["a"])
    assert_proportion(passed, 2000, shifted(P_SQL, 0.5))
    assert sum(found[0].passed for _, found in neutral["a"]) < passed


# ------------------------------------------------------------------------------------------------------ churn


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.5, 1.5])
def test_fit_spreads_the_hazard_around_the_stated_churn(effect: float) -> None:
    months = 7
    replication = simulate(selling(leads=4 * MANY, effect=effect, months=months), 1, 0)
    theory = Theory(STEPS, effect)
    # The mean hazard is that of the stated churn. (The probability is a little less: 1 − exp(−h) is concave.)
    assert 0.8 * CHURN < theory.leave(CHURN) < CHURN
    ledger = replication.tables["ledger"]
    won, closing = int(ledger["customers_new"].sum()), ledger["customers_closing"]
    assert won > 5000
    for full in (1, 3, months - 1):
        gone = theory.leave(CHURN, full)
        assert_proportion(won - int(closing[full]), won, gone)
        # The test would notice if fit did nothing after the first months, when the fit ones are left over.
        plain = 1 - (1 - CHURN) ** full
        if effect > 1 and full > 1:
            assert stats.binomtest(round(won * gone), won, plain).pvalue < ALARM


@pytest.mark.slow
def test_without_selection_the_mean_factor_is_that_of_the_lognormal() -> None:
    replication = simulate(selling((0, 0, 0), leads=2 * MANY, effect=1.0), 1, 0)
    fit = stats.norm.expect(lambda z: 1 - (1 - CHURN) ** np.exp(-z - 0.5), lb=-9, ub=9)
    assert_shares(replication, P_SQL, P_SAL, P_WIN, float(fit))


@pytest.mark.slow
def test_the_effect_on_churn_moves_nobody_before_the_first_full_month_is_over() -> None:
    def until_then(effect: float) -> list[Any]:
        return [e for e in log_reader.events(run(selling(leads=2000, effect=effect))) if e.kind != "leave"]

    def leaves(effect: float) -> set[int]:
        return {e.number for e in log_reader.of_kind(run(selling(leads=2000, effect=effect)), "leave")}

    assert until_then(0.0) == until_then(1.0)
    assert leaves(0.0) != leaves(1.0)
