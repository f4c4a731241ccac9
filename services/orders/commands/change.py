"""What a decider gives: events by the thing that they are appended to. And what all deciders ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.orders.commands.books import Books
from shared.commands.decision import Forbidden, Unknown
from shared.commands.principal import Principal
from shared.events.models.base import EventModel
from shared.projections.spec import Key


class Change(NamedTuple):
    """What a command comes to. Without events it asked for what is so already.

    `subject` is what the answer shows, where there is no `body` already.
    """

    subject: Key
    events: Sequence[tuple[Key, Sequence[EventModel]]] = ()
    body: Mapping[str, object] | None = None
    created: bool = False


def known_customer(books: Books, customer: str, principal: Principal) -> Key:
    """A customer that is known and theirs; what is not theirs is not there for them."""
    key = Key("customer", customer)
    if books.account(key) is None or not principal.reaches(customer=customer, reseller=books.reseller_of(customer)):
        raise Unknown(f"there is no customer {customer!r}")
    return key


def known_reseller(books: Books, reseller: str, principal: Principal) -> Key:
    """A reseller that is known and theirs."""
    key = Key("reseller", reseller)
    if books.account(key) is None or not principal.reaches(customer=None, reseller=reseller):
        raise Unknown(f"there is no reseller {reseller!r}")
    return key


def known_product(books: Books, product: str) -> Key:
    """A product that is sold."""
    if books.product(product) is None:
        raise Unknown(f"there is no product {product!r} in the catalogue")
    return Key("product", product)


def own_reseller(principal: Principal, asked_for: str | None) -> str | None:
    """The reseller of what somebody registers: a reseller registers its own customers and nobody else's."""
    if principal.role != "reseller":
        return asked_for
    if asked_for not in (None, principal.reseller):
        raise Forbidden(f"{principal.name} may register customers of {principal.reseller} only: leave reseller_id out")
    return principal.reseller
