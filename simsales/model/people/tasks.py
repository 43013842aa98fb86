"""What takes a person's time. (A lead's next step and a seat in a meeting are tasks, too.)"""

from __future__ import annotations


class Task:
    """Something that takes a person's time."""

    __slots__ = ("gone",)
    gone: bool
    """Whether it has fallen away: it is passed over when its turn comes."""


class AccountWork(Task):
    """Work for customers."""

    __slots__ = ("hours", "hours_by_tier")

    def __init__(self, hours_by_tier: dict[str, float]) -> None:
        self.gone = False
        self.hours_by_tier = hours_by_tier
        self.hours = sum(hours_by_tier.values())


class CareBlock(AccountWork):
    """One block of the care for all customers that one person looks after."""

    __slots__ = ()
