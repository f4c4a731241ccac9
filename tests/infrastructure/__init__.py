"""What the tests stand on: broker, databases, processes."""
