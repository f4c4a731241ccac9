"""WatchGuard Cloud, emulated: each trap, and what it may cost."""
