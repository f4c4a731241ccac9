"""Who has the id of a subscription already. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Given(NamedTuple):
    """Who has the id of a subscription: an order (None: none is known) of a customer and its reseller.

    `founded`: the subscription exists; else a draft is to found it.
    """

    order_id: str | None
    customer: str | None
    reseller: str | None
    founded: bool

    def beside(self, other: Given | None) -> Given:
        """What two sources know together."""
        if other is None:
            return self
        told = self if self.order_id is not None else other
        return told._replace(founded=self.founded or other.founded)
