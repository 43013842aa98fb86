"""The stages of a journey: what a lead meets at each step, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from simsales.scenario.schema.fields import STATES

SQL = STATES.index("SQL")
SAL = STATES.index("SAL")
WIN = STATES.index("WIN")
LIVE = STATES.index("LIVE")


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A step as the leads of one flow meet it: where its draws stand in their rows, and what comes next.

    A step that can be repeated (a meeting booked again, a lead that comes back from nurture) is a chain of
    stages, one for each time, each with draws of its own. Fields that end in ``_at`` are places in a row of
    draws; those that begin with ``lost_`` are places among the journey's ways to be lost.
    """

    name: str
    position: int
    """Place in the journey; a higher one is a later stage."""
    role: str | None
    """The role that does the step; None if nobody does."""
    joined_by: tuple[str, ...]
    """The roles that take part."""
    on: int | None
    """Index of the state that the step is for; None for a step whose leads never reach it."""
    to: int | None
    """Index of the state reached by passing; None if the lead stays in its state."""
    pass_at: int
    pass_probability: float
    """What the lead's number is compared with: the stated probability, unless fit moves the threshold."""
    by_aim: dict[str, float] | None
    """The same by the aim of the team that judges; None where no team judges."""
    deal: bool
    """Whether price, contracts or other customers influence whether it is passed."""
    depends: bool
    """Whether an aim, or what sways a deal, moves the threshold."""
    effort_at: int
    known_effort_factor: float
    """Factor on the effort of somebody who met the lead before the sale."""
    settles: bool
    """Whether something depends on who begins with it, or when."""
    lost_failed: int
    lost_dropped: int
    lost_cold: int
    lost_no_show: int
    lost_no_contract: int
    next: Way | None = None
    """The way on after passing; None if the journey ends here."""
    no_show_at: int = -1
    no_show_probability: float = 0.0
    after_no_show: Way | None = None
    """To the same step, after a meeting that did not take place; None if it is not booked again."""
    repeat_at: int = -1
    repeat_probability: float = 0.0
    after_repeat: Way | None = None
    """To the same step, after a meeting that needs another one."""
    nurture_at: int = -1
    nurture_share: float = 0.0
    nurture_factor: float = 1.0
    back: Way | None = None
    """The way back from nurture for a lead that did not pass; None if there is none."""
    meets_again: bool = False
    """Whether the meeting may fail to take place, or need another one."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The way from one stage to another: its delay, and the hand-off if another person takes the lead."""

    stage: Stage
    """Where it leads."""
    delay_at: int
    paced: bool
    """Whether the delay is the buyer's own, which a change of the list price lengthens or shortens."""
    drop_at: int
    within_at: int
    """Delay of a hand-off within the team; ``across_at``: across teams."""
    across_at: int


@dataclass(frozen=True)
class Waiting:
    """Leads that are on the way to a step when the simulation begins."""

    stage: Stage
    delays_left_at: tuple[int, ...]
    """The rest of the delay after each step that leads here."""
    fit_selection: tuple[tuple[float, float], ...]
    """Weight and threshold of each step that has selected them by their fit."""


@dataclass(frozen=True)
class Journey:
    """The stages that the leads of one tier from one channel go through."""

    entry: Stage
    """Where these leads begin."""
    ways_out: tuple[tuple[str, str], ...]
    """Step and reason of every way in which these leads can be lost."""
    fit_of_winners: float
    """Mean over the winners of the factor by which fit acts on staying."""
    fit_selection: tuple[tuple[float, float], ...] = ()
    """Weight and threshold of each step that selects customers by their fit."""
    waiting_at: dict[str, Waiting] = field(default_factory=dict)
    """By step, for leads that are there at the beginning: see `Waiting`."""
