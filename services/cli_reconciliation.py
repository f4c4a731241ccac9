"""`seatledger reconcile`: what vendors have beside what is billed. Imports what it needs when it runs."""

from typing import Annotated, Literal
from uuid import UUID

import typer

from services.addresses import broker_address, database_dsn
from services.cli_options import Effective, Json, Limit, group
from services.cli_vendor_bills import bills

reconciliation = typer.Typer(
    help="What vendors have beside what is billed: look, compare, mend.", rich_markup_mode=None, add_completion=False
)

accounts = group("Accounts of vendors.")
reconciliation.add_typer(accounts, name="accounts")
reconciliation.add_typer(bills)

# The same as services.reconciliation.vendors.configured has.
VendorName = Literal["microsoft", "panda"]
Vendor = Annotated[VendorName | None, typer.Option(help="Of this vendor.")]
Billing = Annotated[
    Literal["none", "normal"], typer.Option(help="none: nothing is invoiced or credited for it; settle it by hand.")
]
About = Annotated[
    str, typer.Argument(metavar="SUBSCRIPTION", help="Our id, or the vendor's where we have none.", show_default=False)
]
Snapshot = Annotated[
    str | None, typer.Option(metavar="ID", help="What it was decided on; without it what was compared last.")
]
Preview = Annotated[bool, typer.Option("--preview", help="Say what would come of it; change nothing.")]


@reconciliation.callback(invoke_without_command=True)
def reconcile(
    context: typer.Context,
    vendor: Vendor = None,
    no_look: Annotated[
        bool, typer.Option("--no-look", help="Compare with what was seen last; the vendor is not asked.")
    ] = False,
    account: Annotated[str | None, typer.Option(metavar="ID", help="Show only this account of the vendor's.")] = None,
    subscription: Annotated[str | None, typer.Option(metavar="ID", help="Show only this subscription.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what agrees, too.")] = False,
    as_json: Json = False,
) -> None:
    """Look at all accounts of a vendor, compare, and show what differs; or mend it with one of the commands below."""
    if context.invoked_subcommand is not None:
        return
    if vendor is None:
        raise typer.BadParameter("name one: --vendor microsoft")
    from services.reconciliation import cli

    cli.reconcile(
        database_dsn, broker_address, vendor, look=not no_look, account=account, subscription=subscription,
        everything=everything, as_json=as_json,
    )  # fmt: skip


