"""Rows as Microsoft bills them, for tests: one as it came, and whole cycles with changes of seats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from services.reconciliation.cost.cycles import cycle_days
from services.reconciliation.cost.proration import Rule, prorated, rule_a, rule_b
from services.reconciliation.cost.rows import BilledRow, parsed

SUBSCRIPTION = "284b0ff0-0e74-4f65-cb23-f8ad95867994"
Json = dict[str, Any]


def row(**changes: Any) -> Json:
    """One row, as an export has it; `changes` by the names of its columns."""
    return {
        "PartnerId": "0e195b37-4574-4539-bc42-0e539b9684c0",
        "CustomerId": "196e2273-9651-43a3-ba7e-7cbcd918fc40",
        "CustomerName": "Contoso",
        "CustomerDomainName": "contoso.onmicrosoft.com",
        "CustomerCountry": "GR",
        "InvoiceNumber": "G000000001",
        "MpnId": "6034453",
        "ResellerMpnId": 0,
        "OrderId": "6dc5c039750a",
        "OrderDate": "2021-06-18T10:00:00.1234567Z",
        "ProductId": "CFQ7TTC0LDPB",
        "SkuId": "0001",
        "AvailabilityId": "CFQ7TTC0GZQJ",
        "SkuName": "Microsoft 365 Business Standard",
        "ProductName": "Microsoft 365 Business Standard",
        "ChargeType": "new",
        "UnitPrice": "10.08",
        "Quantity": 10,
        "Subtotal": Decimal("100.80"),
        "TaxTotal": 0,
        "Total": Decimal("100.80"),
        "Currency": "EUR",
        "PriceAdjustmentDescription": '["1 month billing"]',
        "PublisherName": "Microsoft Corporation",
        "PublisherId": "",
        "SubscriptionDescription": "",
        "SubscriptionId": SUBSCRIPTION,
        "ChargeStartDate": "2021-06-18T00:00:00Z",
        "ChargeEndDate": "2021-07-17T00:00:00Z",
        "TermAndBillingCycle": "One-Year commitment for monthly/yearly billing",
        "EffectiveUnitPrice": "10.08",
        "UnitType": "",
        "AlternateId": "6dc5c039750a",
        "BillableQuantity": "10",
        "BillingFrequency": "Monthly",
        "PricingCurrency": "EUR",
        "PCToBCExchangeRate": "1",
        "PCToBCExchangeRateDate": "0001-01-01T00:00:00",
        "MeterDescription": "",
        "ReservationOrderId": "",
        "CreditReasonCode": "",
        "SubscriptionStartDate": "2021-06-18T00:00:00Z",
        "SubscriptionEndDate": "2022-06-17T00:00:00Z",
        "ReferenceId": "025d68a6-1bd6-42ab-9636-15e8d776a30e",
        "ProductQualifiers": [],
        "PromotionId": "",
    } | changes  # fmt: skip


def billed(**changes: Any) -> BilledRow:
    return parsed(row(**changes))


def one(
    quantity: int,
    unit_price: Decimal,
    start: date,
    end: date,
    *,
    whole: bool = False,
    taken_back: bool = False,
    rule: Rule = "A",
    **changes: Any,
) -> Json:
    """A row for some seats from a day to the end of a monthly cycle, cut by a rule; `taken_back`: a wipe."""
    share = prorated(unit_price, (end - start).days + 1, cycle_days(end, 1))
    unit = (-1 if taken_back else 1) * (prorated(unit_price, 1, 1) if whole else share)
    cut = rule_a if rule == "A" else rule_b
    printed = Decimal(unit.numerator) / Decimal(unit.denominator)
    return row(
        UnitPrice=str(unit_price),
        EffectiveUnitPrice=str(printed),
        Quantity=quantity,
        BillableQuantity=str(quantity),
        Subtotal=str(cut(unit, Decimal(quantity), Decimal(1), "EUR")),
        ChargeStartDate=f"{start}T00:00:00Z",
        ChargeEndDate=f"{end}T00:00:00Z",
        OrderDate=f"{start}T08:00:00Z",
        **changes,
    )


def cycle(
    unit_price: Decimal, start: date, end: date, seats: int, changes: Sequence[tuple[date, int]] = (), **common: Any
) -> list[Json]:
    """A cycle of some seats, and for each change on a day its wipe and what is recreated, as Microsoft bills it."""
    found = [one(seats, unit_price, start, end, whole=True, **common)]
    for place, (day, to) in enumerate(changes):
        kind = "addQuantity" if to > seats else "removeQuantity"
        both = common | {"ChargeType": kind, "ReferenceId": f"change-{place}"}
        found.append(one(seats, unit_price, day, end, taken_back=True, **both))
        if to:
            found.append(one(to, unit_price, day, end, **both))
        seats = to
    return found
