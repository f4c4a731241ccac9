"""Commands on subscriptions: what may be asked (`bodies`), on what it is decided (`standing`), what it comes to."""
