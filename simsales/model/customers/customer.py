"""A customer: what is kept of it beside its row in the customer table."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person
from simsales.model.people.tasks import AccountWork

RENEWAL = "renewal"


class Talk(NamedTuple):
    """A conversation that somebody is to have with a customer."""

    about: str
    """``renewal``, or the name of a lever."""
    by: str
    """The role that leads it."""
    hours: float
    at_renewal: bool = False
    """Whether it is about the end of the term, and takes effect only then."""


class TalkWork(AccountWork):
    """The work of a conversation."""

    __slots__ = ("customer", "talk")

    def __init__(self, customer: Customer, talk: Talk) -> None:
        super().__init__({customer.lead.flow.plan.tier: talk.hours})
        self.customer = customer
        self.talk = talk


class Customer:
    """A customer, from signature on."""

    __slots__ = (
        "contract",
        "keeper",
        "lead",
        "list_place",
        "live_at",
        "month_part",
        "mrr",
        "pending",
        "price",
        "signed_at",
    )

    def __init__(self, lead: Lead, signed_at: float) -> None:
        self.lead = lead
        self.signed_at = signed_at
        """When it signed, in days."""
        self.contract = 0
        """Place of its contract on the tier's menu."""
        self.list_place = 0
        """Place of its list price among the tier's."""
        self.price = self.mrr = 0.0
        """What a unit cost it when it signed, and what it paid a month."""
        self.month_part = 0.0
        """The part of the calendar month that was left when it signed; 0 for one who was there at the
        beginning. (Like price and MRR of then: what holds now stands in its row.)
        """
        self.live_at = inf
        """When it went LIVE, in days."""
        self.keeper: Person | None = None
        """Who looks after it as a LIVE customer."""
        self.pending: dict[str, TalkWork] = {}
        """Conversations that are to take place, by what they are about."""


class Growth(NamedTuple):
    """A customer has come to pay more, or less."""

    customer: Customer
    movement: str
    """``expansion`` or ``contraction``."""
    cause: str
    person: Person | None
    """Who has sold it."""
    mrr: float


class Departure(NamedTuple):
    """A customer leaves."""

    customer: Customer
    reason: str
    mrr: float
