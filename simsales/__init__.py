"""simsales: a discrete-event simulation of a SaaS sales organization."""

__version__ = "0.1.0"
