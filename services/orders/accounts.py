"""Customers and resellers as last stated: what an event leaves out stays as it was (rule R0.12). Pure."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

from pydantic import JsonValue

from services.orders.stated_settings import SettingScope, is_setting, setting_rows, setting_states
from shared.billing.blocks import CustomerBlock, ResellerBlock
from shared.billing.facts import CustomerStated, Fact, ResellerStated
from shared.billing.masterdata import MasterData
from shared.projections.registers import Registers, Stated, values_of, version_of
from shared.projections.spec import Row, Rows, Table

CUSTOMER = Table(
    "customer",
    (
        "customer", "name", "reseller", "time_zone", "billing_day", "partial_charges_invoicing", "separate_invoices",
        "extra_charge_rate", "country", "vat_id", "tax_rate", "tax_exempt", "transaction_currency", "version",
    ),
    owner="customer",
    key=("customer",),
)  # fmt: skip
RESELLER = Table(
    "reseller",
    (
        "reseller", "name", "country", "vat_id", "tax_rate", "tax_exempt", "extra_charge_rate", "transaction_currency",
        "version",
    ),
    owner="reseller",
    key=("reseller",),
)  # fmt: skip
# Stated by every statement about an account that is no setting.
IS_ACCOUNT = "stated"
RATES = frozenset({"extra_charge_rate", "tax_rate"})
# What is stated of accounts, each in a register of its own.
ACCOUNT_FIELDS = frozenset(
    {"reseller", *(one.name for block in (CustomerBlock, ResellerBlock) for one in fields(block))} - {"id"}
)


def account_states(fact: Fact) -> Stated:
    """The fields that an event states of a customer or a reseller, and its settings."""
    if isinstance(fact.body, CustomerStated):
        yield from _given(fact.body.customer)
        if fact.body.reseller_id is not None:
            yield "reseller", fact.body.reseller_id
    elif isinstance(fact.body, ResellerStated):
        yield from _given(fact.body.reseller)
    else:
        yield from setting_states(fact)


def _given(block: CustomerBlock | ResellerBlock) -> Stated:
    yield IS_ACCOUNT, True
    for field in fields(block):
        value = getattr(block, field.name)
        if value is not None and field.name != "id":
            yield field.name, str(value) if isinstance(value, Decimal) else value


def customer_rows(customer: str, state: Registers, master: MasterData) -> Rows:
    """The row of a customer, if more than settings was said of it, and those of its settings."""
    return _rows("customer", CUSTOMER, customer, state)


def reseller_rows(reseller: str, state: Registers, master: MasterData) -> Rows:
    """The row of a reseller, if more than settings was said of it, and those of its settings."""
    return _rows("reseller", RESELLER, reseller, state)


def _rows(scope: SettingScope, table: Table, account: str, state: Registers) -> Rows:
    rows = [_row(table, account, state)] if IS_ACCOUNT in state else []
    return {table.name: rows, **setting_rows(scope, account, state)}


def account_version(state: Registers) -> str:
    """The version of an account: of its fields, not of its settings."""
    return version_of({name: value for name, value in values_of(state).items() if not is_setting(name)})


def _row(table: Table, account: str, state: Registers) -> Row:
    stated = values_of(state)
    return account, *(_value(name, stated.get(name)) for name in table.columns[1:-1]), account_version(state)


def _value(name: str, value: JsonValue) -> object:
    return Decimal(str(value)) if name in RATES and value is not None else value
