"""Which price a cycle has, by the day that it starts: the bases of a subscription in their order (R2, R2.10)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.billing.basis import Basis, BasisPrices
from shared.billing.lookups import extra_charge_of_term
from shared.billing.masterdata import MasterData
from shared.billing.money import ZERO, round_money
from shared.billing.phases import Layout, Phase
from shared.billing.pricing import Origin, Price, Quote, installment_unit, protection_end, unit_of
from shared.billing.timeline import PriceEdit, Rejection


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
    _bases: list[Basis] = field(default_factory=list)
    _held: _Held | None = None
    _prices: BasisPrices = field(init=False)
    _in_vain: list[Rejection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._prices = BasisPrices(self.layout, self.master, self.known)

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
            until = min((later.begins for later in self._bases if later.begins > day), default=date.max)
            held = self._held = _Held(phase, term, day, min(until, self._prices.changes_after(basis, day)), quote)
        return held.quote

    def _quoted(self, phase: Phase, term: date | None, basis: Basis, day: date, split: date | None = None) -> Quote:
        terms = phase.terms
        price = self._prices.on(basis, day, split)
        extra = ZERO if term is None else self._extra_charge(phase, term)
        unit = unit_of(price.sell, price.cost, basis.rules, extra)
        per_cycle = unit if term is None else installment_unit(unit, terms.installments, terms.currency)
        return Quote(price, basis.rules, extra, unit, per_cycle, round_money(per_cycle, terms.currency))

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
        if basis.hand_set or basis.extends or self._prices.on(basis, day).protected_until is not None:
            return []
        return sorted(on for on in self._prices.listed(basis).days_at_once() if day < on < before)

    def _basis_at(self, day: date) -> Basis:
        bases = self._bases or self._found()
        place = len(bases) - 1
        while place and bases[place].begins > day:
            place -= 1
        return bases[place]

    def _found(self) -> list[Basis]:
        """The bases in their order: what phases captured, and edits at the start from which they count."""
        # A phase stands before the edits that came after it, also where both begin on one day: the sort is stable.
        steps: list[tuple[date, int, Phase | PriceEdit]] = [
            (phase.begins, phase.edits_before, phase) for phase in self.layout.phases if phase.capture is not None
        ]
        for place, edit in enumerate(self.edits):
            begins = self.counts_from(edit)
            if begins is not None:
                steps.append((begins, place, edit))
        for begins, _, step in sorted(steps, key=lambda step: step[:2]):
            if isinstance(step, Phase):
                self._bases.append(self._captured(step))
            else:
                edited = self._edited(self._bases[-1], step, begins)
                self._bases += [] if edited is None else [edited]
        return self._bases

    def counts_from(self, edit: PriceEdit) -> date | None:
        """The start from which an edit counts: of the running cycle, or of the next (with installments, term; R2.7)."""
        return self.layout.next_start_after(edit.on) if edit.begins is None else edit.begins

    def _captured(self, phase: Phase) -> Basis:
        """The basis that an order, a conversion, a next term or an extension brings."""
        terms, begins = phase.terms, phase.begins
        before = self._bases[-1] if self._bases else None
        by = terms.price_by or phase.by
        if phase.capture == "renewed":
            return self._renewed(begins)
        source: Origin = "hand_set" if terms.user_price else "order" if terms.price_by is None else "list"
        origin = Price(terms.unit_price, terms.unit_cost, source, begins, by)
        protection_start = self._protection_start() if before is None else before.protection_start
        basis = Basis(begins, terms, origin, terms.pricing, terms.price_day, protection_start, terms.user_price)
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

    def _renewed(self, begins: date) -> Basis:
        """The basis of before an extension, when the term renews after all; what was edited meanwhile is the rule."""
        last = self._bases[-1]
        extended = next(basis for basis in reversed(self._bases) if basis.extends is not None)
        assert extended.extends is not None
        return replace(extended.extends, begins=begins, rules=last.rules)

    def _protected_until(self, phase: Phase, basis: Basis, before: Basis | None) -> date | None:
        """Until when a captured price is protected: N months, or as long as the price that it replaces (R2.2, R2.3)."""
        months = phase.terms.protection_months
        if before is None:
            if phase.terms.protected_until is not None:
                return phase.terms.protected_until
            return protection_end(basis.protection_start, months, basis.begins) if months else None
        if phase.capture == "next_term":
            return protection_end(basis.protection_start, months, basis.begins) if months else None
        kept = self._prices.on(before, basis.begins).protected_until
        if kept is None and phase.protects_anew and months:
            basis.protection_start = basis.begins
            return protection_end(basis.begins, months, basis.begins)
        return kept

    def _protection_start(self) -> date:
        """The purchase; after a trial the day it is paid from, with a free period the first billing date (R2.3)."""
        phases = self.layout.phases
        phase = next((phase for phase in phases if phase.kind != "trial"), phases[0])
        return phase.cycles.first_boundary if phase.free else phase.begins

    def _edited(self, before: Basis, edit: PriceEdit, begins: date) -> Basis | None:
        """The basis after an edit; None where it comes to nothing."""
        now = self._prices.on(before, begins)
        rules = before.rules if edit.pricing is None else edit.pricing
        if edit.unit_price is not None:
            price = Price(edit.unit_price, now.cost, "hand_set", begins, edit.by)
            rules = edit.pricing or ()
            return replace(before, begins=begins, price=price, rules=rules, hand_set=True)
        if edit.activates_protection:
            return self._activated(before, edit, begins)
        if edit.protected_price is not None and now.protected_until is None:
            reason = (
                f"protected_price has no effect: on {begins}, from when it would count, no price is protected; "
                "edit unit_price instead"
            )
            self._in_vain.append(Rejection(*edit.by, "PricingEdited", reason))
        locks = [now] if now.protected_until is not None else []
        if edit.protected_price is not None and locks:
            locks = [now._replace(sell=edit.protected_price, since=begins, by=edit.by)]
        return replace(before, begins=begins, rules=rules, locks=locks)

    def _activated(self, before: Basis, edit: PriceEdit, begins: date) -> Basis | None:
        """Protection from the next start on, at the list price of the day it was activated, until the anniversary."""
        until = protection_end(self.layout.phases[0].begins, 12, edit.on)
        reason = ""
        if before.hand_set:
            reason = f"the price of {begins} was set by hand, it is not protected: it stays until unit_price is edited"
        elif until <= begins:
            reason = (
                f"protection has no effect: it would end on {until}, and the next price is that of {begins}; "
                "edit unit_price instead"
            )
        if reason:
            self._in_vain.append(Rejection(*edit.by, "PriceProtectionActivated", reason))
            return None
        listed = self._prices.list_price(before, edit.on)
        lock = Price(listed.sell, listed.cost, "protected", edit.on, edit.by, until)
        return replace(before, begins=begins, locks=[lock])

    def _extra_charge(self, phase: Phase, term_start: date) -> Decimal:
        """The extra charge of a term: captured at execution and at each renewal, for installments only (rule R4.6)."""
        terms = phase.terms
        if term_start <= phase.priced_on:
            return terms.extra_charge_rate
        return extra_charge_of_term(self.master, terms, term_start, self.known)
