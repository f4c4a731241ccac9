"""Parts of an issued document, as the view read.documents has them: for the APIs and the console."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from shared.events.models.base import OPTIONAL


class Tax(BaseModel):
    """What is owed at one rate."""

    rate: Decimal
    base: Decimal
    amount: Decimal
    reverse_charge: bool | None = OPTIONAL


class Transaction(BaseModel):
    """A document's gross in the currency that its recipient pays in; without a rate the reason why it is missing."""

    currency: str
    rate: Decimal | None = OPTIONAL
    rate_date: date | None = OPTIONAL
    total: Decimal | None = OPTIONAL
    reason: str | None = OPTIONAL


class Relation(BaseModel):
    """What a credit note takes off one invoice."""

    document: str
    amount: Decimal
