"""The reconciliation file as the portal gives it: CSV, with whatever Excel and the portal put around the values."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.reconciliation.cost.columns import ColumnsRefused, resolved
from services.reconciliation.cost.rows import BilledRow, RowRefused, parsed
from shared.errors import BAD_REQUEST, UserError

_SHOWN = 20
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class InvoiceInFile:
    """One invoice of a file: `version` is a digest of its rows as they are written, so the same rows are the same."""

    invoice: str
    version: str
    rows: int


def invoices_in(path: Path) -> list[InvoiceInFile]:
    """Read a file through once; its invoices in their order. UserError names what is wrong, line by line."""
    digests: dict[str, tuple[hashlib._Hash, int]] = {}
    problems: list[str] = []
    for place, row, problem in _read(path):
        if row is None:
            problems.append(f"{path.name}, line {place}: {problem}")
        else:
            digest, rows = digests.get(row[0].invoice, (hashlib.sha256(), 0))
            digest.update(row[1].encode() + b"\n")
            digests[row[0].invoice] = digest, rows + 1
    if problems:
        more = f"\nand {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise UserError("\n".join(problems[:_SHOWN]) + f"{more}\nnothing was taken in", BAD_REQUEST)
    if not digests:
        raise UserError(f"{path.name} has a header and no rows; nothing was taken in", BAD_REQUEST)
    return [InvoiceInFile(invoice, f"sha256:{digest.hexdigest()}", rows) for invoice, (digest, rows) in digests.items()]


def rows_of(path: Path, invoice: str) -> Iterator[tuple[BilledRow, str]]:
    """The rows of one invoice, each with all its cells as they came, as JSON. The file was read through before."""
    for place, row, problem in _read(path):
        if row is None:
            raise UserError(f"{path.name}, line {place}: {problem}; the file changed while it was read", BAD_REQUEST)
        if row[0].invoice == invoice:
            yield row


def _read(path: Path) -> Iterator[tuple[int, tuple[BilledRow, str] | None, str]]:
    """Line number, and the row or what is wrong with it. UserError where this is no such file at all."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(reader, [])
            resolved(header)
            for cells in reader:
                if any(cells):
                    yield (reader.line_num, *_row(header, cells))
    except ColumnsRefused as error:
        raise UserError(f"{path.name}: {error}", BAD_REQUEST) from None
    except UnicodeDecodeError:
        raise UserError(f"{path.name} is no text in UTF-8; unpack it first, or save it as CSV (UTF-8)") from None
    except csv.Error as error:
        raise UserError(f"{path.name} is no CSV ({error})", BAD_REQUEST) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})", BAD_REQUEST) from None


def _row(header: list[str], cells: list[str]) -> tuple[tuple[BilledRow, str] | None, str]:
    if len(cells) != len(header):
        return None, f"has {len(cells)} cells, and the header has {len(header)}"
    given = dict(zip(header, cells, strict=True))
    try:
        row = parsed(given)
    except RowRefused as error:
        return None, str(error)
    if not row.invoice:
        return None, "InvoiceNumber is empty: what is not billed yet is no bill"
    return (row, json.dumps(given, ensure_ascii=False)), ""
