"""PostgreSQL: connections, migrations, our own events with their outbox, dead letters, reactions, configuration."""
