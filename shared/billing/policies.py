"""How one subscription is billed on a day: its own terms first, then the settings (table of settings; rule R4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from shared.billing.blocks import DecreaseCredit, PartialInvoicing, RefundPolicy, UsageRule
from shared.billing.calendar import first_on_or_after
from shared.billing.history import known_by_end_of
from shared.billing.masterdata import CustomerProfile, MasterData
from shared.billing.settings import Value
from shared.billing.terms import Terms


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of a subscription, of what is known by the end of the day `known`."""

    terms: Terms
    master: MasterData
    known: date

    def usage_charge_rule(self, day: date) -> UsageRule:
        """Whether seats added on a day are charged by the day or for the full period (rule R1.8)."""
        return self.terms.usage_charge_rule or cast(UsageRule, self._of_product("usage_charge_rule", day))

    def refund_policy(self, day: date) -> RefundPolicy:
        """What an ending on a day gives back: by days, by hours, or nothing (R3.3, R5.2). Arrears were not paid yet."""
        if self.terms.charge == "arrears":
            return "days"
        return self.terms.refund_policy or cast(RefundPolicy, self._of_product("refund_policy", day))

    def decrease_credit(self, day: date) -> DecreaseCredit:
        """Whether a decrease on a day is credited (R3.2). In arrears only used days are charged at all."""
        if self.terms.charge == "arrears":
            return "prorated"
        return self.terms.decrease_credit or cast(DecreaseCredit, self._of_product("decrease_credit", day))

    def rounding(self, day: date) -> str:
        """`unit` or `line` (settings table)."""
        return cast(str, self.master.setting("rounding", day, self.terms.tz, self.known))

    def partial_invoicing(self, day: date) -> PartialInvoicing:
        """When a partial charge is invoiced: nce on the day, else as the customer has it, else the setting (R1.9)."""
        if self.terms.nce:
            return "order_day"
        stated = self._profile().block.partial_charges_invoicing
        if stated is not None:
            return stated
        return cast(PartialInvoicing, self._of_customer("partial_charges_invoicing", day))

    def separate_invoices(self) -> bool:
        """Whether the customer's items go on invoices of their own, as it is known now (rules R6.1, R6.4)."""
        stated = self._profile().block.separate_invoices
        if stated is not None:
            return stated
        return self._of_customer("separate_invoices", self.known) is True

    def partial_due(self, day: date) -> date:
        """When a partial charge of `day` falls due: then, or on the next occurrence of the own billing day (R1.9)."""
        if self.terms.frequency is None or self.partial_invoicing(day) == "order_day":
            return day
        return first_on_or_after(day, self.terms.cycles.day)

    def _of_product(self, key: str, day: date) -> Value:
        return self.master.setting(key, day, self.terms.tz, self.known, product=self.terms.product_id)

    def _of_customer(self, key: str, day: date) -> Value:
        terms = self.terms
        reseller = self._profile().reseller_of(terms.reseller_id, terms.known_at)
        return self.master.setting(key, day, terms.tz, self.known, customer=terms.customer_id, reseller=reseller)

    def _profile(self) -> CustomerProfile:
        return self.master.customer(self.terms.customer_id, self.terms.tz, known_by_end_of(self.known, self.terms.tz))
