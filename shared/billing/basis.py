"""What one basis of prices says: the price that was captured or edited, protected, or on the list (R2, R2.10).

A `Basis` is what prices rest on from a cycle start on: an order, a conversion, an edited price. Within it protection
locks list prices and reads them again when it ends (R2.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from shared.billing.blocks import PricingRule
from shared.billing.calendar import ONE_DAY
from shared.billing.list_prices import ListPrices
from shared.billing.lookups import ListPrice, list_price_of, months_read_again
from shared.billing.masterdata import MasterData
from shared.billing.money import EXACT
from shared.billing.phases import Layout
from shared.billing.pricing import Price, protection_end
from shared.billing.terms import Terms

# Rule R5.8: a month after the term costs 3 % more than the monthly list price, or 23 % more than a month of the term.
_ABOVE_MONTHLY, _ABOVE_TERM = Decimal("1.03"), Decimal("1.23")


@dataclass(slots=True)
class Basis:
    """What prices rest on from `begins` on. `locks` are found in their order as later days are asked for."""

    begins: date
    terms: Terms
    price: Price
    rules: tuple[PricingRule, ...]
    price_day: date
    protection_start: date
    hand_set: bool = False
    extends: Basis | None = None
    locks: list[Price] = field(default_factory=list)
    listed: ListPrices | None = None


@dataclass(slots=True)
class BasisPrices:
    """The prices of the bases of one subscription, of what is known by the end of the day `known`."""

    layout: Layout
    master: MasterData
    known: date
    _renewals: dict[date, date | None] = field(default_factory=dict)

    def on(self, basis: Basis, day: date, split: date | None = None) -> Price:
        """The price of what starts on a day (rules R2.4, R2.5, R2.10)."""
        if basis.hand_set:
            return basis.price
        if basis.extends is not None:
            return self._extended(basis, basis.extends, day)
        lock = self._lock_at(basis, day)
        return self.list_price(basis, day, split) if lock is None else lock

    def changes_after(self, basis: Basis, day: date) -> date:
        """The first day after `day` from which a start on this basis may have another price; `date.max`: none."""
        if basis.hand_set:
            return date.max
        if basis.extends is not None:
            return day + ONE_DAY
        lock = self._lock_at(basis, day)
        if lock is None:
            return self.listed(basis).changes_after(day)
        return self._start_after_protection(lock) or date.max

    def _lock_at(self, basis: Basis, day: date) -> Price | None:
        """The protected price of what starts on a day; None where list prices hold (R2.5)."""
        locks = basis.locks
        while locks:
            renewal = self._start_after_protection(locks[-1])
            if renewal is None or renewal > day:
                break
            locks.append(self._locked_again(basis, max(renewal, basis.begins)))
        lock = next((lock for lock in reversed(locks) if lock.since <= day), locks[0] if locks else None)
        return None if lock is None or lock.protected_until is None else lock

    def _start_after_protection(self, lock: Price) -> date | None:
        """The first start from which a lock no longer counts; None where it has no end, or nothing starts after it."""
        until = lock.protected_until
        if until is not None and until not in self._renewals:
            self._renewals[until] = self.layout.next_start(until)
        return None if until is None else self._renewals[until]

    def _locked_again(self, basis: Basis, renewal: date) -> Price:
        """List prices read again at the first cycle start after protection, locked for another N months (R2.5)."""
        terms = basis.terms
        listed = self.list_price(basis, renewal)
        months = months_read_again(self.master, terms, min(renewal, self.known))
        if months == 0:
            return listed._replace(since=renewal)
        until = protection_end(basis.protection_start, months, renewal)
        return Price(listed.sell, listed.cost, "protected", renewal, listed.by, until)

    def list_price(self, basis: Basis, day: date, split: date | None = None) -> Price:
        """The list price that reaches what starts on a day, whether or not it is protected."""
        return self.listed(basis).on(day, split)

    def listed(self, basis: Basis) -> ListPrices:
        """What the list announced after a basis was captured."""
        if basis.listed is None:
            basis.listed = ListPrices.after(basis.price, basis.price_day, basis.terms, self.master, self.known)
        return basis.listed

    def _extended(self, basis: Basis, before: Basis, day: date) -> Price:
        """A month after the term: 3 % above the monthly list price, without one 23 % above a month of it (R5.8)."""
        monthly: Price | ListPrice | None = (
            self.on(before, day)
            if before.terms.term == 1
            else list_price_of(self.master, basis.terms, day, min(day, self.known), stated_term=True)
        )
        if monthly is not None:
            cost = None if monthly.cost is None else EXACT.multiply(monthly.cost, _ABOVE_MONTHLY)
            return Price(EXACT.multiply(monthly.sell, _ABOVE_MONTHLY), cost, "extended", monthly.since, monthly.by)
        last, months = self.on(before, basis.begins), before.terms.term or 1
        sell, cost = (
            None if amount is None else EXACT.divide(EXACT.multiply(amount, _ABOVE_TERM), months)
            for amount in (last.sell, last.cost)
        )
        assert sell is not None
        return Price(sell, cost, "extended", basis.begins, last.by)
