"""A system with a life, a backup in the middle of it, and everything that a disaster must not change."""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

from typer.testing import CliRunner

from deploy.local import embedded_postgres
from services.cli import app
from shared.errors import UserError
from tests.infrastructure.billing_system import BillingSystem, Event
from tests.integration.invoicing.test_invoice_runs import RELEASE_NOTES
from tests.integration.replay.systems import looked_at

ROOT = Path(__file__).parents[3]
BEFORE, CREDITED, AFTER = date(2019, 3, 1), date(2019, 4, 1), date(2019, 5, 1)
# What is written once, and what readers see. Of free lines the days of their cycle follow from nothing in the log.
KEPT = {
    "events": "SELECT stream_id, sequence, id, type, version, time, subject, source, data::text FROM store.event",
    "lines": """
        SELECT subscription, cycle_start, layer_start, revision, document, kind, customer, recipient, product, currency,
            start_day, end_day, quantity, unit_price, unit_net, net, tax_rate, days,
            CASE WHEN kind <> 'free' THEN of_days END, returns, reverse_charge, why
        FROM invoicing.issued_line
    """,
    "tax": "SELECT * FROM invoicing.returnable_tax",
    "open": "SELECT document, day, recipient, customer, currency, gross, open FROM invoicing.open_invoice",
    "numbers": "SELECT * FROM invoicing.document_counter",
    "days": "SELECT day, documents, lines, completed_at IS NOT NULL FROM invoicing.billing_run WHERE documents > 0",
    **{
        view: f"SELECT * FROM read.{view}"
        for view in (
            "documents", "document_lines", "open_invoices", "balances", "next_charges", "installment_plans",
            "subscriptions", "rejected_events", "orders", "order_items", "customers", "resellers", "products",
            "list_prices", "settings", "vendor_accounts", "vendor_subscriptions", "discrepancies",
        )
    },
}  # fmt: skip


def today() -> date:
    return datetime.now(UTC).date()


def seats(event_id: str, on: str, quantity: int) -> Event:
    data = {"subscription_id": "sub-1", "customer_id": "cus-1", "quantity": quantity}
    return {"id": event_id, "source": "urn:test", "type": "LicensesChanged", "time": f"{on}T09:00:00Z", "data": data}


class Office:
    """Who works at the command line."""

    def __init__(self, dsn: str, broker: str) -> None:
        self._environment = {"SEATLEDGER_DATABASE": dsn, "SEATLEDGER_BROKER": broker, "SEATLEDGER_OPERATOR": "ada"}

    def now(self, command: str) -> str:
        """What a command prints; raises the UserError that it ends with."""
        answer = CliRunner().invoke(app, command.split(), env=self._environment)
        if isinstance(answer.exception, UserError):
            raise answer.exception
        assert answer.exit_code == 0, f"{command}: {answer.output} {answer.exception!r}"
        return answer.output

    async def asks(self, *commands: str) -> None:
        for command in commands:
            await asyncio.to_thread(self.now, command)


async def before_the_backup(system: BillingSystem, office: Office) -> None:
    """Accounts, a product, an order that is executed; and two days that are closed."""
    await system.emit(RELEASE_NOTES)
    await office.asks(
        "resellers register shop --name Shop --tax-rate 0.24",
        "customers register contoso --reseller shop --time-zone Europe/Athens",
        f"products define o365-e3 --file {ROOT / 'examples' / 'o365-e3.yaml'}",
        "settings set billing_plans_enabled true",
        "settings set billing_plans_enabled true --scope reseller --id shop",
        "orders place --id ord-9 --customer contoso --currency EUR --product o365-e3 --quantity 5 "
        "--billing-frequency P1M --execute",
    )
    await system.settled()
    for day in (date(2019, 2, 1), BEFORE):
        await system.run(day)
    await system.settled()


async def after_the_backup(system: BillingSystem, office: Office) -> None:
    """Every kind of stream goes on or begins; fewer seats, known late, give a credit note; days are closed.

    A vendor is looked at as well, and has something else.
    """
    await system.emit([seats("fewer", "2019-03-16", 3), *looked_at()])
    await office.asks(
        "subscriptions quantity ord-9-1 --add 3",
        "customers register fabrikam --reseller shop",
        "resellers register other --name Other",
        "products copy o365-e3 o365-e3-copy",
        "products price o365-e3 --currency EUR --unit-price 132.00 --term P1Y --from 2199-01-01",
        "settings set issue_zero_invoices true --scope organisation",
        "settings set separate_invoices true --scope customer --id contoso",
        "settings exchange-rate EUR USD 1.0837 --date 2026-01-01",
        "orders place --id ord-draft --customer contoso --currency EUR --product o365-e3 --quantity 1",
        "orders delete ord-draft",
    )
    await system.settled()
    for day in (CREDITED, AFTER):
        await system.run(day)
    await system.run(today(), early=True)
    await system.settled()


async def everything(system: BillingSystem) -> dict[str, list[str]]:
    """All that a disaster must not change."""
    await system.come_to(today())
    await system.settled()
    return {name: sorted(map(str, await system.query(query))) for name, query in KEPT.items()}


def backed_up(dsn: str, folder: Path) -> Path:
    """A dump of a database, by the wheel's own pg_dump."""
    file = folder / "backup.dump"
    _program("pg_dump", "--format=custom", f"--file={file}", dsn)
    return file


def restored(dump: Path, dsn: str) -> None:
    """The dump in an empty database."""
    _program("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={dsn}", str(dump))


def _program(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(embedded_postgres.binary(name)), *arguments], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr
