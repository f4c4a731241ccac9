"""What keeps the broker from answering, as one sentence."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from shared.errors import UNAVAILABLE, UserError

_ADDRESS = re.compile(r"\('([^']+)', ([0-9]+)")


@contextmanager
def broker_failures(so: str = "", broker: str = "The broker") -> Iterator[None]:
    """A failure of the broker as a UserError; `so` ends its sentence: ": nothing was changed"."""
    with without_words():
        try:
            yield
        except KafkaError as error:
            raise UserError(f"{broker} does not answer ({why(error)}){so}", UNAVAILABLE) from None


@contextmanager
def without_words() -> Iterator[None]:
    """What the client says of each try is for a log, and not for a person who gets a sentence about all of them."""
    client = logging.getLogger("aiokafka")
    before = client.level
    client.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        client.setLevel(before)


def why(error: KafkaError) -> str:
    """The reason in words: no connection to 127.0.0.1:9092"""
    said = str(error) or type(error).__name__
    if "Unable to bootstrap" not in said:
        return said
    return f"no connection to {', '.join(f'{host}:{port}' for host, port in _ADDRESS.findall(said))}"
