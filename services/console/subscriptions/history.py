"""What happened to one subscription, as its API tells it: events in words, seats and prices over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from psycopg import AsyncConnection
from psycopg.rows import class_row
from pydantic import BaseModel, TypeAdapter

from services.console.charts import Band, BandLook, Chart, Mark, Steps, step_chart
from services.console.formats import link, money, number
from services.console.service_calls import Refused, ServiceAway, calls
from services.console.viewer import Viewer
from shared.web.history_models import Days, SubscriptionEvent, Timeline

_MOST_EVENTS: Final = 1000
# What a chart shows where nothing else is asked for; all of a long life is a link away.
_SHOWN: Final = timedelta(days=2 * 365)
# More have no room beside each other: the latest are marked, and all of them stand in the list below.
_MOST_MARKS: Final = 24
_WIDTH: Final = 1200
_DOCUMENTS = """
SELECT d.number, d.kind, d.date, d.currency, sum(l.net) AS net, count(*) AS lines
FROM read.document_lines AS l JOIN read.documents AS d USING (number)
WHERE l.subscription = %s
GROUP BY d.number, d.kind, d.date, d.currency ORDER BY d.date DESC, d.number DESC LIMIT 500
"""


class OnDocument(BaseModel):
    """A document with lines of the subscription, and what those come to."""

    number: str
    kind: str
    date: date
    currency: str
    net: Decimal
    lines: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the API of subscriptions tells of one. `missing` says why it does not."""

    events: Sequence[SubscriptionEvent] = ()
    more_events: bool = False
    timeline: Timeline | None = None
    missing: str | None = None


_EVENTS: Final = TypeAdapter(list[SubscriptionEvent])


async def told_of(request: Request, viewer: Viewer, subscription: str) -> Told:
    """Events and timeline. The page is readable without: what it knows else stands in the read views."""
    path = f"/v1/subscriptions/{quote(subscription, safe='')}"
    asking = calls(request)
    try:
        events = await asking.ask(request, viewer, "subscriptions", "GET", f"{path}/events?limit={_MOST_EVENTS}")
        timeline = await asking.ask(request, viewer, "subscriptions", "GET", f"{path}/timeline")
    except (ServiceAway, Refused) as error:
        return Told(missing=str(error))
    return Told(
        _EVENTS.validate_python(events.document["items"]),
        events.document["next"] is not None,
        Timeline.model_validate(timeline.document),
    )


async def documents_of(connection: AsyncConnection, subscription: str) -> list[OnDocument]:
    """The latest documents on which the subscription stands, of those that the viewer sees."""
    async with connection.cursor(row_factory=class_row(OnDocument)) as cursor:
        return await (await cursor.execute(_DOCUMENTS, [subscription])).fetchall()


def charts_of(timeline: Timeline, documents: Sequence[OnDocument], *, whole: bool) -> Mapping[str, Chart]:
    """Seats and the price of one over the same days, one below the other; documents are marks on the seats."""
    until = max(timeline.until, timeline.today)
    since = timeline.starts if whole else max(timeline.starts, timeline.today - _SHOWN)
    marks = [_mark(one) for one in documents[:_MOST_MARKS]]
    bands = [*_bands("Free period", timeline.free, BandLook.FREE, until),
             *_bands("Suspended", timeline.suspended, BandLook.STILL, until),
             *_window_bands(timeline)]  # fmt: skip
    protected = [
        Band("Price protected", one.from_, min(one.to or until, one.protected_until), BandLook.PROTECTED)
        for one in timeline.prices
        if one.protected_until is not None and one.protected_until >= one.from_
    ]
    seats = Steps("Seats", [(one.from_, one.quantity) for one in timeline.seats])
    price = Steps("Price", _price_steps(timeline))
    return {
        "seats": step_chart(
            "Seats", [seats], write=number, since=since, until=until, bands=bands, marks=marks, width=_WIDTH
        ),
        "price": step_chart(
            "Price of a licence and cycle", [price], write=_money(timeline.currency), since=since, until=until,
            bands=protected, width=_WIDTH,
        ),
    }  # fmt: skip


def is_cut(timeline: Timeline) -> bool:
    """Whether the charts show only the last part of its life."""
    return timeline.starts < timeline.today - _SHOWN


def _price_steps(timeline: Timeline) -> list[tuple[date, Decimal | None]]:
    steps: list[tuple[date, Decimal | None]] = [(one.from_, one.unit_price) for one in timeline.prices]
    if timeline.ends is not None:
        steps.append((timeline.ends + timedelta(days=1), None))
    return steps


def _bands(name: str, spans: Sequence[Days], look: BandLook, until: date) -> list[Band]:
    return [Band(name, one.from_, one.to or until, look) for one in spans]


def _window_bands(timeline: Timeline) -> list[Band]:
    return [
        Band("Window to give seats back", one.opened.date(), one.change_until.date(), BandLook.WINDOW)
        for one in timeline.windows
        if one.change_until is not None
    ]


def _mark(one: OnDocument) -> Mark:
    kind = "Invoice" if one.kind == "invoice" else "Credit note"
    return Mark(one.date, f"{kind} {one.number}: {money(one.net, one.currency)}", link("documents", one.number))


def _money(currency: str) -> Any:
    return lambda value: money(Decimal(value), currency)
