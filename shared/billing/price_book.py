"""Which price a cycle has: what was captured or edited, protected or listed, by the day that it starts (R2, R2.10).

A `Basis` is what prices rest on from a cycle start on: an order, a conversion, an edited price. Within it protection
locks list prices and reads them again when it ends (R2.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.billing.blocks import PricingRule
from shared.billing.calendar import ONE_DAY
from shared.billing.list_prices import ListPrices
from shared.billing.lookups import extra_charge_of_term, list_price_of, months_read_again
from shared.billing.masterdata import MasterData
from shared.billing.money import EXACT, ZERO, round_money
from shared.billing.phases import Layout, Phase
from shared.billing.pricing import Origin, Price, Quote, installment_unit, protection_end, unit_of
from shared.billing.terms import Terms
from shared.billing.timeline import PriceEdit, Rejection

# Rule R5.8: a month after the term costs 3 % more than the monthly list price, or 23 % more than a month of the term.
_ABOVE_MONTHLY, _ABOVE_TERM = Decimal("1.03"), Decimal("1.23")


@dataclass(slots=True)
class _Basis:
    """What prices rest on from `begins` on. `locks` are found in their order as later days are asked for."""

    begins: date
    terms: Terms
    price: Price
    rules: tuple[PricingRule, ...]
    price_day: date
    protection_start: date
    hand_set: bool = False
    extends: _Basis | None = None
    locks: list[Price] = field(default_factory=list)
    listed: ListPrices | None = None


class _Held(NamedTuple):
    """A quote and the days [since, until) on which a start of its phase has it; `term` where it is one term's only."""

    phase: Phase
    term: date | None
    since: date
    until: date
    quote: Quote


