"""Prices and contracts: what a buyer is asked to sign, and how it responds."""
