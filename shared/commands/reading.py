"""What a command on subscriptions reads, whichever service decides it: the facts of the projection of subscriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shared.events.facts import BILLED
from shared.projections.spec import ProjectionSpec
from shared.projections.subscription_stream import MASTER_SCOPES, PARENT_SCOPES, master_data, matters, names

# Of the live generation of that name; its tables are its service's, its facts are as they are everywhere.
FACTS_OF_SUBSCRIPTIONS: Final = ProjectionSpec(
    name="subscriptions",
    version=0,
    topics=(),
    sql=Path(),
    streams=(),
    master_scopes=MASTER_SCOPES,
    parent_scopes=PARENT_SCOPES,
    master=master_data,
    types=BILLED,
    names=names,
    matters=matters,
)
