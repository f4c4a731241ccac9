"""Readiness: every check is told with its reason, whatever the others meet."""

from __future__ import annotations

import asyncio

from shared.monitoring.checks import Check, Checks


def says(reason: str | None) -> Check:
    async def look() -> str | None:
        return reason

    return look


def test_it_is_ready_when_every_check_holds() -> None:
    checks = Checks({"database": says(None), "broker": says(None)})

    found = asyncio.run(checks.look())

    assert (found.ready, found.status) == (True, 200)
    assert found.document == {"status": "ready", "checks": {"database": {"ok": True}, "broker": {"ok": True}}}


def test_one_that_does_not_hold_is_named_with_its_reason() -> None:
    checks = Checks({"database": says("the database does not answer"), "broker": says(None)})

    found = asyncio.run(checks.look())

    assert (found.ready, found.status) == (False, 503)
    assert found.document == {
        "status": "not ready",
        "checks": {"database": {"ok": False, "reason": "the database does not answer"}, "broker": {"ok": True}},
    }


def test_one_that_never_answers_keeps_no_other_back() -> None:
    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    found = asyncio.run(Checks({"broker": hangs, "database": says(None)}, within_s=0.05).look())

    assert found.reasons == {"broker": "no answer within 0.05 s", "database": None}


def test_what_a_driver_says_is_told_to_nobody() -> None:
    async def breaks() -> str | None:
        raise RuntimeError('password authentication failed for user "billing"')

    found = asyncio.run(Checks({"database": breaks}).look())

    assert found.reasons == {"database": "it does not answer; the log has the reason"}


def test_checks_come_and_go_with_what_is_projected() -> None:
    given = {"reading orders_g1": says("no partitions are assigned yet")}
    checks = Checks(given)
    before = asyncio.run(checks.look())

    given["reading orders_g2"] = given.pop("reading orders_g1")

    assert before.reasons.keys() == {"reading orders_g1"}
    assert asyncio.run(checks.look()).reasons.keys() == {"reading orders_g2"}
