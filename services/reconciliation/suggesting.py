"""What a vendor's licences suggest of how their customer is billed (rule R8.4). A suggestion: nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from psycopg import AsyncConnection

from services.reconciliation.tasks import Task
from services.reconciliation.vendors.watchguard.rules import billing_day_to_suggest
from shared.store.arrays import literal

# Day 1 holds where nothing else was stated.
_DAYS = "SELECT customer, coalesce(billing_day, 1) FROM read.customers WHERE customer = ANY(%s::text[])"


async def billing_days(connection: AsyncConnection, tasks: Iterable[Task]) -> list[str]:
    """A sentence for each customer whose billing day does not go with licences that are assigned to it, by id."""
    wanted: dict[str, int] = {}
    for task in tasks:
        day = billing_day_to_suggest(task.wanted.get("term")) if task.kind == "provision" else None
        if day is not None and task.customer is not None:
            wanted[task.customer] = day
    if not wanted:
        return []
    rows = await (await connection.execute(_DAYS, [literal(sorted(wanted))])).fetchall()
    return list(_suggested(wanted, dict(rows)))


def _suggested(wanted: Mapping[str, int], has: Mapping[str, int]) -> Iterable[str]:
    for customer, day in sorted(wanted.items()):
        if customer in has and has[customer] != day:
            yield (
                f"{customer}: its monthly licences end on the {day}st at the vendor, and its billing day is "
                f"{has[customer]}: seatledger customers change {customer} --billing-day {day} brings them together"
            )
