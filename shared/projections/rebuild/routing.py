"""Which bucket a record is folded in: by the customer in its data, since upstream partitions as it likes.

What is said of resellers and of the catalogue is looked at by the folds of all customers, so it has buckets of its own
that come first. An executed order, and an import, says something of its customer and of its reseller: it goes to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

import orjson

from shared.events.envelope import STRUCTURED
from shared.events.facts import SELLING
from shared.log.records import Record
from shared.projections.rebuild.spool import Bucket

CATALOG, RESELLER, CUSTOMER, DOCUMENT = "catalog", "reseller", "customer", "document"
_OF_ACCOUNT = {"CustomerRegistered": CUSTOMER, "CustomerChanged": CUSTOMER, "ResellerRegistered": RESELLER,
               "ResellerChanged": RESELLER}  # fmt: skip
_DOCUMENTS = frozenset({"InvoiceIssued", "CreditNoteIssued"})
_CATALOG = frozenset({"ProductDefined", "ProductCopied", "ProductDeleted", "PriceChanged", "ExchangeRateSet"})
_SETTING = "SettingChanged"
# Documents are larger than other events by far. One that is logged twice goes to one bucket, where it counts once.
_DOCUMENTS_APART = 8


class Router:
    """Finds the buckets of records, of so many buckets a kind."""

    def __init__(self, buckets: int) -> None:
        self._buckets = buckets

    def buckets_of(self, record: Record) -> tuple[Bucket, ...]:
        """Where a record goes: first the bucket that answers for it, then others that take a part of what it says.

        One that cannot be read goes to the catalogue's bucket, where it is found out.
        """
        event_type, data = _type_and_data(record)
        if data is None or event_type in _CATALOG:
            return (Bucket(CATALOG, 0),)
        if event_type in _DOCUMENTS:
            return (self._of(DOCUMENT, data.get("number"), _DOCUMENTS_APART),)
        if event_type in SELLING or event_type == "OrderPlaced":
            own = self._of(CUSTOMER, _id_in(data.get("customer")))
            payer = data.get("reseller")
            # Placed, an order says nothing of accounts yet.
            return (own, self._of(RESELLER, _id_in(payer))) if payer and event_type in SELLING else (own,)
        if event_type in _OF_ACCOUNT:
            return (self._of(_OF_ACCOUNT[event_type], data.get("id")),)
        if event_type == _SETTING:
            scope = data.get("scope")
            return (self._of(scope, data.get("scope_id")) if scope in (CUSTOMER, RESELLER) else Bucket(CATALOG, 0),)
        return (self._of(CUSTOMER, data.get("customer_id")),)

    def _of(self, kind: str, name: object, apart: int = 1) -> Bucket:
        return Bucket(kind, crc32(str(name).encode(errors="replace")) % (self._buckets * apart))


def _type_and_data(record: Record) -> tuple[str | None, Mapping[str, Any] | None]:
    headers = dict(record.headers)
    try:
        value = orjson.loads(record.value or b"")
        if headers.get("content-type", b"").startswith(STRUCTURED.encode()):
            return value.get("type"), _object(value.get("data"))
        return headers.get("ce_type", b"").decode(), _object(value)
    except (ValueError, AttributeError):
        return None, None


def _object(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


def _id_in(block: object) -> object:
    return block.get("id") if isinstance(block, dict) else None
