"""Two resellers and a customer of nobody's, with all that the APIs show of each: from orders to what a vendor has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from services.invoicing.paper import letterhead_store
from services.invoicing.paper.letterheads import Recipient, Seller
from services.invoicing.projection import SPEC as INVOICING
from services.orders.projection import SPEC as ORDERS
from services.reconciliation.comparing import compare_now
from services.reconciliation.delay import Policy
from services.reconciliation.projection import SPEC as RECONCILIATION
from services.reconciliation.sweeping import sweep
from services.reconciliation.tasks import Task, ask
from services.reconciliation.vendors.connector import Entitlement
from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.vendors import VendorInMemory

Json = dict[str, Any]
PRODUCT: Final = "office"
VENDOR: Final = "microsoft"
COST: Final = "6.2345"
RUNS: Final = [date(2019, month, 1) for month in (2, 3, 4)]
_BALANCE = """
INSERT INTO invoicing_g1.document (number, kind, date, recipient, currency, net, tax, gross, taxes, balance)
VALUES (%s, 'credit_note', '2019-04-02', %s, 'EUR', 5, 0, 5, '[]', 5) RETURNING 1
"""
_DESTINATION = """
INSERT INTO invoicing.delivery_destination (destination, recipient, channel, address, created_by)
VALUES (%s, %s, 'email', %s, 'test')
"""
_DELIVERY = """
INSERT INTO invoicing.delivery (delivery, document, recipient, destination, channel, address, state, asked_at, tries,
    first_try_at, answer, ended_at)
VALUES (%s, %s, %s, %s, 'email', %s, 'failed', now(), 1, now(), '550 no such user', now())
"""
_NUMBERS = "SELECT number, recipient FROM read.documents ORDER BY date, number"


@dataclass(frozen=True)
class Belongings:
    """What is one customer's, and its reseller's. `documents` are those that their payer gets."""

    reseller: str | None
    customer: str
    order: str
    subscriptions: tuple[str, ...]
    documents: tuple[str, ...] = ()

    @property
    def subscription(self) -> str:
        return self.subscriptions[0]

    @property
    def document(self) -> str:
        return self.documents[0]

    @property
    def payer(self) -> str:
        return self.reseller or self.customer

    @property
    def task(self) -> UUID:
        """Of what the vendor is to do about the first subscription."""
        return uuid5(NAMESPACE_URL, self.subscription)

    @property
    def destination(self) -> UUID:
        """Where their payer has documents delivered."""
        return uuid5(NAMESPACE_URL, f"to {self.payer}")

    @property
    def delivery(self) -> UUID:
        """Of a document of their payer's, which was refused."""
        return uuid5(NAMESPACE_URL, f"{self.document} to {self.payer}")

    @property
    def at_the_vendor(self) -> tuple[str, str]:
        """The vendor's ids of the first two; the second of these two customers is linked to the same one."""
        is_linked_twice = self.customer in ("cus-north-1", "cus-south")
        return f"v-{self.customer}", "v-of-two" if is_linked_twice else f"w-{self.customer}"

    def names(self) -> set[str]:
        """Every id that is theirs alone."""
        return {self.customer, self.order, *self.subscriptions}


def _of(customer: str, reseller: str | None) -> Belongings:
    return Belongings(reseller, f"cus-{customer}", f"ord-{customer}", tuple(f"sub-{customer}-{n}" for n in (1, 2, 3)))


EVERYBODY: Final = (_of("north-1", "res-north"), _of("north-2", "res-north"), _of("south", "res-south"),
                    _of("direct", None))  # fmt: skip


def _events(one: Belongings) -> Iterator[Event]:
    def event(name: str, time: str, data: Json) -> Event:
        return {"id": f"{one.customer}-{name}-{time}", "source": "urn:test", "type": name, "time": time, "data": data}

    first, second, third = one.subscriptions
    items: list[Json] = [
        {"subscription_id": first, "quantity": 9, "unit_price": "10.00", "unit_cost": COST,
         "pricing": {"rule": "markup", "rate": "0.10"}, "vendor_subscription_id": one.at_the_vendor[0]},
        {"subscription_id": second, "quantity": 2, "unit_price": "120.00", "term": "P1Y", "billing_frequency": "P1M",
         "unit_cost": COST, "pricing": {"rule": "discount", "rate": "0.10"},
         "vendor_subscription_id": one.at_the_vendor[1]},
        {"subscription_id": third, "quantity": 1, "unit_price": "10.00"},
    ]  # fmt: skip
    order: Json = {"order_id": one.order, "currency": "EUR", "customer": {"id": one.customer, "name": "Contoso"}}
    if one.reseller is not None:
        order["reseller"] = {"id": one.reseller, "name": "Cloud"}
    setting = {"scope": "customer", "scope_id": one.customer, "key": "separate_invoices", "value": False}
    yield event("SettingChanged", "2019-01-01", setting | {"effective_from": "2019-01-01"})
    product = {"id": PRODUCT, "vendor": VENDOR}
    yield event("OrderExecuted", "2019-01-10", order | {"items": [{**i, "product": product} for i in items]})
    ids = {"customer_id": one.customer}
    yield event("LicensesChanged", "2019-02-10", {**ids, "subscription_id": first, "quantity": 4})
    yield event("SubscriptionCanceled", "2019-02-01", {**ids, "subscription_id": third, "mode": "end_of_cycle"})
    # Refused: it has ended.
    yield event("LicensesChanged", "2019-06-10", {**ids, "subscription_id": third, "quantity": 4})


