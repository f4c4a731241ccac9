"""The list prices that reach what an order or a conversion captured: a PriceChanged that came after it (R2.10a, e)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast

from shared.billing.facts import PriceChanged, Ref
from shared.billing.lookups import concerns, rank_of
from shared.billing.masterdata import MasterData
from shared.billing.moments import civil_date
from shared.billing.pricing import Price, counts_from, is_late, reaches_from
from shared.billing.terms import Terms


class _Announced(NamedTuple):
    """A list price and the first day on which a start has it; `rank` says which of several wins (rule R2.10e).

    `at_once` says whether it may split a running cycle: late ones reach only later cycles, unless `backdate`.
    """

    change: PriceChanged
    reaches_from: date
    at_once: bool
    rank: tuple[object, ...]
    by: Ref


@dataclass(frozen=True, slots=True)
class ListPrices:
    """The captured price, and what was announced after it, by rank."""

    captured: Price
    announced: tuple[_Announced, ...]

    @classmethod
    def after(cls, captured: Price, price_day: date, terms: Terms, master: MasterData, known: date) -> ListPrices:
        """Those for product, currency, term and frequency that count after `price_day`, of what is known by a day."""
        found: list[_Announced] = []
        for fact in master.price_changes(terms.product_id, terms.currency, terms.tz):
            change, told = cast(PriceChanged, fact.body), civil_date(fact.time, terms.tz)
            if told <= known and concerns(change, terms) and counts_from(change, told) > price_day:
                rank = rank_of(fact, change, terms.tz)
                found.append(_Announced(change, reaches_from(change, told), not is_late(change, told), rank, fact.ref))
        return cls(captured, tuple(sorted(found, key=lambda announced: announced.rank)))

    def on(self, day: date, split: date | None = None) -> Price:
        """The price that reaches a start; `split` is a later day inside its cycle on which another holds at once."""
        price = self.captured
        for announced in self.announced:
            change = announced.change
            splits = split is not None and announced.at_once and change.effective_from <= split
            if not splits and day < announced.reaches_from:
                continue
            # One that states no cost leaves the cost that was known (rule R0.12).
            cost = price.cost if change.unit_cost is None else change.unit_cost
            price = Price(change.unit_price, cost, "list", change.effective_from, announced.by)
        return price

    def changes_after(self, day: date) -> date:
        """The first day after `day` from which a start may have another price; `date.max` where none follows."""
        days = (announced.reaches_from for announced in self.announced)
        return min((reached for reached in days if reached > day), default=date.max)

    def days_at_once(self) -> set[date]:
        """The days on which one may split a running cycle (`price_change_applies`)."""
        return {announced.change.effective_from for announced in self.announced if announced.at_once}
