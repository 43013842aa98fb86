"""Outbound work: the lists of names that people work through when nothing waits for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from simsales.model.clock import Clock
from simsales.model.leads.channels import OutboundList
from simsales.model.leads.lead import Lead
from simsales.model.people.person import Person
from simsales.model.work.desk import Desk


class OutboundWork:
    """The lists of every desk, which its people work through in turn."""

    def __init__(
        self,
        desks: Iterable[Desk],
        lists: Sequence[tuple[str, OutboundList]],
        clock: Clock,
        pulled: Callable[[Lead, Person], None],
    ) -> None:
        """Hand out the lists.

        Args:
            desks: of all teams.
            lists: the role that works through each list, and the list, in the order of their names.
            clock: tells the time.
            pulled: is told of every name that somebody takes.
        """
        self._by_desk = {desk: deque(names for role, names in lists if role == desk.role) for desk in desks}
        self._clock = clock
        self._pulled = pulled

    def pull_for(self, person: Person, desk: Desk) -> Callable[[], Lead | None] | None:
        """What takes the next name for a person, as a lead (None if no list has one); None if the desk has
        no lists.
        """
        lists, clock, pulled, team = self._by_desk[desk], self._clock, self._pulled, person.team
        if not lists:
            return None

        def pull() -> Lead | None:
            for _ in range(len(lists)):
                names = lists[0]
                lists.rotate(-1)
                lead = names.pull(team, clock.now)
                if lead is not None:
                    pulled(lead, person)
                    return lead
            return None

        return pull
