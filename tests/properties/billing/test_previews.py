"""What a preview says is then billed: to the cent, line by line, whatever happened before and whenever it was run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import given as each
from hypothesis import strategies as st

from services.invoicing.reach import add_ons_said, with_families
from shared.billing.documents import Document
from shared.billing.facts import Fact
from shared.billing.ledger import IssuedLine
from shared.billing.preview import Preview, preview
from shared.billing.run_loop import Issued, RunLoop
from shared.events.shapes import Json, document_shape, line_shape
from tests.billing_dsl import facts_from
from tests.full_looks import FullLooks, days_between
from tests.strategies.examples import examples
from tests.strategies.histories import FIRST_DAY, History, histories
from tests.strategies.lives import lives

# How long before the command the last run was, in days; now and then that of its day has been made already.
_SINCE_THE_LAST_RUN = st.sampled_from([1, 1, 1, 0, -2]) | st.integers(2, 60)
# Looking at everything every day takes its time.
_LOOKED_AT_IN_FULL = timedelta(days=100)


@dataclass(frozen=True)
class Moment:
    """What is known when a command is asked about, its facts, the day, and what earlier runs have issued."""

    known: list[Fact]
    candidates: list[Fact]
    on: date
    issued: Issued

    def preview(self) -> Preview:
        return preview(self.known, self.candidates, self.issued, self.on)

    @property
    def all(self) -> list[Fact]:
        return [*self.known, *self.candidates]


_HISTORIES = histories(max_subscriptions=3, max_changes=8)


@st.composite
def moments(draw: st.DrawFn, of: st.SearchStrategy[History] = _HISTORIES) -> Moment:
    """Some event of a history as the command, what came before it as known; runs on every day before, or on some."""
    history = sorted(draw(of), key=lambda event: str(event["time"])[:10])
    # The later one of two: most examples would have nothing billed yet otherwise.
    place = max(draw(st.integers(0, len(history) - 1)), draw(st.integers(0, len(history) - 1)))
    known, candidates = facts_from(history[:place]), facts_from([history[place]])
    on = date.fromisoformat(history[place]["time"][:10])
    if draw(st.integers(0, 9)) == 9:
        return Moment(known, candidates, on, Issued())
    closed = on - timedelta(days=draw(_SINCE_THE_LAST_RUN))
    runs = draw(st.none() | st.lists(st.dates(FIRST_DAY, max(FIRST_DAY, closed)), max_size=12))
    loop = RunLoop(known)
    loop.run(closed, None if runs is None else [*runs, closed])
    return Moment(known, candidates, on, loop.ledger(closed))


def last_day(said: Preview) -> date:
    return (said.next[-1] if said.next else said.now).day


def shown(documents: Iterable[Document]) -> list[Json]:
    return [document_shape(document, explained=False) for document in documents]


def nets(lines: Iterable[IssuedLine], subscriptions: Collection[str] | None = None) -> Counter[tuple[object, ...]]:
    """What lines charge or give back; those without amount may come with any document, so they do not count."""
    return Counter(
        (line.key, line.kind, line.recipient, line.start, line.end, line.quantity, line.unit_net, line.net, line.days)
        for line in lines
        if line.net and (subscriptions is None or line.key.subscription in subscriptions)
    )


def lines_in(documents: Iterable[Document]) -> list[IssuedLine]:
    return [line for document in documents for line in document.lines]


def with_lines_by_name(documents: Iterable[Document]) -> list[tuple[object, ...]]:
    """Documents with their amounts and lines, without what relates them to others."""
    return [
        (document.sort_key, document.net, document.tax, document.gross,
         tuple(str(line_shape(replace(line, why=None), with_tax=True)) for line in document.lines))
        for document in documents
    ]  # fmt: skip


@examples
@each(moments() | moments(lives(max_subscriptions=3, max_changes=8)))
def test_what_is_said_is_what_is_billed_with_the_command_and_without(moment: Moment) -> None:
    said = moment.preview()
    with_it = RunLoop(moment.all, issued=moment.issued).run(last_day(said))
    without = RunLoop(moment.known, issued=moment.issued).run(last_day(said))

    days = [said.now, *said.next]
    assert shown(d for day in days for d in day.then.documents) == shown(d for d in with_it if d.day >= said.now.day)
    assert shown(d for day in days for d in day.without.documents) == shown(d for d in without if d.day >= said.now.day)


@examples
@each(moments())
def test_what_was_due_before_the_command_is_not_laid_to_it(moment: Moment) -> None:
    said = moment.preview()
    before = said.now.day - timedelta(days=1)
    with_it, without = (RunLoop(facts, issued=moment.issued).run(before) for facts in (moment.all, moment.known))

    assert shown(with_it) == shown(without)


@examples
@each(moments(histories(max_subscriptions=2, max_changes=6)))
def test_runs_that_look_at_everything_every_day_bill_no_other_line(moment: Moment) -> None:
    said = moment.preview()
    first = max(moment.issued.first_open, FIRST_DAY - timedelta(days=60))
    until = min(last_day(said), max(first, said.now.day) + _LOOKED_AT_IN_FULL)
    looks = FullLooks(moment.all)
    looks.issued = defaultdict(list, {name: list(lines) for name, lines in moment.issued.lines.items()})
    looks.revisions = Counter(line.key for lines in looks.issued.values() for line in lines)
    looks.tax_left = dict(moment.issued.tax_left)
    looks.made = len({line.document for lines in looks.issued.values() for line in lines})
    billed = [d for day in days_between(first, until) for d in looks.run(day) if day >= said.now.day]

    assert with_lines_by_name(
        document for run in (said.now, *said.next) if run.day <= until for document in run.then.documents
    ) == with_lines_by_name(sorted(billed, key=lambda document: document.sort_key))


@examples
@each(moments(lives(max_subscriptions=4, max_changes=8)))
def test_a_preview_of_one_subscription_says_what_it_is_billed_among_all_others(moment: Moment) -> None:
    own = next((fact.scope_id for fact in moment.candidates if fact.scope == "subscription"), "sub-1")
    family = with_families({own}, add_ons_said(moment.all))
    alone = Moment(
        _about(family, moment.known), _about(family, moment.candidates), moment.on,
        replace(moment.issued, lines={name: lines for name, lines in moment.issued.lines.items() if name in family}),
    )  # fmt: skip
    for of in (family, {own}):
        said = preview(alone.known, alone.candidates, alone.issued, alone.on, of)
        billed = RunLoop(moment.all, issued=moment.issued).run(last_day(said))

        for day in {said.now.day, *(document.day for document in billed if document.day > said.now.day)}:
            of_day = [run for run in (said.now, *said.next) if run.day == day]
            expected = nets(lines_in(document for document in billed if document.day == day), of)
            assert nets(line for run in of_day for line in lines_in(run.then.documents)) == expected


def _about(subscriptions: Collection[str], facts: Sequence[Fact]) -> list[Fact]:
    """The facts about some subscriptions and all about master data."""
    return [fact for fact in facts if fact.scope != "subscription" or fact.scope_id in subscriptions]


@examples
@each(moments())
def test_the_differences_add_up_and_what_waits_costs_nothing(moment: Moment) -> None:
    said = moment.preview()
    runs = [said.now, *said.next]

    assert [run.day for run in runs] == sorted({run.day for run in runs})
    for currency, total in said.difference.items():
        of_days = [run.difference[currency] for run in runs if currency in run.difference]
        assert total == tuple(sum(column) for column in zip(*of_days, strict=True))
        assert total.net + total.tax == total.gross
    for run in runs:
        assert not any(line.net for line in (*run.then.waiting, *run.without.waiting))
