"""Billing data from Microsoft Graph: asked for, waited for, fetched as blobs (source: partners billing, v1.0).

Data is first made by Microsoft, which takes minutes, and then lies in a store of its own that a signature opens for
some hours. That signature and the bearer token are in no log, no file, no database and no error.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import stamina

from services.reconciliation.cost import graph_answers as answers
from services.reconciliation.cost.graph_answers import Failed, Manifest, ManifestAt, Unreadable
from services.reconciliation.cost.graph_failures import Again, failed, refused, silence, usable, wait
from services.reconciliation.cost.graph_wanted import Wanted
from services.reconciliation.vendors.connector import NotReached

GRAPH: Final = "https://graph.microsoft.com/v1.0"
Token = Callable[[], Awaitable[str]]
"""Gives a bearer token of the partner's tenant with PartnerBilling.Read.All; raises VendorError."""
Sleep = Callable[[float], Awaitable[object]]

_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an export is waited for in all, and `between` two looks where nothing is said of it, in seconds.

    It is begun at most so many `times`, and a request without an answer made in so many `attempts`.
    """

    seconds: float = 1800.0
    between: float = 10.0
    times: int = 3
    attempts: int = 4
    first_wait: float = 0.5


class _Expired(Exception):
    """The export is gone: it has to be begun again."""


class GraphExport:
    """One connection to Graph. Every method raises VendorError with one sentence."""

    def __init__(
        self,
        token: Token,
        address: str = GRAPH,
        *,
        client: httpx.AsyncClient | None = None,
        patience: Patience | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._token, self._sleep = token, sleep
        self._address = httpx.URL(address.rstrip("/") + "/")
        self._patience = patience or Patience()
        # Blobs lie elsewhere and are not for our token: it is given with each request to Graph, never to the client.
        self._client = client or httpx.AsyncClient(timeout=_TIMEOUT_S)
        silence()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def manifest(self, wanted: Wanted) -> Manifest:
        """Have data made, wait for it, and say where it lies; an export that expires meanwhile is begun again."""
        for _ in range(self._patience.times):
            try:
                return await self._made(wanted)
            except _Expired:
                continue
        raise NotReached(f"Microsoft's export of {wanted} expired {self._patience.times} times; try again later")

    async def download(self, manifest: Manifest, folder: Path) -> list[Path]:
        """Fetch all blobs, compressed as they are, into a folder; the files in the order of the manifest."""
        files = []
        for number, blob in enumerate(manifest.blobs):
            file = folder / f"{number:05}.json.gz"
            async for attempt in self._attempts():
                with attempt:
                    await self._fetch(manifest, blob, file)
            files.append(file)
        return files

    async def _made(self, wanted: Wanted) -> Manifest:
        accepted = await self._ask(wanted, "POST", str(self._address.join(wanted.path)), wanted.body)
        place = accepted.headers.get("Location", "")
        if accepted.status_code != 202 or not place:
            raise NotReached(f"Microsoft did not say where the export of {wanted} is made; try again later")
        waited = 0.0
        while True:
            response = await self._ask(wanted, "GET", place)
            match self._read(wanted, answers.operation, response.content):
                case Manifest() as found:
                    return found
                case ManifestAt(address):
                    body = (await self._ask(wanted, "GET", address)).content
                    return self._read(wanted, answers.manifest, body)
                case Failed(code, words):
                    raise failed(wanted, code, words)
                case _:
                    pass
            pause = answers.asked_wait(response.headers.get("Retry-After"))
            pause = self._patience.between if pause is None else pause
            # A wait of nothing is asked for as well, and shall not go on for ever.
            waited += max(pause, 0.1)
            if waited > self._patience.seconds:
                raise NotReached(
                    f"Microsoft needs more than {self._patience.seconds:.0f} s to make {wanted} ready; try again later"
                )
            await self._sleep(pause)

    @staticmethod
    def _read(wanted: Wanted, reader: Callable[[bytes], answers.Answer], body: bytes) -> answers.Answer:
        try:
            return reader(body)
        except Unreadable as error:
            raise NotReached(f"Microsoft's export of {wanted}: {error}; nothing was taken in") from None

    async def _ask(
        self, wanted: Wanted, method: str, address: str, body: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Ask Graph itself, with the token, and only there."""
        place = self._address.join(address)
        if (place.scheme, place.host, place.port) != (self._address.scheme, self._address.host, self._address.port):
            raise NotReached(f"Microsoft's export of {wanted} leads to another host, which gets no token of ours")
        async for attempt in self._attempts():
            with attempt:
                return await self._answered(wanted, method, place, body)
        raise AssertionError("the last attempt returns or raises")

    async def _answered(
        self, wanted: Wanted, method: str, place: httpx.URL, body: Mapping[str, str] | None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {usable(await self._token())}", "Accept": "application/json"}
        problem: str | None = None
        response: httpx.Response | None = None
        try:
            # httpx counts each piece of an answer by itself: one that trickles in would never end.
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._client.request(method, place, json=body, headers=headers)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            problem = type(error).__name__
        # Not while it is handled: what is raised then would carry the request, and its token, with it.
        if response is None:
            raise Again(f"Microsoft Graph was not reached for {wanted} ({problem}); try again later")
        if response.status_code == 410:
            raise _Expired
        if response.status_code >= 400:
            raise refused(wanted, response)
        return response

    async def _fetch(self, manifest: Manifest, blob: str, file: Path) -> None:
        problem, may_help = "", True
        try:
            async with self._client.stream("GET", manifest.address(blob)) as response:
                if response.status_code == 200:
                    await _written(file, response.aiter_raw())
                else:
                    problem = f"status {response.status_code}"
                    may_help = response.status_code == 429 or response.status_code >= 500
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = type(error).__name__
        if problem:
            sentence = f"{answers.said(blob) or 'a blob'} of the export could not be fetched ({problem}); export again"
            raise Again(sentence) if may_help else NotReached(sentence)

    def _attempts(self) -> AsyncIterator[stamina.Attempt]:
        return stamina.retry_context(
            on=wait,
            attempts=self._patience.attempts,
            timeout=None,
            wait_initial=self._patience.first_wait,
            wait_max=30.0,
            wait_jitter=self._patience.first_wait,
        ).__aiter__()


async def _written(file: Path, chunks: AsyncIterator[bytes]) -> None:
    """The bytes as they are sent: decoding them is for who reads the file."""
    with file.open("wb") as out:
        async for chunk in chunks:
            out.write(chunk)
