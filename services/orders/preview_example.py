"""A preview of the order in the examples, for the description of the API: five licences in twelve installments."""

from __future__ import annotations

from typing import Final

from pydantic.config import JsonDict


def _amounts(net: str, tax: str, gross: str) -> JsonDict:
    return {"currency": "EUR", "net": net, "tax": tax, "gross": gross}


_NOTHING: Final[JsonDict] = {"documents": [], "waiting": []}
_MONTH: Final = _amounts("50.00", "12.00", "62.00")


def _run(start: str, last: str) -> JsonDict:
    line: JsonDict = {
        "line": f"ord-1-1/{start}/{start}", "customer": "cus-1", "subscription": "ord-1-1",
        "product": "o365-business", "kind": "installment", "from": start, "to": last, "quantity": 5,
        "unit_price": "10.00", "net": "50.00",
    }  # fmt: skip
    document: JsonDict = {
        "kind": "invoice", "date": start, "recipient": "res-1", "customer": None, **_MONTH, "lines": [line]
    }  # fmt: skip
    return {
        "date": start, "without": _NOTHING, "with": {"documents": [document], "waiting": []}, "difference": [_MONTH]
    }  # fmt: skip


PREVIEW: Final[JsonDict] = {
    "now": _run("2026-01-15", "2026-02-14"),
    "next": [_run("2026-02-15", "2026-03-14"), _run("2026-03-15", "2026-04-14")],
    "difference": [_amounts("150.00", "36.00", "186.00")],
    "effective": "2026-01-15",
    "subscriptions": [
        {
            "subscription": "ord-1-1",
            "before": None,
            "after": {
                "status": "active", "quantity": 5, "unit_price": "10.00", "billing_plan": "Monthly",
                "term_start": "2026-01-15", "term_end": "2027-01-14", "protected_until": None,
                "plan": {
                    "billing_plan": "Monthly", "installments": 12, "invoiced": 1, "excluded": 0, "remaining": 11,
                    "next_invoice_date": "2026-02-15", "next_invoice_amount": "50.00", "next_invoice_gross": "62.00",
                    "extra_charge_rate": "0",
                },
            },
            "later": None,
        }
    ],
    "rejected": [],
}  # fmt: skip
