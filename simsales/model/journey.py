"""The journey of a tier's leads from one channel, step by step, made ready for the simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simsales.model.fit import seen, shifted, thresholds
from simsales.model.luck import Column, Columns, Numbers, constant, derived, quantity, residual, uniform
from simsales.scenario import Scenario
from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import NOBODY, STATES, State
from simsales.scenario.schema.journey_order import following, in_order, states_on
from simsales.scenario.schema.journeys import Step
from simsales.scenario.schema.tiers import Cycle, Tier

SQL = STATES.index("SQL")
SAL = STATES.index("SAL")
WIN = STATES.index("WIN")
LIVE = STATES.index("LIVE")

DROPPED = "dropped in hand-off"
GONE_COLD = "gone cold"
NO_SHOW = "did not turn up"
NO_CONTRACT = "contract not offered"


class Stage:
    """A step as the leads of one flow meet it: where its luck stands in their rows, and what comes next.

    A step that can be repeated (a meeting booked again, a lead that comes back from nurture) is a chain of
    stages, one for each time, each with luck of its own.
    """

    __slots__ = (
        "across",
        "again",
        "again_absent",
        "by_aim",
        "deal",
        "delay",
        "depends",
        "drop",
        "dropped",
        "effort",
        "failed",
        "gone_cold",
        "joined_by",
        "known_effort_factor",
        "meets_again",
        "name",
        "next",
        "no_contract",
        "no_show",
        "no_show_probability",
        "not_there",
        "nurture",
        "nurture_delay",
        "nurture_factor",
        "nurture_share",
        "nurture_to",
        "on",
        "pass_probability",
        "passes",
        "position",
        "rebook",
        "repeat",
        "repeat_delay",
        "repeat_probability",
        "role",
        "settles",
        "to",
        "within",
    )

    def __init__(self, name: str, step: Step, position: int, on: State | None) -> None:
        self.name = name
        self.position = position
        """Place in the journey; a higher one is a later stage."""
        self.role = None if step.by == NOBODY else step.by
        """The role that does the step; None if nobody."""
        self.joined_by = tuple(sorted(set(step.joined_by)))
        """The roles that take part."""
        self.on = None if on is None else STATES.index(on)
        self.to = None if step.to is None else STATES.index(step.to)
        self.pass_probability = step.pass_probability
        """What the lead's number is held against; the stated probability, unless fit or nurture move it."""
        self.by_aim: dict[str, float] | None = None
        """The same by the aim of the team that judges; None where nothing is judged."""
        self.known_effort_factor = step.known_effort_factor
        self.depends = False
        """Whether more than the lead's fit decides about passing it: an aim, or what sways a deal."""
        self.deal = False
        """Whether price, contracts or other customers have a say in what becomes of it."""
        self.meets_again = step.no_show is not None or step.repeat is not None
        """Whether the meeting may not take place, or not be the last."""
        self.settles = step.to == "LIVE" or step.known_effort_factor != 1
        """Whether something depends on who begins with it, or when."""
        self.next: Stage | None = None
        self.again: Stage | None = None
        """The same step after a meeting that was not the last; None if it was."""
        self.again_absent: Stage | None = None
        """The same step after a meeting that did not take place; None if it is not booked again."""
        self.nurture_to: Stage | None = None
        """Where a lead that did not pass may come back; None if nowhere."""
        self.no_show_probability = self.repeat_probability = self.nurture_share = 0.0
        self.nurture_factor = 1.0
        # Under what a lead is counted that is lost here: places among the flow's ways out.
        self.failed = self.dropped = self.gone_cold = self.not_there = self.no_contract = -1
        # Indices into a row of luck.
        self.passes = self.effort = self.delay = self.drop = self.within = self.across = -1
        self.no_show = self.rebook = self.repeat = self.repeat_delay = self.nurture = self.nurture_delay = -1


def _reasons(step: Step) -> tuple[str, str, str, str, str]:
    """Why leads may be lost at a step; the first is the scenario's own."""
    return step.otherwise.lost, DROPPED, GONE_COLD, NO_SHOW, NO_CONTRACT


