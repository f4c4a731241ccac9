"""Vendors' systems as tests and demonstrations need them: HTTP servers that speak their formats, traps included."""
