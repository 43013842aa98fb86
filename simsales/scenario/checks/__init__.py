"""What must agree between the parts of a scenario. The checks work on the raw data, before it is built."""
