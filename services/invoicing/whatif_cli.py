"""The command `simulate --base`: what would be different, as tables or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date

import psycopg

from services import presentation
from services.invoicing.cli import check_settings, read_file, show_documents
from services.invoicing.whatif_run import SETTINGS_SOURCE, Answer, Question, what_if
from shared.billing.calendar import ONE_DAY
from shared.billing.effect import Amounts
from shared.billing.money import round_money, written
from shared.commands.operating import database_failures
from shared.errors import BAD_REQUEST, UserError, WrongUsage
from shared.events.facts import facts_of
from shared.events.files import FileEvent
from shared.events.shapes import Json, document_shape

_AMOUNTS = ("net_now", "net_then", "difference", "documents_now", "documents_then")
_NOTHING_FOLDS = "billing knows nothing of this type: it changes no document"


def run(
    database: Callable[[], str],
    events: str | None,
    *,
    until: date,
    runs: Sequence[date] | None,
    settings: Mapping[str, str],
    documents: bool,
    as_json: bool,
) -> None:
    """Print what hypothetical events and settings would change in the runs up to a day. UserError when it cannot."""
    check_settings(settings)
    # Ids from the content, as `emit` gives them: an event that was emitted from the same file is known again.
    found = [] if events is None else read_file(events, "content")
    facts = [fact for one in found for fact in facts_of(one.event, one.model)]
    dsn = database()
    _check_dsn(dsn)
    question = Question(facts, until, settings, runs, wants_documents=documents or as_json)
    answer = _answer(dsn, question, silent=as_json)
    shape = what_if_shape(question, answer, found)
    if as_json:
        presentation.document(shape)
    else:
        _show(shape, documents=documents)


def what_if_shape(question: Question, answer: Answer, events: Sequence[FileEvent]) -> Json:
    """The output of `simulate --base` (docs/what-if.md)."""
    effect, closed = answer.effect, answer.closed
    return {
        "until": question.until.isoformat(),
        "base": {
            "last_closed": None if closed is None else closed.isoformat(),
            "runs_from": None if closed is None else (closed + ONE_DAY).isoformat(),
            "subscriptions": answer.subscriptions,
            "simulated": answer.simulated,
            "added": answer.added,
        },
        "difference": [
            {"recipient": place.recipient, "month": f"{place.month:%Y-%m}", "currency": place.currency}
            | _amounts(amounts, place.currency)
            for place, amounts in sorted(effect.difference.items())
        ],
        "totals": [
            {"currency": currency} | _amounts(amounts, currency)
            for currency, amounts in sorted(effect.totals().items())
        ],
        "documents": {
            "without": [document_shape(one) for one in sorted(effect.without, key=lambda d: d.sort_key)],
            "with": [document_shape(one) for one in sorted(effect.then, key=lambda d: d.sort_key)],
        },
        "rejected": list(_rejected(answer, events)),
        "left_out": [{"subscription": name, "reason": reason} for name, reason in answer.left_out.items()],
    }


def _amounts(amounts: Amounts, currency: str) -> Json:
    return {
        "net_now": written(round_money(amounts.net_now, currency)),
        "net_then": written(round_money(amounts.net_then, currency)),
        "difference": written(round_money(amounts.difference, currency)),
        "documents_now": amounts.documents_now,
        "documents_then": amounts.documents_then,
    }


def _rejected(answer: Answer, events: Sequence[FileEvent]) -> Iterator[Json]:
    """What cannot count: events that are tried, with their line in the file, and real ones refused beside them."""
    lines = {(found.event.source, found.event.id): found.line for found in events}
    rejected = [(lines.get((r.source, r.id)), r.source, r.id, r.type, r.reason) for r in answer.effect.rejected]
    rejected += [(one.line, one.event.source, one.event.id, one.event.type, _NOTHING_FOLDS)
                 for one in events if not facts_of(one.event, one.model)]  # fmt: skip
    for line, source, event_id, event_type, reason in sorted(rejected, key=lambda r: (r[0] is None, r[0] or 0, r[1:])):
        tried = line is not None or source == SETTINGS_SOURCE
        yield {"line": line, "id": event_id, "type": event_type, "reason": reason, "tried": tried}


def _check_dsn(dsn: str) -> None:
    try:
        psycopg.conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise WrongUsage(f"--base: give embedded or a DSN such as postgresql://host/name ({_line(error)})") from None


def _answer(dsn: str, question: Question, *, silent: bool) -> Answer:
    with ExitStack() as shown:

        def steps(total: int) -> Callable[[int], None]:
            return shown.enter_context(_nothing() if silent else presentation.late_progress("Simulating", total))

        try:
            with database_failures(": look at what --base names"):
                return asyncio.run(what_if(dsn, question, steps))
        except psycopg.errors.InsufficientPrivilege as error:
            raise UserError(f"--base: this account may not read what is needed ({_line(error)})", "forbidden") from None
        except psycopg.errors.InvalidSchemaName:
            sentence = "--base: this database holds no Seatledger: name the one that its services use"
            raise UserError(sentence, BAD_REQUEST) from None


@contextmanager
def _nothing() -> Iterator[Callable[[int], None]]:
    yield lambda more: None


def _line(error: psycopg.Error) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _show(shape: Json, *, documents: bool) -> None:
    base, differ = _dict(shape["base"]), _dict(shape["documents"])
    added = f", and {base['added']} that {'is' if base['added'] == 1 else 'are'} not there" if base["added"] else ""
    presentation.say(f"{base['simulated']} of {base['subscriptions']} subscriptions can differ{added}")
    if rows := _dicts(shape["difference"]):
        _table("Difference", ("recipient", "month", "currency", *_AMOUNTS), rows)
        _table("Total", ("currency", *_AMOUNTS), _dicts(shape["totals"]))
    else:
        presentation.say(f"No document up to {shape['until']} would be different")
    if documents:
        for title, side in (("now", "without"), ("then", "with")):
            show_documents(_dicts(differ[side]), lines=True, which=title)
    rejected = _dicts(shape["rejected"])
    if tried := [one for one in rejected if one["tried"]]:
        _table("Rejected", ("line", "type", "reason"), tried)
    if real := [one for one in rejected if not one["tried"]]:
        _table("Real events that would be rejected beside them", ("id", "type", "reason"), real)
    if left_out := _dicts(shape["left_out"]):
        _table("Left out, because they stand still", ("subscription", "reason"), left_out)


def _table(title: str, names: Sequence[str], rows: Sequence[Json]) -> None:
    presentation.table(title, names, [[row[name] for name in names] for row in rows], (*_AMOUNTS, "line"))


def _dict(value: object) -> Json:
    assert isinstance(value, dict)
    return value


def _dicts(value: object) -> list[Json]:
    assert isinstance(value, list)
    return value
