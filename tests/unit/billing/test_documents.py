"""Documents by themselves: their lines, taxes, names and order, and what they come to in another currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.billing.documents import Document, DocumentKind, DraftLine, Group, document
from shared.billing.exchange import ExchangeRates, exchanged
from shared.billing.ledger import IssuedLine, LayerKey, LineKind
from shared.billing.tax import Tax, is_tax_setting
from shared.billing.tax_lines import TaxLeft, returned_tax_lines
from tests.billing_dsl import exchange_rate, facts_from

MARCH, APRIL = date(2025, 3, 1), date(2025, 4, 1)


def draft(
    subscription: str = "sub-1", net: str = "10.00", returns: IssuedLine | None = None, **fields: Any
) -> DraftLine:
    values: dict[str, Any] = {
        "customer": "cus-1", "recipient": "res-1", "separate": False, "product": "office", "currency": "EUR",
        "start": MARCH, "end": APRIL, "quantity": 1, "unit_price": Decimal(net), "unit_net": Decimal(net),
        "net": Decimal(net), "tax_rate": Decimal("0.24"), "days": 31, "of_days": 31, "reverse_charge": False,
    }  # fmt: skip
    kind: LineKind = "recurring" if returns is None else "credit"
    return DraftLine(key=LayerKey(subscription, MARCH, MARCH), kind=kind, returns=returns, **(values | fields))


def issued(*drafts: DraftLine, customer: str | None = None, tax_left: TaxLeft | None = None) -> Document:
    kind: DocumentKind = "invoice" if drafts[0].returns is None else "credit_note"
    group = Group("res-1", customer, drafts[0].currency, kind)
    return document(group, MARCH, drafts, "7", {}, {} if tax_left is None else tax_left)


def test_an_invoice_with_its_lines_and_taxes() -> None:
    owed = draft("sub-3", "5.00", tax_rate=Decimal(0), reverse_charge=True)
    free_of_tax = draft("sub-4", "1.00", tax_rate=Decimal(0))
    tax_left: TaxLeft = {}

    found = issued(draft(), draft("sub-2", "20.00"), owed, free_of_tax, tax_left=tax_left)

    assert (found.number, found.net, found.tax, found.gross) == (
        "7", Decimal("36.00"), Decimal("7.20"), Decimal("43.20"),
    )  # fmt: skip
    assert [(one.rate, one.base, one.amount, one.reverse_charge) for one in found.taxes] == [
        (Decimal(0), Decimal("1.00"), Decimal(0), False),
        (Decimal(0), Decimal("5.00"), Decimal(0), True),
        (Decimal("0.24"), Decimal("30.00"), Decimal("7.20"), False),
    ]
    assert [(line.line, line.document, line.reverse_charge) for line in found.lines] == [
        ("sub-1/2025-03-01/2025-03-01", "7", False),
        ("sub-2/2025-03-01/2025-03-01", "7", False),
        ("sub-3/2025-03-01/2025-03-01", "7", True),
        ("sub-4/2025-03-01/2025-03-01", "7", False),
    ]
    assert tax_left == {("7", Decimal("0.24")): Decimal("7.20"), ("7", Decimal(0)): Decimal("0.00")}


def test_a_document_is_named_by_what_it_is() -> None:
    shared_one, separate = issued(draft()), issued(draft(), customer="cus-1")

    assert (shared_one.reference, separate.reference) == (
        "invoice/2025-03-01/res-1/EUR", "invoice/2025-03-01/res-1/cus-1/EUR",
    )  # fmt: skip
    assert shared_one.sort_key == (MARCH, "res-1", "", "EUR", "invoice")
    assert separate.sort_key == (MARCH, "res-1", "cus-1", "EUR", "invoice")


def test_amounts_have_the_digits_of_the_currency() -> None:
    # 8 % of 105 yen are 8.4.
    yen = issued(draft(net="105", currency="JPY", tax_rate=Decimal("0.08")))
    back = draft(net="55", currency="JPY", tax_rate=Decimal("0.08"), returns=yen.lines[0])
    note = issued(back, tax_left={("7", Decimal("0.08")): Decimal(8)})

    assert (str(yen.net), str(yen.tax), str(yen.gross), str(yen.taxes[0].amount)) == ("105", "8", "113", "8")
    assert (str(note.tax), str(note.gross), str(note.taxes[0].amount)) == ("4", "59", "4")


VAT = Tax(Decimal("0.24"))


@pytest.mark.parametrize(
    ("returned", "left", "amount", "left_after"),
    [
        pytest.param([("A", "10.00")], {"A": "9.00"}, "2.40", {"A": "6.60"}, id="its own share"),
        pytest.param([("A", "10.00")], {"A": "1.00"}, "1.00", {"A": "0.00"}, id="never more than is left"),
        pytest.param(
            [("A", "10.00"), ("B", "20.00")], {"A": "9.00", "B": "9.00"}, "7.20", {"A": "6.60", "B": "4.20"},
            id="each its own share",
        ),
        pytest.param(
            [("A", "5.00"), ("A", "5.00")], {"A": "9.00"}, "2.40", {"A": "6.60"}, id="two lines of one invoice"
        ),
        pytest.param(
            # 4.80 in all: 1.00 is all that is left of the one, the other has its 2.40 and what is missing, 1.40.
            [("A", "10.00"), ("B", "10.00")], {"A": "1.00", "B": "5.00"}, "4.80", {"A": "0.00", "B": "1.20"},
            id="what one cannot bear is taken off the other",
        ),
        pytest.param(
            [("A", "10.00"), ("B", "10.00")], {"A": "5.00", "B": "1.00"}, "4.80", {"A": "1.20", "B": "0.00"},
            id="whichever comes first",
        ),
        pytest.param(
            # 0.0024 of one cent each, nothing by itself; together 0.0072, one cent, where something is left.
            [("A", "0.01"), ("B", "0.01"), ("C", "0.01")], {"A": "0.00", "B": "1.00", "C": "1.00"}, "0.01",
            {"A": "0.00", "B": "0.99", "C": "1.00"}, id="the odd cent where something is left",
        ),
    ],
)  # fmt: skip
def test_tax_that_comes_back_is_taken_off_the_invoices(
    returned: list[tuple[str, str]], left: dict[str, str], amount: str, left_after: dict[str, str]
) -> None:
    tax_left: TaxLeft = {(name, VAT.rate): Decimal(rest) for name, rest in left.items()}

    (line,) = returned_tax_lines([(VAT, name, Decimal(net)) for name, net in returned], "EUR", tax_left)

    assert (line.base, line.amount) == (sum(Decimal(net) for _, net in returned), Decimal(amount))
    assert {name: str(tax_left[name, VAT.rate]) for name in left} == left_after


def test_yen_of_tax_come_back_whole() -> None:
    # 8 % of 55 and of 50 yen are 4.4 and 4: of 8.4 in all eight come back, four off each.
    rate = Decimal("0.08")
    tax_left: TaxLeft = {("A", rate): Decimal(9), ("B", rate): Decimal(9)}

    (line,) = returned_tax_lines([(Tax(rate), "A", Decimal(55)), (Tax(rate), "B", Decimal(50))], "JPY", tax_left)

    assert str(line.amount) == "8"
    assert tax_left == {("A", rate): Decimal(5), ("B", rate): Decimal(5)}


def test_of_two_rates_for_a_day_the_one_known_last_is_taken() -> None:
    facts = facts_from(
        [exchange_rate("1.10", on="2025-02-28"), exchange_rate("1.30", on="2025-03-01", known="2025-02-20"),
         exchange_rate("1.20", on="2025-03-01", known="2025-02-19T23:00:00Z"),
         exchange_rate("1.40", on="2025-03-01", known="2025-03-02")]
    )  # fmt: skip

    found = exchanged(issued(draft(transaction_currency="USD")), ExchangeRates(facts))

    assert found.transaction is not None
    # 12.40 x 1.30
    assert (found.transaction.rate, found.transaction.total) == (Decimal("1.30"), Decimal("16.12"))


@pytest.mark.parametrize(
    ("key", "is_one"),
    [("seller_country", True), ("tax_rate.GR", True), ("tax_rate.GR.book", True), ("tax_rate", False),
     ("rounding", False)],
)  # fmt: skip
def test_settings_that_tax_depends_on(key: str, is_one: bool) -> None:
    assert is_tax_setting(key) is is_one
