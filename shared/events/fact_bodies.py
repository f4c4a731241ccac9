"""Bodies of facts as they are stored: compact JSON (fields at their default left out) and back."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast, get_args

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer

from shared.billing.blocks import Scope
from shared.billing.facts import Body

_BODIES: Final[dict[str, type[Any]]] = {body.__name__: body for body in get_args(Body)}
_OF_ACCOUNTS: Final = {"customer": "CustomerStated", "reseller": "ResellerStated"}
# They lie in the scope of an account, and are no statement of the account.
_IN_ANY_SCOPE: Final = frozenset({"SettingChanged", "OrderDeleted"})


def body_to_json(body: Body) -> bytes:
    """What `body_from_json` reads back as an equal body."""
    return _serializer(type(body).__name__).to_json(body, exclude_defaults=True)


def body_from_json(event_type: str, scope: Scope, stored: bytes) -> Body:
    """The body of a fact of that event type and scope: an OrderExecuted says CustomerStated in the scope customer.

    Raises KeyError for a type that gives no facts, pydantic.ValidationError for bytes `body_to_json` did not write.
    """
    name = event_type if event_type in _IN_ANY_SCOPE else _OF_ACCOUNTS.get(scope, event_type)
    return cast(Body, _adapter(name).validate_json(stored))


@cache
def _serializer(name: str) -> SchemaSerializer:
    """Called at once: a replay stores some million bodies, and `TypeAdapter` looks at a dozen options for each."""
    serializer = _adapter(name).serializer
    assert isinstance(serializer, SchemaSerializer)
    return serializer


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_BODIES[name])
