"""`seatledger orders`. Imports what it needs when it runs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import typer

from services.addresses import database_dsn
from services.cli_options import After, Effective, Json, Limit, group

orders = group("Orders: look, place, edit, execute, delete.")

Status = Literal["placed", "executed", "deleted"]
Preview = Annotated[bool, typer.Option("--preview", help="Show what would be; change nothing.")]
Order = Annotated[str, typer.Argument(metavar="ORDER", help="The id of the order.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="The id of the item in the order.")]
File = Annotated[
    str | None, typer.Option("--file", metavar="FILE", help="All fields as JSON or YAML instead; - = standard input.")
]
Product = Annotated[str | None, typer.Option(metavar="ID", help="What is bought.")]
Quantity = Annotated[int | None, typer.Option(metavar="N", help="Licences.")]
Term = Annotated[str | None, typer.Option(metavar="DURATION", help="P1M, P1Y, ...; the product's own.")]
Frequency = Annotated[
    str | None, typer.Option(metavar="DURATION", help="The billing plan: P1M, ...; the term: at once.")
]
UnitPrice = Annotated[str | None, typer.Option(metavar="AMOUNT", help="By hand, instead of the list price.")]


@orders.command(name="list")
def list_(
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Of this customer.")] = None,
    reseller: Annotated[str | None, typer.Option(metavar="ID", help="Of this reseller.")] = None,
    status: Annotated[Status | None, typer.Option(help="In this status.")] = None,
    limit: Limit = 100,
    after: After = "",
    as_json: Json = False,
) -> None:
    """Orders by id."""
    from services.orders import cli_commands

    cli_commands.show_all(
        database_dsn, "order", limit=limit, after=after, as_json=as_json, customer=customer,
        reseller=reseller, status=status,
    )  # fmt: skip


@orders.command()
def show(order: Order, as_json: Json = False) -> None:
    """One order with its items, and what was told of them."""
    from services.orders import cli_commands

    cli_commands.show(database_dsn, "order", order, as_json=as_json)


@orders.command()
def offers(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="What is to be bought.")],
    currency: Annotated[str, typer.Option(metavar="XXX", help="EUR, ...")],
    customer: Annotated[str | None, typer.Option(metavar="ID", help="For this customer.")] = None,
    reseller: Annotated[str | None, typer.Option(metavar="ID", help="For a new customer of this reseller.")] = None,
    term: Term = None,
    quantity: Quantity = None,
    as_json: Json = False,
) -> None:
    """What a product can be bought for: every billing plan that can be chosen, with its prices."""
    _ask(
        "ListOffers", "", as_json=as_json, product=product, currency=currency, customer=customer, reseller=reseller,
        term=term, quantity=quantity, names={"product": "PRODUCT"},
    )  # fmt: skip


@orders.command()
def place(
    file: File = None,
    order: Annotated[str | None, typer.Option("--id", metavar="ID", help="Its id; else one is made.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Who orders.")] = None,
    currency: Annotated[str | None, typer.Option(metavar="XXX", help="EUR, ...")] = None,
    product: Product = None,
    quantity: Quantity = None,
    term: Term = None,
    billing_frequency: Frequency = None,
    unit_price: UnitPrice = None,
    effective_at: Effective = None,
    execute: Annotated[bool, typer.Option("--execute", help="Execute it at once; else it is a draft.")] = False,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Place an order of one item; of several, or for a new customer, with --file."""
    item = {
        "product": product, "quantity": quantity, "term": term, "billing_frequency": billing_frequency,
        "unit_price": unit_price,
    }  # fmt: skip
    given = {name: value for name, value in item.items() if value is not None}
    if file is not None and (given or customer or currency or order or effective_at or execute):
        raise typer.BadParameter("--file has all fields of the order: leave the other options out")
    _ask(
        "PlaceOrder", "", preview=preview, as_json=as_json, file=file, order_id=order, currency=currency,
        customer=None if customer is None else {"id": customer}, items=[given], effective_at=effective_at,
        execute=execute, names={"order_id": "--id", **{name: f"--{name.replace('_', '-')}" for name in item}},
    )  # fmt: skip


@orders.command(name="add-item")
def add_item(
    order: Order,
    product: Product = None,
    quantity: Quantity = None,
    term: Term = None,
    billing_frequency: Frequency = None,
    unit_price: UnitPrice = None,
    file: File = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Add an item to a draft."""
    _ask(
        "AddItem", order, preview=preview, as_json=as_json, file=file, product=product, quantity=quantity, term=term,
        billing_frequency=billing_frequency, unit_price=unit_price,
    )  # fmt: skip


@orders.command(name="edit-item")
def edit_item(
    order: Order,
    item: Item,
    product: Product = None,
    quantity: Quantity = None,
    term: Term = None,
    billing_frequency: Frequency = None,
    unit_price: UnitPrice = None,
    file: File = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Edit an item of a draft; its billing plan is chosen here."""
    _ask(
        "ItemChange", order, item=item, preview=preview, as_json=as_json, file=file, product=product,
        quantity=quantity, term=term, billing_frequency=billing_frequency, unit_price=unit_price,
    )  # fmt: skip


@orders.command(name="remove-item")
def remove_item(order: Order, item: Item, as_json: Json = False) -> None:
    """Remove an item from a draft."""
    _ask("RemoveItem", order, item=item, as_json=as_json)


@orders.command()
def execute(order: Order, effective_at: Effective = None, preview: Preview = False, as_json: Json = False) -> None:
    """Execute a draft: its items become subscriptions, and installments come into being."""
    _ask("ExecuteOrder", order, preview=preview, as_json=as_json, effective_at=effective_at)


@orders.command()
def delete(order: Order, as_json: Json = False) -> None:
    """Delete a draft, or hide an executed order without installments: its subscriptions go on and are billed."""
    _ask("DeleteOrder", order, as_json=as_json)


def _ask(
    kind: str,
    about: str,
    *,
    item: str | None = None,
    file: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    preview: bool = False,
    as_json: bool = False,
    **fields: object,
) -> None:
    from services.orders import cli_commands

    cli_commands.ask(
        database_dsn, kind, about, fields, names=names, item=item, file=file, preview=preview, as_json=as_json
    )
