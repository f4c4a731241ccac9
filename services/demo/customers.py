"""What happens to the resellers' customers in the year: orders, seats up and down, cancellations, imports. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from services.demo.catalogue import MICROSOFT, OFFERS, Json, Offer, vendors_id
from services.demo.days import first_day
from services.demo.names import company_names
from shared.billing.calendar import add_months

_LICENCES: Final = (1, 2, 3, 4, 5, 5, 6, 8, 8, 10, 12, 15, 20, 25, 40, 75)
_BILLING_DAYS: Final = (1, 1, 1, 1, 1, 15, 15, "last")
_QUIET: Final = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class Reseller:
    """A reseller and how many customers it has. `block` is what its orders say of it; no block: customers pay."""

    key: str
    customers: int
    currency: str
    country: str
    time_zone: str
    tax_rate: str
    block: Json | None

    @property
    def accounts(self) -> list[tuple[str, str]]:
        """Who decides for its customers whether they pay in installments, as scope and id: it, else each of them."""
        if self.block is not None:
            return [("reseller", str(self.block["id"]))]
        return [("customer", self.customer(number)) for number in range(1, self.customers + 1)]

    def customer(self, number: int) -> str:
        """The id of its customer of a number, from 1."""
        return f"cus-{self.key}-{number:03}"


RESELLERS: Final = (
    Reseller(
        "aegean", 170, "EUR", "GR", "Europe/Athens", "0.24",
        {"id": "res-aegean", "name": "Aegean Cloud", "country": "GR", "tax_rate": "0.24", "extra_charge_rate": "0.05"},
    ),
    Reseller(
        "nordlicht", 40, "EUR", "DE", "Europe/Berlin", "0.19",
        {"id": "res-nordlicht", "name": "Nordlicht", "country": "DE", "tax_rate": "0.19", "extra_charge_rate": "0.03"},
    ),
    Reseller(
        "severn", 25, "GBP", "GB", "Europe/London", "0.20",
        {"id": "res-severn", "name": "Severn Digital", "country": "GB", "tax_rate": "0.20"},
    ),
    Reseller("direct", 1, "EUR", "GR", "Europe/Athens", "0.24", None),
)  # fmt: skip


@dataclass(slots=True)
class _Subscription:
    """One subscription as its history is made up: the seats it holds on the day of its last event."""

    id: str
    customer: str
    offer: Offer
    seats: int
    since: date


class Histories:
    """Makes up the year of every customer. The same last day gives the same events."""

    def __init__(self, random: Random, last: date) -> None:
        self._random = random
        self._first, self._last = first_day(last), last
        self._raised_on = self._first + timedelta(days=182)
        self._subscriptions = 0
        self._names = iter(company_names(random, sum(reseller.customers for reseller in RESELLERS)))

    def of(self, reseller: Reseller) -> Iterator[Json]:
        """The events of one reseller's customers, customer by customer: short ones, without ids."""
        for number in range(1, reseller.customers + 1):
            customer = self._customer(reseller, number)
            for offer in self._bought():
                yield from self._history(reseller, customer, offer)
            # As a partner's portal sends it: the flag is turned on later and holds for documents made afterwards.
            if number % 60 == 0:
                flagged = {"id": customer["id"], "separate_invoices": True}
                yield self._event("CustomerChanged", self._first + timedelta(days=150), flagged)

    def _customer(self, reseller: Reseller, number: int) -> Json:
        customer: Json = {
            "id": reseller.customer(number),
            "name": next(self._names),
            "time_zone": reseller.time_zone,
            "country": reseller.country,
            "billing_day": self._random.choice(_BILLING_DAYS),
        }
        if reseller.block is None:
            customer["tax_rate"] = reseller.tax_rate
        if number % 25 == 0:
            customer["separate_invoices"] = True
        if number % 17 == 0:
            customer["partial_charges_invoicing"] = "order_day"
        return customer

    def _bought(self) -> list[Offer]:
        weights = [offer.weight for offer in OFFERS]
        found = self._random.choices(OFFERS, weights, k=self._random.choice((1, 1, 2, 2, 3)))
        return list(dict.fromkeys(found))

    def _history(self, reseller: Reseller, customer: Json, offer: Offer) -> Iterator[Json]:
        """From its order, or from the day it is taken over, to its last event."""
        self._subscriptions += 1
        # Three in five were customers when the year began; the others come during the year.
        weeks = self._random.choice((0, 0, 0, 1, 2, 3, 6, 12, 24, 40))
        day = self._first + timedelta(days=7 * weeks + self._random.randrange(7))
        sold = _Subscription(
            f"sub-{self._subscriptions:05}", str(customer["id"]), offer, self._random.choice(_LICENCES), day
        )
        item = self._item(reseller, sold, day)
        parties: Json = {"currency": reseller.currency, "customer": customer}
        if reseller.block is not None:
            parties["reseller"] = reseller.block
        if weeks and offer.has_installments and self._random.random() < 0.3:
            yield self._event("SubscriptionImported", day, {**parties, **item, **self._taken_over(day)})
        else:
            order: Json = {"order_id": f"ord-{self._subscriptions:05}", **parties, "items": [item]}
            yield self._event("OrderExecuted", day, order)
        yield from self._changes(sold)
        if self._random.random() < 0.07:
            yield self._ending(sold)

    def _item(self, reseller: Reseller, sold: _Subscription, day: date) -> Json:
        offer = sold.offer
        item: Json = {
            "item_id": "1",
            "subscription_id": sold.id,
            "product": {"id": offer.product, "name": offer.name, "vendor": offer.vendor},
            "quantity": sold.seats,
            "unit_price": offer.price(reseller.currency, raised=day >= self._raised_on),
        }
        if offer.vendor == MICROSOFT:
            item["vendor_subscription_id"] = vendors_id(sold.id)
        if self._random.random() < 0.08:
            item["pricing"] = {"rule": "discount", "rate": self._random.choice(("0.05", "0.10"))}
        return item

    def _taken_over(self, day: date) -> Json:
        """It was running for some months before; this installation bills it from the next month but one on."""
        started = day - timedelta(days=self._random.randrange(40, 200))
        return {"started_at": started.isoformat(), "billed_by_us_from": add_months(day.replace(day=1), 2).isoformat()}

    def _changes(self, sold: _Subscription) -> Iterator[Json]:
        """Seats up twice as often as down; some changes come to be known weeks after they took effect."""
        for _ in range(self._random.choice((0, 0, 1, 1, 2, 3))):
            day = sold.since + timedelta(days=self._random.randrange(12, 110))
            if day + _QUIET >= self._last:
                return
            step = self._random.choice((1, 1, 2, 3, 5))
            down = self._random.random() < 0.33 and sold.seats > step
            sold.seats, sold.since = sold.seats + (-step if down else step), day
            data: Json = {**_named(sold), "quantity": sold.seats}
            if self._random.random() < 0.06:
                data["effective_at"] = day.isoformat()
                sold.since = day + timedelta(days=self._random.randrange(5, 19))
            yield self._event("LicensesChanged", sold.since, data)

    def _ending(self, sold: _Subscription) -> Json:
        day = min(sold.since + timedelta(days=self._random.randrange(15, 120)), self._last - _QUIET)
        if self._random.random() < 0.2:
            return self._event("AutoRenewChanged", max(day, sold.since), {**_named(sold), "auto_renew": False})
        mode = self._random.choice(("immediate", "immediate", "end_of_cycle", "end_of_term"))
        return self._event("SubscriptionCanceled", max(day, sold.since), {**_named(sold), "mode": mode})

    def _event(self, kind: str, day: date, data: Json) -> Json:
        """In office hours: a later event of a subscription on the same day comes at a later minute of that day."""
        minute = self._random.randrange(60)
        hour = 7 if kind in ("OrderExecuted", "SubscriptionImported") else 8 + self._random.randrange(8)
        return {"type": kind, "time": f"{day.isoformat()}T{hour:02}:{minute:02}:00Z", "data": data}


def _named(sold: _Subscription) -> Json:
    return {"subscription_id": sold.id, "customer_id": sold.customer}
