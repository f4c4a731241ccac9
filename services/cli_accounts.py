"""`seatledger resellers` and `seatledger customers`. Imports what it needs when it runs."""

from typing import Annotated

import typer

resellers = typer.Typer(
    help="Resellers: look, register, change.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
customers = typer.Typer(
    help="End customers: look, register, change.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

Json = Annotated[bool, typer.Option("--json", help="JSON for programs instead of tables.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
After = Annotated[str, typer.Option(metavar="ID", help="Those that come after this one.")]
Name = Annotated[str | None, typer.Option(help="As people read it.")]
Rate = Annotated[str | None, typer.Option(metavar="FRACTION", help='What installments cost more: "0.05" is 5 %.')]
TaxRate = Annotated[str | None, typer.Option(metavar="FRACTION", help='Of who pays: "0.24" is 24 %.')]
Exempt = Annotated[bool | None, typer.Option("--tax-exempt/--not-tax-exempt", help="Whether it pays no tax.")]
Country = Annotated[str | None, typer.Option(metavar="XX", help="Two letters: GR.")]
VatId = Annotated[str | None, typer.Option(metavar="NUMBER", help="With its country: EL123456789.")]
Currency = Annotated[str | None, typer.Option(metavar="XXX", help="What it pays in: shown on documents beside.")]
Zone = Annotated[str | None, typer.Option(metavar="ZONE", help="Europe/Athens; where its days begin.")]
Day = Annotated[str | None, typer.Option(metavar="DAY", help="1 to 31, or last.")]
Invoicing = Annotated[str | None, typer.Option(help="billing_day or order_day: when partial charges are invoiced.")]
Separate = Annotated[
    bool | None, typer.Option("--separate-invoices/--aggregated-invoices", help="For documents made afterwards.")
]
ResellerId = Annotated[str, typer.Argument(metavar="RESELLER", help="Its id.")]
CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its id.")]
OfReseller = Annotated[str | None, typer.Option("--reseller", metavar="ID", help="Who sells to it and pays.")]


@resellers.command(name="list")
def list_resellers(limit: Limit = 100, after: After = "", as_json: Json = False) -> None:
    """Resellers by id."""
    from services import system_commands
    from services.orders import cli_commands

    cli_commands.show_all(system_commands.database_dsn(), "reseller", limit=limit, after=after, as_json=as_json)


@resellers.command(name="show")
def show_reseller(reseller: ResellerId, as_json: Json = False) -> None:
    """One reseller."""
    from services import system_commands
    from services.orders import cli_commands

    cli_commands.show(system_commands.database_dsn(), "reseller", reseller, as_json=as_json)


@resellers.command(name="register")
def register_reseller(
    reseller: ResellerId,
    name: Name = None,
    tax_rate: TaxRate = None,
    country: Country = None,
    vat_id: VatId = None,
    tax_exempt: Exempt = None,
    extra_charge_rate: Rate = None,
    transaction_currency: Currency = None,
    as_json: Json = False,
) -> None:
    """Register a reseller with its billing settings."""
    _ask(
        "RegisterReseller", "", as_json, id=reseller, name=name, tax_rate=tax_rate, country=country, vat_id=vat_id,
        tax_exempt=tax_exempt, extra_charge_rate=extra_charge_rate, transaction_currency=transaction_currency,
    )  # fmt: skip


@resellers.command(name="change")
def change_reseller(
    reseller: ResellerId,
    name: Name = None,
    tax_rate: TaxRate = None,
    country: Country = None,
    vat_id: VatId = None,
    tax_exempt: Exempt = None,
    extra_charge_rate: Rate = None,
    transaction_currency: Currency = None,
    as_json: Json = False,
) -> None:
    """Change a reseller; what is left out stays."""
    _ask(
        "ChangeReseller", reseller, as_json, name=name, tax_rate=tax_rate, country=country, vat_id=vat_id,
        tax_exempt=tax_exempt, extra_charge_rate=extra_charge_rate, transaction_currency=transaction_currency,
    )  # fmt: skip


@customers.command(name="list")
def list_customers(reseller: OfReseller = None, limit: Limit = 100, after: After = "", as_json: Json = False) -> None:
    """Customers by id."""
    from services import system_commands
    from services.orders import cli_commands

    dsn = system_commands.database_dsn()
    cli_commands.show_all(dsn, "customer", limit=limit, after=after, as_json=as_json, reseller=reseller)


@customers.command(name="show")
def show_customer(customer: CustomerId, as_json: Json = False) -> None:
    """One customer."""
    from services import system_commands
    from services.orders import cli_commands

    cli_commands.show(system_commands.database_dsn(), "customer", customer, as_json=as_json)


@customers.command(name="register")
def register_customer(
    customer: CustomerId,
    reseller: OfReseller = None,
    name: Name = None,
    time_zone: Zone = None,
    billing_day: Day = None,
    partial_charges_invoicing: Invoicing = None,
    country: Country = None,
    vat_id: VatId = None,
    tax_rate: TaxRate = None,
    tax_exempt: Exempt = None,
    extra_charge_rate: Rate = None,
    transaction_currency: Currency = None,
    as_json: Json = False,
) -> None:
    """Register an end customer; without a reseller it pays itself. Its invoices are aggregated."""
    _ask(
        "RegisterCustomer", "", as_json, id=customer, reseller_id=reseller, name=name, time_zone=time_zone,
        billing_day=_day(billing_day), partial_charges_invoicing=partial_charges_invoicing, country=country,
        vat_id=vat_id, tax_rate=tax_rate, tax_exempt=tax_exempt, extra_charge_rate=extra_charge_rate,
        transaction_currency=transaction_currency,
    )  # fmt: skip


@customers.command(name="change")
def change_customer(
    customer: CustomerId,
    reseller: OfReseller = None,
    name: Name = None,
    time_zone: Zone = None,
    billing_day: Day = None,
    partial_charges_invoicing: Invoicing = None,
    separate_invoices: Separate = None,
    country: Country = None,
    vat_id: VatId = None,
    tax_rate: TaxRate = None,
    tax_exempt: Exempt = None,
    extra_charge_rate: Rate = None,
    transaction_currency: Currency = None,
    as_json: Json = False,
) -> None:
    """Change a customer; what is left out stays. Another reseller takes its running subscriptions along."""
    _ask(
        "ChangeCustomer", customer, as_json, reseller_id=reseller, name=name, time_zone=time_zone,
        billing_day=_day(billing_day), partial_charges_invoicing=partial_charges_invoicing,
        separate_invoices=separate_invoices, country=country, vat_id=vat_id, tax_rate=tax_rate, tax_exempt=tax_exempt,
        extra_charge_rate=extra_charge_rate, transaction_currency=transaction_currency,
    )  # fmt: skip


def _day(written: str | None) -> int | str | None:
    return int(written) if written is not None and written.isdecimal() else written


def _ask(kind: str, about: str, as_json: bool, **fields: object) -> None:
    from services import system_commands
    from services.orders import cli_commands

    cli_commands.ask(system_commands.database_dsn(), kind, about, fields, as_json=as_json)
