"""Facts whose `time` lies before a run that did not have them yet: they bear on what that run issued."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.invoicing.simulation import simulate
from shared.billing.account import account_on
from shared.billing.masterdata import MasterData
from shared.billing.run import due
from tests.billing_dsl import customer_registered, facts_from, ordered


def test_a_cycle_that_turns_out_to_end_earlier_is_credited_from_there() -> None:
    # given a month from the 15th, billed before it arrives that the customer's billing day is the 1st since January
    told = [customer_registered(on="2019-01-01", billing_day=15), ordered(1, on="2019-02-15")]
    billed = simulate(facts_from(told), date(2019, 2, 15)).documents
    facts = facts_from([*told, {**customer_registered(on="2019-01-02", billing_day=1), "id": "late"}])

    # when the next run comes
    own = [fact for fact in facts if fact.scope == "subscription"]
    day = date(2019, 3, 1)
    account = account_on("sub-1", own, MasterData.of(facts), day)
    assert account is not None
    drafts = due(account, [line for document in billed for line in document.lines], day).drafts

    # then the stub keeps 14 of 28 days, the rest comes back and March begins on the 1st
    assert [(draft.kind, draft.start, draft.end, draft.net) for draft in drafts] == [
        ("credit", date(2019, 3, 1), date(2019, 3, 15), Decimal("5.00")),
        ("recurring", date(2019, 3, 1), date(2019, 4, 1), Decimal("10.00")),
    ]
    assert all(draft.why is not None and draft.why.events for draft in drafts)
