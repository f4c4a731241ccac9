"""From events to facts: what one event says about each of the things it names, in the shapes of `billing.facts`.

Names are the same on both sides, so a body is mirrored from its model field by field; what the event leaves out
takes the body's default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar, cast

from shared.billing import blocks
from shared.billing import facts as billing
from shared.billing.blocks import Scope
from shared.billing.facts import Body, Fact
from shared.events.envelope import CloudEvent
from shared.events.models import catalog, orders, subscriptions
from shared.events.models.base import EventModel
from shared.events.models.blocks import OrderItem, Reseller

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# The types that sell: each says something of its customer and of its reseller beside what it sells.
SELLING: Final = frozenset({"OrderExecuted", "SubscriptionImported"})

_B = TypeVar("_B")
_Said = tuple[Scope, str, Body]


def facts_of(event: CloudEvent, model: EventModel) -> tuple[Fact, ...]:
    """One fact per thing the event speaks of; none where billing folds nothing of it (InvoiceIssued, OrderPlaced …).

    An executed or imported item gives the fact of its subscription, one of its customer and, where the reseller's
    block says more than its id, one of the reseller.
    """
    saying = _SAYINGS.get(event.type)
    return () if saying is None else _facts(event, saying(model))


def facts_of_accounts(event: CloudEvent, model: EventModel) -> tuple[Fact, ...]:
    """Of `facts_of` those about the customer and the reseller of an executed order or an import; none of any other."""
    if event.type not in SELLING:
        return ()
    assert isinstance(model, orders.OrderExecuted | subscriptions.SubscriptionImported)
    reseller = None if model.reseller is None else _reseller(model.reseller)
    return _facts(event, _accounts(_customer(model.customer), reseller))


def _facts(event: CloudEvent, said: Iterable[_Said]) -> tuple[Fact, ...]:
    sequence = event.sequence or 0
    return tuple(
        Fact(event.source, event.id, event.type, event.time, scope, scope_id, body, sequence)
        for scope, scope_id, body in said
    )


def _mirror(body: type[_B], **nested: Callable[[object], object]) -> Callable[[object], _B]:
    """How to make a body, or a part of one, from the model that has its fields; `nested` converts single fields.

    The terms of an item stand in the event beside its other fields, in the body in a part of their own.
    """
    names = [field.name for field in fields(cast("type[DataclassInstance]", body))]
    has_terms = "terms" in names
    names = [name for name in names if name != "terms"]
    if not names:
        return lambda model: body()
    read = attrgetter(*names) if len(names) > 1 else _as_tuple(attrgetter(*names))

    def make(model: object) -> _B:
        given = {name: value for name, value in zip(names, read(model), strict=True) if value is not None}
        for name, convert in nested.items():
            if name in given:
                given[name] = convert(given[name])
        if has_terms:
            given["terms"] = _terms(model)
        return body(**given)

    return make


def _as_tuple(read: Callable[[object], object]) -> Callable[[object], tuple[object]]:
    return lambda model: (read(model),)


def _each(convert: Callable[[object], object]) -> Callable[[object], object]:
    return lambda values: tuple(map(convert, cast("tuple[object, ...]", values)))


_pricing = _each(_mirror(blocks.PricingRule))
_terms = _mirror(blocks.ItemTerms, pricing=_pricing)
_product = _mirror(blocks.ProductRef)
_customer = _mirror(blocks.CustomerBlock)
_reseller = _mirror(blocks.ResellerBlock)
_item = _mirror(blocks.OrderItem, product=_product)


_beside_id = attrgetter(*(field.name for field in fields(blocks.ResellerBlock) if field.name != "id"))


def _accounts(customer: blocks.CustomerBlock, reseller: blocks.ResellerBlock | None) -> tuple[_Said, ...]:
    """What an order says of its customer and reseller beside the subscription."""
    stated = billing.CustomerStated(customer, reseller_id=None if reseller is None else reseller.id)
    if reseller is None or not any(value is not None for value in _beside_id(reseller)):  # only named
        return (("customer", customer.id, stated),)
    return ("customer", customer.id, stated), ("reseller", reseller.id, billing.ResellerStated(reseller))


def _order_executed(model: EventModel) -> tuple[_Said, ...]:
    assert isinstance(model, orders.OrderExecuted)
    customer = _customer(model.customer)
    reseller = None if model.reseller is None else _reseller(model.reseller)

    def of_item(item: OrderItem) -> _Said:
        body = billing.OrderExecuted(
            model.order_id, model.currency, customer, _item(item), reseller, model.effective_at
        )
        return "subscription", item.subscription_id, body

    return (*map(of_item, model.items), *_accounts(customer, reseller))


def _subscription_imported(model: EventModel) -> tuple[_Said, ...]:
    assert isinstance(model, subscriptions.SubscriptionImported)
    customer = _customer(model.customer)
    reseller = None if model.reseller is None else _reseller(model.reseller)
    body = billing.SubscriptionImported(
        currency=model.currency,
        customer=customer,
        item=_item(model),
        started_at=model.started_at,
        billed_by_us_from=model.billed_by_us_from,
        reseller=reseller,
        protected_price=model.protected_price,
        protected_until=model.protected_until,
    )
    return ("subscription", model.subscription_id, body), *_accounts(customer, reseller)


def _customer_stated(model: EventModel) -> tuple[_Said, ...]:
    assert isinstance(model, orders.CustomerRegistered)
    moves = isinstance(model, orders.CustomerChanged)
    return (("customer", model.id, billing.CustomerStated(_customer(model), model.reseller_id, moves)),)


def _reseller_stated(model: EventModel) -> tuple[_Said, ...]:
    assert isinstance(model, Reseller)
    return (("reseller", model.id, billing.ResellerStated(_reseller(model))),)


def _setting_changed(model: EventModel) -> tuple[_Said, ...]:
    assert isinstance(model, catalog.SettingChanged)
    scope_id = None if model.scope == "organisation" else model.scope_id
    body = billing.SettingChanged(model.scope, scope_id, model.key, model.value, model.effective_from)
    return ((model.scope, scope_id or "", body),)


def _exchange_rate_set(model: EventModel) -> tuple[_Said, ...]:
    assert isinstance(model, catalog.ExchangeRateSet)
    return (("organisation", "", billing.ExchangeRateSet(model.base, model.quote, model.rate, model.date)),)


def _about(
    scope: Scope, id_field: str, body: type[Body], **nested: Callable[[object], object]
) -> Callable[[EventModel], tuple[_Said, ...]]:
    """Events that say one thing about one thing, whose id stands in `id_field`."""
    scope_id_of, make = attrgetter(id_field), _mirror(body, **nested)
    return lambda model: ((scope, scope_id_of(model), make(model)),)


_SUBSCRIPTION_BODIES: Final[tuple[type[Body], ...]] = (
    billing.LicensesChanged,
    billing.SubscriptionCanceled,
    billing.SubscriptionSuspended,
    billing.SubscriptionReactivated,
    billing.AutoRenewChanged,
    billing.PriceProtectionActivated,
    billing.BillingPlanChanged,
    billing.NextTermScheduled,
    billing.NextTermDiscarded,
    billing.SubscriptionProvisioned,
    billing.ProvisioningFailed,
)

_SAYINGS: Final[dict[str, Callable[[EventModel], tuple[_Said, ...]]]] = {
    "OrderExecuted": _order_executed,
    "OrderDeleted": _about("customer", "customer_id", billing.OrderDeleted),
    "SubscriptionImported": _subscription_imported,
    "CustomerRegistered": _customer_stated,
    "CustomerChanged": _customer_stated,
    "ResellerRegistered": _reseller_stated,
    "ResellerChanged": _reseller_stated,
    "SettingChanged": _setting_changed,
    "ExchangeRateSet": _exchange_rate_set,
    **{body.__name__: _about("subscription", "subscription_id", body) for body in _SUBSCRIPTION_BODIES},
    "SubscriptionConverted": _about("subscription", "subscription_id", billing.SubscriptionConverted, product=_product),
    "PricingEdited": _about("subscription", "subscription_id", billing.PricingEdited, pricing=_pricing),
    "ProductDefined": _about("product", "id", billing.ProductDefined, prices=_each(_mirror(billing.ProductPrice))),
    "ProductCopied": _about("product", "product_id", billing.ProductCopied),
    "ProductDeleted": _about("product", "product_id", billing.ProductDeleted),
    "PriceChanged": _about("product", "product_id", billing.PriceChanged),
}

# The types that say something to billing.
BILLED: Final = frozenset(_SAYINGS)
