"""What the console needs to know beside what every service does: where the APIs are that its commands go to."""

from __future__ import annotations

from typing import Self

from pydantic import AnyHttpUrl, BaseModel, Field, SecretStr, model_validator
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

    console_address: AnyHttpUrl | None = Field(default=None, description="where browsers find the console")
    oidc_client_id: str | None = Field(default=None, description="what the console is called at the OIDC issuer")
    oidc_client_secret: SecretStr | None = Field(default=None, description="its secret there; goes with its name")

    @model_validator(mode="after")
    def _a_client_with_its_secret(self) -> Self:
        if (self.oidc_client_id is None) != (self.oidc_client_secret is None):
            raise ValueError("SEATLEDGER_OIDC_CLIENT_ID and _SECRET go together: give both, or neither")
        return self

    def addresses(self) -> dict[str, str]:
        """The base address of each service's API."""
        return {service: str(getattr(self, f"{service}_api")).rstrip("/") for service in SERVICES}


class Cookie(BaseModel):
    """The cookie of a session. Under the name `__Host-` a browser takes it from this very host and by TLS only."""

    secure: bool

    @property
    def name(self) -> str:
        return "__Host-seatledger" if self.secure else "seatledger"

    @property
    def of_oidc(self) -> str:
        """The one that a sign-in at an issuer keeps, for as long as that takes."""
        return f"{self.name}-oidc"
