"""The preview of a recipient's next documents: reckoned by invoicing, with the names that this console shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from psycopg import AsyncConnection

from services.console.service_calls import Refused, calls
from services.console.viewer import Viewer, reading_now
from shared.web.errors import NotFound

# Of each document; a customer can be chosen for the others.
_LINES: Final = 500
_RECIPIENT = """
SELECT coalesce((SELECT name FROM read.resellers WHERE reseller = %(recipient)s),
    (SELECT name FROM read.customers WHERE customer = %(recipient)s))
"""
_CUSTOMERS = "SELECT customer, name FROM read.customers WHERE customer = ANY(%s)"
_PRODUCTS = "SELECT product, name FROM read.products WHERE product = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Group:
    """One end customer in a previewed document; `lines` of its `count` lines are shown."""

    customer: str
    name: str | None
    count: int
    net: Decimal
    lines: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Previewed:
    """One document as the run would issue it: its head as invoicing says it, its lines by customer.

    `others` are the customers on it of whom no line is among those that are shown.
    """

    head: Mapping[str, Any]
    customer_name: str | None
    groups: Sequence[Group]
    others: int
    shown: int
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What the run of a day would issue. `refused` is why that cannot be said, `unbillable` why there is nothing.

    `customers` are all end customers on its documents, by id and name, in the order of their ids.
    """

    day: date
    name: str | None
    documents: Sequence[Previewed] = ()
    closed: date | None = None
    subscriptions: int = 0
    unbillable: str | None = None
    refused: str | None = None
    products: Mapping[str, str | None] | None = None
    customers: Sequence[tuple[str, str | None]] = ()


async def preview(
    request: Request, viewer: Viewer, recipient: str, day: date, customer: str | None
) -> Preview:  # fmt: skip
    """The preview. NotFound for a recipient that is not theirs to look at; ServiceAway where nobody reckons.

    While invoicing reckons, which takes seconds for a large recipient, no connection is held here.
    """
    async with reading_now(request, viewer) as connection:
        row = await (await connection.execute(_RECIPIENT, {"recipient": recipient})).fetchone()
    name = None if row is None else row[0]
    wanted = {"recipient": recipient, "date": day, "limit": _LINES} | (
        {} if customer is None else {"customer": customer}
    )
    try:
        answer = await calls(request).ask(request, viewer, "invoicing", "GET", f"/v1/next-run?{urlencode(wanted)}")
    except Refused as refused:
        if refused.status == HTTPStatus.BAD_REQUEST:
            return Preview(day, name, refused=str(refused))
        raise NotFound(str(refused)) from None
    found = answer.document
    documents = found["documents"]
    of_customers = [part["customer"] for one in documents for part in one["customers"]]
    async with reading_now(request, viewer) as connection:
        names = await _names(connection, _CUSTOMERS, of_customers)
        products = await _names(connection, _PRODUCTS, (line["product"] for one in documents for line in one["lines"]))
    return Preview(
        day, name, [_previewed(one, names, customer) for one in documents],
        None if found["closed"] is None else date.fromisoformat(found["closed"]), found["subscriptions"],
        found["unbillable"], products=products, customers=[(id, names.get(id)) for id in sorted(set(of_customers))],
    )  # fmt: skip


async def _names(connection: AsyncConnection, query: str, ids: Iterable[str]) -> dict[str, str | None]:
    return dict(await (await connection.execute(query.encode(), [sorted(set(ids))])).fetchall())


def _previewed(one: Mapping[str, Any], names: Mapping[str, str | None], customer: str | None) -> Previewed:
    by_customer: dict[str, list[Mapping[str, Any]]] = {}
    for line in one["lines"]:
        by_customer.setdefault(line["customer"], []).append(line)
    parts = [part for part in one["customers"] if customer is None or part["customer"] == customer]
    groups = [
        Group(part["customer"], names.get(part["customer"]), part["lines"], Decimal(part["net"]), lines)
        for part in parts
        if (lines := by_customer.get(part["customer"]))
    ]
    count = sum(part["lines"] for part in one["customers"])
    separate, others = one["customer"], len(parts) - len(groups)
    named = None if separate is None else names.get(separate)
    return Previewed(one, named, groups, others, len(one["lines"]), count)
