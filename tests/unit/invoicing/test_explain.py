"""`explain --simulate`: the sentence of a line, what stands beside it, and lines that are not there."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.invoicing import explain_simulated
from services.invoicing.cli import read_file
from services.invoicing.line_ids import parsed
from shared.errors import UserError
from tests.billing_dsl import (
    Event,
    canceled,
    customer_changed,
    of,
    ordered,
    price,
    reactivated,
    seats,
    suspended,
)

ROOT = Path(__file__).parents[3]
RELEASE_NOTES = ROOT / "examples" / "ex1.jsonl"


def explained(tmp_path: Path, line: str, *events: Event, **settings: str) -> dict[str, Any]:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in events), encoding="utf-8")
    return explain_simulated.explain(line, read_file(str(file), "position"), None, None, settings, str(file)).shape()


PLAN = ordered(
    1, "120.00", on="2025-01-15", term="P1Y", billing_frequency="P1M",
    customer={"id": "cus-1", "extra_charge_rate": "0.05"},
)  # fmt: skip
MARGIN = ordered(2, "9.00", on="2025-01-01", unit_cost="5.00", pricing={"rule": "margin", "rate": "0.5"})
JUST = ordered(5, on="2025-01-01")
IN_JANUARY = "sub-1/2025-01-01/2025-01-01"


@pytest.mark.parametrize(
    ("events", "line", "said"),
    [
        (
            [JUST], IN_JANUARY,
            "10.00 (price of OrderExecuted 1 of 2025-01-01) for one licence from 2025-01-01 to 2025-01-31, "
            "times 5 = 50.00, because 5 seats were held when the cycle began, "
            "by OrderExecuted 1 of 2025-01-01 (rules R0.10, R2.10)",
        ),
        (
            [JUST, seats(3, on="2025-01-20")], f"{IN_JANUARY}/2",
            "19 of 31 days of 10.00 stay charged on sub-1/2025-01-01/2025-01-01; the rest comes back: 3.87 for one "
            "licence, times 2 = 7.74, because LicensesChanged 2 of 2025-01-20 took these seats off (rules R0.6, R3.2)",
        ),
        (
            [PLAN], "sub-1/2025-01-15/2025-01-15",
            "10.50 (price of OrderExecuted 1 of 2025-01-15: 120.00, plus 5 % extra charge, one of 12 installments) "
            "for one licence from 2025-01-15 to 2025-02-14, times 1 = 10.50, because 1 seat was held when the cycle "
            "began, by OrderExecuted 1 of 2025-01-15 (rules R0.10, R4.5, R2.10, R4.6)",
        ),
        (
            [MARGIN], IN_JANUARY,
            "10.00 (price of OrderExecuted 1 of 2025-01-01: 9.00, the cost 5.00 at a margin of 50 %) for one licence "
            "from 2025-01-01 to 2025-01-31, times 2 = 20.00, because 2 seats were held when the cycle began, "
            "by OrderExecuted 1 of 2025-01-01 (rules R0.10, R2.10, R0.4)",
        ),
    ],
)  # fmt: skip
def test_a_sentence_from_the_price_to_the_amount(tmp_path: Path, events: list[Event], line: str, said: str) -> None:
    assert explained(tmp_path, line, *events)["sentence"] == said


LISTED_AT_ONCE = price("11.00", since="2025-01-15", known="2025-01-10")


@pytest.mark.parametrize(
    ("events", "line", "because"),
    [
        ([JUST, canceled(on="2025-01-20")], f"{IN_JANUARY}/2", "SubscriptionCanceled 2 of 2025-01-20 ended it"),
        (
            [JUST, canceled(on="2025-01-20", known="2025-02-05")], "sub-1/2025-02-01/2025-02-01/2",
            "SubscriptionCanceled 2 of 2025-02-05 ended the subscription before this line begins",
        ),
        (
            [JUST, seats(3, on="2025-02-01", known="2025-02-05")], "sub-1/2025-02-01/2025-02-01/2",
            "LicensesChanged 2 of 2025-02-05 says that fewer seats were held",
        ),
        (
            [JUST, price("11.00", since="2025-01-20", known="2025-02-05", backdate=True)],
            "sub-1/2025-02-01/2025-02-01/2", "PriceChanged 2 of 2025-02-05 has it charged otherwise now",
        ),
        (
            [JUST, of("SubscriptionConverted", "2025-01-15", product={"id": "b"}, unit_price="20.00")],
            "sub-1/2025-01-01/2025-01-15", "SubscriptionConverted 2 of 2025-01-15 brought this price inside the cycle",
        ),
        (
            [ordered(5, on="2025-01-01", bill_while_suspended=False), suspended(on="2025-01-11"),
             reactivated(on="2025-01-21")],
            "sub-1/2025-01-01/2025-01-21", "SubscriptionReactivated 3 of 2025-01-21 had 5 seats billed again",
        ),
        (
            [ordered(5, on="2025-01-01", bill_while_suspended=False), suspended(on="2025-01-11")],
            f"{IN_JANUARY}/2", "SubscriptionSuspended 2 of 2025-01-11 suspended it",
        ),
        (
            [JUST, seats(3, on="2025-01-20"), seats(5, on="2025-01-20", known="2025-02-05")], f"{IN_JANUARY}/3",
            "the credit turned out not to be due by LicensesChanged 3 of 2025-02-05",
        ),
        (
            [JUST, customer_changed(on="2025-01-10", billing_day=15)], "sub-1/2025-02-01/2025-02-01",
            "5 seats were held when the cycle began, by OrderExecuted 1 of 2025-01-01, "
            "and CustomerChanged 2 of 2025-01-10 moved the billing day",
        ),
        (
            [ordered(1, on="2025-01-01", sub="base"), ordered(2, on="2025-01-01", parent_subscription_id="base"),
             canceled(on="2025-01-20", sub="base")],
            f"{IN_JANUARY}/2", "SubscriptionCanceled 3 of 2025-01-20 ended what this is an add-on of",
        ),
        (
            [ordered(1, on="2025-01-01T20:00:00Z", nce=True), canceled(on="2025-01-02T10:00:00Z")],
            f"{IN_JANUARY}/2", "SubscriptionCanceled 2 of 2025-01-02 gave them back in time for a full refund",
        ),
    ],
)  # fmt: skip
def test_because_names_what_was_done_and_by_which_event(
    tmp_path: Path, events: list[Event], line: str, because: str
) -> None:
    sentence = explained(tmp_path, line, *events)["sentence"]

    assert f", because {because} (rule" in sentence


def test_with_rounding_by_line_the_amount_is_rounded_once(tmp_path: Path) -> None:
    events = [ordered(3, on="2025-01-01"), seats(10, on="2025-01-20")]

    sentence = explained(tmp_path, "sub-1/2025-01-01/2025-01-20", *events, rounding="line")["sentence"]

    assert "12 of 31 days of 10.00" in sentence
    assert "times 7 and rounded once to 27.10" in sentence


def test_the_lines_of_the_layer_stand_beside_it_with_their_documents(tmp_path: Path) -> None:
    found = explained(tmp_path, IN_JANUARY, JUST, seats(3, on="2025-01-20"))

    assert [(one["line"], one["document"], one["net"]) for one in found["layer"]] == [
        (IN_JANUARY, {"kind": "invoice", "date": "2025-01-01"}, "50.00"),
        (f"{IN_JANUARY}/2", {"kind": "credit_note", "date": "2025-02-01"}, "7.74"),
    ]
    assert found["document"] == {
        "kind": "invoice", "date": "2025-01-01", "recipient": "cus-1", "customer": None, "currency": "EUR",
    }  # fmt: skip


def test_events_say_where_they_stand_in_the_file(tmp_path: Path) -> None:
    found = explained(tmp_path, "sub-1/2025-01-01/2025-01-20", JUST, seats(6, on="2025-01-20"))

    assert [(one["role"], one["type"], one["id"], one["line"]) for one in found["events"]] == [
        ("seats", "LicensesChanged", "2", 2), ("terms", "OrderExecuted", "1", 1),
    ]  # fmt: skip


def test_an_event_that_says_the_same_of_two_subscriptions_counts_once(tmp_path: Path) -> None:
    """As in `simulate`: an event that stands in the file twice is one event."""
    named = {**seats(6, on="2025-01-20"), "id": "x", "source": "urn:test"}

    found = explained(tmp_path, "sub-1/2025-01-01/2025-01-20", JUST, named, named)

    assert [one["line"] for one in found["layer"]] == ["sub-1/2025-01-01/2025-01-20"]


@pytest.mark.parametrize("line", ["sub-1/2019-02-01/2019-02-23", "sub-1/2019-02-01/2019-02-22/2", "sub-1", "x/y"])
def test_a_line_that_is_not_there_is_one_sentence_with_the_nearest(line: str) -> None:
    with pytest.raises(UserError) as refused:
        explain_simulated.explain(
            line, read_file(str(RELEASE_NOTES), "position"), date(2019, 3, 1), None, {}, "ex1.jsonl"
        )

    sentence = str(refused.value)
    assert sentence.startswith(f"there is no line {line!r}: a line id is SUBSCRIPTION/CYCLE-START/LAYER-START")
    assert "sub-1/2019-02-01/2019-02-22" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("line", "layer"),
    [
        ("sub-1/2019-02-01/2019-02-22", ("sub-1", "2019-02-01", "2019-02-22")),
        ("sub-1/2019-02-01/2019-02-22/12", ("sub-1", "2019-02-01", "2019-02-22")),
        ("tenant/sub/2019-02-01/2019-02-22/2", ("tenant/sub", "2019-02-01", "2019-02-22")),
        ("sub-1/2019-02-01", None),
        ("sub-1/2019-02-30/2019-02-22", None),
        ("", None),
    ],
)
def test_an_id_is_read_from_its_end(line: str, layer: tuple[str, str, str] | None) -> None:
    key = parsed(line)

    assert (None if key is None else tuple(map(str, key))) == layer


def test_the_command_prints_sentence_document_layer_and_events() -> None:
    answer = CliRunner().invoke(app, ["explain", "sub-1/2019-02-01/2019-02-22", "--simulate", str(RELEASE_NOTES)])

    assert answer.exit_code == 0
    assert "added 1 seat" in answer.stdout
    assert "It stands on an invoice of 2019-03-01 to res-1." in answer.stdout
    assert "Lines of this layer" in answer.stdout
    assert "Events" in answer.stdout


def test_the_command_prints_json_for_programs() -> None:
    line = "sub-1/2019-02-01/2019-02-22"

    answer = CliRunner().invoke(app, ["explain", line, "--simulate", str(RELEASE_NOTES), "--json"])

    found = json.loads(answer.stdout)
    assert list(found) == ["line", "sentence", "document", "layer", "events"]
    assert (found["line"]["line"], found["line"]["net"]) == (line, "2.50")
