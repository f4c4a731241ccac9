"""What Partner Center's refusals mean: its codes, in our four kinds of error, each with one sentence.

Source of the codes: Microsoft's pages on Partner Center's error codes and on changing a subscription. Two shapes of
error body are in use, numbers also come as text, and gateways answer with HTML or with nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.reconciliation.vendors.connector import Misconfigured, NoSuchAccount, NotReached, Refused, VendorError
from services.reconciliation.vendors.microsoft.reading import field, parsed, resource, text

WRONG_AUDIENCE: Final = "900420"
_STALE_CODE: Final = "2055"
_ROLE_MISSING: Final = "900308"
_LONGEST: Final = 300
# What an answer could carry back to us and must not reach a log: tokens, and signatures of addresses.
_SECRETS: Final = re.compile(
    r"bearer\s+\S+|eyJ[\w-]{8,}(?:\.[\w-]*){1,4}|(?:sig|client_secret|refresh_token|access_token|assertion)=[^&\s\"']+",
    re.IGNORECASE,
)


class StaleEtag(NotReached):
    """The subscription changed between reading and writing it."""


_Kind = type[VendorError]
_CODES: Final[Mapping[str, tuple[_Kind, str]]] = {
    WRONG_AUDIENCE: (Misconfigured, "the token is for another audience: leave SEATLEDGER_MICROSOFT_AUDIENCE out"),
    "900329": (Misconfigured, "it does not do this for an application alone: configure a refresh token"),
    _ROLE_MISSING: (Misconfigured, "a role is missing: give the application or user its role (GDAP) for this customer"),
    "60003": (NoSuchAccount, "it shows this customer no more; the relationship may have ended"),
    "2011": (Refused, "it has no such subscription at this customer; it may have moved to another id"),
    "20000": (NotReached, "the order cannot be seen yet; ask again in 15 minutes"),
    "20003": (NotReached, "the order cannot be seen yet; ask again in 15 minutes"),
    "2001": (Refused, "the subscription is suspended; resume it first"),
    "800091": (Refused, "the subscription is suspended; resume it first"),
    "2002": (Refused, "the quantity is outside what the offer allows"),
    "2054": (Refused, "the billing cycle cannot be changed here"),
    _STALE_CODE: (StaleEtag, "the subscription was changed by somebody else meanwhile; try again"),
    "800090": (Refused, "seats cannot be given back any more before the next term"),
    "800082": (NotReached, "an earlier change is still being carried out; try again after 24 hours"),
    "900278": (NotReached, "an earlier change is still being carried out; try again after 24 hours"),
    "900214": (Refused, "the window for this change has passed"),
    "900257": (Refused, "the window for this change has passed"),
    "900117": (Refused, "the window for this change has passed"),
    "900213": (Refused, "the window for this change has passed"),
    "900277": (Refused, "the subscription takes no changes now"),
    "900279": (Refused, "the subscription takes no changes now"),
    "900280": (Refused, "the subscription takes no changes now"),
    "900311": (Refused, "the subscription was changed too often; wait before the next change"),
    "800093": (Refused, "the subscription does not renew by itself, so nothing can be scheduled for its next term"),
    "800094": (Refused, "what is scheduled for the next term does not fit this change"),
    "800095": (Refused, "what is scheduled for the next term does not fit this change"),
    "800096": (Refused, "what is scheduled for the next term does not fit this change"),
    "800097": (Refused, "what is scheduled for the next term does not fit this change"),
    "13605": (Refused, "the customer has not accepted the Microsoft Customer Agreement; have it confirmed first"),
    # Microsoft's own text for it is about something else (Partner-Center-PowerShell issue 387).
    "800089": (Refused, "it gave a reason that is known to mislead; ask its support with the correlation id"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error body says: its code as text, and its words without anything secret. None where it says nothing."""

    code: str | None
    words: str | None

    @property
    def known(self) -> bool:
        """Whether its meaning is known, so that asking again is not left to the HTTP status."""
        return self.code in _CODES


def problem_in(content: bytes) -> Problem:
    """Read either shape of an error, or one wrapped in `error`; HTML, nothing and nonsense say nothing."""
    try:
        body = parsed(content)
    except ValueError:
        return Problem(None, None)
    body = resource(field(body, "error")) or resource(body)
    code = field(body, "code")
    said = text(field(body, "description")) or text(field(body, "message"))
    return Problem(
        str(code) if isinstance(code, int) and not isinstance(code, bool) else _code(code),
        None if said is None else redacted(said)[:_LONGEST],
    )


def _code(value: object) -> str | None:
    found = text(value)
    return found if found is not None and re.fullmatch(r"[\w.-]{1,60}", found) else None


def redacted(words: str) -> str:
    """The same without tokens and signatures."""
    return _SECRETS.sub("[redacted]", words)


def error(status: int, problem: Problem, what: str, correlation: str, *, of_customer: bool) -> VendorError:
    """The error that an answer is. `what` completes "Partner Center would not ...".

    `of_customer` says that the request was about one customer: 403 and 404 then mean that he is not ours to see.
    """
    kind, why = _CODES.get(problem.code or "", (None, ""))
    if of_customer and problem.code == _ROLE_MISSING:
        kind = NoSuchAccount  # roles are given customer by customer: the others may well be seen
    if kind is None:
        kind, why = _by_status(status, of_customer)
        said = f"; it says: {problem.words.rstrip('. ')}" if problem.words else ""
        why = f"{why} (HTTP {status}{f', code {problem.code}' if problem.code else ''}){said}"
    else:
        why = f"{why} (code {problem.code})"
    return kind(f"Partner Center would not {what}: {why}", code=problem.code, correlation=correlation)


def _by_status(status: int, of_customer: bool) -> tuple[_Kind, str]:
    if status == 412:
        return StaleEtag, "the subscription was changed by somebody else meanwhile; try again"
    if status == 401:
        return Misconfigured, "it does not take the token: check tenant, client and audience"
    if status in (403, 404) and of_customer:
        return NoSuchAccount, "it shows this customer no more, or not to this application"
    if status == 403:
        return Misconfigured, "the application may not do this: give it the permissions of docs/vendors/microsoft.md"
    if status == 409:
        return NotReached, "something else is being done to it now; try again later"
    if 400 <= status < 500:
        return Refused, "it refused"
    return NotReached, "it answered with something else than a result; try again later"
