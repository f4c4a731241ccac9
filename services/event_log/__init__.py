"""Tools on the log: events followed, looked at, and exported so that they can be emitted again."""
