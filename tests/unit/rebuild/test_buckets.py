"""Which bucket a record is folded in, and how buckets keep what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.log.records import Partition, Record
from shared.log.span import Bounds
from shared.projections.rebuild.routing import Router
from shared.projections.rebuild.spool import Bucket, SpoolWriter, buckets_in, read_bucket, spooled
from shared.projections.rebuild.spooling import shares


def record(event_type: str, data: Any, offset: int = 0, key: bytes = b"whatever") -> Record:
    headers = [("ce_specversion", b"1.0"), ("ce_type", event_type.encode()), ("content-type", b"application/json")]
    return Record("topic", 0, offset, 1, key, orjson.dumps(data), headers)


def structured(event_type: str, data: Any) -> Record:
    value = orjson.dumps({"specversion": "1.0", "type": event_type, "data": data})
    return Record("topic", 0, 0, 1, None, value, [("content-type", b"application/cloudevents+json; charset=utf-8")])


CHANGE = {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": 3}
ORDER = {"order_id": "o", "customer": {"id": "cus-1"}, "reseller": {"id": "res-1"}, "items": []}


def test_all_that_is_said_of_a_customer_is_in_one_bucket_whatever_its_key() -> None:
    router = Router(16)
    (own,) = router.buckets_of(record("LicensesChanged", CHANGE, key=b"by subscription"))
    assert own.kind == "customer"
    assert router.buckets_of(structured("LicensesChanged", CHANGE)) == (own,)
    assert router.buckets_of(record("OrderExecuted", ORDER))[0] == own
    assert router.buckets_of(record("SubscriptionImported", {"customer": {"id": "cus-1"}})) == (own,)
    assert router.buckets_of(record("CustomerChanged", {"id": "cus-1"})) == (own,)
    assert router.buckets_of(record("OrderDeleted", {"order_id": "o", "customer_id": "cus-1"})) == (own,)
    setting = {"scope": "customer", "scope_id": "cus-1", "key": "rounding", "value": "line"}
    assert router.buckets_of(record("SettingChanged", setting)) == (own,)


def test_an_order_goes_to_its_reseller_too() -> None:
    router = Router(16)
    own, reseller = router.buckets_of(record("OrderExecuted", ORDER))
    assert (own.kind, reseller.kind) == ("customer", "reseller")
    assert router.buckets_of(record("ResellerChanged", {"id": "res-1"})) == (reseller,)
    setting = {"scope": "reseller", "scope_id": "res-1", "key": "rounding", "value": "line"}
    assert router.buckets_of(record("SettingChanged", setting)) == (reseller,)


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("PriceChanged", {"product_id": "p"}),
        ("ExchangeRateSet", {}),
        ("SettingChanged", {"scope": "organisation", "key": "rounding"}),
        ("SettingChanged", {"scope": "product", "scope_id": "p"}),
        ("NobodyKnows", 7),
        ("LicensesChanged", [1, 2]),
    ],
)
def test_the_catalogue_and_what_cannot_be_read_have_one_bucket(event_type: str, data: Any) -> None:
    assert Router(16).buckets_of(record(event_type, data)) == (Bucket("catalog", 0),)


def test_rubbish_is_found_out_with_the_catalogue() -> None:
    rubbish = Record("topic", 0, 0, 1, None, b"{no json", [("ce_type", b"LicensesChanged")])
    assert Router(16).buckets_of(rubbish) == (Bucket("catalog", 0),)
    assert Router(16).buckets_of(Record("topic", 0, 0, 1, None, None, [("ce_type", b"\xff")])) == (
        Bucket("catalog", 0),
    )


def test_a_document_that_is_logged_twice_is_in_one_bucket_and_documents_are_in_many() -> None:
    router = Router(4)
    issued = [record("InvoiceIssued", {"number": f"INV-{number}"}) for number in range(300)]
    first, again = ([bucket for one in issued for bucket in router.buckets_of(one)] for _ in range(2))
    assert first == again
    assert {bucket.kind for bucket in first} == {"document"}
    assert len(set(first)) == 32


def test_a_bucket_gives_back_what_its_readers_wrote(tmp_path: Path) -> None:
    own, other = Bucket("customer", 3), Bucket("reseller", 3)
    given = [record("LicensesChanged", CHANGE | {"quantity": n}, offset=n) for n in range(1_300)]
    for reader in range(2):
        writer = SpoolWriter(tmp_path, reader)
        for one in given[reader::2]:
            writer.put(own, spooled(one, answers=True))
        writer.put(other, spooled(given[0], answers=False))
        writer.close()
    found = sorted(read_bucket(tmp_path, own), key=lambda one: one[1].offset)
    assert [one.offset for _, one in found] == list(range(1_300))
    assert all(answers for answers, _ in found)
    assert (found[7][1].value, tuple(found[7][1].headers)) == (given[7].value, tuple(given[7].headers))
    assert [answers for answers, _ in read_bucket(tmp_path, other)] == [False, False]
    assert buckets_in(tmp_path) == [own, other]


def test_readers_get_about_as_much_each() -> None:
    ends = {Partition("t", number): Bounds(0, size) for number, size in enumerate((900, 10, 500, 400, 0))}
    parts = shares(ends, 2)
    assert sorted(sum(bounds.end for bounds in part.values()) for part in parts) == [900, 910]
    assert shares({Partition("t", 0): Bounds(0, 5)}, 4) == [{Partition("t", 0): Bounds(0, 5)}]
