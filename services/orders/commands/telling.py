"""What an order will cost, asked of billing itself: its execution is folded as it will be, and what is billed is read.

So an order is refused with the sentence with which billing would refuse it, and what is told is what is then charged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from services.orders.commands.books import SOURCE, Books
from shared.billing.account import account_on
from shared.billing.capture import terms_of
from shared.billing.facts import Fact
from shared.billing.lookups import ListPrice, price_to_order
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.quotation import Quotation, quotation
from shared.billing.terms import Refused, Terms
from shared.commands.decision import CommandRefused
from shared.events.envelope import CloudEvent
from shared.events.facts import facts_of
from shared.events.models.orders import Confirmation, OrderedItem, OrderExecuted

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def told(books: Books, order: OrderExecuted) -> OrderExecuted:
    """The order with what is told of each of its items. CommandRefused where billing refuses one."""
    facts = _facts(books, order)
    master = MasterData.of([*books.facts, *facts])
    by_subscription = {fact.scope_id: fact for fact in facts if fact.scope == "subscription"}
    items = tuple(_told_of(item, by_subscription[item.subscription_id], master) for item in order.items)
    return order.model_copy(update={"items": items})


def _facts(books: Books, order: OrderExecuted) -> Sequence[Fact]:
    event = CloudEvent("", SOURCE, "OrderExecuted", books.at, b"", sequence=0)
    return facts_of(event, order)


def _told_of(item: OrderedItem, fact: Fact, master: MasterData) -> OrderedItem:
    terms = _captured(item, fact, master)
    known = civil_date(fact.time, terms.tz)
    account = account_on(item.subscription_id, [fact], master, known)
    assert account is not None  # its terms were captured just now
    found = quotation(account)
    origin = "order" if item.confirmation is None else item.confirmation.price_from
    return item.model_copy(update={"confirmation": _confirmation(found, origin)})


def _captured(item: OrderedItem, fact: Fact, master: MasterData) -> Terms:
    try:
        return terms_of(fact, master)
    except Refused as refused:
        raise CommandRefused(named(item, str(refused))) from None


def named(item: OrderedItem, sentence: str) -> str:
    """A sentence about an item that says of which; those of billing that name its subscription say so already."""
    name = item.item_id or item.subscription_id
    return f"item {name}: {sentence.removeprefix(f'item {item.subscription_id}: ')}"


def _confirmation(found: Quotation, origin: object) -> Confirmation:
    in_installments = found.billing_plan is not None
    return Confirmation(
        price_from=cast("str", origin),
        unit_price=found.unit_price,
        price=found.price,
        net=found.net,
        gross=found.gross,
        billing_plan=found.billing_plan,
        installments=found.installments if in_installments else None,
        extra_charge_rate=found.extra_charge_rate if in_installments and found.extra_charge_rate else None,
        first_billing_date=found.first_billing_date,
        free_until=found.free_until,
        note=None if found.free_until is None else f"The first period is free until {_written(found.free_until)}.",
    )


def _written(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def listed(books: Books, order: OrderExecuted) -> ListPrice | None:
    """The list price of an order's only item on the day it begins; without one for its plan, that of a one-off charge.

    CommandRefused where billing refuses the item.
    """
    (item,) = order.items
    priced = order.model_copy(update={"items": (item.model_copy(update={"unit_cost": item.unit_price}),)})
    facts = _facts(books, priced)
    master = MasterData.of([*books.facts, *facts])
    terms = _captured(item, facts[0], master)
    known = civil_date(books.at, terms.tz)
    return price_to_order(master, terms, terms.start, known)


def pays_in_installments(books: Books, order: OrderExecuted) -> bool:
    """Whether any item of an executed order does, with what its product says where it says nothing itself."""
    facts = [fact for fact in _facts(books, order) if fact.scope == "subscription"]
    master = MasterData.of([*books.facts, *facts])
    return any(_has_installments(fact, master) for fact in facts)


def _has_installments(fact: Fact, master: MasterData) -> bool:
    try:
        return terms_of(fact, master).has_installments
    except Refused:
        return False
