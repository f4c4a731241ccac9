"""A what-if looks at those subscriptions only that can differ, payer by payer: the rest is the same by construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.reach import add_ons_said, links_said, named, portions, telling, with_families
from shared.billing.documents import Document
from shared.billing.effect import Effect, Place, Portion, effect
from shared.billing.facts import Fact
from shared.billing.folding import fold
from shared.billing.run_loop import Issued, RunLoop
from shared.events.shapes import Json, document_shape
from shared.projections.facts import by_key
from shared.projections.spec import Key
from shared.projections.subscription_stream import SubscriptionFold, master_data, names
from tests.billing_dsl import facts_from
from tests.strategies.examples import examples
from tests.strategies.histories import FIRST_DAY, LAST_DAY, History, histories

CLOSED = st.dates(FIRST_DAY, LAST_DAY - timedelta(days=60))
# What it costs to look further grows with the days, and a quarter has every kind of due day in it.
AHEAD = st.integers(1, 120)


@st.composite
def tried(draw: st.DrawFn) -> tuple[list[Fact], list[Fact]]:
    """A history of which some events happened and others are only tried; those of one event stay together."""
    history: History = draw(histories(max_subscriptions=4, max_changes=10))
    hypothetical = draw(st.sets(st.sampled_from(range(len(history))), min_size=1, max_size=4))
    real = [event for place, event in enumerate(history) if place not in hypothetical]
    return facts_from(real), facts_from(history[place] for place in sorted(hypothetical))


def issued_by(facts: Sequence[Fact], closed: date) -> Issued:
    loop = RunLoop(facts)
    loop.run(closed)
    return loop.ledger(closed)


def of(subscriptions: Iterable[str], facts: Iterable[Fact]) -> list[Fact]:
    """The facts about some subscriptions and all about master data."""
    wanted = set(subscriptions)
    return [fact for fact in facts if fact.scope != "subscription" or fact.scope_id in wanted]


def looks_at(facts: Sequence[Fact]) -> dict[str, set[Key]]:
    """The master data that each subscription looks at, as the projection keeps it: with what that names in turn."""
    known = by_key(facts)
    looked: dict[str, set[Key]] = {}
    for key in (key for key in known if key.scope == "subscription"):
        timeline = fold(key.scope_id, known[key], master_data(known))
        if timeline is None:
            continue
        reached, wanted = set[Key](), set(SubscriptionFold(lambda *_: {}).depends_on(timeline))
        while wanted:
            name = wanted.pop()
            reached.add(name)
            wanted |= {other for fact in known.get(name, ()) for other in names(fact)} - reached
        looked[key.scope_id] = reached
    return looked


def changed(found: Effect) -> dict[Place, Decimal]:
    return {place: amounts.difference for place, amounts in found.difference.items() if amounts.difference}


def shown(documents: Iterable[Document]) -> list[Json]:
    return [document_shape(document) for document in sorted(documents, key=lambda document: document.sort_key)]


@examples
@each(histories(), CLOSED, AHEAD)
def test_runs_that_begin_with_what_is_issued_go_on_as_if_they_had_never_stopped(
    history: History, closed: date, ahead: int
) -> None:
    facts, until = facts_from(history), closed + timedelta(days=ahead)

    in_one_go = [document for document in RunLoop(facts).run(until) if document.day > closed]
    gone_on = RunLoop(facts, issued=issued_by(facts, closed)).run(until)

    assert shown(gone_on) == shown(in_one_go)


@examples
@each(tried(), CLOSED, AHEAD)
def test_only_what_can_be_reached_differs(what: tuple[list[Fact], list[Fact]], closed: date, ahead: int) -> None:
    (real, hypothetical), until = what, closed + timedelta(days=ahead)
    issued = issued_by(real, closed)
    everything = effect(Portion(real, issued), hypothetical, until)

    telling_ones = telling(hypothetical, by_key(real))
    own, masters = named(telling_ones)
    looked = looks_at(real)
    refused = {name for name, reached in looked.items() if len(reached) <= 1}
    dependents = {name for name, reached in looked.items() if reached & masters} | (refused if masters else set())
    reached = with_families(own | dependents, add_ons_said([*real, *hypothetical]))
    restricted = effect(Portion(of(reached, real), issued), telling_ones, until)

    assert changed(restricted) == changed(everything)
    assert sorted(map(repr, restricted.rejected)) == sorted(map(repr, everything.rejected))


@examples
@each(tried(), CLOSED, AHEAD)
def test_portions_give_together_what_they_give_at_once(
    what: tuple[list[Fact], list[Fact]], closed: date, ahead: int
) -> None:
    (real, hypothetical), until = what, closed + timedelta(days=ahead)
    issued = issued_by(real, closed)
    everything = effect(Portion(real, issued), hypothetical, until)

    facts = [*real, *hypothetical]
    recipients = [
        (("subscription", name), ("payer", line.recipient)) for name, lines in issued.lines.items() for line in lines
    ]
    links = [*links_said(facts), *recipients]
    subscriptions = {fact.scope_id for fact in facts if fact.scope == "subscription"}
    together = Effect()
    for portion in portions(subscriptions, links, most=1):
        together.add(effect(Portion(of(portion, real), issued), of(portion, hypothetical), until))

    assert together.difference == everything.difference
    assert shown(together.without) == shown(everything.without)
    assert shown(together.then) == shown(everything.then)


def test_an_order_that_repeats_what_is_known_of_its_reseller_reaches_nobody_else() -> None:
    def order(sub: str, time: str, tax: str) -> History:
        said = {"order_id": f"of-{sub}", "currency": "EUR", "customer": {"id": f"cus-{sub}"}}
        item = {"subscription_id": sub, "product": {"id": "office"}, "quantity": 1, "unit_price": "10.00"}
        data = said | {"reseller": {"id": "res-1", "tax_rate": tax}, "items": [item]}
        return [{"id": sub, "type": "OrderExecuted", "time": time, "data": data}]

    known = by_key(
        facts_from([*order("a", "2026-01-01T09:00:00Z", "0.24"), *order("b", "2026-03-01T09:00:00Z", "0.24")])
    )
    same = facts_from(order("c", "2026-02-01T09:00:00Z", "0.24"))
    other = facts_from(order("c", "2026-02-01T09:00:00Z", "0.19"))
    first = facts_from(order("c", "2025-12-01T09:00:00Z", "0.24"))
    dated = facts_from(order("c", "2026-02-01", "0.24"))

    reseller = Key("reseller", "res-1")
    assert reseller not in named(telling(same, known))[1]
    for telling_more in (other, first, dated):
        assert reseller in named(telling(telling_more, known))[1]
