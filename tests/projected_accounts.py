"""Accounts as projections have them: of all that has arrived, on a day of their clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shared.billing.account import Account, account_of
from shared.billing.folding import fold
from shared.billing.masterdata import MasterData
from tests.billing_dsl import Event, facts_from


def projected_account(events: Iterable[Event], on: str, sub: str = "sub-1") -> Account:
    """The account of a subscription that has its order."""
    facts = facts_from(events)
    master = MasterData.of(facts)
    own = [fact for fact in facts if (fact.scope, fact.scope_id) == ("subscription", sub)]
    timeline = fold(sub, own, master)
    assert timeline is not None
    found = account_of(timeline, master, date.fromisoformat(on))
    assert found is not None
    return found
