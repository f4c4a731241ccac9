"""Fields that no event has are ignored, and named to whoever gives a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.events.files import read_events
from shared.events.unknown_fields import unknown_fields

ITEM = {"subscription_id": "sub-1", "product": {"id": "office"}, "quantity": 1, "unit_price": "10.00"}


def order(customer: dict[str, Any] | None = None, **item: Any) -> dict[str, Any]:
    data = {
        "order_id": "ord-1",
        "currency": "EUR",
        "customer": {"id": "cus-1"} | (customer or {}),
        "items": [ITEM | item],
    }
    return {"type": "OrderExecuted", "time": "2026-01-01", "data": data}


def named(folder: Path, *events: dict[str, Any]) -> list[str]:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    content = read_events(file, "position")
    assert content.problems == []
    return list(unknown_fields(content.events))


def test_an_event_of_known_fields_has_none(tmp_path: Path) -> None:
    pricing = [{"rule": "discount", "rate": "0.1"}]
    assert named(tmp_path, order({"billing_day": "last"}, term="P1Y", billing_frequency="P1M", pricing=pricing)) == []


@pytest.mark.parametrize(
    ("mistyped", "where"),
    [
        (order(billing_frequncy="P1M"), "data.items[0].billing_frequncy: {}; did you mean billing_frequency?"),
        (order({"billingday": 5}), "data.customer.billingday: {}; did you mean billing_day?"),
        (order(product={"id": "office", "vndor": "x"}), "data.items[0].product.vndor: {}; did you mean vendor?"),
        (order(pricing=[{"rule": "discount", "rate": "0.1", "zzz": 1}]), "data.items[0].pricing[0].zzz: {}"),
    ],
)
def test_a_mistyped_field_is_named_with_its_place(tmp_path: Path, mistyped: dict[str, Any], where: str) -> None:
    said = where.format("OrderExecuted has no such field there, it is ignored")
    assert named(tmp_path, order(), mistyped) == [f"line 2, {said}"]


def test_fields_of_an_older_version_are_not_mistyped(tmp_path: Path) -> None:
    data = {"product_id": "office", "currency": "EUR", "price": "9.00", "effective_from": "2026-01-01"}
    old = {
        "specversion": "1.0", "id": "1", "source": "urn:test", "type": "PriceChanged", "time": "2026-01-01",
        "dataschema": "urn:seatledger:PriceChanged:0", "data": data,
    }  # fmt: skip
    assert named(tmp_path, old) == []
