"""What `seatledger letterheads` does: keeps them, and shows what is kept."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import yaml
from psycopg import AsyncConnection
from pydantic import ValidationError

from services import presentation
from services.invoicing.paper import letterhead_store, logos
from services.invoicing.paper.fonts import told, unprintable
from services.invoicing.paper.letterheads import Letterhead, Recipient, Scope, Seller
from shared.commands.operating import Database, read_now
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError, WrongUsage
from shared.events.errors import unreadable_of

_ALL: Final = 1_000_000


def set_from_file(
    database: Database, scope: Scope, id: str | None, file: str, logo: str | None, holds_from: date | None
) -> None:
    """Keep the letterhead that a file describes. UserError says what is wrong with it, or with the day."""
    whose = _id(scope, id)
    content = _read(scope, file)
    picture = None if logo is None else _logo(logo)
    day = holds_from or datetime.now(UTC).date()

    async def keep(connection: AsyncConnection) -> None:
        await letterhead_store.keep(connection, scope, whose, day, content, picture)

    read_now(database, keep)
    letters = unprintable(content.model_dump_json(exclude_none=True))
    if letters:
        presentation.note([f"{file}: {told(letters)}"])
    presentation.say(f"The letterhead of {whose or 'the organisation'} holds from {day}")


def show_all(database: Database, *, as_json: bool) -> None:
    """All letterheads; the organisation's first."""

    async def read(connection: AsyncConnection) -> list[letterhead_store.Kept]:
        kept = await letterhead_store.listed(connection, "organisation", _ALL)
        return kept + await letterhead_store.listed(connection, "recipient", _ALL)

    kept = read_now(database, read)
    if as_json:
        presentation.list_document([_as_json(one) for one in kept])
        return
    columns = ("scope", "id", "from", "name", "country", "vat_id", "language", "logo", "set_by")
    rows = [
        (
            one.scope, one.id, one.holds_from, one.content.get("name"), one.content.get("country"),
            one.content.get("vat_id"), one.content.get("language"), one.logo is not None, one.set_by,
        )
        for one in kept
    ]  # fmt: skip
    presentation.table("Letterheads", columns, rows)


def show(database: Database, scope: Scope, id: str | None, day: date | None, *, as_json: bool) -> None:
    """The letterhead that holds on a day. UserError where there is none."""
    whose, on = _id(scope, id), day or datetime.now(UTC).date()
    kept = read_now(database, lambda connection: letterhead_store.holding(connection, scope, whose, on))
    if kept is None:
        name = f"{scope} {whose}".strip()
        raise UserError(f"{name} has no letterhead on {on}: set one with `seatledger letterheads set`", NOT_FOUND)
    if as_json:
        presentation.document(_as_json(kept))
        return
    rows: list[tuple[str, object]] = [("from", kept.holds_from)]
    rows += [(name, _shown(value)) for name, value in kept.content.items()]
    presentation.table(f"Letterhead of {whose or 'the organisation'}", ("field", "value"), rows)


def _id(scope: Scope, id: str | None) -> str:
    if (scope == "recipient") != bool(id):
        needed = (
            "--id names the recipient" if scope == "recipient" else "--id is of a recipient: give --scope recipient"
        )
        raise WrongUsage(needed)
    return id or ""


def _read(scope: Scope, file: str) -> Letterhead:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        content = yaml.safe_load(text)
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror})", BAD_REQUEST) from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise UserError(f"{file} is no YAML in UTF-8", BAD_REQUEST) from None
    if not isinstance(content, Mapping):
        raise UserError(f"{file} holds no fields: write one a line, like name: Aegean Cloud", BAD_REQUEST)
    try:
        return (Seller if scope == "organisation" else Recipient).model_validate(dict(content))
    except ValidationError as error:
        wrong = unreadable_of(error)
        where = wrong.where.removeprefix("data").removeprefix(".")
        raise UserError(f"{file}, {where}: {wrong.what}" if where else f"{file}: {wrong.what}", BAD_REQUEST) from None


def _logo(file: str) -> bytes:
    try:
        return logos.checked(Path(file).read_bytes())
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror})", BAD_REQUEST) from None
    except logos.NoLogo as error:
        raise UserError(f"{file} is no logo: {error}", BAD_REQUEST) from None


def _as_json(kept: letterhead_store.Kept) -> Mapping[str, object]:
    return {
        "scope": kept.scope, "id": kept.id or None, "holds_from": kept.holds_from, "letterhead": kept.content,
        "logo": kept.logo is not None, "set_at": kept.set_at.isoformat(), "set_by": kept.set_by,
    }  # fmt: skip


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
