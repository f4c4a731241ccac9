"""The console over the services it asks, without a browser."""
