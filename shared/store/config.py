"""What is configured, from the environment: one place that reads it. Every name begins with SEATLEDGER_."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Config(BaseSettings):
    """Each field is read from SEATLEDGER_ and its name in capitals; pydantic's ValidationError names what is wrong."""

    model_config = SettingsConfigDict(env_prefix="SEATLEDGER_", frozen=True, extra="ignore")

    database: str = Field(description="where PostgreSQL is: a libpq connection string or URL")
    broker: str = Field(description="where Kafka is: host:port")
    home: Path = Field(default=Path(".seatledger"), description="the state directory of this machine's system")
    api_port: int = Field(default=8080, ge=0, le=65535)
    partitions: int | None = Field(default=None, ge=1, le=1000, description="of topics that have to be created")
    # 500 is where a live batch's fixed cost (four round trips, one commit) falls below a tenth of its work.
    batch: int = Field(default=500, ge=1, le=20_000, description="events a projector takes into one transaction")
    recompute_batch: int = Field(default=200, ge=1, le=20_000, description="queued streams folded again a transaction")
    parked_limit: int = Field(default=100, ge=0, description="parked streams beyond which a projector stops")
    tick_seconds: float = Field(default=5.0, gt=0, description="how often a generation's clock moves forward")
    daily_runs: bool = Field(default=False, description="whether invoicing runs each day that has ended by itself")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
