"""Where commands on orders, accounts and the catalogue are decided: locks and reads what they need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from psycopg import AsyncConnection

from services.orders.bodies import facts_of
from services.orders.catalogue import names
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
from services.orders.commands.books import ORGANISATION, SOURCE, Books, evolved, stream_of
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
from services.orders.commands.settings import rate_key
from services.orders.placed import order_state
from services.orders.projection import FOLDS, SPEC
from services.orders.registers import Registers
from services.orders.subscription_ids import given_ids
from shared.billing.facts import Fact
from shared.commands.desk import Asked
from shared.commands.unprojected import unprojected
from shared.events.envelope import CloudEvent
from shared.events.reading import read
from shared.events.values import moment
from shared.projections.anchors import hold
from shared.projections.facts import by_key, read_facts
from shared.projections.spec import Key
from shared.store.arrays import columns

_STATES = """
SELECT scope, scope_id, state FROM state
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""
_OWN = """
SELECT stream_id, id, source, type, version, time, subject, sequence, data::text FROM store.event
WHERE stream_id = ANY(%s) ORDER BY stream_id, sequence
"""


class OrdersDesk:
    """The desk of the orders service."""

    source = SOURCE
    projection = SPEC.name

    async def open(self, connection: AsyncConnection, asked: Sequence[Asked[Command]]) -> OrdersSession:
        """Lock what events are appended to, and read what is known of that and of what it names."""
        at = min((one.at for one in asked), default=datetime.now(UTC))
        # What is only previewed, or not allowed, changes nothing and keeps nobody waiting.
        changing = [one for one in asked if not one.preview and one.principal.may(permission_for(one.command.request))]
        await hold(connection, sorted({key for one in changing for key in _appended(one)}))
        reading = _Reading(connection)
        await reading.read({ORGANISATION, *(key for one in asked for key in (*_appended(one), *_named(one)))})
        wanted = {name for one in changing for name in (*_subscriptions(one), *reading.drafted(one.command.about))}
        named = {name for one in asked for name in (*_subscriptions(one), *_parents(one))} | reading.mentioned
        given = await given_ids(connection, wanted, named)
        return OrdersSession(Books(at, reading.registers, reading.ends, reading.products, given))


def _appended(asked: Asked[Command]) -> Iterator[Key]:
    """What a command may append events to."""
    about, request = asked.command.about, asked.command.request
    match request:
        case RegisterReseller() | RegisterCustomer():
            yield Key("reseller" if isinstance(request, RegisterReseller) else "customer", request.id)
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
                yield Key("customer", request.customer.id)
        case AddItem() | ItemChange() | RemoveItem() | ExecuteOrder() | DeleteOrder():
            yield Key("order", about)
        case ListOffers():
            return


def _named(asked: Asked[Command]) -> Iterator[Key]:
    """What a command names beside that."""
    about, request = asked.command.about, asked.command.request
    match request:
        case RegisterCustomer() | ChangeCustomer():
            yield from _accounts(None, request.reseller_id)
        case CopyProduct():
            yield Key("product", about)
        case PlaceOrder():
            yield from _accounts(request.customer.id, request.customer.reseller_id)
            yield from (Key("product", item.product) for item in request.items)
        case AddItem() | ItemChange():
            if request.product is not None:
                yield Key("product", request.product)
        case ListOffers():
            yield Key("product", request.product)
            yield from _accounts(request.customer, request.reseller)
        case _:
            pass
    # What a reseller registers is its own.
    yield from _accounts(None, asked.principal.reseller)


def _accounts(customer: str | None, reseller: str | None) -> Iterator[Key]:
    if customer is not None:
        yield Key("customer", customer)
    if reseller is not None:
        yield Key("reseller", reseller)


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


class _Reading:
    """What has been read of the things that were asked for, and of what these name in turn."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.registers: dict[Key, Registers] = {}
        self.ends: dict[str, int] = {}
        self.products: dict[str, Sequence[Fact]] = {}
        # The subscriptions that orders name, as their own and as parents of these.
        self.mentioned: set[str] = set()
        self._drafted: dict[str, set[str]] = {}

    def drafted(self, order_id: str) -> Collection[str]:
        """The ids that the items of an order, not yet executed, have given to subscriptions."""
        return self._drafted.get(order_id, ())

    async def read(self, keys: Iterable[Key]) -> None:
        """Read these, their customers, resellers and products, and what products were copied from."""
        read: set[Key] = set()
        wanted = set(keys)
        while wanted:
            own = await self._own(wanted)
            for key, facts in (await self._elsewhere(wanted)).items():
                own.setdefault(key, []).extend(facts)
            stored = await self._stored(wanted)
            for key in (key for key in wanted if key.scope in FOLDS):
                if key in stored or own.get(key):
                    self.registers[key] = evolved(key, stored.get(key), own.get(key, ()))
            await self._read_products({key for key in wanted if key.scope == "product"}, own)
            read |= wanted
            wanted = {name for key in wanted for name in self._names(key)} - read

    async def _own(self, keys: Collection[Key]) -> dict[Key, list[Fact]]:
        """The facts of all own events of these things."""
        streams = {stream_of(key): key for key in keys}
        facts: dict[Key, list[Fact]] = {}
        for stream, *event in await (await self._connection.execute(_OWN, [list(streams)])).fetchall():
            self.ends[stream] = event[6]
            facts.setdefault(streams[stream], []).extend(
                fact for fact in _facts(event) if Key(fact.scope, fact.scope_id) == streams[stream]
            )
        return facts

    async def _elsewhere(self, keys: Collection[Key]) -> Mapping[Key, list[Fact]]:
        """What own events of other streams say of accounts: imports, while the projection may not have them."""
        accounts = {key for key in keys if key.scope in ("customer", "reseller")}
        recent = by_key(await unprojected(self._connection, accounts))
        return {key: facts for key, facts in recent.items() if key in accounts}

    async def _stored(self, keys: Collection[Key]) -> Mapping[Key, Registers]:
        """What the projection has of these things."""
        rows = await (await self._connection.execute(_STATES, columns(sorted(keys), 2))).fetchall()
        return {Key(scope, scope_id): FOLDS[scope].load(state) for scope, scope_id, state in rows}

    async def _read_products(self, keys: Collection[Key], own: Mapping[Key, Sequence[Fact]]) -> None:
        projected = await read_facts(self._connection, SPEC, keys)
        for key in keys:
            facts = {fact.ref: fact for fact in (*own.get(key, ()), *projected.get(key, ()))}
            self.products[key.scope_id] = list(facts.values())

    def _names(self, key: Key) -> Iterator[Key]:
        state = self.registers.get(key)
        if state is None:
            return
        if key.scope == "order":
            order = order_state(state)
            if order is not None:
                content = order.content
                yield from _accounts(content.customer.id, content.reseller.id if content.reseller else None)
                yield from (Key("product", item.product.id) for item in content.items)
                own = {item.subscription_id for item in content.items}
                parents = {item.parent_subscription_id for item in content.items} - {None}
                self.mentioned |= own | cast("set[str]", parents)
                if order.status == "placed":
                    self._drafted[key.scope_id] = own
        elif key.scope == "customer" and "reseller" in state:
            yield Key("reseller", str(state["reseller"].value))
        elif key.scope == "product":
            for fact in self.products.get(key.scope_id, ()):
                yield from names(fact)


def _facts(event: Sequence[Any]) -> Iterable[Fact]:
    event_id, source, kind, version, time, subject, sequence, data = event
    stored = CloudEvent(event_id, source, kind, moment(time), data.encode(), subject, version, sequence=sequence)
    return facts_of(stored, read(stored).model)
