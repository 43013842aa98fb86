"""Leads: where they come from, what is decided about them, and the journey before them."""
