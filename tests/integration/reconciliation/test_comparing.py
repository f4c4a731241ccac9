"""What the running system issued beside what Microsoft billed: seats that change, credits, costs that are not known."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection

from services.reconciliation.cost.comparing import CostReport, Links, Scope, compare_costs, known_links
from services.reconciliation.cost.imports import cancel_invoice, import_csv
from services.reconciliation.cost.matching import NOBODYS, VendorLink
from services.reconciliation.cost.verdicts import CostComparison, Period
from shared.errors import UserError
from shared.store.pool import connect
from tests.infrastructure.billing_system import BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.reconciliation.costs import portal_file
from tests.unit.reconciliation.cost.bill import Json, cycle

pytestmark = [pytest.mark.database, pytest.mark.broker]

START, CHANGED, END = date(2021, 6, 18), date(2021, 6, 20), date(2021, 7, 17)
CYCLE = Period(START, END)
COST = Decimal("10.08")


def linked(*subscriptions: str) -> Links:
    """Our subscriptions, each under its own name in capitals at the vendor."""

    async def links(connection: AsyncConnection) -> Iterable[VendorLink]:
        return [VendorLink(name, name.upper()) for name in subscriptions]

    return links


def ordered(subscription: str, **item: Any) -> Event:
    given: Json = {
        "subscription_id": subscription, "quantity": 10, "unit_price": "12.00", "unit_cost": str(COST), "nce": True,
        "product": {"id": "business", "vendor": "Microsoft"},
    } | item  # fmt: skip
    data = {"order_id": f"ord-{subscription}", "currency": "EUR", "customer": {"id": "cus-1"},
            "items": [{name: value for name, value in given.items() if value is not None}]}  # fmt: skip
    return {"id": f"order-{subscription}", "source": "urn:test", "type": "OrderExecuted",
            "time": "2021-06-18T09:00:00Z", "data": data}  # fmt: skip


def seats(subscription: str, quantity: int, time: str) -> Event:
    data = {"subscription_id": subscription, "customer_id": "cus-1", "quantity": quantity}
    return {"id": f"{subscription}-{quantity}", "source": "urn:test", "type": "LicensesChanged", "time": time,
            "data": data}  # fmt: skip


def bill(subscription: str, *changes: tuple[date, int], price: Decimal = COST, **common: Any) -> list[Json]:
    return cycle(price, START, END, 10, changes, SubscriptionId=subscription, **common)


async def issued(system: BillingSystem, events: list[Event]) -> None:
    await system.emit(events)
    await system.settled()
    for day in (START, CHANGED, date(2021, 6, 21)):
        await system.run(day)
    await system.settled()


def of(report: CostReport, subscription: str) -> CostComparison:
    (found,) = [one for one in report.comparisons if one.subscription == subscription]
    return found


def test_each_verdict_comes_out_where_it_is_due(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    """Given seats that come and go (EX-13), a price that differs, one that is not known, and sides that are missing."""
    names = ["same", "dearer", "unknown", "here", "there", "panda"]

    async def scenario() -> tuple[CostReport, CostReport]:
        async with billing_system(database, empty_broker.address) as system:
            await issued(system, [
                ordered("same"), seats("same", 12, "2021-06-20T09:00:00Z"), seats("same", 8, "2021-06-20T15:00:00Z"),
                ordered("dearer"), ordered("unknown", unit_cost=None), ordered("here"),
                ordered("panda", product={"id": "epdr", "vendor": "panda"}),
            ])  # fmt: skip
            rows = [
                *bill("SAME", (CHANGED, 12), (CHANGED, 8)), *bill("dearer", price=COST + Decimal("0.10")),
                *bill("unknown"), *bill("there"), *bill("nobodys"),
            ]  # fmt: skip
            await import_csv(database, portal_file(tmp_path / "June.csv", rows), "ada")
            before = await compare_costs(database, CYCLE, linked(*names))
            await cancel_invoice(database, "G000000001", "ada", "voided")
            return before, await compare_costs(database, CYCLE, linked(*names))

    report, without = asyncio.run(scenario())

    assert {one.subscription: one.verdict for one in report.comparisons} == {
        "same": "match", "dearer": "discrepancy", "unknown": "cost_unknown", "here": "missing_at_vendor",
        "there": "missing_here",
    }  # fmt: skip
    # 100.80 + 112.89 - 94.08 + 75.26 - 112.89; ours gives 2 of 10 seats back for 666 of 720 hours: 100.80 - 18.65.
    same = of(report, "same")
    assert (same.theirs, same.difference) == (Decimal("81.98"), Decimal("-0.17"))
    assert [len(one.rows) for one in same.transactions] == [1, 2, 2]
    assert (same.sell, same.margin, same.margin_by_vendor) == (
        Decimal("97.80"), Decimal("15.65"), Decimal("15.82"),
    )  # fmt: skip
    assert (of(report, "dearer").difference, of(report, "dearer").margin) == (Decimal("1.00"), Decimal("19.20"))
    assert [(one.rows[0].subscription_id, one.reason) for one in report.unmatched] == [("nobodys", NOBODYS)]
    assert report.of("discrepancy") == (of(report, "dearer"),)
    # Without the invoice nothing is there to compare with.
    assert {one.verdict for one in without.comparisons} == {"missing_at_vendor"}


def test_a_part_of_a_cycle_is_compared_by_its_days(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    async def scenario() -> CostReport:
        async with billing_system(database, empty_broker.address) as system:
            await issued(system, [ordered("sub-1")])
            await import_csv(database, portal_file(tmp_path / "June.csv", bill("sub-1")), "ada")
            return await compare_costs(database, Period(date(2021, 6, 1), date(2021, 6, 30)), linked("sub-1"))

    (found,) = asyncio.run(scenario()).comparisons
    assert (found.verdict, found.ours, found.theirs, found.sell) == (
        "match", Decimal("43.68"), Decimal("43.68"), Decimal("52.00"),
    )  # fmt: skip


def test_subscriptions_go_by_the_ids_that_we_have_of_the_vendor(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    """Given an id with the order, and one that came when it was provisioned; then their rows are found by it."""
    provisioned = {"subscription_id": "sub-2", "customer_id": "cus-1", "vendor_subscription_id": "MS-2"}

    async def scenario() -> tuple[CostReport, CostReport, CostReport]:
        async with billing_system(database, empty_broker.address) as system:
            await issued(system, [
                ordered("sub-1", vendor_subscription_id="Ms-1"), ordered("sub-2"), ordered("sub-3"),
                {"id": "provisioned", "source": "urn:test", "type": "SubscriptionProvisioned",
                 "time": "2021-06-18T10:00:00Z", "data": provisioned},
            ])  # fmt: skip
            rows = [row for name in ("mS-1", "ms-2", "ms-3") for row in bill(name)]
            await import_csv(database, portal_file(tmp_path / "June.csv", rows), "ada")
            with pytest.raises(UserError, match="no microsoft subscription 'sub-1' of customer 'cus-2' here"):
                await compare_costs(database, CYCLE, scope=Scope("cus-2", "sub-1"))
            return (
                await compare_costs(database, CYCLE),
                await compare_costs(database, CYCLE, scope=Scope(subscription="MS-1")),
                await compare_costs(database, CYCLE, scope=Scope(customer="cus-1")),
            )

    report, one_of_them, of_customer = asyncio.run(scenario())

    assert ([one.subscription for one in one_of_them.comparisons], one_of_them.unmatched) == (["sub-1"], ())
    assert (of_customer.comparisons, of_customer.unmatched) == (report.comparisons, ())
    assert {one.subscription: one.verdict for one in report.comparisons} == {
        "sub-1": "match", "sub-2": "match", "sub-3": "missing_at_vendor",
    }  # fmt: skip
    assert [one.rows[0].subscription_id for one in report.unmatched] == ["ms-3"]


def test_ids_of_before_the_vendor_moved_a_subscription_are_known(prepared: str) -> None:
    """Given a subscription that Microsoft moved to another id; then rows of either are its own."""

    async def scenario() -> list[VendorLink]:
        async with await connect(prepared) as connection:
            await connection.execute(
                "INSERT INTO subscriptions_g1.subscription (subscription, status, quantity, unit_price, billing_plan, "
                "term_start, term_end, customer, product, vendor, currency, auto_renew, vendor_subscription, is_trial, "
                "told_until) SELECT name, 'active', 1, 1, '-', '2026-10-01', '2027-09-30', 'cus-1', 'office', "
                "'Microsoft', 'EUR', true, upper(name), false, '2026-10-01' FROM unnest('{moved,stayed}'::text[]) name"
            )
            await connection.execute(
                "INSERT INTO reconciliation_g1.vendor_subscription (account_key, vendor, account, vendor_subscription, "
                "product_key, quantity, status, raw_status, migrated_from) "
                "VALUES ('k', 'microsoft', 'a', 'moved', 'p:s', 1, 'active', 'active', 'former')"
            )
            return await known_links(connection, "microsoft")

    found = {link.subscription: link for link in asyncio.run(scenario())}

    assert found == {
        "moved": VendorLink("moved", "MOVED", former_ids=("former",)), "stayed": VendorLink("stayed", "STAYED"),
    }  # fmt: skip


def test_lines_of_before_costs_were_kept_have_an_unknown_cost(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    """Given a line as an earlier release issued it, without its cost; then nobody takes it for free."""

    async def scenario() -> CostReport:
        async with billing_system(database, empty_broker.address) as system:
            await issued(system, [ordered("sub-1")])
            await system.query("UPDATE invoicing_g1.document_line SET why = why #- '{price,unit_cost}' RETURNING line")
            await import_csv(database, portal_file(tmp_path / "June.csv", bill("sub-1")), "ada")
            return await compare_costs(database, CYCLE, linked("sub-1"))

    (found,) = asyncio.run(scenario()).comparisons
    assert (found.verdict, found.ours, found.difference) == ("cost_unknown", None, None)


def test_installments_and_credits_cost_what_they_are_of_a_term(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    """Given a year paid by the month, 120.96 a seat; when 3 of 10 go in the window; then the rest is given back."""

    async def scenario() -> CostReport:
        year = {"term": "P1Y", "billing_frequency": "P1M", "unit_price": "144.00", "unit_cost": "120.96"}
        async with billing_system(database, empty_broker.address) as system:
            await issued(system, [ordered("sub-1", **year), seats("sub-1", 7, "2021-06-20T09:00:00Z")])
            rows = bill("sub-1", (CHANGED, 7))
            await import_csv(database, portal_file(tmp_path / "June.csv", rows), "ada")
            return await compare_costs(database, CYCLE, linked("sub-1"))

    (found,) = asyncio.run(scenario()).comparisons
    # 100.80 - 94.08 + 65.85; ours gives 3 seats back for 672 of 720 hours.
    assert (found.verdict, found.ours, found.theirs) == ("match", Decimal("72.58"), Decimal("72.57"))
    assert len(found.lines) == 2
