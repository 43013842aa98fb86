"""Settings of all tests."""

from profiles import load_profile

load_profile()
