"""Pages of what vendors have beside what is billed: the comparison, what differs, and what may be done about it."""
