"""What the run of a day would issue to one recipient, reckoned without writing: no lock, no number, no row.

The same functions as the run's, on the subscriptions that can have a line for that recipient: those that look at it,
and those of which it was billed a line before. Documents of different recipients have nothing in common, so what comes
out is what the run then issues, as long as nothing more becomes known before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import AsyncConnection

from services.invoicing.candidates import Candidate, Findings, candidates_of, leave_out_parked, look
from shared.billing.balance import related
from shared.billing.documents import Document, DraftLine, Group
from shared.billing.exchange import exchanged
from shared.billing.run import issue
from shared.errors import BAD_REQUEST, UserError
from shared.store.ledger import last_closed, open_invoices, tax_left

# Some ten seconds of one process; the command line looks at more.
MOST_SUBSCRIPTIONS = 25_000
# In between others are answered.
_AT_A_TIME = 200
_IS_KNOWN = """
SELECT EXISTS (SELECT FROM dependency WHERE scope IN ('customer', 'reseller') AND scope_id = %(recipient)s)
    OR EXISTS (SELECT FROM document WHERE recipient = %(recipient)s)
"""


@dataclass(frozen=True, slots=True)
class NextDocuments:
    """The documents of one recipient in the order of a run. `unbillable` says why it would get none now."""

    documents: Sequence[Document]
    closed: date | None
    subscriptions: int
    unbillable: str | None


async def is_recipient(connection: AsyncConnection, recipient: str) -> bool:
    """Whether any subscription or document names this customer or reseller."""
    row = await (await connection.execute(_IS_KNOWN, {"recipient": recipient})).fetchone()
    return row is not None and bool(row[0])


async def next_documents(connection: AsyncConnection, recipient: str, day: date) -> NextDocuments:
    """What the run of `day` would issue now. UserError for a closed day, and where there is too much to look at.

    `connection` reads the live generation, in one transaction that need not be able to write.
    """
    closed = await last_closed(connection)
    if closed is not None and day < closed:
        raise UserError(f"{day} is closed: the last invoice run is of {closed}; ask about a later day", BAD_REQUEST)
    wanted = await candidates_of(connection, recipient, day, MOST_SUBSCRIPTIONS + 1)
    if len(wanted) > MOST_SUBSCRIPTIONS:
        raise UserError(
            f"more than {MOST_SUBSCRIPTIONS} subscriptions may have a line for {recipient} on {day}: have "
            "`seatledger invoice-run --dry-run` look at them", BAD_REQUEST
        )  # fmt: skip
    findings = await _looked_at(connection, wanted, day)
    if recipient in findings.unbillable:
        return NextDocuments((), closed, len(wanted), findings.unbillable[recipient])
    issued = await _issued(connection, findings, recipient, day)
    return NextDocuments(issued, closed, len(wanted), None)


async def _looked_at(connection: AsyncConnection, wanted: Sequence[Candidate], day: date) -> Findings:
    findings = Findings()
    await leave_out_parked(connection, day, findings)
    for place in range(0, len(wanted), _AT_A_TIME):
        await look(connection, wanted[place : place + _AT_A_TIME], day, findings)
        await asyncio.sleep(0)
    return findings


async def _issued(connection: AsyncConnection, findings: Findings, recipient: str, day: date) -> list[Document]:
    """The documents of the recipient. A layer can have lines for two: those of who comes before it count as well."""
    drafts = [draft for looked in findings.looked for draft in looked.drafts if draft.recipient <= recipient]
    drafts = [draft for draft in drafts if draft.recipient not in findings.unbillable]
    left = await tax_left(connection, _returned(drafts))
    names: dict[Group, str] = {}
    documents = issue(
        drafts, day, lambda group: names.setdefault(group, f"preview {len(names) + 1}"), findings.revisions, left,
        issue_zero_invoices=findings.issue_zero_invoices,
    )  # fmt: skip
    theirs = [document for document in documents if document.recipient == recipient]
    settled = related(theirs, await open_invoices(connection, [recipient]))
    return [exchanged(document, findings.exchange_rates) for document in settled]


def _returned(drafts: Sequence[DraftLine]) -> set[str]:
    return {draft.returns.document for draft in drafts if draft.returns is not None}
