"""What we billed and what it cost us, beside what Microsoft billed us: read, matched, compared (rule R7.7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from psycopg import AsyncConnection, IsolationLevel

from services.reconciliation.cost.import_store import MICROSOFT, rows_in
from services.reconciliation.cost.matching import Unmatched, VendorLink, matched
from services.reconciliation.cost.our_cost import OurLine, Priced
from services.reconciliation.cost.verdicts import CostComparison, Limits, Period, Verdict, compared
from shared.errors import NOT_FOUND, UserError
from shared.store.pool import connect

Links = Callable[[AsyncConnection], Awaitable[Iterable[VendorLink]]]
"""Gives what our subscriptions go by at the vendor; asked in the transaction that everything is read in."""

_LINKS: Final = """
SELECT ours.subscription, ours.vendor_subscription, array_remove(array_agg(theirs.migrated_from), NULL)
FROM read.subscriptions AS ours
LEFT JOIN read.vendor_subscriptions AS theirs
    ON theirs.vendor = %(vendor)s AND theirs.vendor_subscription = lower(ours.vendor_subscription)
WHERE lower(ours.vendor) = %(vendor)s AND ours.vendor_subscription IS NOT NULL
GROUP BY ours.subscription, ours.vendor_subscription
"""
# Which of our subscriptions a comparison is of (rule R7.2).
_SCOPE: Final = """
SELECT subscription FROM read.subscriptions
WHERE lower(vendor) = %(vendor)s
    AND (%(customer)s::text IS NULL OR customer = %(customer)s)
    AND (%(subscription)s::text IS NULL OR subscription = %(subscription)s
        OR lower(vendor_subscription) = lower(%(subscription)s))
"""
# A credit has no price of its own: that of the line it returns is its.
_OUR_LINES: Final = """
SELECT line.subscription, line.line, line.kind, line."from", line."to", line.quantity, document.currency,
    line.unit_price, line.net, line.days, line.of_days, line.why -> 'kept', line.why -> 'of',
    priced.why #>> '{price,unit_cost}', priced.why #> '{price,parts}', priced.why #> '{price,months}',
    priced.why #> '{price,of_months}', priced.why -> 'kept', priced.why -> 'of'
FROM read.document_lines AS line
JOIN read.documents AS document USING (number)
JOIN read.subscriptions AS subscription ON subscription.subscription = line.subscription
LEFT JOIN read.document_lines AS priced
    ON priced.subscription = line.subscription AND priced.line = coalesce(line.returns, line.line)
WHERE lower(subscription.vendor) = %(vendor)s AND line."from" <= %(last)s AND line."to" >= %(first)s
ORDER BY line.subscription, line."from", line.line
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what costs are compared: of everything, a customer's, or of one subscription, by our id or the vendor's."""

    customer: str | None = None
    subscription: str | None = None

    @property
    def is_all(self) -> bool:
        return self.customer is None and self.subscription is None


@dataclass(frozen=True, slots=True)
class CostReport:
    """Every subscription of ours with lines or rows in the period, by its id, and the rows that are nobody's here.

    Of a part of ours no row is said to be nobody's: whose else it is was not asked.
    """

    vendor: str
    period: Period
    comparisons: tuple[CostComparison, ...]
    unmatched: tuple[Unmatched, ...]

    def of(self, *verdicts: Verdict) -> tuple[CostComparison, ...]:
        """Those with one of some verdicts."""
        return tuple(one for one in self.comparisons if one.verdict in verdicts)


async def compare_costs(
    dsn: str,
    period: Period,
    links: Links | None = None,
    *,
    vendor: str = MICROSOFT,
    limits: Limits | None = None,
    scope: Scope | None = None,
) -> CostReport:
    """Compare a period: what we issued for it, and what was taken in of the vendor's bills, as both stand now.

    Without `links` our subscriptions go by the ids that we have of the vendor, and by those that they had there before.
    UserError where nothing here is in `scope`.
    """
    async with await connect(dsn, application="seatledger costs") as connection:
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        async with connection.transaction():
            return await compare_on(connection, period, links, vendor=vendor, limits=limits, scope=scope)


async def compare_on(
    connection: AsyncConnection,
    period: Period,
    links: Links | None = None,
    *,
    vendor: str = MICROSOFT,
    limits: Limits | None = None,
    scope: Scope | None = None,
) -> CostReport:
    """The same, on a connection that reads one moment."""
    scope = scope or Scope()
    lines = await our_lines(connection, vendor, period)
    rows = await rows_in(connection, vendor, period)
    known = list(await (known_links(connection, vendor) if links is None else links(connection)))
    asked = None if scope.is_all else await _within(connection, vendor, scope)
    theirs, unmatched = matched(rows, known)
    found = (
        compared(subscription, lines.get(subscription, ()), theirs.get(subscription, ()), period, limits)
        for subscription in sorted({*lines, *theirs})
        if asked is None or subscription in asked
    )
    rest = tuple(unmatched) if asked is None else ()
    return CostReport(vendor, period, tuple(one for one in found if one is not None), rest)


async def _within(connection: AsyncConnection, vendor: str, scope: Scope) -> frozenset[str]:
    arguments = {"vendor": vendor, "customer": scope.customer, "subscription": scope.subscription}
    found = frozenset(row[0] for row in await (await connection.execute(_SCOPE, arguments)).fetchall())
    if not found:
        of = [f"subscription {scope.subscription!r}"] if scope.subscription is not None else ["subscription"]
        of += [f"of customer {scope.customer!r}"] if scope.customer is not None else []
        raise UserError(f"there is no {vendor} {' '.join(of)} here", NOT_FOUND)
    return found


async def known_links(connection: AsyncConnection, vendor: str) -> list[VendorLink]:
    """Our subscriptions of a vendor's products of which we know the vendor's id."""
    rows = await (await connection.execute(_LINKS, {"vendor": vendor})).fetchall()
    return [VendorLink(ours, theirs, former_ids=tuple(former)) for ours, theirs, former in rows]


async def our_lines(connection: AsyncConnection, vendor: str, period: Period) -> Mapping[str, Sequence[OurLine]]:
    """The lines of issued documents that have days in a period, of the subscriptions of a vendor's products."""
    arguments = {"vendor": vendor, "first": period.first, "last": period.last}
    found: dict[str, list[OurLine]] = {}
    for row in await (await connection.execute(_OUR_LINES, arguments)).fetchall():
        found.setdefault(row[0], []).append(_line(row))
    return found


def _line(row: Sequence[Any]) -> OurLine:
    subscription, line, kind, start, end, quantity, currency, unit_price, net = row[:9]
    days, of_days, kept, of, unit_cost, parts, months, of_months, charged, charged_of = row[9:]
    cost = None if unit_cost is None else Decimal(unit_cost)
    priced = Priced(cost, parts or 1, months, of_months, _part(charged, charged_of))
    by_days, stays = _part(days, of_days), _part(kept, of)
    return OurLine(subscription, line, kind, start, end, quantity, currency, unit_price, net, priced, by_days, stays)


def _part(some: int | None, of: int | None) -> Fraction | None:
    return None if some is None or of is None else Fraction(some, of)
