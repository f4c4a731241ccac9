"""How fast events are read: `python -m tests.benchmarks.measure_events` prints microseconds and events a second.

Processor time of one core, best of five, so that neighbours on the machine count as little as they can.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.events.fact_bodies import body_from_json, body_to_json
from shared.events.facts import facts_of
from shared.events.reading import read, read_from_record
from tests.unit.events.records import LICENSES, ORDER, JsonObject, binary, envelope

_ROUNDS = 5


def microseconds(work: Callable[[], object], times: int = 20_000) -> float:
    """Of one call, in the best of the rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times * 1e6)
    return min(rounds)


def measure(event_type: str, data: JsonObject) -> dict[str, float]:
    """Each step of one event of that type, by name."""
    attributes = {"subject": "s", "sequence": 7, "dataschema": f"urn:seatledger:{event_type}:1"}
    record = binary(envelope(event_type, data, **attributes))
    whole = read_from_record(*record)
    body = facts_of(whole.event, whole.model)[0].body
    stored = body_to_json(body)

    def to_facts() -> object:
        event, model, _ = read_from_record(*record)
        return facts_of(event, model)

    return {
        "record to facts": microseconds(to_facts),
        "data to model and fingerprint": microseconds(lambda: read(whole.event)),
        "model to facts": microseconds(lambda: facts_of(whole.event, whole.model)),
        "body to stored JSON": microseconds(lambda: body_to_json(body)),
        "stored JSON to body": microseconds(lambda: body_from_json(event_type, "subscription", stored)),
    }


if __name__ == "__main__":
    for event_type, data in (("LicensesChanged", LICENSES), ("OrderExecuted", ORDER)):
        for step, spent in measure(event_type, data).items():
            print(f"{event_type:16} {step:32} {spent:8.2f} µs {1e6 / spent:12,.0f}/s")
