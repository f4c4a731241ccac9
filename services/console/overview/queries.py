"""What the overview adds up, over the views of the schema `read`: asked as whoever looks, so of what is theirs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict, Field

_REVENUE: Final = """
SELECT month, currency, sum(billed) AS billed, sum(due) AS due, sum(documents)::integer AS documents
FROM (
    SELECT date_trunc('month', date)::date AS month, currency,
        CASE kind WHEN 'invoice' THEN net ELSE -net END AS billed, 0 AS due, 1 AS documents
    FROM read.documents
    UNION ALL
    SELECT date_trunc('month', due)::date, currency, 0, net, 0 FROM read.next_charges
) AS amounts
WHERE month BETWEEN %(first)s AND %(last)s AND (%(currency)s::text IS NULL OR currency = %(currency)s)
GROUP BY month, currency
HAVING (month, currency) > (%(after_month)s::date, %(after_currency)s)
ORDER BY month, currency LIMIT %(limit)s
"""
# Of each first of a month what was active then; %(until)s has its own row, whatever day it is.
_SEATS: Final = """
WITH changes AS (
    SELECT least(
            CASE "on" WHEN date_trunc('month', "on")::date THEN "on"
                ELSE (date_trunc('month', "on") + interval '1 month')::date END, %(until)s::date) AS counted_on,
        sum(change) AS change
    FROM read.seat_changes
    WHERE "on" <= %(until)s AND (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
        AND (%(customer)s::text IS NULL OR customer = %(customer)s)
        AND (%(product)s::text IS NULL OR product = %(product)s)
    GROUP BY 1
), days AS (
    SELECT month::date AS "on"
    FROM generate_series(%(first)s::date, date_trunc('month', %(until)s::date), interval '1 month') AS months (month)
    UNION SELECT %(until)s::date
)
SELECT "on", coalesce((SELECT sum(change) FROM changes WHERE counted_on <= days."on"), 0)::bigint AS seats
FROM days WHERE "on" > %(after)s::date ORDER BY "on" LIMIT %(limit)s
"""
_DOCUMENTS: Final = """
SELECT state, currency, count(*) AS documents, sum(gross) AS gross
FROM (
    SELECT document.currency, document.gross,
        CASE WHEN kind = 'credit_note' THEN 'credit_note' WHEN document.gross = 0 THEN 'nothing_to_pay'
            WHEN invoice.number IS NULL THEN 'credited'
            WHEN invoice.open < invoice.gross THEN 'partly_credited' ELSE 'open' END AS state
    FROM read.documents AS document LEFT JOIN read.open_invoices AS invoice USING (number)
) AS states
GROUP BY state, currency HAVING (state, currency) > (%(after_state)s, %(after_currency)s)
ORDER BY state, currency LIMIT %(limit)s
"""
_SUBSCRIPTIONS: Final = """
SELECT status, count(*) AS subscriptions, sum(quantity) AS seats FROM read.subscriptions
WHERE (%(reseller)s::text IS NULL OR reseller = %(reseller)s)
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
GROUP BY status HAVING status > %(after)s ORDER BY status LIMIT %(limit)s
"""
_DISCREPANCIES: Final = """
SELECT vendor, verdict, count(*) AS discrepancies FROM read.discrepancies WHERE state = 'open'
GROUP BY vendor, verdict HAVING (vendor, verdict) > (%(after_vendor)s, %(after_verdict)s)
ORDER BY vendor, verdict LIMIT %(limit)s
"""
_RESELLER: Final = "SELECT reseller FROM read.customers WHERE customer = %s"
_EARLIEST: Final = date(1, 1, 1)
_LATEST: Final = date(9999, 12, 1)
ALL: Final = 10_000
T = TypeVar("T", bound=BaseModel)


def _example(**values: str | int) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [dict(values)]})


class Revenue(BaseModel):
    """A month in one currency: the net of its invoices less that of its credit notes, and of what falls due in it."""

    model_config = _example(month="2026-03-01", currency="EUR", billed="1234.50", due="0", documents=3)

    month: date = Field(description="the first of the month")
    currency: str
    billed: Decimal
    due: Decimal = Field(description="the next charge of each running subscription, in the month that it falls due in")
    documents: int


class Seats(BaseModel):
    """The seats that are active on a day, of all subscriptions."""

    model_config = _example(on="2026-03-01", seats=1250)

    on: date
    seats: int


class DocumentState(BaseModel):
    """Documents of one state in one currency.

    Invoices are open, credited in part or wholly, or there was nothing to pay; the others are credit notes.
    """

    model_config = _example(state="open", currency="EUR", documents=3, gross="1530.78")

    state: str
    currency: str
    documents: int
    gross: Decimal


class SubscriptionStatus(BaseModel):
    """Subscriptions of one status, and the seats that they have."""

    model_config = _example(status="active", subscriptions=40, seats=1250)

    status: str
    subscriptions: int
    seats: int


class OpenDiscrepancies(BaseModel):
    """What a vendor and we differ about at this moment, by verdict."""

    model_config = _example(vendor="microsoft", verdict="QUANTITY_MISMATCH", discrepancies=2)

    vendor: str
    verdict: str
    discrepancies: int


async def _all(connection: AsyncConnection, model: type[T], query: str, wanted: dict[str, Any]) -> list[T]:
    async with connection.cursor(row_factory=class_row(model)) as cursor:
        return await (await cursor.execute(query, wanted)).fetchall()


async def revenue(
    connection: AsyncConnection, first: date | None, last: date | None, *, currency: str | None = None,
    after: tuple[str, str] = ("0001-01-01", ""), limit: int = ALL,
) -> list[Revenue]:  # fmt: skip
    """By month and currency, of the months from that of `first` to that of `last`."""
    wanted = {
        "first": (first or _EARLIEST).replace(day=1), "last": (last or _LATEST).replace(day=1), "currency": currency,
        "after_month": after[0], "after_currency": after[1], "limit": limit,
    }  # fmt: skip
    return await _all(connection, Revenue, _REVENUE, wanted)


async def seats(
    connection: AsyncConnection, first: date, until: date, *, reseller: str | None = None,
    customer: str | None = None, product: str | None = None, after: str = "0001-01-01", limit: int = ALL,
) -> list[Seats]:  # fmt: skip
    """On each first of a month from that of `first` on, and on `until`."""
    wanted = {
        "first": first.replace(day=1), "until": until, "reseller": reseller, "customer": customer, "product": product,
        "after": after, "limit": limit,
    }  # fmt: skip
    return await _all(connection, Seats, _SEATS, wanted)


async def documents(
    connection: AsyncConnection, after: tuple[str, str] = ("", ""), limit: int = ALL
) -> list[DocumentState]:
    """By state and currency."""
    wanted = {"after_state": after[0], "after_currency": after[1], "limit": limit}
    return await _all(connection, DocumentState, _DOCUMENTS, wanted)


async def subscriptions(
    connection: AsyncConnection, *, reseller: str | None = None, customer: str | None = None, after: str = "",
    limit: int = ALL,
) -> list[SubscriptionStatus]:  # fmt: skip
    """By status."""
    wanted = {"reseller": reseller, "customer": customer, "after": after, "limit": limit}
    return await _all(connection, SubscriptionStatus, _SUBSCRIPTIONS, wanted)


async def discrepancies(
    connection: AsyncConnection, after: tuple[str, str] = ("", ""), limit: int = ALL
) -> list[OpenDiscrepancies]:
    """By vendor and verdict; of who is not of the organisation none."""
    wanted = {"after_vendor": after[0], "after_verdict": after[1], "limit": limit}
    return await _all(connection, OpenDiscrepancies, _DISCREPANCIES, wanted)


async def reseller(connection: AsyncConnection, customer: str) -> str | None:
    """Who pays for a customer (rule R6.1); None for one that pays itself."""
    found = await (await connection.execute(_RESELLER, [customer])).fetchone()
    return None if found is None else found[0]
