"""Rebuilding projections beside the live ones: bulk, indexes, catch-up, comparison, switch."""
