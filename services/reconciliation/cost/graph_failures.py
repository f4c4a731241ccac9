"""Why an export does not come, in words for who mends it: without a token, a signature or an address."""

from __future__ import annotations

import logging
from typing import Final

import httpx

from services.reconciliation.cost import graph_answers as answers
from services.reconciliation.cost.graph_wanted import Wanted
from services.reconciliation.vendors.connector import Misconfigured, NotReached, Refused

# Who asks for a longer pause than this is asked again by whoever asked for the import.
LONGEST_PAUSE_S: Final = 120.0


class Again(NotReached):
    """It may go better soon; `after` is the wait that was asked for."""

    def __init__(self, sentence: str, *, after: float | None = None, code: str | None = None) -> None:
        super().__init__(sentence, code=code)
        self.after = after


def wait(error: Exception) -> bool | float:
    """Whether to try again after an error, and after how many seconds where the vendor said so."""
    if not isinstance(error, Again) or (error.after or 0) > LONGEST_PAUSE_S:
        return False
    return True if error.after is None else error.after


def failed(wanted: Wanted, code: str, words: str) -> Refused:
    if code == answers.NO_DATA:
        return Refused(
            f"Microsoft has no data for {wanted}: an invoice is exported from the 6th to the 8th of the month on, and "
            "one of before the new commerce (D…) never; download the file from the portal and take that in",
            code=code,
        )
    return Refused(f"Microsoft could not export {wanted}{f' ({words})' if words else ''}; try again later", code=code)


def refused(wanted: Wanted, response: httpx.Response) -> Exception:
    code, words = answers.failure(response.content)
    why = f"{response.status_code}{f', {words}' if words else ''}"
    correlation = response.headers.get("request-id")
    if response.status_code == 429 or response.status_code >= 500:
        after = answers.asked_wait(response.headers.get("Retry-After"))
        return Again(f"Microsoft Graph is too busy for {wanted} ({why}); try again later", after=after, code=code)
    if response.status_code in (401, 403):
        return Misconfigured(
            f"Microsoft Graph lets nobody read {wanted} ({why}): the application needs PartnerBilling.Read.All, "
            "consented to in the partner's own tenant",
            code=code, correlation=correlation,
        )  # fmt: skip
    return Refused(f"Microsoft Graph refuses to export {wanted} ({why})", code=code, correlation=correlation)


def usable(token: str) -> str:
    """A token that can be sent. What httpx says of another quotes it, so it is refused before."""
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        raise Misconfigured("what is to be the token for Microsoft Graph is none: it is empty or has blanks in it")
    return token


class _WithoutQuery(logging.Filter):
    """httpx logs each request with its address: what stands behind the question mark is not for logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(one.copy_with(query=None) if isinstance(one, httpx.URL) else one for one in record.args)
        return True


_WITHOUT_QUERY: Final = _WithoutQuery()


def silence() -> None:
    """Adding the same filter again changes nothing."""
    logging.getLogger("httpx").addFilter(_WITHOUT_QUERY)
