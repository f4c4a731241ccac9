"""What keeps the broker from answering, as one sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from shared.errors import UNAVAILABLE, UserError


@contextmanager
def broker_failures(so: str = "", broker: str = "The broker") -> Iterator[None]:
    """A failure of the broker as a UserError; `so` ends its sentence: ": nothing was changed"."""
    # What the client says of each try beside it is for a log and not for a person.
    said = logging.getLogger("aiokafka")
    before = said.level
    said.setLevel(logging.CRITICAL)
    try:
        yield
    except KafkaError as error:
        raise UserError(f"{broker} does not answer ({_why(error)}){so}", UNAVAILABLE) from None
    finally:
        said.setLevel(before)


def _why(error: KafkaError) -> str:
    return str(error) or type(error).__name__
