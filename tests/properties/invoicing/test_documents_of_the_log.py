"""A document as its event has it is the one that was issued; runs go on from it as from the ledger that was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import cast

import orjson
from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.issued_again import issued_again
from shared.billing.documents import Document
from shared.billing.ledger import IssuedLine
from shared.events.models.documents import IssuedDocument
from shared.events.models.fields import FROM_JSON
from shared.events.registry import EVENT_TYPES
from shared.events.shapes import issued_shape
from tests.billing_dsl import facts_from
from tests.full_looks import FullLooks
from tests.strategies.examples import examples
from tests.strategies.histories import LAST_DAY, History, histories
from tests.strategies.stated_settings import command_line

DAYS = st.lists(st.dates(date(2025, 1, 1), LAST_DAY), min_size=2, max_size=8, unique=True).map(sorted)


def from_the_log(document: Document) -> Document:
    """A document, written as its event and read again."""
    model = EVENT_TYPES["InvoiceIssued" if document.kind == "invoice" else "CreditNoteIssued"].model
    data = orjson.loads(orjson.dumps(issued_shape(document)))
    return issued_again(cast(IssuedDocument, model.model_validate(data, context=FROM_JSON)))


def comparable(line: IssuedLine) -> IssuedLine:
    """Of a free line the days of its cycle follow from nothing, and have no part in anything."""
    return replace(line, of_days=0) if line.kind == "free" else line


@examples
@each(histories(), DAYS, command_line())
def test_runs_that_go_on_from_the_log_issue_what_they_would_have_issued(
    history: History, days: list[date], stated: Mapping[str, str]
) -> None:
    kept, lost = (FullLooks(facts_from(history), stated) for _ in range(2))
    for day in days:
        # given what was issued before, in the ledger and as the log has it
        issued = kept.run(day)
        # when the next run is made
        anew = lost.run(day)
        # then it issues the same
        assert list(map(issued_shape, anew)) == list(map(issued_shape, issued))
        told = [from_the_log(document) for document in anew]
        assert list(map(issued_shape, told)) == list(map(issued_shape, issued))
        assert [comparable(line) for one in told for line in one.lines] == [
            comparable(line) for one in issued for line in one.lines
        ]
        for document in told:
            for line in document.lines:
                lines = lost.issued[line.key.subscription]
                lines[lines.index(next(one for one in lines if one.line == line.line))] = line
