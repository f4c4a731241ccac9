"""The columns of Microsoft's reconciliation, whichever way they are spelt.

Source: Partner Center's page of the new commerce reconciliation file (46 columns). Its portal, its file and its exports
do not agree on the spelling (`MPNID`, `MpnId`, `mpnId`; `Total`, `totalForCustomer`), so names are compared without
case, blanks and underscores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

COLUMNS: Final = (
    "PartnerId", "CustomerId", "CustomerName", "CustomerDomainName", "CustomerCountry", "InvoiceNumber", "MpnId",
    "ResellerMpnId", "OrderId", "OrderDate", "ProductId", "SkuId", "AvailabilityId", "SkuName", "ProductName",
    "ChargeType", "UnitPrice", "Quantity", "Subtotal", "TaxTotal", "Total", "Currency", "PriceAdjustmentDescription",
    "PublisherName", "PublisherId", "SubscriptionDescription", "SubscriptionId", "ChargeStartDate", "ChargeEndDate",
    "TermAndBillingCycle", "EffectiveUnitPrice", "UnitType", "AlternateId", "BillableQuantity", "BillingFrequency",
    "PricingCurrency", "PCToBCExchangeRate", "PCToBCExchangeRateDate", "MeterDescription", "ReservationOrderId",
    "CreditReasonCode", "SubscriptionStartDate", "SubscriptionEndDate", "ReferenceId", "ProductQualifiers",
    "PromotionId",
)  # fmt: skip

# Without these nothing can be matched or added up. What else is missing is taken as empty.
REQUIRED: Final = frozenset({
    "InvoiceNumber", "CustomerId", "OrderId", "OrderDate", "ProductId", "SkuId", "ChargeType", "UnitPrice", "Subtotal",
    "Currency", "SubscriptionId", "ChargeStartDate", "ChargeEndDate", "EffectiveUnitPrice", "BillableQuantity",
})  # fmt: skip

_ALIASES = {
    "totalforcustomer": "Total",
    "tax": "TaxTotal",
    "domainname": "CustomerDomainName",
    "country": "CustomerCountry",
}
_BY_FOLDED = {column.casefold(): column for column in COLUMNS} | _ALIASES
_ALSO = {column: [alias for alias, meant in _ALIASES.items() if meant == column] for column in COLUMNS}


class ColumnsRefused(ValueError):
    """These are not the columns of a reconciliation; the sentence says what is missing, or there twice."""


def resolved(given: Iterable[str]) -> Mapping[str, str]:
    """Under which given name each known column is; unknown names are left out, and kept with the row as it came.

    Raises ColumnsRefused when a required one is missing, or one is there under two names.
    """
    return _resolved(tuple(given))


@lru_cache(maxsize=256)
def _resolved(given: tuple[str, ...]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name in given:
        column = _BY_FOLDED.get(_folded(name))
        if column is None:
            continue
        if column in found:
            # A column's own name goes before another that is also used for it.
            own = [one for one in (found[column], name) if _folded(one) == column.casefold()]
            if len(own) != 1:
                raise ColumnsRefused(f"column {column} is there twice, as {found[column]!r} and as {name!r}")
            found[column] = own[0]
        else:
            found[column] = name
    missing = [column for column in COLUMNS if column in REQUIRED and column not in found]
    if missing:
        raise ColumnsRefused(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: "
            "this is no reconciliation of new commerce licences with all its attributes"
        )
    return MappingProxyType(found)


def _folded(name: str) -> str:
    return name.lstrip("\ufeff'").replace(" ", "").replace("_", "").casefold()
