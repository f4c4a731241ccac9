"""What rows and explanations say is what documents then hold: the next invoice, the term of today, why a line is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given as each

from services.invoicing.simulation import Simulation, simulate
from shared.billing.ledger import IssuedLine
from shared.billing.masterdata import MasterData
from shared.billing.money import round_money, share_of
from shared.billing.state import next_charge, subscription_state
from tests.billing_dsl import facts_from
from tests.full_looks import accounts_on, days_between
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, History, histories
from tests.strategies.stated_settings import command_line


def charges_of(simulation: Simulation, subscription: str, day: date) -> list[IssuedLine]:
    """The charges of a subscription on the documents of a day."""
    return [
        line
        for document in simulation.documents
        for line in document.lines
        if (document.day, line.key.subscription, line.returns) == (day, subscription, None)
    ]


@examples
@each(histories(max_subscriptions=2), command_line())
def test_the_next_installment_is_what_is_invoiced_then(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    today = simulate(facts, LAST_DAY, settings=stated)
    for plan in today.installment_plans:
        assert plan.installments == plan.invoiced + plan.excluded + plan.remaining
        if plan.next_invoice_date is None:
            continue
        assert plan.next_invoice_date > LAST_DAY
        then = charges_of(
            simulate(facts, plan.next_invoice_date, settings=stated), plan.subscription, plan.next_invoice_date
        )
        begins = [line for line in then if line.key.layer_start == plan.next_invoice_date]
        paused = any(
            state.status == "suspended" for state in today.subscriptions if state.subscription == plan.subscription
        )
        assert paused or sum(line.net for line in begins) == plan.next_invoice_amount


@examples
@each(histories(max_subscriptions=2), command_line())
def test_the_next_charge_is_what_is_due_then(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    for account in accounts_on(facts, MasterData.of(facts, stated), LAST_DAY):
        coming = next_charge(account, LAST_DAY)
        if coming is not None:
            then = simulate(facts, coming.due, settings=stated)
            lines = charges_of(then, account.timeline.subscription_id, coming.due)
            assert sum(line.net for line in lines if line.start == line.key.layer_start) == coming.net


@examples
@each(histories(max_subscriptions=2), command_line())
def test_every_day_of_a_live_subscription_lies_in_its_term(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    for account in accounts_on(facts, MasterData.of(facts, stated), LAST_DAY):
        timeline, ended = account.timeline, account.timeline.end
        last = LAST_DAY if ended is None else min(LAST_DAY, ended.on - timedelta(days=1))
        before = None
        for day in days_between(account.layout.phases[0].begins, last):
            state = subscription_state(replace(account, known=day), day)
            if account.layout.phase_at(day).terms.term is None:
                continue
            assert state.term_start <= day <= state.term_end
            assert state.quantity == timeline.quantity_on(day) > 0
            if (
                before is not None
                and state.term_start != before.term_start
                and account.layout.phase_at(day).begins != day
            ):
                assert state.term_start == before.term_end + timedelta(days=1)
            before = state


@examples
@each(histories(), command_line())
def test_every_line_says_why_and_its_price_and_share_make_its_net(history: History, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    known = {fact.ref for fact in facts}
    for document in simulate(facts, LAST_DAY, settings=stated).documents:
        for line in document.lines:
            why = line.why
            assert why is not None
            assert why.rules
            assert why.events
            assert {event.ref for event in why.events} <= known
            if line.returns is not None or why.cause == "charged_back" or why.kept is None or why.of is None:
                continue
            assert why.price is not None
            assert 0 < why.kept <= why.of
            if stated.get("rounding", "unit") == "unit" and line.kind == "recurring" and not why.price.pricing:
                exact = why.price.unit_price * (1 + why.price.extra_charge_rate) / why.price.parts
                assert line.unit_price == round_money(Decimal(exact), line.currency) or why.price.parts > 1
                assert abs(line.unit_net - share_of(line.unit_price, why.kept, why.of)) <= 1
