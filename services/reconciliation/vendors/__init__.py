"""Connectors: one package a vendor, all behind the interface of `connector`; only they know a vendor's formats."""
