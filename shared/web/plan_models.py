"""The summary of an installment plan, as the APIs and previews show it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel


class PlanSummary(BaseModel):
    """The installments of the running term, as read.installment_plans has them (rule R4.8); amounts are strings."""

    billing_plan: str
    installments: int
    invoiced: int
    excluded: int
    remaining: int
    next_invoice_date: date | None
    next_invoice_amount: Decimal | None
    next_invoice_gross: Decimal | None
    extra_charge_rate: Decimal
