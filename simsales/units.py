"""Units that everything agrees on."""

MONTH_DAYS = 365.25 / 12
"""Days of a month: 30.4375, all months alike."""
YEAR = 12
"""Months of a year."""
