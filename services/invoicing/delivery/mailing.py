"""A letter handed over to a mail server, and what is known afterwards.

Before the server is given the letter it surely did not go out, and after its answer it is plain whether it did. In
between (the connection breaks, no answer comes) nobody knows, and a document twice is worse than one that a person
looks after.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from services.invoicing.delivery.config import MailServer
from services.invoicing.delivery.outcomes import Delivered, Later, Outcome, Refused, Unknown

# RFC 5321 (4.5.3.2) would wait ten minutes for the last answer; what takes so long is a fault all the same.
_TIMEOUT_S: Final = 30.0
_ANSWER_S: Final = 120.0
_PERMANENT: Final = 500

HandOver = Callable[[], Awaitable[None]]
"""Awaited just before the server is given the letter; what it raises goes through, and nothing was sent."""


async def send(server: MailServer, to: str, content: bytes, hand_over: HandOver) -> Outcome:
    """Send a letter to one address. Raises only what `hand_over` does."""
    client = SMTP(
        hostname=server.host, port=server.port, username=server.user, password=server.password, timeout=_TIMEOUT_S,
        use_tls=server.encryption == "tls", start_tls={"tls": False, "starttls": True}.get(server.encryption),
    )  # fmt: skip
    try:
        refused = await _greeted(client, server, to)
        if refused is not None:
            return refused
        await hand_over()
        outcome = await _given(client, content)
        if isinstance(outcome, Delivered):
            with suppress(SMTPException, OSError):  # what is said after its answer changes nothing of it
                await client.quit()
        return outcome
    finally:
        client.close()


async def _greeted(client: SMTP, server: MailServer, to: str) -> Outcome | None:
    """Come as far as just before the letter; what ended it there."""
    where = f"{server.host}:{server.port}"
    try:
        await client.connect()
        await client.mail(server.sender)
        await client.rcpt(to)
    except SMTPAuthenticationError as error:
        return Later(f"{where} does not take the account of SEATLEDGER_SMTP_URL: {_said(error)}")
    except SMTPResponseException as error:
        return Refused(_said(error)) if error.code >= _PERMANENT else Later(_said(error))
    except (SMTPException, OSError, ssl.SSLError) as error:
        return Later(f"{where} cannot be talked to: {_plain(error)}")
    return None


async def _given(client: SMTP, content: bytes) -> Outcome:
    try:
        answer = await client.data(content, timeout=_ANSWER_S)
    except SMTPResponseException as error:
        return Refused(_said(error)) if error.code >= _PERMANENT else Later(_said(error))
    except (SMTPException, OSError) as error:
        return Unknown(f"the mail server was given it and did not say what became of it: {_plain(error)}")
    return Delivered(f"{answer.code} {' '.join(answer.message.split())}")


def _said(error: SMTPResponseException) -> str:
    return f"{error.code} {' '.join(error.message.split())}"


def _plain(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
