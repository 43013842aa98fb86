"""What a user writes: scenario files, read and checked. Knows nothing of the simulation."""

from simsales.scenario.editor import json_schema
from simsales.scenario.scenario import Scenario, doubts_between, doubts_of_size, load, to_yaml

__all__ = ["Scenario", "doubts_between", "doubts_of_size", "json_schema", "load", "to_yaml"]
