"""The log as the event tools open it: failures of the broker are sentences, and what is asked for becomes spans."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from services.broker_failures import broker_failures
from services.event_log.entries import EVERYTHING, Asked
from services.presentation import note
from shared.errors import UserError
from shared.log.records import Partition
from shared.log.view import LogView, Span


@asynccontextmanager
async def looking(broker: str, topics: Collection[str]) -> AsyncIterator[LogView]:
    """A view of the topics that are there; what is missing is said. UserError when the broker does not answer."""
    with broker_failures(broker=f"The broker at {broker}"):
        async with LogView(broker, topics) as view:
            missing = sorted(set(topics) - {partition.topic for partition in view.partitions})
            if not view.partitions:
                raise UserError(f"The broker at {broker} has no topic {', '.join(missing)}: seatledger up makes them")
            note(f"{topic}: there is no such topic at the broker, so nothing of it is shown" for topic in missing)
            yield view


async def spans(view: LogView, asked: Asked = EVERYTHING) -> dict[Partition, Span]:
    """From `since` (the beginning of the log) up to `until`, at most to where the log ends now."""
    first = await (view.beginnings() if asked.since is None else view.at(asked.since))
    ends = await (view.ends() if asked.until is None else view.at(asked.until))
    return {partition: Span(first[partition], end) for partition, end in ends.items()}
