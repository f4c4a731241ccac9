"""What also arrives in real life: events that the rules refuse, each for another reason. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from services.demo.catalogue import Json, vendors_id
from services.demo.days import first_day

_CUSTOMER: Final = "cus-mishaps"
_LATE: Final = "sub-mishap-1"
_RESELLER: Final[Json] = {"id": "res-aegean"}
_YEARLY: Final[Json] = {
    "product": {"id": "m365-business-standard", "vendor": "microsoft"}, "unit_price": "140.40", "quantity": 6,
    "term": "P1Y", "billing_frequency": "P1M",
}  # fmt: skip
_MONTHLY: Final[Json] = {"product": {"id": "panda-ad360", "vendor": "panda"}, "unit_price": "4.90", "quantity": 10}


def mishaps(last: date) -> list[Json]:
    """Short events in the order in which they happened."""
    first = first_day(last)

    def event(kind: str, days: int, **data: object) -> Json:
        return {"type": kind, "time": f"{first + timedelta(days=days)}T09:00:00Z", "data": data}

    def order(number: int, days: int, item: Json) -> Json:
        customer: Json = {"id": _CUSTOMER, "name": "Murphy & Daughters", "time_zone": "Europe/Athens", "billing_day": 1}
        return event(
            "OrderExecuted", days, order_id=f"ord-mishap-{number}", currency="EUR", reseller=_RESELLER,
            customer=customer, items=[item],
        )  # fmt: skip

    def seats(subscription: str, days: int, quantity: int, **more: object) -> Json:
        return event(
            "LicensesChanged", days, subscription_id=subscription, customer_id=_CUSTOMER, quantity=quantity, **more
        )

    canceled = event(
        "SubscriptionCanceled", 90, subscription_id="sub-mishap-2", customer_id=_CUSTOMER, mode="immediate"
    )
    return [
        order(1, 10, {"subscription_id": _LATE, "vendor_subscription_id": vendors_id(_LATE), **_YEARLY}),
        order(2, 10, {"subscription_id": "sub-mishap-2", **_MONTHLY}),
        # The same subscription sold a second time.
        order(3, 12, {"subscription_id": "sub-mishap-2", **_MONTHLY}),
        # Free months are for monthly products only, so this item does not become a subscription.
        order(4, 15, {"subscription_id": "sub-mishap-3", **_YEARLY, "free_period": True}),
        seats("sub-mishap-2", 40, 0),
        seats("sub-mishap-2", 45, 12, effective_at=str(first)),
        seats(_LATE, 60, 9, effective_at=str(first + timedelta(days=120))),
        canceled,
        seats("sub-mishap-2", 100, 11),
    ]
