"""Documents of every kind as they go on paper, without a database: what tests of paper and XML begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.invoicing.paper.content import Paper
from services.invoicing.paper.letterheads import Recipient, Seller
from services.invoicing.paper.names import Named
from services.invoicing.queries import DocumentLine, DocumentWithLines
from shared.billing.money import round_money
from shared.web.document_models import Relation, Tax, Transaction

DAY: Final = date(2026, 2, 1)
SELLER: Final = Seller(
    name="Aegean Distribution GmbH", address=("Hafenstraße 12",), post_code="20359", city="Hamburg", country="DE",
    vat_id="DE123456789", registration="HRB 123456, Hamburg", phone="+49 40 1234560", email="billing@aegean.example",
    website="aegean.example", bank="Elbbank", iban="DE89370400440532013000", bic="COBADEFFXXX", payment_days=14,
)  # fmt: skip
RECIPIENT: Final = Recipient(
    name="Nordwind Cloud AG", address=("Marktplatz 3", "2. Stock"), post_code="1010", city="Wien", country="AT",
    vat_id="ATU12345678",
)  # fmt: skip
_NAMES: Final = Named(
    customers={"cus-a": "Contoso Software", "cus-b": "Bäckerei Müller & Söhne", "cus-c": "Πλοία Αιγαίου"},
    products={"suite": "Office Suite Premium", "guard": "Endpoint Guard", "book": "Handbuch"},
    exempt_products=frozenset({"book"}),
)
LOGO: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="220" height="60"><circle cx="30" cy="30" r="26" fill="#1d4e79"/>'
    b'<path d="M70 18h140v8H70zM70 34h90v8H70z" fill="#7fa7c9"/></svg>'
)


def a_line(place: int, net: str, unit: str, quantity: int = 1, **more: Any) -> DocumentLine:
    """A line of February on a subscription of its own; `more` are fields by name."""
    subscription = f"sub-{place}"
    fields: dict[str, Any] = {
        "line": f"{subscription}/2026-02-01/2026-02-01", "customer": "cus-a", "subscription": subscription,
        "product": "suite", "kind": "recurring", "from": DAY, "to": date(2026, 2, 28), "quantity": quantity,
        "unit_price": Decimal(unit), "days": None, "of_days": None, "unit_net": None, "net": Decimal(net),
        "returns": None, "tax_rate": None, "reverse_charge": None, "why": None,
    }  # fmt: skip
    return DocumentLine(**fields | more)


def taxed(lines: Sequence[DocumentLine], taxes: Mapping[tuple[str, bool], Sequence[int]], currency: str) -> list[Tax]:
    """The taxes on lines by their places: {("0.19", False): [0, 1]}."""
    found = []
    for (rate, reverse), places in sorted(taxes.items()):
        base = sum((lines[place].net for place in places), Decimal(0))
        amount = round_money(base * Decimal(rate), currency)
        found.append(Tax(rate=Decimal(rate), base=base, amount=amount, reverse_charge=reverse or None))
    return found


def a_document(
    lines: Sequence[DocumentLine], taxes: Sequence[Tax], currency: str = "EUR", **more: Any
) -> DocumentWithLines:
    """A document whose totals are those of its lines and taxes; `more` are fields by name."""
    if len(taxes) > 1:
        assert all(line.tax_rate is not None for line in lines)
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((one.amount for one in taxes), Decimal(0))
    fields: dict[str, Any] = {
        "number": "INV-2026-000017", "kind": "invoice", "date": DAY, "recipient": "res-6", "customer": None,
        "currency": currency, "net": net, "tax": tax, "gross": net + tax, "taxes": list(taxes), "transaction": None,
        "relates_to": None, "balance": None, "lines": list(lines),
    }  # fmt: skip
    return DocumentWithLines(**fields | more)


def on_paper(document: DocumentWithLines, language: str = "en", **more: Any) -> Paper:
    """A document with letterheads and names."""
    recipient = RECIPIENT.model_copy(update={"language": language})
    fields: dict[str, Any] = {"document": document, "seller": SELLER, "recipient": recipient, "names": _NAMES}
    return Paper(**fields | more)


def aggregated(language: str = "de", customers: int = 3, each: int = 4) -> Paper:
    """One reseller's invoice over customers, each with whole, prorated and free lines."""
    lines = []
    for place in range(customers * each):
        whose = {"customer": f"cus-{'abc'[place // each]}" if customers <= 3 else f"cus-{place // each:05}"}
        if place % each == 1:
            part = {
                "kind": "prorated",
                "days": 7,
                "of_days": 28,
                "unit_net": Decimal("2.50"),
                "from": date(2026, 2, 22),
            }
            lines.append(a_line(place, "7.50", "10.00", 3, **whose, **part))
        elif place % each == 2:
            lines.append(a_line(place, "0.00", "0.00", 5, product="guard", kind="free", **whose))
        else:
            lines.append(a_line(place, "80.00", "10.00", 8, **whose))
    rate = {("0.19", False): range(len(lines))}
    known = Transaction(currency="USD", rate=Decimal("1.0837"), rate_date=date(2026, 1, 30), total=Decimal("598.47"))
    return on_paper(a_document(lines, taxed(lines, rate, "EUR"), transaction=known), language)


