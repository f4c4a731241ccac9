"""The letter that a document goes out with: some lines of text, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import UUID

from services.invoicing.delivery.papers import File, Head

_KINDS = {"invoice": "Invoice", "credit_note": "Credit note"}


def letter(head: Head, files: Sequence[File], *, delivery: UUID, sender: str, to: str, at: datetime) -> bytes:
    """A letter as a mail server takes it. Its Message-ID is of the delivery, so a receiver could tell a second one."""
    kind = _KINDS.get(head.kind, "Document")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = f"{kind} {printable(head.number)}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{delivery}@{sender.partition('@')[2]}>"
    # No out-of-office answers (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    lines = [
        f"{kind} {printable(head.number)} of {head.date.isoformat()}",
        f"Net {head.net} {head.currency}, tax {head.tax} {head.currency}, gross {head.gross} {head.currency}",
        "",
        "Attached: " + ", ".join(file.name for file in files),
    ]
    message.set_content("\n".join(lines) + "\n", cte="quoted-printable")
    for file in files:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name, cte="base64")
    return message.as_bytes()


def printable(text: str) -> str:
    """A text as one line of a header."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
