"""Events that a newer release wrote: kept as dead letters, and what they are about stands still, where they say it."""

from __future__ import annotations

from dataclasses import replace

from shared.log.records import Record
from shared.projections.arrivals import read_arrivals
from shared.projections.spec import Key
from tests.integration.projections.events import change
from tests.integration.projections.seats import SPEC

NEWER = replace(change("sub-1", 8), version=2)


def without_subject(record: Record) -> Record:
    return replace(record, headers=tuple(one for one in record.headers if one[0] != "ce_subject"))


def test_what_it_is_about_stands_still_for_it() -> None:
    arrivals = read_arrivals(SPEC, [NEWER.record()])
    (letter,) = arrivals.dead
    assert letter.reason.endswith("install a release that knows it, then retry")
    assert arrivals.newer == {Key("subscription", "sub-1"): letter.reason}


def test_where_it_does_not_say_what_it_is_about_it_is_dead_and_its_reason_says_that_nothing_waits() -> None:
    record = without_subject(NEWER.record())
    arrivals = read_arrivals(SPEC, [record])
    (letter,) = arrivals.dead
    assert letter.record is record
    assert letter.reason.endswith("then retry. It names no subject, so nothing waits for it")
    assert (arrivals.newer, arrivals.arrived) == ({}, [])
