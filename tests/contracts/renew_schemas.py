"""Write the snapshots of the contracts anew: `python -m tests.contracts.renew_schemas`.

The snapshots are what other systems were promised. Look at the difference before committing it: a field may be added, a
breaking change is a new version of the event with an upcaster, or a path of its own under /v2. What is broken of the
APIs is told.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.cli_schemas import openapi_document
from shared.events.registry import EVENT_TYPES
from shared.events.schemas import schema_of
from tests.contracts.api_promise import SNAPSHOT, broken, promise_of

SNAPSHOTS = Path(__file__).parent / "schemas"


def path_of(event_type: str) -> Path:
    return SNAPSHOTS / f"{event_type}.{EVENT_TYPES[event_type].version}.json"


def text_of(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def renew() -> list[Path]:
    """Write what changed; the paths written. Snapshots of older versions stay."""
    written = []
    SNAPSHOTS.mkdir(exist_ok=True)
    api = promise_of(openapi_document())
    SNAPSHOT.parent.mkdir(exist_ok=True)
    if SNAPSHOT.exists():
        for sentence in broken(json.loads(SNAPSHOT.read_text(encoding="utf-8")), json.loads(json.dumps(api))):
            print(f"broken: {sentence}")
    texts = {path_of(event_type): text_of(schema_of(event_type)) for event_type in EVENT_TYPES}
    for path, text in {**texts, SNAPSHOT: text_of(api)}.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


if __name__ == "__main__":
    for path in renew():
        print(path)
