"""`seatledger subscriptions`: what runs, and the commands on it. Imports what it needs when it runs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

import typer

from services.addresses import database_dsn
from services.cli_options import After, Effective, Json, Limit, group

subscriptions = group("Subscriptions: look, change, take over.")

Status = Literal["pending", "active", "suspended", "expired", "disabled", "deleted", "canceled", "failed"]
Mode = Literal["immediate", "end_of_cycle", "end_of_term"]
Applies = Literal["next_term", "current_cycle"]
Billing = Literal["normal", "none"]
# The most licences that a subscription has.
_MOST = 1_000_000_000
Id = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="The id of the subscription.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show what it would cost; change nothing.")]
Price = Annotated[str | None, typer.Option(metavar="AMOUNT", help="For one licence and one term.")]


@subscriptions.command(name="list")
def list_(
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Of this customer.")] = None,
    reseller: Annotated[str | None, typer.Option(metavar="ID", help="Of this reseller.")] = None,
    status: Annotated[Status | None, typer.Option(help="In this status.")] = None,
    limit: Limit = 100,
    after: After = "",
    as_json: Json = False,
) -> None:
    """Subscriptions as they are, by id."""
    from services.subscriptions import cli

    cli.show_all(
        database_dsn, customer=customer, reseller=reseller, status=status, limit=limit, after=after, as_json=as_json
    )


@subscriptions.command()
def show(subscription: Id, as_json: Json = False) -> None:
    """One subscription: what is scheduled of it, the summary of its billing plan, and what the rules refused of it."""
    from services.subscriptions import cli

    cli.show(database_dsn, subscription, as_json=as_json)


@subscriptions.command()
def quantity(
    subscription: Id,
    to: Annotated[int | None, typer.Option(metavar="N", help="The new total.")] = None,
    add: Annotated[int | None, typer.Option(metavar="N", min=1, max=_MOST, help="So many more.")] = None,
    remove: Annotated[int | None, typer.Option(metavar="N", min=1, max=_MOST, help="So many fewer.")] = None,
    effective_at: Effective = None,
    reason: Annotated[str | None, typer.Option(help="Why; kept with the event.")] = None,
    billing: Annotated[Billing | None, typer.Option(help="none: as if it came at the next cycle start.")] = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Change the number of licences: --to the new total, --add or --remove some."""
    if sum(given is not None for given in (to, add, remove)) != 1:
        raise typer.BadParameter("give one of --to, --add and --remove")
    change = add if add is not None else None if remove is None else -remove
    _ask(
        "ChangeQuantity", subscription, preview=preview, as_json=as_json,
        quantity=to, change=change, effective_at=effective_at, reason=reason, billing=billing,
        names={"quantity": "--to", "change": "--add" if add is not None else "--remove"},
    )  # fmt: skip