@reconciliation.command()
def align_quantity(
    about: About,
    billing: Billing = "none",
    effective_at: Effective = None,
    vendor: Vendor = None,
    snapshot: Snapshot = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Ours gets as many seats as the vendor's has."""
    from services.reconciliation import cli
    from services.reconciliation.commands.bodies import AlignQuantity

    fields = {"action": "ALIGN_BSS_QUANTITY", "billing": billing, "effective_at": effective_at}
    cli.act(
        database_dsn, about, AlignQuantity, fields, vendor=vendor, snapshot=snapshot, preview=preview, as_json=as_json
    )


@reconciliation.command()
def align_status(
    about: About,
    billing: Billing = "none",
    effective_at: Effective = None,
    vendor: Vendor = None,
    snapshot: Snapshot = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Ours is suspended, in use again or over, as the vendor's is."""
    from services.reconciliation import cli
    from services.reconciliation.commands.bodies import AlignStatus

    fields = {"action": "ALIGN_BSS_STATUS", "billing": billing, "effective_at": effective_at}
    cli.act(
        database_dsn, about, AlignStatus, fields, vendor=vendor, snapshot=snapshot, preview=preview, as_json=as_json
    )


@reconciliation.command()
def push_quantity(
    about: About, vendor: Vendor = None, snapshot: Snapshot = None, preview: Preview = False, as_json: Json = False
) -> None:
    """The vendor's gets as many seats as ours has: up, or down as far as its window allows."""
    from services.reconciliation import cli
    from services.reconciliation.commands.bodies import PushQuantity

    fields = {"action": "PUSH_QUANTITY_TO_VENDOR"}
    cli.act(
        database_dsn, about, PushQuantity, fields, vendor=vendor, snapshot=snapshot, preview=preview, as_json=as_json
    )


@reconciliation.command()
def relink(
    about: About,
    to: Annotated[str | None, typer.Option(metavar="VENDOR-ID", help="Ours is this one of the vendor's.")] = None,
    ours: Annotated[str | None, typer.Option(metavar="ID", help="The vendor's is this one of ours.")] = None,
    vendor: Vendor = None,
    snapshot: Snapshot = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Ours is another of the vendor's than it was taken for."""
    if (to is None) == (ours is None):
        raise typer.BadParameter("give --to for one of ours, or --ours for one of the vendor's")
    from services.reconciliation import cli
    from services.reconciliation.commands.bodies import Relink

    fields = {"action": "RELINK", "vendor_subscription": to, "subscription": ours}
    cli.act(database_dsn, about, Relink, fields, vendor=vendor, snapshot=snapshot, preview=preview, as_json=as_json)


@reconciliation.command(name="import")
def import_(
    about: About,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What it is to be here, as JSON or YAML: fields of an import.")
    ],
    vendor: Vendor = None,
    snapshot: Snapshot = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """What only the vendor has becomes ours."""
    from services.reconciliation import cli
    from services.reconciliation.commands.bodies import ImportTheirs
    from shared.commands.body_files import object_in

    fields = {"action": "IMPORT", "subscription": object_in(file)}
    cli.act(
        database_dsn, about, ImportTheirs, fields, vendor=vendor, snapshot=snapshot, preview=preview, as_json=as_json
    )


@reconciliation.command()
def ignore(
    about: About,
    reason: Annotated[str, typer.Option(help="Why both sides may differ so.")],
    vendor: Vendor = None,
    snapshot: Snapshot = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Nobody is told of it again while neither side changes."""
    from services.reconciliation import cli
    from services.reconciliation.commands.bodies import Ignore

    fields = {"action": "IGNORE", "reason": reason}
    cli.act(database_dsn, about, Ignore, fields, vendor=vendor, snapshot=snapshot, preview=preview, as_json=as_json)


@reconciliation.command()
def history(
    vendor: Vendor = None,
    subscription: Annotated[str | None, typer.Option(metavar="ID", help="Of this one, ours or the vendor's.")] = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """Every difference that was found, and what became of it."""
    from services.reconciliation import cli

    cli.history(database_dsn, vendor=vendor, subscription=subscription, limit=limit, as_json=as_json)


@reconciliation.command()
def tasks(
    state: Annotated[Literal["waiting", "done", "failed"] | None, typer.Option(help="Only those.")] = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """What vendors are to do: seats that are pushed, licences of executed orders."""
    from services.reconciliation import cli_tasks

    cli_tasks.show_tasks(database_dsn, state=state, limit=limit, as_json=as_json)


@reconciliation.command()
def provision(
    subscription: Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Our id.")], as_json: Json = False
) -> None:
    """Have the vendor assign the licences of a subscription that has none there: of an order of long ago, say."""
    from services.reconciliation import cli_tasks

    cli_tasks.provision(database_dsn, subscription, as_json=as_json)


@reconciliation.command()
def retry(task: Annotated[UUID, typer.Argument(metavar="TASK", help="Its id.")], as_json: Json = False) -> None:
    """Have a task that failed carried out again; the vendor is asked with the same id, so nothing is done twice."""
    from services.reconciliation import cli_tasks

    cli_tasks.retry(database_dsn, task, as_json=as_json)


@reconciliation.command()
def report(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An Allocation and Usage Report, as CSV.")],
    day_first: Annotated[bool, typer.Option("--day-first", help="03/04/2026 is 3 April.")] = False,
    as_json: Json = False,
) -> None:
    """Take in WatchGuard's own report, where its API says less; then compare with --no-look."""
    from services.reconciliation import cli_tasks

    cli_tasks.report(database_dsn, file, day_first=day_first, as_json=as_json)


@accounts.command()
def gone(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The vendor's id of it.")],
    reason: Annotated[str, typer.Option(help="How that is known.")],
    vendor: Vendor = None,
    as_json: Json = False,
) -> None:
    """The vendor has this account no more: what is billed for it is missing there, until the vendor shows it again."""
    from services.reconciliation import cli_accounts

    cli_accounts.gone(database_dsn, account, vendor=vendor, reason=reason, as_json=as_json)


@reconciliation.command()
def check(
    vendor: Annotated[
        VendorName | None,
        typer.Argument(metavar="VENDOR", help="This one; each that is configured.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Whether vendors let us in with what is configured here; exit code 1 where one does not."""
    from services.reconciliation import cli_vendors

    if not cli_vendors.check(vendor, as_json=as_json):
        raise typer.Exit(1)
