"""Reads what is known of orders, accounts and products: of the projection, and of own events it may not have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from psycopg import AsyncConnection

from services.orders.bodies import facts_of
from services.orders.catalogue import names
from services.orders.commands.books import evolved, stream_of
from services.orders.placed import order_state
from services.orders.projection import FOLDS, SPEC
from shared.billing.facts import Fact
from shared.commands.unprojected import unprojected
from shared.events.reading import read
from shared.projections.facts import by_key, read_facts
from shared.projections.registers import Registers
from shared.projections.spec import Key
from shared.store.arrays import columns
from shared.store.event_table import event_of_row

_STATES = """
SELECT scope, scope_id, state FROM state
JOIN unnest(%s::text[], %s::text[]) AS w (scope, scope_id) USING (scope, scope_id)
"""
_OWN = """
SELECT stream_id, id, source, type, version, time, subject, sequence, data::text FROM store.event
WHERE stream_id = ANY(%s) ORDER BY stream_id, sequence
"""


class Reading:
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
                yield from accounts(content.customer.id, content.reseller.id if content.reseller else None)
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


def _facts(row: Sequence[Any]) -> Iterable[Fact]:
    stored = event_of_row(tuple(row))
    return facts_of(stored, read(stored).model)


def accounts(customer: str | None, reseller: str | None) -> Iterator[Key]:
    if customer is not None:
        yield Key("customer", customer)
    if reseller is not None:
        yield Key("reseller", reseller)
