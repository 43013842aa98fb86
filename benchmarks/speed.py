"""What a replication costs, against SimPy and the plain model (long: all programs that are timed).

    python benchmarks/speed.py             a table: ratio, target, met or not
    python benchmarks/speed.py --json      the same for a program
    python benchmarks/speed.py --check     the same, ending non-zero if a target is missed
    python benchmarks/speed.py --profile   where the time of a replication goes

Everything is measured in one run, in turn, and judged by ratios: seconds belong to a machine and to its mood.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import multiprocessing
import pstats
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import simpy
from plain_simpy import simulate_plainly

from simsales.model import simulate
from simsales.scenario import Scenario, load

ONE_POD = Path(__file__).parents[1] / "scenarios" / "one-pod.yaml"
CLAIMS = ONE_POD.with_name("claims.yaml")
PODS = 20
BARE_TIMEOUTS = 250_000
SEED = 1
MONTHS = ["warm_up_months=0", "horizon_months=24"]


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    what: str
    unit: str
    median: float | None
    """None where the machine cannot tell."""
    low: float | None = None
    high: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if there is none, or nothing to hold against it."""
        if self.median is None or self.at_most is self.at_least is None:
            return None
        return (self.at_most is None or self.median <= self.at_most) and (
            self.at_least is None or self.median >= self.at_least
        )


def over(what: str, unit: str, values: Sequence[float], **target: float) -> Result:
    """A line that sums up several measurements."""
    return Result(what, unit, median(values), min(values), max(values), **target)


EVERYTHING = [
    "channels.content.dispersion=3.7",
    "channels.content.weekday=[1, 1, 1, 1, 1, 0.33, 0.33]",
    "channels.content.bursts={show: {month: 3, leads: 60, every_months: 12}}",
    "channels.content.patience_days={exponential: {mean: 10}}",
    "channels.content.regions={north: 0.5, south: 0.5}",
    "channels.word_of_mouth={enters_as: MQL, leads_per_customer_month: 0.01, tiers: {smb: 1}}",
    "journeys.smb.qualify.no_show={probability: 0.1, effort_hours: 0.1, rebook_days: 1}",
    "journeys.smb.discovery.repeat={probability: 0.2, after_days: 5}",
    "journeys.smb.demo.otherwise.nurture={to: discovery, share: 0.3, after_days: 60, pass_factor: 0.8}",
    "journeys.smb.close.joined_by=[CSM]",
    "tiers.smb.cycle={per_decision_maker: 0.1, decision_makers: {uniform: {low: 1, high: 4}}}",
    "organization.handoff.within_team={extra_effort: 0.05, pass_factor: 0.99, drop_probability: 0.01}",
    "organization.teams.pod.serves={tiers: [smb]}",
    "organization.teams.pod.dedication={effort_factor: 0.95, pass_factor: 1.02}",
]
"""With claims.yaml on top, everything at work that can happen to a lead."""

MONEY = [
    "tiers.smb.discount={uniform: {low: 0, high: 0.2}}",
    "tiers.smb.price_changes={spring: {month: 6.5, price_per_month: 1100, base: at_renewal}}",
    "tiers.smb.accepts_other_contract=0.9",
    "tiers.smb.contracts.yearly={term_months: 24, paid_months_ahead: 12, share: 0.1, offered: false}",
    "tiers.smb.contracts.annual.share=0.15",
    "tiers.smb.contracts.annual.churn_factor=0.9",
    "tiers.smb.churn_fit_effect=0.3",
    "tiers.smb.churn_factors.age={first: {until_month: 1, factor: 2}, habit: {until_month: 3, factor: 1.5}}",
    "tiers.smb.churn_factors.onboarding={per_day_late: 0.02, grace_days: 5, quality_sd: 0.3}",
    "tiers.smb.churn_factors.coverage={needed_hours_per_month: 0.15, factor_if_none: 2}",
    "tiers.smb.churn_factors.season=[1, 1, 1, 1, 1, 1.5, 1.5, 1, 1, 1, 1, 0.5]",
    "tiers.smb.community={share: 0.3, churn_factor: 0.8, referral_factor: 2, win_odds_factor: 1.1}",
    "tiers.smb.reference_customers={share: 0.2, win_odds_factor: 1.01, at_most: 1.5}",
    "tiers.smb.levers.up_sell={by: CSM, effort_hours: 0.5, attempts_per_month: 0.03, pass_probability: 0.3,"
    " adds: 0.2}",
    "tiers.smb.levers.increase={attempts_per_month: 0.02, pass_probability: 0.5, adds: 0.05, raises: price}",
    "tiers.smb.spread={per_month: 0.02, limit: 5}",
    "tiers.smb.releases={every_months: 6, price_tiers: [1, 1.3, 1.6], adopt_probability: 0.2}",
    "tiers.smb.contraction={probability_per_month: 0.02, share: 0.3}",
    "tiers.smb.reactivation={probability_per_month: 0.03}",
    "channels.word_of_mouth={enters_as: MQL, leads_per_customer_month: 0.01, value_exponent: 0.5,"
    " tiers: {smb: 1}}",
]
"""Everything at work that can happen to a customer, and every answer to a price."""

