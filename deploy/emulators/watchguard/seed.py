"""What an emulator begins with: credentials, accounts, what they hold and which devices they have."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SeedModel(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SeedAllocation(SeedModel):
    """Licences of a product that an account holds; `licenseExpiryDate` is a date, empty for none."""

    productName: str
    allocationType: str = "Term"
    quantity: int | None = Field(default=None, ge=0)
    used: int | None = None
    serialOrLicense: str | None = None
    licenseExpiryDate: str | None = None
    status: str | None = None


class SeedDevice(SeedModel):
    """A device; `product` is a field that the public format does not have, left out where it is not given."""

    device_id: str
    host_name: str
    license_status: int = 0
    product: str | None = None


class SeedAccount(SeedModel):
    """An account below ours: type 1 is a service provider, 2 a subscriber. `seats_used` makes so many devices."""

    accountId: str
    name: str
    type: int = 2
    delegated: bool = False
    allocations: list[SeedAllocation] = []
    devices: list[SeedDevice] = []
    seats_used: int = Field(default=0, ge=0, le=100_000)


class Seed(SeedModel):
    """`pool` is how many seats of a product can be allocated in all; a product that is not named has no limit."""

    account: str = "WGC-1-5eed00000001"
    access_id: str = "emulated-access-id"
    password: str = "emulated-password"
    api_key: str = "emulated-api-key"
    accounts: list[SeedAccount] = []
    products: list[str] = ["Advanced EPDR", "EPDR", "EDR", "EPP", "Patch Management", "Full Encryption"]
    pool: dict[str, int] = {}


def example() -> Seed:
    """Four customers: one well, one that uses more than it has, one whose licences have expired, one with a trial."""
    return Seed(
        accounts=[
            SeedAccount(
                accountId="ACC-1000001", name="Northwind Bakery", seats_used=18,
                allocations=[SeedAllocation(productName="EPDR", quantity=20, licenseExpiryDate="2999-12-31",
                                            serialOrLicense="EPDR-0001")],
            ),
            SeedAccount(
                accountId="ACC-1000002", name="Harbour Logistics", seats_used=12,
                allocations=[SeedAllocation(productName="EPP", quantity=10, licenseExpiryDate="2999-12-31"),
                             SeedAllocation(productName="Patch Management", quantity=10,
                                            licenseExpiryDate="2999-12-31")],
            ),
            SeedAccount(
                accountId="WGC-1-0a1b2c3d4e5f", name="Old Mill Studio", delegated=True,
                allocations=[SeedAllocation(productName="EDR", quantity=5, licenseExpiryDate="2020-01-31")],
            ),
            SeedAccount(
                accountId="ACC-1000003", name="Lighthouse Legal", seats_used=2,
                allocations=[SeedAllocation(productName="EPDR", allocationType="Trial", quantity=5,
                                            licenseExpiryDate="2999-12-31")],
            ),
        ]
    )  # fmt: skip
