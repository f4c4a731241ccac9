"""What the console needs to know beside what every service does: where the APIs are that its commands go to."""

from __future__ import annotations

from pydantic import AnyHttpUrl, BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES = ("orders", "subscriptions", "invoicing", "reconciliation")


class ConsoleConfig(BaseSettings):
    """Each field is read from SEATLEDGER_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    orders_api: AnyHttpUrl = Field(description="where the API of orders is")
    subscriptions_api: AnyHttpUrl = Field(description="where the API of subscriptions is")
    invoicing_api: AnyHttpUrl = Field(description="where the API of invoicing is")
    reconciliation_api: AnyHttpUrl = Field(description="where the API of reconciliation is")
    # Browsers take them from this machine without TLS too, but for Safari.
    console_secure_cookies: bool = Field(default=True, description="whether a cookie travels by TLS only")

    def addresses(self) -> dict[str, str]:
        """The base address of each service's API."""
        return {service: str(getattr(self, f"{service}_api")).rstrip("/") for service in SERVICES}


class Cookie(BaseModel):
    """The cookie of a session. Under the name `__Host-` a browser takes it from this very host and by TLS only."""

    secure: bool

    @property
    def name(self) -> str:
        return "__Host-seatledger" if self.secure else "seatledger"
