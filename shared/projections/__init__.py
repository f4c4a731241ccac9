"""Projections: what a service declares, and the one runner that turns the log into its tables."""
