"""Broker and database together."""
