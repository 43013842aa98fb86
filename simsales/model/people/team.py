"""A team: who it is for, and by which rules it works."""

from __future__ import annotations

from simsales.scenario.schema.organization import Dedication
from simsales.scenario.schema.organization import Team as Rules
from simsales.scenario.segments import Segment


class Team:
    """One team of a make of which there may be several: ``pod#2`` is the second pod. Immutable."""

    def __init__(self, name: str, rules: Rules) -> None:
        self.name = name
        self.rules = rules
        self.keeps_leads = rules.owner_continuity
        """Whether a lead comes back to the person who has done the role's work for it before."""
        serves = rules.serves
        self._serves = tuple(
            None if names is None else frozenset(names)
            for names in (serves.tiers, serves.regions, serves.industries)
        )
        self.serves_all = not any(self._serves)
        """Whether it is for everybody."""
        self.dedicated = any(names is not None for names in self._serves) and rules.dedication != Dedication()
        """Whether the team is for some leads only, and works better with them."""

    def serves(self, segment: Segment) -> bool:
        """Whether the team is for leads of this segment."""
        return self.serves_all or all(
            names is None or name in names for names, name in zip(self._serves, segment, strict=True)
        )
