"""The items of an order as they are wanted, with all that is resolved: product, term, billing plan, price. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import ValidationError

from services.orders.commands.books import Books
from services.orders.commands.change import known_product
from services.orders.commands.order_bodies import ItemChange, NewItem
from services.orders.commands.telling import listed, named
from shared.billing.blocks import ItemTerms
from shared.billing.capture import durations
from shared.billing.offers import plan_refusal
from shared.billing.periods import duration_of
from shared.billing.terms import Refused
from shared.commands.decision import CommandRefused
from shared.commands.principal import Principal
from shared.events.errors import unreadable_of
from shared.events.models.blocks import Customer, Product, Reseller
from shared.events.models.orders import Confirmation, OrderedItem, OrderExecuted, OrderPlaced
from shared.events.values import Moment

# What somebody may say of an item without more: all else is a price or a term by hand.
_FREE = frozenset({
    "product", "quantity", "item_id", "subscription_id", "term", "billing_frequency", "auto_renew", "custom_end",
    "parent_subscription_id",
})  # fmt: skip
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order without its items: who buys, in which currency, from when."""

    order_id: str
    currency: str
    customer: str
    reseller: str | None
    effective_at: Moment | None

    def executed(self, *items: OrderedItem) -> OrderExecuted:
        return OrderExecuted(**self._content(items))

    def placed(self, *items: OrderedItem) -> OrderPlaced:
        return OrderPlaced(**self._content(items))

    def _content(self, items: tuple[OrderedItem, ...]) -> dict[str, Any]:
        return {
            "order_id": self.order_id,
            "currency": self.currency,
            "reseller": None if self.reseller is None else Reseller(id=self.reseller),
            "customer": Customer(id=self.customer),
            "items": items,
            "effective_at": self.effective_at,
        }


def refuse_by_hand(request: NewItem | ItemChange, principal: Principal) -> None:
    """Prices and terms by hand are for who may set prices, the vendor's ids for who may take subscriptions over.

    A cost by hand goes with a price by hand.
    """
    if request.unit_cost is not None and request.unit_price is None:
        raise CommandRefused("unit_cost is given without unit_price: give both, or neither for the list price")
    for name, value in request:
        if value is None or name in _FREE:
            continue
        if name == "vendor_subscription_id":
            principal.need("subscriptions:import", f"set {name} of an item")
        else:
            principal.need("prices:write", f"set {name} of an item")


def new_item(wanted: Wanted, request: NewItem, position: int) -> OrderedItem:
    """An item as it is asked for; its price is still to be looked up where it has none."""
    item_id = request.item_id or str(position)
    given = {name: value for name, value in request if value is not None}
    return _item(given | {
        "item_id": item_id,
        "subscription_id": request.subscription_id or f"{wanted.order_id}-{item_id}",
        "product": Product(id=request.product),
        "unit_price": _NOTHING if request.unit_price is None else request.unit_price,
        "confirmation": _from("list" if request.unit_price is None else "order"),
    })  # fmt: skip


def changed_item(item: OrderedItem, request: ItemChange) -> OrderedItem:
    """An item with what is to be another in it. Another product, term or plan brings its own price."""
    given = {name: value for name, value in request if value is not None}
    kept = {name: value for name, value in item if value is not None and name != "confirmation"}
    origin = _origin(item)
    product = request.product is not None and request.product != item.product.id
    if product:
        given["product"] = Product(id=request.product)
        kept = {name: value for name, value in kept.items() if name in _KEPT_WITH_ANOTHER_PRODUCT}
        origin = "list"
    else:
        given.pop("product", None)
    one_off = item.billing_frequency == item.term
    if request.term is not None and request.billing_frequency is None and (one_off or product):
        kept.pop("billing_frequency", None)
    if any(name in given and given[name] != getattr(item, name) for name in ("term", "billing_frequency")):
        # A price by hand was meant for what was bought then.
        kept = {name: value for name, value in kept.items() if name not in _PRICE_BY_HAND}
        origin = "list"
    if request.unit_price is not None:
        origin = "order"
    return _item({"unit_price": _NOTHING} | kept | given | {"confirmation": _from(origin)})


