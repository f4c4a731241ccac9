"""Everything that goes on the paper of one document, read in one go: as who asks may see it, and as it was issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import AsyncConnection

from services.invoicing import queries
from services.invoicing.paper import letterhead_store
from services.invoicing.paper.letterheads import Recipient, Seller
from services.invoicing.paper.names import Named, Naming, named
from services.invoicing.queries import DocumentLine, DocumentWithLines
from shared.billing.vat_numbers import country_code, member_state_of

_DATES = "SELECT number, date FROM read.documents WHERE number = ANY(%s)"
_DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Paper:
    """One document with all that is printed beside its amounts. `related` has the dates of the invoices it names."""

    document: DocumentWithLines
    seller: Seller | None
    recipient: Recipient
    names: Named
    logo: bytes | None = None
    recipient_logo: bytes | None = None
    related: Mapping[str, date] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The recipient's; else the seller's; else English."""
        return self.recipient.language or (self.seller and self.seller.language) or _DEFAULT_LANGUAGE

    @property
    def is_credit(self) -> bool:
        return self.document.kind == "credit_note"

    def customer(self, id: str) -> str:
        return self.names.customers.get(id, id)

    def product(self, line: DocumentLine) -> str:
        return self.names.products.get(line.product, line.product)

    def is_exempt(self, line: DocumentLine) -> bool:
        """Whether a line that no tax is on has none by exemption: of the recipient, or of the product (rule R6.7)."""
        return bool(self.names.recipient.get("tax_exempt")) or line.product in self.names.exempt_products


async def paper_of(connection: AsyncConnection, number: str) -> Paper | None:
    """What goes on the paper of a document; None where there is no such document for who asks."""
    document = await queries.document(connection, number)
    if document is None:
        return None
    names = await named(connection, naming_of(document))
    seller = await letterhead_store.holding(connection, "organisation", "", document.date)
    recipient = await letterhead_store.holding(connection, "recipient", document.recipient, document.date)
    related = [one.document for one in document.relates_to or ()]
    dates = await (await connection.execute(_DATES, [related])).fetchall() if related else []
    return Paper(
        document,
        None if seller is None else Seller.model_validate(seller.content),
        _filled(Recipient() if recipient is None else Recipient.model_validate(recipient.content), names.recipient),
        names,
        None if seller is None else seller.logo,
        None if recipient is None else recipient.logo,
        dict(dates),
    )


def naming_of(document: DocumentWithLines) -> Naming:
    """Of which things a document needs the names."""
    return Naming(
        document.number,
        document.recipient,
        frozenset(line.customer for line in document.lines),
        frozenset(line.product for line in document.lines),
        frozenset(line.subscription for line in document.lines),
    )


def _filled(letterhead: Recipient, account: Mapping[str, Any]) -> Recipient:
    """A recipient's letterhead with what its account says where it says nothing itself.

    Accounts are not checked as letterheads are: a country or number there that is none stays off the paper.
    """
    vat_id, country = account.get("vat_id"), account.get("country")
    known = {"name": account.get("name")}
    if member_state_of(vat_id) is not None:
        known |= {"vat_id": vat_id, "country": member_state_of(vat_id)}
    if country is not None and len(country_code(country)) == 2:
        known["country"] = country_code(country)
    missing = {key: value for key, value in known.items() if value is not None and getattr(letterhead, key) is None}
    return Recipient.model_validate({**letterhead.model_dump(exclude_none=True), **missing})
