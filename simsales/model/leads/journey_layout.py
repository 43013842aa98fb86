"""The journey of a tier's leads from one channel, step by step, laid out for the simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simsales.model.draws import Draw, Numbers, RowLayout, constant, derived, quantity, residual, uniform
from simsales.model.leads.fit import seen, shifted, thresholds
from simsales.model.leads.stages import Journey, Stage, Waiting, Way
from simsales.scenario.scenario import Scenario
from simsales.scenario.schema.distributions import Quantity
from simsales.scenario.schema.fields import NOBODY, STATES
from simsales.scenario.schema.journey_order import following, in_order, states_on
from simsales.scenario.schema.journeys import Step
from simsales.scenario.schema.tiers import Cycle, Tier

DROPPED = "dropped in hand-off"
GONE_COLD = "gone cold"
NO_SHOW = "did not turn up"
NO_CONTRACT = "contract not offered"


def _reasons(step: Step) -> tuple[str, str, str, str, str]:
    """Why leads are lost at a step: the scenario's own reason and those of the model, as in `Stage`."""
    return step.otherwise.lost, DROPPED, GONE_COLD, NO_SHOW, NO_CONTRACT


class JourneyBuilder:
    """Lays out a journey."""

    def __init__(
        self,
        scenario: Scenario,
        tier: str,
        channel: str | None,
        layout: RowLayout,
        *,
        sways: bool,
        interest_decays: bool,
    ) -> None:
        """Prepare it.

        Args:
            scenario: where it is described.
            tier: of the leads.
            channel: where they come from; None for leads that are there at the beginning, at any step.
            layout: what a row of their draws holds; the draws of the steps are added.
            sways: whether price, contracts or other customers influence the outcome of a deal.
            interest_decays: whether passing depends on the wait for the first contact.
        """
        source = None if channel is None else scenario.channels[channel]
        product, steps = scenario.tiers[tier], scenario.journeys[tier]
        self._steps = {
            name: steps[name]
            for name in in_order(steps)
            if channel is None or steps[name].channels is None or channel in (steps[name].channels or ())
        }
        self._names = list(self._steps)
        ways_out = {(name, reason) for name, step in self._steps.items() for reason in _reasons(step)}
        self._ways_out = sorted(ways_out)
        self._on = states_on(list(self._steps.values()))
        self._handoff = scenario.organization.handoff
        self._aims = scenario.organization.aims
        self._pace = _Pace(product)
        self._place = layout.place
        self._sways = sways
        self._interest_decays = interest_decays
        entry = 0 if source is None else following(self._on, source.enters_as)
        if entry is None:  # The scenario's checks do not let this through.
            raise AssertionError(f"no step of {tier} takes the leads of {channel}")
        self._entry = entry
        chain = self._chain(entry)
        self._before_win = chain[
            : 1 + next((i for i, n in enumerate(chain) if self._steps[n].to == "WIN"), len(chain))
        ]
        self._thresholds, self._fit_of_winners = self._set_thresholds(product.churn_fit_effect)
        # Only steps that these leads can come to get stages: others would be drawn for in vain.
        self._stages: dict[tuple[int, int, int, int], Stage] = {}
        waiting = scenario.opening.pipeline.get(tier, {}) if channel is None and scenario.opening else {}
        self._waiting = sorted(waiting)

    def journey(self) -> Journey:
        """The journey, with all stages that its leads can come to."""
        return Journey(
            self._stage(self._entry),
            tuple(self._ways_out),
            self._fit_of_winners,
            self._selection(None),
            {name: self._waiting_at(name) for name in self._waiting},
        )

    def _selection(self, name: str | None) -> tuple[tuple[float, float], ...]:
        """What leads on the way to a step (None: customers) have been selected by."""
        passed = self._before_win
        if name is not None:
            passed = passed[: passed.index(name)] if name in passed else []
        return tuple(
            (self._steps[step].fit_weight, self._thresholds[step])
            for step in passed
            if self._steps[step].fit_weight and self._thresholds[step] < 1
        )

    def _waiting_at(self, name: str) -> Waiting:
        place = self._names.index(name)
        before = [other for index, other in enumerate(self._names) if self._after(index) == place]
        left = [
            self._pace.delay(f"{other}/left", self._steps[other].buyer_delay_days, residual)
            for other in before
        ]
        return Waiting(self._stage(place), tuple(map(self._place, left)), self._selection(name))

    def _chain(self, index: int | None) -> list[str]:
        """The steps of those who pass one after the other, from one on."""
        chain = []
        while index is not None:
            chain.append(self._names[index])
            index = self._after(index)
        return chain

    def _set_thresholds(self, effect: float) -> tuple[dict[str, float], float]:
        """What the leads' numbers are compared with at every step, and the winners' mean factor of
        staying.
        """
        before_win = self._before_win
        stated = {name: step.pass_probability for name, step in self._steps.items()}
        if not effect and not any(self._steps[name].fit_weight for name in before_win):
            return stated, 1.0
        weights = tuple((self._steps[name].fit_weight, stated[name]) for name in before_win)
        found, mean = thresholds(weights, effect)
        return stated | dict(zip(before_win, found, strict=True)), mean

    def _after(self, index: int) -> int | None:
        """Index of the step that follows by passing this one."""
        step = self._steps[self._names[index]]
        left_in = step.to if step.to is not None else self._on[index]
        return None if left_in is None else following(self._on, left_in, index + 1)

    def _stage(self, index: int, absent: int = 0, repeated: int = 0, comeback: int = 0) -> Stage:
        """The stage of a step after so many no-shows, repetitions and returns from nurture."""
        key = (index, absent, repeated, comeback)
        if key not in self._stages:
            self._stages[key] = self._made(*key)
        return self._stages[key]

    def _made(self, index: int, absent: int, repeated: int, comeback: int) -> Stage:
        name, time = self._names[index], absent + repeated
        step, on, after = self._steps[name], self._on[index], self._after(index)
        purpose = name + (f"@{time + 1}" if time else "") + (f"~{comeback}" if comeback else "")
        threshold = self._thresholds[name]
        by_aim = None
        if step.judged:
            by_aim = {"neutral": threshold} | {
                aim: shifted(threshold, shift) for aim, shift in self._aims.model_dump().items()
            }
        lost = [self._ways_out.index((name, reason)) for reason in _reasons(step)]
        deal = step.to == "WIN" and self._sways
        again = self._again(step, purpose, index, absent, repeated, comeback)
        return Stage(
            name=name,
            position=index,
            role=None if step.by == NOBODY else step.by,
            joined_by=tuple(sorted(set(step.joined_by))),
            on=None if on is None else STATES.index(on),
            to=None if step.to is None else STATES.index(step.to),
            pass_at=self._place(seen(f"{purpose}/pass", step.fit_weight)),
            pass_probability=threshold,
            by_aim=by_aim,
            deal=deal,
            depends=deal or by_aim is not None,
            effort_at=self._place(self._effort(step, purpose)),
            known_effort_factor=step.known_effort_factor,
            settles=step.known_effort_factor != 1 or self._interest_decays,
            lost_failed=lost[0],
            lost_dropped=lost[1],
            lost_cold=lost[2],
            lost_no_show=lost[3],
            lost_no_contract=lost[4],
            meets_again=step.no_show is not None or step.repeat is not None,
            next=None if after is None else self._onward(step, purpose, after, comeback),
            **again,
            **self._comeback(step, purpose, comeback),
        )

    def _onward(self, step: Step, purpose: str, after: int, comeback: int) -> Way:
        """To the next stage, after passing."""
        delay = self._pace.delay(f"{purpose}/buyer_delay", step.buyer_delay_days)
        return self._way(purpose, self._stage(after, 0, 0, comeback), delay, paced=True)

    def _way(self, purpose: str, stage: Stage, delay: Draw, *, paced: bool) -> Way:
        within, across = self._handoff.within_team, self._handoff.across_teams
        # Where no hand-off drops a lead nothing is decided, and any number serves.
        drops = within.drop_probability or across.drop_probability
        return Way(
            stage,
            self._place(delay),
            paced,
            self._place(uniform(f"{purpose}/drop") if drops else constant(0.0)),
            # One purpose for both delays: a lead's hand-off does not depend on where the next person sits.
            self._place(quantity(f"{purpose}/handoff", within.delay_days)),
            self._place(quantity(f"{purpose}/handoff", across.delay_days)),
        )

    def _effort(self, step: Step, purpose: str) -> Draw:
        """Hours of work; of a meeting that the buyer misses, those spent in vain."""
        whole = quantity(f"{purpose}/effort", step.effort_hours)
        if step.no_show is None or step.no_show.probability == 0:
            return whole
        probability = step.no_show.probability

        def effort(u: Numbers, wasted: Numbers, full: Numbers) -> Numbers:
            return np.where(u < probability, wasted, full)

        wasted = quantity(f"{purpose}/in_vain", step.no_show.effort_hours)
        return derived(f"{purpose}/effort", effort, uniform(f"{purpose}/no_show"), wasted, whole)

    def _again(
        self, step: Step, purpose: str, index: int, absent: int, repeated: int, comeback: int
    ) -> dict[str, Any]:
        """Meetings that do not take place, and meetings that need another one."""
        found: dict[str, Any] = {}
        no_show, repeat = step.no_show, step.repeat
        if no_show is not None and no_show.probability > 0:
            found["no_show_at"] = self._place(uniform(f"{purpose}/no_show"))
            found["no_show_probability"] = no_show.probability
            if absent < no_show.at_most:
                stage = self._stage(index, absent + 1, repeated, comeback)
                delay = quantity(f"{purpose}/rebook", no_show.rebook_days)
                found["after_no_show"] = self._way(f"{purpose}/again", stage, delay, paced=False)
        if repeat is not None and repeat.probability > 0 and repeated < repeat.at_most:
            found["repeat_at"] = self._place(uniform(f"{purpose}/repeat"))
            found["repeat_probability"] = repeat.probability
            stage = self._stage(index, absent, repeated + 1, comeback)
            delay = self._pace.delay(f"{purpose}/repeat_delay", repeat.after_days)
            found["after_repeat"] = self._way(f"{purpose}/again", stage, delay, paced=True)
        return found

    def _comeback(self, step: Step, purpose: str, comeback: int) -> dict[str, Any]:
        """Coming back from nurture."""
        nurture = step.otherwise.nurture
        if nurture is None or nurture.share == 0 or nurture.to not in self._steps:
            return {}
        if comeback >= nurture.at_most:
            return {}
        stage = self._stage(self._names.index(nurture.to), 0, 0, comeback + 1)
        delay = quantity(f"{purpose}/nurture_delay", nurture.after_days)
        return {
            "nurture_at": self._place(uniform(f"{purpose}/nurture")),
            "nurture_share": nurture.share,
            "nurture_factor": nurture.pass_factor,
            "back": self._way(f"{purpose}/nurture", stage, delay, paced=False),
        }


class _Pace:
    """What lengthens the buyers' delays of a tier."""

    def __init__(self, product: Tier) -> None:
        cycle = product.cycle
        reference = product.reference_price_per_month
        price = 1.0 if reference is None else product.price_per_month / reference
        self._factor = cycle.new_market_factor * float(price**cycle.price_exponent)
        self._cycle: Cycle = cycle

    def delay(
        self, purpose: str, days: Quantity, of: Callable[[str, Quantity, float], Draw] = quantity
    ) -> Draw:
        """A delay of so many days, lengthened; with ``residual``, what is left of one."""
        draw = of(purpose, days, self._factor)
        share = self._cycle.per_decision_maker
        if share == 0 or draw == constant(0.0):
            return draw

        def lengthened(delay: Numbers, deciders: Numbers) -> Numbers:
            return delay * (1 + share * (np.maximum(np.rint(deciders), 1) - 1))

        return derived(purpose, lengthened, draw, quantity("decision_makers", self._cycle.decision_makers))
