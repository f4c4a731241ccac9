"""Whatever happens: every line is explained, by events that happened and in a shape that everybody can read."""

from __future__ import annotations

from datetime import date

from hypothesis import given as each

from services.invoicing.simulation import simulate
from shared.events.models.documents import Document
from shared.events.shapes import document_shape
from tests.billing_dsl import facts_from
from tests.strategies.examples import examples
from tests.strategies.histories import History, histories
from tests.strategies.lives import lives

UNTIL = date(2026, 12, 31)


@examples
@each(histories() | lives())
def test_every_line_is_explained_by_events_that_happened(history: History) -> None:
    facts = facts_from(history)
    happened = {fact.ref for fact in facts}
    for document in simulate(facts, UNTIL).documents:
        for line in document.lines:
            assert line.why is not None
            assert line.why.rules
            assert {event.ref for event in line.why.events} <= happened
            assert line.why.events or line.kind == "credit"
            assert line.why.price is None or line.why.price.event in happened


@examples
@each(histories() | lives())
def test_the_models_of_issued_documents_read_every_explanation(history: History) -> None:
    for document in simulate(facts_from(history), UNTIL).documents:
        shape = document_shape(document)

        read = Document.model_validate(shape)

        assert read.model_dump(mode="json", by_alias=True)["lines"] == shape["lines"]
