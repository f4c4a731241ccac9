"""Which subscriptions a run has to look at, and everything that is known of them: reads of the live generation.

A run looks at what is due and at what was folded again since the last one: its cost grows with what changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date

import structlog
from psycopg import AsyncConnection

from services.invoicing.projection import SPEC
from shared.billing.account import Account, account_on, next_known
from shared.billing.documents import DraftLine
from shared.billing.exchange import ExchangeRates
from shared.billing.facts import Fact
from shared.billing.ledger import IssuedLine, LayerKey
from shared.billing.masterdata import MasterData
from shared.billing.run import due
from shared.projections.facts import read_facts
from shared.projections.lookup import MasterLookup
from shared.projections.spec import Key
from shared.store.ledger import issued_lines

log = structlog.get_logger()

_DUE = """
SELECT state.scope_id, state.touched,
    CASE WHEN billed.touched = state.touched AND (billed.new_facts_on IS NULL OR billed.new_facts_on > %(day)s)
    THEN billed.open_from END
FROM state LEFT JOIN invoicing.billed AS billed ON billed.subscription = state.scope_id
WHERE state.scope = 'subscription'
    AND (billed.subscription IS NULL OR billed.touched <> state.touched
        OR billed.waiting OR billed.look_again_on <= %(day)s)
"""
_CANDIDATES = f"{_DUE} ORDER BY state.scope_id"
# Who may get a line of a subscription is what it looks at; who got one gets what comes back of it.
_CANDIDATES_OF = f"""{_DUE}
    AND (state.scope_id IN (
            SELECT dependent_id FROM dependency
            WHERE scope IN ('customer', 'reseller') AND scope_id = %(recipient)s AND dependent_scope = 'subscription')
        OR EXISTS (
            SELECT FROM invoicing.issued_line
            WHERE subscription = state.scope_id AND recipient = %(recipient)s))
ORDER BY state.scope_id LIMIT %(most)s
"""
_PARKED = "SELECT scope_id, reason FROM parked WHERE scope = 'subscription' ORDER BY scope_id"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A subscription to look at. `open_from` is given where nothing about it is new since the last run."""

    subscription: str
    touched: int
    open_from: date | None


async def candidates(connection: AsyncConnection, day: date) -> list[Candidate]:
    """The subscriptions that the run of a day has to look at, sorted by id."""
    rows = await (await connection.execute(_CANDIDATES, {"day": day})).fetchall()
    return [Candidate(*row) for row in rows]


async def candidates_of(connection: AsyncConnection, recipient: str, day: date, most: int) -> list[Candidate]:
    """At most `most` of them: those that can have a line for this recipient."""
    wanted = {"day": day, "recipient": recipient, "most": most}
    return [Candidate(*row) for row in await (await connection.execute(_CANDIDATES_OF, wanted)).fetchall()]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a run found of one subscription, and what the next run has to know of it."""

    candidate: Candidate
    drafts: tuple[DraftLine, ...]
    look_again_on: date | None = None
    open_from: date | None = None
    new_facts_on: date | None = None


@dataclass(slots=True)
class Findings:
    """What a run found: lines to issue, and unbillable payers with the reason.

    `revisions` counts the lines of each layer and `left_open` names subscriptions with lines on no document: both are
    brought up to date as chunks are issued, because a layer can have lines for two payers.
    """

    looked: list[Looked] = field(default_factory=list)
    revisions: dict[LayerKey, int] = field(default_factory=dict)
    issue_zero_invoices: bool = False
    exchange_rates: ExchangeRates = field(default_factory=ExchangeRates)
    unbillable: dict[str, str] = field(default_factory=dict)
    left_open: set[str] = field(default_factory=set)

    def add(self, other: Findings) -> None:
        """Take in what was found of other subscriptions in the same run."""
        self.looked += other.looked
        self.revisions |= other.revisions
        self.issue_zero_invoices, self.exchange_rates = other.issue_zero_invoices, other.exchange_rates
        self.unbillable |= other.unbillable
        self.left_open |= other.left_open


async def leave_out_parked(connection: AsyncConnection, day: date, findings: Findings) -> None:
    """Make the payers of parked subscriptions unbillable: what is known of those is not all that was said of them."""
    parked: dict[str, str] = dict(await (await connection.execute(_PARKED)).fetchall())
    facts, master = await _known(connection, list(parked))
    for name, reason in parked.items():
        payer = f"subscription {name}"
        try:
            account = account_on(name, facts.get(Key("subscription", name), []), master, day)
            payer = payer if account is None else account.recipient
        except Exception:  # what parked it may break here too: then it is named itself
            log.exception("subscription_parked", subscription=name)
        findings.unbillable[payer] = f"subscription {name} is parked: {reason}"


async def look(connection: AsyncConnection, batch: Sequence[Candidate], day: date, findings: Findings) -> None:
    """Reckon what is due for some subscriptions by the end of a day, from facts and issued lines.

    One that cannot be reckoned makes its payer unbillable in this run; the others go on (architecture: parked payers).
    """
    names = [candidate.subscription for candidate in batch]
    facts, master = await _known(connection, names)
    issued = await issued_lines(connection, names)
    findings.issue_zero_invoices = master.setting("issue_zero_invoices", day, UTC, day) is True
    findings.exchange_rates = ExchangeRates(master.organisation)
    findings.revisions |= Counter(line.key for lines in issued.values() for line in lines)
    for candidate in batch:
        name = candidate.subscription
        own = facts.get(Key("subscription", name), [])
        account = None
        try:
            account = account_on(name, own, master, day)
            findings.looked.append(_looked(candidate, account, own, master, issued[name], day))
        except Exception as error:  # one subscription that breaks must not keep the others from being billed
            payer = account.recipient if account is not None else f"subscription {name}"
            findings.unbillable[payer] = f"subscription {name}: {type(error).__name__}: {error}"
            log.exception("subscription_unbillable", subscription=name, payer=payer)


async def _known(connection: AsyncConnection, names: Sequence[str]) -> tuple[Mapping[Key, list[Fact]], MasterData]:
    """All facts of some subscriptions, and the master data that they look at."""
    facts = await read_facts(connection, SPEC, [Key("subscription", name) for name in names])
    lookup = MasterLookup(connection, SPEC)
    named = [key for own in facts.values() for fact in own for key in SPEC.names(fact)]
    # A batch of nothing but what waits for its order names nothing, and settings hold for the whole run.
    await lookup.ask([Key("organisation", ""), *named])
    return facts, lookup.made


def _looked(
    candidate: Candidate,
    account: Account | None,
    facts: Sequence[Fact],
    master: MasterData,
    issued: Sequence[IssuedLine],
    day: date,
) -> Looked:
    coming = next_known(account, facts, master, day)
    if account is None:
        return Looked(candidate, (), look_again_on=coming, new_facts_on=coming)
    found = due(account, issued, day, candidate.open_from)
    look_again = min((on for on in (found.next_due, coming) if on is not None), default=None)
    return Looked(candidate, found.drafts, look_again, found.open_from, coming)
