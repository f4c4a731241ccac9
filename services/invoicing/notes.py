"""What a document says beside its amounts, in words: reverse charge, transaction currency, related invoices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

Shape = Mapping[str, object]


def notes_on(document: Shape) -> Iterator[str]:
    """The notes on a document in its public shape; none on a plain one."""
    taxes = _dicts(document, "taxes")
    for tax in taxes:
        if tax.get("reverse_charge"):
            yield f"reverse charge on {tax['base']}: the recipient owes the tax"
        elif len(taxes) > 1:
            yield f"tax at {tax['rate']} on {tax['base']}: {tax['amount']}"
    if "transaction" in document:
        yield _in_transaction_currency(cast(Shape, document["transaction"]))
    for relation in _dicts(document, "relates_to"):
        yield f"{relation['amount']} off {relation['document']}"
    if "balance" in document:
        yield f"{document['balance']} stays as balance: no invoice was open for it"


def _in_transaction_currency(transaction: Shape) -> str:
    if "total" not in transaction:
        return f"no amount in {transaction['currency']}: {transaction['reason']}"
    total, currency, rate = transaction["total"], transaction["currency"], transaction["rate"]
    return f"{total} {currency} at {rate}, the rate of {transaction['rate_date']}"


def _dicts(document: Shape, name: str) -> list[Shape]:
    return cast(list[Shape], document.get(name, []))