def _of_all() -> Iterator[Event]:
    price = {"currency": "EUR", "term": "P1M", "billing_frequency": "P1M", "unit_price": "10.00", "unit_cost": COST}
    product = {"id": PRODUCT, "name": "Office", "prices": [price]}
    setting = {"scope": "organisation", "key": "no_such_setting", "value": "1", "effective_from": "2019-01-01"}
    for name, data in (("ProductDefined", product), ("SettingChanged", setting)):
        yield {"id": name, "source": "urn:test", "type": name, "time": "2019-01-01T00:00:00Z", "data": data}


def _held(one: Belongings) -> list[Entitlement]:
    """More seats than are billed, the second one just so, and one that nobody here knows."""
    first, second = one.at_the_vendor
    seats = {first: 5, second: 2, f"x-{one.customer}": 1}
    return [Entitlement(name, "office:1", count, "active", "active", name="Office") for name, count in seats.items()]


async def _reconciled(system: BillingSystem) -> None:
    """Swept and compared, with a task of everybody's that failed."""
    vendor = VendorInMemory(VENDOR, held={f"acc-of-{one.customer}": _held(one) for one in EVERYBODY})
    await sweep(system.dsn, vendor, "test")
    await system.settled()
    await compare_now(system.dsn, system.broker, VENDOR, Policy())
    await system.settled()
    async with await connect(system.dsn) as connection:
        for one in EVERYBODY:
            first, _ = one.at_the_vendor
            task = Task(
                one.task, "change_quantity", VENDOR, f"acc-of-{one.customer}", None, one.subscription, first,
                {"quantity": 4}, None, "test", datetime.now(UTC), "failed", 1, datetime.now(UTC), "its window is over",
            )  # fmt: skip
            await ask(connection, task)


async def _on_paper(dsn: str) -> None:
    """A letterhead of the organisation and one of every payer, so that there is XML of their documents too."""
    first = date(2019, 1, 1)
    seller = Seller(name="Distributor", country="DE", vat_id="DE123456789", payment_days=14)
    async with await connect(dsn) as connection:
        await letterhead_store.keep(connection, "organisation", "", first, seller, None, "test")
        for payer in sorted({one.payer for one in EVERYBODY}):
            content = Recipient(name=f"Name of {payer}", country="DE")
            await letterhead_store.keep(connection, "recipient", payer, first, content, None, "test")


async def make_world(dsn: str, broker: str) -> list[Belongings]:
    """Events in, three invoice runs, a balance for every payer, a vendor reconciled; what belongs to whom then."""
    async with billing_system(dsn, broker, specs=(ORDERS, SUBSCRIPTIONS, INVOICING, RECONCILIATION)) as system:
        await system.emit([*_of_all(), *(event for one in EVERYBODY for event in _events(one))])
        await system.settled()
        for day in RUNS:
            await system.run(day)
        await system.settled()
        for payer in {one.payer for one in EVERYBODY}:
            await system.query(_BALANCE, f"C-{payer}", payer)
        await _on_paper(system.dsn)
        documents = await system.query(_NUMBERS)
        await _reconciled(system)
    everybody = [
        Belongings(one.reseller, one.customer, one.order, one.subscriptions,
                   tuple(number for number, recipient in documents if recipient == one.payer))
        for one in EVERYBODY
    ]  # fmt: skip
    await _delivered(dsn, everybody)
    return everybody


async def _delivered(dsn: str, everybody: list[Belongings]) -> None:
    """A document of every payer's on its way to an address of its own; everybody's go to the organisation too."""
    async with await connect(dsn) as connection:
        await connection.execute(_DESTINATION, [uuid5(NAMESPACE_URL, "to us"), None, "us@example.com"])
        for one in {one.payer: one for one in everybody}.values():
            address = f"accounts@{one.payer}.example"
            await connection.execute(_DESTINATION, [one.destination, one.payer, address])
            await connection.execute(_DELIVERY, [one.delivery, one.document, one.payer, one.destination, address])
