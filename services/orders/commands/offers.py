"""What a product can be bought for: the plans that can be chosen, with their prices (rules R4.1, R4.2, R4.7). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from services.orders.commands.books import Books
from services.orders.commands.change import Change, known_customer, known_product, known_reseller, own_reseller
from services.orders.commands.items import Wanted, new_item, resolved
from services.orders.commands.order_bodies import ListOffers, NewItem
from services.orders.commands.telling import told
from shared.commands.decision import CommandRefused
from shared.commands.principal import Principal
from shared.events.values import months_text

# Stands for a customer who is not registered yet, and for the order that it may place.
_SOMEBODY = "-"


def list_offers(books: Books, request: ListOffers, principal: Principal) -> Change:
    """One-off, and every billing plan that this account may choose, for a customer or for a new one of a reseller."""
    principal.need("catalogue:read", "see what can be bought")
    key = known_product(books, request.product)
    wanted = _wanted(books, request, principal)
    known = books.product(request.product)
    assert known is not None
    once = known.body.terms.charge == "one_time"
    term = None if once else request.term or known.body.terms.term or 1
    frequencies = [None] if term is None else [term, *sorted({*known.body.billing_plans} - {term}, reverse=True)]
    offers = [offer for frequency in frequencies for offer in _offer(books, wanted, request, term, frequency)]
    body = {
        "product": request.product, "currency": request.currency, "term": None if term is None else months_text(term),
        "quantity": request.quantity, "offers": offers,
    }  # fmt: skip
    return Change(key, body=body)


def _wanted(books: Books, request: ListOffers, principal: Principal) -> Wanted:
    """Whom the offer is for; without a customer somebody new."""
    if request.customer is not None:
        known_customer(books, request.customer, principal)
        return Wanted(_SOMEBODY, request.currency, request.customer, books.reseller_of(request.customer), None)
    reseller = own_reseller(principal, request.reseller)
    if reseller is not None:
        known_reseller(books, reseller, principal)
    return Wanted(_SOMEBODY, request.currency, _SOMEBODY, reseller, None)


def _offer(
    books: Books, wanted: Wanted, request: ListOffers, term: int | None, frequency: int | None
) -> Iterator[dict[str, object]]:
    """What one plan costs; nothing where it cannot be chosen or has no price."""
    asked = NewItem(product=request.product, quantity=request.quantity)
    asked = asked.model_copy(update={"term": term, "billing_frequency": frequency})
    try:
        item = resolved(books, wanted, new_item(wanted, asked, 1))
        (found,) = told(books, wanted.executed(item)).items
    except CommandRefused:
        return
    assert found.confirmation is not None
    price = found.confirmation.model_dump(mode="json", exclude={"price_from"})
    names = ("billing_plan", "installments", "extra_charge_rate", "first_billing_date", "free_until", "note")
    yield {
        "billing_frequency": None if frequency is None else months_text(frequency),
        **dict.fromkeys(names),
        **price,
    }
