"""What holds for every history, whatever the rules make of it (contracts, sections 4 and 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.simulation import simulate
from shared.billing.account import account_on
from shared.billing.documents import Document
from shared.billing.ledger import IssuedLine
from shared.billing.masterdata import MasterData
from shared.billing.money import minor_unit
from shared.billing.run import due
from tests.billing_dsl import Given, facts_from
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, History, histories
from tests.strategies.stated_settings import command_line

END = LAST_DAY.isoformat()
DAYS = st.dates(date(2025, 1, 1), LAST_DAY)


def documents(history: History, stated: Mapping[str, str]) -> list[Document]:
    return simulate(facts_from(history), LAST_DAY, settings=stated).documents


@examples
@each(histories(), command_line(), st.data())
def test_facts_in_any_order_give_the_same_output(history: History, stated: dict[str, str], data: st.DataObject) -> None:
    facts = facts_from(history)
    shuffled = data.draw(st.permutations(facts))

    one, other = (simulate(given, LAST_DAY, settings=stated) for given in (facts, shuffled))
    assert one.documents == other.documents
    assert (one.subscriptions, one.installment_plans) == (other.subscriptions, other.installment_plans)
    assert sorted(map(repr, one.rejected)) == sorted(map(repr, other.rejected))


@examples
@each(histories(), DAYS, command_line())
def test_running_until_later_leaves_earlier_documents_unchanged(
    history: History, day: date, stated: dict[str, str]
) -> None:
    earlier = simulate(facts_from(history), day, settings=stated).documents

    assert [document for document in documents(history, stated) if document.day <= day] == earlier


@examples
@each(histories(), command_line())
def test_a_document_is_the_sum_of_its_lines_and_gross_is_net_plus_tax(history: History, stated: dict[str, str]) -> None:
    for document in documents(history, stated):
        assert document.net == sum(line.net for line in document.lines)
        assert document.tax == sum(tax.amount for tax in document.taxes)
        assert document.gross == document.net + document.tax
        assert document.net >= 0
        assert document.tax >= 0
        assert {line.kind == "credit" for line in document.lines} == {document.kind == "credit_note"}
        assert all(line.net == line.net.quantize(minor_unit(document.currency)) for line in document.lines)


@examples
@each(histories(), command_line())
def test_line_ids_are_unique_and_revisions_have_no_gaps(history: History, stated: dict[str, str]) -> None:
    lines = [line for document in documents(history, stated) for line in document.lines]

    assert len({line.line for line in lines}) == len(lines)
    revisions: dict[object, list[int]] = defaultdict(list)
    for line in lines:
        revisions[line.key].append(line.revision)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in revisions.values())


@examples
@each(histories(), command_line())
def test_credits_return_a_line_of_an_earlier_document_and_never_more_than_it_billed(
    history: History, stated: dict[str, str]
) -> None:
    issued: dict[str, tuple[date, IssuedLine]] = {}
    credited: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents(history, stated):
        for line in document.lines:
            issued[line.line] = (document.day, line)
    for day, credit in issued.values():
        if credit.returns is None:
            continue
        billed_on, billed = issued[credit.returns]
        credited[credit.returns] += credit.net
        assert billed.returns is None
        assert billed_on <= day
        assert (credit.recipient, credit.tax_rate, credit.currency) == (
            billed.recipient, billed.tax_rate, billed.currency,
        )  # fmt: skip
        assert billed.start <= credit.start < credit.end <= billed.end
    assert all(amount <= issued[line][1].net for line, amount in credited.items())


@examples
@each(histories(), command_line())
def test_every_credit_note_goes_on_open_invoices_of_its_recipient_the_oldest_first(
    history: History, stated: dict[str, str]
) -> None:
    issued = documents(history, stated)
    left = {one.number: one.gross for one in issued if one.kind == "invoice"}
    whose = {one.number: (one.recipient, one.currency, one.day) for one in issued}
    for note in (one for one in issued if one.kind == "credit_note"):
        assert sum(one.amount for one in note.relates_to) == note.gross
        assert note.balance == 0  # it returns what was invoiced to the same recipient
        for relation in note.relates_to:
            recipient, currency, day = whose[relation.document]
            assert (recipient, currency) == (note.recipient, note.currency)
            older = [name for name in left if whose[name][:2] == (recipient, currency) and whose[name][2] < day]
            assert all(left[name] == 0 for name in older)
            left[relation.document] -= relation.amount
            assert left[relation.document] >= 0


@examples
@each(histories(), command_line())
def test_the_tax_of_credit_notes_is_never_more_than_that_of_the_invoices_they_return(
    history: History, stated: dict[str, str]
) -> None:
    charged: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    returned: dict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
    for document in documents(history, stated):
        taxes = charged if document.kind == "invoice" else returned
        for tax in document.taxes:
            taxes[document.recipient, tax.rate] += tax.amount

    assert all(amount <= charged[key] for key, amount in returned.items())


@examples
@each(histories(), DAYS, command_line())
def test_a_run_repeated_finds_nothing(history: History, day: date, stated: dict[str, str]) -> None:
    facts = facts_from(history)
    until = day + timedelta(days=1)

    once = simulate(facts, day, [day], stated).documents
    issued = [line for document in once for line in document.lines]
    master = MasterData.of(facts, stated)
    for subscription in {fact.scope_id for fact in facts if fact.scope == "subscription"}:
        own = [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", subscription)]
        account = account_on(subscription, own, master, day)
        if account is not None:
            again = due(account, [line for line in issued if line.key.subscription == subscription], day)
            # Lines without amount stay open until a document has something to bill; nothing else may be due again.
            assert [draft for draft in again.drafts if draft.net] == []
    # The next day finds only what became known or fell due on it: run twice, nothing more.
    twice = simulate(facts, until, [day, until], stated).documents
    assert [document for document in twice if document.day == day] == once


@examples
@each(histories(), command_line())
def test_what_a_history_gives_can_be_written(history: History, stated: dict[str, str]) -> None:
    result = Given(tuple(history), stated).until(END)

    assert all(isinstance(text, str) for text in result.documents)
    assert all(fact["reason"] for fact in result.rejected)
    assert len(result.subscriptions) == len({state["subscription"] for state in result.subscriptions})
