"""What lies in a dead record, for people: JSON on lines of its own, text as it is, bytes in hexadecimal."""

from __future__ import annotations

from typing import Final, NamedTuple

from shared.stopped.in_full import payload_of, readable

# Some ten screenfuls; all of it can be saved as a file.
_SHOWN: Final = 50_000
_A_LINE: Final = 16


class Payload(NamedTuple):
    """`form`: json, text, hex or none. `is_whole`: whether `text` is all of it."""

    form: str
    text: str
    is_whole: bool


def payload(value: bytes | None) -> Payload:
    """The value of a record as a page shows it."""
    form, _ = payload_of(value)
    if value is not None and form == "hex":
        shown = value[: _SHOWN // 4]
        return Payload(form, _dump(shown), len(shown) == len(value))
    text = readable(value)
    return Payload(form, text[:_SHOWN], len(text) <= _SHOWN)


def _dump(value: bytes) -> str:
    """Sixteen bytes a line: where it begins, the bytes, and the letters that they would be."""
    lines = []
    for start in range(0, len(value), _A_LINE):
        part = value[start : start + _A_LINE]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<{3 * _A_LINE - 1}}  {letters}")
    return "\n".join(lines)
