"""What browser tests sell: a reseller of their own, so that nothing of the demonstration is another afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.browser.conftest import Demonstration

RESELLER = "res-browser"
_PRODUCT = """\
name: Office in months
vendor: acme
term: P1Y
anchor: order_day
prices:
  - {currency: EUR, term: P1Y, billing_frequency: P1Y, unit_price: "120.00", unit_cost: "100.00"}
  - {currency: EUR, term: P3Y, billing_frequency: P3Y, unit_price: "300.00", unit_cost: "250.00"}
billing_plans: [P1M, P1Y]
"""


def open_shop(demonstration: Demonstration) -> None:
    """A reseller with 24 % tax who pays 5 % more for installments, and a product that can be paid in months."""
    demonstration.seatledger(
        f'resellers register {RESELLER} --name "Ionian Cloud" --tax-rate 0.24 --extra-charge-rate 0.05'
    )
    with TemporaryDirectory() as folder:
        product = Path(folder) / "office.yaml"
        product.write_text(_PRODUCT)
        demonstration.seatledger(f"products define office-in-months --file {product}")
    demonstration.seatledger("settings set billing_plans_enabled true")
    demonstration.seatledger(f"settings set billing_plans_enabled true --scope reseller --id {RESELLER}")


def register(demonstration: Demonstration, customer: str, name: str) -> None:
    """One more customer of theirs."""
    demonstration.seatledger(
        f'customers register {customer} --reseller {RESELLER} --name "{name}" --time-zone UTC --billing-day 1'
    )


def ordered(demonstration: Demonstration, customer: str, name: str, plan: str = "") -> str:
    """A customer with a subscription of ten licences; gives its id."""
    register(demonstration, customer, name)
    chosen = f" --billing-frequency {plan}" if plan else ""
    demonstration.seatledger(
        f"orders place --id ord-{customer} --customer {customer} --currency EUR --product office-in-months "
        f"--quantity 10 --term P1Y{chosen} --execute"
    )
    return f"ord-{customer}-1"


def bill(demonstration: Demonstration) -> None:
    """What is due today, also of what was decided after an earlier run of today."""
    demonstration.seatledger(f"invoice-run --date {datetime.now(UTC).date()} --early")
