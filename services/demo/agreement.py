"""Whether the running system and `seatledger simulate` give the same, to the cent, from the same events and days."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from psycopg import AsyncConnection, sql

from services.demo.catalogue import Json
from shared.errors import UserError

_DIFFERENCES_SHOWN: Final = 5
_DOCUMENT: Final = ("date", "kind", "recipient", "customer", "currency", "net", "tax", "gross")
# Of a line, the document that it stands on: without amounts, else one line more would make all of them differ.
_HEAD: Final = _DOCUMENT[:5]
_LINE: Final = (
    "line", "customer", "subscription", "product", "kind", "from", "to", "quantity", "unit_price", "days", "of_days",
    "unit_net", "net", "returns",
)  # fmt: skip
_SUBSCRIPTION: Final = (
    "subscription", "status", "quantity", "unit_price", "billing_plan", "term_start", "term_end", "protected_until",
)  # fmt: skip
_PLAN: Final = (
    "subscription", "billing_plan", "installments", "invoiced", "excluded", "remaining", "next_invoice_date",
    "next_invoice_amount", "next_invoice_gross", "extra_charge_rate",
)  # fmt: skip
# Their rows are as of a day, and begin with the subscription.
_AS_OF_TODAY: Final = ("subscriptions", "installment plans")
_REJECTED: Final = ("id", "type", "reason")
# Of the JSON of `simulate`, the columns that are amounts: written there as decimal strings.
_AMOUNTS: Final = frozenset(
    {"net", "tax", "gross", "unit_price", "unit_net", "next_invoice_amount", "next_invoice_gross", "extra_charge_rate"}
)

# What there is to compare, and how often each row is there.
Rows = Counter[tuple[object, ...]]


@contextmanager
def simulating(
    stream: Path, untils: Iterable[date], days: Sequence[date]
) -> Iterator[dict[date, subprocess.Popen[bytes]]]:
    """`seatledger simulate` on the file of the stream up to each day, beside the system; none outlives the block."""
    runs = ",".join(day.isoformat() for day in days)
    command = [sys.executable, "-m", "services.cli", "simulate", str(stream), "--runs", runs, "--json", "--until"]
    with ExitStack() as running:
        processes = {}
        for until in sorted(set(untils)):
            process = subprocess.Popen([*command, until.isoformat()], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            processes[until] = running.enter_context(process)
            running.callback(process.kill)
        yield processes


def simulated(processes: Mapping[date, subprocess.Popen[bytes]], today: Mapping[str, date]) -> dict[str, Rows]:
    """What they gave, once they are done: each subscription as it is on the day that is today for its customer.

    UserError with the simulation's own words when it failed.
    """
    found = {until: _simulated(process) for until, process in processes.items()}
    latest = found[max(found)]
    ours = {
        kind: Counter(
            {row: n for until, rows in found.items() for row, n in rows[kind].items() if today[str(row[0])] == until}
        )
        for kind in _AS_OF_TODAY
    }
    return latest | ours


def _simulated(process: subprocess.Popen[bytes]) -> dict[str, Rows]:
    output, errors = process.communicate()
    if process.returncode != 0:
        raise UserError(f"seatledger simulate failed on the demonstration's stream: {errors.decode().strip()}")
    return of_simulation(json.loads(output))


def of_simulation(shape: dict[str, Any]) -> dict[str, Rows]:
    """The rows to compare, from what `simulate` prints."""
    documents = shape["documents"]
    lines = [{"on": document, **line} for document in documents for line in document["lines"]]
    return {
        "documents": _rows(_DOCUMENT, documents),
        "lines": Counter((*_values(_HEAD, line["on"]), *_values(_LINE, line)) for line in lines),
        "subscriptions": _rows(_SUBSCRIPTION, shape["subscriptions"]),
        "installment plans": _rows(_PLAN, shape["installment_plans"]),
        "rejected events": _rows(_REJECTED, shape["rejected"]),
    }


async def of_system(connection: AsyncConnection, source: str, subscriptions: Iterable[str]) -> dict[str, Rows]:
    """The same rows from the read views: those of the stream's subscriptions, whatever else the system holds."""
    ours = list(subscriptions)
    on_head = _selected("d", _HEAD) + sql.SQL(", ") + _selected("l", _LINE)
    on_document = "FROM read.documents d JOIN read.document_lines l USING (number) WHERE l.subscription = ANY({ours})"
    of_ours = "FROM read.{view} s WHERE s.subscription = ANY({ours})"

    async def rows(statement: str, columns: sql.Composed, view: str = "") -> Rows:
        query = sql.SQL(statement).format(
            columns=columns, ours=sql.Literal(ours), source=sql.Literal(source), view=sql.Identifier(view)
        )
        return Counter(map(_plain, await (await connection.execute(query)).fetchall()))

    return {
        # A document once, whatever the number of its lines; the number itself is not part of a simulation.
        "documents": await rows(
            "SELECT {columns} FROM read.documents d WHERE number IN "
            "(SELECT number FROM read.document_lines l WHERE l.subscription = ANY({ours}))",
            _selected("d", _DOCUMENT),
        ),
        "lines": await rows("SELECT {columns} " + on_document, on_head),
        "subscriptions": await rows("SELECT {columns} " + of_ours, _selected("s", _SUBSCRIPTION), "subscriptions"),
        "installment plans": await rows("SELECT {columns} " + of_ours, _selected("s", _PLAN), "installment_plans"),
        "rejected events": await rows(
            "SELECT {columns} FROM read.rejected_events r WHERE source = {source}", _selected("r", _REJECTED)
        ),
    }


def differences(system: dict[str, Rows], simulation: dict[str, Rows]) -> list[str]:
    """What one of them has and the other has not, a sentence a row, the first ones of each kind."""
    found = []
    for kind, expected in simulation.items():
        for who, rows in (
            ("only the system has", system[kind] - expected),
            ("only simulate has", expected - system[kind]),
        ):
            shown = sorted(rows, key=str)[:_DIFFERENCES_SHOWN]
            found += [f"{kind}: {who} {' '.join(str(value) for value in row if value is not None)}" for row in shown]
    return found


def _rows(columns: Sequence[str], items: Iterable[Json]) -> Rows:
    return Counter(_values(columns, item) for item in items)


def _values(columns: Sequence[str], item: Json) -> tuple[object, ...]:
    return tuple(
        Decimal(str(value)) if column in _AMOUNTS and value is not None else value
        for column in columns
        for value in (item.get(column),)
    )


def _selected(table: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(table, column) for column in columns)


def _plain(row: Sequence[object]) -> tuple[object, ...]:
    return tuple(value.isoformat() if isinstance(value, date) else value for value in row)
