"""`seatledger products` and `seatledger settings`. Imports what it needs when it runs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import typer

from services.addresses import database_dsn
from services.cli_options import After, Json, Limit, group

products = group("The catalogue: products and list prices.")
settings = group("Settings, and what currencies are worth.")

Scope = Literal["organisation", "product", "reseller", "customer"]
Product = Annotated[str, typer.Argument(metavar="PRODUCT", help="Its id.")]
Duration = Annotated[str | None, typer.Option(metavar="DURATION", help="P1M, P1Y, ...; without one it is any.")]
Amount = Annotated[str | None, typer.Option(metavar="AMOUNT", help="For one licence and one term.")]


@products.command(name="list")
def list_(limit: Limit = 100, after: After = "", as_json: Json = False) -> None:
    """Products by id."""
    from services.orders import cli_commands

    cli_commands.show_all(database_dsn, "product", limit=limit, after=after, as_json=as_json)


@products.command()
def show(product: Product, as_json: Json = False) -> None:
    """One product with its list prices."""
    from services.orders import cli_commands

    cli_commands.show(database_dsn, "product", product, as_json=as_json)


@products.command()
def define(
    product: Product,
    file: Annotated[
        str, typer.Option("--file", metavar="FILE", help="Its fields as JSON or YAML; - = standard input.")
    ],
    as_json: Json = False,
) -> None:
    """Define a product; defined again, it replaces what it was."""
    _ask("DefineProduct", product, as_json, file)


@products.command()
def copy(
    product: Product,
    to: Annotated[str, typer.Argument(metavar="NEW", help="The id of the copy.")],
    as_json: Json = False,
) -> None:
    """Copy a product under another id, with its prices and billing plans."""
    _ask("CopyProduct", product, as_json, names={"product_id": "NEW"}, product_id=to)


@products.command()
def delete(product: Product, as_json: Json = False) -> None:
    """Delete a product and its billing plans; running subscriptions stay."""
    _ask("DeleteProduct", product, as_json)


@products.command()
def price(
    product: Product,
    unit_price: Amount,
    currency: Annotated[str, typer.Option(metavar="XXX", help="EUR, ...")],
    effective_from: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day it holds.")],
    unit_cost: Amount = None,
    term: Duration = None,
    billing_frequency: Duration = None,
    backdate: Annotated[bool, typer.Option("--backdate", help="The day lies in the past, and is meant.")] = False,
    reason: Annotated[str | None, typer.Option(help="With --backdate: why; kept with the event.")] = None,
    as_json: Json = False,
) -> None:
    """Announce a list price from a day on."""
    _ask(
        "ChangePrice", product, as_json, unit_price=unit_price, unit_cost=unit_cost, currency=currency, term=term,
        billing_frequency=billing_frequency, effective_from=effective_from, backdate=backdate, reason=reason,
        names={"effective_from": "--from"},
    )  # fmt: skip


@settings.command(name="list")
def list_settings(
    scope: Annotated[Scope | None, typer.Option(help="What they hold for.")] = None,
    scope_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Of this one.")] = None,
    as_json: Json = False,
) -> None:
    """Settings by what they hold for; with why one cannot hold, where it cannot."""
    from services.orders import cli_commands

    cli_commands.show_settings(database_dsn, scope=scope, scope_id=scope_id, as_json=as_json)


@settings.command(name="set")
def set_(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Such as billing_plans_enabled.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As the page of settings writes it.")],
    scope: Annotated[Scope, typer.Option(help="What it holds for.")] = "organisation",
    scope_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Of which one.")] = None,
    effective_from: Annotated[str | None, typer.Option("--from", metavar="WHEN", help="From then on; today.")] = None,
    as_json: Json = False,
) -> None:
    """Change a setting from a day on."""
    _ask(
        "ChangeSetting", "", as_json, scope=scope, scope_id=scope_id, key=key, value=value,
        effective_from=effective_from,
        names={"key": "KEY", "value": "VALUE", "scope_id": "--id", "effective_from": "--from"},
    )  # fmt: skip


@settings.command(name="exchange-rate")
def exchange_rate(
    base: Annotated[str, typer.Argument(metavar="XXX", help="One unit of this")],
    quote: Annotated[str, typer.Argument(metavar="YYY", help="is worth so much of this:")],
    rate: Annotated[str, typer.Argument(metavar="RATE", help="1.0837")],
    date: Annotated[str, typer.Option(metavar="DATE", help="From this day on.")],
    as_json: Json = False,
) -> None:
    """Set what a currency is worth from a day on."""
    names = {"base": "XXX", "quote": "YYY", "rate": "RATE"}
    _ask("SetExchangeRate", "", as_json, names=names, base=base, quote=quote, rate=rate, date=date)


def _ask(
    kind: str,
    about: str,
    as_json: bool,
    file: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    **fields: object,
) -> None:
    from services.orders import cli_commands

    cli_commands.ask(database_dsn, kind, about, fields, names=names, file=file, as_json=as_json)
