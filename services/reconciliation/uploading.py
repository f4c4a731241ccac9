"""What a vendor's own report says of its accounts, where its API does not (rule R8.7): a look like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.reconciliation.observing import Observation, observe, readable
from services.reconciliation.vendors.connector import VendorAccount
from services.reconciliation.vendors.watchguard.report import NotAReport, RefusedRow, Report, read_report
from shared.errors import BAD_REQUEST, UserError
from shared.store.pool import connect

PANDA = "panda"
_KNOWN = "SELECT account, name, domain FROM reconciliation.account WHERE vendor = %s"
_INCOMPLETE = "a line of the report that may be of this account could not be read"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a report came to: accounts looked at, those that show something new, and the lines that were not read."""

    accounts: int
    news: int
    not_observed: int
    refused: Sequence[RefusedRow]


def report_in(file: Path, *, day_first: bool) -> Report:
    """The Allocation and Usage Report in a file. UserError for one that is none."""
    try:
        return read_report(file.read_text(encoding="utf-8-sig").splitlines(), day_first=day_first)
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})", BAD_REQUEST) from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: is not UTF-8: save it as UTF-8", BAD_REQUEST) from None
    except NotAReport as error:
        raise UserError(f"{file}, {error}", BAD_REQUEST) from None


async def upload(dsn: str, report: Report) -> Uploaded:
    """Keep what a report says as looks at its accounts, all or none.

    An account of which a line was not read is not observed.
    """
    at = datetime.now(UTC)
    news = failed = 0
    async with await connect(dsn, application="seatledger report") as connection, connection.transaction():
        known = [VendorAccount(*row) for row in await (await connection.execute(_KNOWN, [PANDA])).fetchall()]
        accounts = _accounts(report, known)
        for account in accounts:
            seen = _seen(report, account, at)
            news += await observe(connection, seen)
            failed += seen.failed is not None
    return Uploaded(len(accounts), news, failed, report.refused)


def _accounts(report: Report, known: Sequence[VendorAccount]) -> list[VendorAccount]:
    """The accounts that a report is about: one that shows no ids can only be about accounts that are known by name."""
    found = {account.account_id: account for account in known if any(row.of(account) for row in report.rows)}
    for row in report.rows:
        if row.account_id is not None and row.account_id.lower() not in found:
            account = row.account_id.lower()
            found[account] = VendorAccount(account, row.account or row.account_id)
    return [found[account] for account in sorted(found)]


def _seen(report: Report, account: VendorAccount, at: datetime) -> Observation:
    if not report.is_complete(account):
        return Observation(PANDA, account, at, failed=_INCOMPLETE)
    held = report.entitlements(account, at)
    used: dict[str, int] = {}
    for product in {one.product_key for one in held}:
        usage = report.usage(account, product)
        if usage:
            used[product] = usage[-1][1]
    return readable(Observation(PANDA, account, at, held, used))
