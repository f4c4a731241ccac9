"""What a fact names besides what it is about: whatever is said of those things can bear on the same subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shared.billing.blocks import Scope
from shared.billing.facts import (
    CustomerStated,
    Fact,
    OrderExecuted,
    ProductCopied,
    SubscriptionConverted,
    SubscriptionImported,
)

# Most facts are of other types and name nothing: who asks a million of them asks this first.
NAMING = (OrderExecuted, SubscriptionImported, SubscriptionConverted, CustomerStated, ProductCopied)


def named_by(fact: Fact) -> Iterator[tuple[Scope, str]]:
    """As (scope, id): of an order its product, customer, reseller and parent, of a conversion its product.

    Of a customer its reseller, of a copied product what it is a copy of.
    """
    body = fact.body
    match body:
        case OrderExecuted() | SubscriptionImported():
            yield "organisation", ""
            yield "product", body.item.product.id
            yield "customer", body.customer.id
            if body.reseller is not None:
                yield "reseller", body.reseller.id
            if body.item.parent_subscription_id is not None:
                yield "subscription", body.item.parent_subscription_id
        case SubscriptionConverted():
            yield "product", body.product.id
        case CustomerStated() if body.reseller_id is not None:
            yield "reseller", body.reseller_id
        case ProductCopied():
            yield "product", body.from_product_id


def lineage(parent_id: str, subscriptions: Mapping[str, Sequence[Fact]]) -> dict[str, frozenset[tuple[Scope, str]]]:
    """An add-on's parent and its parents in turn, each with the master data that its facts name.

    The add-on ends when one of them does.
    """
    reached: dict[str, frozenset[tuple[Scope, str]]] = {}
    wanted = {parent_id}
    while wanted:
        subscription = wanted.pop()
        named = {name for fact in subscriptions.get(subscription, ()) for name in named_by(fact)}
        parents = {name for name in named if name[0] == "subscription"}
        reached[subscription] = frozenset(named - parents)
        wanted |= {parent for _, parent in parents} - reached.keys()
    return reached
