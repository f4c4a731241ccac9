"""What `reconcile bill`, `cancel-bill`, `voided-bills` and `costs` do: bills, our cost, what we sell for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from services import presentation
from services.reconciliation.cost.comparing import CostReport, Scope, compare_costs
from services.reconciliation.cost.graph_export import GraphExport
from services.reconciliation.cost.import_store import Imported
from services.reconciliation.cost.imports import cancel_invoice, cancel_voided, import_billed, import_csv
from services.reconciliation.cost.verdicts import Period
from services.reconciliation.vendors.configured import require
from services.reconciliation.vendors.connector import VendorError
from services.reconciliation.vendors.microsoft.config import from_environment
from services.reconciliation.vendors.microsoft.connector import MicrosoftConnector
from services.reconciliation.vendors.microsoft.tokens import MsalTokens
from shared.commands.operating import Database, database_failures
from shared.errors import UserError, WrongUsage
from shared.store.logging import configure_logging
from shared.store.operations import operator

_IMPORTED = ("invoice", "outcome", "rows", "version")
_COSTS = ("subscription", "verdict", "currency", "ours", "theirs", "difference", "sell", "margin", "margin_by_vendor")
_RECKONED = ("difference", "margin", "margin_by_vendor")
_GRAPH = "https://graph.microsoft.com"


def take_in_file(database: Database, file: str, *, as_json: bool) -> None:
    """Take in a reconciliation file that was downloaded from the portal."""
    with database_failures():
        done = asyncio.run(import_csv(database(), Path(file), operator()))
    _show_imported(done, as_json=as_json)


def take_in_invoice(database: Database, invoice: str, *, as_json: bool) -> None:
    """Have Microsoft export an invoice, and take it in. UserError in the vendor's words where it does not."""
    configure_logging("reconcile", "error")
    require("microsoft")
    try:
        with database_failures():
            done = asyncio.run(_exported(database(), invoice))
    except VendorError as error:
        raise UserError(str(error)) from None
    _show_imported([done], as_json=as_json)


async def _exported(dsn: str, invoice: str) -> Imported:
    config = from_environment()
    tokens = MsalTokens(config.model_copy(update={"audience": _GRAPH}))

    async def token() -> str:
        return (await tokens.token()).get_secret_value()

    export = GraphExport(token, config.graph_address)
    try:
        return await import_billed(dsn, export, invoice, operator())
    finally:
        await export.aclose()


def _show_imported(done: Sequence[Imported], *, as_json: bool) -> None:
    if as_json:
        presentation.list_document(done)
        return
    rows = [[getattr(one, name) for name in _IMPORTED] for one in done]
    presentation.table("Bills", _IMPORTED, rows, right=("rows",))
    for one in done:
        if one.voided:
            presentation.say(f"{one.invoice}: was left out of every comparison (cancel-bill), and stays out")


def cancel(database: Database, invoice: str, *, reason: str, as_json: bool) -> None:
    """Leave an invoice that was voided out of every comparison; what was taken in of it stays."""
    with database_failures():
        changed = asyncio.run(cancel_invoice(database(), invoice, operator(), reason))
    if as_json:
        presentation.document({"invoice": invoice, "canceled": True, "changed": changed})
    else:
        presentation.say(f"{invoice}: is compared no more" if changed else f"{invoice}: was left out before")


def leave_out_voided(database: Database, *, as_json: bool) -> None:
    """Leave out what Partner Center's list of invoices says was voided. UserError in its words where it does not."""
    configure_logging("reconcile", "error")
    require("microsoft")
    try:
        with database_failures():
            voided = asyncio.run(_voided(database()))
    except VendorError as error:
        raise UserError(str(error)) from None
    if as_json:
        presentation.list_document([{"invoice": one, "canceled": True} for one in voided])
        return
    for one in voided:
        presentation.say(f"{one}: was voided by Microsoft, and is compared no more")
    if not voided:
        presentation.say("Nothing that counts here was voided by Microsoft")


async def _voided(dsn: str) -> list[str]:
    connector = MicrosoftConnector(from_environment())
    try:
        return await cancel_voided(dsn, [one async for one in connector.list_invoices()], operator())
    finally:
        await connector.aclose()


def costs(database: Database, first: date, last: date, scope: Scope, *, everything: bool, as_json: bool) -> None:
    """Each subscription's cost here and at the vendor, what it is sold for, and the margin."""
    try:
        period = Period(first, last)
    except ValueError as error:
        raise WrongUsage(f"--from, --to: {error}") from None
    with database_failures():
        report = asyncio.run(compare_costs(database(), period, scope=scope))
    if as_json:
        presentation.document(costs_document(report))
        return
    _show_costs(report, everything=everything)


def costs_document(report: CostReport) -> dict[str, object]:
    """A report for programs: each comparison with what is reckoned of it, which people see too."""
    compared = [{**asdict(one), **{name: getattr(one, name) for name in _RECKONED}} for one in report.comparisons]
    return {**asdict(report), "comparisons": compared}


def _show_costs(report: CostReport, *, everything: bool) -> None:
    shown = [one for one in report.comparisons if everything or one.verdict not in ("match", "rounding")]
    counted: dict[str, int] = {}
    for one in report.comparisons:
        counted[one.verdict] = counted.get(one.verdict, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counted.items())) or "nothing to compare"
    presentation.say(f"{report.period.first} to {report.period.last}: {told}\n")
    if shown:
        rows = [[getattr(one, name) for name in _COSTS] for one in shown]
        presentation.table("Costs", _COSTS, rows, right=_COSTS[3:])
    if report.unmatched:
        presentation.say(f"{len(report.unmatched)} rows of the vendor's are of no subscription here: see --json")
