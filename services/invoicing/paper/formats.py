"""How numbers, amounts and days are written in a recipient's language (CLDR, by Babel)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_decimal, format_percent

from services.invoicing.paper.words import WORDS, Words
from shared.billing.money import minor_digits


class Writing:
    """Writes for one language tag ("de", "de-AT") and one currency. Made once a document: equal values are kept."""

    def __init__(self, language: str, currency: str) -> None:
        self.locale = Locale.parse(language.replace("-", "_"))
        self.words: Words = WORDS[self.locale.language]
        # Amounts of one currency stand below each other: the code stands in the totals, and no sign at each of them.
        digits = "0" * minor_digits(currency)
        self._pattern = "#,##0" + (f".{digits}" if digits else "")
        self.amount = lru_cache(maxsize=None)(self._amount)
        self.day = lru_cache(maxsize=None)(self._day)
        self.days = lru_cache(maxsize=None)(self._days)

    def _amount(self, amount: Decimal) -> str:
        return format_decimal(amount, self._pattern, locale=self.locale)

    def _day(self, day: date) -> str:
        return format_date(day, "long", locale=self.locale)

    def _days(self, first: date, last: date) -> str:
        """A span of days, both covered, as short as the language has it."""
        if first == last:
            return format_date(first, "medium", locale=self.locale)
        return str(format_interval(first, last, "yMMMd", locale=self.locale))

    def quantity(self, quantity: int) -> str:
        """A number of licences."""
        return format_decimal(quantity, locale=self.locale)

    def percent(self, rate: Decimal) -> str:
        """A tax rate: 0.24 is 24 %, 0.055 is 5.5 %."""
        return format_percent(
            rate, "#,##0.##%" if self.locale.language == "en" else "#,##0.##\xa0%", locale=self.locale
        )

    def rate(self, rate: Decimal) -> str:
        """An exchange rate, with all its digits."""
        return format_decimal(rate, "#,##0.00######", locale=self.locale)