_KEPT_WITH_ANOTHER_PRODUCT = frozenset({"item_id", "subscription_id", "quantity", "auto_renew"})


_PRICE_BY_HAND = frozenset({"unit_price", "unit_cost", "user_price"})


def _from(origin: Literal["list", "order"]) -> Confirmation:
    """Where the price of an item comes from; what is told of it follows."""
    return Confirmation(price_from=origin, unit_price=_NOTHING, price=_NOTHING, net=_NOTHING, gross=_NOTHING)


def _origin(item: OrderedItem) -> Literal["list", "order"]:
    """Upstream's drafts have the price that they were given."""
    return "order" if item.confirmation is None else item.confirmation.price_from


def _item(values: dict[str, Any]) -> OrderedItem:
    try:
        return OrderedItem(**values)
    except ValidationError as error:
        raise CommandRefused(f"item {values.get('item_id')}: {unreadable_of(error).reason}") from None


def resolved(books: Books, wanted: Wanted, item: OrderedItem, beside: Collection[str] = ()) -> OrderedItem:
    """An item as it can be executed: what the catalogue says of it, its plan allowed, at the list price of the day.

    `beside` are the ids of all subscriptions of the order. Raises Unknown for a product that is not sold,
    CommandRefused for a plan, a term or an id that cannot be.
    """
    _refuse_taken(books, wanted, item)
    _refuse_parent(books, wanted, item, beside)
    known_product(books, item.product.id)
    known = books.product(item.product.id)
    assert known is not None
    body = known.body
    charge = item.charge or body.terms.charge or "upfront"
    # A term that is asked for without a plan is paid at once, whatever the product's own plan is.
    plan = item.billing_frequency or (body.terms.billing_frequency if item.term is None else None)
    try:
        term, frequency = durations(ItemTerms(term=item.term or body.terms.term, billing_frequency=plan), charge)
    except Refused as refused:
        raise CommandRefused(named(item, str(refused))) from None
    today = books.today(wanted.customer)
    reason = plan_refusal(
        books.master, item.product.id, wanted.customer, wanted.reseller, term, frequency,
        books.zone_of(wanted.customer), today,
    )  # fmt: skip
    if reason is not None:
        raise CommandRefused(named(item, reason))
    about = Product(id=item.product.id, name=body.name, vendor=body.vendor, family=body.family)
    item = item.model_copy(update={"product": about, "charge": charge, "term": term, "billing_frequency": frequency})
    return _priced(books, wanted, item) if _origin(item) == "list" else item


def _refuse_taken(books: Books, wanted: Wanted, item: OrderedItem) -> None:
    by = books.given.get(item.subscription_id)
    if by is not None and by.order_id != wanted.order_id:
        # An order of somebody else is none of theirs to know of.
        theirs = by.order_id and (by.customer, by.reseller) == (wanted.customer, wanted.reseller)
        where = f" in order {by.order_id}" if theirs else ""
        raise CommandRefused(
            named(item, f"subscription {item.subscription_id} exists already{where}: give another subscription_id")
        )


def _refuse_parent(books: Books, wanted: Wanted, item: OrderedItem, beside: Collection[str]) -> None:
    """An add-on is of its customer's own subscription, which exists or comes with the same order."""
    parent = item.parent_subscription_id
    if parent is None or (parent in beside and parent != item.subscription_id):
        return
    known = books.given.get(parent)
    if known is None or not known.founded or known.customer != wanted.customer:
        raise CommandRefused(
            named(item, f"parent_subscription_id {parent} is no subscription of {wanted.customer}: give one of its own")
        )


def _priced(books: Books, wanted: Wanted, item: OrderedItem) -> OrderedItem:
    """The item at the list price."""
    found = listed(books, wanted.executed(item.model_copy(update={"unit_price": _NOTHING})))
    if found is None:
        billed = "" if item.term is None else f" for {duration_of(item.term)}"
        raise CommandRefused(
            named(
                item,
                f"product {item.product.id} has no list price in {wanted.currency}{billed}: "
                "give the product a list price for that first",
            )
        )
    return item.model_copy(update={"unit_price": found.sell, "unit_cost": found.cost})
