"""A preview, for the description of the APIs: ten licences, and fifteen from the next term on."""

from __future__ import annotations

from typing import Final

from pydantic.config import JsonDict


def _amount(net: str) -> JsonDict:
    return {"currency": "EUR", "net": net, "tax": "0.00", "gross": net}


def _billed(start: str, last: str, quantity: int) -> JsonDict:
    net = f"{quantity * 10}.00"
    line: JsonDict = {
        "line": f"sub-1/{start}/{start}", "customer": "cus-1", "subscription": "sub-1", "product": "office",
        "kind": "installment", "from": start, "to": last, "quantity": quantity, "unit_price": "10.00", "net": net,
    }  # fmt: skip
    document: JsonDict = {
        "kind": "invoice", "date": start, "recipient": "cus-1", "customer": None, **_amount(net), "lines": [line]
    }  # fmt: skip
    return {"documents": [document], "waiting": []}


def _run(start: str, last: str) -> JsonDict:
    without, then = _billed(start, last, 10), _billed(start, last, 15)
    return {"date": start, "without": without, "with": then, "difference": [_amount("50.00")]}


def _state(year: int, quantity: int) -> JsonDict:
    return {
        "status": "active", "quantity": quantity, "unit_price": "10.00", "billing_plan": "Monthly",
        "term_start": f"{year}-01-15", "term_end": f"{year + 1}-01-14", "protected_until": None,
    }  # fmt: skip


_NOTHING: Final[JsonDict] = {"documents": [], "waiting": []}
_PLAN: Final[JsonDict] = {
    "billing_plan": "Monthly", "installments": 12, "invoiced": 12, "excluded": 0, "remaining": 0,
    "next_invoice_date": "2026-01-15", "next_invoice_amount": "100.00", "next_invoice_gross": "100.00",
    "extra_charge_rate": "0",
}  # fmt: skip
_STANDING: Final[JsonDict] = {**_state(2025, 10), "plan": _PLAN}
NEXT_TERM: Final[JsonDict] = {
    "now": {"date": "2025-12-20", "without": _NOTHING, "with": _NOTHING, "difference": []},
    "next": [_run("2026-01-15", "2026-02-14"), _run("2026-02-15", "2026-03-14")],
    "difference": [_amount("100.00")],
    "effective": "2026-01-15",
    "subscriptions": [{"subscription": "sub-1", "before": _STANDING, "after": _STANDING, "later": _state(2026, 15)}],
    "rejected": [],
}
