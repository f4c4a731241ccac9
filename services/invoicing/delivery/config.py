"""How documents leave: the mail server and whom letters are from, what webhooks may reach. From the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.invoicing.delivery.addresses import Unusable, email_address

Encryption = Literal["tls", "starttls", "if_offered"]
_SCHEMES: Final[dict[str, tuple[Encryption, int]]] = {
    "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587), "smtp": ("if_offered", 25),
}  # fmt: skip


class Misconfigured(Exception):
    """The environment is not as it should be; the sentence names the variable, and never its password."""


class DeliveryConfig(BaseSettings):
    """Each field is read from SEATLEDGER_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    smtp_url: SecretStr | None = Field(default=None, description="the mail server; none: e-mail waits")
    mail_from: str | None = Field(default=None, description="whom letters are from")
    webhooks_insecure: bool = Field(
        default=False, description="whether webhooks may go to private addresses, and over http"
    )
    documents_url: str | None = Field(
        default=None, description="where receivers of webhooks find the API of invoicing, as they reach it"
    )


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed over, and how; `sender` is whom they are from."""

    host: str
    port: int
    encryption: Encryption
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def configured() -> DeliveryConfig:
    """What the environment says. Raises Misconfigured."""
    try:
        return DeliveryConfig()
    except ValidationError as error:
        names = ", ".join(f"SEATLEDGER_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise Misconfigured(f"delivery is not configured as it should be: {names}") from None


def mail_server(config: DeliveryConfig) -> MailServer:
    """The mail server. Raises Misconfigured where there is none, or it cannot be used as it is written."""
    if config.smtp_url is None or config.mail_from is None:
        raise Misconfigured("no mail server is configured: set SEATLEDGER_SMTP_URL and SEATLEDGER_MAIL_FROM")
    try:
        sender = email_address(config.mail_from)
    except Unusable as error:
        raise Misconfigured(f"SEATLEDGER_MAIL_FROM: {error}") from None
    parts = urlsplit(config.smtp_url.get_secret_value())
    try:
        port = parts.port
    except ValueError:
        raise Misconfigured("SEATLEDGER_SMTP_URL: its port is no number from 1 to 65535") from None
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path not in ("", "/"):
        raise Misconfigured(
            "SEATLEDGER_SMTP_URL: give it as smtps://user:password@host:port, smtp+starttls://… or smtp://…"
        )
    encryption, usual = _SCHEMES[parts.scheme]
    user = None if parts.username is None else unquote(parts.username)
    if user is not None and encryption == "if_offered":
        encryption = "starttls"  # a password never goes out in the clear
    password = None if parts.password is None else unquote(parts.password)
    return MailServer(parts.hostname, port or usual, encryption, sender, user, password)