class Journey:
    """The steps that the leads of one tier from one channel meet, and the stages made of them."""

    def __init__(
        self,
        scenario: Scenario,
        tier: str,
        channel: str | None,
        columns: Columns,
        *,
        sways: bool,
        interest_decays: bool,
    ) -> None:
        """Lay out the journey.

        Args:
            scenario: where it is described.
            tier: of the leads.
            channel: where they come from; None if they are there at the beginning, and may be at any step.
            columns: what a row of their luck holds; that of the steps is added.
            sways: whether price, contracts or other customers have a say in what becomes of a deal.
            interest_decays: whether the odds of the first contact depend on the wait for it.
        """
        source = None if channel is None else scenario.channels[channel]
        product = scenario.tiers[tier]
        steps = scenario.journeys[tier]
        self._steps = {
            name: steps[name]
            for name in in_order(steps)
            if channel is None or steps[name].channels is None or channel in (steps[name].channels or ())
        }
        self._names = list(self._steps)
        ways_out = [(name, reason) for name, step in self._steps.items() for reason in _reasons(step)]
        self.ways_out = sorted(set(ways_out))
        """Step and reason of every way in which these leads may be lost."""
        self._on = states_on(list(self._steps.values()))
        self._handoff = scenario.organization.handoff
        self._aims = scenario.organization.aims
        self._cycle = _Pace(product)
        self._column = columns.place
        self._sways = sways
        self._interest_decays = interest_decays
        entry = 0 if source is None else following(self._on, source.enters_as)
        if entry is None:  # The scenario's checks do not let this through.
            raise AssertionError(f"no step of {tier} takes the leads of {channel}")
        chain = self._chain(entry)
        self._before_win = chain[
            : 1 + next((i for i, n in enumerate(chain) if self._steps[n].to == "WIN"), len(chain))
        ]
        self._against, self.fit_of_winners = self._thresholds(product.churn_fit_effect)
        # Only steps that these leads can come to have stages: elsewhere, their luck would be drawn in vain.
        self._stages: dict[tuple[int, int, int, int], Stage] = {}
        self.entry = self._stage(entry)
        """Where these leads begin."""

    def selection(self, name: str | None) -> list[tuple[float, float]]:
        """What leads on the way to a step (None: customers) have been selected by: weight and threshold of
        each step.
        """
        passed = self._before_win
        if name is not None:
            passed = passed[: passed.index(name)] if name in passed else []
        return [
            (self._steps[step].fit_weight, self._against[step])
            for step in passed
            if self._steps[step].fit_weight and self._against[step] < 1
        ]

    def on_the_way(self, name: str) -> tuple[Stage, list[int]]:
        """A step, and where in the luck the days stand that are left of the delay behind each step before
        it.
        """
        place = self._names.index(name)
        before = [other for index, other in enumerate(self._names) if self._after(index) == place]
        left = [
            self._cycle.delay(f"{other}/left", self._steps[other].buyer_delay_days, residual)
            for other in before
        ]
        return self._stage(place), [self._column(column) for column in left]

    def _chain(self, index: int | None) -> list[str]:
        """The steps of those who pass one after the other, from one on."""
        chain = []
        while index is not None:
            chain.append(self._names[index])
            index = self._after(index)
        return chain

    def _thresholds(self, effect: float) -> tuple[dict[str, float], float]:
        """For every step what its leads' numbers are held against, and the winners' mean factor of
        staying.
        """
        before_win = self._before_win
        stated = {name: step.pass_probability for name, step in self._steps.items()}
        if not effect and not any(self._steps[name].fit_weight for name in before_win):
            return stated, 1.0
        weights = tuple((self._steps[name].fit_weight, stated[name]) for name in before_win)
        against, mean = thresholds(weights, effect)
        return stated | dict(zip(before_win, against, strict=True)), mean

    def _after(self, index: int) -> int | None:
        """Index of the step that follows by passing this one."""
        step = self._steps[self._names[index]]
        left_in = step.to if step.to is not None else self._on[index]
        return None if left_in is None else following(self._on, left_in, index + 1)

    def _stage(self, index: int, absent: int = 0, repeated: int = 0, comeback: int = 0) -> Stage:
        """The stage of a step the first, second, … time, of a lead that has come back so often."""
        key, time = (index, absent, repeated, comeback), absent + repeated
        if key in self._stages:
            return self._stages[key]
        name = self._names[index]
        step = self._steps[name]
        stage = self._stages[key] = Stage(name, step, index, self._on[index])
        stage.failed, stage.dropped, stage.gone_cold, stage.not_there, stage.no_contract = (
            self.ways_out.index((name, reason)) for reason in _reasons(step)
        )
        suffix = (f"@{time + 1}" if time else "") + (f"~{comeback}" if comeback else "")
        after = self._after(index)
        stage.next = None if after is None else self._stage(after, 0, 0, comeback)
        self._place(stage, step, name + suffix)
        self._repeat(stage, step, name + suffix, key)
        self._comebacks(stage, step, name + suffix, comeback)
        return stage

    def _place(self, stage: Stage, step: Step, name: str) -> None:
        """Give the stage its columns in the rows of luck, and what they are held against."""
        stage.settles = stage.settles or self._interest_decays
        against = self._against[stage.name]
        stage.pass_probability = against
        stage.deal = step.to == "WIN" and self._sways
        if step.judged:
            stage.by_aim = {"neutral": against} | {
                aim: shifted(against, shift) for aim, shift in self._aims.model_dump().items()
            }
        stage.depends = stage.deal or stage.by_aim is not None
        stage.passes = self._column(seen(f"{name}/pass", step.fit_weight))
        stage.effort = self._column(quantity(f"{name}/effort", step.effort_hours))
        stage.delay = self._column(self._cycle.delay(f"{name}/buyer_delay", step.buyer_delay_days))
        if stage.next is not None:
            handoff = self._handoff
            # Where no hand-off drops a lead, nothing is to be decided: any number does.
            drops = handoff.within_team.drop_probability or handoff.across_teams.drop_probability
            stage.drop = self._column(uniform(f"{name}/drop") if drops else constant(0.0))
            # One purpose for both: the lead's luck with a hand-off does not depend on where the next
            # person sits.
            stage.within = self._column(quantity(f"{name}/handoff", handoff.within_team.delay_days))
            stage.across = self._column(quantity(f"{name}/handoff", handoff.across_teams.delay_days))

    def _repeat(self, stage: Stage, step: Step, name: str, key: tuple[int, int, int, int]) -> None:
        """Meetings that do not take place, and meetings that are not the last."""
        no_show, repeat = step.no_show, step.repeat
        index, absent, repeated, comeback = key
        if no_show is not None and no_show.probability > 0:
            stage.no_show = self._column(uniform(f"{name}/no_show"))
            stage.no_show_probability = probability = no_show.probability
            if absent < no_show.at_most:
                stage.again_absent = self._stage(index, absent + 1, repeated, comeback)
                stage.rebook = self._column(quantity(f"{name}/rebook", no_show.rebook_days))
            in_vain = quantity(f"{name}/in_vain", no_show.effort_hours)

            def effort(u: Numbers, wasted: Numbers, whole: Numbers) -> Numbers:
                return np.where(u < probability, wasted, whole)

            sources = (uniform(f"{name}/no_show"), in_vain, quantity(f"{name}/effort", step.effort_hours))
            stage.effort = self._column(derived(f"{name}/effort", effort, *sources))
        if repeat is not None and repeat.probability > 0 and repeated < repeat.at_most:
            stage.repeat = self._column(uniform(f"{name}/repeat"))
            stage.repeat_probability = repeat.probability
            stage.repeat_delay = self._column(self._cycle.delay(f"{name}/repeat_delay", repeat.after_days))
        if stage.repeat >= 0:
            stage.again = self._stage(index, absent, repeated + 1, comeback)

    def _comebacks(self, stage: Stage, step: Step, name: str, comeback: int) -> None:
        """Coming back from nurture, with odds of its own."""
        nurture = step.otherwise.nurture
        if nurture is None or nurture.share == 0 or nurture.to not in self._steps:
            return
        if comeback < nurture.at_most:
            stage.nurture = self._column(uniform(f"{name}/nurture"))
            stage.nurture_share = nurture.share
            stage.nurture_factor = nurture.pass_factor
            stage.nurture_delay = self._column(quantity(f"{name}/nurture_delay", nurture.after_days))
            stage.nurture_to = self._stage(self._names.index(nurture.to), 0, 0, comeback + 1)


class _Pace:
    """What lengthens the buyers' delays of a tier."""

    def __init__(self, product: Tier) -> None:
        cycle = product.cycle
        reference = product.reference_price_per_month
        price = 1.0 if reference is None else product.price_per_month / reference
        self._factor = cycle.new_market_factor * float(price**cycle.price_exponent)
        self._cycle: Cycle = cycle

    def delay(
        self, purpose: str, days: Quantity, of: Callable[[str, Quantity, float], Column] = quantity
    ) -> Column:
        """A delay of that many days, lengthened; with ``residual``, what is left of one."""
        column = of(purpose, days, self._factor)
        share = self._cycle.per_decision_maker
        if share == 0 or column == constant(0.0):
            return column

        def lengthened(delay: Numbers, deciders: Numbers) -> Numbers:
            return delay * (1 + share * (np.maximum(np.rint(deciders), 1) - 1))

        return derived(purpose, lengthened, column, quantity("decision_makers", self._cycle.decision_makers))
