"""What a fact says, for who may see it: costs and other accounts are left out for whom they are not. Pure."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

import orjson

from shared.billing.blocks import PricingRule
from shared.billing.facts import Fact, OrderExecuted, SubscriptionImported
from shared.billing.periods import duration_of
from shared.events.fact_bodies import body_to_json
from shared.events.shapes import Json

_MONTHS: Final = frozenset({"term", "billing_frequency"})


def without_costs(fact: Fact) -> Fact:
    """The fact without costs, and without the rules by which they could be reckoned back from a price."""
    return replace(fact, body=_without(fact.body))


def _without(value: Any) -> Any:
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, Any] = {}
    for one in fields(value):
        before = getattr(value, one.name)
        if one.name == "unit_cost":
            after = None
        elif one.name == "pricing" and before is not None:
            after = _discounts(before)
        elif one.name == "prices":
            after = tuple(map(_without, before))
        else:
            after = _without(before)
        if after is not before:
            changed[one.name] = after
    return replace(value, **changed) if changed else value


def _discounts(rules: tuple[PricingRule, ...]) -> tuple[PricingRule, ...] | None:
    """A discount says nothing of a cost; with another rule beside it, it would say only half of how a price is made."""
    return rules if all(rule.rule == "discount" for rule in rules) else None


def without_reseller(fact: Fact, but: str | None) -> Fact:
    """The fact without what it says of a reseller, unless that is this one."""
    body = fact.body
    if not isinstance(body, OrderExecuted | SubscriptionImported) or body.reseller is None or body.reseller.id == but:
        return fact
    return replace(fact, body=replace(body, reseller=None))


def data_of(fact: Fact) -> Json:
    """What the fact says as JSON: named as in its event, durations as ISO 8601, what is absent left out."""
    data: Json = _public(orjson.loads(body_to_json(fact.body)))
    return data


def _public(value: Any) -> Any:
    if isinstance(value, list):
        return [_public(one) for one in value]
    if not isinstance(value, dict):
        return value
    shown: dict[str, Any] = {}
    for name, one in value.items():
        if name == "terms" and isinstance(one, dict):
            # In an event the terms of an item stand beside its other fields.
            shown |= _public(one)
        elif name in _MONTHS and isinstance(one, int):
            shown[name] = duration_of(one)
        else:
            shown[name] = _public(one)
    return shown
