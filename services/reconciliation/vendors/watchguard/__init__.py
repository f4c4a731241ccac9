"""Panda Security, now WatchGuard Endpoint Security: licence pools of a service provider, allocated to accounts.

What its formats are and which of them are public: docs/vendors/panda.md.
"""
