"""The tax of a document, one line for each rate: of invoices, and what credit notes take back (rules R0.5, R3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from decimal import Decimal

from shared.billing.money import ZERO, round_money
from shared.billing.tax import Tax


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of a document at one rate (rule R0.5); nothing by reverse charge stands apart from other nothing."""

    rate: Decimal
    base: Decimal
    amount: Decimal
    reverse_charge: bool = False


# Tax that invoices still hold, by document and rate: what credit notes may take back (rule R3.4).
TaxLeft = MutableMapping[tuple[str, Decimal], Decimal]


def tax_lines(taxed: Iterable[tuple[Tax, Decimal]], currency: str) -> tuple[TaxLine, ...]:
    """One tax line a rate: ROUND2(sum of net lines x rate) (rule R0.5; IW/4663452, rounding point derived)."""
    bases: dict[Tax, Decimal] = {}
    for tax, net in taxed:
        bases[tax] = bases.get(tax, ZERO) + net
    return tuple(
        TaxLine(tax.rate, base, round_money(base * tax.rate, currency), tax.reverse_charge)
        for tax, base in sorted(bases.items())
    )


def returned_tax_lines(
    returned: Iterable[tuple[Tax, str, Decimal]], currency: str, tax_left: TaxLeft
) -> tuple[TaxLine, ...]:
    """As rule R0.5, but never more than is left of the tax on the invoices whose lines come back (rule R3.4, derived).

    `returned` gives of each credit the tax of its line, the invoice of that line, and the net; `tax_left` is brought up
    to date.
    """
    by_tax: dict[Tax, dict[str, Decimal]] = {}
    for tax, name, net in returned:
        nets = by_tax.setdefault(tax, {})
        nets[name] = nets.get(name, ZERO) + net
    taxes = []
    for tax, nets in sorted(by_tax.items()):
        base = sum(nets.values(), ZERO)
        left = sum((tax_left[(name, tax.rate)] for name in nets), ZERO)
        amount = min(round_money(base * tax.rate, currency), left)
        take_tax(amount, tax.rate, nets, currency, tax_left)
        taxes.append(TaxLine(tax.rate, base, amount, tax.reverse_charge))
    return tuple(taxes)


def take_tax(amount: Decimal, rate: Decimal, nets: Mapping[str, Decimal], currency: str, tax_left: TaxLeft) -> None:
    """Take returned tax off the invoices: each its own share first, the odd cents where something is left."""
    for own_share_only in (True, False):
        for name in sorted(nets):
            left = tax_left[(name, rate)]
            share = round_money(nets[name] * rate, currency) if own_share_only else left
            taken = min(share, left, amount)
            tax_left[(name, rate)] = left - taken
            amount -= taken
