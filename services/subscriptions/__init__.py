"""What runs: the state of every subscription."""
