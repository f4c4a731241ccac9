"""`seatledger reconcile`: what vendors bill, our costs beside it, what is invoiced by hand. Imports when it runs."""

from datetime import datetime
from typing import Annotated

import typer

from services.addresses import database_dsn
from services.cli_options import Json, Limit

bills = typer.Typer()


@bills.command()
def bill(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="A reconciliation file of Microsoft's portal, as CSV.")
    ] = None,
    invoice: Annotated[str | None, typer.Option(metavar="NUMBER", help="Have Microsoft export this invoice.")] = None,
    as_json: Json = False,
) -> None:
    """Take in what Microsoft billed: a file, or an invoice by its number. The same again changes nothing."""
    if (file is None) == (invoice is None):
        raise typer.BadParameter("give a FILE, or --invoice NUMBER")
    from services.reconciliation import cli_costs

    if file is not None:
        cli_costs.take_in_file(database_dsn, file, as_json=as_json)
    else:
        cli_costs.take_in_invoice(database_dsn, invoice or "", as_json=as_json)


@bills.command()
def cancel_bill(
    invoice: Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    as_json: Json = False,
) -> None:
    """Leave an invoice that was voided out of every comparison."""
    from services.reconciliation import cli_costs

    cli_costs.cancel(database_dsn, invoice, reason=reason, as_json=as_json)


@bills.command()
def manual_invoicing(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="Aligned then or later.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Aligned then or earlier.")
    ] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Only of this customer.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what is settled, too.")] = False,
    settle: Annotated[str | None, typer.Option(metavar="ID", help="Say that this alignment is settled.")] = None,
    reason: Annotated[str | None, typer.Option(help="How it was settled: the number of an invoice, say.")] = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """What alignments with billing none left to be invoiced by hand; or say that one of them is settled."""
    if (settle is None) != (reason is None):
        raise typer.BadParameter("give --settle ID and --reason TEXT together")
    from services.reconciliation import cli_by_hand

    if settle is not None:
        cli_by_hand.settle_one(database_dsn, settle, reason or "", as_json=as_json)
        return
    cli_by_hand.show(
        database_dsn, first and first.date(), last and last.date(), customer=customer, settled=everything, limit=limit,
        as_json=as_json,
    )  # fmt: skip


@bills.command()
def voided_bills(as_json: Json = False) -> None:
    """Leave out of every comparison what Partner Center's list of invoices says was voided."""
    from services.reconciliation import cli_costs

    cli_costs.leave_out_voided(database_dsn, as_json=as_json)


@bills.command()
def costs(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="The first day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="The last day.")],
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Only of this customer.")] = None,
    subscription: Annotated[
        str | None, typer.Option(metavar="ID", help="Only of this subscription, by our id or the vendor's.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what agrees, too.")] = False,
    as_json: Json = False,
) -> None:
    """What each subscription costs us, what Microsoft billed for it, what it is sold for, and the margin."""
    from services.reconciliation import cli_costs
    from services.reconciliation.cost.comparing import Scope

    scope = Scope(customer, subscription)
    cli_costs.costs(database_dsn, first.date(), last.date(), scope, everything=everything, as_json=as_json)
