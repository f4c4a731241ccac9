"""What is sold in the demonstration: products with a list price in each currency, and how each is billed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import uuid5

from shared.events.content import NAMESPACE

Json = dict[str, object]
MICROSOFT: Final = "microsoft"
CURRENCIES: Final = ("EUR", "GBP")
_GBP_FOR_A_EUR = Decimal("0.86")
_CENT = Decimal("0.01")


def vendors_id(subscription: str) -> str:
    """What the vendor calls a subscription of the demonstration."""
    return str(uuid5(NAMESPACE, f"demonstration {subscription}"))


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A product on one set of terms. `unit_price` in EUR for one licence and one term; `weight`: how often it is sold.

    `raised_to` is its list price from the middle of the year on, where there is one. `at_once` is what the term costs
    who pays it in one, where it is sold in installments. `plans` are the billing plans that an order here may choose.
    """

    product: str
    name: str
    vendor: str
    unit_price: str
    term: str
    frequency: str
    weight: int
    raised_to: str | None = None
    at_once: str | None = None
    plans: tuple[str, ...] = ()
    terms: Json = field(default_factory=dict)

    @property
    def has_installments(self) -> bool:
        return self.term != self.frequency

    def price(self, currency: str, *, raised: bool = False) -> str:
        """The list price in a currency, before or after it was raised."""
        amount = self.raised_to if raised and self.raised_to is not None else self.unit_price
        return _in(currency, amount)

    def defined(self) -> Json:
        """The data of its ProductDefined."""
        listed = {self.frequency: self.unit_price} | ({} if self.at_once is None else {self.term: self.at_once})
        prices = [
            {
                "currency": currency,
                "term": self.term,
                "billing_frequency": frequency,
                "unit_price": _in(currency, amount),
            }
            for currency in CURRENCIES
            for frequency, amount in listed.items()
        ]
        sold: Json = {"prices": prices} | ({"billing_plans": list(self.plans)} if self.plans else {})
        return {"id": self.product, "name": self.name, "vendor": self.vendor, **self._terms(), **sold}

    def raises(self, effective_from: str) -> list[Json]:
        """The data of the PriceChanged events that raise it."""
        if self.raised_to is None:
            return []
        return [
            {
                "product_id": self.product,
                "currency": currency,
                # Of a month: without it a year would cost as little.
                "term": self.term,
                "billing_frequency": self.frequency,
                "unit_price": self.price(currency, raised=True),
                "effective_from": effective_from,
            }
            for currency in CURRENCIES
        ]

    def _terms(self) -> Json:
        return {"term": self.term, "billing_frequency": self.frequency, **self.terms}


def _in(currency: str, amount: str) -> str:
    """An amount of EUR in a currency, at the rate that the price lists were made with."""
    return amount if currency == "EUR" else str((Decimal(amount) * _GBP_FOR_A_EUR).quantize(_CENT))


OFFERS: Final = (
    Offer(
        "exchange-online-1", "Exchange Online (Plan 1)", "microsoft", "3.70", "P1M", "P1M", 14, raised_to="4.00",
        terms={"free_period": True},
    ),
    Offer(
        "m365-apps-business", "Microsoft 365 Apps for business", "microsoft", "9.80", "P1M", "P1M", 12,
        raised_to="10.60", terms={"free_period": True, "price_protection_months": 12},
    ),
    Offer(
        "m365-business-basic", "Microsoft 365 Business Basic", "microsoft", "67.20", "P1Y", "P1M", 16,
        at_once="64.00", plans=("P1M",),
    ),
    Offer(
        "m365-business-standard", "Microsoft 365 Business Standard", "microsoft", "140.40", "P1Y", "P1M", 18,
        at_once="133.70", plans=("P1M", "P3M"),
    ),
    Offer(
        "m365-business-premium", "Microsoft 365 Business Premium", "microsoft", "247.20", "P1Y", "P1M", 9,
        at_once="235.40", plans=("P1M", "P3M"),
    ),
    Offer(
        "m365-e3", "Microsoft 365 E3", "microsoft", "432.00", "P1Y", "P1Y", 4, plans=("P1M",),
        terms={"anchor": "order_day"},
    ),
    Offer(
        "visio-plan-2", "Visio Plan 2", "microsoft", "168.00", "P1Y", "P3M", 3, at_once="160.00", plans=("P3M",)
    ),
    Offer("panda-ad360", "Panda Adaptive Defense 360", "panda", "4.90", "P1M", "P1M", 14, raised_to="5.30"),
    Offer(
        "panda-epp", "Panda Endpoint Protection Plus", "panda", "31.00", "P1Y", "P1Y", 6,
        terms={"decrease_credit": "none"},
    ),
    Offer(
        "panda-patch", "Panda Patch Management", "panda", "1.35", "P1M", "P1M", 6,
        terms={"usage_charge_rule": "full_period"},
    ),
    Offer(
        "watchguard-authpoint", "WatchGuard AuthPoint", "watchguard", "2.15", "P1M", "P1M", 5,
        terms={"charge": "arrears"},
    ),
)  # fmt: skip