PLAIN = ["tiers.smb.contracts=null", "tiers.smb.price_response=null", "tiers.smb.cycle=null"]
"""What the plain version has not got: set to neutral where the two are held against each other."""


def with_everything() -> Scenario:
    """One pod over the same months, every mechanism switched on."""
    return load(ONE_POD, overlays=[CLAIMS], overrides=MONTHS + MONEY + EVERYTHING)


def with_all_of_leads() -> Scenario:
    """The same, but for the life of customers and the answers to a price: only what happens to leads."""
    return load(ONE_POD, overlays=[CLAIMS], overrides=MONTHS + EVERYTHING)


def with_money() -> Scenario:
    """The same, but for what happens to leads: only the life of customers, contracts and prices."""
    return load(ONE_POD, overrides=MONTHS + MONEY)


def scenarios() -> tuple[Scenario, Scenario]:
    """One pod over 24 months without warm-up, and twenty of them on twenty times the market."""
    months = [*MONTHS, "opening=null"]
    one = load(ONE_POD, overrides=months)
    leads = one.channels["content"].leads_per_month  # type: ignore[union-attr]
    many = [
        f"organization.teams.pod.count={PODS}",
        f"channels.content.leads_per_month={PODS * leads}",
    ]
    return one, load(ONE_POD, overrides=months + many)


# ------------------------------------------------------------------------------------------------------- time


def bare_timeouts() -> None:
    """As many steps of nothing but SimPy."""

    def steps(env: simpy.Environment) -> Generator[simpy.Event]:
        for _ in range(BARE_TIMEOUTS):
            yield env.timeout(1)

    env = simpy.Environment()
    env.process(steps(env))
    env.run()


def cpu_seconds(call: Callable[[], object]) -> float:
    """CPU time of this process, so that what else the machine does counts less."""
    gc.collect()
    start = time.process_time()
    call()
    return time.process_time() - start


def measure_time(one: Scenario, many: Scenario, rounds: int) -> list[Result]:
    """Each of the programs once a round, the order turned round every time."""
    everything, money, leads_only = with_everything(), with_money(), with_all_of_leads()
    alike = load(ONE_POD, overrides=[*MONTHS, "opening=null", *PLAIN])
    programs: dict[str, Callable[[int], object]] = {
        "bare": lambda _: bare_timeouts(),
        "one": lambda r: simulate(one, SEED, r),
        "leads": lambda r: simulate(leads_only, SEED, r),
        "money": lambda r: simulate(money, SEED, r),
        "everything": lambda r: simulate(everything, SEED, r),
        "alike": lambda r: simulate(alike, SEED, r),
        "plain": lambda r: simulate_plainly(alike, r),
        "many": lambda r: simulate(many, SEED, r),
    }
    for name in programs.keys() - {"many"}:
        programs[name](rounds)  # The first time costs more: imports, caches, memory.
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for r in range(rounds):
        for name in list(programs)[:: -1 if r % 2 else 1]:
            seconds[name].append(cpu_seconds(lambda name=name, r=r: programs[name](r)))  # type: ignore[misc]

    def ratio(of: str, to: str) -> list[float]:
        return [a / b for a, b in zip(seconds[of], seconds[to], strict=True)]

    leads = [sum(simulate(one, SEED, r).tables["funnel"].columns["came_in"]) for r in range(rounds)]
    events = [count_events(one, r) for r in range(rounds)]
    return [
        over(f"one pod / {BARE_TIMEOUTS:,} bare timeouts", "×", ratio("one", "bare"), at_most=1),
        over(f"all of money on / {BARE_TIMEOUTS:,} bare timeouts", "×", ratio("money", "bare"), at_most=1.5),
        over(f"all of leads on / {BARE_TIMEOUTS:,} bare timeouts", "×", ratio("leads", "bare"), at_most=2),
        over(f"both on / {BARE_TIMEOUTS:,} bare timeouts", "×", ratio("everything", "bare")),
        over("plain SimPy / the same model", "×", ratio("plain", "alike"), at_least=3),
        over("plain SimPy, without money / all of money on", "×", ratio("plain", "money")),
        over(f"{PODS} pods / one pod", "×", ratio("many", "one"), at_most=28),
        over(f"{BARE_TIMEOUTS:,} bare timeouts", "s", seconds["bare"]),
        over("one pod, 24 months", "s", seconds["one"]),
        over("one pod with all of money on", "s", seconds["money"]),
        over("one pod with all of leads on", "s", seconds["leads"]),
        over("one pod with both on", "s", seconds["everything"]),
        over("plain SimPy, the same", "s", seconds["plain"]),
        over(f"{PODS} pods, 24 months", "s", seconds["many"]),
        over("leads, one pod", "/s", [n / s for n, s in zip(leads, seconds["one"], strict=True)]),
        over("SimPy events, one pod", "/s", [n / s for n, s in zip(events, seconds["one"], strict=True)]),
    ]


