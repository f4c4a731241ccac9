"""Microsoft Partner Center: customers, their subscriptions, changes of these, and early hints that something changed.

What was never tried against a live tenant is marked so where it stands; docs/vendors/microsoft.md lists it.
"""
