"""What `seatledger subscriptions` does: reads the views, and handles commands on the database directly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection

from services.presentation import Page, document, list_document, say, table
from services.preview_tables import preview_tables
from services.subscriptions import queries
from services.subscriptions.commands import bodies
from services.subscriptions.commands.bodies import Command
from services.subscriptions.desk import SubscriptionDesk
from services.subscriptions.scheduled_table import scheduled_table
from shared.commands.operating import Database, body_of, operate, read_now
from shared.commands.typed import Typed
from shared.errors import NOT_FOUND, UserError

Json = Mapping[str, Any]
_SHOWN = (
    "subscription", "status", "quantity", "unit_price", "billing_plan", "term_start", "term_end", "customer",
    "reseller", "product", "currency", "auto_renew",
)  # fmt: skip
_FIGURES = ("quantity", "unit_price")


def show_all(
    database: Database,
    *,
    customer: str | None,
    reseller: str | None,
    status: str | None,
    limit: int,
    after: str,
    as_json: bool,
) -> None:
    """Subscriptions by id."""

    async def read(connection: AsyncConnection) -> list[queries.Subscription]:
        return await queries.subscriptions(
            connection, after, limit + 1, customer=customer, reseller=reseller, status=status
        )

    found = [one.model_dump(mode="json") for one in read_now(database, read)]
    page = Page(found, limit, lambda one: str(one["subscription"]))
    if as_json:
        list_document(page.items, page.next)
        return
    table("Subscriptions", _SHOWN, [[one[name] for name in _SHOWN] for one in page.items], right=_FIGURES)
    page.say_more()


def show(database: Database, subscription: str, *, as_json: bool) -> None:
    """One subscription, what is scheduled of it, its plan, and what was refused of it."""

    async def read(connection: AsyncConnection) -> tuple[Any, list[queries.RejectedEvent]]:
        return (
            await queries.subscription(connection, subscription),
            await queries.rejected_events(connection, ("", "", ""), 1000, subscription),
        )

    found, rejected = read_now(database, read)
    if found is None:
        raise UserError(
            f"there is no subscription {subscription!r}; one that was just ordered appears within seconds", NOT_FOUND
        )
    shown = found[0].model_dump(mode="json")
    if as_json:
        document({**shown, "rejected": [one.model_dump(mode="json") for one in rejected]})
        return
    table("Subscription", _SHOWN, [[shown[name] for name in _SHOWN]], right=_FIGURES)
    scheduled_table(shown["scheduled"])
    plan_table(shown["installment_plan"])
    if rejected:
        table("Rejected", ("type", "reason", "id"), [(one.type, one.reason, one.id) for one in rejected])


def plan_table(plan: Json | None) -> None:
    """The summary of a billing plan as people read it: what is excluded only where something is (rule R4.8)."""
    if plan is None:
        return
    labels = {
        "billing_plan": "Billing Plan", "installments": "Installments", "invoiced": "Invoiced", "excluded": "Excluded",
        "remaining": "Remaining", "next_invoice_date": "Next Invoice Date",
        "next_invoice_amount": "Next Invoice Amount", "next_invoice_gross": "With Tax",
        "extra_charge_rate": "Extra Charge",
    }  # fmt: skip
    hidden = {name for name in ("excluded", "extra_charge_rate") if not Decimal(plan[name])}
    named = [name for name in labels if name not in hidden]
    table("Plan", [labels[name] for name in named], [[plan[name] for name in named]])


def ask(
    database: Database,
    kind: str,
    subscription: str,
    *,
    names: Mapping[str, str],
    preview: bool,
    as_json: bool,
    **fields: object,
) -> None:
    """Carry out a command, or show what it would cost. UserError says why it is not carried out.

    `names` is what a person typed for fields whose option has another name (`shared.commands.typed`).
    """
    model: Any = getattr(bodies, kind)
    typed = Typed(names)
    body = body_of(model, fields, typed)
    decided = operate(
        database, SubscriptionDesk(), Command(subscription, body), preview=preview,
        reword=lambda sentence: typed.sentence(sentence, model.model_fields),
    )  # fmt: skip
    if as_json:
        document(decided.body)
    else:
        _show_decided(decided.body, preview=preview)


def protect(database: Database, several: Sequence[str], *, preview: bool, as_json: bool) -> None:
    """Activate price protection for each; those that are refused are named at the end, and the others are done.

    As JSON the answers of those that are done are {"items": [...]}, also of one.
    """
    refused: list[tuple[str, UserError]] = []
    done: list[Json] = []
    for subscription in dict.fromkeys(several):
        command = Command(subscription, bodies.ActivateProtection())
        try:
            done.append(operate(database, SubscriptionDesk(), command, preview=preview).body)
        except UserError as error:
            refused.append((subscription, error))
        else:
            if not as_json:
                _show_decided(done[-1], preview=preview)
    if as_json and done:
        document({"items": done})
    if refused:
        sentences = "\n".join(f"{subscription}: {error}" for subscription, error in refused)
        raise UserError(sentences, refused[0][1].kind)


def _show_decided(body: Json, *, preview: bool) -> None:
    if preview:
        preview_tables(body)
        return
    if not body["events"]:
        say("It is so already: nothing was changed")
    shown = body["subscription"]
    table("Subscription", _SHOWN, [[shown[name] for name in _SHOWN]], right=_FIGURES)
    scheduled_table(shown["scheduled"])