@dataclass(slots=True)
class PriceBook:
    """The prices of one subscription, of what is known by the end of the day `known`."""

    layout: Layout
    edits: tuple[PriceEdit, ...]
    master: MasterData
    known: date
    _bases: list[_Basis] = field(default_factory=list)
    _held: _Held | None = None
    _renewals: dict[date, date | None] = field(default_factory=dict)
    _in_vain: list[Rejection] = field(default_factory=list)

    def quote(self, phase: Phase, term_start: date, day: date, split: date | None = None) -> Quote:
        """The price of what starts on `day` in a phase (a cycle, with installments a term), rules and extra included.

        `split` is a later day inside the cycle on which a new list price holds at once (`price_change_applies`).
        """
        term = term_start if phase.terms.has_installments else None
        held = self._held
        if split is not None:
            return self._quoted(phase, term, self._basis_at(day), day, split)
        if held is None or held.phase is not phase or held.term != term or not held.since <= day < held.until:
            basis = self._basis_at(day)
            quote = self._quoted(phase, term, basis, day)
            held = self._held = _Held(phase, term, day, self._changes_after(basis, day), quote)
        return held.quote

    def _quoted(self, phase: Phase, term: date | None, basis: _Basis, day: date, split: date | None = None) -> Quote:
        terms = phase.terms
        price = self._price(basis, day, split)
        extra = ZERO if term is None else self._extra_charge(phase, term)
        unit = unit_of(price.sell, price.cost, basis.rules, extra)
        per_cycle = unit if term is None else installment_unit(unit, terms.installments, terms.currency)
        return Quote(price, basis.rules, extra, unit, per_cycle, round_money(per_cycle, terms.currency))

    def _changes_after(self, basis: _Basis, day: date) -> date:
        """The first day after `day` from which a start may have another price than on it."""
        following = min((later.begins for later in self._bases if later.begins > day), default=date.max)
        if basis.hand_set:
            return following
        if basis.extends is not None:
            return day + ONE_DAY
        lock = self._lock_at(basis, day)
        if lock is None:
            return min(following, self._listed(basis).changes_after(day))
        renewal = self._start_after_protection(lock)
        return following if renewal is None else min(following, renewal)

    def without_effect(self) -> list[Rejection]:
        """The edits of protection that meet none, or a price that was set by hand, where they begin (R2.7, R2.9)."""
        if not self._bases and any(
            edit.protected_price is not None or edit.activates_protection for edit in self.edits
        ):
            self._found()
        return self._in_vain

    def splits(self, day: date, before: date) -> list[date]:
        """The days after `day` on which a new list price may hold at once: neither protected nor set by hand (R2.6)."""
        basis = self._basis_at(day)
        if basis.hand_set or basis.extends or self._price(basis, day).protected_until is not None:
            return []
        return sorted(on for on in self._listed(basis).days_at_once() if day < on < before)

    def _basis_at(self, day: date) -> _Basis:
        bases = self._bases or self._found()
        place = len(bases) - 1
        while place and bases[place].begins > day:
            place -= 1
        return bases[place]

    def _found(self) -> list[_Basis]:
        """The bases in their order: what phases captured, and edits at the start from which they count."""
        # A phase stands before the edits that came after it, also where both begin on one day: the sort is stable.
        steps: list[tuple[date, int, Phase | PriceEdit]] = [
            (phase.begins, phase.edits_before, phase) for phase in self.layout.phases if phase.capture is not None
        ]
        for place, edit in enumerate(self.edits):
            begins = self._counts_from(edit)
            if begins is not None:
                steps.append((begins, place, edit))
        for begins, _, step in sorted(steps, key=lambda step: step[:2]):
            if isinstance(step, Phase):
                self._bases.append(self._captured(step))
            else:
                edited = self._edited(self._bases[-1], step, begins)
                self._bases += [] if edited is None else [edited]
        return self._bases

    def _counts_from(self, edit: PriceEdit) -> date | None:
        """The start from which an edit counts: of the running cycle, or of the next (with installments, term; R2.7)."""
        return self.layout.next_start_after(edit.on) if edit.begins is None else edit.begins

    def _captured(self, phase: Phase) -> _Basis:
        """The basis that an order, a conversion, a next term or an extension brings."""
        terms, begins = phase.terms, phase.begins
        before = self._bases[-1] if self._bases else None
        by = terms.price_by or phase.by
        if phase.capture == "renewed":
            return self._renewed(begins)
        source: Origin = "hand_set" if terms.user_price else "order" if terms.price_by is None else "list"
        origin = Price(terms.unit_price, terms.unit_cost, source, begins, by)
        protection_start = self._protection_start() if before is None else before.protection_start
        basis = _Basis(begins, terms, origin, terms.pricing, terms.price_day, protection_start, terms.user_price)
        if before is not None and (phase.capture != "conversion" or phase.keeps_rules):
            basis.rules = before.rules
        if phase.capture == "extended":
            basis.extends, basis.hand_set = before, False
        elif not terms.user_price and terms.charge == "upfront":
            until = self._protected_until(phase, basis, before)
            sell = terms.unit_price if terms.protected_price is None else terms.protected_price
            if until is not None:
                basis.locks = [Price(sell, terms.unit_cost, "protected", begins, by, until)]
        return basis

    def _renewed(self, begins: date) -> _Basis:
        """The basis of before an extension, when the term renews after all; what was edited meanwhile is the rule."""
        last = self._bases[-1]
        extended = next(basis for basis in reversed(self._bases) if basis.extends is not None)
        assert extended.extends is not None
        return replace(extended.extends, begins=begins, rules=last.rules)

    def _protected_until(self, phase: Phase, basis: _Basis, before: _Basis | None) -> date | None:
        """Until when a captured price is protected: N months, or as long as the price that it replaces (R2.2, R2.3)."""
        months = phase.terms.protection_months
        if before is None:
            if phase.terms.protected_until is not None:
                return phase.terms.protected_until
            return protection_end(basis.protection_start, months, basis.begins) if months else None
        if phase.capture == "next_term":
            return protection_end(basis.protection_start, months, basis.begins) if months else None
        kept = self._price(before, basis.begins).protected_until
        if kept is None and phase.protects_anew and months:
            basis.protection_start = basis.begins
            return protection_end(basis.begins, months, basis.begins)
        return kept

    def _protection_start(self) -> date:
        """The purchase; after a trial the day it is paid from, with a free period the first billing date (R2.3)."""
        phases = self.layout.phases
        phase = next((phase for phase in phases if phase.kind != "trial"), phases[0])
        return phase.cycles.first_boundary if phase.free else phase.begins

    def _edited(self, before: _Basis, edit: PriceEdit, begins: date) -> _Basis | None:
        """The basis after an edit; None where it comes to nothing."""
        now = self._price(before, begins)
        rules = before.rules if edit.pricing is None else edit.pricing
        if edit.unit_price is not None:
            price = Price(edit.unit_price, now.cost, "hand_set", begins, edit.by)
            rules = edit.pricing or ()
            return replace(before, begins=begins, price=price, rules=rules, hand_set=True)
        if edit.activates_protection:
            return self._activated(before, edit, begins)
        if edit.protected_price is not None and now.protected_until is None:
            reason = f"protected_price has no effect: on {begins}, from when it would count, no price is protected"
            self._in_vain.append(Rejection(*edit.by, "PricingEdited", reason))
        locks = [now] if now.protected_until is not None else []
        if edit.protected_price is not None and locks:
            locks = [now._replace(sell=edit.protected_price, since=begins, by=edit.by)]
        return replace(before, begins=begins, rules=rules, locks=locks)

    def _activated(self, before: _Basis, edit: PriceEdit, begins: date) -> _Basis | None:
        """Protection from the next start on, at the list price of the day it was activated, until the anniversary."""
        until = protection_end(self.layout.phases[0].begins, 12, edit.on)
        reason = ""
        if before.hand_set:
            reason = f"the price of {begins} was set by hand, it is not protected: it stays until it is edited"
        elif until <= begins:
            reason = f"protection has no effect: it would end on {until}, and the next price is that of {begins}"
        if reason:
            self._in_vain.append(Rejection(*edit.by, "PriceProtectionActivated", reason))
            return None
        listed = self._list_price(before, edit.on)
        lock = Price(listed.sell, listed.cost, "protected", edit.on, edit.by, until)
        return replace(before, begins=begins, locks=[lock])

    def _price(self, basis: _Basis, day: date, split: date | None = None) -> Price:
        """The price of what starts on a day (rules R2.4, R2.5, R2.10)."""
        if basis.hand_set:
            return basis.price
        if basis.extends is not None:
            return self._extended(basis, basis.extends, day)
        lock = self._lock_at(basis, day)
        return self._list_price(basis, day, split) if lock is None else lock

    def _lock_at(self, basis: _Basis, day: date) -> Price | None:
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

    def _locked_again(self, basis: _Basis, renewal: date) -> Price:
        """List prices read again at the first cycle start after protection, locked for another N months (R2.5)."""
        terms = basis.terms
        listed = self._list_price(basis, renewal)
        months = months_read_again(self.master, terms, min(renewal, self.known))
        if months == 0:
            return listed._replace(since=renewal)
        until = protection_end(basis.protection_start, months, renewal)
        return Price(listed.sell, listed.cost, "protected", renewal, listed.by, until)

    def _list_price(self, basis: _Basis, day: date, split: date | None = None) -> Price:
        return self._listed(basis).on(day, split)

    def _listed(self, basis: _Basis) -> ListPrices:
        if basis.listed is None:
            basis.listed = ListPrices.after(basis.price, basis.price_day, basis.terms, self.master, self.known)
        return basis.listed

    def _extended(self, basis: _Basis, before: _Basis, day: date) -> Price:
        """A month after the term: 3 % above the monthly list price, without one 23 % above a month of it (R5.8)."""
        if before.terms.term == 1:
            last = self._price(before, day)
            cost = None if last.cost is None else EXACT.multiply(last.cost, _ABOVE_MONTHLY)
            return Price(EXACT.multiply(last.sell, _ABOVE_MONTHLY), cost, "extended", last.since, last.by)
        monthly = list_price_of(self.master, basis.terms, day, min(day, self.known), stated_term=True)
        if monthly is not None:
            cost = None if monthly.cost is None else EXACT.multiply(monthly.cost, _ABOVE_MONTHLY)
            return Price(EXACT.multiply(monthly.sell, _ABOVE_MONTHLY), cost, "extended", monthly.since, monthly.by)
        last, months = self._price(before, basis.begins), before.terms.term or 1
        sell, cost = (
            None if amount is None else EXACT.divide(EXACT.multiply(amount, _ABOVE_TERM), months)
            for amount in (last.sell, last.cost)
        )
        assert sell is not None
        return Price(sell, cost, "extended", basis.begins, last.by)

    def _extra_charge(self, phase: Phase, term_start: date) -> Decimal:
        """The extra charge of a term: captured at execution and at each renewal, for installments only (rule R4.6)."""
        terms = phase.terms
        if term_start <= phase.priced_on:
            return terms.extra_charge_rate
        return extra_charge_of_term(self.master, terms, term_start, self.known)
