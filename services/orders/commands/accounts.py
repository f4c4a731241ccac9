"""Registering and changing resellers and end customers. Pure.

Rates and taxes are the distributor's to say (permission rates:write): they decide what an account pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from services.orders.accounts import RATES
from services.orders.commands.bodies import ChangeCustomer, ChangeReseller, RegisterCustomer, RegisterReseller
from services.orders.commands.books import Books
from services.orders.commands.change import Change, known_customer, known_reseller, own_reseller
from shared.commands.decision import CommandRefused, Exists, Forbidden, Unknown
from shared.commands.principal import Principal
from shared.events.models.orders import CustomerChanged, CustomerRegistered, ResellerChanged, ResellerRegistered
from shared.projections.spec import Key

_RATES_AND_TAXES = ("extra_charge_rate", "tax_rate", "tax_exempt")


def register_reseller(books: Books, request: RegisterReseller, principal: Principal) -> Change:
    """A reseller with its billing settings."""
    _need_for_resellers(principal, "register resellers")
    _need_for_rates(_given(request), principal)
    key = Key("reseller", request.id)
    if books.account(key) is not None:
        raise Exists(f"reseller {request.id} exists already: choose another id, or change it")
    if books.account(Key("customer", request.id)) is not None:
        raise Exists(_shared("reseller", "customer", request.id))
    return Change(key, [(key, [ResellerRegistered(**_given(request))])], created=True)


def change_reseller(books: Books, reseller: str, request: ChangeReseller, principal: Principal) -> Change:
    """What holds for documents made afterwards, and for plans of orders made afterwards."""
    _need_for_resellers(principal, "change resellers")
    key = known_reseller(books, reseller, principal)
    given = _news(books, key, _given(request))
    _need_for_rates(given, principal)
    return Change(key, [(key, [ResellerChanged(id=reseller, **given)])] if given else ())


def register_customer(books: Books, request: RegisterCustomer, principal: Principal) -> Change:
    """An end customer with its billing settings, of a reseller or paying itself."""
    principal.need("accounts:write", "register customers")
    key = Key("customer", request.id)
    event = registration(books, request, principal)
    if books.account(key) is not None:
        if not principal.reaches(customer=request.id, reseller=books.reseller_of(request.id)):
            raise Forbidden(f"{principal.name} may not register customer {request.id}: choose another id")
        raise Exists(f"customer {request.id} exists already: choose another id, or change it")
    return Change(key, [(key, [event])], created=True)


def registration(books: Books, request: CustomerRegistered, principal: Principal) -> CustomerRegistered:
    """A new end customer, however it comes into being: its items are on aggregated invoices (rule R6.1)."""
    if request.separate_invoices:
        raise CommandRefused(
            f"a new customer has no separate invoices: register {request.id} without separate_invoices, and change "
            "it afterwards"
        )
    reseller = own_reseller(principal, request.reseller_id)
    if reseller is not None and books.account(Key("reseller", reseller)) is None:
        raise Unknown(f"there is no reseller {reseller!r}: register it first")
    _refuse_id_of_reseller(books, request.id, principal)
    given = _given(request)
    _need_for_rates(given, principal)
    return CustomerRegistered(**{**given, "reseller_id": reseller, "separate_invoices": False})


def _refuse_id_of_reseller(books: Books, customer: str, principal: Principal) -> None:
    """The recipient of a document is an id alone: a customer under a reseller's would be sent what is the reseller's.

    Binds commands; an event of upstream is not refused for it. Who may not know of the reseller is not told of it.
    """
    if books.account(Key("reseller", customer)) is None:
        return
    if not principal.reaches(customer=None, reseller=customer):
        raise Forbidden(f"{principal.name} may not register customer {customer}: choose another id")
    raise Exists(_shared("customer", "reseller", customer))


def _shared(new: str, known: str, account: str) -> str:
    return f"{account} is a {known} already, and a {new} of that id would share its documents: choose another id"


def change_customer(books: Books, customer: str, request: ChangeCustomer, principal: Principal) -> Change:
    """What holds for documents made afterwards; a billing day and a reseller reach running subscriptions (R0.12)."""
    principal.need("accounts:write", "change customers")
    key = known_customer(books, customer, principal)
    given = _news(books, key, _given(request))
    _need_for_rates(given, principal)
    reseller = given.get("reseller_id")
    if reseller is not None:
        if principal.role == "reseller":
            raise Forbidden(f"{principal.name} may not give customer {customer} to another reseller")
        known_reseller(books, str(reseller), principal)
    return Change(key, [(key, [CustomerChanged(id=customer, **given)])] if given else ())


def _given(request: RegisterReseller | ChangeReseller | CustomerRegistered | ChangeCustomer) -> dict[str, object]:
    """The fields that a request states."""
    return {name: value for name, value in request if value is not None}


def _news(books: Books, key: Key, given: Mapping[str, object]) -> dict[str, object]:
    """Of the fields given those that differ from what is known."""
    return {name: value for name, value in given.items() if not _is_known(books, key, name, value)}


def _is_known(books: Books, key: Key, name: str, value: object) -> bool:
    """Said again it is news only where a setting of the same name was said meanwhile: the later one holds."""
    known = books.value(key, "reseller" if name == "reseller_id" else name)
    if known is None or books.has_setting(key, name):
        return False
    return Decimal(str(known)) == value if name in RATES else known == value


def _need_for_resellers(principal: Principal, to: str) -> None:
    principal.need("accounts:write", to)
    if principal.role == "reseller":
        raise Forbidden(f"{principal.name} may not {to}: only who works for the distributor may")


def _need_for_rates(given: Mapping[str, object], principal: Principal) -> None:
    for name in _RATES_AND_TAXES:
        if name in given:
            principal.need("rates:write", f"set {name}")
