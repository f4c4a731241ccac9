"""Everything that can be asked of the APIs, from their descriptions."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from deploy.local.services import SERVICES
from services.openapi import application_document
from shared.web.openapi import operations_of


class Operation(NamedTuple):
    """One operation as a service's document describes it."""

    service: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        name: str = self.described["operationId"]
        return name

    def takes(self, where: str) -> list[str]:
        """The names of its parameters in the query, the path or the headers."""
        return [one["name"] for one in self.described["parameters"] if one.get("in") == where]


OPERATIONS: Final = [
    Operation(one.service, method, path, operation)
    for one in SERVICES
    if one.serves
    for path, method, operation in operations_of(application_document(one.service))
]
