"""How one subscription is billed on a day: its own terms first, then the settings (table of settings; rule R4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast

from shared.billing.blocks import DecreaseCredit, PartialInvoicing, RefundPolicy, UsageRule
from shared.billing.calendar import first_on_or_after
from shared.billing.history import known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.phases import Layout
from shared.billing.profiles import CustomerProfile
from shared.billing.settings import Value
from shared.billing.terms import Terms


class _Standing(NamedTuple):
    """The policies that hold on the days [since, until)."""

    since: date
    until: date
    terms: Terms
    usage_charge_rule: UsageRule
    refund_policy: RefundPolicy
    decrease_credit: DecreaseCredit
    partial_invoicing: PartialInvoicing


@dataclass(slots=True)
class Policies:
    """The policies of a subscription, of what is known by the end of the day `known`; on a day those of its phase."""

    layout: Layout
    master: MasterData
    known: date
    _standing: _Standing | None = None

    def usage_charge_rule(self, day: date) -> UsageRule:
        """Whether seats added on a day are charged by the day or for the full period (rule R1.8)."""
        return self._on(day).usage_charge_rule

    def refund_policy(self, day: date) -> RefundPolicy:
        """What an ending on a day gives back: by days, by hours, or nothing (R3.3, R5.2). Arrears were not paid yet."""
        return self._on(day).refund_policy

    def decrease_credit(self, day: date) -> DecreaseCredit:
        """Whether a decrease on a day is credited (R3.2). In arrears only used days are charged at all."""
        return self._on(day).decrease_credit

    def partial_invoicing(self, day: date) -> PartialInvoicing:
        """When a partial charge is invoiced: nce on the day, else as the customer has it, else the setting (R1.9)."""
        return self._on(day).partial_invoicing

    def partial_due(self, day: date) -> date:
        """When a partial charge of `day` falls due: then, or on the next occurrence of the own billing day (R1.9)."""
        standing = self._on(day)
        if standing.terms.frequency is None or standing.partial_invoicing == "order_day":
            return day
        return first_on_or_after(day, standing.terms.anchor_day)

    def bills_while_suspended(self, day: date) -> bool:
        """Whether a suspension that begins on a day is billed on; `nce` always is, unless ordered otherwise (R5.7)."""
        terms = self.layout.phase_at(day).terms
        stated = terms.bill_while_suspended
        return self._of_product("bill_while_suspended", terms, day) is True if stated is None else stated

    def splits_cycles(self) -> bool:
        """Whether a list price can hold at once at all: the setting says more than its default somewhere."""
        return self.master.states("price_change_applies")

    def applies_at_once(self, day: date) -> bool:
        """Whether a list price that is effective on a day splits the running cycle (`price_change_applies`)."""
        tz = self.layout.phases[0].terms.tz
        return self.master.setting("price_change_applies", day, tz, self.known) == "immediately"

    def rounding(self, day: date) -> str:
        """`unit` or `line` (settings table)."""
        return cast(str, self.master.setting("rounding", day, self.layout.phases[0].terms.tz, self.known))

    def separate_invoices(self) -> bool:
        """Whether the customer's items go on invoices of their own, as it is known now (rules R6.1, R6.4)."""
        profile = self._profile()
        if profile.states("separate_invoices", self.known):
            return profile.block.separate_invoices is True
        return self._of_customer("separate_invoices", profile, self.known) is True

    def _on(self, day: date) -> _Standing:
        """What holds on a day. Kept while it does: day after day is asked, and few change anything."""
        standing = self._standing
        if standing is None or not standing.since <= day < standing.until:
            standing = self._standing = self._found(day)
        return standing

    def _found(self, day: date) -> _Standing:
        terms, profile = self.layout.phase_at(day).terms, self._profile()
        usage = terms.usage_charge_rule or self._of_product("usage_charge_rule", terms, day)
        refund = terms.refund_policy or self._of_product("refund_policy", terms, day)
        credit = terms.decrease_credit or self._of_product("decrease_credit", terms, day)
        if terms.charge == "arrears":
            refund, credit = "days", "prorated"
        return _Standing(
            day,
            self._changes_after(day, terms, profile),
            terms,
            cast(UsageRule, usage),
            cast(RefundPolicy, refund),
            cast(DecreaseCredit, credit),
            self._invoicing(terms, profile, day),
        )

    def _invoicing(self, terms: Terms, profile: CustomerProfile, day: date) -> PartialInvoicing:
        if terms.nce:
            return "order_day"
        if profile.states("partial_charges_invoicing", day):
            return cast(PartialInvoicing, profile.block.partial_charges_invoicing)
        return cast(PartialInvoicing, self._of_customer("partial_charges_invoicing", profile, day))

    def _changes_after(self, day: date, terms: Terms, profile: CustomerProfile) -> date:
        """The first day after `day` on which something else may hold; `date.max` where none is known."""
        scopes = (
            ("organisation", ""),
            ("product", terms.product_id),
            ("reseller", self._reseller(profile) or ""),
            ("customer", terms.customer_id),
        )
        days = [phase.begins for phase in self.layout.phases]
        days += profile.replaced_from.values()
        days += (on for scope in scopes for on in self.master.settings.days_of(scope, terms.tz))
        return min((on for on in days if on > day), default=date.max)

    def _of_product(self, key: str, terms: Terms, day: date) -> Value:
        return self.master.setting(key, day, terms.tz, self.known, product=terms.product_id, nce=terms.nce)

    def _of_customer(self, key: str, profile: CustomerProfile, day: date) -> Value:
        terms, reseller = self.layout.phases[0].terms, self._reseller(profile)
        return self.master.setting(key, day, terms.tz, self.known, customer=terms.customer_id, reseller=reseller)

    def _reseller(self, profile: CustomerProfile) -> str | None:
        terms = self.layout.phases[0].terms
        return profile.reseller_of(terms.reseller_id, terms.told)

    def _profile(self) -> CustomerProfile:
        terms = self.layout.phases[0].terms
        return self.master.customer(terms.customer_id, terms.tz, known_by_end_of(self.known, terms.tz))
