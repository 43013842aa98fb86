"""Leads: somebody who may become, or has become, a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simsales.model.luck import Row

if TYPE_CHECKING:
    from simsales.model.journey import Flow, Stage
    from simsales.model.people import Desk, Person, Seat
    from simsales.model.segments import Segment


class Lead:
    """Somebody who may become, or has become, a customer."""

    __slots__ = (
        "acquainted",
        "born",
        "carried",
        "contacted",
        "desk",
        "effort_factor",
        "flow",
        "furthest",
        "gone",
        "keeper",
        "known",
        "luck",
        "number",
        "odds",
        "owners",
        "person",
        "ready_at",
        "seat",
        "segment",
        "stage",
        "standing_odds",
        "state",
        "waits_for",
    )

    def __init__(self, flow: Flow, number: int, luck: Row, born: float) -> None:
        self.flow = flow
        self.number = number
        """Number within the channel, from 0; the lead's luck hangs on it."""
        self.luck = luck
        self.segment: Segment = flow.only_segment or flow.segment(luck)
        self.born = born
        """When it came in or was pulled from its list, in days."""
        self.state: int = flow.enters_as
        self.furthest: int = flow.enters_as
        """The highest state that it has been in."""
        self.stage: Stage = flow.entry
        """The step at hand."""
        self.odds = 1.0
        """Factor on the pass probability of the step at hand."""
        self.standing_odds = 1.0
        """The same for every step from now on."""
        self.effort_factor = 1.0
        """Factor on the effort of the step at hand."""
        self.carried: tuple[float, float] | None = None
        """Odds and effort factor without what holds for the attempt at hand alone; None if nothing does."""
        self.person: Person | None = None
        """Who had the lead last."""
        self.owners: dict[str, Person] | None = None
        """Who has the lead, by role."""
        self.contacted = False
        """Whether somebody has worked on it."""
        self.acquainted: tuple[Person, ...] = ()
        """Who had met it when it signed."""
        self.known = False
        """Whether the person who onboards it knew it before."""
        self.keeper: Person | None = None
        """Who looks after it as a LIVE customer."""
        self.seat: Seat | None = None
        """The colleague's seat that a meeting about it waits for; None if none."""
        self.desk: Desk | None = None
        """Where it is waiting; None while it is not."""
        self.waits_for: Person | None = None
        """In whose own queue it is waiting; None if in the queue that the desk shares."""
        self.ready_at = 0.0
        """Since when it is waiting, in days."""
        self.gone = False
        """Whether it has left as a customer, or gone cold: work that was planned for it falls away."""
