"""Old versions of events, brought to the current one in place: the log is never rewritten, so they are read forever.

An upcaster takes the data of one version and gives the data of the next; `upcast` chains them. To change an event
in a breaking way: raise its version in `registry`, add the upcaster here, and a test with a record as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from shared.events.errors import Unreadable

Data = Mapping[str, object]


def _price_changed_0(data: Data) -> Data:
    """Before the first release the catalogue's feed called the price `price`."""
    return {("unit_price" if name == "price" else name): value for name, value in data.items()}


_UPCASTERS: Final[dict[tuple[str, int], Callable[[Data], Data]]] = {
    ("PriceChanged", 0): _price_changed_0,
}


def upcast(event_type: str, version: int, data: Data, current: int) -> Data:
    """The data as version `current` has it; `data` itself is not changed.

    Raises Unreadable for a version that never was.
    """
    for step in range(version, current):
        upcaster = _UPCASTERS.get((event_type, step))
        if upcaster is None:
            raise Unreadable("dataschema", f"there was never a version {step} of {event_type}; give version {current}")
        data = upcaster(data)
    return data


def versions_of(event_type: str, current: int) -> list[int]:
    """All versions that are read, oldest first."""
    return sorted({version for name, version in _UPCASTERS if name == event_type} | {current})
