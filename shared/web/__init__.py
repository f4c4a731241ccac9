"""API scaffolding: the application, errors, paging. Authentication is a later part: it listens on loopback only."""
