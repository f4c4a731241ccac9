"""`seatledger as-of` as it is typed: what the projections said at a moment, as readers saw it then."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.subscriptions.projection import SPEC as SUBSCRIPTIONS
from services.subscriptions.projection import SUBSCRIPTION
from shared.projections.rebuild.as_of import as_of
from shared.projections.rebuild.bulk import NewErrors
from shared.projections.rebuild.release import release_of
from shared.projections.rebuild.wanted import Wanted
from shared.projections.spec import Key
from tests.infrastructure.billing_system import EVERY_PROJECTION, BillingSystem, Event, billing_system
from tests.infrastructure.brokers import Broker
from tests.integration.replay.command_line import Keyboard, by_hand
from tests.integration.replay.systems import DAY, failing, not_told
from tests.integration.replay.test_generations_on_the_command_line import a_moment

pytestmark = [pytest.mark.database, pytest.mark.slow]


def _order(number: int, quantity: int, **terms: object) -> Event:
    return {
        "id": f"order-{number}", "source": "urn:test", "type": "OrderExecuted", "time": "2026-01-01T08:00:00Z",
        "data": {"order_id": f"ord-{number}", "currency": "EUR", "customer": {"id": "cus-1", "tax_rate": "0.24"},
                 "reseller": {"id": "res-1"},
                 "items": [{"item_id": "1", "subscription_id": f"sub-{number}", "product": {"id": "office"},
                            "quantity": quantity, "unit_price": "12.00", **terms}]},
    }  # fmt: skip


def _seats(number: int, quantity: int, on: str) -> Event:
    data = {"subscription_id": f"sub-{number}", "customer_id": "cus-1", "quantity": quantity}
    return {"id": f"seats-{number}-{on}", "source": "urn:test", "type": "LicensesChanged", "time": f"{on}T08:00:00Z",
            "data": data}  # fmt: skip


FIRST = [
    _order(1, 10),
    _order(2, 5, term="P1Y", billing_frequency="P1M"),
    _order(3, 2, term="P1Y", billing_frequency="P1Y"),
    _seats(1, 12, "2026-01-05"),
]
# Of the past, all of it: only the log knows that it came later.
SECOND = [_order(4, 1), _seats(1, 3, "2026-01-04"), _seats(2, 50, "2026-01-06")]


async def _seen(running: BillingSystem, view: str) -> list[dict[str, Any]]:
    """The rows that readers see, as JSON has them."""
    columns = await running.query(
        "SELECT column_name FROM information_schema.columns WHERE (table_schema, table_name) = ('read', %s) "
        "ORDER BY ordinal_position", view,
    )  # fmt: skip
    rows = await running.query(f"SELECT * FROM read.{view} ORDER BY 1")
    found = [{name: _plain(value) for (name,), value in zip(columns, row, strict=True)} for row in rows]
    # What is searched is made of the other columns.
    return [{name: value for name, value in row.items() if name != "search_text"} for row in found]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value


def _common(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, with the columns that both have."""
    return [{name: row[name] for name in row if name in others[0]} for row in rows]


