"""Replications by the thousand: which to compute, where to compute them, and where the results are kept."""
