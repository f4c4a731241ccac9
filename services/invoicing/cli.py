"""The commands of invoicing: `simulate`, `invoice-run` and `explain`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services import presentation
from services.invoicing.notes import notes_on
from services.invoicing.simulation import Simulation
from services.invoicing.simulation import simulate as run_simulation
from shared.billing import settings as billing_settings
from shared.billing.facts import Fact
from shared.errors import BAD_REQUEST, UserError, WrongUsage
from shared.events.facts import facts_of
from shared.events.files import FileEvent, Numbering, read_events
from shared.events.shapes import Json, document_shape, plan_shape, subscription_shape
from shared.events.unknown_fields import unknown_fields

if TYPE_CHECKING:
    from services.invoicing.invoice_run import RunReport

# The easternmost zone on earth: where a civil day begins first (POSIX names count the other way).
_WHERE_DAYS_BEGIN = ZoneInfo("Etc/GMT-14")
# Give the DSN and host:port; asked for when all that was typed is good. UserError when there is none.
Database = Callable[[], str]
Broker = Callable[[], str]
_AMOUNTS = ("net", "tax", "gross", "quantity", "unit_price", "unit_net")


def simulate(
    file: str, *, until: date, runs: Sequence[date] | None, settings: Mapping[str, str], as_json: bool
) -> None:
    """Print what comes out of a file of events by the end of a day. UserError names every line that is wrong."""
    check_settings(settings)
    late = [day.isoformat() for day in runs or () if day > until]
    if late:
        print(f"left out, after --until {until}: the runs of {', '.join(late)}", file=sys.stderr)
    result = run_simulation(facts_in(file), until, runs, settings)
    shape = simulation_shape(result)
    if as_json:
        presentation.document(shape)
    else:
        _show_simulation(shape)


def check_settings(settings: Mapping[str, str]) -> None:
    """UserError for a setting that does not exist or a value that it cannot have."""
    for key, value in settings.items():
        try:
            billing_settings.check(key, value)
        except billing_settings.UnknownSetting as error:
            raise WrongUsage(f"--setting: {error}") from None


def explain_issued(line: str, *, database: Database, as_json: bool) -> None:
    """Print why a line of an issued document is what it is. UserError when there is none of that id."""
    import asyncio

    from services.invoicing import explain_issued
    from services.invoicing.explain_shown import show
    from shared.commands.operating import database_failures

    with database_failures():
        explained = asyncio.run(explain_issued.explain(database(), line))
    show(explained, as_json=as_json)


def explain_simulated(
    line: str,
    file: str,
    *,
    until: date | None,
    runs: Sequence[date] | None,
    settings: Mapping[str, str],
    as_json: bool,
) -> None:
    """Print why a line is what it is that comes out of a file of events. UserError when none of that id does."""
    from services.invoicing import explain_simulated
    from services.invoicing.explain_shown import show

    check_settings(settings)
    show(explain_simulated.explain(line, read_file(file, "position"), until, runs, settings, file), as_json=as_json)


def facts_in(file: str) -> list[Fact]:
    """The facts of a file of events. UserError as `read_file`."""
    return [fact for found in read_file(file, "position") for fact in facts_of(found.event, found.model)]


def read_file(file: str, numbering: Numbering) -> list[FileEvent]:
    """The events of a file, each event once. UserError with line, field and reason when one is wrong."""
    content = read_events(file, numbering)
    if content.problems:
        raise UserError(presentation.problems_text(content.problems), BAD_REQUEST)
    presentation.note(unknown_fields(content.events))
    if not content.events:
        presentation.note([f"{file} holds no events"])
    first: dict[tuple[str, str], FileEvent] = {}
    for found in content.events:
        first.setdefault((found.event.source, found.event.id), found)
    return list(first.values())


def simulation_shape(simulation: Simulation) -> Json:
    """The output of `simulate`, as the contract has it."""
    return {
        "until": simulation.until.isoformat(),
        "documents": [document_shape(document) for document in simulation.documents],
        "subscriptions": [subscription_shape(state) for state in simulation.subscriptions],
        "installment_plans": [plan_shape(plan) for plan in simulation.installment_plans],
        "rejected": [{"id": fact.id, "type": fact.type, "reason": fact.reason} for fact in simulation.rejected],
    }


def invoice_run(day: date, *, database: Database, broker: Broker, dry_run: bool, early: bool, as_json: bool) -> None:
    """Close a day and print the documents that it issued (or, with `dry_run`, would issue)."""
    # Together they take longer to import than `simulate` takes in all, and it needs none of them.
    import asyncio

    from services.invoicing.invoice_run import Options, run_day
    from shared.commands.operating import database_failures

    if not dry_run and day > datetime.now(_WHERE_DAYS_BEGIN).date():
        # What it issued could never be taken back, and no day before it could be closed any more.
        raise UserError(
            f"{day} has not begun anywhere yet, so no invoice can be dated then; add --dry-run to see what it would "
            "issue of what is known today"
        )
    said: set[str] = set()

    def waiting(what: str) -> None:
        kind = what.split(":")[0].split(" ")[-1]
        if not as_json and kind not in said:
            said.add(kind)
            presentation.say(f"waiting: {what}")

    options = Options(early=early, dry_run=dry_run, waiting=waiting, workers=os.cpu_count() or 1)
    if not as_json:
        options = replace(options, progress=presentation.late_progress)
    with database_failures(": run it again, and it goes on where it was"):
        report = asyncio.run(run_day(database(), broker(), day, options))
    if as_json:
        presentation.document(report)
    else:
        _show_report(report)
    if report.unbillable:
        names = ", ".join(sorted(report.unbillable))
        raise UserError(f"{len(report.unbillable)} payers could not be billed and are left for the next run: {names}")


def show_documents(
    documents: Iterable[Mapping[str, object]], *, lines: bool, which: str = "", ids: bool = False
) -> None:
    """Documents as a table, and with `lines` another of their lines, with `ids` those that `explain` takes.

    `which` is added to the titles.
    """
    documents = list(documents)
    columns = ["date", "kind", "recipient", "customer", "currency", "net", "tax", "gross"]
    if documents and "number" in documents[0]:
        columns.insert(0, "number")
    _table(f"Documents {which}".rstrip(), columns, documents)
    show_notes(documents, columns[:-5])
    if lines:
        columns = [
            "date",
            "recipient",
            "subscription",
            "kind",
            "from",
            "to",
            "quantity",
            "unit_price",
            "unit_net",
            "net",
        ]
        if ids:
            columns = ["line", "customer", "product", *columns[3:]]
        heads = ({"date": d["date"], "recipient": d["recipient"], "of": d["lines"]} for d in documents)
        _table(f"Lines {which}".rstrip(), columns, [{**head, **line} for head in heads for line in _dicts(head["of"])])


def show_notes(documents: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """What documents say beside their amounts, a line each; nothing where none says anything."""
    rows = [{**document, "note": note} for document in documents for note in notes_on(document)]
    if rows:
        _table("Notes", [*columns, "note"], rows)


def _show_simulation(shape: Json) -> None:
    show_documents(_dicts(shape["documents"]), lines=True)
    subscriptions, plans = _dicts(shape["subscriptions"]), _dicts(shape["installment_plans"])
    columns = [
        "subscription", "status", "quantity", "unit_price", "billing_plan", "term_start", "term_end", "protected_until",
    ]  # fmt: skip
    _table("Subscriptions", columns, subscriptions)
    if plans:
        show_plans(plans)
    if rejected := _dicts(shape["rejected"]):
        _table("Rejected", ["id", "type", "reason"], rejected)


def show_plans(plans: Sequence[Mapping[str, object]]) -> None:
    """Installment plans; the column of excluded ones is there only when there are any (rule R4.8)."""
    columns = ["subscription", "billing_plan", "installments", "invoiced", "excluded", "remaining"]
    if not any(plan["excluded"] for plan in plans):
        columns.remove("excluded")
    _table("Installment plans", [*columns, "next_invoice_date", "next_invoice_amount"], plans)


def _show_report(report: RunReport) -> None:
    what = "would issue" if report.dry_run else "issued"
    count = len(report.documents)
    presentation.say(f"{report.day}: {what} {count} documents with {report.lines} lines")
    if report.documents:
        show_documents(report.documents, lines=False)


def _table(title: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    right = {*_AMOUNTS, "installments", "invoiced", "excluded", "remaining", "next_invoice_amount"}
    presentation.table(title, columns, [[row.get(column) for column in columns] for row in rows], right)


def _dicts(value: object) -> list[Json]:
    assert isinstance(value, list)
    return value
