"""Pages of documents: the list, one of them with the reason of every line, what is open, the next run."""
