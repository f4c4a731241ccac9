"""Whether a change has a sense for a subscription as it is; where it has none, why, and what to do. Pure.

The rest is for the service to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from services.console.subscriptions.queries import One
from shared.billing.calendar import add_months

Unfit = Callable[[One], str | None]
"""Why a change does not fit a subscription, in a clause; None where it does."""

# In months, with the stub before its first cycle: longer than this is of what is sold only a term of three years.
_TWO_YEARS_AND_A_STUB: Final = 25
# Nothing of a subscription that is over can be another.
_OVER: Final = frozenset({"canceled", "deleted", "expired", "disabled", "failed"})
_PLANS_OF_THREE_YEARS: Final = ("Monthly", "Annual")


def fits_always(_: One) -> None:
    """It has a sense for whatever is not over."""


def over(one: One) -> str | None:
    return f"it is {one.status}, so nothing of it can be changed any more" if one.status in _OVER else None


def no_term(one: One) -> str | None:
    """What is charged once has none, so that nothing of it is ever converted or priced anew."""
    if one.term_start < one.term_end:
        return None
    return "it was charged once and has no term; order what is wanted instead"


def not_protected(one: One) -> str | None:
    """Activated is price protection for what Microsoft has, and for what is of nobody that is named (rule R2.9)."""
    if one.vendor not in (None, "microsoft"):
        return f"the price of {one.vendor}'s products is not protected; only Microsoft's is, and that of no vendor's"
    return no_term(one)


def not_billed_as(plan: str, frequency: str) -> Unfit:
    """Why its plan cannot become this one (rule R4.14): three years, billed by the other of the two and offered so.

    What waits to become the other is taken back by asking for the plan that runs.
    """

    def unfit(one: One) -> str | None:
        coming = None if one.scheduled is None else one.scheduled.billing_plan
        if one.billing_plan == plan:
            return None if coming is not None else f"its billing plan is {plan} already"
        if add_months(one.term_start, _TWO_YEARS_AND_A_STUB) >= one.term_end:
            return "only a term of three years changes its billing plan; convert it, or change its next term"
        if one.billing_plan not in _PLANS_OF_THREE_YEARS:
            return "only what is billed monthly or annually changes its billing plan; convert it instead"
        if coming is not None:
            return f"it is to be billed otherwise from {coming.effective_from} on already"
        if frequency not in (one.offered_plans or ()):
            return f"its product is not offered with the billing plan {plan}"
        return None

    return unfit


def not_renewed(one: One) -> str | None:
    return None if one.auto_renew else "it does not renew; turn the renewal on first"


def nothing_scheduled(one: One) -> str | None:
    is_scheduled = one.scheduled is not None and one.scheduled.next_term is not None
    return None if is_scheduled else "nothing is scheduled for its next term"


def renewed_never(one: One) -> str | None:
    return None if one.auto_renew else "its renewal is off already"


def renewed_already(one: One) -> str | None:
    return "it renews by itself already" if one.auto_renew else None


def suspended(one: One) -> str | None:
    return "it is suspended already; reactivate it to have it in use again" if one.status == "suspended" else None


def not_suspended(one: One) -> str | None:
    return None if one.status == "suspended" else f"it is {one.status}; only what is suspended is reactivated"
