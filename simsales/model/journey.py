"""The journey of a tier's leads from one channel, step by step, made ready for the simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simsales.model.luck import Column, exponential, quantity, uniform
from simsales.scenario.journey import following, in_order, states_on
from simsales.scenario.schema import NOBODY, STATES, Handoffs, Inbound, Scenario, Step

if TYPE_CHECKING:
    from simsales.model.pipeline import Pipeline

SQL = STATES.index("SQL")
WIN = STATES.index("WIN")
LIVE = STATES.index("LIVE")

DROPPED = "dropped in hand-off"


class Stage:
    """A step as the leads of one flow meet it: where its luck stands in their rows, and what comes next."""

    __slots__ = (
        "across",
        "delay",
        "drop",
        "dropped",
        "effort",
        "failed",
        "name",
        "next",
        "pass_probability",
        "passes",
        "position",
        "role",
        "to",
        "within",
    )

    def __init__(self, name: str, step: Step, position: int, role: str | None) -> None:
        self.name = name
        self.position = position
        """Place in the journey; a higher one is a later stage."""
        self.role = role
        """The role that does the step; None if nobody."""
        self.pass_probability = step.pass_probability
        self.to = None if step.to is None else STATES.index(step.to)
        self.next: Stage | None = None
        self.failed = (name, step.otherwise.lost)
        """Under what a lead is counted that does not pass."""
        self.dropped = (name, DROPPED)
        """Under what a lead is counted that gets lost on the way to this step."""
        # Indices into a row of luck.
        self.passes = self.effort = self.delay = self.drop = self.within = self.across = -1


class FlowMonth:
    """What happened in one month to the leads of one flow."""

    __slots__ = ("came_in", "entered", "lost", "opportunities_lost", "opportunities_lost_days", "won_days")

    def __init__(self) -> None:
        self.came_in = 0
        self.entered = [0] * len(STATES)
        """Leads that reached each state, those that came in with it included."""
        self.lost: dict[tuple[str, str], int] = {}
        """Leads lost, by step and reason."""
        self.won_days = 0.0
        """Sum over the wins of the days from coming in to signing."""
        self.opportunities_lost = 0
        """Leads lost as SQL or later."""
        self.opportunities_lost_days = 0.0

    def lose(self, where: tuple[str, str], state: int, days: float) -> None:
        """Count a lead that is lost in ``state``, so many days after it came in."""
        self.lost[where] = self.lost.get(where, 0) + 1
        if state >= SQL:
            self.opportunities_lost += 1
            self.opportunities_lost_days += days


class Flow:
    """The leads of one tier from one channel: their journey, and the counts."""

    def __init__(
        self,
        channel: str,
        tier: str,
        scenario: Scenario,
        pipeline: Pipeline,
    ) -> None:
        source = scenario.channels[channel]
        product = scenario.tiers[tier]
        self.channel = channel
        self.channel_index = sorted(scenario.channels).index(channel)
        self.direction = "inbound" if isinstance(source, Inbound) else "outbound"
        self.tier = tier
        self.pipeline = pipeline
        self.cost_per_lead = source.cost_per_lead
        self.price_per_month = product.price_per_month
        self.enters_as = STATES.index(source.enters_as)

        months = scenario.warm_up_months + scenario.horizon_months
        self.months = [FlowMonth() for _ in range(months)]
        self.now = self.months[0]
        """The current month's counts."""
        self.inside = [0] * len(STATES)
        """Leads and customers now in each state (customers that left are not)."""

        self.columns: list[Column] = []
        """What a row of these leads' luck holds."""
        self.churn = self._column(exponential("churn"))
        self.stages = self._compile(scenario)
        on = states_on([scenario.journeys[tier][stage.name] for stage in self.stages])
        entry = following(on, source.enters_as)
        if entry is None:  # The scenario's checks do not let this through.
            raise AssertionError(f"no step of {tier} takes a {source.enters_as}")
        self.entry = self.stages[entry]
        # Steps that these leads never come to have no columns: their luck would be drawn in vain.
        stage: Stage | None = self.entry
        while stage is not None:
            self._place(stage, scenario.journeys[tier][stage.name], scenario.organization.handoff)
            stage = stage.next

    def _compile(self, scenario: Scenario) -> list[Stage]:
        steps = scenario.journeys[self.tier]
        names = in_order(steps)
        on = states_on([steps[name] for name in names])
        stages = [
            Stage(name, steps[name], i, None if steps[name].by == NOBODY else steps[name].by)
            for i, name in enumerate(names)
        ]
        for i, (name, stage) in enumerate(zip(names, stages, strict=True)):
            step = steps[name]
            left_in = step.to if step.to is not None else on[i]
            after = following(on, left_in, i + 1) if left_in is not None else None
            stage.next = None if after is None else stages[after]
        return stages

    def _place(self, stage: Stage, step: Step, handoff: Handoffs) -> None:
        """Give the stage its columns in the rows of luck."""
        name = stage.name
        stage.passes = self._column(uniform(f"{name}/pass"))
        stage.effort = self._column(quantity(f"{name}/effort", step.effort_hours))
        stage.delay = self._column(quantity(f"{name}/buyer_delay", step.buyer_delay_days))
        if stage.next is not None:
            # Where no hand-off drops a lead, nothing is to be decided: any number does.
            drops = handoff.within_team.drop_probability or handoff.across_teams.drop_probability
            stage.drop = self._column(uniform(f"{name}/drop") if drops else quantity("", 0.0))
            # One purpose for both: the lead's luck with a hand-off does not depend on where the next
            # person sits.
            stage.within = self._column(quantity(f"{name}/handoff", handoff.within_team.delay_days))
            stage.across = self._column(quantity(f"{name}/handoff", handoff.across_teams.delay_days))

    def _column(self, column: Column) -> int:
        """Place of a column in the rows; equal constants share one."""
        if column not in self.columns:
            self.columns.append(column)
        return self.columns.index(column)
