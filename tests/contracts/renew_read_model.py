"""Write docs/read-model.md anew: `python -m tests.contracts.renew_read_model`.

From the comments of a database that is made for it: what `seatledger schemas read-model` prints where a system of this
release runs.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from services import read_model
from shared.store.pool import connect
from tests.infrastructure import databases, prepared

PAGE = Path(__file__).parents[2] / "docs" / "read-model.md"


async def page_of(dsn: str) -> str:
    """The page of a database."""
    async with await connect(dsn) as connection:
        return await read_model.page(connection)


def renew() -> None:
    with tempfile.TemporaryDirectory(prefix="seatledger-page-") as folder:
        Path(folder).chmod(0o711)
        with databases.running(Path(folder)) as server:
            dsn = server.create()
            asyncio.run(prepared.prepare(dsn))
            PAGE.write_text(asyncio.run(page_of(dsn)), encoding="utf-8")


if __name__ == "__main__":
    renew()
