"""A database that knows less than the log: what of our own events it lacks, and taking them in from there."""
