"""Transaction currency: what a document comes to in the currency that its recipient pays in (rule R6.8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date

from shared.billing.documents import Document, Transaction
from shared.billing.facts import ExchangeRateSet, Fact
from shared.billing.moments import civil_date, known_key
from shared.billing.money import EXACT, round_money


@dataclass(frozen=True, slots=True)
class _Rate:
    """A rate as it was set; `order` puts the rates of a pair in order, the one that counts last."""

    order: tuple[date, tuple[object, ...]]
    known: date
    body: ExchangeRateSet


class ExchangeRates:
    """The rates that were set for each pair of currencies.

    They belong to the organisation and to no customer, so the day on which one became known is its day in UTC.
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._rates: dict[tuple[str, str], list[_Rate]] = {}
        for fact in facts:
            body = fact.body
            if isinstance(body, ExchangeRateSet):
                rate = _Rate((body.date, known_key(fact, UTC)), civil_date(fact.time, UTC), body)
                self._rates.setdefault((body.base, body.quote), []).append(rate)
        for rates in self._rates.values():
            rates.sort(key=lambda rate: rate.order, reverse=True)

    def on(self, base: str, quote: str, day: date) -> ExchangeRateSet | None:
        """The latest rate dated on a day or before, of those known by its end (rule R6.8; which one: derived).

        Of two for one date the one that became known last. Neither the inverse pair nor a third currency stands in:
        a rate that nobody set does not go on a document.
        """
        rates = self._rates.get((base, quote), ())
        return next((rate.body for rate in rates if rate.body.date <= day and rate.known <= day), None)


def exchanged(document: Document, rates: ExchangeRates) -> Document:
    """The document with ROUND2(total x rate) in its recipient's currency (rule R6.8; IW/4663843).

    Amounts stay in the base currency and the rate is kept. Without a rate the document is issued all the same, and
    says that the amount is missing and why.
    """
    quote = document.transaction_currency
    if quote is None or quote == document.currency:
        return document
    found = rates.on(document.currency, quote, document.day)
    if found is None:
        reason = f"no exchange rate from {document.currency} to {quote} dated {document.day} or before was known"
        return replace(document, transaction=Transaction(quote, reason=reason))
    total = round_money(EXACT.multiply(document.gross, found.rate), quote)
    return replace(document, transaction=Transaction(quote, found.rate, found.date, total))
