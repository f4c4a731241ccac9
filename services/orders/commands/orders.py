"""Placing, editing, executing and deleting orders. Pure.

A draft is placed again, whole, whenever something of it is edited. Executed, nothing of it changes any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from services.orders.commands.accounts import registration
from services.orders.commands.books import Books
from services.orders.commands.change import Change, known_customer
from services.orders.commands.items import Wanted, changed_item, new_item, refuse_by_hand, resolved
from services.orders.commands.order_bodies import (
    MOST_ITEMS,
    AddItem,
    ExecuteOrder,
    ItemChange,
    OrdersCustomer,
    PlaceOrder,
)
from services.orders.commands.telling import pays_in_installments, told
from services.orders.placed import OrderState
from shared.commands.decision import CommandRefused, Exists, Forbidden, Unknown
from shared.commands.effective import effective_of, needs_backdating
from shared.commands.principal import Principal
from shared.events.models.base import EventModel
from shared.events.models.orders import CustomerRegistered, OrderDeleted, OrderedItem, OrderExecuted, OrderPlaced
from shared.events.values import Moment
from shared.projections.spec import Key


def place_order(books: Books, order_id: str, request: PlaceOrder, principal: Principal) -> Change:
    """A draft, or at once an executed order, also for a customer who is new and defined in it."""
    principal.need("orders:write", "place orders")
    for wanted_item in request.items:
        refuse_by_hand(wanted_item, principal)
    key = Key("order", order_id)
    new = _registered(books, request.customer, principal)
    before = books.order(order_id)
    if before is not None:
        if not _reaches(books, before, principal):
            raise Forbidden(f"{principal.name} may not place order {order_id}: choose another id")
        raise Exists(f"order {order_id} exists already: choose another id, or edit it")
    events: list[tuple[Key, Sequence[EventModel]]] = []
    if new is not None:
        events.append((Key("customer", new.id), [new]))
        books = books.with_events(Key("customer", new.id), [new])
    wanted = _wanted(books, order_id, request.currency, request.customer.id, request.effective_at)
    if request.execute:
        wanted = _starting(books, wanted, principal)
    items = [new_item(wanted, one, position) for position, one in enumerate(request.items, 1)]
    executed = _told(books, wanted, items)
    placed = wanted.placed(*executed.items)
    events.append((key, [placed, executed] if request.execute else [placed]))
    return Change(key, events, created=True)


def _registered(books: Books, customer: OrdersCustomer, principal: Principal) -> CustomerRegistered | None:
    """The registration of a customer who is new; None for one that is known and theirs."""
    more = [name for name, value in customer if value is not None and name != "id"]
    key = Key("customer", customer.id)
    if books.account(key) is None:
        if not more:
            raise Unknown(f"there is no customer {customer.id!r}: give its name, or register it first")
        principal.need("accounts:write", "register a customer with an order")
        return registration(books, customer, principal)
    known_customer(books, customer.id, principal)
    if set(more) - {"reseller_id"} or customer.reseller_id not in (None, books.reseller_of(customer.id)):
        raise CommandRefused(
            f"customer {customer.id} is known already: give its id alone, and change the customer where it is to be "
            "another"
        )
    return None


def _wanted(books: Books, order_id: str, currency: str, customer: str, effective_at: Moment | None) -> Wanted:
    return Wanted(order_id, currency, customer, books.reseller_of(customer), effective_at)


def _placed(books: Books, wanted: Wanted, items: Sequence[OrderedItem]) -> OrderPlaced:
    """The draft with what is told of it."""
    return wanted.placed(*_told(books, wanted, items).items)


def _told(books: Books, wanted: Wanted, items: Sequence[OrderedItem]) -> OrderExecuted:
    """The order as it would be executed now."""
    _refuse_double(items)
    ids = {item.subscription_id for item in items}
    return told(books, wanted.executed(*(resolved(books, wanted, item, ids) for item in items)))


def _refuse_double(items: Sequence[OrderedItem]) -> None:
    for name in ("item_id", "subscription_id"):
        ids = [getattr(item, name) for item in items]
        for one in ids:
            # Items of upstream's drafts may have no item_id.
            if one is not None and ids.count(one) > 1:
                raise CommandRefused(f"{name} {one} stands on two items: give each its own")


def _starting(books: Books, wanted: Wanted, principal: Principal) -> Wanted:
    """An order that is to be executed, with its start: the past is for who may backdate."""
    at, tz = wanted.effective_at, books.zone_of(wanted.customer)
    if needs_backdating(at, books.at, tz):
        principal.need("backdating", "execute an order in the past")
    start = effective_of(at, books.at, tz, may_backdate=principal.may("backdating"))
    return replace(wanted, effective_at=start)


def edit_item(books: Books, order_id: str, item_id: str, request: ItemChange, principal: Principal) -> Change:
    """What is to be another in an item of a draft; its billing plan is chosen here."""
    draft = _draft(books, order_id, principal, "edit orders")
    refuse_by_hand(request, principal)
    item = _known_item(draft, item_id)
    return _again(books, draft, [changed_item(one, request) if one is item else one for one in draft.items])


def add_item(books: Books, order_id: str, request: AddItem, principal: Principal) -> Change:
    """One more item in a draft."""
    draft = _draft(books, order_id, principal, "edit orders")
    refuse_by_hand(request, principal)
    if len(draft.items) >= MOST_ITEMS:
        raise CommandRefused(f"order {order_id} has {MOST_ITEMS} items, the most there are in one: place another")
    taken = {item.item_id for item in draft.items}
    position = next(n for n in range(len(taken) + 1, 2 * len(taken) + 2) if str(n) not in taken)
    wanted = _wanted(books, order_id, draft.currency, draft.customer.id, draft.effective_at)
    return _again(books, draft, [*draft.items, new_item(wanted, request, position)])


def remove_item(books: Books, order_id: str, item_id: str, principal: Principal) -> Change:
    """One item less in a draft; the last one goes with the order."""
    draft = _draft(books, order_id, principal, "edit orders")
    item = _known_item(draft, item_id)
    if len(draft.items) == 1:
        raise CommandRefused(f"item {item_id} is the only one of order {order_id}: delete the order instead")
    return _again(books, draft, [one for one in draft.items if one is not item])


def _is(item: OrderedItem, item_id: str) -> bool:
    """Items of upstream's drafts may have no id of their own: then the subscription's is it."""
    return item_id == (item.item_id or item.subscription_id)


def _known_item(draft: OrderPlaced, item_id: str) -> OrderedItem:
    for item in draft.items:
        if _is(item, item_id):
            return item
    raise Unknown(f"order {draft.order_id!r} has no item {item_id!r}")


def _again(books: Books, draft: OrderPlaced, items: Sequence[OrderedItem]) -> Change:
    """The draft placed again with other items; none of it when nothing is another."""
    wanted = _wanted(books, draft.order_id, draft.currency, draft.customer.id, draft.effective_at)
    placed = _placed(books, wanted, items)
    key = Key("order", draft.order_id)
    return Change(key, [] if placed == draft else [(key, [placed])])


def _draft(books: Books, order_id: str, principal: Principal, to: str) -> OrderPlaced:
    """An order that can still be edited: after execution it is view-only."""
    order = known_order(books, order_id, principal, to)
    if isinstance(order.content, OrderExecuted):
        raise CommandRefused(
            f"order {order_id} is executed: its items and their billing plans are view-only; change its subscriptions "
            "instead"
        )
    if order.status == "deleted":
        _refuse_deleted(order_id)
    return order.content


def known_order(books: Books, order_id: str, principal: Principal, to: str) -> OrderState:
    """An order that is known and theirs; what is not theirs is not there for them."""
    principal.need("orders:write", to)
    order = books.order(order_id)
    if order is None or not _reaches(books, order, principal):
        raise Unknown(f"there is no order {order_id!r}")
    return order


def _reaches(books: Books, order: OrderState, principal: Principal) -> bool:
    """A draft is of the reseller its customer has now; what is executed stays with whom it was executed for."""
    content = order.content
    customer = content.customer.id
    reseller = content.reseller.id if content.reseller else None
    if isinstance(content, OrderPlaced) and books.account(Key("customer", customer)) is not None:
        reseller = books.reseller_of(customer)
    return principal.reaches(customer=customer, reseller=reseller)


def _refuse_deleted(order_id: str) -> NoReturn:
    raise CommandRefused(f"order {order_id} is deleted: place a new one")


def execute_order(books: Books, order_id: str, request: ExecuteOrder, principal: Principal) -> Change:
    """The items become subscriptions, at the list prices of now where they have no others. Again, nothing happens."""
    order = known_order(books, order_id, principal, "execute orders")
    key = Key("order", order_id)
    if order.status == "deleted":
        _refuse_deleted(order_id)
    draft = order.content
    if order.status == "executed":
        return Change(key)
    at = draft.effective_at if request.effective_at is None else request.effective_at
    wanted = _starting(books, _wanted(books, order_id, draft.currency, draft.customer.id, at), principal)
    return Change(key, [(key, [_told(books, wanted, draft.items)])])


def executed_now(books: Books, order_id: str) -> OrderExecuted:
    """A draft as it would be executed now."""
    order = books.order(order_id)
    assert order is not None  # who asks has just placed or edited it
    draft = order.content
    at = effective_of(draft.effective_at, books.at, books.zone_of(draft.customer.id))
    return _told(books, _wanted(books, order_id, draft.currency, draft.customer.id, at), draft.items)


def delete_order(books: Books, order_id: str, principal: Principal) -> Change:
    """A draft goes, an executed order without installments is hidden; one with installments stays (rule R4.13)."""
    order = known_order(books, order_id, principal, "delete orders")
    key = Key("order", order_id)
    if order.status == "deleted":
        return Change(key)
    content = order.content
    if isinstance(content, OrderExecuted) and pays_in_installments(books, content):
        raise CommandRefused(
            f"order {order_id} is executed and has installments: it cannot be deleted; cancel its subscriptions instead"
        )
    return Change(key, [(key, [OrderDeleted(order_id=order_id, customer_id=content.customer.id)])])
