"""The organization at work. Its clock is the only part of simsales that imports SimPy."""

from simsales.model.replication import Event, Replication, Table
from simsales.model.simulation import simulate

__all__ = ["Event", "Replication", "Table", "simulate"]
