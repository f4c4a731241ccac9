"""One run by itself: which lines are due, from where a later run has to look again, and how documents are named."""

from __future__ import annotations

from datetime import date

import pytest

from services.invoicing.simulation import simulate
from shared.billing.account import Account, account_on
from shared.billing.documents import Group
from shared.billing.ledger import IssuedLine
from shared.billing.masterdata import MasterData
from shared.billing.run import due, issue
from tests.billing_dsl import Given, canceled, given, ordered, seats

MONTHLY = given(ordered(1, on="2019-01-01"))
A_SEAT_MORE = MONTHLY.then(seats(2, on="2019-02-10"))
ARREARS = given(ordered(1, on="2019-01-01", charge="arrears"))
ENDED = MONTHLY.then(canceled(on="2019-02-10"))


def in_2019(day: str) -> date:
    return date.fromisoformat(f"2019-{day}")


def account(history: Given, on: date, subscription: str = "sub-1") -> Account:
    facts = history.facts()
    own = [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", subscription)]
    found = account_on(subscription, own, MasterData.of(facts), on)
    assert found is not None
    return found


def issued(history: Given, upto: date) -> list[IssuedLine]:
    """The lines of every run up to a day."""
    return [line for one in simulate(history.facts(), upto).documents for line in one.lines]


@pytest.mark.parametrize(
    ("history", "billed_to", "day", "open_from", "next_due"),
    [
        pytest.param(MONTHLY, "01-31", "02-01", "02-01", "03-01", id="a cycle is due on the day"),
        pytest.param(MONTHLY, "02-01", "02-02", "03-01", "03-01", id="all is billed but the cycle to come"),
        pytest.param(A_SEAT_MORE, "02-09", "02-10", "02-01", "03-01", id="a part of a cycle waits"),
        pytest.param(ARREARS, "02-09", "02-10", "02-01", "03-01", id="a cycle in arrears waits"),
        pytest.param(ENDED, "02-09", "02-10", "02-01", None, id="the end is due on the day"),
        pytest.param(ENDED, "02-10", "02-11", None, None, id="all is over and billed"),
    ],
)
def test_from_where_a_later_run_has_to_look_again(
    history: Given, billed_to: str, day: str, open_from: str | None, next_due: str | None
) -> None:
    found = due(account(history, in_2019(day)), issued(history, in_2019(billed_to)), in_2019(day))

    assert found.open_from == (None if open_from is None else in_2019(open_from))
    assert found.next_due == (None if next_due is None else in_2019(next_due))


def test_a_run_that_begins_later_leaves_out_the_cycles_that_ended_before() -> None:
    march = date(2019, 3, 1)
    monthly = account(MONTHLY, march)

    assert [line.start.month for line in due(monthly, [], march).drafts] == [1, 2, 3]
    assert [line.start.month for line in due(monthly, [], march, since=date(2019, 2, 1)).drafts] == [2, 3]


def test_documents_are_named_in_their_order_each_by_what_it_holds() -> None:
    # given a reseller with a customer that is invoiced separately, and one that is not
    both = given(
        ordered(1, on="2019-02-01", sub="sub-1", customer={"id": "ACME", "separate_invoices": True}, reseller="res-1"),
        ordered(1, on="2019-02-01", sub="sub-2", customer="Bolt", reseller="res-1"),
    )
    day = date(2019, 2, 1)
    drafts = [line for name in ("sub-1", "sub-2") for line in due(account(both, day, name), [], day).drafts]

    # when the run of the day issues what is due
    names: list[str] = []

    def name(group: Group) -> str:
        names.append(f"{group.recipient}, {group.customer or 'all others'}")
        return f"{len(names)}: {names[-1]}"

    documents = issue(drafts, day, name, {}, {}, issue_zero_invoices=False)

    # then what is not separate comes first, and each document and its lines have the name that was given
    assert [one.number for one in documents] == ["1: res-1, all others", "2: res-1, ACME"]
    assert [[line.document for line in one.lines] for one in documents] == [[one.number] for one in documents]