def test_rows_as_of_a_moment_are_what_readers_saw_then(empty_broker: Broker, database: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, specs=EVERY_PROJECTION) as running:
            keyboard = Keyboard(running, tmp_path)

            async def as_of(then: str, what: str) -> Any:
                answer = await keyboard.types("as-of", then, what, "--json")
                assert (answer.code, answer.failure) == (0, "")
                assert datetime.fromisoformat(answer.shown["as_of"]) == datetime.fromisoformat(then)
                return answer.shown["items"]

            # Given events, then documents, then more events of the days before
            await running.emit(FIRST)
            await running.settled()
            subscriptions, plans = await _seen(running, "subscriptions"), await _seen(running, "installment_plans")
            sold = await a_moment()
            await running.run(DAY, early=True)
            await running.settled()
            documents, invoiced = await _seen(running, "documents"), await _seen(running, "installment_plans")
            issued = await a_moment()
            await running.emit(SECOND)
            await running.settled()
            assert await _seen(running, "subscriptions") != subscriptions
            assert documents
            assert invoiced != plans
            # When somebody asks for a moment, then it is what readers saw
            assert await as_of(sold, "subscriptions") == subscriptions
            assert _common(await as_of(sold, "plans"), plans) == _common(plans, await as_of(sold, "plans"))
            assert await as_of(sold, "documents") == []
            assert _common(await as_of(issued, "plans"), invoiced) == _common(invoiced, await as_of(issued, "plans"))
            found = await as_of(issued, "documents")
            assert _common(found, documents) == _common(documents, found)
            lines = await running.query("SELECT number FROM read.document_lines WHERE number = ANY(%s)",
                                        [one["number"] for one in documents])  # fmt: skip
            assert sum(len(one["lines"]) for one in found) == len(lines) > 0
            for long_ago in ("2024-01-01T00:00:00+00:00", "1960-01-01T00:00:00+00:00"):
                assert await as_of(long_ago, "subscriptions") == []
            # And it is what a simulation of the same events says
            file = tmp_path / "first.json"
            file.write_text(json.dumps(FIRST))
            today = datetime.now(UTC).date()
            simulated = (await keyboard.types("simulate", str(file), "--until", f"{today}", "--json")).shown
            assert _common(simulated["subscriptions"], subscriptions) == _common(
                subscriptions, simulated["subscriptions"]
            )
            # And people see a table
            answer = await keyboard.types("as-of", sold, "subscriptions")
            assert (answer.code, answer.failure) == (0, "")
            assert answer.out.splitlines()[0] == f"Subscriptions as of {sold[:10]} {sold[11:19]} UTC"
            assert answer.out.splitlines()[2].split()[:3] == ["sub-1", "active", "12"]
            assert answer.out.splitlines()[-1] == "3 subscriptions"
            await keyboard.nothing_is_left()

    asyncio.run(scenario())


def test_a_stream_that_is_parked_now_is_shown_as_it_was_then(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, specs=EVERY_PROJECTION) as running:
            keyboard = Keyboard(running, tmp_path)
            # Given a stream that stands still, with a row that came later than the moment
            await running.emit(FIRST)
            await running.settled()
            then = await a_moment()
            subscriptions = await _seen(running, "subscriptions")
            await running.emit(SECOND)
            await running.settled()
            await by_hand(
                running,
                "INSERT INTO subscriptions_g1.parked (scope, scope_id, reason) VALUES ('subscription', 'sub-1', 'x')",
            )
            # When somebody asks for the moment, then the row is the one of then
            assert (await keyboard.types("as-of", then, "subscriptions", "--json")).shown["items"] == subscriptions
            assert (await keyboard.types("as-of", "2024-01-01", "subscriptions", "--json")).shown["items"] == []

    asyncio.run(scenario())


def test_a_stream_that_fails_in_live_too_keeps_nobody_from_the_others(
    empty_broker: Broker, database: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with billing_system(database, empty_broker.address, specs=EVERY_PROJECTION) as running:
            # Given a release that fails for one stream
            await running.emit(FIRST)
            await running.settled()
            until = datetime.fromisoformat(await a_moment())
            release = [failing(SUBSCRIPTIONS, "sub-3")]
            wanted = Wanted(
                database, running.broker, release, release_of(release), "as_of", tmp_path, 2, until
            )  # fmt: skip
            # When live has not found that out yet, then it is a new error
            with pytest.raises(NewErrors, match="sub-3: ValueError"):
                async with as_of(wanted, not_told):
                    pass
            # And when live holds it parked, then the others are shown, and it is named
            await by_hand(
                running,
                "INSERT INTO subscriptions_g1.parked (scope, scope_id, reason) VALUES ('subscription', 'sub-3', 'x')",
            )
            async with as_of(wanted, not_told) as found:
                shown = [row["subscription"] async for row in found.rows(SUBSCRIPTION)]
            assert shown == ["sub-1", "sub-2"]
            assert found.parked == {Key("subscription", "sub-3"): "ValueError: a release that is wrong"}
            await Keyboard(running, tmp_path).nothing_is_left()

    asyncio.run(scenario())
