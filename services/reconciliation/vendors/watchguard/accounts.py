"""Accounts that a service provider manages: listed, found by name, made (Accounts API v1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

import structlog
from pydantic import JsonValue

from services.reconciliation.vendors.connector import (
    CustomerAtVendor,
    Misconfigured,
    NotReached,
    Refused,
    VendorAccount,
)
from services.reconciliation.vendors.watchguard.answers import field, text, whole
from services.reconciliation.vendors.watchguard.calls import Calls
from services.reconciliation.vendors.watchguard.config import PREFIX, WatchGuardConfig
from services.reconciliation.vendors.watchguard.paging import Page, all_pages, page_of
from services.reconciliation.vendors.watchguard.refusals import Call

ACCOUNTS: Final = "/rest/platform/accounts/v1/accounts"
SERVICE_PROVIDER, SUBSCRIBER = 1, 2
_log = structlog.get_logger("watchguard")


class AccountIds:
    """Ids are lower case with us; WatchGuard is asked with its own spelling, as a listing showed it.

    One that no listing showed yet gets the spelling of its kind: WGC-1-0a1b…, ACC-1234567.
    """

    def __init__(self) -> None:
        self._spelled: dict[str, str] = {}

    def learn(self, spelled: str) -> str:
        """The id in lower case."""
        self._spelled[spelled.lower()] = spelled
        return spelled.lower()

    def spelled(self, account_id: str) -> str:
        kind, dash, rest = account_id.partition("-")
        return self._spelled.get(account_id.lower(), f"{kind.upper()}{dash}{rest}")


class Accounts:
    """The accounts below the configured one."""

    def __init__(self, calls: Calls, config: WatchGuardConfig, ids: AccountIds) -> None:
        self._calls, self._config, self._ids = calls, config, ids

    async def own(self) -> VendorAccount:
        """The configured account itself. Raises VendorError."""
        doing = f"read account {self._config.account}"
        account = self._account(await self._calls.ask(Call("GET", self._own, doing, account=self._config.account)))
        if account is None:
            raise NotReached(f"Could not {doing}: WatchGuard's answer names no account; try again later")
        return account

    async def all(self) -> AsyncIterator[VendorAccount]:
        """Every subscriber account, page by page.

        A page or an account that cannot be read costs itself only: the others come first, then NotReached says what is
        missing, so that nothing is concluded of it.
        """
        doing, size = "list the accounts", self._config.page_size

        async def read(offset: int) -> Page:
            params = {"type": str(SUBSCRIBER), "limit": str(size), "offset": str(offset)}
            if self._config.include_delegated:
                params["includeDelegatedAccounts"] = "true"
            call = Call("GET", f"{self._own}/children", doing, params=params, account=self._config.account)
            return page_of(await self._calls.ask(call), "items", doing)

        unread = 0
        seen: set[str] = set()
        async for page in all_pages(read, size, past_broken=True):
            for row in page.rows:
                account = self._account(row)
                if account is None:
                    unread += 1
                elif account.account_id not in seen and _may_be_subscriber(row):
                    seen.add(account.account_id)
                    yield account
        if unread:
            raise NotReached(f"{unread} of the listed accounts have no id that can be read; the others were read")

    async def ensure(self, customer: CustomerAtVendor) -> VendorAccount:
        """The account of a customer's name, made if there is none (rule R8.1).

        WatchGuard keeps no reference of ours with an account, so the name is what it is found by: in any case of
        letters, without blanks around it. All accounts are looked through, since what the vendor's own filter by name
        leaves out is not public. Refused where several have it; what `all` and making one raise.
        """
        wanted = customer.name.strip().casefold()
        found = [each async for each in self.all() if each.name.strip().casefold() == wanted]
        if len(found) > 1:
            ids = ", ".join(each.account_id for each in found)
            raise Refused(
                f"WatchGuard has {len(found)} accounts named {customer.name!r} ({ids}): link customer "
                f"{customer.customer_id} to one of them by hand"
            )
        return found[0] if found else await self._make(customer)

    async def _make(self, customer: CustomerAtVendor) -> VendorAccount:
        first, last, email = (
            self._config.contact_first_name, self._config.contact_last_name, self._config.contact_email
        )  # fmt: skip
        if not first or not last or not email:
            raise Misconfigured(
                f"WatchGuard wants a contact for the account of customer {customer.customer_id}: set "
                f"{PREFIX}CONTACT_FIRST_NAME, {PREFIX}CONTACT_LAST_NAME and {PREFIX}CONTACT_EMAIL"
            )
        doing = f"make an account for customer {customer.customer_id}"
        name = customer.name.strip()
        body: JsonValue = {"type": SUBSCRIBER, "name": name, "firstName": first, "lastName": last, "email": email}
        answer = await self._calls.ask(
            Call("POST", self._own, doing, body=body, account=self._config.account, changes=True)
        )
        made = text(field(answer, "accountId", "id")) if isinstance(answer, dict) else None
        if made is None:
            raise NotReached(
                f"Could not {doing}: WatchGuard's answer names no account; it is looked up by name next time"
            )
        _log.info("account made", account=made, customer=customer.customer_id)
        return VendorAccount(self._ids.learn(made), name)

    @property
    def _own(self) -> str:
        return f"{ACCOUNTS}/{quote(self._config.account, safe='')}"

    def _account(self, row: JsonValue) -> VendorAccount | None:
        account_id = text(field(row, "accountId", "id")) if isinstance(row, dict) else None
        if account_id is None or not isinstance(row, dict):
            _log.warning("an account without an id", fields=sorted(row)[:20] if isinstance(row, dict) else None)
            return None
        return VendorAccount(self._ids.learn(account_id), text(field(row, "name")) or account_id)


def _may_be_subscriber(row: JsonValue) -> bool:
    """Not a service provider's: licences of those are a pool. A kind that is not known may be a customer's."""
    return isinstance(row, dict) and whole(field(row, "type")) != SERVICE_PROVIDER
