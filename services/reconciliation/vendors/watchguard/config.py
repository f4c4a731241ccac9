"""What is configured of WatchGuard, from the environment: every name begins with SEATLEDGER_WATCHGUARD_.

Secrets come from the environment or from a file (the same name with _FILE), and no error, repr or log shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from services.reconciliation.vendors.connector import Misconfigured

PREFIX: Final = "SEATLEDGER_WATCHGUARD_"
REGIONS: Final[Mapping[str, str]] = {name: f"https://api.{name}.cloud.watchguard.com" for name in ("usa", "deu", "jpn")}
_SECRETS: Final = ("access_id", "password", "api_key")
SUBSCRIPTION: Final = "subscription"


class Offer(BaseModel):
    """How a product of ours is allocated at WatchGuard, in its words. Which words it takes is not public.

    `product_name`, `allocation_type` and `expiry_type` are sent as they stand here, `license` (the key of the licence
    pool) where it is given, a date of expiry where `expiry_type` is given. `trial_type` is the type of a trial.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    product_name: str = Field(min_length=1, max_length=100)
    allocation_type: str = Field(default="Term", min_length=1, max_length=40)
    trial_type: str | None = Field(default=None, min_length=1, max_length=40)
    expiry_type: str | None = Field(default="Date", min_length=1, max_length=40)
    license: str | None = Field(default=None, min_length=1, max_length=60)
    family: str | None = Field(default=None, min_length=1, max_length=100)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that its allocations can have."""
        return (self.allocation_type,) if self.trial_type is None else (self.allocation_type, self.trial_type)


class WatchGuardConfig(BaseSettings):
    """Each field is read from SEATLEDGER_WATCHGUARD_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    account: str = Field(min_length=1, max_length=100, description="our own account, the service provider's: WGC-1-…")
    access_id: SecretStr = Field(min_length=1, description="read-write Access ID")
    password: SecretStr = Field(min_length=1, description="of the Access ID")
    api_key: SecretStr = Field(min_length=1, description="the API key, a secret of its own")
    access_id_file: Path | None = None
    password_file: Path | None = None
    api_key_file: Path | None = None
    region: Literal["usa", "deu", "jpn"] | None = Field(default=None, description="where our account is kept")
    address: str | None = Field(default=None, description="instead of a region: http(s)://host[:port]")
    platform: Literal["watchguard", "aether"] = Field(default="watchguard", description="whose devices are counted")
    resource_types: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("endpoint",), min_length=1, description="of the summary of allocations"
    )
    offers: Mapping[str, Offer] = Field(default_factory=dict, description="by product id")
    quantity_sent: Literal["total", "difference"] = Field(
        default="total", description="what an allocation's quantity means"
    )
    include_delegated: bool = Field(default=True, description="whether delegated accounts are ours too")
    contact_first_name: str | None = Field(default=None, description="of accounts that are made")
    contact_last_name: str | None = None
    contact_email: str | None = None
    page_size: int = Field(default=100, ge=1, le=1000, description="accounts a page")
    devices_page_size: int = Field(default=3000, ge=1, le=3000)
    # No limit is published; a public client of this API keeps to 20 requests a second and 5 retries.
    requests_per_second: float = Field(default=20.0, ge=1, le=100)
    retries: int = Field(default=5, ge=0, le=20)
    first_wait_seconds: float = Field(default=0.5, ge=0, le=60)
    longest_wait_seconds: float = Field(default=60.0, ge=0, le=600, description="also of what Retry-After asks for")
    timeout_seconds: float = Field(default=30.0, gt=0, le=600, description="for a whole answer")

    @model_validator(mode="before")
    @classmethod
    def _secrets_of_files(cls, given: Any) -> Any:  # what pydantic hands over is anything
        if not isinstance(given, dict):
            return given
        read = dict(given)
        for name in _SECRETS:
            file = read.get(f"{name}_file")
            if file is None:
                continue
            variable = f"{PREFIX}{name.upper()}"
            if read.get(name) is not None:
                raise ValueError(f"{variable} and {variable}_FILE are both given: give one of them")
            try:
                read[name] = Path(str(file)).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
                raise ValueError(f"{variable}_FILE: {file} cannot be read ({reason})") from None
        return read

    @field_validator("resource_types", mode="before")
    @classmethod
    def _separated_by_commas(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @field_validator("address")
    @classmethod
    def _a_host_alone(cls, given: str | None) -> str | None:
        if given is None:
            return None
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("has to be http(s)://host or http(s)://host:port")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not hold a user or a password")
        return given.rstrip("/")

    @model_validator(mode="after")
    def _a_region_or_an_address(self) -> Self:
        if (self.region is None) == (self.address is None):
            raise ValueError(f"give {PREFIX}REGION (usa, deu, jpn) or {PREFIX}ADDRESS, one of the two")
        return self

    @property
    def base(self) -> str:
        """Where requests go, without a slash at its end."""
        return self.address if self.address is not None else REGIONS[str(self.region)]

    def secrets(self) -> dict[str, str]:
        """What must never be shown, with the words that stand for it."""
        return {getattr(self, name).get_secret_value(): f"({name.replace('_', ' ')})" for name in _SECRETS}

    def families(self) -> dict[str, str]:
        """The families that are configured, by the product's name at WatchGuard in lower case (rule R8.3)."""
        return {offer.product_name.lower(): offer.family for offer in self.offers.values() if offer.family is not None}


def configured() -> WatchGuardConfig:
    """The configuration of this process. Misconfigured names every variable that is wrong, never what it holds."""
    try:
        return WatchGuardConfig()
    except ValidationError as error:
        problems = "; ".join(
            _problem(tuple(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)
        )
    except SettingsError:
        problems = f"{PREFIX}OFFERS is no JSON object"
    raise Misconfigured(f"WatchGuard is not configured as it should be: {problems}; see docs/vendors/panda.md")


def _problem(place: tuple[str, ...], message: str) -> str:
    reason = message.removeprefix("Value error, ").rstrip(".")
    if not place:
        return reason
    variable = f"{PREFIX}{place[0].upper()}" + "".join(f", {part}" for part in place[1:])
    return f"{variable}: {'is missing' if reason == 'Field required' else reason}"
