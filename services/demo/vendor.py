"""What Microsoft has, beside what is billed: an emulated Partner Center with differences planted, found and mended.

Nothing that is done here changes what is billed, so the demonstration can be shown again on the same system.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid5

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from services.demo.catalogue import MICROSOFT, Json
from services.presentation import say
from services.reconciliation import cli
from services.reconciliation.carrying_out import asked_of
from services.reconciliation.commands.bodies import Ignore, PushQuantity, Relink, Request
from services.reconciliation.reacting import told
from services.reconciliation.tasks import carry_out
from services.reconciliation.vendors.configured import connected
from shared.commands.operating import read_now
from shared.errors import UserError
from shared.events.content import NAMESPACE
from shared.store.pool import connect

Row = Mapping[str, Any]
_OURS = """
SELECT subscription, customer, quantity, status, vendor_subscription, term_end, product, auto_renew
FROM read.subscriptions WHERE lower(vendor) = %s AND vendor_subscription IS NOT NULL ORDER BY subscription
"""
_OPEN = """
SELECT verdict, subscription FROM read.discrepancies WHERE vendor = %s AND state = 'open' ORDER BY verdict
"""
# Our words in Partner Center's (rule R7.5).
_STATUSES: Final = {"canceled": "deleted", "failed": "pending"}
_STARTS_WITHIN_S = 20.0
_DONE_WITHIN_S = 60.0


def demonstrate_vendor(dsn: str, broker: str) -> None:
    """Look at the emulated vendor, show what differs, mend it, look again. UserError says what is in the way."""
    ours = read_now(lambda: dsn, billed)
    running = [row for row in ours if row["status"] == "active" and row["quantity"] > 1]
    say("\nReconciliation: an emulated Partner Center has what is billed, but for three differences\n")
    with tempfile.TemporaryDirectory(prefix="seatledger-demo-") as folder:
        seed = Path(folder) / "seed.json"
        seed.write_text(json.dumps(seed_of(ours, running[:3])))
        with _emulated(seed):
            _look(dsn, broker)
            mends = list(_mends(dsn, running[:3]))
            for about, model, fields in mends:
                cli.act(
                    lambda: dsn, about, model, fields, vendor=MICROSOFT, snapshot=None, preview=False, as_json=False
                )
            if not mends:
                say("What was done about them less than an hour ago is not compared yet")
                return
            if any(model is PushQuantity for _, model, _ in mends):
                asyncio.run(_carried_out(dsn))
            say("\nAnd once more:\n")
            _look(dsn, broker)


def _look(dsn: str, broker: str) -> None:
    cli.reconcile(
        lambda: dsn, lambda: broker, MICROSOFT, look=True, account=None, subscription=None, everything=False,
        as_json=False,
    )  # fmt: skip


async def billed(connection: AsyncConnection) -> list[Row]:
    """What is billed here of the vendor's products."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        return list(await (await cursor.execute(_OURS, [MICROSOFT])).fetchall())


def seed_of(ours: Sequence[Row], planted: Sequence[Row]) -> Json:
    """What the emulator holds: ours, with a seat less of one, another suspended, a third under a new id."""
    customers: dict[str, list[Json]] = {}
    for row in ours:
        customers.setdefault(row["customer"], []).append(_resource(row))
    fewer, other, moved = (
        next(one for one in customers[row["customer"]] if one["id"] == row["vendor_subscription"]) for row in planted
    )
    fewer["quantity"] = int(str(fewer["quantity"])) - 1
    other["status"] = "suspended"
    moved |= {"id": _moved(str(moved["id"])), "migratedFromSubscriptionId": moved["id"]}
    return {
        "customers": [
            {"id": str(uuid5(NAMESPACE, customer)), "companyName": customer, "subscriptions": held}
            for customer, held in customers.items()
        ]
    }


def _moved(vendor_subscription: str) -> str:
    return str(uuid5(NAMESPACE, vendor_subscription))


def _resource(row: Row) -> Json:
    return {
        "id": row["vendor_subscription"],
        "offerId": f"{row['product']}:0001:DEMO",
        "offerName": row["product"],
        "quantity": row["quantity"],
        "status": _STATUSES.get(row["status"], row["status"]),
        "autoRenewEnabled": row["auto_renew"],
        "scheduledActions": [] if row["auto_renew"] else [{"scheduleType": "TermEnd", "actionType": "Cancel"}],
        "commitmentEndDateTime": f"{row['term_end']}T23:59:59Z",
        "productType": {"id": "OnlineServicesNCE"},
    }


def _mends(dsn: str, planted: Sequence[Row]) -> Iterator[tuple[str, type[Request], dict[str, object]]]:
    """What is done about each difference that is open: what is ignored since an earlier demonstration stays so."""
    fewer, other, moved = planted
    standing = set(read_now(lambda: dsn, _open))
    if ("QUANTITY_MISMATCH", fewer["subscription"]) in standing:
        yield fewer["subscription"], PushQuantity, {"action": "PUSH_QUANTITY_TO_VENDOR"}
    if ("STATUS_MISMATCH", other["subscription"]) in standing:
        yield other["subscription"], Ignore, {"action": "IGNORE", "reason": "the reseller suspended it there"}
    if ("MISSING_IN_VENDOR", moved["subscription"]) in standing:
        to = _moved(moved["vendor_subscription"])
        yield moved["subscription"], Relink, {"action": "RELINK", "vendor_subscription": to}


async def _open(connection: AsyncConnection) -> list[tuple[str, str]]:
    return list(await (await connection.execute(_OPEN, [MICROSOFT])).fetchall())


async def _carried_out(dsn: str) -> None:
    """What the vendor is to do becomes a task within seconds; the system's worker knows no emulator, so we ask it."""
    until = time.monotonic() + _DONE_WITHIN_S
    async with connected(MICROSOFT) as vendor, await connect(dsn, application="seatledger demo") as connection:
        while True:
            task = await carry_out(connection, {MICROSOFT: asked_of(vendor)}, told)
            if task is not None:
                done = f"the vendor holds {task.wanted['quantity']} seats now" if task.state == "done" else task.error
                say(f"{task.subscription}: {done}")
                return
            if time.monotonic() > until:
                raise UserError("what the vendor is to do was not asked for; look at: seatledger status")
            await asyncio.sleep(0.2)


@contextmanager
def _emulated(seed: Path) -> Iterator[None]:
    """The emulator as a process of its own, and this one configured for it; both end with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "deploy.emulators.microsoft", "--port", str(port), "--seed", str(seed)]
    before = dict(os.environ)
    emulator = subprocess.Popen(command)
    try:
        _wait_for(emulator, port)
        os.environ |= {
            "SEATLEDGER_MICROSOFT_TENANT": "demonstration.example",
            "SEATLEDGER_MICROSOFT_CLIENT_ID": "demonstration",
            "SEATLEDGER_MICROSOFT_CLIENT_SECRET": "demonstration",
            "SEATLEDGER_MICROSOFT_LOGIN_ADDRESS": address,
            "SEATLEDGER_MICROSOFT_API_ADDRESS": address,
            # Nobody counts the requests of an emulator.
            "SEATLEDGER_MICROSOFT_REQUESTS_PER_MINUTE": "60000",
        }
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        emulator.terminate()
        emulator.wait(10)


def _wait_for(emulator: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until:
        if emulator.poll() is not None:
            raise UserError(f"the emulated vendor ended with code {emulator.returncode}: is its port taken? Try again")
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise UserError(f"the emulated vendor did not answer within {_STARTS_WITHIN_S:.0f} s: try again")
