"""The JSON Schemas that were promised, and that they say the same as the models."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.registry import EVENT_TYPES
from shared.events.schemas import ENVELOPE, events_document, schema_of
from tests.contracts.renew_schemas import SNAPSHOTS, path_of, text_of
from tests.strategies.events import DATA, Data, event_types, long_events

_CHECKED: dict[str, Any] = {}


def checker(event_type: str) -> Any:
    if event_type not in _CHECKED:
        schema = schema_of(event_type)
        jsonschema.Draft202012Validator.check_schema(schema)
        _CHECKED[event_type] = jsonschema.Draft202012Validator(schema)
    return _CHECKED[event_type]


@pytest.mark.parametrize("event_type", sorted(EVENT_TYPES))
def test_the_schema_is_the_one_that_was_promised(event_type: str) -> None:
    assert text_of(schema_of(event_type)) == path_of(event_type).read_text(encoding="utf-8"), (
        "the contract changed: if it is meant, run `python -m tests.contracts.renew_schemas`"
    )


def test_every_snapshot_belongs_to_an_event_type() -> None:
    assert {path.name.split(".")[0] for path in SNAPSHOTS.iterdir()} == set(EVENT_TYPES)


@given(st.data())
def test_what_the_models_read_the_schemas_allow(data: st.DataObject) -> None:
    event_type = data.draw(event_types)

    checker(event_type).validate(data.draw(DATA[event_type]))


@given(long_events())
def test_the_envelopes_schema_allows_every_event(event: Data) -> None:
    jsonschema.Draft202012Validator(ENVELOPE).validate(event)


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("LicensesChanged", {"subscription_id": "s", "customer_id": "c", "quantity": -1}),
        ("LicensesChanged", {"subscription_id": "s", "quantity": 1}),
        ("PriceChanged", {"product_id": "p", "currency": "EUR", "unit_price": 1.5, "effective_from": "2026-01-01"}),
        ("OrderExecuted", {"order_id": "o", "currency": "EUR", "customer": {"id": "c"}, "items": []}),
    ],
)
def test_the_schemas_refuse_what_the_models_refuse(event_type: str, data: Data) -> None:
    assert not checker(event_type).is_valid(data)


def test_the_document_names_version_topic_and_schema_of_every_event() -> None:
    document = events_document({"LicensesChanged": "subscriptions.events"})

    assert set(document["events"]) == set(EVENT_TYPES)
    licenses = document["events"]["LicensesChanged"]
    assert licenses["topic"] == "subscriptions.events"
    assert licenses["dataschema"] == "urn:seatledger:LicensesChanged:1"
    assert document["events"]["PriceChanged"]["versions_read"] == [0, 1]
