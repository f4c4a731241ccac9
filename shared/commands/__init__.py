"""Commands: who asks, what is decided, and the loop that loads, decides and appends in one transaction."""
