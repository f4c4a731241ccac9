"""Microsoft Partner Center as one vendor among others: what the interface asks, in requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import httpx
import structlog

from services.reconciliation.vendors.connector import (
    Answer,
    CustomerAtVendor,
    Entitlement,
    Hint,
    NotReached,
    Provision,
    Refused,
    VendorAccount,
    VendorError,
)
from services.reconciliation.vendors.microsoft.changes import hint
from services.reconciliation.vendors.microsoft.changing import Change, to_canceled, to_quantity, to_status
from services.reconciliation.vendors.microsoft.config import MicrosoftConfig
from services.reconciliation.vendors.microsoft.customers import account
from services.reconciliation.vendors.microsoft.errors import StaleEtag
from services.reconciliation.vendors.microsoft.paging import pages
from services.reconciliation.vendors.microsoft.reading import Resource, field, resource, text
from services.reconciliation.vendors.microsoft.retrying import TryAgain, answered, unanswered
from services.reconciliation.vendors.microsoft.subscriptions import STATUSES, WithoutId, entitlement
from services.reconciliation.vendors.microsoft.tokens import AccessTokens, MsalTokens
from services.reconciliation.vendors.microsoft.transport import Errand, Transport

_log = structlog.get_logger("microsoft")


def _now() -> datetime:
    return datetime.now(UTC)


class MicrosoftConnector:
    """Made on the loop that uses it. `tokens`, `client` and `now` are given where there is no Microsoft."""

    def __init__(
        self, config: MicrosoftConfig, *, tokens: AccessTokens | None = None, client: httpx.AsyncClient | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:  # fmt: skip
        self._page_size, self._now = config.page_size, now
        self._transport = Transport(
            config.api_address,
            tokens if tokens is not None else MsalTokens(config),
            client,
            config.requests_per_minute,
            config.timeout_seconds,
        )

    @property
    def vendor(self) -> str:
        return "microsoft"

    async def check_credentials(self) -> None:
        """The first of our customers can be read: the token, its permission and the address are right."""
        await self._transport.ask(Errand("list the customers"), "GET", "/customers?size=1")

    async def list_invoices(self) -> AsyncIterator[Mapping[str, object]]:
        """Our invoices, adjustment notes and void notes as Partner Center has them."""
        async for page in pages(self._transport, Errand("list the invoices"), f"/invoices?size={self._page_size}"):
            for document in page:
                yield resource(document)

    async def list_accounts(self) -> AsyncIterator[VendorAccount]:
        """All customers, each once. One that has no id is left out and logged; it could not be asked about."""
        errand = Errand("list the customers")
        given: set[str] = set()
        async for page in pages(self._transport, errand, f"/customers?size={self._page_size}"):
            for customer in page:
                found = account(customer)
                if found is None:
                    _log.warning("a customer without an id is left out", correlation=errand.correlation)
                elif found.account_id not in given:
                    given.add(found.account_id)
                    yield found

    async def list_entitlements(self, account_id: str) -> Sequence[Entitlement]:
        """All subscriptions of a customer. Raises NotReached when one has no id: any might then seem to be missing."""
        errand = Errand(f"list the subscriptions of customer {account_id}", of_customer=True)
        found: list[Entitlement] = []
        async for page in pages(self._transport, errand, f"{_customer(account_id)}/subscriptions"):
            for subscription in page:
                try:
                    read = entitlement(subscription)
                except WithoutId:
                    raise NotReached(
                        f"Partner Center gave a subscription of customer {account_id} without an id: nothing can be "
                        "said of what he has",
                        correlation=errand.correlation,
                    ) from None
                if read.raw_status.lower() not in STATUSES:
                    _log.warning("a status that is not known", status=read.raw_status, account=account_id,
                                 subscription=read.vendor_subscription_id, correlation=errand.correlation)  # fmt: skip
                found.append(read)
        return found

    async def count_used(self, account_id: str) -> Mapping[str, int]:
        """Nothing: Partner Center has seats that were bought; how many are used is asked elsewhere."""
        return {}

    async def ensure_account(self, customer: CustomerAtVendor) -> VendorAccount:
        raise Refused(f"customers are not made at Microsoft from here: add {customer.name} in Partner Center")

    async def provision(self, order: Provision) -> str:
        raise Refused(f"licences are not ordered at Microsoft from here: order {order.product_id} in Partner Center")

    async def change_quantity(self, account_id: str, vendor_subscription_id: str, to: int, request_id: str) -> Answer:
        wish = f"change subscription {vendor_subscription_id} of customer {account_id} to {to} seats"
        return await self._change(wish, account_id, vendor_subscription_id, to_quantity(to, self._now()), request_id)

    async def suspend(self, account_id: str, vendor_subscription_id: str, request_id: str) -> Answer:
        wish = f"suspend subscription {vendor_subscription_id} of customer {account_id}"
        return await self._change(wish, account_id, vendor_subscription_id, to_status("suspended"), request_id)

    async def resume(
        self, account_id: str, vendor_subscription_id: str, request_id: str, *, quantity: int | None = None,
        term_end: datetime | None = None,
    ) -> Answer:  # fmt: skip
        wish = f"resume subscription {vendor_subscription_id} of customer {account_id}"
        return await self._change(wish, account_id, vendor_subscription_id, to_status("active"), request_id)

    async def cancel(self, account_id: str, vendor_subscription_id: str, reason: str, request_id: str) -> Answer:
        """End it inside its window. Microsoft wants no reason."""
        wish = f"cancel subscription {vendor_subscription_id} of customer {account_id}"
        return await self._change(wish, account_id, vendor_subscription_id, to_canceled(self._now()), request_id)

    async def changed_since(self, start: datetime, end: datetime) -> Sequence[Hint]:
        """What was done in [start, end) to subscriptions and customers: what to look at before the next sweep.

        Early hints, never the truth: Partner Center writes its audit records when it gets to them. A record that cannot
        be read is left out.
        """
        errand = Errand("list the audit records")
        day, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
        first = f"/auditrecords?startDate={day}&endDate={last}&size={self._page_size}"
        return [
            found
            async for page in pages(self._transport, errand, first)
            for record in page
            if (found := hint(record)) is not None and start <= found.at < end
        ]

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _change(
        self, wish: str, account_id: str, vendor_subscription_id: str, change: Change, request_id: str
    ) -> Answer:
        """Read, change, write; once more where somebody else wrote in between (code 2055)."""
        errand = Errand(wish)
        path = f"{_customer(account_id)}/subscriptions/{quote(vendor_subscription_id, safe='')}"
        first = uuid5(NAMESPACE_URL, f"seatledger:{request_id}:{wish}")
        for again in (True, False):
            found = (await self._transport.ask(errand, "GET", path)).body or {}
            wanted = self._wanted(change, found, errand)
            if wanted is None:
                return "done"
            try:
                reply = await self._transport.ask(
                    errand, "PATCH", path, body=wanted, headers=_if_match(found), request_id=unanswered(first)
                )
            except TryAgain:
                raise
            except VendorError as error:
                answered(first)
                if not again or not isinstance(error, StaleEtag):
                    raise
            else:
                answered(first)
                _log.info("changed", wish=wish, status=reply.status, correlation=errand.correlation)
                return "accepted" if reply.status == httpx.codes.ACCEPTED else "done"
        raise AssertionError("the second time ends with a return or an error")

    def _wanted(self, change: Change, found: Resource, errand: Errand) -> Resource | None:
        try:
            return change(found)
        except Refused as refused:
            raise Refused(
                f"Partner Center was not asked to {errand.what}: {refused}", correlation=errand.correlation
            ) from None


def _customer(account_id: str) -> str:
    return f"/customers/{quote(account_id, safe='')}"


def _if_match(of: Resource) -> Mapping[str, str]:
    """The etag that subscriptions of the old commerce carry; those of the new one have none, or an empty one."""
    etag = text(field(field(of, "attributes"), "etag"))
    return {} if etag is None else {"If-Match": etag}
