"""What vendors' systems answer, and what the connectors make of it."""
