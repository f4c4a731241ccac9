"""Master data: what is known of customers, resellers, products and settings, as of a moment.

Facts are merged in the order of their `time`; an absent field keeps the value known before (rule R0.12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from functools import partial
from typing import NamedTuple, cast

from shared.billing.blocks import CustomerBlock, ResellerBlock
from shared.billing.facts import (
    CustomerStated,
    ExchangeRateSet,
    Fact,
    OrderDeleted,
    PriceChanged,
    ProductCopied,
    ProductDefined,
    ProductDeleted,
    Ref,
    SettingChanged,
)
from shared.billing.history import History, Limit, history
from shared.billing.moments import KnownKey, civil_date, known_key
from shared.billing.profiles import CustomerProfile, ResellerProfile, customer_with, reseller_with
from shared.billing.settings import SettingBook, Value, refusal


class KnownProduct(NamedTuple):
    """A product as it is defined, since when, and by which event."""

    product: ProductDefined
    on: date
    by: Ref


class BillingDayMove(NamedTuple):
    """A CustomerChanged that states a billing day: it reaches running subscriptions (rule R0.12).

    `told` is its place among what becomes known.
    """

    on: date
    told: KnownKey
    billing_day: int
    by: Ref


@dataclass(slots=True)
class MasterData:
    """The facts of master data by the id of what they are about. Lookups are pure; results are kept.

    `subscriptions` holds the facts of those that others are add-ons of.
    """

    customers: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    resellers: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    products: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    organisation: Sequence[Fact] = ()
    subscriptions: Mapping[str, Sequence[Fact]] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    _settings: SettingBook | None = None
    _customers: dict[tuple[str, tzinfo], History[CustomerProfile]] = field(default_factory=dict)
    _resellers: dict[tuple[str, tzinfo], History[ResellerProfile]] = field(default_factory=dict)
    _products: dict[tuple[str, tzinfo], History[KnownProduct | None]] = field(default_factory=dict)
    _moves: dict[tuple[str, tzinfo], tuple[BillingDayMove, ...]] = field(default_factory=dict)
    _organisation: dict[tzinfo, History[None]] = field(default_factory=dict)
    _prices: dict[tuple[str, str, str], tuple[Fact, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Iterable[Fact], overrides: Mapping[str, str] | None = None) -> MasterData:
        """The master data among facts of any scope; `overrides` are the organisation's settings from the start."""
        by_scope: dict[str, dict[str, list[Fact]]] = {}
        for fact in facts:
            by_scope.setdefault(fact.scope, {}).setdefault(fact.scope_id, []).append(fact)
        return cls(
            customers=by_scope.get("customer", {}),
            resellers=by_scope.get("reseller", {}),
            products=by_scope.get("product", {}),
            organisation=by_scope.get("organisation", {}).get("", ()),
            subscriptions=by_scope.get("subscription", {}),
            overrides=overrides or {},
        )

    def customer(self, customer_id: str, tz: tzinfo, limit: Limit) -> CustomerProfile:
        """The customer as known at the limit; unknown fields are None."""
        return self._customer_history(customer_id, tz).at(limit)

    def reseller(self, reseller_id: str, tz: tzinfo, limit: Limit) -> ResellerProfile:
        """The reseller as known at the limit; unknown fields are None."""
        return self._reseller_history(reseller_id, tz).at(limit)

    def product(self, product_id: str, tz: tzinfo, limit: Limit) -> ProductDefined | None:
        """The latest definition of a product at the limit; a later one replaces the whole (ProductDefined)."""
        known = self.definition(product_id, tz, limit)
        return None if known is None else known.product

    def definition(self, product_id: str, tz: tzinfo, limit: Limit) -> KnownProduct | None:
        """As `product`, with the day and the event of it. A copy has what it is a copy of (rule R4.12)."""
        return self._product_history(product_id, tz).at(limit)

    def billing_day_moves(self, customer_id: str, tz: tzinfo) -> tuple[BillingDayMove, ...]:
        """The changes of a customer's billing day that reach running subscriptions, in the order they became known."""
        if (customer_id, tz) not in self._moves:
            stated = sorted(self.customers.get(customer_id, ()), key=lambda fact: known_key(fact, tz))
            self._moves[customer_id, tz] = tuple(
                BillingDayMove(civil_date(fact.time, tz), known_key(fact, tz), fact.body.customer.billing_day, fact.ref)
                for fact in stated
                if isinstance(fact.body, CustomerStated) and fact.body.moves_subscriptions
                if fact.body.customer.billing_day is not None
            )
        return self._moves[customer_id, tz]

    def deletions(self, customer_id: str, order_id: str) -> list[Fact]:
        """The facts that ask for an order of a customer to be deleted."""
        said = self.customers.get(customer_id, ())
        return [fact for fact in said if isinstance(fact.body, OrderDeleted) and fact.body.order_id == order_id]

    def price_changes(self, product_id: str, currency: str, tz: tzinfo) -> tuple[Fact, ...]:
        """The list prices of a product in a currency, ordered by `known_key`."""
        memo = (product_id, currency, str(tz))
        if memo not in self._prices:
            stated = (f for f in self.products.get(product_id, ()) if isinstance(f.body, PriceChanged))
            in_currency = [f for f in stated if cast(PriceChanged, f.body).currency == currency]
            self._prices[memo] = tuple(sorted(in_currency, key=lambda f: known_key(f, tz)))
        return self._prices[memo]

    def setting(
        self,
        key: str,
        on: date,
        tz: tzinfo,
        known: date,
        *,
        product: str | None = None,
        reseller: str | None = None,
        customer: str | None = None,
        nce: bool = False,
    ) -> Value:
        """A setting on a day, of what is known by the end of the day `known`."""
        scopes = {"product": product, "reseller": reseller, "customer": customer}
        return self.settings.value(key, on, tz, known, scopes, nce=nce)

    def states(self, key: str) -> bool:
        """Whether anything but the default of a setting was ever said, in any scope."""
        return self.settings.states(key)

    @property
    def settings(self) -> SettingBook:
        if self._settings is None:
            self._settings = SettingBook.of(self._setting_changes(), self.overrides)
        return self._settings

    def becomes_known_after(self, day: date, tz: tzinfo, scopes: Iterable[tuple[str, str]]) -> date | None:
        """The first day after `day` on which a fact about one of the scopes becomes known."""
        days = (self._next_known(scope, scope_id, tz, day) for scope, scope_id in scopes)
        return min((known for known in days if known is not None), default=None)

    def _next_known(self, scope: str, scope_id: str, tz: tzinfo, day: date) -> date | None:
        if scope == "customer":
            return self._customer_history(scope_id, tz).next_after(day)
        if scope == "reseller":
            return self._reseller_history(scope_id, tz).next_after(day)
        if scope == "product":
            return self._product_history(scope_id, tz).next_after(day)
        if tz not in self._organisation:
            # Exchange rates come daily and change no charge: they are looked up when a document is made.
            others = [fact for fact in self.organisation if not isinstance(fact.body, ExchangeRateSet)]
            self._organisation[tz] = history(others, tz, None, lambda known, fact: known)
        return self._organisation[tz].next_after(day)

    def _customer_history(self, customer_id: str, tz: tzinfo) -> History[CustomerProfile]:
        found = self._customers.get((customer_id, tz))
        if found is None:
            unknown = CustomerProfile(CustomerBlock(customer_id))
            learn = partial(customer_with, tz=tz)
            found = self._customers[(customer_id, tz)] = history(
                self.customers.get(customer_id, ()), tz, unknown, learn
            )
        return found

    def _reseller_history(self, reseller_id: str, tz: tzinfo) -> History[ResellerProfile]:
        found = self._resellers.get((reseller_id, tz))
        if found is None:
            unknown = ResellerProfile(ResellerBlock(reseller_id))
            learn = partial(reseller_with, tz=tz)
            found = self._resellers[(reseller_id, tz)] = history(
                self.resellers.get(reseller_id, ()), tz, unknown, learn
            )
        return found

    def _product_history(self, product_id: str, tz: tzinfo) -> History[KnownProduct | None]:
        found = self._products.get((product_id, tz))
        if found is None:
            stated = self.products.get(product_id, ())
            learn = partial(self._product_with, tz=tz)
            found = self._products[(product_id, tz)] = history(stated, tz, None, learn)
        return found

    def _product_with(self, known: KnownProduct | None, fact: Fact, tz: tzinfo) -> KnownProduct | None:
        """A product after one more fact about it: defined, copied from another one, or no longer sold (rule R4.12)."""
        body, on = fact.body, civil_date(fact.time, tz)
        if isinstance(body, ProductDefined):
            return KnownProduct(body, on, fact.ref)
        if isinstance(body, ProductCopied):
            source = self._defined_before(body.from_product_id, known_key(fact, tz), tz)
            return known if source is None else KnownProduct(source, on, fact.ref)
        return None if isinstance(body, ProductDeleted) else known

    def _defined_before(self, product_id: str, before: KnownKey, tz: tzinfo) -> ProductDefined | None:
        """What a product was just before a moment; copies of copies are followed back in time."""
        stated = [(known_key(fact, tz), fact) for fact in self.products.get(product_id, ())]
        for key, fact in sorted((pair for pair in stated if pair[0] < before), key=lambda pair: pair[0], reverse=True):
            if isinstance(fact.body, ProductDefined):
                return fact.body
            if isinstance(fact.body, ProductDeleted):
                return None
            if isinstance(fact.body, ProductCopied):
                copied = self._defined_before(fact.body.from_product_id, key, tz)
                if copied is not None:
                    return copied
        return None

    def _setting_changes(self) -> dict[tuple[str, str], list[Fact]]:
        """The changes of settings by what they hold for; refused ones change nothing."""
        changes: dict[tuple[str, str], list[Fact]] = {}
        scoped = (self.customers, self.resellers, self.products)
        for facts in (self.organisation, *(facts for by_id in scoped for facts in by_id.values())):
            for fact in facts:
                if isinstance(fact.body, SettingChanged) and refusal(fact.body) is None:
                    changes.setdefault((fact.body.scope, fact.scope_id), []).append(fact)
        return changes
