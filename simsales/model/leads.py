"""Leads: somebody who may become, or has become, a customer; and what is known of one as a customer."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from simsales.model.luck import Row

if TYPE_CHECKING:
    from simsales.model.books import FlowMonth
    from simsales.model.flow import Flow
    from simsales.model.journey import Stage
    from simsales.model.people import AccountWork, Desk, Person, Seat
    from simsales.model.segments import Segment


class Lead:
    """Somebody who may become, or has become, a customer."""

    __slots__ = (
        "born",
        "carried",
        "cohort",
        "contacted",
        "customer",
        "desk",
        "effort_factor",
        "flow",
        "furthest",
        "gone",
        "luck",
        "number",
        "odds",
        "owners",
        "person",
        "ready_at",
        "segment",
        "stage",
        "standing_odds",
        "state",
        "waits_for",
    )

    waits_for: Person | None
    """In whose own queue it is waiting; None if in the queue that the desk shares. Set where `desk` is."""
    ready_at: float
    """Since when it is waiting, in days. Set where `desk` is."""

    def __init__(self, flow: Flow, number: int, luck: Row, born: float) -> None:
        self.flow = flow
        self.number = number
        """Number within the channel, from 0; the lead's luck hangs on it."""
        self.luck = luck
        self.segment: Segment = flow.only_segment or flow.segment(luck)
        self.cohort: FlowMonth = flow.now
        """The books of the month in which it came in."""
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
        self.customer: Customer | None = None
        """What is known of it as a customer; None until it has signed."""
        self.desk: Desk | None = None
        """Where it is waiting; None while it is not."""
        self.gone = False
        """Whether it has left as a customer, or gone cold: work that was planned for it falls away."""


class Customer:
    """What is known of one customer beside its row in the base."""

    __slots__ = (
        "contract",
        "keeper",
        "known",
        "lead",
        "left",
        "live_at",
        "month_part",
        "mrr",
        "pending",
        "price",
        "seat",
        "signed_at",
        "sold_by",
    )

    def __init__(self, lead: Lead, signed_at: float) -> None:
        self.lead = lead
        self.signed_at = signed_at
        """When it signed, in days."""
        self.sold_by: dict[str, Person] = dict(lead.owners or {})
        """Who had it when it signed, by role."""
        self.contract = 0
        """Place of its contract among those of the tier."""
        self.price = self.mrr = 0.0
        """What a unit cost it when it signed, and what it paid a month."""
        self.month_part = 0.0
        """For which part of the month of signature it pays."""
        self.known = False
        """Whether the person who onboards it knew it before."""
        self.live_at = inf
        """When it went LIVE, in days."""
        self.keeper: Person | None = None
        """Who looks after it as a LIVE customer."""
        self.pending: dict[str, AccountWork] = {}
        """Talks that are to take place, by what they are about."""
        self.seat: Seat | None = None
        """The colleague's seat that a meeting about it waits for; None if none."""
        self.left = False
        """Whether it has ever left."""
