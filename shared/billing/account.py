"""What is known of one subscription by the end of a day: its timeline and everything it is billed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal

from shared.billing.capture import founding_zone
from shared.billing.charges import Charges
from shared.billing.facts import Fact
from shared.billing.folding import fold, is_founding, settled
from shared.billing.history import known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.naming import lineage
from shared.billing.phases import Layout
from shared.billing.policies import Policies
from shared.billing.price_book import PriceBook
from shared.billing.schedule import Schedule
from shared.billing.tax import tax_of
from shared.billing.terms import Terms
from shared.billing.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Payer:
    """Who gets the documents: its id, its tax, and whether the customer's items are invoiced separately."""

    recipient: str
    tax_rate: Decimal
    separate: bool
    reverse_charge: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A subscription that has its order, as known by the end of the day `known` (customer's zone).

    `timeline` is settled: it holds what is known to come. `terms` are those in force on that day.
    """

    timeline: Timeline
    layout: Layout
    terms: Terms
    policies: Policies
    prices: PriceBook
    known: date

    @property
    def charges(self) -> Charges:
        return Charges(self.timeline, self.policies, self.prices)

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.layout, self.prices, self.policies)

    def payer(self, of: Terms | None = None) -> Payer:
        """The reseller if there is one, else the customer, with the tax that is its own (rules R6.1, R6.7).

        `of` are the terms whose product is taxed, where they are not those in force.
        """
        terms, master = of or self.terms, self.policies.master
        limit = known_by_end_of(self.known, terms.tz)
        profile = master.customer(terms.customer_id, terms.tz, limit)
        reseller = profile.reseller_of(terms.reseller_id, terms.told)
        block = profile.block if reseller is None else master.reseller(reseller, terms.tz, limit).block
        tax = tax_of(block, self._tax_type(terms), lambda key: master.setting(key, self.known, terms.tz, self.known))
        return Payer(block.id, tax.rate, self.policies.separate_invoices(), tax.reverse_charge)

    def transaction_currency(self, recipient: str) -> str | None:
        """What a recipient of this subscription's lines, now or formerly its payer, pays in (rule R6.8)."""
        master, tz = self.policies.master, self.terms.tz
        limit = known_by_end_of(self.known, tz)
        stated = master.reseller(recipient, tz, limit).block.transaction_currency
        return stated or master.customer(recipient, tz, limit).block.transaction_currency

    def _tax_type(self, terms: Terms) -> str | None:
        """The order's own type of product, else the product's as it is known now: tax is no term of a subscription."""
        if terms.tax_type is not None:
            return terms.tax_type
        limit = known_by_end_of(self.known, terms.tz)
        product = self.policies.master.product(terms.product_id, terms.tz, limit)
        return None if product is None else product.tax_type


def account_of(timeline: Timeline, master: MasterData, day: date) -> Account | None:
    """The account of a timeline; None while its order is missing or was refused."""
    if not timeline.phases:
        return None
    whole = settled(timeline, master, day)
    layout = whole.layout
    prices = PriceBook(layout, tuple(whole.edits), master, day)
    whole.rejected += prices.without_effect()
    return Account(whole, layout, layout.phase_at(day).terms, Policies(layout, master, day), prices, day)


def zone_of(facts: Sequence[Fact], master: MasterData) -> tzinfo | None:
    """The customer's zone of a subscription; None while it waits for its order."""
    founding = next((fact for fact in facts if is_founding(fact)), None)
    return None if founding is None else founding_zone(founding, master)


def known_facts(facts: Sequence[Fact], tz: tzinfo, day: date) -> list[Fact]:
    """The facts whose `time` falls on a day or before, in the customer's zone (contracts, `simulate`)."""
    return [fact for fact in facts if civil_date(fact.time, tz) <= day]


def account_on(subscription_id: str, facts: Sequence[Fact], master: MasterData, day: date) -> Account | None:
    """The account of a subscription from all its facts, of what is known by the end of a day; None without an order."""
    timeline = timeline_on(subscription_id, facts, master, day)
    return None if timeline is None else account_of(timeline, master, day)


def timeline_on(subscription_id: str, facts: Sequence[Fact], master: MasterData, day: date) -> Timeline | None:
    """What the facts that are known by the end of a day fold to; None without an order."""
    tz = zone_of(facts, master)
    return None if tz is None else fold(subscription_id, known_facts(facts, tz, day), master, day)


def scopes_of(account: Account) -> frozenset[tuple[str, str]]:
    """The master data a subscription depends on, as (scope, id): a new fact about one can change its charges."""
    terms = account.terms
    scopes: set[tuple[str, str]] = {("customer", terms.customer_id), ("organisation", "")}
    scopes |= {("product", phase.terms.product_id) for phase in account.layout.phases}
    if terms.parent_id is not None:
        scopes |= lineage(terms.parent_id, account.policies.master.subscriptions)
    scopes |= {("reseller", reseller) for reseller in (terms.reseller_id, account.payer().recipient) if reseller}
    return frozenset(scopes)


def next_known(account: Account | None, facts: Sequence[Fact], master: MasterData, day: date) -> date | None:
    """The first day after `day` on which something that bears on a subscription becomes known, if any."""
    tz = zone_of(facts, master)
    if tz is None:
        return None
    days = [known for known in (civil_date(fact.time, tz) for fact in facts) if known > day]
    if account is not None:
        changed = master.becomes_known_after(day, tz, scopes_of(account))
        days += [] if changed is None else [changed]
    return min(days, default=None)
