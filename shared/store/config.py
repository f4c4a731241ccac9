"""What is configured, from the environment: one place that reads it. Every name begins with SEATLEDGER_."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# A broker that is away for an hour at 25 commands a second; what waits then is relayed in some two minutes.
OUTBOX_LIMIT: Final = 100_000


class OutboxConfig(BaseSettings):
    """What an import of the command line needs to know, which no service has to be configured for."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    outbox_limit: int = Field(
        default=OUTBOX_LIMIT, ge=1, description="own events to be sent beyond which commands wait"
    )


class OperatorConfig(BaseSettings):
    """Who is at work, where the account of the operating system does not say it (several people share it)."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    operator: str | None = Field(default=None, description="who is named in the list of operations")


class ReconciliationConfig(BaseSettings):
    """Who may ask for reconciliation (rule R7.1): what its API needs to know beside where the database is."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    reconciliation_beta: bool = Field(
        default=True, description="whether only the organisation reads reconciliation, not its resellers too"
    )


class Config(OutboxConfig, ReconciliationConfig):
    """Each field is read from SEATLEDGER_ and its name in capitals; pydantic's ValidationError names what is wrong."""

    database: str = Field(description="where PostgreSQL is: a libpq connection string or URL")
    broker: str = Field(description="where Kafka is: host:port")
    home: Path = Field(default=Path(".seatledger"), description="the state directory of this machine's system")
    api_host: str = Field(default="127.0.0.1", min_length=1, description="the address an API listens on")
    api_port: int = Field(default=8080, ge=0, le=65535)
    metrics_host: str = Field(
        default="127.0.0.1", min_length=1, description="the address a projector or worker tells of itself on"
    )
    # Several processes of a machine find one each without being told; who scrapes them gives them ports.
    metrics_port: int = Field(default=0, ge=0, le=65535, description="0: any that is free, named in the log")
    oidc_issuer: str | None = Field(default=None, description="whose bearer tokens the APIs take beside their own")
    oidc_audience: str | None = Field(
        default=None, description="whom those tokens have to be for; goes with the issuer"
    )
    oidc_jwks_url: str | None = Field(default=None, description="where its keys are; none: its configuration says it")
    partitions: int | None = Field(default=None, ge=1, le=1000, description="of topics that have to be created")
    # 500 is where a live batch's fixed cost (four round trips, one commit) falls below a tenth of its work.
    batch: int = Field(default=500, ge=1, le=20_000, description="events a projector takes into one transaction")
    recompute_batch: int = Field(default=200, ge=1, le=20_000, description="queued streams folded again a transaction")
    # The embedded broker keeps a member that was killed in its group, and whoever comes after it waits for ever.
    own_groups: bool = Field(default=False, description="each projector is alone: it joins a group of its own")
    # The same broker answers at once when it has nothing; asked without a pause it would keep half a core busy.
    rest_seconds: float = Field(
        default=0.0, ge=0, le=10, description="how long at most nothing is read after nothing was found"
    )
    parked_limit: int = Field(default=100, ge=0, description="parked streams beyond which a projector stops")
    tick_seconds: float = Field(default=5.0, gt=0, description="how often a generation's clock moves forward")
    recover: bool = Field(default=False, description="prepare takes in what a restored database lacks of the log")
    daily_runs: bool = Field(default=False, description="whether invoicing runs each day that has ended by itself")
    daily_sweeps: bool = Field(default=False, description="whether each configured vendor is looked at once a day")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @model_validator(mode="after")
    def _an_issuer_with_its_audience(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError("SEATLEDGER_OIDC_ISSUER and SEATLEDGER_OIDC_AUDIENCE go together: give both, or neither")
        return self
