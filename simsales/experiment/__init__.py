"""Experiments: which replications to compute, where to compute them, and where the results are kept."""
