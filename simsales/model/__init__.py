"""The organization at work. The only part of simsales that imports simpy."""

from simsales.model.replication import Event, Replication, Table
from simsales.model.simulation import simulate

__all__ = ["Event", "Replication", "Table", "simulate"]
