"""Old versions are read forever, in place."""

import pytest

from shared.events.content import fingerprint
from shared.events.errors import Unreadable
from shared.events.reading import read_from_record
from shared.events.registry import EVENT_TYPES
from shared.events.upcasting import upcast, versions_of
from tests.unit.events.records import LICENSES, binary, envelope

# As the catalogue's feed wrote it before the first release.
OLD_PRICE = {"product_id": "pro-1", "currency": "EUR", "price": "11.00", "effective_from": "2026-06-01"}
NEW_PRICE = {"product_id": "pro-1", "currency": "EUR", "unit_price": "11.00", "effective_from": "2026-06-01"}


def test_a_price_of_version_0_is_read_as_the_current_one() -> None:
    old = envelope("PriceChanged", OLD_PRICE, dataschema="urn:seatledger:PriceChanged:0")
    new = envelope("PriceChanged", NEW_PRICE, dataschema="urn:seatledger:PriceChanged:1")

    assert read_from_record(*binary(old)).model == read_from_record(*binary(new)).model


def test_the_fingerprint_is_of_what_was_written() -> None:
    read = read_from_record(*binary(envelope("PriceChanged", OLD_PRICE, dataschema="urn:seatledger:PriceChanged:0")))

    assert read.fingerprint == fingerprint("PriceChanged", read.event.time, OLD_PRICE)


def test_an_upcaster_leaves_what_it_is_given() -> None:
    data = dict(OLD_PRICE)
    upcast("PriceChanged", 0, data, 1)

    assert data == OLD_PRICE


def test_the_current_version_is_left_as_it_is() -> None:
    assert upcast("PriceChanged", 1, NEW_PRICE, 1) is NEW_PRICE


def test_a_version_that_never_was_is_refused() -> None:
    record = binary(envelope("LicensesChanged", LICENSES, dataschema="urn:seatledger:LicensesChanged:0"))

    with pytest.raises(Unreadable, match=r"there was never a version 0 of LicensesChanged; give version 1"):
        read_from_record(*record)


def test_the_versions_that_are_read_end_with_the_current_one() -> None:
    assert versions_of("PriceChanged", 1) == [0, 1]
    for name, known in EVENT_TYPES.items():
        assert versions_of(name, known.version)[-1] == known.version
