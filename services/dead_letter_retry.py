"""What `seatledger dead-letters retry` does: records first, then streams, then the outbox; then it waits for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psycopg import AsyncConnection

from services.prepare import specs
from services.presentation import late_progress, list_document, say, table
from shared.commands.operating import read_now
from shared.errors import UserError
from shared.stopped.names import Filters, name_of
from shared.stopped.outcomes import GOOD, WORDS, Outcome
from shared.stopped.retrying import chosen, retry_all, there, unseen

Database = Callable[[], str]
# How long projectors and relay are waited for: those that run answer within a second or two.
WAIT_S = 30.0
# What came of each stands in the table; its last sentence is to be read.
_NAMED = 5


def retry(database: Database, names: Sequence[str], filters: Filters, *, by: str | None, as_json: bool) -> None:
    """Retry those that are named or, where none is, those that the filters choose; print what came of each.

    UserError when one of the names is nobody's (nothing is retried then), and when some do not flow in the end.
    """
    wanted = [name_of(text) for text in names]
    compiled = list(specs())

    async def act(connection: AsyncConnection) -> list[Outcome]:
        asked = await there(connection, wanted) if wanted else await chosen(connection, filters)
        progress = unseen if as_json else late_progress
        return await retry_all(connection, compiled, asked, by=by, wait_s=WAIT_S, progress=progress)

    outcomes = read_now(database, act)
    if as_json:
        list_document([one.shape for one in outcomes])
    elif not outcomes:
        say("Nothing of that waits for anybody: nothing was retried")
    else:
        table("Retried", ("name", "outcome", "why"), [(one.name, WORDS[one.came], one.why) for one in outcomes])
    if bad := [str(one.name) for one in outcomes if one.came not in GOOD]:
        more = f" and {len(bad) - _NAMED:,} more" if len(bad) > _NAMED else ""
        raise UserError(f"{len(bad):,} of {len(outcomes):,} do not flow: {', '.join(bad[:_NAMED])}{more}")
