"""How one subscription is billed on a day: its own terms first, then the settings (table of settings; rule R4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from shared.billing.blocks import DecreaseCredit, PartialInvoicing, RefundPolicy, UsageRule
from shared.billing.calendar import first_on_or_after
from shared.billing.history import known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.phases import Layout
from shared.billing.profiles import CustomerProfile
from shared.billing.settings import Value
from shared.billing.terms import Terms


@dataclass(slots=True)
class Policies:
    """The policies of a subscription, of what is known by the end of the day `known`; on a day those of its phase."""

    layout: Layout
    master: MasterData
    known: date
    _customer: CustomerProfile | None = None

    def terms_on(self, day: date) -> Terms:
        """The terms that hold on a day."""
        return self.layout.phase_at(day).terms

    def usage_charge_rule(self, day: date) -> UsageRule:
        """Whether seats added on a day are charged by the day or for the full period (rule R1.8)."""
        return self.terms_on(day).usage_charge_rule or cast(UsageRule, self._of_product("usage_charge_rule", day))

    def refund_policy(self, day: date) -> RefundPolicy:
        """What an ending on a day gives back: by days, by hours, or nothing (R3.3, R5.2). Arrears were not paid yet."""
        terms = self.terms_on(day)
        if terms.charge == "arrears":
            return "days"
        return terms.refund_policy or cast(RefundPolicy, self._of_product("refund_policy", day))

    def decrease_credit(self, day: date) -> DecreaseCredit:
        """Whether a decrease on a day is credited (R3.2). In arrears only used days are charged at all."""
        terms = self.terms_on(day)
        if terms.charge == "arrears":
            return "prorated"
        return terms.decrease_credit or cast(DecreaseCredit, self._of_product("decrease_credit", day))

    def bills_while_suspended(self, day: date) -> bool:
        """Whether a suspension that begins on a day is billed on; `nce` always is, unless ordered otherwise (R5.7)."""
        stated = self.terms_on(day).bill_while_suspended
        return self._of_product("bill_while_suspended", day) is True if stated is None else stated

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

    def partial_invoicing(self, day: date) -> PartialInvoicing:
        """When a partial charge is invoiced: nce on the day, else as the customer has it, else the setting (R1.9)."""
        if self.terms_on(day).nce:
            return "order_day"
        profile = self._profile()
        if profile.states("partial_charges_invoicing", day):
            return cast(PartialInvoicing, profile.block.partial_charges_invoicing)
        return cast(PartialInvoicing, self._of_customer("partial_charges_invoicing", day))

    def separate_invoices(self) -> bool:
        """Whether the customer's items go on invoices of their own, as it is known now (rules R6.1, R6.4)."""
        profile = self._profile()
        if profile.states("separate_invoices", self.known):
            return profile.block.separate_invoices is True
        return self._of_customer("separate_invoices", self.known) is True

    def partial_due(self, day: date) -> date:
        """When a partial charge of `day` falls due: then, or on the next occurrence of the own billing day (R1.9)."""
        terms = self.terms_on(day)
        if terms.frequency is None or self.partial_invoicing(day) == "order_day":
            return day
        return first_on_or_after(day, terms.anchor_day)

    def _of_product(self, key: str, day: date) -> Value:
        terms = self.terms_on(day)
        return self.master.setting(key, day, terms.tz, self.known, product=terms.product_id, nce=terms.nce)

    def _of_customer(self, key: str, day: date) -> Value:
        terms = self.layout.phases[0].terms
        reseller = self._profile().reseller_of(terms.reseller_id, terms.known_at)
        return self.master.setting(key, day, terms.tz, self.known, customer=terms.customer_id, reseller=reseller)

    def _profile(self) -> CustomerProfile:
        if self._customer is None:
            terms = self.layout.phases[0].terms
            limit = known_by_end_of(self.known, terms.tz)
            self._customer = self.master.customer(terms.customer_id, terms.tz, limit)
        return self._customer
