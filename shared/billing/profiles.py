"""What is known of an account, a customer's or a reseller's: each field as it was stated last (rule R0.12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, tzinfo
from typing import Generic, TypeVar

from shared.billing.blocks import CustomerBlock, ResellerBlock
from shared.billing.facts import CustomerStated, Fact, ResellerStated, SettingChanged
from shared.billing.moments import KnownKey, civil_date, known_key
from shared.billing.settings import refusal

B = TypeVar("B", CustomerBlock, ResellerBlock)


@dataclass(frozen=True, slots=True)
class _Profile(Generic[B]):
    """An account's block, and from which day a setting of the account that was stated after a field replaces it."""

    block: B
    replaced_from: Mapping[str, date] = field(default_factory=dict)

    def states(self, name: str, on: date) -> bool:
        """Whether the block's own value of a field holds on a day."""
        since = self.replaced_from.get(name)
        return getattr(self.block, name) is not None and (since is None or on < since)


class ResellerProfile(_Profile[ResellerBlock]):
    """A reseller as known at a moment."""


@dataclass(frozen=True, slots=True)
class CustomerProfile(_Profile[CustomerBlock]):
    """A customer as known at a moment; `reseller_id` is None for one that pays itself.

    `moved_to` is the reseller that the last CustomerChanged with a reseller names, known from `moved_at` on: running
    subscriptions go along.
    """

    reseller_id: str | None = None
    moved_to: str | None = None
    moved_at: KnownKey | None = None

    def reseller_of(self, ordered_with: str | None, ordered: KnownKey) -> str | None:
        """The reseller of a subscription that was ordered at a place: the order's, until the customer moves."""
        moved = self.moved_at is not None and self.moved_at > ordered
        return self.moved_to if moved else ordered_with


def customer_with(known: CustomerProfile, fact: Fact, tz: tzinfo) -> CustomerProfile:
    """A customer after one more fact about it."""
    stated = fact.body
    if isinstance(stated, SettingChanged):
        return replace(known, replaced_from=_replaced(known, stated, tz))
    if not isinstance(stated, CustomerStated):
        return known
    known = replace(
        known, block=_merged(known.block, stated.customer), replaced_from=_kept(known.replaced_from, stated.customer)
    )
    if stated.reseller_id is None:
        return known
    if stated.moves_subscriptions:
        moved_at = known_key(fact, tz)
        return replace(known, reseller_id=stated.reseller_id, moved_to=stated.reseller_id, moved_at=moved_at)
    return replace(known, reseller_id=stated.reseller_id)


def reseller_with(known: ResellerProfile, fact: Fact, tz: tzinfo) -> ResellerProfile:
    """A reseller after one more fact about it."""
    stated = fact.body
    if isinstance(stated, SettingChanged):
        return replace(known, replaced_from=_replaced(known, stated, tz))
    if not isinstance(stated, ResellerStated):
        return known
    block = stated.reseller
    return ResellerProfile(_merged(known.block, block), _kept(known.replaced_from, block))


def _merged(known: B, stated: B) -> B:
    """`known` with every field that the newer block states."""
    given = {f.name: getattr(stated, f.name) for f in fields(stated) if getattr(stated, f.name) is not None}
    return replace(known, **given)


def _replaced(known: _Profile[B], change: SettingChanged, tz: tzinfo) -> Mapping[str, date]:
    """The fields that settings replace, after one more of the account itself."""
    if refusal(change) is not None or getattr(known.block, change.key, None) is None:
        return known.replaced_from
    begins = civil_date(change.effective_from, tz)
    return {**known.replaced_from, change.key: min(begins, known.replaced_from.get(change.key, begins))}


def _kept(replaced_from: Mapping[str, date], stated: B) -> Mapping[str, date]:
    """Those of the replaced fields that a newer block leaves as they are."""
    return {name: since for name, since in replaced_from.items() if getattr(stated, name) is None}
