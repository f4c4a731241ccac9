"""What is asked of WatchGuard, and in which words its refusal of it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
import structlog
from pydantic import JsonValue

from services.reconciliation.vendors.connector import Misconfigured, NoSuchAccount, Refused, VendorError
from services.reconciliation.vendors.watchguard.config import PREFIX

_CORRELATIONS: Final = ("x-request-id", "x-correlation-id", "x-amzn-requestid", "x-amz-apigw-id")
_CREDENTIALS: Final = f"{PREFIX}ACCESS_ID, {PREFIX}PASSWORD and {PREFIX}API_KEY"
_log = structlog.get_logger("watchguard")


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked. `doing` completes "could not …"; `account` is whose it is; `changes` says that it is no question.

    `on_behalf` asks with a token of that account's audience. Each `secret` is kept out of every sentence.
    """

    method: str
    path: str
    doing: str
    params: Mapping[str, str] | None = None
    body: JsonValue = field(default=None, repr=False)
    account: str | None = None
    on_behalf: bool = False
    changes: bool = False
    secret: tuple[str, ...] = field(default=(), repr=False)


def no_token(response: httpx.Response, code: str | None, reason: str) -> VendorError:
    """The credentials themselves are not accepted. `code` and `reason` are the vendor's, cleaned of secrets."""
    return Misconfigured(
        f"WatchGuard gives no token (HTTP {response.status_code}: {reason}): check {_CREDENTIALS}, and that the region "
        "is theirs",
        code=code, correlation=_correlation(response),
    )  # fmt: skip


def refusal(call: Call, response: httpx.Response, own: str, code: str | None, reason: str) -> VendorError:
    """An answer that is neither success nor failure, as the error it is; `own` is the service provider's account.

    403 and 404 are ambiguous: of another account they mean that it is not ours to see, never that it has nothing.
    """
    status, correlation = response.status_code, _correlation(response)
    _log.debug("refused", status=status, method=call.method, doing=call.doing, correlation=correlation)
    elsewhere = call.account is not None and call.account != own
    if status == 401:
        return Misconfigured(
            f"WatchGuard does not accept the credentials (HTTP 401, asked to {call.doing}): check {_CREDENTIALS}",
            code=code, correlation=correlation,
        )  # fmt: skip
    if elsewhere and not call.changes and status in (403, 404):
        return NoSuchAccount(
            f"WatchGuard shows account {call.account} to these credentials no more (HTTP {status}, asked to "
            f"{call.doing}): look up whether {own} still manages it",
            code=code, correlation=correlation,
        )  # fmt: skip
    if status == 403:
        return Misconfigured(
            f"The credentials may not {call.doing} (HTTP 403: {reason}): use a read-write Access ID of account {own}",
            code=code, correlation=correlation,
        )  # fmt: skip
    if status == 404 and call.account == own:
        return Misconfigured(
            f"WatchGuard knows no account {own} (HTTP 404, asked to {call.doing}): check {PREFIX}ACCOUNT and region",
            code=code, correlation=correlation,
        )  # fmt: skip
    if 300 <= status < 400:
        return Misconfigured(
            f"The configured address of WatchGuard sends elsewhere (HTTP {status}): configure the one of its API",
            correlation=correlation,
        )
    return Refused(f"WatchGuard refuses to {call.doing} (HTTP {status}): {reason}", code=code, correlation=correlation)


def _correlation(response: httpx.Response) -> str | None:
    return next((response.headers[name] for name in _CORRELATIONS if name in response.headers), None)
