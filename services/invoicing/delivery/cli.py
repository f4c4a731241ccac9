"""What `seatledger deliveries` does: on the database directly, as the organisation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from psycopg import AsyncConnection

from services import presentation
from services.invoicing.delivery import destinations, queries, webhook_secrets
from services.invoicing.delivery.addresses import Unusable, email_address, endpoint
from services.invoicing.delivery.config import Misconfigured, configured
from services.invoicing.delivery.deliveries import Delivery, try_again, why_not
from services.invoicing.delivery.destinations import Channel, Destination, of_whom
from services.invoicing.delivery.outcomes import State
from shared.commands.decision import CommandRefused
from shared.commands.operating import Database, read_now
from shared.errors import NOT_FOUND, UserError, WrongUsage
from shared.store.operations import operator

_DESTINATIONS = ("destination", "recipient", "channel", "address", "created_at", "created_by")
_DELIVERIES = ("delivery", "document", "recipient", "channel", "address", "state", "tries", "asked_at", "answer")
T = TypeVar("T")


def subscribe(
    database: Database, channel: Channel, address: str, *, recipient: str | None, by: str | None, as_json: bool
) -> None:
    """Have documents delivered to an address. UserError for one that nothing can be delivered to."""
    option = "--email" if channel == "email" else "--webhook"
    if recipient is not None and not (recipient and recipient.isprintable()):
        raise WrongUsage("--recipient is no id")
    try:
        is_lenient = configured().webhooks_insecure
        checked = email_address(address) if channel == "email" else endpoint(address, insecure=is_lenient)
    except Unusable as error:
        raise WrongUsage(f"{option}: {error}") from None
    except Misconfigured as error:
        raise UserError(str(error)) from None

    made = _done(
        database,
        lambda connection: destinations.subscribe(connection, channel, checked, recipient, by or operator()),
    )
    if as_json:
        presentation.document({**_shape(made.destination), "secret": made.secret})
        return
    if made.secret is not None:
        presentation.say(made.secret)
    presentation.note(
        [f"Documents of {of_whom(recipient)} go to {checked} from now on (destination {made.destination.destination})."]
    )
    if made.secret is not None:
        presentation.note(["Its webhooks are signed with this secret. Keep it now: it is not shown again."])


def unsubscribe(database: Database, destination: UUID, *, by: str | None, as_json: bool) -> None:
    """End a destination. UserError where there is none, or it was ended."""
    ended = _done(database, lambda connection: destinations.unsubscribe(connection, destination, by or operator()))
    if ended is None:
        raise UserError(
            f"nothing goes to a destination {destination}; they are in: seatledger deliveries destinations", NOT_FOUND
        )
    if as_json:
        presentation.document(_shape(ended))
    else:
        presentation.say(f"Documents of {of_whom(ended.recipient)} go to {ended.address} no more")


def rotate_secret(database: Database, destination: UUID, overlap: timedelta, *, by: str | None, as_json: bool) -> None:
    """Sign with another secret. UserError where nothing is signed."""
    rotated = _done(
        database, lambda connection: webhook_secrets.rotate(connection, destination, overlap, by or operator())
    )
    if rotated is None:
        raise UserError(
            f"nothing is signed for a destination {destination}; webhooks are in: seatledger deliveries destinations",
            NOT_FOUND,
        )
    until = _plain(rotated.old_until)
    if as_json:
        presentation.document({"destination": str(destination), "secret": rotated.secret, "old_until": until})
        return
    presentation.say(rotated.secret)
    old = "The old one signs no more." if until is None else f"The old one signs beside it until {until}."
    presentation.note([f"Webhooks are signed with this secret from now on. {old}",
                       "Keep it now: it is not shown again."])  # fmt: skip


def show_destinations(database: Database, *, recipient: str | None, ended: bool, limit: int, as_json: bool) -> None:
    """Where documents go."""
    found = _done(
        database,
        lambda connection: destinations.destinations(connection, limit, recipient=recipient, ended=ended),
    )
    if as_json:
        presentation.list_document([_shape(one) for one in found])
        return
    columns = (*_DESTINATIONS, "ended_at") if ended else _DESTINATIONS
    presentation.table("Destinations", columns, [[_cell(one, name) for name in columns] for one in found])


def show_all(
    database: Database,
    *,
    state: State | None,
    recipient: str | None,
    document: str | None,
    limit: int,
    after: str,
    as_json: bool,
) -> None:
    """Deliveries, the newest first."""

    async def read(connection: AsyncConnection) -> list[Delivery]:
        before = None
        if after:
            last = await queries.delivery_of(connection, _id(after))
            if last is None:
                raise UserError(f"--after: there is no delivery {after!r}", NOT_FOUND)
            before = (last.asked_at, last.delivery)
        return await queries.newest(
            connection, limit + 1, state=state, recipient=recipient, document=document, before=before
        )

    page = presentation.Page(_done(database, read), limit, lambda one: str(one.delivery))
    if as_json:
        presentation.list_document([_shape(one) for one in page.items], page.next)
        return
    rows = [[_cell(one, name) for name in _DELIVERIES] for one in page.items]
    presentation.table("Deliveries", _DELIVERIES, rows, right=("tries",))
    page.say_more()


def show(database: Database, delivery: UUID, *, as_json: bool) -> None:
    """One delivery. UserError where there is none."""
    found = _known(database, delivery)
    if as_json:
        presentation.document(_shape(found))
        return
    rows = [(name, _cell(found, name)) for name in asdict(found) if _cell(found, name) is not None]
    presentation.table(f"Delivery of {found.document}", ("what", "is"), rows)


def retry(database: Database, delivery: UUID, *, by: str | None, as_json: bool) -> None:
    """Have one tried again. UserError for one that is on its way, or has arrived."""
    if not _done(database, lambda connection: try_again(connection, delivery, by or operator())):
        found = _known(database, delivery)
        raise UserError(f"{delivery} is not tried again: {why_not(found.state)}")
    if as_json:
        presentation.document(_shape(_known(database, delivery)))
    else:
        presentation.say(f"{delivery}: tried again within seconds")


def _known(database: Database, delivery: UUID) -> Delivery:
    found = _done(database, lambda connection: queries.delivery_of(connection, delivery))
    if found is None:
        raise UserError(f"there is no delivery {delivery}; they are in: seatledger deliveries list", NOT_FOUND)
    return found


def _done(database: Database, act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """As `read_now`; what is refused is a UserError."""
    try:
        return read_now(database, act)
    except CommandRefused as error:
        raise UserError(str(error), error.kind) from None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise WrongUsage(f"--after: {text!r} is no id of a delivery") from None


def _shape(row: Destination | Delivery) -> dict[str, object]:
    return {name: _plain(value) for name, value in asdict(row).items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return str(value) if isinstance(value, UUID) else value


def _cell(row: Destination | Delivery, name: str) -> object:
    """A cell of a table: moments to the second, and who is not named is everybody."""
    value = getattr(row, name)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return "everybody" if name == "recipient" and value is None else value
