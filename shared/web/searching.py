"""What is searched for as SQL finds it: a part of an id or a name, wherever it stands."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query

LONGEST_SEARCH: Final = 200

Search = Annotated[str, Query(max_length=LONGEST_SEARCH, description="a part of an id or a name")]


def pattern(search: str) -> str | None:
    """What LIKE finds a search by, wherever it stands; None where nothing is searched."""
    plain = search.strip()
    for special in ("\\", "%", "_"):
        plain = plain.replace(special, f"\\{special}")
    return f"%{plain}%" if plain else None
