"""What accounts and price lists say at a moment, where more than one place may say it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import NamedTuple, cast

from shared.billing.facts import Fact, PriceChanged, ProductDefined, ProductPrice, Ref
from shared.billing.history import Limit, known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import KnownKey, civil_date, known_key
from shared.billing.profiles import CustomerProfile
from shared.billing.terms import Terms


def extra_charge_rate(
    master: MasterData,
    profile: CustomerProfile,
    reseller_id: str | None,
    tz: tzinfo,
    on: date,
    known: date,
    limit: Limit,
) -> Decimal:
    """The extra charge in force: the customer's own, stated or set, else the reseller's (rules R4.6, R0.12)."""
    if profile.states("extra_charge_rate", on):
        return cast(Decimal, profile.block.extra_charge_rate)
    own = master.settings.stated_in(("customer", profile.block.id), "extra_charge_rate", on, tz, known)
    if own is not None:
        return cast(Decimal, own)
    if reseller_id is not None:
        reseller = master.reseller(reseller_id, tz, limit)
        if reseller.states("extra_charge_rate", on):
            return cast(Decimal, reseller.block.extra_charge_rate)
    return cast(Decimal, master.setting("extra_charge_rate", on, tz, known, reseller=reseller_id))


def extra_charge_of_term(master: MasterData, terms: Terms, begins: date, known: date) -> Decimal:
    """The extra charge that a renewal captures for the term that begins on a day (rule R4.6)."""
    by_then = min(begins, known)
    limit = known_by_end_of(by_then, terms.tz)
    profile = master.customer(terms.customer_id, terms.tz, limit)
    reseller_id = profile.reseller_of(terms.reseller_id, terms.told)
    return extra_charge_rate(master, profile, reseller_id, terms.tz, begins, by_then, limit)


def listed_price(
    product: ProductDefined | None, currency: str, term: int | None, frequency: int | None
) -> ProductPrice | None:
    """The price list entry of a product for a currency, term and billing frequency."""
    for price in product.prices if product else ():
        if (price.currency, price.term, price.billing_frequency) == (currency, term, frequency):
            return price
    return None


def protection_months(product: ProductDefined | None, listed: ProductPrice | None) -> int | None:
    """N of rule R2.1: a price list entry may carry its own, else the product's; None where neither says."""
    if listed is not None and listed.price_protection_months is not None:
        return listed.price_protection_months
    return product.terms.price_protection_months if product else None


def months_read_again(master: MasterData, terms: Terms, by: date) -> int:
    """N of protection as the product has it by a day, else that of the terms (rule R2.5)."""
    product = master.product(terms.product_id, terms.tz, known_by_end_of(by, terms.tz))
    stated = protection_months(product, listed_price(product, terms.currency, terms.term, terms.frequency))
    return terms.protection_months if stated is None else stated


class ListPrice(NamedTuple):
    """What the price list says for one licence and one term; `since` its effective date, `by` the event behind it."""

    sell: Decimal
    cost: Decimal | None
    since: date
    by: Ref


def list_price_of(
    master: MasterData, terms: Terms, on: date, known: date, *, stated_term: bool = False
) -> ListPrice | None:
    """The list price for the product, currency, term and frequency of terms on a day; None where there is none.

    The latest of the prices that were announced and the product's own definition wins (rule R2.10e). `stated_term`
    leaves out announced prices that are said of no term in particular.
    """
    limit = known_by_end_of(known, terms.tz)
    found: ListPrice | None = None
    defined = master.definition(terms.product_id, terms.tz, limit)
    entry = listed_price(defined.product if defined else None, terms.currency, terms.term, terms.frequency)
    if defined is not None and entry is not None:
        found = ListPrice(entry.unit_price, entry.unit_cost, defined.on, defined.by)
    reaching = []
    for fact in master.price_changes(terms.product_id, terms.currency, terms.tz):
        change = cast(PriceChanged, fact.body)
        if stated_term and change.term is None:
            continue
        if concerns(change, terms) and change.effective_from <= on and civil_date(fact.time, terms.tz) <= known:
            reaching.append((rank_of(fact, change, terms.tz), change, fact.ref))
    for _, change, by in sorted(reaching, key=lambda one: one[0]):
        if found is None or change.effective_from >= found.since:
            cost = change.unit_cost if change.unit_cost is not None or found is None else found.cost
            found = ListPrice(change.unit_price, cost, change.effective_from, by)
    return found


def price_to_order(master: MasterData, terms: Terms, on: date, known: date) -> ListPrice | None:
    """What something costs that is ordered, or converted to: its list price; without one for its plan, that at once."""
    return list_price_of(master, terms, on, known) or list_price_of(
        master, replace(terms, frequency=terms.term), on, known
    )


def concerns(change: PriceChanged, terms: Terms) -> bool:
    """Whether a list price is one for the term and the frequency of terms; what it leaves out may be any."""
    return change.term in (None, terms.term) and change.billing_frequency in (None, terms.frequency)


def rank_of(fact: Fact, change: PriceChanged, tz: tzinfo) -> tuple[date, int, KnownKey]:
    """Which of several list prices wins: the latest date, then the closer one, then the last (rule R2.10e)."""
    return change.effective_from, specificity(change), known_key(fact, tz)


def specificity(change: PriceChanged) -> int:
    """How closely a list price names term and frequency; on a tie of dates the closer one wins (rule R2.10e)."""
    return (change.term is not None) + (change.billing_frequency is not None)
