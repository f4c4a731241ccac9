"""What stands at the front: revenue, seats and what is open, as a page with charts and as JSON."""
