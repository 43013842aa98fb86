"""A lead: somebody who may become, or has become, a customer."""

from __future__ import annotations

from simsales.model.draws import Row
from simsales.model.leads.flow import Flow, FlowMonth
from simsales.model.leads.stages import Stage
from simsales.model.people.person import Person
from simsales.model.people.waiting import Backlog, WaitingTask
from simsales.scenario.segments import Segment


class Lead(WaitingTask):
    """Somebody who may become, or has become, a customer. To the people it is a task: its next step."""

    __slots__ = (
        "before_attempt",
        "born",
        "cohort",
        "contacted",
        "draws",
        "effort_factor",
        "flow",
        "furthest",
        "known",
        "lasting_pass_factor",
        "number",
        "owners",
        "pass_factor",
        "person",
        "segment",
        "sold_by",
        "stage",
        "state",
    )

    def __init__(self, flow: Flow, number: int, draws: Row, born: float) -> None:
        plan = flow.plan
        self.flow = flow
        self.number = number
        """Number within the channel, from 0; the lead's draws are bound to it."""
        self.draws = draws
        self.segment: Segment = plan.only_segment or plan.segment(draws)
        self.cohort: FlowMonth = flow.now
        """The counts of the month in which it came in."""
        self.born = born
        """When it came in or was pulled from its list, in days."""
        self.state: int = plan.enters_as
        """Index of the state that it is in."""
        self.furthest: int = plan.enters_as
        """Index of the highest state that it has been in."""
        self.stage: Stage = plan.entry
        """The step at hand."""
        self.pass_factor = 1.0
        """Factor on the pass probability of the step at hand."""
        self.lasting_pass_factor = 1.0
        """Factor on the pass probability of every step from now on."""
        self.effort_factor = 1.0
        """Factor on the effort of the step at hand."""
        self.before_attempt: tuple[float, float] | None = None
        """Pass and effort factor before the attempt at hand changed them; None if it did not."""
        self.person: Person | None = None
        """Who had the lead last."""
        self.owners: dict[str, Person] | None = None
        """Who has the lead, by role."""
        self.sold_by: dict[str, Person] | None = None
        """Who had it when it signed, by role; None before."""
        self.contacted = False
        """Whether somebody has worked on it."""
        self.known = False
        """Whether the person who onboards it knew it before the sale."""
        self.backlog: Backlog | None = None
        self.gone = False
        """Whether it has left as a customer, or gone cold: work that was planned for it falls away."""

    @property
    def log_key(self) -> tuple[str, int, str, str]:
        """Channel, number, tier and step, as the event log names them."""
        plan = self.flow.plan
        return plan.channel, self.number, plan.tier, self.stage.name
