"""What would be different if: the same runs twice, with the real facts alone and with hypothetical ones added. Pure.

Both begin with what is issued and differ in nothing but the facts, so the difference of their documents is the effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.invoicing.run_loop import Issued, RunLoop
from services.invoicing.shapes import document_shape
from services.invoicing.simulation import RejectedFact, rejected_of
from shared.billing.account import account_on
from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.money import ZERO


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


def effect(portion: Portion, hypothetical: Sequence[Fact], until: date, runs: Sequence[date] | None = None) -> Effect:
    """What hypothetical facts change in the runs of the open days up to `until`, or of those days in `runs`."""
    now, then = (
        RunLoop(portion.facts, issued=portion.issued),
        RunLoop([*portion.facts, *hypothetical], issued=portion.issued),
    )
    without, with_them = now.run(until, runs), then.run(until, runs)
    known = {_identity(fact) for fact in rejected_in(now, until)}
    rejected = [fact for fact in rejected_in(then, until) if _identity(fact) not in known]
    found = Effect(rejected=rejected)
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
    shapes = {document.sort_key: document_shape(document, explained=False) for document in others}
    return [one for one in some if shapes.get(one.sort_key) != document_shape(one, explained=False)]


def place_of(document: Document) -> Place:
    return Place(document.recipient, document.day.replace(day=1), document.currency)


def signed(document: Document) -> Decimal:
    """The net of a document; what a credit note gives back is negative."""
    return -document.net if document.kind == "credit_note" else document.net


def rejected_in(loop: RunLoop, until: date) -> Iterator[RejectedFact]:
    for one in loop.subscriptions:
        yield from rejected_of(one, account_on(one.id, one.facts, loop.master, until), loop.master, until)


def _identity(fact: RejectedFact) -> tuple[str, str]:
    return fact.source, fact.id
