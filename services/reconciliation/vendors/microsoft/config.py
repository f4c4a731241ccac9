"""What of Microsoft is configured, from the environment: SEATLEDGER_MICROSOFT_ and the field's name in capitals.

Secrets come from the environment or from a file that a `*_FILE` variable names; no representation and no error of these
settings shows one.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.reconciliation.vendors.connector import Misconfigured

_PREFIX: Final = "SEATLEDGER_MICROSOFT_"
# Partner Center's limit for subscriptions; its wording leaves open for which tenant it counts: all requests share it.
REQUESTS_PER_MINUTE: Final = 500
# Where the documented sample of a webhook has its certificate (Microsoft's page on webhooks); unverified against a
# live tenant. Anybody can have a name under blob.core.windows.net, so it is this one and no pattern.
_CERTIFICATE_HOST: Final = "3psostorageacct.blob.core.windows.net"
# Its tokens are answered with 401, code 900420, since August 2025; old samples still ask for it.
_DEAD_AUDIENCE: Final = "graph.windows.net"


def _address(value: str) -> str:
    """Scheme and host without a path. Secrets go there: plain HTTP only to this machine or a neighbouring container."""
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("is to be https://host or https://host:port")
    if parts.path.rstrip("/") not in ("", "/v1"):
        raise ValueError("is to be the host alone, without a path")
    if parts.scheme == "http" and not _near(parts.hostname):
        raise ValueError("is to begin with https://, as secrets are sent there")
    return f"{parts.scheme}://{parts.netloc}"


def _near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." not in host


Address = Annotated[str, AfterValidator(_address)]


class MicrosoftConfig(BaseSettings):
    """Pydantic's ValidationError names a field that is wrong; `from_environment` says the same in one sentence."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    tenant: str = Field(min_length=1, pattern=r"^[A-Za-z0-9.-]+$", description="the partner's own tenant: id or domain")
    client_id: str = Field(min_length=1, description="the application that is registered in that tenant")
    client_secret: SecretStr | None = Field(default=None, description="its secret")
    client_secret_file: Path | None = Field(default=None, description="a file that holds the secret")
    refresh_token: SecretStr | None = Field(
        default=None, description="the first refresh token, as long as the file holds none"
    )
    refresh_token_file: Path | None = Field(
        default=None, description="where the newest refresh token is kept; with it, calls are made as app and user"
    )
    login_address: Address = Field(default="https://login.microsoftonline.com", description="who gives tokens")
    api_address: Address = Field(default="https://api.partnercenter.microsoft.com", description="Partner Center's API")
    graph_address: Address = Field(default="https://graph.microsoft.com", description="who exports bills")
    audience: str = Field(
        default="https://api.partnercenter.microsoft.com", description="whom tokens are for, whatever the address"
    )
    requests_per_minute: int = Field(default=REQUESTS_PER_MINUTE, ge=10, le=REQUESTS_PER_MINUTE)
    timeout_seconds: float = Field(default=60.0, gt=0, le=600, description="for one answer, its body included")
    page_size: int = Field(default=500, ge=1, le=500, description="customers and audit records a page")
    webhook_ca_file: Path | None = Field(
        default=None, description="PEM: the authorities whose certificates sign webhooks; none: no webhook is believed"
    )
    webhook_certificate_hosts: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset({_CERTIFICATE_HOST}), description="beside those of microsoft.com, separated by commas"
    )

    @field_validator("webhook_certificate_hosts", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @field_validator("audience")
    @classmethod
    def _alive(cls, value: str) -> str:
        if _DEAD_AUDIENCE in value:
            raise ValueError("is one that Partner Center takes no tokens for any more: leave it out")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError(f"set one of {_PREFIX}CLIENT_SECRET and {_PREFIX}CLIENT_SECRET_FILE")
        if self.refresh_token is not None and self.refresh_token_file is None:
            raise ValueError(
                f"{_PREFIX}REFRESH_TOKEN needs {_PREFIX}REFRESH_TOKEN_FILE too: each use gives a newer one, to be kept"
            )
        return self

    @property
    def scope(self) -> str:
        """What a token is asked for."""
        return f"{self.audience}/.default"

    def secret(self) -> SecretStr:
        """The application's secret. Raises Misconfigured when its file cannot be read or is empty."""
        if self.client_secret is not None:
            return self.client_secret
        assert self.client_secret_file is not None, "one of the two is set"
        try:
            text = self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(
                f"the client secret cannot be read from {self.client_secret_file} ({type(error).__name__}): mend the "
                f"file or {_PREFIX}CLIENT_SECRET_FILE"
            ) from None
        if not text:
            raise Misconfigured(f"{self.client_secret_file} is empty: it is to hold the application's client secret")
        return SecretStr(text)


def from_environment() -> MicrosoftConfig:
    """The settings as the environment has them. Raises Misconfigured, which names the variables that are wrong."""
    try:
        return MicrosoftConfig()
    except ValidationError as error:
        wrong = "; ".join(_named(part["loc"], part["type"], part["msg"]) for part in error.errors(include_input=False))
        raise Misconfigured(f"Microsoft is not configured: {wrong}") from None


def _named(location: tuple[int | str, ...], kind: str, message: str) -> str:
    said = "is not set" if kind == "missing" else message.removeprefix("Value error, ")
    return f"{_PREFIX}{str(location[0]).upper()} {said}" if location else said
