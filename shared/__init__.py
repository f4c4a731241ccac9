"""What the services stand on. Imports no service."""
