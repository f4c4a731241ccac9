"""What `seatledger tokens` does, on SEATLEDGER_DATABASE or the database of the running system."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from psycopg import AsyncConnection

from services.addresses import database_dsn
from services.known_accounts import is_a_reseller, is_known
from services.presentation import document, list_document, note, say, table
from shared.commands.granting import NotGranted, granted
from shared.commands.operating import database_failures
from shared.errors import BAD_REQUEST, NOT_FOUND, UserError, WrongUsage
from shared.store import tokens
from shared.store.pool import connect
from shared.store.tokens import Token

_LONGEST = 200
T = TypeVar("T")


def create(
    role: str,
    *,
    reseller: str | None,
    customer: str | None,
    name: str,
    scopes: Collection[str],
    days: int,
    as_json: bool,
) -> None:
    """Print the text of a new token alone, so that a script can take it; the rest goes to standard error."""
    _check(role, reseller, customer, name, scopes)

    async def make(connection: AsyncConnection) -> tuple[Token, str, bool]:
        if customer is not None and await is_a_reseller(connection, customer):
            # Documents name who gets them by id alone: such a token would read the reseller's.
            raise UserError(
                f"no token was made: {customer} is a reseller's id too, whose documents it would read; give the "
                "customer another id",
                BAD_REQUEST,
            )
        made, text = await tokens.create(
            connection, role, timedelta(days=days), reseller=reseller, customer=customer, scopes=scopes, name=name
        )
        return made, text, await is_known(connection, reseller, customer)

    made, text, known = _in_database(make)
    if not known:
        note([f"Nobody knows {_whose(made)}: the token sees nothing before it is registered"])
    if as_json:
        document({**_shape(made), "token": text})
        return
    say(text)
    print(f"Token {made.id} of {_whose(made)}, good until {made.expires_at:%Y-%m-%d}.", file=sys.stderr)
    print("Keep it now: it is not shown again.", file=sys.stderr)


def show_all(*, as_json: bool) -> None:
    """Print every token without its text."""
    found = _in_database(tokens.every)
    if as_json:
        list_document([_shape(one) for one in found])
        return
    at = datetime.now(UTC)
    rows = [
        (one.id, one.name, _whose(one), " ".join(one.scopes) or "all of its role", f"{one.created_at:%Y-%m-%d}",
         f"{one.expires_at:%Y-%m-%d}", _state(one, at))
        for one in found
    ]  # fmt: skip
    table("Tokens", ("id", "name", "of", "may", "made", "until", "state"), rows)


def revoke(token_id: str) -> None:
    """Revoke one; UserError when there is none of that id."""
    found = _in_database(lambda connection: tokens.revoke(connection, token_id))
    if found is None:
        raise UserError(f"there is no token {token_id!r}; ids are in: seatledger tokens list", NOT_FOUND)
    say(f"Token {found.id} of {_whose(found)} is revoked")


def _check(role: str, reseller: str | None, customer: str | None, name: str, scopes: Collection[str]) -> None:
    try:
        principal = granted(name, role, reseller=reseller, customer=customer, scopes=scopes)
    except NotGranted as error:
        raise WrongUsage(f"no token was made: {error}") from None
    if (reseller, customer) != (principal.reseller, principal.customer):
        raise WrongUsage(
            "no token was made: --reseller goes with --role reseller alone, --customer with --role customer"
        )
    beyond = sorted(set(scopes) - principal.permissions)
    if beyond:
        raise WrongUsage(
            f"no token was made: the role {role} has no permission {beyond[0]}, so a scope cannot leave it"
        )
    for option, text in (("--name", name), ("--reseller", reseller or ""), ("--customer", customer or "")):
        if len(text) > _LONGEST or not text.isprintable():
            raise WrongUsage(f"no token was made: {option} takes at most {_LONGEST} printable letters")


def _in_database(act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def run(dsn: str) -> T:
        async with await connect(dsn, application="seatledger tokens") as connection:
            return await act(connection)

    with database_failures():
        return asyncio.run(run(database_dsn()))


def _shape(token: Token) -> dict[str, object]:
    moments = {name: value.astimezone(UTC) for name, value in asdict(token).items() if isinstance(value, datetime)}
    return asdict(token) | {name: value.isoformat(timespec="seconds") for name, value in moments.items()}


def _whose(token: Token) -> str:
    return " ".join(part for part in (token.role, token.reseller, token.customer) if part)


def _state(token: Token, at: datetime) -> str:
    return "good" if token.is_good(at) else "revoked" if token.revoked_at else "expired"
