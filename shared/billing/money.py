"""Money: decimals rounded half-up to the currency's minor digits, and only where a rule says so.

Amounts are `Decimal`; a float never enters. Quotients are carried with 50 digits, so that rounding them once to minor
digits cannot hit a half cent that is not one.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

ZERO = Decimal(0)
ONE = Decimal(1)

EXACT = Context(prec=50)
_HALF_UP = Context(prec=50, rounding=ROUND_HALF_UP)

# ISO 4217: the currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS = {code: digits for digits, codes in _MINOR_DIGITS.items() for code in codes.split()}


def minor_digits(currency: str) -> int:
    """Digits after the point of a currency: 2, but JPY 0, KWD 3 (rule R0.1; ISO 4217)."""
    return _DIGITS.get(currency, 2)


@lru_cache(maxsize=256)
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 EUR, 1 JPY, 0.001 KWD."""
    return Decimal(1).scaleb(-minor_digits(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """ROUND2 of the rules: half-up to the currency's minor digits (rule R0.1)."""
    return amount.quantize(minor_unit(currency), context=_HALF_UP)


def share_of(amount: Decimal, part: int, whole: int) -> Decimal:
    """`amount` x part / whole, not rounded: the prorated price before its rounding (rule R0.2)."""
    return amount if part == whole else EXACT.divide(EXACT.multiply(amount, part), whole)


def split(amount: Decimal, weights: list[int], currency: str) -> list[Decimal]:
    """Divide an amount by weights; the parts add up to it: largest remainder, ties to the first (conventions table).

    `amount` is in whole minor units; weights are not negative and not all zero.
    """
    unit = minor_unit(currency)
    minor = int(amount / unit)
    total = sum(weights)
    parts = [minor * weight // total for weight in weights]
    remainders = [minor * weight % total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: minor - sum(parts)]:
        parts[i] += 1
    return [part * unit for part in parts]


def written(amount: Decimal) -> str:
    """An amount as documents and contracts write it: plain digits, never an exponent."""
    return format(amount, "f")
