"""The settings of the billing rules: names, values, defaults and levels, in one place.

A setting is looked up from the most specific scope that states it to the organisation, then its default. What an
order item or a customer states in its own fields wins over every setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Literal

from shared.billing.facts import Fact, SettingChanged
from shared.billing.moments import civil_date, known_key

Level = Literal["organisation", "product", "customer", "account"]
Value = str | bool | int | Decimal | None

# Which scopes may state a setting of a level, the most specific first.
_SCOPES: dict[Level, tuple[str, ...]] = {
    "organisation": ("organisation",),
    "product": ("product", "organisation"),
    "customer": ("customer", "reseller", "organisation"),
    "account": ("customer", "reseller", "organisation"),
}


# Two letters of ISO 3166; EL, as VAT numbers write Greece, would be a second name of GR.
_COUNTRY = "(?!EL)[A-Z]{2}"


class UnknownSetting(ValueError):
    """A setting, a value or a scope that does not exist here; the message lists what does."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `kind` says how a written value is read; `choices` where it is one of a list.

    `before` is the default on days before the day it names, where the default has a beginning; `nce` the default of
    new-commerce licences, where that is another one.
    """

    key: str
    level: Level
    kind: Literal["choice", "bool", "int", "rate", "tax_rate", "country"]
    default: Value
    choices: tuple[str, ...] = ()
    before: tuple[date, Value] | None = None
    nce: Value | None = None

    def default_on(self, day: date, *, nce: bool = False) -> Value:
        """What holds on a day where nothing is said, of new-commerce licences or of others (rule R4.3)."""
        if nce and self.nce is not None:
            return self.nce
        if self.before is not None and day < self.before[0]:
            return self.before[1]
        return self.default

    def read(self, written: str) -> Value:
        """The value of a written one. UnknownSetting names what may be written."""
        if self.kind == "choice":
            if written in self.choices:
                return written
            raise UnknownSetting(f"{self.key} cannot be {written!r}: choose one of {', '.join(self.choices)}")
        if self.kind == "bool":
            if written in ("true", "false"):
                return written == "true"
            raise UnknownSetting(f"{self.key} cannot be {written!r}: write true or false")
        if self.kind == "int":
            if written == "none":
                return None
            if written.isascii() and written.isdigit():
                return int(written)
            raise UnknownSetting(f"{self.key} cannot be {written!r}: write a whole number of 0 or more, or none")
        if self.kind == "country":
            if written == "none":
                return None
            if re.fullmatch(_COUNTRY, written):
                return written
            raise UnknownSetting(
                f"{self.key} cannot be {written!r}: write a country as two capital letters, such as DE "
                "(Greece is GR), or none"
            )
        try:
            rate = Decimal(written)
        except InvalidOperation:
            rate = Decimal("NaN")
        if not rate.is_finite() or rate < 0:
            raise UnknownSetting(
                f'{self.key} cannot be {written!r}: write a decimal fraction of 0 or more, such as "0.05"'
            )
        if self.kind == "tax_rate" and rate > 1:
            raise UnknownSetting(f'{self.key} cannot be {written!r}: write a fraction from 0 to 1: 24 % is "0.24"')
        return rate


SETTINGS: Mapping[str, Setting] = {
    setting.key: setting
    for setting in (
        Setting("rounding", "organisation", "choice", "unit", ("unit", "line")),
        Setting("usage_charge_rule", "product", "choice", "per_day", ("per_day", "full_period")),
        Setting("partial_charges_invoicing", "customer", "choice", "billing_day", ("billing_day", "order_day")),
        Setting("free_period_when_started_on_billing_day", "organisation", "bool", False),
        Setting("issue_zero_invoices", "organisation", "bool", False),
        Setting("price_change_applies", "organisation", "choice", "next_cycle", ("next_cycle", "immediately")),
        Setting("decrease_credit", "product", "choice", "prorated", ("prorated", "none")),
        Setting("bill_while_suspended", "product", "bool", True),
        Setting("refund_policy", "product", "choice", "days", ("hours", "days", "none"), nce="hours"),
        Setting("change_window_hours", "product", "int", None, nce=168),
        Setting("full_refund_hours", "product", "int", None, nce=24),
        Setting("separate_invoices", "customer", "bool", False),
        Setting("extra_charge_rate", "account", "rate", Decimal(0)),
        # Microsoft's extended service terms begin on this day (rule R5.8).
        Setting("est_enabled", "organisation", "bool", True, before=(date(2026, 5, 4), False)),
        Setting("seller_country", "organisation", "country", None),
        # Binds the commands of the orders service; billing does not ask it (rule R4.2).
        Setting("billing_plans_enabled", "account", "bool", False),
    )
}

# Beside them a family, because there is one for each country and, where it has its own rate, each type of product.
_TAX_RATES = ("tax_rate.COUNTRY", "tax_rate.COUNTRY.TYPE")
_TAX_RATE = re.compile(rf"tax_rate\.{_COUNTRY}(\..+)?")


def tax_rate_key(country: str, tax_type: str | None = None) -> str:
    """The setting of the tax rate of a country, or of a type of product there (rule R6.7)."""
    return f"tax_rate.{country}" if tax_type is None else f"tax_rate.{country}.{tax_type}"


def setting_named(key: str) -> Setting:
    """The setting of a name. UnknownSetting lists the names that exist."""
    if _TAX_RATE.fullmatch(key):
        return Setting(key, "organisation", "tax_rate", None)
    if key not in SETTINGS:
        raise UnknownSetting(f"there is no setting {key!r}: there are {', '.join((*SETTINGS, *_TAX_RATES))}")
    return SETTINGS[key]


def check(key: str, value: str, scope: str = "organisation") -> None:
    """Refuse a setting that does not exist, a value it cannot have, a scope that may not state it (UnknownSetting)."""
    setting = setting_named(key)
    setting.read(value)
    scopes = _SCOPES[setting.level]
    if scope not in scopes:
        raise UnknownSetting(f"{key} cannot be set for a {scope}: it can be set for {', '.join(scopes)}")


def refusal(change: SettingChanged) -> str | None:
    """Why a SettingChanged cannot hold, in one sentence; None when it can. One that cannot changes nothing."""
    try:
        check(change.key, change.value, change.scope)
    except UnknownSetting as unknown:
        return str(unknown)
    return None


@dataclass(frozen=True, slots=True)
class SettingBook:
    """Every SettingChanged by scope, and what the caller sets for the whole organisation from the start."""

    changes: Mapping[tuple[str, str], Sequence[Fact]]
    overrides: Mapping[str, str]
    stated: frozenset[str]

    @classmethod
    def of(cls, changes: Mapping[tuple[str, str], Sequence[Fact]], overrides: Mapping[str, str]) -> SettingBook:
        """The book of changes that hold, by scope."""
        bodies = (fact.body for facts in changes.values() for fact in facts)
        keys = {body.key for body in bodies if isinstance(body, SettingChanged)}
        return cls(changes, overrides, frozenset(keys | set(overrides)))

    def states(self, key: str) -> bool:
        """Whether anything but the default was ever said."""
        return key in self.stated

    def value(
        self, key: str, on: date, tz: tzinfo, known: date, scopes: Mapping[str, str | None], *, nce: bool = False
    ) -> Value:
        """What a setting is on a day, of what is known by the end of the day `known` (customer's zone).

        `scopes` names the ids of product, reseller and customer in question; a missing one is not asked.
        """
        if key not in self.stated and key in SETTINGS:
            return SETTINGS[key].default_on(on, nce=nce)
        setting = setting_named(key)
        for scope in _SCOPES[setting.level]:
            scope_id = "" if scope == "organisation" else scopes.get(scope)
            if scope_id is None:
                continue
            stated = self._stated(key, (scope, scope_id), on, tz, known)
            if stated is not None:
                return setting.read(stated)
        if key in self.overrides:
            return setting.read(self.overrides[key])
        return setting.default_on(on, nce=nce)

    def days_of(self, scope: tuple[str, str], tz: tzinfo) -> Iterator[date]:
        """The days on which what a scope states begins to hold."""
        bodies = (fact.body for fact in self.changes.get(scope, ()))
        return (civil_date(body.effective_from, tz) for body in bodies if isinstance(body, SettingChanged))

    def next_change(self, concerns: Callable[[str], bool], day: date, tz: tzinfo) -> date | None:
        """The first day after `day` on which a setting of the organisation, of those concerned, begins to hold."""
        days = [
            max(civil_date(fact.body.effective_from, tz), civil_date(fact.time, tz))
            for fact in self.changes.get(("organisation", ""), ())
            if isinstance(fact.body, SettingChanged) and concerns(fact.body.key)
        ]
        return min((begins for begins in days if begins > day), default=None)

    def stated_in(self, scope: tuple[str, str], key: str, on: date, tz: tzinfo, known: date) -> Value:
        """What one scope itself states on a day; None where it says nothing."""
        written = self._stated(key, scope, on, tz, known)
        return None if written is None else setting_named(key).read(written)

    def _stated(self, key: str, scope: tuple[str, str], on: date, tz: tzinfo, known: date) -> str | None:
        """The value in force: latest `effective_from`, on a tie the last that became known."""
        best: tuple[date, tuple[object, ...], str] | None = None
        for fact in self.changes.get(scope, ()):
            body = fact.body
            if not isinstance(body, SettingChanged) or body.key != key:
                continue
            begins = civil_date(body.effective_from, tz)
            if begins > on or civil_date(fact.time, tz) > known:
                continue
            candidate = (begins, known_key(fact, tz), body.value)
            if best is None or candidate[:2] > best[:2]:
                best = candidate
        return None if best is None else best[2]
