"""WatchGuard Cloud as far as its formats are public, and a guess where they are not: see docs/vendors/panda.md."""
