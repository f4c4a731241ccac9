"""Rule R3.4: which invoices a credit note is for, the oldest open one first, and what stays as balance."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.invoicing.notes import notes_on
from shared.billing.balance import Debtor, OpenInvoices, credited, related
from shared.billing.documents import Document, DocumentKind
from shared.events.shapes import document_shape
from tests.billing_dsl import Event, Json, Outcome, canceled, customer_changed, event, given, ordered, price, seats


def relations(outcome: Outcome) -> list[str]:
    """Each credit note with what it takes off which invoice, as text."""
    return [
        f"{note['date']} {note['gross']}: "
        + ", ".join(f"{one['amount']} off {one['document']}" for one in note.get("relates_to", []))
        + (f", {note['balance']} stays" if "balance" in note else "")
        for note in outcome.json
        if note["kind"] == "credit_note"
    ]


def yearly(*, on: str = "2019-03-01", at: str = "366.00", **fields: Any) -> Event:
    """A year of 366 days for res-1: a day costs 1.00."""
    return ordered(1, at, on=on, term="P1Y", **{"reseller": "res-1", "customer": "a", **fields})


def test_a_credit_goes_on_the_payer_s_oldest_invoice_not_on_that_of_its_line() -> None:
    result = given(
        ordered(1, "5.00", on="2019-02-01", sub="sub-old", customer="b", reseller="res-1"),
        ordered(9, on="2019-03-01", customer="a", reseller="res-1"),
        canceled(on="2019-03-02", sub="sub-old", mode="end_of_cycle"),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert relations(result) == [
        "2019-04-01 7.74: 5.00 off invoice/2019-02-01/res-1/EUR, 2.74 off invoice/2019-03-01/res-1/EUR"
    ]


def test_what_is_credited_away_is_closed_and_the_next_note_goes_on_with_what_is_left() -> None:
    result = given(
        yearly(at="30.00"),
        yearly(on="2019-03-02", sub="sub-2", at="366.00", customer={"id": "b", "billing_day": 2}),
        yearly(on="2019-03-03", sub="sub-3", at="366.00", customer={"id": "c", "billing_day": 3}),
        event(
            "SubscriptionCanceled", "2019-03-10", {"subscription_id": "sub-2", "customer_id": "b", "mode": "immediate"}
        ),
        event(
            "SubscriptionCanceled", "2019-03-11", {"subscription_id": "sub-3", "customer_id": "c", "mode": "immediate"}
        ),
    ).until("2019-03-31")

    assert relations(result) == [
        "2019-03-10 358.00: 30.00 off invoice/2019-03-01/res-1/EUR, 328.00 off invoice/2019-03-02/res-1/EUR",
        "2019-03-11 358.00: 38.00 off invoice/2019-03-02/res-1/EUR, 320.00 off invoice/2019-03-03/res-1/EUR",
    ]


def test_a_corrected_price_takes_the_old_line_off_the_oldest_invoice_not_off_the_new_one() -> None:
    result = given(
        ordered(9, "10.00", on="2019-02-01", customer="a", reseller={"id": "res-1", "tax_rate": "0.24"}),
        price("12.00", since="2019-03-01", known="2019-03-20", backdate=True),
    ).until("2019-03-31")

    assert result.totals == [
        "2019-02-01 invoice to res-1 90.00 + 21.60 = 111.60",
        "2019-03-01 invoice to res-1 90.00 + 21.60 = 111.60",
        "2019-03-20 credit_note to res-1 90.00 + 21.60 = 111.60",
        "2019-03-20 invoice to res-1 108.00 + 25.92 = 133.92",
    ]
    assert relations(result) == ["2019-03-20 111.60: 111.60 off invoice/2019-02-01/res-1/EUR"]


def test_notes_go_on_invoices_of_the_same_recipient_and_currency_only() -> None:
    result = given(
        yearly(reseller="res-2", sub="sub-2", customer="b"),
        yearly(currency="USD", sub="sub-3", customer="c"),
        yearly(on="2019-03-02", customer={"id": "a", "billing_day": 2}),
        canceled(on="2019-03-10"),
    ).until("2019-03-31")

    assert relations(result) == ["2019-03-10 358.00: 358.00 off invoice/2019-03-02/res-1/EUR"]


def test_customers_with_invoices_of_their_own_have_one_payer_and_their_notes_its_oldest_invoice() -> None:
    own: Json = {"id": "a", "separate_invoices": True}
    result = given(yearly(customer=own), yearly(sub="sub-2", customer="b"), canceled(on="2019-03-11")).until(
        "2019-03-31"
    )

    assert result.totals[:2] == ["2019-03-01 invoice to res-1 366.00", "2019-03-01 invoice to res-1 for a 366.00"]
    assert relations(result) == ["2019-03-11 356.00: 356.00 off invoice/2019-03-01/res-1/EUR"]


def test_an_invoice_of_a_customer_of_its_own_is_named_with_it() -> None:
    result = given(yearly(customer={"id": "a", "separate_invoices": True}), canceled(on="2019-03-11")).until(
        "2019-03-31"
    )

    assert relations(result) == ["2019-03-11 356.00: 356.00 off invoice/2019-03-01/res-1/a/EUR"]


def test_seats_given_back_to_the_former_payer_go_on_its_own_invoices() -> None:
    result = given(
        ordered(9, on="2019-03-01", customer="a", reseller="res-1"),
        customer_changed(on="2019-03-10", customer="a", reseller_id="res-2"),
        seats(7, on="2019-03-20"),
    ).until("2019-04-01")

    assert relations(result) == ["2019-04-01 7.74: 7.74 off invoice/2019-03-01/res-1/EUR"]


def test_an_invoice_has_no_relations_and_a_plain_credit_note_no_balance() -> None:
    invoice, note, _ = given(ordered(9, on="2019-03-01"), seats(7, on="2019-03-20")).until("2019-04-01").json

    assert "relates_to" not in invoice
    assert note["relates_to"] == [{"document": "invoice/2019-03-01/cus-1/EUR", "amount": "7.74"}]
    assert "balance" not in note


# --- the rule itself, over documents that our own runs do not bring about -------------------------------------------


def document(kind: DocumentKind, gross: str, *, day: int = 1, recipient: str = "res-1") -> Document:
    amount = Decimal(gross)
    number = f"{kind} {day}"
    return Document(
        number=number, kind=kind, day=date(2019, 3, day), recipient=recipient, customer=None, currency="EUR",
        net=amount, tax=Decimal(0), gross=amount, taxes=(), lines=(),
    )  # fmt: skip


def test_what_no_open_invoice_is_left_for_stays_as_balance() -> None:
    open_invoices: OpenInvoices = {}
    related([document("invoice", "10.00")], open_invoices)

    (note,) = related([document("credit_note", "12.50", day=2)], open_invoices)

    assert [(one.document, one.amount) for one in note.relates_to] == [("invoice 1", Decimal("10.00"))]
    assert note.balance == Decimal("2.50")
    assert list(notes_on(document_shape(note))) == [
        "10.00 off invoice/2019-03-01/res-1/EUR",
        "2.50 stays as balance: no invoice was open for it",
    ]


def test_a_balance_is_not_taken_off_a_later_invoice_and_a_later_note_goes_on_it() -> None:
    open_invoices: OpenInvoices = {}
    related([document("credit_note", "2.50")], open_invoices)

    invoice, note = related(
        [document("invoice", "10.00", day=3), document("credit_note", "4.00", day=3)], open_invoices
    )

    assert invoice.gross == Decimal("10.00")
    assert [one.amount for one in note.relates_to] == [Decimal("4.00")]
    assert [one.open for one in open_invoices[Debtor("res-1", "EUR")]] == [Decimal("6.00")]


def test_the_invoices_of_a_run_are_there_before_its_notes_whatever_their_order() -> None:
    note, _ = related([document("credit_note", "4.00"), document("invoice", "10.00")], {})

    assert [(one.document, one.amount) for one in note.relates_to] == [("invoice 1", Decimal("4.00"))]


def test_an_invoice_without_an_amount_is_never_open() -> None:
    _, note = related([document("invoice", "0.00"), document("credit_note", "4.00", day=2)], {})

    assert (note.relates_to, note.balance) == ((), Decimal("4.00"))


def test_what_is_credited_comes_together_by_recipient_and_currency() -> None:
    in_dollars = replace(document("credit_note", "3.00", day=4), currency="USD")

    totals = credited(
        [
            document("credit_note", "4.00"),
            document("invoice", "10.00", day=2),
            document("credit_note", "2.50", day=3),
            in_dollars,
            document("credit_note", "1.00", day=5, recipient="res-2"),
            document("credit_note", "0.00", day=6, recipient="res-3"),
        ]
    )

    assert totals == {
        Debtor("res-1", "EUR"): Decimal("6.50"),
        Debtor("res-1", "USD"): Decimal("3.00"),
        Debtor("res-2", "EUR"): Decimal("1.00"),
    }


def test_what_a_first_note_took_off_an_invoice_is_not_there_for_the_second() -> None:
    open_invoices: OpenInvoices = {}
    related([document("invoice", "10.00")], open_invoices)
    related([document("credit_note", "6.00", day=2)], open_invoices)

    (note,) = related([document("credit_note", "6.00", day=3)], open_invoices)

    assert [(one.document, one.amount) for one in note.relates_to] == [("invoice 1", Decimal("4.00"))]
    assert note.balance == Decimal("2.00")


def test_a_note_never_goes_on_invoices_of_somebody_else_or_in_another_currency() -> None:
    others = [
        document("invoice", "10.00", recipient="res-2"),
        replace(document("invoice", "10.00", day=2), currency="USD"),
    ]

    *_, note = related([*others, document("credit_note", "4.00", day=3)], {})

    assert (note.relates_to, note.balance) == ((), Decimal("4.00"))
