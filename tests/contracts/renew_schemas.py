"""Write the JSON Schema snapshots anew: `python -m tests.contracts.renew_schemas`.

The snapshots are what other systems were promised. Look at the difference before committing it: a field may be added, a
breaking change is a new version of the event with an upcaster.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.events.registry import EVENT_TYPES
from shared.events.schemas import schema_of

SNAPSHOTS = Path(__file__).parent / "schemas"


def path_of(event_type: str) -> Path:
    return SNAPSHOTS / f"{event_type}.{EVENT_TYPES[event_type].version}.json"


def text_of(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def renew() -> list[Path]:
    """Write what changed; the paths written. Snapshots of older versions stay."""
    written = []
    SNAPSHOTS.mkdir(exist_ok=True)
    for event_type in EVENT_TYPES:
        path, text = path_of(event_type), text_of(schema_of(event_type))
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


if __name__ == "__main__":
    for path in renew():
        print(path)
