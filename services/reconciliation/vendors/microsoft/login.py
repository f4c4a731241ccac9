"""msal's way to the network: httpx, at the address that is configured.

msal takes https addresses only and checks others against Microsoft's list of hosts. So it is given the configured host
as https, without that check (`instance_discovery=False`), and its requests are sent to the address as it was
configured: for Microsoft's own that is the same, for an emulator on this machine it is plain HTTP. (msal documents
the parameter `http_client`, with `get` and `post`.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

_TIMEOUT_S: Final = 30.0


class LoginHttp:
    """What msal needs of a client: get, post, close. No redirect is followed."""

    def __init__(self, address: str, client: httpx.Client | None = None) -> None:
        self._address = address
        self._https = f"https://{urlsplit(address).netloc}"
        self._client = client

    @property
    def base(self) -> str:
        """The address as msal is to know it."""
        return self._https

    # msal hands on whatever its own callers gave it: nothing of it is looked at here.
    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> httpx.Response:
        return self._open().get(self._sent_to(url), params=params, headers=headers)

    def post(
        self, url: str, params: Mapping[str, str] | None = None, data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None, **_: Any,
    ) -> httpx.Response:  # fmt: skip
        return self._open().post(self._sent_to(url), params=params, data=data, headers=headers)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _open(self) -> httpx.Client:
        """Made when it is needed: a client reads all authorities of the machine, which takes tens of milliseconds."""
        if self._client is None:
            self._client = httpx.Client(timeout=_TIMEOUT_S)
        return self._client

    def _sent_to(self, url: str) -> str:
        """Only the login host is ever sent a secret, wherever its own configuration would have it go."""
        if url == self._https or url.startswith(self._https + "/"):
            return self._address + url.removeprefix(self._https)
        raise httpx.UnsupportedProtocol("the login's configuration leads to another host")
