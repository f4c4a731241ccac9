"""Rules of Panda's licences, pure: one product a family, when a licence ends, what reported usage means (B8).

Days are civil; an end is exclusive, the first day that is not covered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.billing.calendar import add_months, first_after
from shared.billing.periods import months_of

_MONTHLY_END = 1

ENDPOINT_FAMILY: Final = "endpoint security"
# The products that exclude each other on a device; modules (Patch Management, Full Encryption) stand beside them.
_ENDPOINT_PRODUCTS: Final = frozenset(
    {"advanced epdr", "epdr", "edr", "edr core", "epp", "ad360", "adaptive defense 360", "adaptive defense",
     "endpoint protection", "endpoint protection plus"}
)  # fmt: skip
_BRANDS: Final = ("watchguard ", "panda ")


@dataclass(frozen=True, slots=True)
class HeldProduct:
    """A product that a client has at the vendor, or is to have. `runs` is false for one that has ended."""

    product: str
    family: str
    quantity: int
    is_trial: bool = False
    runs: bool = True


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Seats reported as used from a day on. Of two rows of a day the one that was `reported` later holds."""

    day: date
    quantity: int
    reported: int = 0


def known_family(product: str) -> str:
    """The family of a product by what is known of it, lower case; one that is not known is a family of its own."""
    key = product.strip().lower()
    for brand in _BRANDS:
        key = key.removeprefix(brand)
    return ENDPOINT_FAMILY if key in _ENDPOINT_PRODUCTS else key


def second_of_family(asked: HeldProduct, held: Iterable[HeldProduct]) -> str | None:
    """Why a client cannot have `asked` too, with the offer of an upgrade; None where it can (rule R8.3).

    A client has one product of a family that is not a trial. Trials and what has ended do not count.
    Source: Panda Partner Center, basic concepts.
    """
    if asked.is_trial:
        return None
    for other in held:
        if other.is_trial or not other.runs or other.family.casefold() != asked.family.casefold():
            continue
        if other.product == asked.product:
            return f"{other.product} is there already, with {other.quantity} seats: change their number instead"
        return (
            f"{other.product} of the same family ({asked.family}) is there already, and a client has one: upgrade it "
            f"to {asked.product}, or cancel it first"
        )
    return None


def licence_end(start: date, term: str) -> date:
    """When a licence ends that starts on a day: the day after its last one (rule R8.4).

    A monthly one (P1M) ends on the 1st, whatever day it starts on; longer ones after their whole months, clamped.
    Source: WatchGuard, MSSP licences; ValueError for a term that is no duration.
    """
    months = months_of(term)
    return first_after(start, _MONTHLY_END) if months == 1 else add_months(start, months)


def billing_day_to_suggest(term: str | None) -> int | None:
    """The billing day whose cycles end with the licences: 1 for monthly ones, else None (rule R8.4)."""
    return _MONTHLY_END if term is not None and months_of(term) == 1 else None


def quantities_of_usage(rows: Iterable[UsageRow]) -> tuple[tuple[date, int], ...]:
    """Reported usage as dated quantities, ascending: one a day on which the number became another one (rule R8.6).

    They are what LicensesChanged of an item in arrears says, so that it is billed by layers (R0.10). A day without a
    row goes on with the number before it. 0 stays 0: whether such a subscription is cancelled is for the caller.
    """
    by_day: dict[date, UsageRow] = {}
    for row in rows:
        known = by_day.get(row.day)
        if known is None or row.reported >= known.reported:
            by_day[row.day] = row
    found: list[tuple[date, int]] = []
    for day in sorted(by_day):
        quantity = by_day[day].quantity
        if not found or found[-1][1] != quantity:
            found.append((day, quantity))
    return tuple(found)
