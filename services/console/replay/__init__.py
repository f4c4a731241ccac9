"""Pages to watch replays by: generations, how far a rebuild is, what differed, positions, who did what."""