def count_events(scenario: Scenario, replication: int) -> int:
    """How many events SimPy processes in a replication."""
    step = simpy.Environment.step
    steps = Counter[str]()

    def counted(env: simpy.Environment) -> None:
        steps["taken"] += 1
        step(env)

    with patch.object(simpy.Environment, "step", counted):
        simulate(scenario, SEED, replication)
    return steps["taken"]


# ----------------------------------------------------------------------------------------------------- memory


def measure_memory(one: Scenario, many: Scenario) -> list[Result]:
    """Peak memory of fresh processes, like the workers of an experiment, after one replication each."""
    return [
        Result("peak memory of a worker, one pod", "MB", in_fresh_process(one)),
        Result(f"peak memory of a worker, {PODS} pods", "MB", in_fresh_process(many), at_most=150),
    ]


def in_fresh_process(scenario: Scenario) -> float | None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as worker:
        return worker.submit(peak_megabytes, scenario).result()


def peak_megabytes(scenario: Scenario) -> float | None:
    """Simulate once and return the peak of this process's resident memory, in 10⁶ bytes."""
    simulate(scenario, SEED, 0)
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux its peak is inherited from the process that started this one.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return None
    # In bytes on macOS, in KiB on other systems.
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    )


# --------------------------------------------------------------------------------------------------- start-up


def measure_start(rounds: int) -> list[Result]:
    """Whole processes, from start to end, on the wall clock."""
    commands = {
        "start: python -c pass": ["-c", "pass"],
        "start: python -c 'import click'": ["-c", "import click"],
        "start: simsales --help": ["-m", "simsales", "--help"],
    }
    milliseconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(2 * rounds):
        for name, arguments in commands.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            milliseconds[name].append(1000 * (time.perf_counter() - start))
    return [over(name, "ms", values) for name, values in milliseconds.items()]


# ----------------------------------------------------------------------------------------------------- report


def table(results: Sequence[Result]) -> str:
    """The results, for people."""
    lines = [f"{'':42} {'median':>9} {'lowest':>9} {'highest':>9}     {'target':>8}"]
    for each in results:
        cells = [_number(value) for value in (each.median, each.low, each.high)]
        if each.median is None:
            cells[0] = "not available"
        target = "" if each.at_most is None else f"≤ {each.at_most:g}"
        target = target if each.at_least is None else f"≥ {each.at_least:g}"
        verdict = {True: "met", False: "MISSED", None: ""}[each.met]
        line = f"{each.what:42} {cells[0]:>9} {cells[1]:>9} {cells[2]:>9} {each.unit:3} {target:>8} {verdict}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def profile(scenario: Scenario, replications: int) -> str:
    """Share of the time that is spent in each part of the program.

    Under cProfile every call of a Python function costs more than it does otherwise; the shares of parts with
    many small functions are somewhat too large.
    """
    simulate(scenario, SEED, 0)
    profiler = cProfile.Profile()
    profiler.enable()
    for r in range(replications):
        simulate(scenario, SEED, r)
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in stats.stats.items():
        if file != "~":
            spent[_part(file)] += own
        else:  # Built in: charge who called it.
            for (caller, _, _), (_, _, own_there, _) in callers.items():
                spent[_part(caller)] += own_there
    total = sum(spent.values())
    lines = [f"{1e3 * total / replications:.0f} ms a replication under the profiler"]
    lines += [f"{part:40} {own / total:6.1%}" for part, own in spent.most_common()]
    return "\n".join(lines)


PARTS = {
    "clock": "clock (SimPy's loop, events)",
    "people": "people and queues",
    "work": "people and queues",
    "pipeline": "pipeline and journeys",
    "routing": "routing",
    "leads": "leads: arrivals and lists",
    "draws": "draws",
    "streams": "draws",
} | dict.fromkeys(("customers", "pricing", "money", "month_end", "tables"), "customers, money and tables")


def _part(file: str) -> str:
    path = Path(file)
    if path.parent.name == "simpy":
        return "SimPy's kernel"
    if "simsales" in path.parts:
        return PARTS.get(path.stem) or PARTS.get(path.parent.name, "other")
    return "draws" if "numpy" in path.parts else "other"


def main() -> int:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    parser.add_argument("--rounds", type=int, default=7, help="how often each program is timed (default: 7)")
    options = parser.parse_args()
    one, many = scenarios()
    if options.profile:
        print(f"One pod, 24 months\n{profile(one, 5)}\n\n{PODS} pods, 24 months\n{profile(many, 1)}")
        return 0
    results = [
        *measure_time(one, many, options.rounds),
        *measure_memory(one, many),
        *measure_start(options.rounds),
    ]
    missed = any(each.met is False for each in results)
    if options.json:
        rows = [asdict(each) | {"met": each.met} for each in results]
        print(json.dumps({"python": sys.version.split()[0], "results": rows}, indent=2))
    else:
        print(table(results))
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
