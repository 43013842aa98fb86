"""Results as a reader gets them: terminal tables, JSON, CSV files, data frames."""
