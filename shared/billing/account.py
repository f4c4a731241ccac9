"""What is known of one subscription by the end of a day: its timeline and everything it is billed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.billing.charges import Charges
from shared.billing.facts import Fact
from shared.billing.folding import fold, settled
from shared.billing.founding import known_after, known_facts, zone_of
from shared.billing.history import Limit, known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.naming import lineage
from shared.billing.phases import Layout
from shared.billing.policies import Policies
from shared.billing.price_book import PriceBook
from shared.billing.profiles import CustomerProfile
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
        profile, reseller, limit = self._paying(terms)
        block = profile.block if reseller is None else master.reseller(reseller, terms.tz, limit).block
        tax = tax_of(block, self._tax_type(terms), lambda key: master.setting(key, self.known, terms.tz, self.known))
        return Payer(block.id, tax.rate, self.policies.separate_invoices(), tax.reverse_charge)

    @property
    def recipient(self) -> str:
        """Who gets the documents, as `payer` says, without the tax."""
        _, reseller, _ = self._paying(self.terms)
        return reseller or self.terms.customer_id

    def transaction_currency(self, recipient: str) -> str | None:
        """What a recipient of this subscription's lines, now or formerly its payer, pays in (rule R6.8)."""
        master, tz = self.policies.master, self.terms.tz
        limit = known_by_end_of(self.known, tz)
        stated = master.reseller(recipient, tz, limit).block.transaction_currency
        return stated or master.customer(recipient, tz, limit).block.transaction_currency

    def _paying(self, terms: Terms) -> tuple[CustomerProfile, str | None, Limit]:
        """The customer, its reseller if there is one, and up to when both are looked at."""
        limit = known_by_end_of(self.known, terms.tz)
        profile = self.policies.master.customer(terms.customer_id, terms.tz, limit)
        return profile, profile.reseller_of(terms.reseller_id, terms.told), limit

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


def account_on(subscription_id: str, facts: Sequence[Fact], master: MasterData, day: date) -> Account | None:
    """The account of a subscription from all its facts, of what is known by the end of a day; None without an order."""
    timeline = timeline_on(subscription_id, facts, master, day)
    return None if timeline is None else account_of(timeline, master, day)


def timeline_on(subscription_id: str, facts: Sequence[Fact], master: MasterData, day: date) -> Timeline | None:
    """What the facts that are known by the end of a day fold to; None without an order."""
    return fold(subscription_id, known_facts(facts, master, day), master, day)


def scopes_of(account: Account) -> frozenset[tuple[str, str]]:
    """The master data a subscription looks at itself, as (scope, id): a new fact about one can change its charges."""
    terms = account.terms
    scopes: set[tuple[str, str]] = {("customer", terms.customer_id), ("organisation", "")}
    scopes |= {("product", phase.terms.product_id) for phase in account.layout.phases}
    scopes |= {("reseller", reseller) for reseller in (terms.reseller_id, account.recipient) if reseller}
    return frozenset(scopes)


def looked_at_after(account: Account, day: date) -> date | None:
    """The first day after `day` on which more becomes known of what a subscription looks at, beside its own facts.

    That is master data on the customer's own days, and of an add-on its parents, with the master data of each, on the
    days of their customers: a run knows of a parent what the parent's own run of that day knows.
    """
    master, parent_id = account.policies.master, account.terms.parent_id
    days = [master.becomes_known_after(day, account.terms.tz, scopes_of(account))]
    above = {} if parent_id is None else lineage(parent_id, master.subscriptions)
    for parent, scopes in above.items():
        facts = master.subscriptions.get(parent, ())
        days.append(known_after(facts, master, day))
        tz = zone_of(known_facts(facts, master, day), master)
        if tz is not None:
            days.append(master.becomes_known_after(day, tz, scopes))
    return min((on for on in days if on is not None), default=None)


def next_known(account: Account | None, facts: Sequence[Fact], master: MasterData, day: date) -> date | None:
    """The first day after `day` on which something that bears on a subscription becomes known, if any."""
    own = known_after(facts, master, day)
    others = None if account is None else looked_at_after(account, day)
    return min((on for on in (own, others) if on is not None), default=None)
