"""Which events of the log are ours, and of which stream: by what they say, and by an id that only that stream gives."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from services.invoicing.issuing import SOURCE as INVOICING
from services.orders.commands.books import SOURCE as ORDERS
from services.orders.commands.books import stream_of as stream_of_thing
from services.reconciliation.observing import SOURCE as RECONCILIATION
from services.subscriptions.commands.session import SOURCE as SUBSCRIPTIONS
from services.subscriptions.commands.session import stream_of as stream_of_subscription
from shared.events.content import id_of_position
from shared.events.envelope import CloudEvent, event_of
from shared.events.own import OWN_SOURCES, own_stream
from shared.events.reading import addressed, read
from shared.projections.spec import Key

SETTING = {"key": "rounding", "value": "line", "effective_from": "2026-01-01"}
RATE = {"base": "EUR", "quote": "USD", "rate": "1.08", "date": "2026-01-01"}


def written(event_type: str, data: dict[str, Any], stream: str, source: str = ORDERS) -> CloudEvent:
    """The event at the fourth place of a stream."""
    attributes = {"specversion": "1.0", "id": id_of_position(stream, 4), "source": source, "type": event_type,
                  "time": "2026-01-15T12:00:00Z", "sequence": 4}  # fmt: skip
    event = event_of(attributes, orjson.dumps(data))
    return addressed(event, read(event).model)


def test_every_service_that_writes_events_is_known() -> None:
    assert {ORDERS, SUBSCRIPTIONS, INVOICING, RECONCILIATION} == OWN_SOURCES


@pytest.mark.parametrize(
    ("event_type", "data", "key"),
    [
        ("CustomerRegistered", {"id": "cus-1"}, Key("customer", "cus-1")),
        ("ResellerChanged", {"id": "res-1"}, Key("reseller", "res-1")),
        ("OrderDeleted", {"order_id": "o/1", "customer_id": "cus-1"}, Key("order", "o/1")),
        ("ProductCopied", {"product_id": "new", "from_product_id": "old"}, Key("product", "new")),
        ("ProductDeleted", {"product_id": "old"}, Key("product", "old")),
        ("SettingChanged", {"scope": "organisation", **SETTING}, Key("organisation", "")),
        ("SettingChanged", {"scope": "reseller", "scope_id": "res-1", **SETTING}, Key("reseller", "res-1")),
        ("SettingChanged", {"scope": "product", "scope_id": "p", **SETTING}, Key("product", "p")),
        ("ExchangeRateSet", RATE, Key("exchange-rate", "EUR-USD")),
    ],
)
def test_what_the_desk_of_orders_appends_has_its_stream(event_type: str, data: dict[str, Any], key: Key) -> None:
    stream = stream_of_thing(key)
    assert own_stream(written(event_type, data, stream)) == stream


def test_what_happens_to_a_subscription_has_its_stream() -> None:
    data = {"subscription_id": "ord-1-1", "customer_id": "cus-1", "quantity": 7}
    stream = stream_of_subscription("ord-1-1")
    assert own_stream(written("LicensesChanged", data, stream, SUBSCRIPTIONS)) == stream


@pytest.mark.parametrize(
    "changed",
    [
        {"source": "urn:upstream"},
        {"id": "made-up"},
        {"sequence": 5},
        {"sequence": None},
        {"subject": "cus-2"},
        {"subject": None},
    ],
)
def test_what_somebody_else_wrote_under_our_name_is_of_no_stream(changed: dict[str, Any]) -> None:
    event = written("CustomerRegistered", {"id": "cus-1"}, "customer-cus-1")
    assert own_stream(event) == "customer-cus-1"
    assert own_stream(event._replace(**changed)) is None
