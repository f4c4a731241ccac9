"""Which billing plans can be chosen (rules R4.1, R4.2). Binds commands; no event of upstream is refused for it."""

from __future__ import annotations

from datetime import date, tzinfo

from shared.billing.history import known_by_end_of
from shared.billing.masterdata import MasterData
from shared.billing.periods import duration_of

ENABLED = "billing_plans_enabled"
_ENABLE = f"pay at once, or set {ENABLED} there first"
# Microsoft's new commerce: what a term can be billed by, in months.
_NCE_PLANS: dict[int, tuple[int, ...]] = {1: (1,), 12: (1, 12), 36: (1, 12, 36)}


def plan_refusal(
    master: MasterData,
    product_id: str,
    customer_id: str | None,
    reseller_id: str | None,
    term: int | None,
    frequency: int | None,
    tz: tzinfo,
    on: date,
) -> str | None:
    """Why a product cannot be bought for a term that is billed by a frequency (months); None when it can.

    Paid at once it can always be. A plan has to be enabled for the organisation, for the account (the customer, or
    where that says nothing its reseller) and on the product's list; all are off by default (rule R4.2).
    """
    if term is None or frequency is None:
        return None if term == frequency else "a one-time charge has no billing plan: leave billing_frequency out"
    product = master.product(product_id, tz, known_by_end_of(on, tz))
    impossible = frequency_refusal(term, frequency, nce=product is not None and product.terms.nce is True)
    if impossible is not None:
        return impossible
    if frequency == term:
        return None
    wanted = f"the billing plan {duration_of(frequency)} cannot be chosen"
    if master.settings.stated_in(("organisation", ""), ENABLED, on, tz, on) is not True:
        return f"{wanted}: billing plans are not enabled for the organisation; {_ENABLE}"
    if not _enabled_for_account(master, customer_id, reseller_id, tz, on):
        return f"{wanted}: billing plans are not enabled for {reseller_id or customer_id}; {_ENABLE}"
    offered = () if product is None else product.billing_plans
    if frequency not in offered:
        offers, choice = (_plans_of(offered), "choose from these") if offered else ("none", "pay at once")
        return f"{wanted}: product {product_id} offers {offers}; {choice}, or add it to the product's billing_plans"
    return None


def frequency_refusal(term: int, frequency: int, *, nce: bool) -> str | None:
    """Why a term cannot be billed by a frequency, both in months; None when it can (rule R4.1)."""
    if frequency > term or term % frequency:
        return (
            f"billing_frequency {duration_of(frequency)} does not divide the term {duration_of(term)}: "
            "choose one that does"
        )
    if nce and frequency not in _NCE_PLANS.get(term, ()):
        return (
            f"a new-commerce licence for {duration_of(term)} is not billed every {duration_of(frequency)}: there are "
            f"{_plans_of(_NCE_PLANS.get(term, ())) or 'the terms P1M, P1Y and P3Y'}"
        )
    return None


def _enabled_for_account(
    master: MasterData, customer_id: str | None, reseller_id: str | None, tz: tzinfo, on: date
) -> bool:
    """What the customer's account says, else what its reseller's says."""
    for scope, scope_id in (("customer", customer_id), ("reseller", reseller_id)):
        if scope_id is not None:
            stated = master.settings.stated_in((scope, scope_id), ENABLED, on, tz, on)
            if stated is not None:
                return stated is True
    return False


def _plans_of(months: tuple[int, ...]) -> str:
    return ", ".join(duration_of(one) for one in months)
