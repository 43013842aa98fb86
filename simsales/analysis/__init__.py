"""What the results say: KPIs, intervals, comparison. Reads results, simulates nothing."""
