"""What is asked of Microsoft Graph: what was billed on an invoice, or what is not billed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed on one invoice, with all attributes."""

    invoice: str

    @property
    def path(self) -> str:
        return "reports/partners/billing/reconciliation/billed/export"

    @property
    def body(self) -> Mapping[str, str]:
        return {"invoiceId": self.invoice, "attributeSet": "full"}

    def __str__(self) -> str:
        return f"invoice {self.invoice}"


@dataclass(frozen=True, slots=True)
class Unbilled:
    """What is not billed yet, of the running period ("current") or of the last one."""

    currency: str
    period: str = "current"

    @property
    def path(self) -> str:
        return "reports/partners/billing/reconciliation/unbilled/export"

    @property
    def body(self) -> Mapping[str, str]:
        return {"currencyCode": self.currency, "billingPeriod": self.period, "attributeSet": "full"}

    def __str__(self) -> str:
        return f"unbilled items in {self.currency}"


Wanted = Billed | Unbilled
