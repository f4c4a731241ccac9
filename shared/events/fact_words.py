"""What an event says of a subscription, in words that a back office understands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from shared.billing.blocks import ItemTerms, Moment, OrderItem, PricingRule
from shared.billing.facts import (
    AutoRenewChanged,
    BillingPlanChanged,
    Body,
    CustomerStated,
    Fact,
    LicensesChanged,
    NextTermScheduled,
    OrderExecuted,
    PriceChanged,
    PricingEdited,
    ProductDefined,
    ProvisioningFailed,
    SubscriptionCanceled,
    SubscriptionConverted,
    SubscriptionImported,
    SubscriptionProvisioned,
)
from shared.billing.money import written
from shared.billing.periods import duration_of

_ENDS: Final = {
    "immediate": "Canceled at once",
    "end_of_cycle": "Canceled to the end of the running cycle",
    "end_of_term": "Canceled to the end of the running term",
}
_PLAIN: Final = {
    "SubscriptionSuspended": "Suspended",
    "SubscriptionReactivated": "Reactivated",
    "PriceProtectionActivated": "Price protection activated",
    "NextTermDiscarded": "What was scheduled for the next term is taken back",
    "OrderDeleted": "The order was deleted",
}


def words_of(fact: Fact) -> str:
    """One sentence without its full stop; the type of the event where nothing more can be said of it."""
    say = _SAYING.get(type(fact.body))
    said = _PLAIN.get(fact.type, fact.type) if say is None else say(fact.body)
    stated: Moment | None = getattr(fact.body, "effective_at", None)
    return said if stated is None or stated == fact.time else f"{said}, effective {_on(stated)}"


def _ordered(body: OrderExecuted) -> str:
    return f"Ordered with {body.order_id}: {_item(body.item, body.currency)}"


def _imported(body: SubscriptionImported) -> str:
    said = f"Taken over: {_item(body.item, body.currency)}, started {_on(body.started_at)}"
    said += f", billed by us from {body.billed_by_us_from}"
    if body.protected_until is not None:
        said += f", price protected until {body.protected_until}"
    return said


def _item(item: OrderItem, currency: str) -> str:
    product = item.product.name or item.product.id
    return f"{_seats(item.quantity)} of {product} at {_price(item.unit_price, item.terms, currency)}"


def _price(price: Decimal, terms: ItemTerms, currency: str = "") -> str:
    """A price for one licence and one term, with what is said of the term and how it is paid."""
    said = f"{written(price)} {currency}".strip() + " for one licence"
    if terms.charge == "one_time":
        return f"{said}, charged once"
    if terms.term is not None:
        said += f" and {_length(terms.term)}"
    if terms.billing_frequency is not None and terms.billing_frequency != terms.term:
        said += f", paid every {_length(terms.billing_frequency).removeprefix('1 ')}"
    if terms.pricing:
        said += f", {_pricing(terms.pricing)}"
    return said


def _licences(body: LicensesChanged) -> str:
    said = f"{_seats(body.quantity)} from now on"
    if body.billing == "none":
        said += ", billed from the next cycle"
    return f"{said} ({body.reason})" if body.reason else said


def _converted(body: SubscriptionConverted) -> str:
    seats = "" if body.quantity is None else f" with {_seats(body.quantity)}"
    product = body.product.name or body.product.id
    return f"Converted to {product}{seats} at {_price(body.unit_price, body.terms)}"


def _canceled(body: SubscriptionCanceled) -> str:
    return _ENDS[body.mode] + (", nothing of what is billed comes back" if body.billing == "none" else "")


def _renewal(body: AutoRenewChanged) -> str:
    return "Renews by itself from now on" if body.auto_renew else "Does not renew any more: it ends with its term"


def _edited(body: PricingEdited) -> str:
    parts = []
    if body.unit_price is not None:
        parts.append(f"price {written(body.unit_price)} for one licence and term")
    if body.pricing is not None:
        parts.append(_pricing(body.pricing) or "no pricing rule")
    if body.protected_price is not None:
        parts.append(f"protected price {written(body.protected_price)}")
    when = "the next term" if body.applies == "next_term" else "the running cycle"
    return f"Pricing edited from {when} on: {', '.join(parts) or 'nothing that is shown here'}"


def _plan(body: BillingPlanChanged) -> str:
    return f"Paid every {_length(body.billing_frequency).removeprefix('1 ')} from the next charge on"


def _next_term(body: NextTermScheduled) -> str:
    parts = [] if body.quantity is None else [_seats(body.quantity)]
    parts += [] if body.term is None else [f"a term of {_length(body.term)}"]
    if body.billing_frequency is not None:
        parts.append(f"paid every {_length(body.billing_frequency).removeprefix('1 ')}")
    return f"From the next term on: {', '.join(parts) or 'as before'}"


def _provisioned(body: SubscriptionProvisioned) -> str:
    there = f" as {body.vendor_subscription_id}" if body.vendor_subscription_id else ""
    return f"Set up at the vendor{there}"


def _failed(body: ProvisioningFailed) -> str:
    return "Could not be set up at the vendor" + (f": {body.reason}" if body.reason else "")


def _customer(body: CustomerStated) -> str:
    block = body.customer
    said = [f"billing day {block.billing_day}"] if block.billing_day is not None else []
    said += [f"reseller {body.reseller_id}"] if body.reseller_id is not None else []
    return f"Customer {block.name or block.id} changed{': ' if said else ''}{', '.join(said)}"


def _list_price(body: PriceChanged) -> str:
    terms = ItemTerms(term=body.term, billing_frequency=body.billing_frequency)
    return f"List price {_price(body.unit_price, terms, body.currency)} from {body.effective_from}"


def _product(body: ProductDefined) -> str:
    return f"Product {body.name or ''} defined".replace("  ", " ")


def _pricing(rules: tuple[PricingRule, ...]) -> str:
    names = {"discount": "less {}", "markup": "cost plus {}", "margin": "cost at a margin of {}"}
    return ", ".join(names[rule.rule].format(f"{(rule.rate * 100).normalize():f} %") for rule in rules)


def _seats(quantity: int) -> str:
    return "1 seat" if quantity == 1 else f"{quantity} seats"


def _length(months: int) -> str:
    """Months as people say them: 1 month, 12 months are 1 year."""
    count, unit = (months // 12, "year") if duration_of(months).endswith("Y") else (months, "month")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _on(moment: Moment) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}".rstrip() if isinstance(moment, datetime) else moment.isoformat()


# Each says what bodies of its own type say.
_SAYING: Final[Mapping[type[Body], Callable[[Any], str]]] = {
    OrderExecuted: _ordered,
    SubscriptionImported: _imported,
    LicensesChanged: _licences,
    SubscriptionConverted: _converted,
    SubscriptionCanceled: _canceled,
    AutoRenewChanged: _renewal,
    PricingEdited: _edited,
    BillingPlanChanged: _plan,
    NextTermScheduled: _next_term,
    SubscriptionProvisioned: _provisioned,
    ProvisioningFailed: _failed,
    CustomerStated: _customer,
    PriceChanged: _list_price,
    ProductDefined: _product,
}
