"""Hypothesis for billing: a simulation of two years takes its time, so no deadline on a single example."""

from hypothesis import settings

settings.register_profile("billing", deadline=None)
settings.load_profile("billing")
