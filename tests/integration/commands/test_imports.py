"""Taking over many subscriptions: every row ends as a subscription or as a refusal, and again changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import pytest
from fastapi.testclient import TestClient

from services.subscriptions import bulk_import
from services.subscriptions.api import DESK, router
from services.subscriptions.bulk_import import Tally, import_all
from services.subscriptions.import_rows import Refusal, rows_of
from shared.commands.principal import OPERATOR
from shared.store.pool import connect
from shared.web.application import create_app
from tests.infrastructure.tokens import bearer, token_of

ROWS = 1_200


def lines(changed: str | None = None) -> Iterable[str]:
    for number in range(ROWS):
        name = f"sub-{number}"
        yield json.dumps({
            "subscription_id": name, "currency": "EUR", "customer": {"id": f"cus-{number % 9}"},
            "product": {"id": "office"}, "quantity": 3 if name == changed else 2, "unit_price": "10.00",
            # Every hundredth is to be billed in a frequency that does not divide its term.
            "term": "P1Y", "billing_frequency": "P5M" if number % 100 == 0 else "P1M",
            "started_at": "2026-01-01", "billed_by_us_from": "2026-02-01",
        })  # fmt: skip


def taken_over(dsn: str, rows: Iterable[str], *, only_check: bool = False) -> tuple[Tally, list[Refusal]]:
    async def run() -> tuple[Tally, list[Refusal]]:
        refused: list[Refusal] = []
        tally = Tally()
        async with await connect(dsn) as connection:
            async for portion in import_all(connection, rows_of(rows, "jsonl"), OPERATOR, only_check=only_check):
                tally, refused = portion.tally, refused + portion.refused
        return tally, refused

    return asyncio.run(run())


def events(dsn: str) -> int:
    async def count() -> int:
        async with await connect(dsn) as connection:
            row = await (await connection.execute("SELECT count(*) FROM store.event")).fetchone()
            assert row is not None
            return int(row[0])

    return asyncio.run(count())


def test_rows_become_subscriptions_and_those_that_cannot_are_reported(prepared: str) -> None:
    tally, refused = taken_over(prepared, lines())

    assert tally == Tally(rows=ROWS, imported=ROWS - 12, unchanged=0, refused=12)
    assert [one.line for one in refused] == list(range(1, ROWS, 100))
    assert refused[0].subscription == "sub-0"
    assert refused[0].reason.startswith("item sub-0: billing_frequency P5M does not divide the term P1Y")
    assert events(prepared) == ROWS - 12


def test_the_same_rows_again_change_nothing_and_other_content_is_refused(prepared: str) -> None:
    taken_over(prepared, lines())

    tally, refused = taken_over(prepared, lines(changed="sub-7"))

    assert (tally.imported, tally.unchanged, tally.refused) == (0, ROWS - 13, 13)
    (other,) = [one for one in refused if one.subscription == "sub-7"]
    assert "was imported before with other content" in other.reason
    assert events(prepared) == ROWS - 12


def test_a_check_decides_and_takes_nothing_over(prepared: str) -> None:
    tally, _ = taken_over(prepared, lines(), only_check=True)

    assert (tally.imported, tally.refused) == (ROWS - 12, 12)
    assert events(prepared) == 0


def test_while_too_many_events_wait_for_the_broker_no_more_rows_are_taken(
    prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_import, "_LOOK_AGAIN_S", 0.01)
    seen: list[tuple[int, bool]] = []

    async def run() -> None:
        async with await connect(prepared) as connection, await connect(prepared) as relay:
            async for portion in import_all(connection, rows_of(lines(), "jsonl"), OPERATOR, portion=400, outbox=500):
                seen.append((portion.tally.rows, portion.waits))
                if portion.waits:
                    await relay.execute("DELETE FROM store.outbox")
                    await relay.commit()

    asyncio.run(run())

    assert seen == [(400, False), (800, False), (800, True), (1200, False)]


@pytest.mark.parametrize("role", ["distributor", "reseller"])
def test_over_http_each_refused_row_is_a_line_and_so_is_the_end(prepared: str, role: str) -> None:
    token = token_of(prepared, role, reseller="res-1" if role == "reseller" else None)
    with TestClient(create_app("subscriptions", router, prepared, desk=DESK), headers=bearer(token)) as client:
        answer = client.post(
            "/v1/subscriptions/import",
            content="\n".join(list(lines())[:300]),
            headers={"Content-Type": "application/x-ndjson"},
        )
        wrong = client.post("/v1/subscriptions/import", content="x", headers={"Content-Type": "text/plain"})

    if role == "reseller":
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:seatledger:problem:forbidden")
        return
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["subscription"] for one in told if "reason" in one] == ["sub-0", "sub-100", "sub-200"]
    assert told[-1] == {"rows": 300, "imported": 297, "unchanged": 0, "refused": 3, "done": True}
    assert wrong.status_code == 400
    assert wrong.json()["detail"].startswith("Content-Type: give one of")
