"""Customers: from signature to the day they leave; churn, expansion, references."""
