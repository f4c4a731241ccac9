"""What commands are decided on: what is known of orders, accounts, products and settings. Pure.

Each thing is its registers, of the projection and of own events. Billing is asked with facts made from them: one for
each statement of which something still holds. So a reseller with 20,000 orders is as quickly known as one without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar, cast

from pydantic import JsonValue

from services.orders.accounts import ACCOUNT_FIELDS, IS_ACCOUNT, RATES
from services.orders.bodies import Order, facts_of
from services.orders.catalogue import Defined, defined, is_deleted
from services.orders.commands.given import Given
from services.orders.placed import OrderState, order_state
from services.orders.projection import FOLDS
from services.orders.stated_settings import SettingScope, settings_in
from shared.billing.blocks import CustomerBlock, ResellerBlock
from shared.billing.facts import Body, CustomerStated, Fact, ResellerStated
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date, zone
from shared.commands.clocks import after_all
from shared.events.envelope import CloudEvent
from shared.events.models.base import EventModel
from shared.events.models.orders import OrderExecuted
from shared.projections.registers import Registers, Stamp
from shared.projections.spec import Key

SOURCE = "urn:seatledger:orders"
ORGANISATION = Key("organisation", "")
_MOMENT = timedelta(microseconds=1)
B = TypeVar("B", CustomerBlock, ResellerBlock)


@dataclass(frozen=True)
class Books:
    """All that is known at the moment `at` (UTC) of the things that commands name, and of what these name.

    `ends` has the last sequence of own streams. `products` are the facts of products. `given` says who has the ids of
    subscriptions that are named and given already. `rates` say what currencies are worth, for who asks that.
    """

    at: datetime
    registers: Mapping[Key, Registers] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    products: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    rates: Sequence[Fact] = ()

    def asked_at(self, at: datetime) -> Books:
        """The same when something is asked: then, or right after what is known with a time of some minutes later."""
        times = (register.stamp[0] for state in self.registers.values() for register in state.values())
        return replace(self, at=after_all(at, times))

    def order(self, order_id: str) -> OrderState | None:
        state = self.registers.get(Key("order", order_id))
        return None if state is None else order_state(state)

    def account(self, key: Key) -> Registers | None:
        """The registers of a customer or a reseller of which more than settings is known."""
        state = self.registers.get(key)
        return state if state is not None and IS_ACCOUNT in state else None

    def value(self, key: Key, name: str) -> JsonValue:
        """What an account states in one field; None where it says nothing."""
        state = self.registers.get(key, {})
        return state[name].value if name in state else None

    def has_setting(self, key: Key, name: str) -> bool:
        """Whether a setting was stated of one thing itself."""
        stated = settings_in(cast(SettingScope, key.scope), key.scope_id, self.registers.get(key, {}))
        return any(change.key == name for _, change in stated)

    def reseller_of(self, customer: str) -> str | None:
        """Who sells to a customer; None for one that pays itself."""
        return cast(str | None, self.value(Key("customer", customer), "reseller"))

    def zone_of(self, customer: str) -> tzinfo:
        """Where a customer is."""
        return zone(cast(str | None, self.value(Key("customer", customer), "time_zone")) or "UTC")

    def today(self, customer: str) -> date:
        """Today, where a customer is."""
        return civil_date(self.at, self.zone_of(customer))

    def product(self, product: str) -> Defined | None:
        """A product as it is sold; None where there is none, or it was deleted."""
        state = self.registers.get(Key("product", product))
        return None if state is None or is_deleted(state) else defined(state, self.master)

    @cached_property
    def master(self) -> MasterData:
        """What billing is to know."""
        return MasterData.of(self.facts)

    @cached_property
    def facts(self) -> Sequence[Fact]:
        """What billing is to know, as facts."""
        facts = [fact for about_one in self.products.values() for fact in about_one]
        for key, state in self.registers.items():
            if key.scope in ("organisation", "reseller", "customer"):
                facts += self._facts_of(cast(SettingScope, key.scope), key.scope_id, state)
        return facts

    def _facts_of(self, scope: SettingScope, scope_id: str, state: Registers) -> Iterator[Fact]:
        for stamp, stated in _by_statement(state).items():
            if scope == "customer":
                block = _block(CustomerBlock(scope_id), stated)
                reseller = cast(str | None, stated.get("reseller"))
                yield self._fact(scope, scope_id, "CustomerRegistered", CustomerStated(block, reseller), stamp)
            elif scope == "reseller":
                body = ResellerStated(_block(ResellerBlock(scope_id), stated))
                yield self._fact(scope, scope_id, "ResellerRegistered", body, stamp)
        for name, change in settings_in(scope, scope_id, state):
            yield self._fact(scope, scope_id, "SettingChanged", change, state[name].stamp)

    def _fact(self, scope: SettingScope, scope_id: str, kind: str, body: Body, stamp: Stamp) -> Fact:
        known, source, sequence, (_, _, identity) = stamp
        # What is stored is known: a clock of upstream that is ahead of ours makes it no news.
        return Fact(source, identity, kind, min(known, self.at - _MOMENT), scope, scope_id, body, sequence)

    def with_events(self, key: Key, events: Sequence[EventModel]) -> Books:
        """With events that will be appended to the stream of a thing."""
        stream = stream_of(key)
        placed = [
            CloudEvent("", SOURCE, type(event).__name__, self.at, b"", sequence=self.ends.get(stream, 0) + number)
            for number, event in enumerate(events, 1)
        ]
        facts = [fact for stub, event in zip(placed, events, strict=True) for fact in facts_of(stub, event)]
        return self.then(stream, facts, len(events))

    def then(self, stream: str, facts: Iterable[Fact], appended: int) -> Books:
        """With what own events say that were appended to a stream: as many."""
        registers, products, given = dict(self.registers), dict(self.products), dict(self.given)
        for fact in facts:
            key = Key(fact.scope, fact.scope_id)
            registers[key] = evolved(key, registers.get(key), [fact])
            given |= {name: one.beside(given.get(name)) for name, one in _given_by(fact).items()}
            if fact.scope == "product":
                products[fact.scope_id] = [*products.get(fact.scope_id, ()), fact]
        ends = {**self.ends, stream: self.ends.get(stream, 0) + appended}
        return replace(self, registers=registers, products=products, ends=ends, given=given)


def _given_by(fact: Fact) -> dict[str, Given]:
    """The ids that an order gives to subscriptions."""
    body: object = fact.body
    if not isinstance(body, Order):
        return {}
    reseller = None if body.reseller is None else body.reseller.id
    one = Given(body.order_id, body.customer.id, reseller, isinstance(body, OrderExecuted))
    return {item.subscription_id: one for item in body.items}


def evolved(key: Key, state: Registers | None, facts: Iterable[Fact]) -> Registers:
    """The registers of a thing with more facts about it; those it has already change nothing."""
    fold = FOLDS[key.scope]
    known = fold.nothing_of(key.scope_id) if state is None else state
    for fact in facts:
        known = fold.evolve(known, fact, MasterData())
    return known


def stream_of(key: Key) -> str:
    """The stream of a thing's own events. These names are stored: never changed."""
    return f"{key.scope}-{key.scope_id}" if key.scope_id else key.scope


def _by_statement(state: Registers) -> dict[Stamp, dict[str, JsonValue]]:
    """What is left of each statement about an account: the fields that no later one replaced."""
    found: dict[Stamp, dict[str, JsonValue]] = {}
    for name, register in state.items():
        if name in ACCOUNT_FIELDS:
            found.setdefault(register.stamp, {})[name] = register.value
    return found


def _block(block: B, stated: Mapping[str, JsonValue]) -> B:
    """The block with what was stated; rates are stored as text."""
    known = {one.name for one in fields(block)}
    return replace(block, **{name: _read(name, value) for name, value in stated.items() if name in known})


def _read(name: str, value: JsonValue) -> Any:
    return Decimal(str(value)) if name in RATES else value
