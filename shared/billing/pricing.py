"""Which price a cycle has: list, protected or hand-set price, pricing rule, extra charge (R0.3, R0.4, R2, R2.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, cast

from shared.billing.blocks import PricingRule
from shared.billing.facts import PriceChanged
from shared.billing.history import known_by_end_of
from shared.billing.lookups import extra_charge_rate, listed_price, protection_months
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date, known_key
from shared.billing.money import EXACT, ONE
from shared.billing.terms import Terms, protection_end

Origin = Literal["order", "list", "protected", "hand_set"]


@dataclass(frozen=True, slots=True)
class Price:
    """Sell and cost for one licence and one term, before rule and extra charge; where it comes from."""

    sell: Decimal
    cost: Decimal | None
    origin: Origin
    protected_until: date | None = None


@dataclass(frozen=True, slots=True)
class _Lock:
    begins: date
    price: Price


def unit_of(price: Price, rules: Sequence[PricingRule], extra_charge: Decimal) -> Decimal:
    """The exact unit price of a term: base, rules in order, extra charge; no rounding (rules R0.3, R0.4).

    Markup and margin are reckoned from the cost of the base price; without a cost they leave the sell price alone.
    """
    unit = price.sell
    for rule in rules:
        if rule.rule == "discount":
            unit = EXACT.multiply(unit, ONE - rule.rate)
        elif price.cost is not None:
            step = ONE + rule.rate
            unit = (
                EXACT.multiply(price.cost, step) if rule.rule == "markup" else EXACT.divide(price.cost, ONE - rule.rate)
            )
    return EXACT.multiply(unit, ONE + extra_charge) if extra_charge else unit


@dataclass(slots=True)
class PriceBook:
    """The prices of one subscription by the day a cycle (with installments: a term) starts, of what is known by a day.

    Locks of price protection are found in order and kept, so asking for later days costs no more than for the first.
    """

    terms: Terms
    master: MasterData
    known: date
    _changes: tuple[tuple[PriceChanged, date, tuple[object, ...]], ...] | None = None
    _locks: list[_Lock] = field(default_factory=list)
    _rates: dict[date, Decimal] = field(default_factory=dict)

    def at(self, starts: date) -> Price:
        """The price of the cycle or term that starts on a day (rules R2.4, R2.5, R2.10)."""
        terms = self.terms
        if terms.user_price:
            return Price(terms.unit_price, terms.unit_cost, "hand_set")
        if not self._protects():
            return self._list_price(starts)
        if not self._locks:
            self._locks.append(self._first_lock())
        while (until := self._locks[-1].price.protected_until) is not None:
            renewal = self._first_start_on_or_after(until)
            if renewal > starts:
                break
            self._locks.append(_Lock(renewal, self._locked_again(renewal)))
        for lock in reversed(self._locks):
            if lock.begins <= starts:
                return lock.price if lock.price.protected_until is not None else self._list_price(starts)
        return self._locks[0].price

    def extra_charge(self, starts: date) -> Decimal:
        """The extra charge of the term that starts on a day: captured at execution and at each renewal (rule R4.6)."""
        terms = self.terms
        if not terms.has_installments or starts <= terms.cycles.first_boundary:
            return terms.extra_charge_rate
        if starts not in self._rates:
            tz = terms.tz
            limit = known_by_end_of(min(starts, self.known), tz)
            profile = self.master.customer(terms.customer_id, tz, limit)
            reseller_id = profile.reseller_of(terms.reseller_id, terms.known_at)
            self._rates[starts] = extra_charge_rate(
                self.master, profile, reseller_id, tz, starts, min(starts, self.known), limit
            )
        return self._rates[starts]

    def unit(self, starts: date) -> Decimal:
        """The exact unit price of the term that starts on a day: rules and extra charge included (rule R0.3)."""
        return unit_of(self.at(starts), self.terms.pricing, self.extra_charge(starts))

    def _protects(self) -> bool:
        return self.terms.protection_months > 0 or self.terms.protected_until is not None

    def _first_lock(self) -> _Lock:
        """The price on the purchase date, for N months from there, or from the end of a free period (R2.2, R2.3)."""
        terms = self.terms
        sell = terms.unit_price if terms.protected_price is None else terms.protected_price
        until = terms.protected_until or protection_end(self._protection_start(), terms.protection_months, 1)
        return _Lock(terms.start, Price(sell, terms.unit_cost, "protected", until))

    def _protection_start(self) -> date:
        return self.terms.cycles.first_boundary if self.terms.free_period else self.terms.start

    def _locked_again(self, renewal: date) -> Price:
        """List prices read again at the first cycle start after protection, locked for another N months (R2.5)."""
        terms = self.terms
        listed = self._list_price(renewal)
        product = self.master.product(terms.product_id, terms.tz, known_by_end_of(min(renewal, self.known), terms.tz))
        stated = protection_months(product, listed_price(product, terms.currency, terms.term, terms.frequency))
        months = terms.protection_months if stated is None else stated
        if months == 0:
            return listed
        start, count = self._protection_start(), 1
        while protection_end(start, months, count) <= renewal:
            count += 1
        return Price(listed.sell, listed.cost, "protected", protection_end(start, months, count))

    def _first_start_on_or_after(self, day: date) -> date:
        """The first cycle start (with installments: term start) on or after a day."""
        cycles, n = self.terms.cycles, self.terms.installments
        number = max(cycles.index_at(day), 0) // n
        starts = cycles.boundary(number * n)
        return starts if starts >= day else cycles.boundary((number + 1) * n)

    def _list_price(self, starts: date) -> Price:
        """The list price that reaches a cycle start: the order's, until a later PriceChanged reaches it (R2.10a, e)."""
        terms = self.terms
        price = Price(terms.unit_price, terms.unit_cost, "order")
        if starts <= terms.start:
            return price
        reaching = [
            ((change.effective_from, _specificity(change), key), change)
            for change, known, key in self._applicable()
            if _reaches(change, known, starts)
        ]
        for _, change in sorted(reaching, key=lambda pair: pair[0]):
            # One that states no cost leaves the cost that was known (rule R0.12).
            cost = price.cost if change.unit_cost is None else change.unit_cost
            price = Price(change.unit_price, cost, "list")
        return price

    def _applicable(self) -> tuple[tuple[PriceChanged, date, tuple[object, ...]], ...]:
        """The price changes for this product, currency, term and frequency: known ones, after the order's day."""
        if self._changes is None:
            terms, tz = self.terms, self.terms.tz
            found: list[tuple[PriceChanged, date, tuple[object, ...]]] = []
            for fact in self.master.price_changes(terms.product_id, terms.currency, tz):
                change, known = cast(PriceChanged, fact.body), civil_date(fact.time, tz)
                if known <= self.known and self._concerns(change) and _counts_from(change, known) > terms.price_day:
                    found.append((change, known, known_key(fact, tz)))
            self._changes = tuple(found)
        return self._changes

    def _concerns(self, change: PriceChanged) -> bool:
        return change.term in (None, self.terms.term) and change.billing_frequency in (None, self.terms.frequency)


def _counts_from(change: PriceChanged, known: date) -> date:
    """Effective date or `time`, the later of the two; with `backdate` the effective date alone (rule R2.10a)."""
    return change.effective_from if change.backdate else max(change.effective_from, known)


def _reaches(change: PriceChanged, known: date, starts: date) -> bool:
    """Whether a list price holds for a cycle that starts on a day; a late one only for cycles after it (R2.10e)."""
    if change.backdate or change.effective_from >= known:
        return change.effective_from <= starts
    return starts > known


def _specificity(change: PriceChanged) -> int:
    """How closely a list price names term and frequency; on a tie of dates the closer one wins (rule R2.10e)."""
    return (change.term is not None) + (change.billing_frequency is not None)
