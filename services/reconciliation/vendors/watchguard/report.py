"""The uploaded Allocation and Usage Report, for where the API's summary of allocations cannot be used.

UNVERIFIED AGAINST A LIVE TENANT, see `report_columns`. One line is one row: with "Show Detailed Usage" an allocation
has a row for each stretch of days on which its numbers stayed the same.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.reconciliation.vendors.connector import Entitlement, VendorAccount
from services.reconciliation.vendors.watchguard.answers import end_of
from services.reconciliation.vendors.watchguard.config import SUBSCRIPTION
from services.reconciliation.vendors.watchguard.report_columns import (
    BadCell,
    WrongOrder,
    columns_of,
    day,
    is_open,
    missing_in,
    seats,
)
from services.reconciliation.vendors.watchguard.rules import UsageRow, quantities_of_usage
from services.reconciliation.vendors.watchguard.summary import Allocation

_DELIMITERS: Final = (",", ";", "\t")
# A title and the period may stand above the heading.
_HEADING_WITHIN: Final = 20


class NotAReport(Exception):
    """A file out of which nothing can be taken; the sentence says which line and what to do."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A line of a report, counted from 1 in the file. It holds from `start` to `end`, both days included."""

    line: int
    account_id: str | None
    account: str | None
    product: str
    allocation_type: str
    licence: str | None
    allocated: int
    used: int | None
    start: date | None
    end: date | None
    expiry: date | None

    def of(self, account: VendorAccount) -> bool:
        """By its id; by its name where the report shows no ids."""
        if self.account_id is not None:
            return self.account_id.lower() == account.account_id
        return self.account is not None and self.account.casefold() == account.name.strip().casefold()

    @property
    def allocation(self) -> tuple[str, str, str]:
        return self.product.lower(), self.allocation_type.lower(), (self.licence or "").lower()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A line that was not taken, and why; `account` is what it names as one, by id or name, where that can be read."""

    line: int
    reason: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was read, and the lines that were not, each refused by itself."""

    rows: Sequence[ReportRow]
    refused: Sequence[RefusedRow]

    def entitlements(self, account: VendorAccount, now: datetime) -> Sequence[Entitlement]:
        """What an account has now: of each allocation the latest row that has begun and not ended before today."""
        today = now.date()
        latest: dict[tuple[str, str, str], ReportRow] = {}
        for row in self.rows:
            if not row.of(account) or (row.start is not None and row.start > today):
                continue
            known = latest.get(row.allocation)
            if known is None or (row.start or date.min) >= (known.start or date.min):
                latest[row.allocation] = row
        return [
            _allocation(row, account).entitlement(now) for row in latest.values() if row.end is None or row.end >= today
        ]

    def is_complete(self, account: VendorAccount) -> bool:
        """Whether no line was refused that is, or may be, of this account: else nothing is to be concluded of it."""
        known = {account.account_id, account.name.strip().casefold()}
        return all(row.account is not None and row.account.casefold() not in known for row in self.refused)

    def usage(self, account: VendorAccount, product_key: str) -> tuple[tuple[date, int], ...]:
        """The usage of a product of an account as dated quantities (rule R8.6); rows without usage or day say none."""
        return quantities_of_usage(
            UsageRow(row.start, row.used, row.line)
            for row in self.rows
            if row.of(account) and row.product.lower() == product_key and row.start is not None and row.used is not None
        )


def read_report(lines: Iterable[str], *, day_first: bool = False) -> Report:
    """The rows of a report, from the lines of its file. NotAReport for a wrong heading, or a wrong order of its dates.

    Commas, semicolons or tabs separate cells. 03/04/2026 is 4 March, or 3 April with `day_first`.
    """
    text = [line.rstrip("\r\n") for line in lines]
    if text:
        text[0] = text[0].removeprefix("\ufeff")
    heading, delimiter, columns = _heading(text)
    rows: list[ReportRow] = []
    refused: list[RefusedRow] = []
    width = len(_cells(text[heading], delimiter))
    for number, line in enumerate(text[heading + 1 :], heading + 2):
        if not line.strip().strip(delimiter):
            continue
        cells: Sequence[str] = ()
        try:
            cells = _cells(line, delimiter)
            rows.append(_row(number, cells, width, columns, day_first))
        except WrongOrder as error:
            raise NotAReport(
                f"line {number}: {error}, so no date of this file is sure; upload it again as one whose dates have the "
                f"{'month' if day_first else 'day'} first"
            ) from None
        except (BadCell, csv.Error) as error:
            refused.append(RefusedRow(number, str(error), _account_in(cells, width, columns)))
    return Report(rows, refused)


