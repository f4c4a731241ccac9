"""A mail server that really speaks SMTP, and does to letters what a test wants: takes, refuses, or dies of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """`letters` are those that it was given whole, whatever it said then.

    `recipient` and `data` are its answers to the address and to the letter; `dies` has it break the connection once it
    has the letter, `waits` keeps it from answering until it is set.
    """

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipient: str = "250 OK"
    data: str = "250 OK: queued"
    dies: bool = False
    waits: asyncio.Event | None = None
    given: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = cast(bytes, envelope.original_content)
        if self.data.startswith("250"):
            self.letters.append(cast(EmailMessage, message_from_bytes(content, policy=cast(Any, default))))
        self.given.set()
        if self.waits is not None:
            await self.waits.wait()
        if self.dies:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.data


@asynccontextmanager
async def mail_server(
    change: Callable[[MailServer], None] = lambda one: None, **parameters: Any
) -> AsyncIterator[MailServer]:
    """A server on a free port of this machine, for the time of the block; `parameters` are aiosmtpd's."""
    mail = MailServer()
    change(mail)
    listening = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mail, hostname="mail.test", **parameters), "127.0.0.1", 0
    )
    mail.port = listening.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        listening.close()
