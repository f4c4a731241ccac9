"""Delivery of issued documents, by e-mail and by webhook: once to each address that wants them."""
