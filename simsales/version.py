"""The version of simsales."""

__version__ = "0.1.0"
"""The same as in setup.cfg."""