@subscriptions.command()
def cancel(
    subscription: Id,
    mode: Annotated[Mode, typer.Option(help="At once, with the running cycle, or with the term.")],
    effective_at: Effective = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Cancel now, with the running cycle, or with the term."""
    _ask("Cancel", subscription, preview=preview, as_json=as_json, mode=mode, effective_at=effective_at)


@subscriptions.command()
def suspend(subscription: Id, effective_at: Effective = None, preview: Preview = False, as_json: Json = False) -> None:
    """Suspend."""
    _ask("Suspend", subscription, preview=preview, as_json=as_json, effective_at=effective_at)


@subscriptions.command()
def reactivate(
    subscription: Id, effective_at: Effective = None, preview: Preview = False, as_json: Json = False
) -> None:
    """Reactivate."""
    _ask("Reactivate", subscription, preview=preview, as_json=as_json, effective_at=effective_at)


@subscriptions.command(name="auto-renew")
def auto_renew(
    subscription: Id,
    on: Annotated[bool, typer.Option("--on/--off", help="Whether the term renews.")],
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Turn the renewal of the term on or off; on takes a scheduled cancellation back."""
    _ask("SetAutoRenew", subscription, preview=preview, as_json=as_json, auto_renew=on)


@subscriptions.command(name="edit-pricing")
def edit_pricing(
    subscription: Id,
    applies: Annotated[Applies, typer.Option(help="current_cycle: not with a billing plan.")] = "next_term",
    unit_price: Price = None,
    protected_price: Price = None,
    rule: Annotated[
        list[str] | None, typer.Option(metavar="RULE=RATE", help="discount, markup or margin, in order: discount=0.10.")
    ] = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Edit the price or its rule; with a billing plan it is active after the renewal."""
    for one in rule or []:
        if "=" not in one:
            raise typer.BadParameter(f"{one!r} is not of the form RULE=RATE, as discount=0.10", param_hint="--rule")
    pricing = [dict(zip(("rule", "rate"), one.split("=", 1), strict=False)) for one in rule or []]
    _ask(
        "EditPricing", subscription, preview=preview, as_json=as_json, applies=applies,
        unit_price=unit_price, protected_price=protected_price, pricing=pricing or None,
        names={"pricing": "--rule"},
    )  # fmt: skip


@subscriptions.command(name="protect-price")
def protect_price(
    several: Annotated[list[str], typer.Argument(metavar="SUBSCRIPTION...", help="One or several.")],
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Activate price protection for Microsoft subscriptions and their active add-ons, at today's list prices."""
    from services.subscriptions import cli

    cli.protect(database_dsn, several, preview=preview, as_json=as_json)


@subscriptions.command(name="billing-plan")
def billing_plan(
    subscription: Id,
    frequency: Annotated[str, typer.Argument(metavar="DURATION", help="P1M or P1Y.")],
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Bill a term of three years monthly instead of annually, or the other way, from the next charge on."""
    _ask(
        "ChangeBillingPlan", subscription, preview=preview, as_json=as_json, billing_frequency=frequency,
        names={"billing_frequency": "DURATION"},
    )  # fmt: skip


@subscriptions.command(name="next-term")
def next_term(
    subscription: Id,
    quantity: Annotated[int | None, typer.Option(metavar="N", help="Licences from the renewal on.")] = None,
    term: Annotated[str | None, typer.Option(metavar="DURATION", help="P1M, P1Y, ...")] = None,
    billing_frequency: Annotated[str | None, typer.Option(metavar="DURATION", help="P1M, P1Y, ...")] = None,
    discard: Annotated[bool, typer.Option("--discard", help="Take back what is scheduled.")] = False,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Schedule what the renewal changes, or discard it."""
    wanted = {"quantity": quantity, "term": term, "billing_frequency": billing_frequency}
    if discard and any(value is not None for value in wanted.values()):
        raise typer.BadParameter("--discard goes alone")
    if discard:
        _ask("DiscardNextTerm", subscription, preview=preview, as_json=as_json)
    else:
        _ask("ScheduleNextTerm", subscription, names={}, preview=preview, as_json=as_json, **wanted)


@subscriptions.command()
def convert(
    subscription: Id,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="The id of the new product.")],
    quantity: Annotated[int | None, typer.Option(metavar="N", help="Another number of licences.")] = None,
    unit_price: Price = None,
    unit_cost: Price = None,
    term: Annotated[str | None, typer.Option(metavar="DURATION", help="Another term.")] = None,
    billing_frequency: Annotated[str | None, typer.Option(metavar="DURATION", help="Another billing plan.")] = None,
    effective_at: Effective = None,
    preview: Preview = False,
    as_json: Json = False,
) -> None:
    """Upgrade or downgrade to another product; without --unit-price at its list price."""
    _ask(
        "Convert", subscription, preview=preview, as_json=as_json, product=product, quantity=quantity,
        unit_price=unit_price, unit_cost=unit_cost, term=term, billing_frequency=billing_frequency,
        effective_at=effective_at, names={"product": "PRODUCT"},
    )  # fmt: skip


@subscriptions.command(name="import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or JSON Lines; - = JSON Lines on standard input.")],
    report: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where refused rows are written, as CSV; else they are shown.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Decide on every row, and take nothing over.")] = False,
    as_json: Json = False,
) -> None:
    """Take over subscriptions that were running before they were billed here; run again it changes nothing."""
    from services.subscriptions import cli_import

    cli_import.import_file(database_dsn, file, report=report, only_check=check, as_json=as_json)


def _ask(
    kind: str,
    subscription: str,
    *,
    names: Mapping[str, str] = MappingProxyType({}),
    preview: bool,
    as_json: bool,
    **fields: object,
) -> None:
    from services.subscriptions import cli

    cli.ask(database_dsn, kind, subscription, names=names, preview=preview, as_json=as_json, **fields)