def credit_note() -> Paper:
    """Seats taken back, a part of it set off against two invoices, the rest in the recipient's favour."""
    credit = {"kind": "credit", "days": 18, "of_days": 28, "from": date(2026, 2, 11)}
    lines = [
        a_line(1, "32.15", "10.00", 5, unit_net=Decimal("6.43"), returns="sub-1/2026-02-01/2026-02-01", **credit),
        a_line(2, "20.00", "10.00", 3, unit_net=Decimal("6.67"), returns="sub-2/2026-02-01/2026-02-01", **credit),
    ]
    taxes = taxed(lines, {("0.20", False): [0, 1]}, "EUR")
    relations = [
        Relation(document="INV-2025-000911", amount=Decimal("40.00")),
        Relation(document="INV-2026-000003", amount=Decimal("12.58")),
    ]
    document = a_document(
        lines, taxes, number="CN-2026-000004", kind="credit_note", relates_to=relations, balance=Decimal("10.00")
    )
    days = {"INV-2025-000911": date(2025, 12, 1), "INV-2026-000003": date(2026, 1, 1)}
    return on_paper(document, "fr", related=days)


def several_taxes() -> Paper:
    """Two rates, an exempt product, and something that no tax is on, each line naming its own; with a logo."""
    rates = ("0.19", "0.07", "0", "0")
    products = ("suite", "guard", "book", "guard")
    lines = [
        a_line(place, "33.35", "33.35", product=product, tax_rate=Decimal(rate))
        for place, (rate, product) in enumerate(zip(rates, products, strict=True))
    ]
    taxes = taxed(lines, {("0.19", False): [0], ("0.07", False): [1], ("0", False): [2, 3]}, "EUR")
    return on_paper(a_document(lines, taxes, customer="cus-a"), "en", logo=LOGO)


def reverse_charge() -> Paper:
    """All by reverse charge, in Greek."""
    lines = [a_line(1, "1200.00", "120.00", 10), a_line(2, "45.50", "6.50", 7, product="guard", customer="cus-c")]
    return on_paper(a_document(lines, taxed(lines, {("0", True): [0, 1]}, "EUR")), "el")


def exempt() -> Paper:
    """A recipient that is exempt."""
    lines = [a_line(1, "100.00", "10.00", 10)]
    names = Named({"tax_exempt": True}, _NAMES.customers, _NAMES.products)
    return on_paper(a_document(lines, taxed(lines, {("0", False): [0]}, "EUR")), names=names)


def zero_rated() -> Paper:
    """No tax for a reason that is not known."""
    lines = [a_line(1, "100.00", "10.00", 10)]
    return on_paper(a_document(lines, taxed(lines, {("0", False): [0]}, "EUR")))


def yen() -> Paper:
    """A currency without minor digits, and an amount in another that no rate was known for."""
    lines = [a_line(1, "12000", "1200", 10)]
    missing = Transaction(currency="USD", reason="no exchange rate was known")
    taxes = taxed(lines, {("0.10", False): [0]}, "JPY")
    return on_paper(a_document(lines, taxes, "JPY", transaction=missing))


def rounded_once() -> Paper:
    """A line whose net is no multiple of a price in whole cents (setting `rounding: line`)."""
    part = {"kind": "prorated", "days": 10, "of_days": 28, "unit_net": Decimal("3.57")}
    lines = [a_line(1, "10.71", "10.00", 3, **part), a_line(2, "25.00", "10.00", 7, **part)]
    return on_paper(a_document(lines, taxed(lines, {("0.19", False): [0, 1]}, "EUR")))


def long_names() -> Paper:
    """Names that need several lines: of customers, of products, in capitals, of one word, and in several scripts."""
    customers = {
        "cus-a": "The Association for the Advancement of Independent Resellers of Software in the Eastern Aegean Ltd",
        "cus-b": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH",
        "cus-c": "Πλοία Αιγαίου · Żółć i Spółka · Općina Đakovo · Ақтөбе · Їжак · Công ty Điện lực · Ştefan cel Mare",
    }
    products = {
        "suite": "Office Suite Premium with Advanced Threat Protection and Compliance for Enterprises of any Size",
        "guard": "ENDPOINT GUARD MAXIMUM SECURITY EDITION WMW",
    }
    paper = aggregated("en")
    return replace(paper, names=Named(customers=customers, products=products))


def several_pages() -> Paper:
    """Three customers with fifteen lines each, three rates of tax in turn, one by reverse charge; with both logos."""
    rates = (("0", True), ("0.07", False), ("0.19", False))
    lines = [
        a_line(
            place, "33.35", "33.35", customer=f"cus-{'abc'[place // 15]}", tax_rate=Decimal(rates[place % 3][0]),
            reverse_charge=rates[place % 3][1] or None, product=("book", "guard", "suite")[place % 3],
        )
        for place in range(45)
    ]  # fmt: skip
    taxes = taxed(lines, {rate: range(turn, 45, 3) for turn, rate in enumerate(rates)}, "EUR")
    return on_paper(a_document(lines, taxes), "fr", logo=LOGO, recipient_logo=LOGO)


KINDS: Final = {
    "aggregated": aggregated, "credit_note": credit_note, "several_taxes": several_taxes,
    "reverse_charge": reverse_charge, "exempt": exempt, "zero_rated": zero_rated, "yen": yen,
    "rounded_once": rounded_once, "long_names": long_names, "several_pages": several_pages,
}  # fmt: skip
