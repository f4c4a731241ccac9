"""What is typed into forms becomes the body of a command, or a sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import Request

from services.console.afterwards import Said, _seal, said
from services.console.costs import costs
from services.console.formats import NOTHING, duration, durations, instant
from services.console.sessions import Session
from services.console.subscriptions.changes import CHANGES
from services.console.typed import Typed, Unclear, amount, rate, when, whole
from services.console.viewer import Viewer
from services.orders.preview_example import PREVIEW
from shared.commands.principal import OPERATOR


@pytest.mark.parametrize(("text", "value"), [
    ("8", 8), (" 8 ", 8), ("-2", -2), ("8.5", "8.5"), ("", ""), ("٨", "٨"), ("9" * 23, int("9" * 23)),
    ("9" * 5000, "9" * 5000),
])  # fmt: skip
def test_a_whole_number_is_one_and_all_else_is_left_to_the_service(text: str, value: object) -> None:
    assert whole(text) == value


@pytest.mark.parametrize(("text", "value"), [("10", "0.1"), ("12.5 %", "0.125"), ("0", "0"), ("150", "1.5")])
def test_per_cent_become_a_rate_without_an_exponent(text: str, value: str) -> None:
    assert Decimal(rate(text)) == Decimal(value)
    assert "E" not in rate(text)


@pytest.mark.parametrize("text", ["ten", "", "NaN", "Infinity", "-3", "1e9999999", "9" * 23, "1,5"])
def test_what_is_no_rate_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unclear, match="is no number of per cent; give one of 0 or more like 10"):
        rate(text)


@pytest.mark.parametrize("text", ["ten", "-3", "1e30", "9" * 23, "1,5", "0.1234567890123"])
def test_what_is_no_price_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Unclear, match="is no price; give one of 0 or more like 114"):
        amount(text)


def test_of_much_that_was_typed_the_beginning_is_quoted() -> None:
    with pytest.raises(Unclear) as caught:
        amount("x" * 5000)
    assert len(str(caught.value)) < 200


def test_a_later_day_has_to_be_chosen() -> None:
    assert when({"when": "now", "on": "2026-02-01"}) == {}
    assert when({"when": "later", "on": "2026-02-01"}) == {"effective_at": "2026-02-01"}
    with pytest.raises(Unclear, match="choose the day"):
        when({"when": "later", "on": " "})


@pytest.mark.parametrize(
    ("path", "typed", "body"),
    [
        ("licences", {"quantity": "8", "when": "now", "on": "", "reason": "two left"},
         {"quantity": 8, "reason": "two left"}),
        ("licences", {"quantity": "8", "when": "later", "on": "2026-02-01", "reason": ""},
         {"quantity": 8, "effective_at": "2026-02-01"}),
        ("pricing", {"what": "price", "unit_price": "114.00", "rule": "discount", "rate": "", "applies": "next_term"},
         {"unit_price": "114.00", "applies": "next_term"}),
        ("pricing", {"what": "rule", "unit_price": "", "rule": "margin", "rate": "20", "applies": "current_cycle"},
         {"pricing": {"rule": "margin", "rate": "0.2"}, "applies": "current_cycle"}),
        ("cancel", {"mode": "end_of_term", "on": ""}, {"mode": "end_of_term"}),
        ("cancel", {"mode": "on_day", "on": "2026-02-01"}, {"mode": "immediate", "effective_at": "2026-02-01"}),
        ("next-term", {"quantity": "", "term": "P3Y", "billing_frequency": ""}, {"term": "P3Y"}),
        ("auto-renew/off", {}, {"auto_renew": False}),
        ("next-term/discard", {}, None),
    ],
)  # fmt: skip
def test_a_form_is_asked_of_the_service_as_its_body(path: str, typed: Typed, body: Any) -> None:
    (change,) = (one for one in CHANGES if one.path == path)
    assert change.body(typed) == body
    assert set(change.fields) == set(typed)


def test_a_preview_shows_dates_amounts_and_what_becomes_another() -> None:
    found = costs(PREVIEW, "EUR")

    assert [(run.date, run.without, run.then, run.net, run.gross) for run in found.runs] == [
        (date(2026, month, 15), Decimal(0), Decimal("50.00"), Decimal("50.00"), Decimal("62.00")) for month in (1, 2, 3)
    ]
    assert (found.net, found.gross) == (Decimal("150.00"), Decimal("186.00"))
    assert found.first == found.runs[0]
    ((subscription, now, later),) = found.states
    assert (subscription, later) == ("ord-1-1", [])
    assert ("Licences", "number", None, 5) in now
    assert ("Remaining", "number", None, 11) in now


def test_a_page_says_only_what_this_session_was_told() -> None:
    viewer, another = (Viewer(OPERATOR, Session("token", csrf)) for csrf in ("one", "two"))
    told = Said("It has 8 licences from now on.", "v1")
    asked = {"said": told.sentence, "before": "v1", "seal": _seal(viewer, told)}

    def page(**changed: str) -> Request:
        return cast(Request, SimpleNamespace(query_params=asked | changed))

    assert said(page(), viewer) == told
    assert said(page(), another) is None
    assert said(page(said="You owe us money."), viewer) is None
    assert said(page(before="v2"), viewer) is None
    assert said(page(seal="é"), viewer) is None
    assert told.is_on_its_way("v1")
    assert not told.is_on_its_way("v2")


def test_durations_and_moments_read_as_words() -> None:
    assert [duration(one) for one in ("P1M", "P3M", "P1Y", "P3Y", None)] == [
        "1 month", "3 months", "1 year", "3 years", NOTHING,
    ]  # fmt: skip
    assert durations(["P1Y", "P1M", "P12M"]) == [("P1M", "1 month"), ("P1Y", "1 year")]
    assert instant("2026-01-15") == "2026-01-15"
    assert instant("2026-01-15T10:00:00+02:00") == "2026-01-15 08:00:00 UTC"
