"""The tax of a payer: its own rate, none, reverse charge, or the rule of its country and the type of product (R6.7)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, cast

from shared.billing.blocks import CustomerBlock, ResellerBlock
from shared.billing.money import ZERO
from shared.billing.settings import Value, tax_rate_key
from shared.billing.vat_numbers import MEMBER_STATES, country_code, member_state_of

PayerBlock = CustomerBlock | ResellerBlock
# Looks up a setting of the organisation on the day of the document.
Settings = Callable[[str], Value]

EXEMPT = "exempt"


class Tax(NamedTuple):
    """What a line is taxed with. With `reverse_charge` the rate is 0 and the recipient owes the tax itself."""

    rate: Decimal
    reverse_charge: bool = False


_NONE = Tax(ZERO)
_REVERSE_CHARGE = Tax(ZERO, reverse_charge=True)


def tax_of(payer: PayerBlock, tax_type: str | None, setting: Settings) -> Tax:
    """The tax of a payer on a type of product (rule R6.7; IW/4663452, reverse charge and payer derived).

    An exempt payer and an exempt product have none. While no `seller_country` is set every payer is billed at its
    stated rate, 0 when it states none. A payer that states no country is where its VAT number is from, else domestic.
    """
    if payer.tax_exempt or tax_type == EXEMPT:
        return _NONE
    seller = cast(str | None, setting("seller_country"))
    if seller is None:
        return Tax(payer.tax_rate or ZERO)
    number_of = member_state_of(payer.vat_id)
    country = country_code(payer.country) if payer.country else number_of or seller
    if _is_reverse_charged(country, number_of, seller):
        return _REVERSE_CHARGE
    return Tax(_rate(country, tax_type, payer.tax_rate, seller, setting))


def is_tax_setting(key: str) -> bool:
    """Whether tax depends on a setting."""
    return key == "seller_country" or key.startswith("tax_rate.")


def _is_reverse_charged(country: str, number_of: str | None, seller: str) -> bool:
    """An EU business abroad, with a VAT number of another member state than the seller's (rule R6.7)."""
    in_the_union = seller in MEMBER_STATES and country in MEMBER_STATES
    return in_the_union and country != seller and number_of is not None and number_of != seller


def _rate(country: str, tax_type: str | None, stated: Decimal | None, seller: str, setting: Settings) -> Decimal:
    """The rate of a taxed payer (rule R6.7; the order is derived).

    A rate that is set for just this type of product in the payer's country comes first. Then a domestic payer's own
    rate counts before the country's, and abroad the country's before the payer's own.
    """
    of_type = None if tax_type is None else cast(Decimal | None, setting(tax_rate_key(country, tax_type)))
    if of_type is not None:
        return of_type
    of_country = cast(Decimal | None, setting(tax_rate_key(country)))
    first, second = (stated, of_country) if country == seller else (of_country, stated)
    return next((rate for rate in (first, second) if rate is not None), ZERO)
