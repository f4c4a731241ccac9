"""What would be different if: the same runs twice, with the real facts alone and with hypothetical ones added. Pure.

Both begin with what is issued and differ in nothing but the facts, so the difference of their documents is the effect.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.money import ZERO
from shared.billing.rejected import RejectedFact, rejected_anew
from shared.billing.run_loop import Issued, RunLoop


@dataclass(frozen=True, slots=True)
class Portion:
    """Subscriptions that share no document with others: their facts, those of their master data, and what is issued."""

    facts: Sequence[Fact]
    issued: Issued


class Place(NamedTuple):
    """Where amounts are added up: a recipient, the first day of a month, a currency."""

    recipient: str
    month: date
    currency: str


@dataclass(slots=True)
class Amounts:
    """Net (credit notes negative) and documents: now, with the real facts alone, and then, with the others."""

    net_now: Decimal = ZERO
    net_then: Decimal = ZERO
    documents_now: int = 0
    documents_then: int = 0

    @property
    def difference(self) -> Decimal:
        return self.net_then - self.net_now

    def add(self, other: Amounts) -> None:
        self.net_now += other.net_now
        self.net_then += other.net_then
        self.documents_now += other.documents_now
        self.documents_then += other.documents_then


@dataclass(slots=True)
class Effect:
    """What hypothetical facts change. `difference` has the places where a document differs, and nothing else.

    `without` and `then` are the documents that differ, as they are now and as they would be. `rejected` are
    hypothetical facts that the rules refuse, and real ones that they refuse only beside them.
    """

    difference: dict[Place, Amounts] = field(default_factory=dict)
    without: list[Document] = field(default_factory=list)
    then: list[Document] = field(default_factory=list)
    rejected: list[RejectedFact] = field(default_factory=list)

    def add(self, other: Effect) -> None:
        """Take in what became of other subscriptions."""
        for place, amounts in other.difference.items():
            self.difference.setdefault(place, Amounts()).add(amounts)
        self.without += other.without
        self.then += other.then
        self.rejected += other.rejected

    def totals(self) -> dict[str, Amounts]:
        """The difference by currency."""
        totals: dict[str, Amounts] = {}
        for place, amounts in sorted(self.difference.items()):
            totals.setdefault(place.currency, Amounts()).add(amounts)
        return totals


def twice(
    portion: Portion, hypothetical: Sequence[Fact], of: Container[str] | None = None, instead_of: Sequence[Fact] = ()
) -> tuple[RunLoop, RunLoop]:
    """The runs with the real facts alone, and those with hypothetical ones added; `of` some subscriptions, or all.

    Where these stand `instead_of` other hypothetical ones, the first runs know those.
    """
    return (
        RunLoop([*portion.facts, *instead_of], issued=portion.issued, of=of),
        RunLoop([*portion.facts, *hypothetical], issued=portion.issued, of=of),
    )


def effect(portion: Portion, hypothetical: Sequence[Fact], until: date, runs: Sequence[date] | None = None) -> Effect:
    """What hypothetical facts change in the runs of the open days up to `until`, or of those days in `runs`."""
    now, then = twice(portion, hypothetical)
    without, with_them = now.run(until, runs), then.run(until, runs)
    found = Effect(rejected=rejected_anew(now, then, until))
    found.without, found.then = differing(without, with_them), differing(with_them, without)
    places = {place_of(document) for document in (*found.without, *found.then)}
    found.difference = {place: Amounts() for place in sorted(places)}
    for document in (d for d in without if place_of(d) in places):
        found.difference[place_of(document)].add(Amounts(net_now=signed(document), documents_now=1))
    for document in (d for d in with_them if place_of(d) in places):
        found.difference[place_of(document)].add(Amounts(net_then=signed(document), documents_then=1))
    return found


def differing(some: Iterable[Document], others: Iterable[Document]) -> list[Document]:
    """Those documents that are not among the others just so.

    What they are called in a simulation does not count, nor what explains the same amounts.
    """
    there = {document.sort_key: _nameless(document) for document in others}
    return [one for one in some if there.get(one.sort_key) != _nameless(one)]


def _nameless(document: Document) -> Document:
    """A document without the names that documents of these runs have: they follow from the order of their issue."""
    return replace(
        document,
        number="",
        lines=tuple(replace(line, document="") for line in document.lines),
        relates_to=tuple(replace(relation, document=relation.reference) for relation in document.relates_to),
    )


def place_of(document: Document) -> Place:
    return Place(document.recipient, document.day.replace(day=1), document.currency)


def signed(document: Document) -> Decimal:
    """The net of a document; what a credit note gives back is negative."""
    return -document.net if document.kind == "credit_note" else document.net
