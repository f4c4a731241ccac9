"""Changing settings, and what currencies are worth. Pure."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal

from services.orders.accounts import ACCOUNT_FIELDS
from services.orders.commands.bodies import ChangeSetting, SetExchangeRate
from services.orders.commands.books import ORGANISATION, Books
from services.orders.commands.change import Change, known_customer, known_product, known_reseller
from services.orders.stated_settings import settings_in
from shared.billing import facts as billing
from shared.billing.moments import instant, known_key
from shared.billing.settings import refusal
from shared.commands.decision import CommandRefused
from shared.commands.principal import Principal
from shared.events.models.catalog import ExchangeRateSet, SettingChanged
from shared.events.values import moment_text
from shared.projections.spec import Key

# Their streams begin with this.
RATES = "exchange-rate"


def change_setting(books: Books, request: ChangeSetting, principal: Principal) -> Change:
    """A setting from a date on; refused with the sentence that billing has for what cannot hold."""
    principal.need("settings:write", "change settings")
    if request.key == "extra_charge_rate":
        principal.need("rates:write", "set extra_charge_rate")
    key = _about(books, request, principal)
    begins = request.effective_from or books.at.date()
    if instant(begins, UTC) < instant(books.at.date(), UTC):
        principal.need("backdating", "change a setting of the past")
    scope_id = None if key == ORGANISATION else key.scope_id
    change = billing.SettingChanged(request.scope, scope_id, request.key, request.value, begins)
    reason = refusal(change)
    if reason is not None:
        raise CommandRefused(reason)
    body = {
        "scope": request.scope, "scope_id": key.scope_id, "key": request.key, "value": request.value,
        "effective_from": moment_text(begins), "refused": None,
    }  # fmt: skip
    if _is_known(books, key, change):
        return Change(key, body=body)
    event = SettingChanged(
        scope=request.scope, scope_id=scope_id, key=request.key, value=request.value, effective_from=begins
    )
    return Change(key, [(key, [event])], body)


def _about(books: Books, request: ChangeSetting, principal: Principal) -> Key:
    """What a setting is to hold for, which has to be known."""
    if request.scope == "organisation":
        return ORGANISATION
    if request.scope_id is None:
        raise CommandRefused(f"the scope is {request.scope} and scope_id is missing: give the {request.scope}'s id")
    if request.scope == "product":
        return known_product(books, request.scope_id)
    known = known_reseller if request.scope == "reseller" else known_customer
    return known(books, request.scope_id, principal)


def _is_known(books: Books, key: Key, change: billing.SettingChanged) -> bool:
    """Said again it is news only where the account has a field of that name: the later of the two holds."""
    stated = (known for _, known in settings_in(change.scope, key.scope_id, books.registers.get(key, {})))
    return change.key not in ACCOUNT_FIELDS and change in stated


def set_exchange_rate(books: Books, request: SetExchangeRate, principal: Principal) -> Change:
    """What a currency is worth from a date on: shown on documents in the payer's own currency (rule R6.8)."""
    principal.need("settings:write", "set exchange rates")
    event = ExchangeRateSet(**dict(request))
    body = {"base": event.base, "quote": event.quote, "rate": str(event.rate), "date": event.date.isoformat()}
    key = rate_key(request)
    if _worth(books, event) == event.rate:
        return Change(key, body=body)
    return Change(key, [(key, [event])], body, created=True)


def _worth(books: Books, event: ExchangeRateSet) -> Decimal | None:
    """What was said last of these currencies and this day."""
    said = [(fact, fact.body) for fact in books.rates if isinstance(fact.body, billing.ExchangeRateSet)]
    same = [(fact, body) for fact, body in said if (body.base, body.quote, body.date) == _pair(event)]
    _, last = max(same, key=lambda one: known_key(one[0], UTC), default=(None, None))
    return None if last is None else last.rate


def _pair(event: ExchangeRateSet) -> tuple[str, str, date]:
    return event.base, event.quote, event.date


def rate_key(request: SetExchangeRate) -> Key:
    """What the rates of two currencies are about: they have a stream of their own."""
    return Key(RATES, f"{request.base}-{request.quote}")
