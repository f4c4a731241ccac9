"""`seatledger resellers` and `seatledger customers`. Imports what it needs when it runs."""

from collections.abc import Mapping
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

import typer

from services.addresses import database_dsn
from services.cli_options import After, Json, Limit, group

resellers = group("Resellers: look, register, change.")
customers = group("End customers: look, register, change.")

ResellerId = Annotated[str, typer.Argument(metavar="RESELLER", help="Its id.")]
CustomerId = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its id.")]
OfReseller = Annotated[str | None, typer.Option("--reseller", metavar="ID", help="Who sells to it and pays.")]
Invoicing = Literal["billing_day", "order_day"]
# The options of a reseller, by the field of the command that each one is.
_RESELLER: Mapping[str, Any] = {
    "name": Annotated[str | None, typer.Option(help="As people read it.")],
    "tax_rate": Annotated[str | None, typer.Option(metavar="FRACTION", help='Of who pays: "0.24" is 24 %.')],
    "country": Annotated[str | None, typer.Option(metavar="XX", help="Two letters: GR.")],
    "vat_id": Annotated[str | None, typer.Option(metavar="NUMBER", help="With its country: EL123456789.")],
    "tax_exempt": Annotated[bool | None, typer.Option("--tax-exempt/--not-tax-exempt", help="Whether it pays no tax.")],
    "extra_charge_rate": Annotated[
        str | None, typer.Option(metavar="FRACTION", help='What installments cost more: "0.05" is 5 %.')
    ],
    "transaction_currency": Annotated[
        str | None, typer.Option(metavar="XXX", help="What it pays in: shown on documents beside.")
    ],
}
_CUSTOMER: Mapping[str, Any] = {
    "reseller_id": OfReseller,
    "time_zone": Annotated[str | None, typer.Option(metavar="ZONE", help="Europe/Athens; where its days begin.")],
    "billing_day": Annotated[str | None, typer.Option(metavar="DAY", help="1 to 31, or last.")],
    "partial_charges_invoicing": Annotated[Invoicing | None, typer.Option(help="When partial charges are invoiced.")],
    **_RESELLER,
}
# A customer that is registered here has aggregated invoices.
_CHANGED_CUSTOMER: Mapping[str, Any] = {
    **_CUSTOMER,
    "separate_invoices": Annotated[
        bool | None, typer.Option("--separate-invoices/--aggregated-invoices", help="For documents made afterwards.")
    ],
}


@resellers.command(name="list")
def list_resellers(limit: Limit = 100, after: After = "", as_json: Json = False) -> None:
    """Resellers by id."""
    from services.orders import cli_commands

    cli_commands.show_all(database_dsn, "reseller", limit=limit, after=after, as_json=as_json)


@resellers.command(name="show")
def show_reseller(reseller: ResellerId, as_json: Json = False) -> None:
    """One reseller."""
    from services.orders import cli_commands

    cli_commands.show(database_dsn, "reseller", reseller, as_json=as_json)


@customers.command(name="list")
def list_customers(reseller: OfReseller = None, limit: Limit = 100, after: After = "", as_json: Json = False) -> None:
    """Customers by id."""
    from services.orders import cli_commands

    cli_commands.show_all(database_dsn, "customer", limit=limit, after=after, as_json=as_json, reseller=reseller)


@customers.command(name="show")
def show_customer(customer: CustomerId, as_json: Json = False) -> None:
    """One customer."""
    from services.orders import cli_commands

    cli_commands.show(database_dsn, "customer", customer, as_json=as_json)


def _settle(within: typer.Typer, name: str, kind: str, account: Any, options: Mapping[str, Any], about: str) -> None:
    """Add a command of one account, whose options are fields of the command `kind`."""

    def act(account: str, as_json: bool, **fields: object) -> None:
        from services.orders import cli_commands

        billing_day = fields.get("billing_day")
        if isinstance(billing_day, str) and billing_day.isdecimal():
            fields["billing_day"] = int(billing_day)
        registered = kind.startswith("Register")
        cli_commands.ask(
            database_dsn, kind, "" if registered else account, {**({"id": account} if registered else {}), **fields},
            names={"id": names_id, "reseller_id": "--reseller"}, as_json=as_json,
        )  # fmt: skip

    names_id = "RESELLER" if account is ResellerId else "CUSTOMER"
    parameters = [
        Parameter("account", Parameter.POSITIONAL_OR_KEYWORD, annotation=account),
        *(Parameter(field, Parameter.KEYWORD_ONLY, default=None, annotation=one) for field, one in options.items()),
        Parameter("as_json", Parameter.KEYWORD_ONLY, default=False, annotation=Json),
    ]
    # Typer reads the options of a command from the signature of its function.
    act.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    within.command(name=name, help=about)(act)


_settle(
    resellers, "register", "RegisterReseller", ResellerId, _RESELLER, "Register a reseller with its billing settings."
)
_settle(resellers, "change", "ChangeReseller", ResellerId, _RESELLER, "Change a reseller; what is left out stays.")
_settle(
    customers, "register", "RegisterCustomer", CustomerId, _CUSTOMER,
    "Register an end customer; without a reseller it pays itself. Its invoices are aggregated.",
)  # fmt: skip
_settle(
    customers, "change", "ChangeCustomer", CustomerId, _CHANGED_CUSTOMER,
    "Change a customer; what is left out stays. Another reseller takes its running subscriptions along.",
)  # fmt: skip
