"""The demonstration: a stream of events that is the same every time, put through the running system and checked.

`run` is what `seatledger demo` calls; the stream itself (`stream`) is pure and also feeds tests.
"""

from collections.abc import Mapping


def run(*, dsn: str, broker: str, apis: Mapping[str, str], console: str | None) -> None:
    """Show it on the running system. UserError when the system did not give what `simulate` gives."""
    # Drivers of broker and database are imported only when the demonstration runs, not by who wants the stream.
    from services.demo.demonstration import demonstrate

    demonstrate(dsn, broker, apis, console)
