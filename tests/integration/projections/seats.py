"""A projection small enough to see through: seats and list price of a subscription, until its trial ends.

Its handler fails for a subscription whose product is "explodes", and writes what no database keeps (NUL) for "poison".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from shared.billing.facts import Fact, LicensesChanged, OrderExecuted, PriceChanged
from shared.billing.moments import instant, order_key
from shared.projections.spec import Facts, Key, MasterFacts, ProjectionSpec, Rows, Stream, Table

Master = MasterFacts
_Key = tuple[object, ...]


@dataclass(frozen=True)
class Seats:
    """Everything a row needs, and the place of the last fact."""

    subscription: str
    product: str
    quantities: tuple[int, ...]
    trial_until: str | None
    last: _Key


class View(NamedTuple):
    """Seats as of a clock."""

    state: Seats
    master: Master
    at: datetime


class SeatsFold:
    """Folds orders and licence changes."""

    def fold(self, scope_id: str, facts: Facts, master: Master) -> Seats | None:
        ordered = sorted(facts, key=_key)
        founding = next((fact for fact in ordered if isinstance(fact.body, OrderExecuted)), None)
        if founding is None:
            return None
        body = founding.body
        assert isinstance(body, OrderExecuted)
        trial = body.item.trial_until.isoformat() if body.item.trial_until else None
        seats = Seats(scope_id, body.item.product.id, (), trial, ())
        for fact in ordered:
            seats = _with(seats, fact)
        return seats

    def evolve(self, state: Seats, fact: Fact, master: Master) -> Seats | None:
        return None if _key(fact) <= state.last else _with(state, fact)

    def dump(self, state: Seats) -> bytes:
        return json.dumps([state.subscription, state.product, state.quantities, state.trial_until, state.last]).encode()

    def load(self, stored: bytes) -> Seats:
        subscription, product, quantities, trial, last = json.loads(stored)
        return Seats(subscription, product, tuple(quantities), trial, tuple(last))

    def depends_on(self, state: Seats) -> Iterable[Key]:
        return [Key("product", state.product)]

    @property
    def family(self) -> str:
        return "seats"

    def look(self, state: Seats, master: Master, at: datetime) -> View:
        return View(state, master, at)

    def rows(self, view: View, extra: None) -> Rows:
        state, master, at = view
        if state.product == "explodes":
            raise ValueError("a handler that fails")
        ends = self.next_change(View(state, master, datetime.min.replace(tzinfo=UTC)))
        status = "ended" if ends is not None and at >= ends else "active"
        remark = "\x00" if state.product == "poison" else None
        price = _price(master.get(Key("product", state.product), ()))
        return {
            "seats": [(state.subscription, state.quantities[-1], price, status, remark)],
            "change": [(state.subscription, nth, quantity) for nth, quantity in enumerate(state.quantities)],
        }

    def next_change(self, view: View) -> datetime | None:
        if view.state.trial_until is None:
            return None
        ends = datetime.fromisoformat(view.state.trial_until).replace(tzinfo=UTC)
        return ends if ends > view.at else None


def _with(seats: Seats, fact: Fact) -> Seats:
    quantities = seats.quantities
    if isinstance(fact.body, OrderExecuted):
        quantities += (fact.body.item.quantity,)
    elif isinstance(fact.body, LicensesChanged):
        quantities += (fact.body.quantity,)
    return replace(seats, quantities=quantities, last=_key(fact))


def _key(fact: Fact) -> _Key:
    day, founding, effective, known, source, sequence, number = order_key(fact, UTC)
    # As it comes back from JSON: comparable and equal.
    return (day.isoformat(), founding, effective.isoformat(), known.isoformat(), source, sequence, *number)


def _price(facts: Sequence[Fact]) -> Decimal:
    prices = [fact for fact in facts if isinstance(fact.body, PriceChanged)]
    if not prices:
        return Decimal(0)
    last = max(prices, key=lambda fact: (instant(fact.time, UTC), fact.source, fact.id)).body
    assert isinstance(last, PriceChanged)
    return last.unit_price


def _names(fact: Fact) -> Iterable[Key]:
    if isinstance(fact.body, OrderExecuted):
        yield Key("product", fact.body.item.product.id)


def master_as_it_is(facts: MasterFacts) -> Master:
    return facts


SEATS = Table("seats", ("subscription", "quantity", "price", "status", "remark"), "subscription", ("subscription",))
CHANGE = Table("change", ("subscription", "nth", "quantity"), "subscription", ("subscription", "nth"), many=True)

SPEC = ProjectionSpec(
    name="seats",
    version=1,
    topics=("catalog.events", "orders.events", "subscriptions.events"),
    sql=Path(__file__).parent / "seats_sql",
    streams=(Stream("subscription", SeatsFold(), (SEATS, CHANGE)),),
    master_scopes=frozenset({"product", "customer", "reseller"}),
    master=master_as_it_is,
    names=_names,
)
