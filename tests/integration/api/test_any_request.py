"""Whatever is asked of any API: no fault of ours, answers as described, and what is not as described is refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.access.world import PRODUCT, VENDOR, Belongings
from tests.integration.api.conftest import Installation
from tests.integration.api.operations import OPERATIONS

pytestmark = [pytest.mark.broker, pytest.mark.database]

# Of each operation; SEATLEDGER_REQUESTS for more.
REQUESTS = int(os.environ.get("SEATLEDGER_REQUESTS", "5"))
SOME = settings(
    max_examples=REQUESTS,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
CONFORMS = [
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip

Operations = dict[str, APIOperation[Any, Any, Any, Any]]


@pytest.fixture(scope="module")
def schemas(installation: Installation) -> Iterator[dict[str, Operations]]:
    """By service and operationId."""
    found = {}
    for service, app in installation.apps.items():
        schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        schema.config.generation.with_security_parameters = False
        operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        found[service] = {operation.definition.raw["operationId"]: operation for operation in operations}
    yield found
    shutdown_lifespans()


def ids_of(one: Belongings) -> dict[str, str]:
    """What may stand in a path, of things that there are."""
    return {
        "order_id": one.order, "subscription_id": one.subscription, "number": one.document, "customer_id": one.customer,
        "reseller_id": one.payer, "product_id": PRODUCT, "item_id": one.subscription,
        "vendor": VENDOR, "about": one.subscription, "task": str(one.task),
        "recipient": one.payer, "destination": str(one.destination), "delivery": str(one.delivery),
        "account": f"acc-of-{one.customer}", "alignment": f"alignment-of-{one.subscription}",
    }  # fmt: skip


@pytest.mark.parametrize(("service", "operation"), [(one.service, one.name) for one in OPERATIONS])
def test_what_is_described_is_answered_as_described(
    installation: Installation, schemas: dict[str, Operations], service: str, operation: str
) -> None:
    asked = schemas[service][operation]
    known = st.sampled_from([ids_of(one) for one in installation.everybody])

    @SOME
    @given(case=asked.as_strategy(generation_mode=GenerationMode.POSITIVE), ids=known | st.none())
    def each(case: schemathesis.Case[Any], ids: dict[str, str] | None) -> None:
        if ids is not None and case.path_parameters:
            case.path_parameters = {name: ids[name] for name in case.path_parameters}
        case.call_and_validate(headers=installation.headers, checks=CONFORMS)

    each()


# A path alone takes any text.
@pytest.mark.parametrize(
    ("service", "operation"),
    [(one.service, one.name) for one in OPERATIONS if one.takes("query") or "requestBody" in one.described],
)
def test_what_is_not_as_described_is_refused(
    installation: Installation, schemas: dict[str, Operations], service: str, operation: str
) -> None:
    asked = schemas[service][operation]

    @SOME
    @given(case=asked.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def each(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=installation.headers, checks=[*CONFORMS, negative_data_rejection])

    each()