def _heading(text: Sequence[str]) -> tuple[int, str, Mapping[str, int]]:
    """Where the heading stands, what separates its cells, where its columns are: the first line that has them all."""
    twice: str | None = None
    nearest: tuple[int, Sequence[str], Mapping[str, int]] = (0, (), {})
    for number, line in enumerate(text[:_HEADING_WITHIN]):
        for delimiter in _DELIMITERS:
            try:
                cells = _cells(line, delimiter)
                columns = columns_of(cells)
            except csv.Error:
                continue
            except BadCell as error:
                twice = twice or f"line {number + 1}: {error}; leave one of them out"
                continue
            if not missing_in(columns):
                return number, delimiter, columns
            if len(columns) > len(nearest[2]):
                nearest = (number, cells, columns)
    if twice is not None:
        raise NotAReport(twice)
    at, found, known = nearest
    if len(known) < 2:
        raise NotAReport(
            "none of the first lines names the columns of an Allocation and Usage Report; export it as CSV in "
            "WatchGuard Cloud, Inventory > Allocation and Usage Report"
        )
    missing, shown = " and for ".join(missing_in(known)), ", ".join(repr(cell.strip()) for cell in found[:20])
    raise NotAReport(f"line {at + 1}: the report has no column for {missing}; it has {shown}")


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line: a line is a row, so that a quote that is never closed costs its line only."""
    return next(csv.reader([line], delimiter=delimiter, strict=True), [])


def _row(number: int, cells: Sequence[str], width: int, columns: Mapping[str, int], day_first: bool) -> ReportRow:
    if len(cells) != width:
        raise BadCell(f"has {len(cells)} cells where the heading has {width}")

    def cell(column: str) -> str:
        # Excel's guard against reading a number as one.
        return cells[columns[column]].strip().removeprefix("'") if column in columns else ""

    def date_in(column: str) -> date | None:
        return None if is_open(cell(column)) else day(cell(column), day_first=day_first)

    account_id, account = cell("account id") or None, cell("account") or None
    if account_id is None and account is None:
        raise BadCell("names no account")
    if not cell("product"):
        raise BadCell("names no product")
    used = None if is_open(cell("used")) else seats(cell("used"))
    allocated = used if _as_used(cell("allocated"), cell("type")) else seats(cell("allocated"))
    if allocated is None:
        raise BadCell("is a subscription without a limit, and says nothing of its usage")
    return ReportRow(
        number, account_id, account, cell("product"), cell("type"), cell("licence") or None, allocated, used,
        date_in("start"), date_in("end"), date_in("expiry"),
    )  # fmt: skip


def _account_in(cells: Sequence[str], width: int, columns: Mapping[str, int]) -> str | None:
    """The account that a line names, where its cells stand where they should."""
    if len(cells) != width:
        return None
    names = (cells[columns[column]].strip() for column in ("account id", "account") if column in columns)
    return next((name for name in names if name), None)


def _as_used(allocated: str, kind: str) -> bool:
    """A subscription without a limit holds as many seats as are used (rule R8.6)."""
    return is_open(allocated) and kind.lower() == SUBSCRIPTION


def _allocation(row: ReportRow, account: VendorAccount) -> Allocation:
    return Allocation(
        account.account_id, row.product, row.allocation_type, row.allocated, license=row.licence, used=row.used,
        ends=None if row.expiry is None else end_of(row.expiry), is_trial="trial" in row.allocation_type.lower(),
    )  # fmt: skip
