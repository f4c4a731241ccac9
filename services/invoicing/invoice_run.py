"""One invoice run in the database: barrier, charges, documents, numbers, events (architecture: invoices).

A run for a day closes that day. It is one at a time; a run that dies is run again and goes on where it was, because
every chunk is one transaction: issued lines, numbers, events with their outbox rows, and how far each subscription got.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from services.invoicing.shapes import Json

SOURCE = "urn:seatledger:invoicing"
# A chunk is long enough to make its commit cheap and short enough that one that dies loses little.
_LINES_A_CHUNK = 5_000
_SUBSCRIPTIONS_A_READ = 1_000
_RUN_LOCK = 7_201_003

_TYPES = {"invoice": "InvoiceIssued", "credit_note": "CreditNoteIssued"}

_LAST_COMPLETED = "SELECT max(day) FROM invoicing.billing_run WHERE completed_at IS NOT NULL"
_BEGIN = """
INSERT INTO invoicing.billing_run (day, barrier, early) VALUES (%s, %s, %s)
ON CONFLICT (day) DO UPDATE SET barrier = excluded.barrier, early = excluded.early, completed_at = NULL
"""
_COUNT = "UPDATE invoicing.billing_run SET documents = documents + %s, lines = lines + %s WHERE day = %s"
_COMPLETE = "UPDATE invoicing.billing_run SET completed_at = clock_timestamp() WHERE day = %s"
_LOCK = "SELECT one FROM invoicing.billing_lock FOR UPDATE"
_MARK = """
INSERT INTO invoicing.billed (subscription, touched, look_again_on, open_from, new_facts_on, waiting)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::date[], %s::date[], %s::date[], %s::boolean[])
ON CONFLICT (subscription) DO UPDATE SET touched = excluded.touched, look_again_on = excluded.look_again_on,
    open_from = excluded.open_from, new_facts_on = excluded.new_facts_on, waiting = excluded.waiting
"""
_CLEAR_PARKED = "DELETE FROM invoicing.parked_payer"
_PARK = "INSERT INTO invoicing.parked_payer (payer, day, reason) VALUES (%s, %s, %s)"


@dataclass(slots=True)
class Report:
    """What a run did (or would do, with `dry_run`)."""

    day: date
    documents: list[Json] = field(default_factory=list)
    lines: int = 0
    looked_at: int = 0
    parked: dict[str, str] = field(default_factory=dict)
