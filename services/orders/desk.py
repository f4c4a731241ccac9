"""Where commands on orders, accounts and the catalogue are decided: locks and reads what they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from psycopg import AsyncConnection

from services.orders.book_reading import Reading, accounts
from services.orders.commands.bodies import (
    ChangeCustomer,
    ChangePrice,
    ChangeReseller,
    ChangeSetting,
    Command,
    CopyProduct,
    DefineProduct,
    DeleteProduct,
    RegisterCustomer,
    RegisterReseller,
    SetExchangeRate,
)
from services.orders.commands.books import ORGANISATION, Books, stream_of
from services.orders.commands.order_bodies import (
    AddItem,
    DeleteOrder,
    ExecuteOrder,
    ItemChange,
    ListOffers,
    NewItem,
    PlaceOrder,
    RemoveItem,
)
from services.orders.commands.session import OrdersSession, order_id_of, permission_for
from services.orders.commands.settings import RATES, rate_key
from services.orders.projection import SPEC
from services.orders.rates import exchange_rates
from services.orders.subscription_ids import given_ids
from shared.billing.run_loop import NOTHING_ISSUED
from shared.commands.desk import Asked
from shared.projections.spec import Key
from shared.store.event_table import hold_streams
from shared.store.ledger import issued_for


class OrdersDesk:
    """The desk of the orders service."""

    projection = SPEC.name

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[Command]]) -> OrdersSession:
        """Lock what events are appended to, and read what is known of that and of what it names."""
        at = min((one.at for one in asked), default=datetime.now(UTC))
        # What is only previewed, or not allowed, changes nothing and keeps nobody waiting.
        changing = [one for one in asked if not one.preview and one.principal.may(permission_for(one.command.request))]
        await hold_streams(connection, {stream_of(key) for one in changing for key in _appended(one)})
        reading = Reading(connection)
        await reading.read({ORGANISATION, *(key for one in asked for key in (*_appended(one), *_named(one)))})
        wanted = {name for one in changing for name in (*_subscriptions(one), *reading.drafted(one.command.about))}
        named = {name for one in asked for name in (*_subscriptions(one), *_parents(one))} | reading.mentioned
        given = await given_ids(connection, wanted, named)
        issued = NOTHING_ISSUED
        if any(one.preview for one in asked):
            # Subscriptions that an order would found have no lines yet; their payers may have open invoices.
            payers = {key.scope_id for key in reading.registers if key.scope in ("customer", "reseller")}
            issued = await issued_for(connection, (), payers)
        rated = {stream_of(key) for one in asked for key in _appended(one) if key.scope == RATES}
        rates = await exchange_rates(connection, rated) if rated or any(one.preview for one in asked) else ()
        return OrdersSession(Books(at, reading.registers, reading.ends, reading.products, given, rates), issued)


def _appended(asked: Asked[Command]) -> Iterator[Key]:
    """What a command may append events to."""
    about, request = asked.command.about, asked.command.request
    match request:
        case RegisterReseller() | RegisterCustomer():
            yield from _either(request.id)
        case ChangeReseller():
            yield Key("reseller", about)
        case ChangeCustomer():
            yield Key("customer", about)
        case DefineProduct() | DeleteProduct() | ChangePrice():
            yield Key("product", about)
        case CopyProduct():
            yield Key("product", request.product_id)
        case ChangeSetting():
            yield Key(request.scope, "" if request.scope == "organisation" else request.scope_id or "")
        case SetExchangeRate():
            yield rate_key(request)
        case PlaceOrder():
            yield Key("order", order_id_of(asked, request))
            if len(request.customer.model_fields_set) > 1:
                yield from _either(request.customer.id)
        case AddItem() | ItemChange() | RemoveItem() | ExecuteOrder() | DeleteOrder():
            yield Key("order", about)
        case ListOffers():
            return


def _either(account: str) -> Iterator[Key]:
    """A new account under both names: no reseller and customer of one id are registered beside each other."""
    yield Key("reseller", account)
    yield Key("customer", account)


def _named(asked: Asked[Command]) -> Iterator[Key]:
    """What a command names beside that."""
    about, request = asked.command.about, asked.command.request
    match request:
        case RegisterCustomer() | ChangeCustomer():
            yield from accounts(None, request.reseller_id)
        case CopyProduct():
            yield Key("product", about)
        case PlaceOrder():
            yield from accounts(request.customer.id, request.customer.reseller_id)
            yield from (Key("product", item.product) for item in request.items)
        case AddItem() | ItemChange():
            if request.product is not None:
                yield Key("product", request.product)
        case ListOffers():
            yield Key("product", request.product)
            yield from accounts(request.customer, request.reseller)
        case _:
            pass
    # What a reseller registers is its own.
    yield from accounts(None, asked.principal.reseller)


def _subscriptions(asked: Asked[Command]) -> Iterator[str]:
    """The ids of subscriptions that a command would give to items."""
    request = asked.command.request
    if isinstance(request, PlaceOrder):
        order_id = order_id_of(asked, request)
        for position, item in enumerate(request.items, 1):
            yield item.subscription_id or f"{order_id}-{item.item_id or position}"
    elif isinstance(request, AddItem) and request.subscription_id is not None:
        yield request.subscription_id


def _parents(asked: Asked[Command]) -> Iterator[str]:
    """The subscriptions that a command names as parents of others."""
    request = asked.command.request
    items = request.items if isinstance(request, PlaceOrder) else (request,)
    for item in items:
        if isinstance(item, NewItem | ItemChange) and item.parent_subscription_id is not None:
            yield item.parent_subscription_id
